/*
 * What is made only once, and that no constraint keeps two sessions from making twice: rows of
 * quota_usages, the table of the records.
 *
 * Who finds such a thing missing fails with CG_FIRST_ERROR_MISSING. The transaction is then run
 * again by somebody who has held CG_FIRST_LOCK since before it began, and may make it.
 */
#ifndef CG_ENGINE_FIRST_H
#define CG_ENGINE_FIRST_H

#include <glib.h>
#include <stdbool.h>

#define CG_FIRST_LOCK "engine.first"

#define CG_FIRST_ERROR (cg_first_error_quark())
GQuark cg_first_error_quark(void);

typedef enum { CG_FIRST_ERROR_MISSING } CgFirstErrorCode;

/* Sets that error; false, always. */
bool cg_first_missing(const char *what, GError **error);

#endif
