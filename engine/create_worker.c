/*
 * The worker: from rows in `creating` to a group that is `available`, or in `error` with nothing
 * left on the array.
 *
 * It touches the array only where all rows are as a worker leaves them, under the lock of the
 * group. What somebody else has set to another status may be in use.
 */
#include "base/fault.h"
#include "engine/create.h"
#include "engine/record.h"

#include <string.h>

/* ---- rows as a worker leaves them ---- */

static bool
find_rows(CgRequest *request, GError **error)
{
    const CgValue id = cg_text(request->group_id);
    g_clear_pointer(&request->group, cg_group_free);
    g_clear_pointer(&request->volumes, g_ptr_array_unref);
    g_autoptr(GPtrArray) groups = cg_group_load(request->engine->db, "id = $1", &id, 1, error);
    if (groups == NULL)
        return false;
    if (groups->len == 1)
        request->group = g_ptr_array_steal_index(groups, 0);
    request->volumes =
        cg_volume_load(request->engine->db, "consistencygroup_id = $1", &id, 1, error);
    return request->volumes != NULL;
}

static bool
is_in(const CgGroup *group, const char *status)
{
    return group != NULL && g_strcmp0(group->status, status) == 0;
}

static bool
is_attached(const CgVolume *volume)
{
    return volume->attach_status != NULL && strcmp(volume->attach_status, "detached") != 0;
}

/* Hands off: what is attached or in another status belongs to whoever made it so. */
static bool
check_members(const CgRequest *request, const char *status, GError **error)
{
    for (guint i = 0; i < request->volumes->len; i++) {
        const CgVolume *volume = g_ptr_array_index(request->volumes, i);
        if (g_strcmp0(volume->status, status) == 0 && !is_attached(volume))
            continue;
        cg_error_set(error, CG_EXIT_HALF_DONE,
                     "when its volumes are as they shall be, set the group's status by hand",
                     "volume %s was set to \"%s\"%s by other hands, nothing was touched",
                     volume->id, volume->status != NULL ? volume->status : "",
                     is_attached(volume) ? " and attached" : "");
        return false;
    }
    return true;
}

/* ---- load ---- */

static bool
find_source(CgRequest *request, GError **error)
{
    if (request->volumes->len == 0) {
        cg_error_set(error, CG_EXIT_REFUSED, NULL, "it has no volumes");
        return false;
    }
    g_clear_pointer(&request->source, cg_origin_free);
    request->source = cg_origin_of(request->engine->db, request->group, request->volumes, error);
    return request->source != NULL && cg_origin_check_members(request->source, error);
}

/* A worker that died while it undid what had failed left the reason for the next one. */
static bool
resume_undoing(CgRequest *request, const char *reason, GError **error)
{
    if (!check_members(request, "error", error))
        return false;
    request->undoing = true;
    cg_error_set(error, CG_EXIT_REFUSED, NULL, "%s", reason != NULL ? reason : "it had failed");
    return false;
}

bool
cg_create_load(CgRequest *request, GError **error)
{
    CgDb *db = request->engine->db;
    g_autoptr(CgRecord) record = NULL;
    request->ending = CG_REQUEST_UNDERWAY;
    if (!cg_record_find(db, request->group_id, &record, error) || !find_rows(request, error))
        return false;
    if (record == NULL || record->state == CG_RECORD_FAILED) {
        request->ending = CG_REQUEST_OVER;
        return true;
    }
    bool undoing = record->state == CG_RECORD_UNDOING;
    if (!is_in(request->group, undoing ? "error" : "creating")) {
        request->ending = CG_REQUEST_DROPPED;
        return cg_record_remove(db, request->group_id, error);
    }
    if (undoing)
        return resume_undoing(request, record->reason, error);
    return check_members(request, "creating", error) && find_source(request, error);
}

/* ---- the driver ---- */

static CgDriverContext
driver_context(const CgRequest *request)
{
    return (CgDriverContext){ request->group->user_id, request->group->project_id,
                              request->group_id };
}

static bool
tear_down(CgRequest *request, GError **error)
{
    CgDriverContext context = driver_context(request);
    const CgEngine *engine = request->engine;
    if (!engine->driver->delete_consistencygroup(engine->array, &context, request->group,
                                                 request->volumes, error))
        return false;
    CG_FAULT("engine.create.torn-down");
    return true;
}

/* What a killed process had begun on the array is begun anew: what its driver would have returned
 * is lost. */
bool
cg_create_clear(CgRequest *request, GError **error)
{
    return !request->resumed || tear_down(request, error);
}

bool
cg_create_drive(CgRequest *request, GError **error)
{
    const CgOrigin *source = request->source;
    bool from_group = source->cgsnapshot == NULL;
    const CgDriverClone clone = {
        .group = request->group,
        .volumes = request->volumes,
        .cgsnapshot = source->cgsnapshot,
        .snapshots = source->snapshots,
        .src_group = from_group ? source->group : NULL,
        .src_volumes = from_group ? source->volumes : NULL,
    };
    CgDriverContext context = driver_context(request);
    return cg_driver_clone(request->engine->driver, request->engine->array, &context, &clone,
                           &request->update, error);
}

/* ---- the end ---- */

static bool
is_error(const char *status)
{
    return g_strcmp0(status, "error") == 0;
}

/* A driver may return `error` instead of failing. */
bool
cg_create_judge(CgRequest *request, GError **error)
{
    bool any = is_error(request->update.status);
    const GPtrArray *entries = request->update.volumes;
    for (guint i = 0; entries != NULL && i < entries->len; i++)
        any |= is_error(((const CgVolumeUpdate *)g_ptr_array_index(entries, i))->status);
    if (any)
        g_set_error(error, CG_DRIVER_ERROR, CG_DRIVER_ERROR_FAILED,
                    "the driver \"%s\" returned that status", request->engine->driver->name);
    return !any;
}

bool
cg_create_finish(CgRequest *request, GError **error)
{
    CgDb *db = request->engine->db;
    g_autoptr(GError) judgement = NULL;
    if (!cg_create_set_available(request, error))
        return false;
    if (cg_create_judge(request, &judgement))
        return cg_record_remove(db, request->group_id, error);
    return cg_record_set(db, request->group_id, CG_RECORD_FAILED, judgement->message, request->now,
                         error);
}

/* ---- when the worker fails: the rows first, so that nobody can take into use what is removed ----
 */

bool
cg_create_fail(CgRequest *request, GError **error)
{
    if (request->undoing)
        return true;
    return find_rows(request, error) && check_members(request, "creating", error) &&
           cg_create_set_error(request, error) &&
           cg_record_set(request->engine->db, request->group_id, CG_RECORD_UNDOING,
                         request->cause->message, request->now, error);
}

bool
cg_create_undo(CgRequest *request, GError **error G_GNUC_UNUSED)
{
    g_autoptr(GError) failure = NULL;
    if (!tear_down(request, &failure))
        request->notes =
            g_strdup_printf("what was begun on the array stays there (%s)", failure->message);
    return true;
}

bool
cg_create_settle(CgRequest *request, GError **error)
{
    g_autofree char *reason =
        g_strdup_printf("%s%s%s", request->cause->message, request->notes != NULL ? "; " : "",
                        request->notes != NULL ? request->notes : "");
    return cg_record_set(request->engine->db, request->group_id, CG_RECORD_FAILED, reason,
                         request->now, error);
}
