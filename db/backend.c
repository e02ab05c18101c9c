/* The list of backends, and the module of the one that is loaded when first asked for. */
#include "db/backend.h"

#include <dlfcn.h>

#ifndef CG_MODULE_DIR
#define CG_MODULE_DIR "/usr/local/lib/cinder-cg-tools"
#endif

/* The module lies beside the program, in the build tree as after installation. */
static void *
open_module(GError **error)
{
    static void *module = NULL; /* never closed: its code may be on the stack of an exit handler */
    if (module != NULL)
        return module;
    g_autofree char *exe = g_file_read_link("/proc/self/exe", NULL);
    g_autofree char *dir = g_path_get_dirname(exe != NULL ? exe : ".");
    g_autofree char *beside =
        g_build_filename(dir, "..", "lib", "cinder-cg-tools", "db-postgres.so", NULL);
    const char *path =
        g_file_test(beside, G_FILE_TEST_EXISTS) ? beside : CG_MODULE_DIR "/db-postgres.so";
    module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (module == NULL)
        cg_db_error_set(error, CG_DB_ERROR_CONNECT, NULL, NULL,
                        "install libpq (Debian: libpq5), or install the tools again", -1,
                        "the PostgreSQL module cannot be loaded: %s", dlerror());
    return module;
}

static const CgDbBackend *
find_postgres(GError **error)
{
    void *module = open_module(error);
    if (module == NULL)
        return NULL;
    const CgDbBackend *backend = dlsym(module, CG_BACKEND_POSTGRES_SYMBOL);
    if (backend == NULL)
        cg_db_error_set(error, CG_DB_ERROR_CONNECT, NULL, NULL, "install the tools again", -1,
                        "the PostgreSQL module is of another version: %s", dlerror());
    return backend;
}

static const CgDbBackend *
find_sqlite(GError **error G_GNUC_UNUSED)
{
    return &cg_backend_sqlite;
}

static const struct {
    const char *scheme;
    const CgDbBackend *(*find)(GError **error);
} backends[] = {
    { "postgresql", find_postgres },
    { "sqlite", find_sqlite },
};

static void
check(const CgDbBackend *b)
{
    g_assert(b->scheme && b->dialect && b->open && b->close && b->exec && b->query && b->next);
    g_assert(b->value && b->columns && b->close_rows && b->begin && b->commit && b->rollback);
    g_assert(b->scan && b->insert && b->update && b->try_lock && b->check_lock && b->unlock);
    g_assert(b->lock_holder && b->has && b->index_state && b->set_timeouts && b->position);
    g_assert(b->is_read_only);
}

const CgDbBackend *
cg_backend_find(const char *scheme, GError **error)
{
    for (size_t i = 0; i < G_N_ELEMENTS(backends); i++)
        if (strcmp(backends[i].scheme, scheme) == 0) {
            const CgDbBackend *backend = backends[i].find(error);
            if (backend != NULL)
                check(backend);
            return backend;
        }
    cg_db_error_set(error, CG_DB_ERROR_UNSUPPORTED, NULL, NULL, NULL, -1, "no backend for \"%s\"",
                    scheme);
    return NULL;
}
