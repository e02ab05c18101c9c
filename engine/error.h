/*
 * What a caller of the engine may branch on: finer than the exit code of the error, which follows
 * from it. (A server answers NOT_FOUND with another status than INVALID, and both end a command
 * with 2.)
 */
#ifndef CG_ENGINE_ERROR_H
#define CG_ENGINE_ERROR_H

#include "base/error.h"

typedef enum {
    CG_ENGINE_ERROR_NONE, /* not an error of the engine: a database's, a driver's, a plan's */

    /* What was asked for: CG_EXIT_USAGE. */
    CG_ENGINE_ERROR_INVALID,
    CG_ENGINE_ERROR_NOT_FOUND,
    CG_ENGINE_ERROR_AMBIGUOUS, /* several of that name */

    /* What is there: CG_EXIT_REFUSED. */
    CG_ENGINE_ERROR_STATE, /* rows or tables do not allow it */
    CG_ENGINE_ERROR_QUOTA,

    /* Rows are as nobody but somebody else can have left them, or another worker is at them: all
     * stays as it is, nothing is compensated. CG_EXIT_HALF_DONE. */
    CG_ENGINE_ERROR_OTHER_HANDS,
    CG_N_ENGINE_ERRORS
} CgEngineError;

/* As cg_error_set(); the exit is that of the kind. */
void cg_engine_error_set(GError **error, CgEngineError kind, const char *hint, const char *format,
                         ...) G_GNUC_PRINTF(4, 5);

CgEngineError cg_engine_error(const GError *error);

#endif
