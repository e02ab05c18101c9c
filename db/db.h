/*
 * The one door to a database. All that the rest of the suite knows of PostgreSQL and SQLite is
 * here.
 *
 * A CgDb is one session. Statements take typed values for $1, $2, … on every backend. What differs
 * between databases by data is in CgDialect; nobody outside db/ and the dialect part of schema/
 * asks which database it is. A CgDb belongs to one thread.
 */
#ifndef CG_DB_DB_H
#define CG_DB_DB_H

#include "db/address.h"
#include "db/dialect.h"
#include "db/error.h"
#include "db/value.h"

/* ---- sessions ---- */

typedef struct CgDb CgDb;

typedef enum {
    CG_DB_READ,  /* never writes; SQLite itself may make the -wal and -shm of a WAL database */
    CG_DB_WRITE, /* the database must exist */
    CG_DB_CREATE /* SQLite: the file is made when it does not exist */
} CgDbMode;

/*
 * Opens a session. Errors: CG_DB_ERROR_CONNECT (with a message that names what to do: no file, a
 * folder, not a database, server unreachable, wrong password), CG_DB_ERROR_READ_ONLY.
 */
CgDb *cg_db_open(const CgAddress *address, CgDbMode mode, GError **error);

/* A second session to the same database, in the same mode. */
CgDb *cg_db_open_again(CgDb *db, GError **error);

/* A fresh private SQLite database in memory: scratch space for models and tests. */
CgDb *cg_db_open_memory(GError **error);

void cg_db_close(CgDb *db);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CgDb, cg_db_close)

const CgDialect *cg_db_dialect(const CgDb *db);
const CgAddress *cg_db_address(const CgDb *db); /* NULL for a database in memory */
const char *cg_db_display(const CgDb *db);      /* printable name, without a password */

/*
 * The schema of our own tables, "public" or "main", as it was when the session began: the one in
 * which the search path finds cg_ledger, else the one in which a new table would be made. NULL
 * where the search path names no schema that exists.
 */
const char *cg_db_schema(const CgDb *db);

/* A table in cg_db_schema(), by its full name, quoted: "public"."cg_ledger". Allocated. */
char *cg_db_qualified(const CgDb *db, const char *table);

/* Puts back what a statement of the user may have changed in the session, where the server keeps
 * such things: role, search path, every setting. Not for a transaction that has failed. */
bool cg_db_reset(CgDb *db, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* "PostgreSQL 15.18", "SQLite 3.40.1". */
const char *cg_db_server(const CgDb *db);

/* One line where the next statement would read: role and LSN, or the file's change counter.
 * Allocated; NULL with error. */
char *cg_db_position(CgDb *db, GError **error);

/* Shown to the administrator of the server (application_name). Ignored where there is no such
 * thing. */
bool cg_db_set_name(CgDb *db, const char *name, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* True on a hot standby or a read-only session, where nothing can be written. */
bool cg_db_is_read_only(CgDb *db);

/* Milliseconds; 0 means no limit. `lock_ms` bounds the wait for locks of other sessions,
 * `statement_ms` each statement. They hold until set again. */
bool cg_db_set_timeouts(CgDb *db, int lock_ms, int statement_ms,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;

/*
 * Copies the whole database to a new file beside it, where the backend can (SQLite's backup API;
 * capability CG_CAN_BACKUP). *out_path is allocated. Never overwrites. Errors also:
 * CG_DB_ERROR_BUSY when a writer was in the way for long, CG_EXIT_INTERRUPTED.
 */
bool cg_db_backup(CgDb *db, const char *label, char **out_path,
                  GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* ---- statements ---- */

/* Runs exactly one statement; a second one in `sql` is an error. *out_rows (may be NULL) is the
 * number of rows changed, 0 for other statements. */
bool cg_db_exec(CgDb *db, const char *sql, const CgValue *params, size_t n_params,
                int64_t *out_rows, GError **error) G_GNUC_WARN_UNUSED_RESULT;

typedef struct CgRows CgRows;

/* Rows of one statement. On SQLite the statement runs while it is read: close before committing. */
CgRows *cg_db_query(CgDb *db, const char *sql, const CgValue *params, size_t n_params,
                    GError **error);

/* 1: a row is current. 0: no more. -1: error. */
int cg_rows_next(CgRows *rows, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Lent until the next step. */
CgValue cg_rows_value(const CgRows *rows, int column);

/* The same, converted: NULL gives 0, false or NULL. SQLite's 0 and 1 are booleans, its texts times.
 */
int64_t cg_rows_int(const CgRows *rows, int column);
bool cg_rows_bool(const CgRows *rows, int column);
char *cg_rows_text_dup(const CgRows *rows, int column); /* numbers and times are written out */

int cg_rows_columns(const CgRows *rows);
void cg_rows_close(CgRows *rows);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CgRows, cg_rows_close)

/* One row, first column: *out_value's bytes live until the next call on db. A statement without a
 * row gives CG_NULL and *out_found false (out_found may be NULL). */
bool cg_db_query_value(CgDb *db, const char *sql, const CgValue *params, size_t n_params,
                       CgValue *out_value, bool *out_found,
                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* ---- transactions ---- */

typedef enum {
    CG_TX_READ,  /* one snapshot for all that is read, taken now (REPEATABLE READ READ ONLY) */
    CG_TX_WRITE, /* reads and writes (READ COMMITTED; BEGIN IMMEDIATE) */
} CgTxMode;

typedef struct CgTx CgTx;

CgTx *cg_tx_begin(CgDb *db, CgTxMode mode, GError **error);

/* After an error the transaction is over and rolled back, unless the session was lost while it was
 * committing: then the code is CG_DB_ERROR_CONNECT and only a look at the data can tell. */
bool cg_tx_commit(CgTx *tx, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Rolls back when it was not committed. */
void cg_tx_end(CgTx *tx);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CgTx, cg_tx_end)

#endif
