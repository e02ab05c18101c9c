/*
 * The front of a session: finds the backend, checks it, and hands every call on.
 *
 * What is the same for all databases is here (transactions that roll back on scope exit, conversion
 * of cells); what differs is behind CgDbBackend.
 */
#include "db/backend.h"

#include "base/time.h"

#include <dlfcn.h>

/* ---- backends ---- */

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

static const CgDbBackend *
find_backend(const char *scheme, GError **error)
{
    for (size_t i = 0; i < G_N_ELEMENTS(backends); i++)
        if (strcmp(backends[i].scheme, scheme) == 0)
            return backends[i].find(error);
    cg_db_error_set(error, CG_DB_ERROR_UNSUPPORTED, NULL, NULL, NULL, -1, "no backend for \"%s\"",
                    scheme);
    return NULL;
}

static void
check_backend(const CgDbBackend *b)
{
    g_assert(b->scheme && b->dialect && b->open && b->close && b->exec && b->query && b->next);
    g_assert(b->value && b->columns && b->close_rows && b->begin && b->commit && b->rollback);
    g_assert(b->scan && b->insert && b->update && b->try_lock && b->check_lock && b->unlock);
    g_assert(b->lock_holder && b->has && b->index_state && b->set_timeouts && b->position);
    g_assert(b->is_read_only);
}

/* ---- sessions ---- */

static CgDb *
open_session(const CgDbBackend *backend, const CgAddress *address, CgDbMode mode, GError **error)
{
    check_backend(backend);
    g_autoptr(CgDb) db = g_new0(CgDb, 1);
    db->backend = backend;
    db->address = address != NULL ? cg_address_dup(address) : NULL;
    db->mode = mode;
    db->display = g_strdup(address != NULL ? cg_address_display(address) : "(memory)");
    db->value = g_string_new(NULL);
    if (!backend->open(db, error))
        return NULL;
    return g_steal_pointer(&db);
}

CgDb *
cg_db_open(const CgAddress *address, CgDbMode mode, GError **error)
{
    const CgDbBackend *backend = find_backend(cg_address_scheme(address), error);
    return backend != NULL ? open_session(backend, address, mode, error) : NULL;
}

CgDb *
cg_db_open_again(CgDb *db, GError **error)
{
    if (db->address == NULL) {
        cg_db_error_set(error, CG_DB_ERROR_UNSUPPORTED, NULL, NULL, NULL, -1,
                        "a database in memory has one session");
        return NULL;
    }
    return open_session(db->backend, db->address, db->mode, error);
}

CgDb *
cg_db_open_memory(GError **error)
{
    return open_session(&cg_backend_sqlite, NULL, CG_DB_CREATE, error);
}

void
cg_db_close(CgDb *db)
{
    if (db == NULL)
        return;
    db->backend->close(db);
    cg_address_free(db->address);
    g_free(db->display);
    g_free(db->server);
    g_free(db->schema);
    g_free(db->unreadable_example);
    if (db->value != NULL)
        g_string_free(db->value, TRUE);
    g_free(db);
}

const CgDialect *
cg_db_dialect(const CgDb *db)
{
    return db->backend->dialect;
}

const CgAddress *
cg_db_address(const CgDb *db)
{
    return db->address;
}

const char *
cg_db_display(const CgDb *db)
{
    return db->display;
}

const char *
cg_db_schema(const CgDb *db)
{
    return db->schema;
}

char *
cg_db_qualified(const CgDb *db, const char *table)
{
    g_autofree char *name = cg_dialect_ident(db->backend->dialect, table);
    if (db->schema == NULL)
        return g_steal_pointer(&name);
    g_autofree char *schema = cg_dialect_ident(db->backend->dialect, db->schema);
    return g_strconcat(schema, ".", name, NULL);
}

bool
cg_db_reset(CgDb *db, GError **error)
{
    return db->backend->reset == NULL || db->backend->reset(db, error);
}

const char *
cg_db_server(const CgDb *db)
{
    return db->server;
}

char *
cg_db_position(CgDb *db, GError **error)
{
    return db->backend->position(db, error);
}

bool
cg_db_set_name(CgDb *db, const char *name, GError **error)
{
    return db->backend->set_name == NULL || db->backend->set_name(db, name, error);
}

bool
cg_db_set_timeouts(CgDb *db, int lock_ms, int statement_ms, GError **error)
{
    return db->backend->set_timeouts(db, lock_ms, statement_ms, error);
}

bool
cg_db_is_read_only(CgDb *db)
{
    return db->mode == CG_DB_READ || db->backend->is_read_only(db);
}

/* ---- statements ---- */

bool
cg_db_exec(CgDb *db, const char *sql, const CgValue *params, size_t n_params, int64_t *out_rows,
           GError **error)
{
    int64_t ignored = 0;
    return db->backend->exec(db, sql, params, n_params, out_rows != NULL ? out_rows : &ignored,
                             error);
}

CgRows *
cg_db_query(CgDb *db, const char *sql, const CgValue *params, size_t n_params, GError **error)
{
    void *cursor = db->backend->query(db, sql, params, n_params, error);
    if (cursor == NULL)
        return NULL;
    CgRows *rows = g_new(CgRows, 1);
    *rows = (CgRows){ .db = db, .cursor = cursor };
    return rows;
}

int
cg_rows_next(CgRows *rows, GError **error)
{
    return rows->db->backend->next(rows->db, rows->cursor, error);
}

CgValue
cg_rows_value(const CgRows *rows, int column)
{
    return rows->db->backend->value(rows->db, rows->cursor, column);
}

int
cg_rows_columns(const CgRows *rows)
{
    return rows->db->backend->columns(rows->db, rows->cursor);
}

void
cg_rows_close(CgRows *rows)
{
    if (rows == NULL)
        return;
    rows->db->backend->close_rows(rows->db, rows->cursor);
    g_free(rows);
}

int64_t
cg_rows_int(const CgRows *rows, int column)
{
    CgValue value = cg_rows_value(rows, column);
    switch (value.type) {
    case CG_INT:
    case CG_TIME:
        return value.i;
    case CG_BOOL:
        return value.b;
    case CG_BYTES: {
        g_autofree char *text = g_strndup(value.s.p, value.s.n);
        return g_ascii_strtoll(text, NULL, 10);
    }
    default:
        return 0;
    }
}

bool
cg_rows_bool(const CgRows *rows, int column)
{
    return cg_rows_int(rows, column) != 0;
}

char *
cg_rows_text_dup(const CgRows *rows, int column)
{
    CgValue value = cg_rows_value(rows, column);
    char buffer[CG_TIME_TEXT_SIZE];
    switch (value.type) {
    case CG_INT:
        return g_strdup_printf("%" G_GINT64_FORMAT, value.i);
    case CG_BOOL:
        return g_strdup(value.b ? "true" : "false");
    case CG_TIME:
        return g_strdup(cg_time_format(value.i, buffer));
    case CG_BYTES:
        return g_strndup(value.s.p, value.s.n);
    default:
        return NULL;
    }
}

bool
cg_db_query_value(CgDb *db, const char *sql, const CgValue *params, size_t n_params,
                  CgValue *out_value, bool *out_found, GError **error)
{
    g_autoptr(CgRows) rows = cg_db_query(db, sql, params, n_params, error);
    if (rows == NULL)
        return false;
    int found = cg_rows_next(rows, error);
    if (found < 0)
        return false;
    CgValue value = found ? cg_rows_value(rows, 0) : cg_null();
    if (value.type == CG_BYTES) {
        g_string_truncate(db->value, 0);
        g_string_append_len(db->value, value.s.p, (gssize)value.s.n);
        value.s.p = db->value->str;
    }
    *out_value = value;
    if (out_found != NULL)
        *out_found = found;
    return true;
}

/* ---- transactions ---- */

struct CgTx {
    CgDb *db;
    bool open;
};

CgTx *
cg_tx_begin(CgDb *db, CgTxMode mode, GError **error)
{
    if (!db->backend->begin(db, mode, error))
        return NULL;
    CgTx *tx = g_new(CgTx, 1);
    *tx = (CgTx){ .db = db, .open = true };
    return tx;
}

bool
cg_tx_commit(CgTx *tx, GError **error)
{
    g_assert(tx->open);
    tx->open = false;
    if (tx->db->backend->commit(tx->db, error))
        return true;
    tx->db->backend->rollback(tx->db);
    return false;
}

void
cg_tx_end(CgTx *tx)
{
    if (tx == NULL)
        return;
    if (tx->open)
        tx->db->backend->rollback(tx->db);
    g_free(tx);
}

/* ---- bulk ---- */

bool
cg_db_scan(CgDb *db, const CgScan *scan, CgRowFunc func, void *data, GError **error)
{
    return db->backend->scan(db, scan, func, data, error);
}

void
cg_db_note_unreadable(CgDb *db, const CgScan *scan, size_t column, const char *text, size_t len)
{
    if (db->unreadable++ == 0)
        db->unreadable_example = g_strdup_printf(
            "%s, %s: '%.*s'", scan->from, scan->columns[column].name, (int)MIN(len, 60), text);
}

int64_t
cg_db_unreadable(const CgDb *db, const char **out_example)
{
    if (out_example != NULL)
        *out_example = db->unreadable_example;
    return db->unreadable;
}

bool
cg_db_insert(CgDb *db, const char *table, const CgColumn *columns, size_t n_columns,
             const CgValue *values, size_t n_rows, GError **error)
{
    return n_rows == 0 || db->backend->insert(db, table, columns, n_columns, values, n_rows, error);
}

bool
cg_db_update(CgDb *db, const CgUpdate *update, CgChange *changes, size_t n_changes, GError **error)
{
    for (size_t i = 0; i < n_changes; i++)
        changes[i].done = false;
    return n_changes == 0 || db->backend->update(db, update, changes, n_changes, error);
}

/* ---- probes ---- */

int
cg_db_has(CgDb *db, const char *table, const char *column, GError **error)
{
    return db->backend->has(db, table, column, error);
}

bool
cg_db_index_state(CgDb *db, const char *schema, const char *index, const char *table,
                  CgIndexState *out_state, GError **error)
{
    return db->backend->index_state(db, schema, index, table, out_state, error);
}

char *
cg_db_blockers(CgDb *watcher, const CgDb *blocked, GError **error)
{
    return watcher->backend->blockers != NULL ? watcher->backend->blockers(watcher, blocked, error)
                                              : NULL;
}

bool
cg_db_backup(CgDb *db, const char *label, char **out_path, GError **error)
{
    if (db->backend->backup != NULL)
        return db->backend->backup(db, label, out_path, error);
    cg_db_error_set(error, CG_DB_ERROR_UNSUPPORTED, NULL, NULL, NULL, -1,
                    "%s has no copy of its own to offer", db->server);
    return false;
}
