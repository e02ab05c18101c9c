/* The error domain of the suite; see error.h. */
#include "base/error.h"

#include <stdarg.h>

typedef struct {
    char *hint;
    int kind;
} CgErrorPrivate;

static void
cg_error_private_init(CgErrorPrivate *priv)
{
    *priv = (CgErrorPrivate){ NULL, 0 };
}

static void
cg_error_private_copy(const CgErrorPrivate *from, CgErrorPrivate *to)
{
    *to = (CgErrorPrivate){ g_strdup(from->hint), from->kind };
}

static void
cg_error_private_clear(CgErrorPrivate *priv)
{
    g_free(priv->hint);
}

G_DEFINE_EXTENDED_ERROR(CgError, cg_error)

static void
set_with_hint(GError **error, CgExit exit, const char *hint, const char *message)
{
    if (error == NULL)
        return;
    g_return_if_fail(*error == NULL);
    *error = g_error_new_literal(CG_ERROR, exit, message);
    cg_error_get_private(*error)->hint = g_strdup(hint);
}

void
cg_error_set(GError **error, CgExit exit, const char *hint, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *message = g_strdup_vprintf(format, args);
    va_end(args);
    set_with_hint(error, exit, hint, message);
}

void
cg_error_wrap(GError **error, GError *cause, CgExit exit, const char *hint,
              const char *prefix_format, ...)
{
    va_list args;
    va_start(args, prefix_format);
    g_autofree char *prefix = g_strdup_vprintf(prefix_format, args);
    va_end(args);
    g_autofree char *message = g_strdup_printf("%s: %s", prefix, cause->message);
    set_with_hint(error, exit, hint != NULL ? hint : cg_error_hint(cause), message);
    if (error != NULL)
        cg_error_set_kind(*error, cg_error_kind(cause));
    g_error_free(cause);
}

const char *
cg_error_hint(const GError *error)
{
    if (error == NULL || error->domain != CG_ERROR)
        return NULL;
    return cg_error_get_private(error)->hint;
}

void
cg_error_set_kind(GError *error, int kind)
{
    g_return_if_fail(error->domain == CG_ERROR);
    cg_error_get_private(error)->kind = kind;
}

int
cg_error_kind(const GError *error)
{
    return error != NULL && error->domain == CG_ERROR ? cg_error_get_private(error)->kind : 0;
}

bool
cg_error_is(const GError *error, CgExit exit)
{
    return g_error_matches(error, CG_ERROR, (int)exit);
}
