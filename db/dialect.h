/*
 * What differs between databases by data: the SQL dialect, and what a backend can do.
 *
 * The lexer and the readers of migration files need the dialect without a database, so it stands
 * apart from db.h. What differs by algorithm is in the backends.
 */
#ifndef CG_DB_DIALECT_H
#define CG_DB_DIALECT_H

#include <glib.h>

/* Which SQL a piece of text is written in. */
typedef enum { CG_SQL_POSTGRESQL, CG_SQL_SQLITE } CgSqlDialect;

typedef enum {
    CG_CAN_CONCURRENT_INDEX = 1 << 0, /* CREATE INDEX CONCURRENTLY, and so invalid indexes */
    CG_CAN_BACKUP = 1 << 1,           /* cg_db_backup() */
    CG_CAN_LOG_POSITION = 1 << 2,     /* cg_db_position() is an address to restore to */
    CG_CAN_ENFORCE_KEYS = 1 << 3,     /* foreign keys are enforced in every session */
    CG_CAN_NAME_BLOCKERS = 1 << 4,    /* cg_db_blockers() tells something */
    CG_CAN_LOCK_TABLE = 1 << 5        /* LOCK TABLE; without it a write transaction is alone */
} CgCapability;

/* The order in which a batch of rows is cheapest to write. */
typedef enum { CG_WRITE_BY_KEY, CG_WRITE_BY_SCAN } CgWriteOrder;

typedef struct {
    const char *name; /* "postgresql", "sqlite": also the word of `-- migrate:up dialect:` */
    CgSqlDialect sql;
    unsigned can; /* CgCapability bits */
    CgWriteOrder write_order;
    const char *text_type; /* of a short text column in tables of our own */
    const char *int_type;
    const char *bool_type;
    const char *time_type;
} CgDialect;

extern const CgDialect cg_dialect_postgresql;
extern const CgDialect cg_dialect_sqlite;

/* The dialect of that name, or NULL. */
const CgDialect *cg_dialect_find(const char *name);

/* The identifier, quoted. Allocated. */
char *cg_dialect_ident(const CgDialect *dialect, const char *name);

#endif
