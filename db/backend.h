/*
 * What a database must offer: one const table in one file. For db/ and tests only.
 *
 * cg_db_open() finds the backend by the scheme of the address and keeps the backend's own state
 * behind `session`. A new backend adds a file and a line in backend.c's list. PostgreSQL's lives in
 * a module of its own, loaded when first asked for.
 */
#ifndef CG_DB_BACKEND_H
#define CG_DB_BACKEND_H

#include "db/bulk.h"
#include "db/lock.h"
#include "db/probe.h"

typedef struct CgDbBackend CgDbBackend;

struct CgDb {
    const CgDbBackend *backend;
    CgAddress *address; /* NULL in memory */
    CgDbMode mode;
    char *display;
    char *server; /* set by the backend's open, as is schema */
    char *schema;
    GString *value; /* bytes of cg_db_query_value()'s last answer */
    int64_t unreadable;
    char *unreadable_example;
    void *session; /* the backend's own */
};

struct CgRows {
    CgDb *db;
    void *cursor; /* the backend's own */
};

struct CgLock {
    CgDb *db;
    char *name;
    void *held; /* the backend's own */
};

struct CgDbBackend {
    const char *scheme;
    const CgDialect *dialect;

    /* Required. Contracts as of the functions of the same name in db.h, bulk.h, lock.h, probe.h,
     * blame.h; `db` is filled but for server, schema and session, which open sets. */
    bool (*open)(CgDb *db, GError **error);
    void (*close)(CgDb *db); /* tolerates a half-open session */
    bool (*exec)(CgDb *db, const char *sql, const CgValue *params, size_t n, int64_t *out_rows,
                 GError **error);
    void *(*query)(CgDb *db, const char *sql, const CgValue *params, size_t n, GError **error);
    int (*next)(CgDb *db, void *cursor, GError **error);
    CgValue (*value)(CgDb *db, void *cursor, int column);
    int (*columns)(CgDb *db, void *cursor);
    void (*close_rows)(CgDb *db, void *cursor);
    bool (*begin)(CgDb *db, CgTxMode mode, GError **error);
    bool (*commit)(CgDb *db, GError **error);
    void (*rollback)(CgDb *db); /* nothing to do if the server has done so already */
    bool (*scan)(CgDb *db, const CgScan *scan, CgRowFunc func, void *data, GError **error);
    bool (*insert)(CgDb *db, const char *table, const CgColumn *columns, size_t n_columns,
                   const CgValue *values, size_t n_rows, GError **error);
    bool (*update)(CgDb *db, const CgUpdate *update, CgChange *changes, size_t n, GError **error);
    /* One try: true with *out_held NULL means somebody else has it; *out_holder says who. */
    bool (*try_lock)(CgDb *db, const char *name, void **out_held, char **out_holder,
                     GError **error);
    bool (*check_lock)(CgDb *db, const char *name, void *held, GError **error);
    void (*unlock)(CgDb *db, const char *name, void *held);
    char *(*lock_holder)(CgDb *db, const char *name, GError **error);
    int (*has)(CgDb *db, const char *table, const char *column, GError **error);
    bool (*index_state)(CgDb *db, const char *schema, const char *index, const char *table,
                        CgIndexState *out_state, GError **error);
    bool (*set_timeouts)(CgDb *db, int lock_ms, int statement_ms, GError **error);
    char *(*position)(CgDb *db, GError **error);
    bool (*is_read_only)(CgDb *db);

    /* Optional; without them the caller is told nothing (blockers), or CG_DB_ERROR_UNSUPPORTED. */
    bool (*set_name)(CgDb *db, const char *name, GError **error);
    bool (*reset)(CgDb *db, GError **error);
    char *(*blockers)(CgDb *watcher, const CgDb *blocked, GError **error);
    bool (*backup)(CgDb *db, const char *label, char **out_path, GError **error);
};

/* By the scheme of an address; checks that the required functions are there. NULL with error when
 * there is none, or its module cannot be loaded. */
const CgDbBackend *cg_backend_find(const char *scheme, GError **error);

extern const CgDbBackend cg_backend_sqlite;
/* In the module db-postgres.so, looked up by this name. */
#define CG_BACKEND_POSTGRES_SYMBOL "cg_backend_postgres"
extern const CgDbBackend cg_backend_postgres;

/* Sets a CG_DB_ERROR; sqlstate, detail and hint may be NULL, offset -1. */
void cg_db_error_set(GError **error, CgDbErrorCode code, const char *sqlstate, const char *detail,
                     const char *hint, long offset, const char *format, ...) G_GNUC_PRINTF(7, 8);

/* Counts a cell that could not be read as its type. `text` need not be terminated. */
void cg_db_note_unreadable(CgDb *db, const CgScan *scan, size_t column, const char *text,
                           size_t len);

#endif
