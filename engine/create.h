/*
 * create-from-src in its rooms: create.c has the table of its phases, create_accept.c and
 * create_worker.c the phases, create_rows.c the rows that they write, create_hands.c how they tell
 * that nobody else has had a hand in these.
 */
#ifndef CG_ENGINE_CREATE_H
#define CG_ENGINE_CREATE_H

#include "engine/origin.h"
#include "engine/quota.h"
#include "engine/request.h"

/* The one whose worker finishes what the records say was begun. */
extern const CgOperation cg_operation_create_from_src;

/* What the phases keep between them: CgRequest.own. */
typedef struct {
    CgQuota *quota;
    CgOrigin *origin;   /* its members in the order of the new volumes */
    CgGroup *group;     /* the new group, and */
    GPtrArray *volumes; /* its volumes in the order of their ids, as they were last read; without */
    char *stranger;     /* a volume that somebody else has put into it; or NULL */
    CgDriverUpdate update;
} CgCreate;

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

/* ---- other hands: all of these fail with CG_ENGINE_ERROR_OTHER_HANDS ---- */

/* Group and volumes as they are now. */
bool cg_create_find_rows(CgRequest *request, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Whether the volumes that were found are those of the record, in `status` and not attached. What
 * is otherwise is theirs who made it so. */
bool cg_create_check_members(const CgRequest *request, const char *status,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Finds the rows, and whether all that is on the array may be removed: group and members are in
 * `status`, and nobody else's volume is among them. */
bool cg_create_check_removal(CgRequest *request, const char *status,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Sets an error that says what was done "by other hands". False, always. */
bool cg_create_keep_off(const CgRequest *request, GError **error, const char *format, ...)
    G_GNUC_PRINTF(3, 4);

/* ---- rows, inside the transaction of a phase ---- */

typedef struct {
    const char *id, *project_id, *user_id, *name, *description;
    char **volumes; /* their ids, one for each source */
} CgNewGroup;

/* Group and volumes in `creating`. */
bool cg_create_insert(CgRequest *request, const CgNewGroup *new_group,
                      GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* What the driver returned, and `available` with one time for group and volumes; `error` where the
 * driver said so, and for the group when the request has a flaw. */
bool cg_create_set_available(CgRequest *request, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* `error` for the group and all its volumes. */
bool cg_create_set_error(CgRequest *request, GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
