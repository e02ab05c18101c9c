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

#include "base/error.h"
#include "db/address.h"
#include "db/dialect.h"
#include "db/value.h"

/* ---- errors ---- */

#define CG_DB_ERROR (cg_db_error_quark())
GQuark cg_db_error_quark(void);

/* What a caller may branch on. */
typedef enum {
    CG_DB_ERROR_CONNECT,       /* no session, or the session was lost */
    CG_DB_ERROR_QUERY,         /* the statement is wrong, or a right is missing */
    CG_DB_ERROR_CONSTRAINT,    /* the data forbids it */
    CG_DB_ERROR_SERIALIZATION, /* run the transaction again (deadlock, recovery conflict too) */
    CG_DB_ERROR_BUSY,          /* a lock was not had in time */
    CG_DB_ERROR_TIMEOUT,       /* statement timeout */
    CG_DB_ERROR_FULL,          /* disk full, or an I/O error */
    CG_DB_ERROR_READ_ONLY,     /* a standby, a read-only file or folder, a read-only transaction */
    CG_DB_ERROR_UNSUPPORTED    /* this backend cannot do that */
} CgDbErrorCode;

/* What the server said beside the message; each NULL when it said nothing. Lent by the error. */
const char *cg_db_error_sqlstate(const GError *error); /* SQLite: "SQLITE_BUSY" and the like */
const char *cg_db_error_detail(const GError *error);
const char *cg_db_error_hint(const GError *error);

/* Byte offset in the statement that the server points at, or -1. */
long cg_db_error_offset(const GError *error);

/* How a program ends with an error of this domain that no layer above knew more about. */
CgExit cg_db_error_exit(const GError *error);

/* What to do next: the server's hint, or a static text, or NULL; of another domain its own hint. */
const char *cg_db_error_advice(const GError *error);

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

/* Milliseconds; 0 means no limit. `lock_ms` bounds the wait for locks of other sessions,
 * `statement_ms` each statement. They hold until set again. */
bool cg_db_set_timeouts(CgDb *db, int lock_ms, int statement_ms,
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

/* ---- bulk ---- */

typedef struct {
    const char *name; /* column, or expression in a scan */
    CgType type;
} CgColumn;

/* SELECT columns FROM from [WHERE where], in the order that is cheapest for the backend. */
typedef struct {
    const CgColumn *columns;
    size_t n_columns;
    const char *from;
    const char *where; /* NULL: all rows */
} CgScan;

/* Called for each row; the values' bytes live until it returns. false with *error ends the scan. */
typedef bool (*CgRowFunc)(const CgValue *row, void *data, GError **error);

/*
 * Streams rows without an allocation of ours a row. A cell that is not of the stated type (SQLite
 * stores what it is given) arrives as CG_NULL and is counted, see cg_db_unreadable().
 */
bool cg_db_scan(CgDb *db, const CgScan *scan, CgRowFunc func, void *data,
                GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Cells that scans of this session could not read; *out_example (may be NULL) is lent: "volumes
 * created_at: 'yesterday'". */
int64_t cg_db_unreadable(const CgDb *db, const char **out_example);

/* Inserts n_rows rows of n_columns values each (row after row in `values`): all of them, or
 * none. After a failure inside a transaction, that must be rolled back. */
bool cg_db_insert(CgDb *db, const char *table, const CgColumn *columns, size_t n_columns,
                  const CgValue *values, size_t n_rows, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/*
 * Compare and set with a journal: for each change, sets `column` of the row with that `key` if the
 * row still meets `guard`, and only then inserts the change's journal row. One round trip for all
 * of them where the backend can. To be called inside a CG_TX_WRITE transaction.
 */
typedef struct {
    const char *table;
    const char *key;     /* column of type CG_BYTES */
    const char *column;  /* to set; CG_BYTES */
    const char *guard;   /* SQL condition; the row is t, the wanted value input.value */
    const char *journal; /* table */
    const CgColumn *journal_columns;
    size_t n_journal;
} CgUpdate;

typedef struct {
    CgValue key;
    CgValue value;
    const CgValue *journal; /* n_journal values */
    bool done;              /* out: the row met the guard and was changed */
} CgChange;

bool cg_db_update(CgDb *db, const CgUpdate *update, CgChange *changes, size_t n_changes,
                  GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* ---- the run lock ---- */

typedef struct CgLock CgLock;

/*
 * Takes the lock `name` of this database for this session, polling for at most `timeout_s` seconds
 * (negative: for ever) and saying on stderr whom it waits for. It is released by cg_lock_release()
 * or by the kernel or server when the process dies. Errors: CG_DB_ERROR_BUSY, whose message names
 * the holder; CG_DB_ERROR_UNSUPPORTED behind a connection pooler, where such a lock would mean
 * nothing; CG_DB_ERROR_READ_ONLY where no lock file can be made; CG_EXIT_INTERRUPTED.
 */
CgLock *cg_db_lock(CgDb *db, const char *name, double timeout_s, GError **error);

/* True while the lock is still held; to be asked before each commit under it. */
bool cg_lock_check(CgLock *lock, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Who holds lock `name` now: allocated, or NULL without error when nobody does. */
char *cg_db_lock_holder(CgDb *db, const char *name, GError **error);

void cg_lock_release(CgLock *lock);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CgLock, cg_lock_release)

/* Who keeps `blocked` waiting right now, asked through another session: allocated text for a
 * person, or NULL without error when nobody does, or the backend cannot tell. */
char *cg_db_blockers(CgDb *watcher, const CgDb *blocked, GError **error);

/* ---- probes ---- */

/* 1 yes, 0 no, -1 error. Names as the catalog spells them; found through the session's search path.
 * `column` NULL asks for the table alone. */
int cg_db_has(CgDb *db, const char *table, const char *column, GError **error);

typedef enum {
    CG_INDEX_ABSENT,
    CG_INDEX_INVALID,
    CG_INDEX_VALID,
    CG_INDEX_ELSEWHERE /* one of that name, on another table than the one asked for */
} CgIndexState;

/* `schema` NULL: found through the search path; `table` NULL: on whichever table. */
bool cg_db_index_state(CgDb *db, const char *schema, const char *index, const char *table,
                       CgIndexState *out_state, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* True on a hot standby or a read-only session, where nothing can be written. */
bool cg_db_is_read_only(CgDb *db);

/*
 * Copies the whole database to a new file beside it, where the backend can (SQLite's backup API;
 * capability CG_CAN_BACKUP). *out_path is allocated. Never overwrites. Errors also:
 * CG_DB_ERROR_BUSY when a writer was in the way for long, CG_EXIT_INTERRUPTED.
 */
bool cg_db_backup(CgDb *db, const char *label, char **out_path,
                  GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
