/* Folders of migrations and runs of them; see migrations.h. */
#include "tests/lib/migrations.h"

#include "tests/lib/dbtest.h"

#include <glib/gstdio.h>

/* ---- the folder ---- */

static char *folder;

const char *
cg_test_folder(void)
{
    g_autoptr(GError) error = NULL;
    if (folder == NULL)
        folder = g_dir_make_tmp("cgmigrations.XXXXXX", &error);
    ck_ok(folder != NULL, error);
    return folder;
}

void
cg_test_put(const char *name, const char *text)
{
    g_autofree char *path = g_build_filename(cg_test_folder(), name, NULL);
    ck_assert(g_file_set_contents(path, text, -1, NULL));
}

void
cg_test_take_away(const char *name)
{
    g_autofree char *path = g_build_filename(cg_test_folder(), name, NULL);
    ck_assert_int_eq(g_remove(path), 0);
}

void
cg_test_folder_end(void)
{
    g_autoptr(GDir) dir = folder != NULL ? g_dir_open(folder, 0, NULL) : NULL;
    const char *name;
    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        g_remove(path);
    }
    if (folder != NULL)
        g_rmdir(folder);
    g_clear_pointer(&folder, g_free);
}

/* ---- running ---- */

CgMigration *
cg_test_migration(const CgDb *db, const char *name, const char *text)
{
    g_autoptr(GError) error = NULL;
    CgMigration *migration =
        cg_migration_parse(name, text, strlen(text), cg_db_dialect(db)->sql, &error);
    ck_ok(migration != NULL, error);
    return migration;
}

bool
cg_test_migrate(CgDb *db, CgDirection direction, int64_t to, GError **error)
{
    g_autoptr(CgRunResult) result = cg_run_result_new();
    CgRunOptions options = cg_run_defaults;
    options.dir = cg_test_folder();
    options.target.to = to;
    options.backup = false;
    return cg_migrate_run(db, direction, &options, result, NULL, NULL, error);
}

void
cg_test_migrate_ok(CgDb *db, CgDirection direction, int64_t to)
{
    g_autoptr(GError) error = NULL;
    bool ok = cg_test_migrate(db, direction, to, &error);
    ck_ok(ok, error);
}

CgDb *
cg_test_open_migrated(int backend, const char *name, const char *text)
{
    CgDb *db = cg_dbtest_open(backend);
    if (db == NULL)
        return NULL;
    cg_test_put(name, text);
    cg_test_migrate_ok(db, CG_UP, -1);
    return db;
}

char *
cg_test_history(CgDb *db)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(CgLedger) ledger = cg_ledger_load(db, &error);
    ck_ok(ledger != NULL, error);
    const GPtrArray *events = cg_ledger_events(ledger);
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < events->len; i++) {
        const CgEvent *event = g_ptr_array_index(events, i);
        g_string_append_printf(text, "%s%s %d", i > 0 ? ", " : "", cg_event_kind_name(event->kind),
                               (int)event->version);
    }
    return g_string_free(text, FALSE);
}

void
cg_test_check_exit(const char *file, int line, const GError *error, CgExit exit, const char *part)
{
    ck_assert_msg(error != NULL, "%s:%d: no error", file, line);
    ck_assert_msg(cg_error_is(error, exit), "%s:%d: exit %d of %s, not %d: %s", file, line,
                  error->code, g_quark_to_string(error->domain), exit, error->message);
    const char *hint = cg_error_hint(error);
    ck_assert_msg(strstr(error->message, part) != NULL ||
                      (hint != NULL && strstr(hint, part) != NULL),
                  "%s:%d: no \"%s\" in: %s; %s", file, line, part, error->message,
                  hint != NULL ? hint : "no hint");
}
