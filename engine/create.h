/*
 * create-from-src in its rooms: create.c has the table of its phases, create_accept.c and
 * create_worker.c the phases, create_rows.c the rows that they write.
 */
#ifndef CG_ENGINE_CREATE_H
#define CG_ENGINE_CREATE_H

#include "engine/request.h"

/* The one whose worker finishes what the records say was begun. */
extern const CgOperation cg_operation_create_from_src;

/* ---- phases, in the order in which they run; the first takes the options of the caller ---- */

bool cg_create_accept(CgRequest *request, GError **error) G_GNUC_WARN_UNUSED_RESULT;

bool cg_create_take(CgRequest *request, GError **error) G_GNUC_WARN_UNUSED_RESULT;
bool cg_create_load(CgRequest *request, GError **error) G_GNUC_WARN_UNUSED_RESULT;
bool cg_create_clear(CgRequest *request, GError **error) G_GNUC_WARN_UNUSED_RESULT;
bool cg_create_drive(CgRequest *request, GError **error) G_GNUC_WARN_UNUSED_RESULT;
bool cg_create_finish(CgRequest *request, GError **error) G_GNUC_WARN_UNUSED_RESULT;

bool cg_create_fail(CgRequest *request, GError **error) G_GNUC_WARN_UNUSED_RESULT;
bool cg_create_undo(CgRequest *request, GError **error) G_GNUC_WARN_UNUSED_RESULT;
bool cg_create_settle(CgRequest *request, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* False with an error when the driver has returned `error` for the group or a volume of it. */
bool cg_create_judge(CgRequest *request, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* ---- rows, inside the transaction of a phase ---- */

typedef struct {
    const char *id, *project_id, *user_id, *name, *description;
    char **volumes; /* their ids, one for each source */
} CgNewGroup;

/* Group and volumes in `creating`. */
bool cg_create_insert(CgRequest *request, const CgNewGroup *new_group,
                      GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* What the driver returned, and `available` with one time for group and volumes; `error` where the
 * driver said so. */
bool cg_create_set_available(CgRequest *request, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* `error` for the group and all its volumes. */
bool cg_create_set_error(CgRequest *request, GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
