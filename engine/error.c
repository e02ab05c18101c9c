/* Kinds and their exit codes; see error.h. */
#include "engine/error.h"

#include <stdarg.h>

static const CgExit exits[CG_N_ENGINE_ERRORS] = {
    [CG_ENGINE_ERROR_NONE] = CG_EXIT_FAILED,           [CG_ENGINE_ERROR_INVALID] = CG_EXIT_USAGE,
    [CG_ENGINE_ERROR_NOT_FOUND] = CG_EXIT_USAGE,       [CG_ENGINE_ERROR_AMBIGUOUS] = CG_EXIT_USAGE,
    [CG_ENGINE_ERROR_STATE] = CG_EXIT_REFUSED,         [CG_ENGINE_ERROR_QUOTA] = CG_EXIT_REFUSED,
    [CG_ENGINE_ERROR_OTHER_HANDS] = CG_EXIT_HALF_DONE,
};

void
cg_engine_error_set(GError **error, CgEngineError kind, const char *hint, const char *format, ...)
{
    if (error == NULL)
        return;
    va_list args;
    va_start(args, format);
    g_autofree char *message = g_strdup_vprintf(format, args);
    va_end(args);
    cg_error_set(error, exits[kind], hint, "%s", message);
    cg_error_set_kind(*error, (int)kind);
}

CgEngineError
cg_engine_error(const GError *error)
{
    return (CgEngineError)cg_error_kind(error);
}
