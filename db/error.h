/* The error domain of db/: what a caller may branch on, and what the server said beside it. */
#ifndef CG_DB_ERROR_H
#define CG_DB_ERROR_H

#include "base/error.h"

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

#endif
