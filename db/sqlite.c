/*
 * SQLite behind the one door: statements, rows, transactions, and the table of operations.
 *
 * Statements with parameters stay prepared, for they come again. SQLite stores booleans as numbers
 * and times as texts: the declared type of a column tells them apart. Sessions are
 * sqlite_session.c's.
 */
#include "db/sqlite.h"

#include "base/time.h"

#include <string.h>

enum { MAX_CACHED = 32 };

/* ---- errors ---- */

static const struct {
    int code;
    CgDbErrorCode error;
    const char *name;
} codes[] = {
    { SQLITE_BUSY, CG_DB_ERROR_BUSY, "SQLITE_BUSY" },
    { SQLITE_LOCKED, CG_DB_ERROR_BUSY, "SQLITE_LOCKED" },
    { SQLITE_CONSTRAINT, CG_DB_ERROR_CONSTRAINT, "SQLITE_CONSTRAINT" },
    { SQLITE_FULL, CG_DB_ERROR_FULL, "SQLITE_FULL" },
    { SQLITE_IOERR, CG_DB_ERROR_FULL, "SQLITE_IOERR" },
    { SQLITE_READONLY, CG_DB_ERROR_READ_ONLY, "SQLITE_READONLY" },
    { SQLITE_CANTOPEN, CG_DB_ERROR_CONNECT, "SQLITE_CANTOPEN" },
    { SQLITE_NOTADB, CG_DB_ERROR_CONNECT, "SQLITE_NOTADB" },
    { SQLITE_CORRUPT, CG_DB_ERROR_CONNECT, "SQLITE_CORRUPT" },
    { SQLITE_PERM, CG_DB_ERROR_CONNECT, "SQLITE_PERM" },
    { SQLITE_INTERRUPT, CG_DB_ERROR_TIMEOUT, "SQLITE_INTERRUPT" },
    { SQLITE_ERROR, CG_DB_ERROR_QUERY, "SQLITE_ERROR" },
};

static size_t
find_code(int code)
{
    size_t i = 0;
    while (i + 1 < G_N_ELEMENTS(codes) && codes[i].code != (code & 0xff))
        i++;
    return i;
}

void
cg_sqlite_error(CgDb *db, int code, const char *what, GError **error)
{
    sqlite3 *handle = cg_sqlite(db)->handle;
    size_t i = find_code(code);
    const char *message = handle != NULL ? sqlite3_errmsg(handle) : sqlite3_errstr(code);
    long offset = handle != NULL ? sqlite3_error_offset(handle) : -1;
    if (codes[i].error == CG_DB_ERROR_TIMEOUT)
        message = "the statement took longer than its timeout";
    cg_db_error_set(error, codes[i].error, codes[i].name, NULL, NULL, offset, "%s%s%s",
                    what != NULL ? what : "", what != NULL ? ": " : "", message);
}

/* ---- statements ---- */

static bool
refuse_second(CgDb *db, const char *tail, GError **error)
{
    while (tail != NULL && *tail != '\0') {
        sqlite3_stmt *second = NULL;
        const char *next = NULL;
        int code = sqlite3_prepare_v2(cg_sqlite(db)->handle, tail, -1, &second, &next);
        bool empty = code == SQLITE_OK && second == NULL;
        sqlite3_finalize(second);
        if (!empty) {
            cg_db_error_set(error, CG_DB_ERROR_QUERY, "SQLITE_ERROR", NULL, NULL, -1,
                            "more than one statement: \"%.40s\"", tail + strspn(tail, " \t\r\n"));
            return false;
        }
        if (next == tail)
            break;
        tail = next;
    }
    return true;
}

sqlite3_stmt *
cg_sqlite_prepare(CgDb *db, const char *sql, unsigned flags, GError **error)
{
    sqlite3_stmt *stmt = NULL;
    const char *tail = NULL;
    int code = sqlite3_prepare_v3(cg_sqlite(db)->handle, sql, -1, flags, &stmt, &tail);
    if (code != SQLITE_OK) {
        cg_sqlite_error(db, code, NULL, error);
        return NULL;
    }
    if (stmt == NULL) {
        cg_db_error_set(error, CG_DB_ERROR_QUERY, "SQLITE_ERROR", NULL, NULL, -1,
                        "no statement in \"%.40s\"", sql);
        return NULL;
    }
    if (!refuse_second(db, tail, error)) {
        sqlite3_finalize(stmt);
        return NULL;
    }
    return stmt;
}

/* Nothing is ever taken out of the cache, since somebody may be about to use it. */
sqlite3_stmt *
cg_sqlite_prepare_cached(CgDb *db, const char *sql, GError **error)
{
    CgSqlite *session = cg_sqlite(db);
    sqlite3_stmt *cached = g_hash_table_lookup(session->statements, sql);
    if (cached != NULL && !sqlite3_stmt_busy(cached))
        return cached;
    if (cached != NULL || g_hash_table_size(session->statements) >= MAX_CACHED)
        return cg_sqlite_prepare(db, sql, 0, error);
    sqlite3_stmt *stmt = cg_sqlite_prepare(db, sql, SQLITE_PREPARE_PERSISTENT, error);
    if (stmt != NULL)
        g_hash_table_insert(session->statements, g_strdup(sql), stmt);
    return stmt;
}

void
cg_sqlite_put_back(CgDb *db, const char *sql, sqlite3_stmt *stmt)
{
    if (g_hash_table_lookup(cg_sqlite(db)->statements, sql) != stmt) {
        sqlite3_finalize(stmt);
        return;
    }
    sqlite3_reset(stmt);
    sqlite3_clear_bindings(stmt);
}

static int
bind_value(sqlite3_stmt *stmt, int index, const CgValue *value)
{
    char buffer[CG_TIME_TEXT_SIZE];
    switch (value->type) {
    case CG_INT:
        return sqlite3_bind_int64(stmt, index, value->i);
    case CG_BOOL:
        return sqlite3_bind_int(stmt, index, value->b);
    case CG_TIME:
        return sqlite3_bind_text(stmt, index, cg_time_format(value->i, buffer), -1,
                                 SQLITE_TRANSIENT);
    case CG_BYTES:
        /* A NULL pointer would bind SQL's NULL: the empty text needs an address. */
        return sqlite3_bind_text64(stmt, index, value->s.n > 0 ? value->s.p : "", value->s.n,
                                   SQLITE_STATIC, SQLITE_UTF8);
    default:
        return sqlite3_bind_null(stmt, index);
    }
}

/* SQLite reads $1 as a name, so its own number for it is that of its first appearance. */
bool
cg_sqlite_bind(CgDb *db, sqlite3_stmt *stmt, const CgValue *values, size_t n, GError **error)
{
    for (size_t i = 0; i < n; i++) {
        char name[24];
        g_snprintf(name, sizeof name, "$%zu", i + 1);
        int index = sqlite3_bind_parameter_index(stmt, name);
        int code = index > 0 ? bind_value(stmt, index, &values[i]) : SQLITE_OK;
        if (code != SQLITE_OK) {
            cg_sqlite_error(db, code, name, error);
            return false;
        }
    }
    return true;
}

int
cg_sqlite_step(CgDb *db, sqlite3_stmt *stmt, GError **error)
{
    CgSqlite *session = cg_sqlite(db);
    if (session->statement_ms > 0 && !sqlite3_stmt_busy(stmt))
        session->deadline = g_get_monotonic_time() + 1000L * session->statement_ms;
    int code = sqlite3_step(stmt);
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        cg_sqlite_error(db, code, NULL, error);
    return code;
}

bool
cg_sqlite_run(CgDb *db, const char *sql, GError **error)
{
    sqlite3_stmt *stmt = cg_sqlite_prepare(db, sql, 0, error);
    if (stmt == NULL)
        return false;
    int code;
    do {
        code = cg_sqlite_step(db, stmt, error);
    } while (code == SQLITE_ROW);
    sqlite3_finalize(stmt);
    return code == SQLITE_DONE;
}

static bool
run_prepared(CgDb *db, sqlite3_stmt *stmt, const CgValue *params, size_t n, int64_t *out_rows,
             GError **error)
{
    if (!cg_sqlite_bind(db, stmt, params, n, error))
        return false;
    sqlite3 *handle = cg_sqlite(db)->handle;
    sqlite3_int64 before = sqlite3_total_changes64(handle);
    int code;
    do {
        code = cg_sqlite_step(db, stmt, error);
    } while (code == SQLITE_ROW);
    if (code != SQLITE_DONE)
        return false;
    *out_rows = sqlite3_total_changes64(handle) > before ? sqlite3_changes64(handle) : 0;
    return true;
}

static bool
sqlite_exec(CgDb *db, const char *sql, const CgValue *params, size_t n, int64_t *out_rows,
            GError **error)
{
    /* Only statements that come again with other values are worth keeping. */
    sqlite3_stmt *stmt =
        n > 0 ? cg_sqlite_prepare_cached(db, sql, error) : cg_sqlite_prepare(db, sql, 0, error);
    if (stmt == NULL)
        return false;
    bool ok = run_prepared(db, stmt, params, n, out_rows, error);
    cg_sqlite_put_back(db, sql, stmt);
    return ok;
}

/* ---- rows ---- */

typedef struct {
    sqlite3_stmt *stmt;
    CgValue *params; /* the bytes that the statement was bound to */
    size_t n_params;
    bool at_end; /* SQLite would begin again */
} Cursor;

static void
sqlite_close_rows(CgDb *db G_GNUC_UNUSED, void *cursor)
{
    Cursor *self = cursor;
    sqlite3_finalize(self->stmt);
    for (size_t i = 0; i < self->n_params; i++)
        if (self->params[i].type == CG_BYTES)
            g_free((char *)self->params[i].s.p);
    g_free(self->params);
    g_free(self);
}

static void *
sqlite_query(CgDb *db, const char *sql, const CgValue *params, size_t n, GError **error)
{
    sqlite3_stmt *stmt = cg_sqlite_prepare(db, sql, 0, error);
    if (stmt == NULL)
        return NULL;
    Cursor *self = g_new(Cursor, 1);
    *self =
        (Cursor){ .stmt = stmt, .params = g_memdup2(params, n * sizeof *params), .n_params = n };
    for (size_t i = 0; i < n; i++)
        if (params[i].type == CG_BYTES)
            self->params[i].s.p = g_memdup2(params[i].s.p, params[i].s.n);
    if (!cg_sqlite_bind(db, stmt, self->params, n, error)) {
        sqlite_close_rows(db, self);
        return NULL;
    }
    return self;
}

static int
sqlite_next(CgDb *db, void *cursor, GError **error)
{
    Cursor *self = cursor;
    if (self->at_end)
        return 0;
    int code = cg_sqlite_step(db, self->stmt, error);
    self->at_end = code != SQLITE_ROW;
    return code == SQLITE_ROW ? 1 : code == SQLITE_DONE ? 0 : -1;
}

bool
cg_sqlite_time(sqlite3_stmt *stmt, int column, int64_t *out_us)
{
    if (sqlite3_column_type(stmt, column) != SQLITE_TEXT)
        return false;
    const char *text = (const char *)sqlite3_column_text(stmt, column);
    return cg_time_parse(text, (size_t)sqlite3_column_bytes(stmt, column), out_us);
}

/* What the column was declared as, since SQLite stores booleans as numbers and times as text. */
static CgType
declared_type(sqlite3_stmt *stmt, int column)
{
    const char *type = sqlite3_column_decltype(stmt, column);
    if (type == NULL)
        return CG_NULL;
    if (g_ascii_strncasecmp(type, "BOOL", 4) == 0)
        return CG_BOOL;
    if (g_ascii_strcasecmp(type, "DATETIME") == 0 || g_ascii_strncasecmp(type, "TIMESTAMP", 9) == 0)
        return CG_TIME;
    return CG_NULL;
}

static CgValue
sqlite_value(CgDb *db G_GNUC_UNUSED, void *cursor, int column)
{
    sqlite3_stmt *stmt = ((Cursor *)cursor)->stmt;
    int64_t us;
    switch (sqlite3_column_type(stmt, column)) {
    case SQLITE_NULL:
        return cg_null();
    case SQLITE_INTEGER:
        if (declared_type(stmt, column) == CG_BOOL)
            return cg_bool(sqlite3_column_int64(stmt, column) != 0);
        return cg_int(sqlite3_column_int64(stmt, column));
    case SQLITE_TEXT:
        if (declared_type(stmt, column) == CG_TIME && cg_sqlite_time(stmt, column, &us))
            return cg_time(us);
        break;
    case SQLITE_BLOB:
        return cg_bytes(sqlite3_column_blob(stmt, column),
                        (size_t)sqlite3_column_bytes(stmt, column));
    default:
        break;
    }
    const char *text = (const char *)sqlite3_column_text(stmt, column);
    return cg_bytes(text, (size_t)sqlite3_column_bytes(stmt, column));
}

static int
sqlite_columns(CgDb *db G_GNUC_UNUSED, void *cursor)
{
    return sqlite3_column_count(((Cursor *)cursor)->stmt);
}

/* ---- transactions ---- */

static void
sqlite_rollback(CgDb *db)
{
    if (!sqlite3_get_autocommit(cg_sqlite(db)->handle))
        sqlite3_exec(cg_sqlite(db)->handle, "ROLLBACK", NULL, NULL, NULL);
}

static bool
sqlite_begin(CgDb *db, CgTxMode mode, GError **error)
{
    if (mode == CG_TX_WRITE)
        return cg_sqlite_run(db, "BEGIN IMMEDIATE", error);
    /* A deferred BEGIN takes no snapshot; the first read does. */
    if (!cg_sqlite_run(db, "BEGIN", error))
        return false;
    if (cg_sqlite_run(db, "SELECT count(*) FROM sqlite_schema", error))
        return true;
    sqlite_rollback(db);
    return false;
}

static bool
sqlite_commit(CgDb *db, GError **error)
{
    return cg_sqlite_run(db, "COMMIT", error);
}

const CgDbBackend cg_backend_sqlite = {
    .scheme = "sqlite",
    .dialect = &cg_dialect_sqlite,
    .open = cg_sqlite_open,
    .close = cg_sqlite_close,
    .exec = sqlite_exec,
    .query = sqlite_query,
    .next = sqlite_next,
    .value = sqlite_value,
    .columns = sqlite_columns,
    .close_rows = sqlite_close_rows,
    .begin = sqlite_begin,
    .commit = sqlite_commit,
    .rollback = sqlite_rollback,
    .scan = cg_sqlite_scan,
    .insert = cg_sqlite_insert,
    .update = cg_sqlite_update,
    .try_lock = cg_sqlite_try_lock,
    .check_lock = cg_sqlite_check_lock,
    .unlock = cg_sqlite_unlock,
    .lock_holder = cg_sqlite_lock_holder,
    .has = cg_sqlite_has,
    .index_state = cg_sqlite_index_state,
    .set_timeouts = cg_sqlite_set_timeouts,
    .position = cg_sqlite_position,
    .is_read_only = cg_sqlite_is_read_only,
    .backup = cg_sqlite_backup,
};
