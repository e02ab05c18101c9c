/* Loading migrations; see source.h. */
#include "migrate/source.h"

#include <string.h>

static const char built_in[] = "schema/migrations/";

static void
free_migration(void *data)
{
    cg_migration_free(data);
}

static int
compare_versions(const void *a, const void *b)
{
    const CgMigration *x = *(CgMigration *const *)a;
    const CgMigration *y = *(CgMigration *const *)b;
    return (x->version > y->version) - (x->version < y->version);
}

static int
compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* ---- common to both sources ---- */

static bool
add(GPtrArray *migrations, const char *path, const char *data, size_t len, CgSqlDialect dialect,
    GError **error)
{
    CgMigration *migration = cg_migration_parse(path, data, len, dialect, error);
    if (migration == NULL)
        return false;
    g_ptr_array_add(migrations, migration);
    return true;
}

/* GLib's sort is stable, so of two files with one version the first by name is named first. */
static bool
sort(GPtrArray *migrations, GError **error)
{
    g_ptr_array_sort(migrations, compare_versions);
    for (unsigned i = 1; i < migrations->len; i++) {
        const CgMigration *a = migrations->pdata[i - 1];
        const CgMigration *b = migrations->pdata[i];
        if (a->version != b->version)
            continue;
        cg_error_set(error, CG_EXIT_USAGE, "give one of the two files another version",
                     "\"%s\" and \"%s\" have the same version %" G_GINT64_FORMAT, a->text.name,
                     b->text.name, b->version);
        return false;
    }
    return true;
}

GPtrArray *
cg_source_load_embedded(const CgEmbedded *table, size_t n, CgSqlDialect dialect, GError **error)
{
    g_autoptr(GPtrArray) migrations = g_ptr_array_new_with_free_func(free_migration);
    for (size_t i = 0; i < n; i++)
        if (g_str_has_prefix(table[i].path, built_in) &&
            !add(migrations, table[i].path, table[i].data, table[i].len, dialect, error))
            return NULL;
    return sort(migrations, error) ? g_steal_pointer(&migrations) : NULL;
}

/* ---- a directory ---- */

static bool
is_candidate(const char *name)
{
    size_t len = strlen(name);
    return name[0] != '.' && len >= 4 && g_ascii_strcasecmp(name + len - 4, ".sql") == 0;
}

/* Sorted, so that which error is reported does not hang on the file system. */
static GPtrArray *
list_directory(const char *dir, GError **error)
{
    GError *cause = NULL;
    g_autoptr(GDir) handle = g_dir_open(dir, 0, &cause);
    if (handle == NULL) {
        cg_error_wrap(error, cause, CG_EXIT_USAGE, "name the directory with --migrations DIR",
                      "cannot read migrations");
        return NULL;
    }
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    for (const char *name = g_dir_read_name(handle); name != NULL; name = g_dir_read_name(handle))
        if (is_candidate(name))
            g_ptr_array_add(names, g_strdup(name));
    g_ptr_array_sort(names, compare_names);
    return names;
}

static bool
add_file(GPtrArray *migrations, const char *dir, const char *name, CgSqlDialect dialect,
         GError **error)
{
    g_autofree char *path = g_build_filename(dir, name, NULL);
    g_autofree char *data = NULL;
    size_t len = 0;
    GError *cause = NULL;
    if (!g_file_get_contents(path, &data, &len, &cause)) {
        cg_error_wrap(error, cause, CG_EXIT_USAGE, NULL, "cannot read a migration");
        return false;
    }
    return add(migrations, path, data, len, dialect, error);
}

static GPtrArray *
load_directory(const char *dir, CgSqlDialect dialect, GError **error)
{
    g_autoptr(GPtrArray) names = list_directory(dir, error);
    if (names == NULL)
        return NULL;
    g_autoptr(GPtrArray) migrations = g_ptr_array_new_with_free_func(free_migration);
    for (unsigned i = 0; i < names->len; i++)
        if (!add_file(migrations, dir, names->pdata[i], dialect, error))
            return NULL;
    return sort(migrations, error) ? g_steal_pointer(&migrations) : NULL;
}

/* ---- either ---- */

GPtrArray *
cg_source_load(const char *dir, CgSqlDialect dialect, GError **error)
{
    if (dir == NULL)
        return cg_source_load_embedded(cg_embedded, cg_n_embedded, dialect, error);
    return load_directory(dir, dialect, error);
}

const CgMigration *
cg_source_find(const GPtrArray *migrations, int64_t version)
{
    for (unsigned i = 0; i < migrations->len; i++) {
        const CgMigration *migration = migrations->pdata[i];
        if (migration->version == version)
            return migration;
    }
    return NULL;
}
