/*
 * The front of a session: hands every call on to the backend.
 *
 * What is the same for all databases is here (transactions that roll back on scope exit, conversion
 * of cells); what differs is behind CgDbBackend.
 */
#include "db/backend.h"

#include "base/time.h"

/* ---- sessions ---- */

static CgDb *
open_session(const CgDbBackend *backend, const CgAddress *address, CgDbMode mode, GError **error)
{
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
    const CgDbBackend *backend = cg_backend_find(cg_address_scheme(address), error);
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
    return open_session(cg_backend_find("sqlite", NULL), NULL, CG_DB_CREATE, error);
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

bool
cg_db_backup(CgDb *db, const char *label, char **out_path, GError **error)
{
    if (db->backend->backup != NULL)
        return db->backend->backup(db, label, out_path, error);
    cg_db_error_set(error, CG_DB_ERROR_UNSUPPORTED, NULL, NULL, NULL, -1,
                    "%s has no copy of its own to offer", db->server);
    return false;
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
