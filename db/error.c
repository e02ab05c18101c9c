/* The error domain of db/: what went wrong, and what the server said beside it. */
#include "db/backend.h"

#include <stdarg.h>

typedef struct {
    char *sqlstate;
    char *detail;
    char *hint;
    long offset;
} CgDbErrorPrivate;

static void
cg_db_error_private_init(CgDbErrorPrivate *priv)
{
    priv->offset = -1;
}

static void
cg_db_error_private_copy(const CgDbErrorPrivate *from, CgDbErrorPrivate *to)
{
    to->sqlstate = g_strdup(from->sqlstate);
    to->detail = g_strdup(from->detail);
    to->hint = g_strdup(from->hint);
    to->offset = from->offset;
}

static void
cg_db_error_private_clear(CgDbErrorPrivate *priv)
{
    g_free(priv->sqlstate);
    g_free(priv->detail);
    g_free(priv->hint);
}

G_DEFINE_EXTENDED_ERROR(CgDbError, cg_db_error)

void
cg_db_error_set(GError **error, CgDbErrorCode code, const char *sqlstate, const char *detail,
                const char *hint, long offset, const char *format, ...)
{
    if (error == NULL)
        return;
    g_return_if_fail(*error == NULL);
    va_list args;
    va_start(args, format);
    *error = g_error_new_valist(CG_DB_ERROR, code, format, args);
    va_end(args);
    CgDbErrorPrivate *priv = cg_db_error_get_private(*error);
    priv->sqlstate = g_strdup(sqlstate);
    priv->detail = g_strdup(detail);
    priv->hint = g_strdup(hint);
    priv->offset = offset;
}

static const CgDbErrorPrivate *
get(const GError *error)
{
    static const CgDbErrorPrivate none = { .offset = -1 };
    if (error == NULL || error->domain != CG_DB_ERROR)
        return &none;
    return cg_db_error_get_private(error);
}

const char *
cg_db_error_sqlstate(const GError *error)
{
    return get(error)->sqlstate;
}

const char *
cg_db_error_detail(const GError *error)
{
    return get(error)->detail;
}

const char *
cg_db_error_hint(const GError *error)
{
    return get(error)->hint;
}

long
cg_db_error_offset(const GError *error)
{
    return get(error)->offset;
}

/* ---- what it means for a program ---- */

static const struct {
    CgExit exit;
    const char *advice;
} meanings[] = {
    [CG_DB_ERROR_CONNECT] = { CG_EXIT_CONNECT, "run the command again: what was committed stands" },
    [CG_DB_ERROR_QUERY] = { CG_EXIT_FAILED, NULL },
    [CG_DB_ERROR_CONSTRAINT] = { CG_EXIT_FAILED, NULL },
    [CG_DB_ERROR_SERIALIZATION] = { CG_EXIT_FAILED, "run the command again" },
    [CG_DB_ERROR_BUSY] = { CG_EXIT_LOCKED,
                           "another session holds what is needed: run again when it has ended" },
    [CG_DB_ERROR_TIMEOUT] = { CG_EXIT_FAILED, "run again when the server is quieter" },
    [CG_DB_ERROR_FULL] = { CG_EXIT_FAILED, "make room and run the command again" },
    [CG_DB_ERROR_READ_ONLY] = { CG_EXIT_REFUSED, "name a database that can be written to" },
    [CG_DB_ERROR_UNSUPPORTED] = { CG_EXIT_REFUSED, NULL },
};

/* PostgreSQL's insufficient_privilege: a matter of rights, not of the statement. */
static bool
is_missing_right(const GError *error)
{
    return g_strcmp0(cg_db_error_sqlstate(error), "42501") == 0;
}

CgExit
cg_db_error_exit(const GError *error)
{
    return is_missing_right(error) ? CG_EXIT_REFUSED : meanings[error->code].exit;
}

const char *
cg_db_error_advice(const GError *error)
{
    if (error->domain != CG_DB_ERROR)
        return cg_error_hint(error);
    if (cg_db_error_hint(error) != NULL)
        return cg_db_error_hint(error);
    return is_missing_right(error)
               ? "connect as a role that has it, as the one that owns Cinder's tables"
               : meanings[error->code].advice;
}
