/*
 * Private to the PostgreSQL module (db/postgres*.c), the only user of libpq.
 *
 * Every function takes the front's CgDb, whose `session` is a CgPg, and reports through
 * cg_pg_error(), which knows what the server said.
 */
#ifndef CG_DB_POSTGRES_H
#define CG_DB_POSTGRES_H

#include "db/backend.h"

#include <libpq-fe.h>

G_DEFINE_AUTOPTR_CLEANUP_FUNC(PGresult, PQclear)

typedef struct {
    PGconn *conn;
    int lock_ms, statement_ms; /* as last asked for; -1: never */
    bool timeouts_in_tx;       /* a rollback takes them back, and they must be set again */
    bool checks_client;        /* client_connection_check_interval can be set here */
    char *name;                /* application_name as last asked for; NULL: never */
    char *search_path;         /* as it was when the session began */
    char *update_sql;          /* text of the prepared statement; NULL: none yet */
    unsigned update_number;    /* of that statement; part of its name */
    bool plans_are_generic;    /* in this transaction */
} CgPg;

/* Type numbers are fixed by PostgreSQL's catalog (pg_type.dat). */
enum {
    CG_PG_BOOL = 16,
    CG_PG_INT8 = 20,
    CG_PG_INT2 = 21,
    CG_PG_INT4 = 23,
    CG_PG_TEXT = 25,
    CG_PG_OID = 26,
    CG_PG_DATE = 1082,
    CG_PG_TIMESTAMP = 1114,
    CG_PG_TIMESTAMPTZ = 1184
};

/* PostgreSQL counts microseconds from 2000-01-01. */
#define CG_PG_EPOCH_US INT64_C(946684800000000)

static inline CgPg *
cg_pg(const CgDb *db)
{
    return db->session;
}

/* ---- postgres_error.c ---- */

/*
 * Sets *error from a result (NULL: from the connection) and returns false. `sql` turns the server's
 * position into a byte offset; NULL where the text is not the caller's.
 */
bool cg_pg_error(const CgDb *db, const PGresult *result, const char *sql, GError **error);

/* The error of a connection that could not be made. */
void cg_pg_connect_error(const PGconn *conn, GError **error);

/* ---- postgres_session.c ---- */

bool cg_pg_open(CgDb *db, GError **error);
void cg_pg_close(CgDb *db);
bool cg_pg_set_name(CgDb *db, const char *name, GError **error);
bool cg_pg_reset(CgDb *db, GError **error);
bool cg_pg_set_timeouts(CgDb *db, int lock_ms, int statement_ms, GError **error);
char *cg_pg_position(CgDb *db, GError **error);
bool cg_pg_is_read_only(CgDb *db);
int cg_pg_has(CgDb *db, const char *table, const char *column, GError **error);
bool cg_pg_index_state(CgDb *db, const char *schema, const char *index, const char *table,
                       CgIndexState *out_state, GError **error);

/* ---- postgres.c ---- */

/* Runs one statement to its end: a successful result, the caller's, or NULL. */
PGresult *cg_pg_run(CgDb *db, const char *sql, const CgValue *params, size_t n, GError **error);

/* Runs a statement whose answer is one cell: allocated; NULL without error for SQL's NULL, or no
 * row. */
char *cg_pg_run_text(CgDb *db, const char *sql, const CgValue *params, size_t n, GError **error);

/* ---- postgres_value.c ---- */

/* "int8", "text"…, and the type's number. */
const char *cg_pg_type_name(CgType type);
Oid cg_pg_type_oid(CgType type);

/*
 * The binary form of a value that is not NULL: *out_bytes points into `buffer` or at the value's
 * own bytes. Fails for what PostgreSQL cannot hold: a zero byte in a text, a time before its
 * calendar.
 */
bool cg_pg_encode(const CgValue *value, char buffer[8], const char **out_bytes, size_t *out_len,
                  GError **error);

/* A cell in text form, by the type of its column. */
CgValue cg_pg_decode_text(Oid type, const char *text, size_t len);

/* A cell in binary form as one of cg_pg_type_oid()'s types. False: no such value, or no CgValue can
 * hold it; then *out_why says so in a word. */
bool cg_pg_decode_binary(CgType type, const char *bytes, size_t len, CgValue *out,
                         const char **out_why);

/* ---- postgres_copy.c ---- */

bool cg_pg_scan(CgDb *db, const CgScan *scan, CgRowFunc func, void *data, GError **error);
bool cg_pg_insert(CgDb *db, const char *table, const CgColumn *columns, size_t n_columns,
                  const CgValue *values, size_t n_rows, GError **error);

/* Ends a COPY that a statement of the caller's began. */
void cg_pg_leave_copy(CgDb *db, ExecStatusType status);

/* ---- postgres_update.c ---- */

bool cg_pg_update(CgDb *db, const CgUpdate *update, CgChange *changes, size_t n, GError **error);

/* ---- postgres_lock.c ---- */

bool cg_pg_try_lock(CgDb *db, const char *name, void **out_held, char **out_holder, GError **error);
bool cg_pg_check_lock(CgDb *db, const char *name, void *held, GError **error);
void cg_pg_unlock(CgDb *db, const char *name, void *held);
char *cg_pg_lock_holder(CgDb *db, const char *name, GError **error);
char *cg_pg_blockers(CgDb *watcher, const CgDb *blocked, GError **error);

#endif
