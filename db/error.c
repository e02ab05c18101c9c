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
