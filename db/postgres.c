/*
 * PostgreSQL behind the one door: statements, rows, transactions, and the table of operations.
 *
 * Statements go by the extended protocol, in which the server itself refuses a second one. Numbers,
 * booleans and times travel in binary form, so that no setting of the session can change them;
 * texts are left to the server to type.
 */
#include "db/postgres.h"

/* ---- parameters ---- */

typedef struct {
    size_t n; /* values so far */
    Oid *types;
    char **values; /* owned */
    int *lengths;
    int *formats; /* 0 text, 1 binary */
} Parameters;

static void
parameters_clear(Parameters *parameters)
{
    for (size_t i = 0; i < parameters->n; i++)
        g_free(parameters->values[i]);
    g_free(parameters->types);
    g_free(parameters->values);
    g_free(parameters->lengths);
    g_free(parameters->formats);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Parameters, parameters_clear)

static bool
add_parameter(Parameters *parameters, const CgValue *value, GError **error)
{
    char buffer[8];
    const char *bytes = NULL;
    size_t len = 0, i = parameters->n;
    if (value->type != CG_NULL) {
        if (!cg_pg_encode(value, buffer, &bytes, &len, error)) {
            g_prefix_error(error, "$%zu: ", i + 1);
            return false;
        }
        parameters->values[i] = g_malloc0(len + 1); /* a text must end */
        memcpy(parameters->values[i], bytes, len);
        parameters->lengths[i] = (int)len;
    }
    bool is_text = value->type == CG_NULL || value->type == CG_BYTES;
    parameters->types[i] = is_text ? 0 : cg_pg_type_oid(value->type);
    parameters->formats[i] = is_text ? 0 : 1;
    parameters->n++;
    return true;
}

static bool
fill_parameters(Parameters *parameters, const CgValue *values, size_t n, GError **error)
{
    parameters->types = g_new0(Oid, n);
    parameters->values = g_new0(char *, n);
    parameters->lengths = g_new0(int, n);
    parameters->formats = g_new0(int, n);
    for (size_t i = 0; i < n; i++)
        if (!add_parameter(parameters, &values[i], error))
            return false;
    return true;
}

/* ---- statements ---- */

static bool
check_result(CgDb *db, const PGresult *result, const char *sql, GError **error)
{
    ExecStatusType status = PQresultStatus(result);
    switch (status) {
    case PGRES_COMMAND_OK:
    case PGRES_TUPLES_OK:
        return true;
    case PGRES_EMPTY_QUERY:
        cg_db_error_set(error, CG_DB_ERROR_QUERY, NULL, NULL, NULL, -1, "there is no statement");
        return false;
    case PGRES_COPY_IN:
    case PGRES_COPY_OUT:
    case PGRES_COPY_BOTH:
        cg_pg_leave_copy(db, status);
        cg_db_error_set(error, CG_DB_ERROR_UNSUPPORTED, NULL, NULL, NULL, -1,
                        "COPY from or to the client cannot be run here");
        return false;
    default:
        return cg_pg_error(db, result, sql, error);
    }
}

PGresult *
cg_pg_run(CgDb *db, const char *sql, const CgValue *params, size_t n, GError **error)
{
    g_auto(Parameters) parameters = { 0 };
    if (!fill_parameters(&parameters, params, n, error))
        return NULL;
    g_autoptr(PGresult) result = PQexecParams(cg_pg(db)->conn, sql, (int)n, parameters.types,
                                              (const char *const *)parameters.values,
                                              parameters.lengths, parameters.formats, 0);
    return check_result(db, result, sql, error) ? g_steal_pointer(&result) : NULL;
}

char *
cg_pg_run_text(CgDb *db, const char *sql, const CgValue *params, size_t n, GError **error)
{
    g_autoptr(PGresult) result = cg_pg_run(db, sql, params, n, error);
    if (result == NULL || PQntuples(result) == 0 || PQgetisnull(result, 0, 0))
        return NULL;
    return g_strdup(PQgetvalue(result, 0, 0));
}

/* libpq counts the rows of a SELECT too. */
static int64_t
changed_rows(PGresult *result)
{
    static const char *const verbs[] = { "INSERT", "UPDATE", "DELETE", "MERGE", "COPY" };
    for (size_t i = 0; i < G_N_ELEMENTS(verbs); i++)
        if (g_str_has_prefix(PQcmdStatus(result), verbs[i]))
            return g_ascii_strtoll(PQcmdTuples(result), NULL, 10);
    return 0;
}

static bool
pg_exec(CgDb *db, const char *sql, const CgValue *params, size_t n, int64_t *out_rows,
        GError **error)
{
    g_autoptr(PGresult) result = cg_pg_run(db, sql, params, n, error);
    if (result == NULL)
        return false;
    *out_rows = changed_rows(result);
    return true;
}

/* ---- rows ---- */

typedef struct {
    PGresult *result;
    int row; /* -1 before the first */
} Cursor;

static void *
pg_query(CgDb *db, const char *sql, const CgValue *params, size_t n, GError **error)
{
    PGresult *result = cg_pg_run(db, sql, params, n, error);
    if (result == NULL)
        return NULL;
    Cursor *cursor = g_new(Cursor, 1);
    *cursor = (Cursor){ .result = result, .row = -1 };
    return cursor;
}

static int
pg_next(CgDb *db G_GNUC_UNUSED, void *data, GError **error G_GNUC_UNUSED)
{
    Cursor *cursor = data;
    if (cursor->row >= PQntuples(cursor->result) - 1)
        return 0;
    cursor->row++;
    return 1;
}

static CgValue
pg_value(CgDb *db G_GNUC_UNUSED, void *data, int column)
{
    const Cursor *cursor = data;
    if (PQgetisnull(cursor->result, cursor->row, column))
        return cg_null();
    return cg_pg_decode_text(PQftype(cursor->result, column),
                             PQgetvalue(cursor->result, cursor->row, column),
                             (size_t)PQgetlength(cursor->result, cursor->row, column));
}

static int
pg_columns(CgDb *db G_GNUC_UNUSED, void *data)
{
    return PQnfields(((const Cursor *)data)->result);
}

static void
pg_close_rows(CgDb *db G_GNUC_UNUSED, void *data)
{
    Cursor *cursor = data;
    PQclear(cursor->result);
    g_free(cursor);
}

/* ---- transactions ---- */

static void
pg_rollback(CgDb *db)
{
    CgPg *pg = cg_pg(db);
    pg->plans_are_generic = false;
    PGTransactionStatusType status = PQtransactionStatus(pg->conn);
    if (status == PQTRANS_IDLE || status == PQTRANS_UNKNOWN)
        return;
    PQclear(PQexec(pg->conn, "ROLLBACK"));
    /* Should that fail, the session is lost, as the next statement will say. */
    if (pg->timeouts_in_tx)
        cg_pg_set_timeouts(db, pg->lock_ms, pg->statement_ms, NULL);
}

static bool
pg_begin(CgDb *db, CgTxMode mode, GError **error)
{
    /* The SELECT takes the snapshot. */
    static const char *const begin[] = {
        [CG_TX_READ] = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SELECT 1",
        [CG_TX_WRITE] = "BEGIN ISOLATION LEVEL READ COMMITTED",
    };
    PGconn *conn = cg_pg(db)->conn;
    PGTransactionStatusType status = PQtransactionStatus(conn);
    if (status == PQTRANS_INTRANS || status == PQTRANS_INERROR) {
        cg_db_error_set(error, CG_DB_ERROR_QUERY, "25001", NULL, NULL, -1,
                        "a transaction is open already");
        return false;
    }
    g_autoptr(PGresult) result = PQexec(conn, begin[mode]);
    if (check_result(db, result, NULL, error))
        return true;
    pg_rollback(db);
    return false;
}

static bool
pg_commit(CgDb *db, GError **error)
{
    CgPg *pg = cg_pg(db);
    pg->plans_are_generic = false;
    g_autoptr(PGresult) result = PQexec(pg->conn, "COMMIT");
    if (PQresultStatus(result) != PGRES_COMMAND_OK) {
        cg_pg_error(db, result, NULL, error);
        if (PQstatus(pg->conn) == CONNECTION_BAD)
            g_prefix_error(error, "lost during COMMIT: ");
        return false;
    }
    /* Asked to commit a failed transaction the server rolls back, and calls that a success. */
    if (strcmp(PQcmdStatus(result), "COMMIT") != 0) {
        cg_db_error_set(error, CG_DB_ERROR_QUERY, "25P02", NULL, NULL, -1,
                        "the transaction was rolled back, because a statement in it had failed");
        return false;
    }
    pg->timeouts_in_tx = false;
    return true;
}

const CgDbBackend cg_backend_postgres = {
    .scheme = "postgresql",
    .dialect = &cg_dialect_postgresql,
    .open = cg_pg_open,
    .close = cg_pg_close,
    .exec = pg_exec,
    .query = pg_query,
    .next = pg_next,
    .value = pg_value,
    .columns = pg_columns,
    .close_rows = pg_close_rows,
    .begin = pg_begin,
    .commit = pg_commit,
    .rollback = pg_rollback,
    .scan = cg_pg_scan,
    .insert = cg_pg_insert,
    .update = cg_pg_update,
    .try_lock = cg_pg_try_lock,
    .check_lock = cg_pg_check_lock,
    .unlock = cg_pg_unlock,
    .lock_holder = cg_pg_lock_holder,
    .has = cg_pg_has,
    .index_state = cg_pg_index_state,
    .set_timeouts = cg_pg_set_timeouts,
    .position = cg_pg_position,
    .is_read_only = cg_pg_is_read_only,
    .set_name = cg_pg_set_name,
    .reset = cg_pg_reset,
    .blockers = cg_pg_blockers,
};
