/* The rows that create-from-src writes: what a clone copies from its source, and what it does not.
 * All inside the transaction of a phase. */
#ifndef CG_ENGINE_CREATE_ROWS_H
#define CG_ENGINE_CREATE_ROWS_H

#include "engine/request.h"

typedef struct {
    const char *id, *project_id, *user_id, *name, *description;
} CgNewGroup;

/* Group and volumes in `creating`. */
bool cg_create_insert(CgRequest *request, const CgNewGroup *new_group,
                      GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* What the driver returned, and `available` with one time for group and volumes; `error` where the
 * driver said so. A row that is no longer in `creating` is an error, and nothing is written. */
bool cg_create_finish(CgRequest *request, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* `error` for the group and those of its volumes that are in `creating`. */
bool cg_create_fail(CgRequest *request, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The driver returned `error` for the group or a volume of it. */
bool cg_create_has_error(const CgRequest *request);

#endif
