/* What the files of the SQLite backend share. Nobody else includes this. */
#ifndef CG_DB_SQLITE_H
#define CG_DB_SQLITE_H

#include "db/backend.h"

#include <sqlite3.h>

typedef struct {
    sqlite3 *handle;
    GHashTable *statements; /* SQL text -> prepared sqlite3_stmt, for statements with parameters */
    gint64 deadline;        /* monotonic time at which the running statement is stopped; 0: never */
    int statement_ms;
    bool created; /* there was no file before this session */
} CgSqlite;

static inline CgSqlite *
cg_sqlite(const CgDb *db)
{
    return db->session;
}

/* Sets *error from the handle's last failure. `code` is what the failing call returned. */
void cg_sqlite_error(CgDb *db, int code, const char *what, GError **error);

/* A prepared statement of exactly one SQL statement. NULL with error. */
sqlite3_stmt *cg_sqlite_prepare(CgDb *db, const char *sql, unsigned flags, GError **error);

/* The same out of the session's cache, where it can: to be put back, not finalized. */
sqlite3_stmt *cg_sqlite_prepare_cached(CgDb *db, const char *sql, GError **error);
void cg_sqlite_put_back(CgDb *db, const char *sql, sqlite3_stmt *stmt);

/* Binds values to $1, $2, …; those that the statement does not name are ignored. The bytes must
 * live until the statement is reset. */
bool cg_sqlite_bind(CgDb *db, sqlite3_stmt *stmt, const CgValue *values, size_t n, GError **error);

/* Steps with the statement timeout armed: SQLITE_ROW, SQLITE_DONE, or another code with *error set.
 */
int cg_sqlite_step(CgDb *db, sqlite3_stmt *stmt, GError **error);

/* Runs a statement without parameters or rows. */
bool cg_sqlite_run(CgDb *db, const char *sql, GError **error);

/* A stored time: the text form, or an integer of seconds. */
bool cg_sqlite_time(sqlite3_stmt *stmt, int column, int64_t *out_us);

/* sqlite_session.c */
bool cg_sqlite_open(CgDb *db, GError **error);
void cg_sqlite_close(CgDb *db);
bool cg_sqlite_set_timeouts(CgDb *db, int lock_ms, int statement_ms, GError **error);
int cg_sqlite_has(CgDb *db, const char *table, const char *column, GError **error);
bool cg_sqlite_index_state(CgDb *db, const char *schema, const char *index, const char *table,
                           CgIndexState *out_state, GError **error);
bool cg_sqlite_is_read_only(CgDb *db);

/* sqlite_bulk.c */
bool cg_sqlite_scan(CgDb *db, const CgScan *scan, CgRowFunc func, void *data, GError **error);
bool cg_sqlite_insert(CgDb *db, const char *table, const CgColumn *columns, size_t n_columns,
                      const CgValue *values, size_t n_rows, GError **error);
bool cg_sqlite_update(CgDb *db, const CgUpdate *update, CgChange *changes, size_t n,
                      GError **error);

/* sqlite_file.c */
bool cg_sqlite_try_lock(CgDb *db, const char *name, void **out_held, char **out_holder,
                        GError **error);
bool cg_sqlite_check_lock(CgDb *db, const char *name, void *held, GError **error);
void cg_sqlite_unlock(CgDb *db, const char *name, void *held);
char *cg_sqlite_lock_holder(CgDb *db, const char *name, GError **error);
bool cg_sqlite_backup(CgDb *db, const char *label, char **out_path, GError **error);
char *cg_sqlite_position(CgDb *db, GError **error);

#endif
