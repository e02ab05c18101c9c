/*
 * The worker: from rows in `creating` to a group that is `available`, or in `error` with nothing
 * left on the array.
 *
 * The record says which volumes are its own. It touches the array only where all their rows are as
 * a worker leaves them: what somebody else has set to another status may be in use.
 */
#include "base/fault.h"
#include "engine/create.h"

#include <string.h>

/* ---- other hands ---- */

/* Whatever it is, it is for a person to decide. False, always. */
G_GNUC_PRINTF(3, 4)
static bool
keep_off(const CgRequest *request, GError **error, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *what = g_strdup_vprintf(format, args);
    va_end(args);
    const char *id = request->group_id;
    g_autofree char *hint =
        g_strdup_printf("when you have seen to its volumes: UPDATE consistencygroups SET status ="
                        " 'error' WHERE id = '%s'; DELETE FROM cg_engine_request WHERE group_id ="
                        " '%s'",
                        id, id);
    cg_error_set(error, CG_EXIT_HALF_DONE, hint, "%s by other hands, nothing was touched", what);
    return false;
}

/* ---- take ---- */

static bool
check_record(const CgRequest *request, GError **error)
{
    const CgRecord *record = request->record;
    const CgEngine *engine = request->engine;
    const char *array = engine->driver->array_name(engine->array);
    if (g_strcmp0(record->operation, request->operation->name) == 0 &&
        g_strcmp0(record->driver, engine->driver->name) == 0 &&
        g_strcmp0(record->array, array) == 0)
        return true;
    cg_error_set(error, CG_EXIT_HALF_DONE,
                 "give recover the --driver and the --plan with which it was begun",
                 "it was begun by \"%s\" with the driver \"%s\" on the array \"%s\", this is \"%s\""
                 " on \"%s\"",
                 record->operation, record->driver, record->array, engine->driver->name, array);
    return false;
}

/* Nobody but another worker, or somebody's hand, ends a request. */
static bool
find_over(CgRequest *request, GError **error)
{
    request->ending = CG_REQUEST_OVER;
    return request->resumed || keep_off(request, error, "its record was removed, or ended,");
}

bool
cg_create_take(CgRequest *request, GError **error)
{
    request->ending = CG_REQUEST_UNDERWAY;
    g_clear_pointer(&request->record, cg_record_free);
    if (!cg_record_take(request->engine->db, request->group_id, request->now, &request->record,
                        error))
        return false;
    if (request->record == NULL || request->record->state == CG_RECORD_FAILED)
        return find_over(request, error);
    return check_record(request, error);
}

/* ---- rows as a worker leaves them ---- */

/* Cinder lets a user put a new volume into a group in `creating`. */
static void
set_strangers_apart(CgRequest *request)
{
    g_clear_pointer(&request->stranger, g_free);
    for (guint i = request->volumes->len; i > 0; i--) {
        const CgVolume *volume = g_ptr_array_index(request->volumes, i - 1);
        if (g_strv_contains((const char *const *)request->record->volumes, volume->id))
            continue;
        g_free(request->stranger);
        request->stranger = g_strdup(volume->id);
        g_ptr_array_remove_index(request->volumes, i - 1);
    }
}

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
    if (request->volumes == NULL)
        return false;
    set_strangers_apart(request);
    return true;
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

static bool
is_there(const CgRequest *request, const char *id)
{
    for (guint i = 0; i < request->volumes->len; i++)
        if (strcmp(((const CgVolume *)g_ptr_array_index(request->volumes, i))->id, id) == 0)
            return true;
    return false;
}

/* What is attached or in another status, or no longer in the group, is theirs who made it so. */
static bool
check_members(const CgRequest *request, const char *status, GError **error)
{
    if (request->record->volumes[0] == NULL)
        return keep_off(request, error, "its record was emptied");
    for (char **id = request->record->volumes; *id != NULL; id++)
        if (!is_there(request, *id))
            return keep_off(request, error, "volume %s was deleted, or taken out of the group,",
                            *id);
    for (guint i = 0; i < request->volumes->len; i++) {
        const CgVolume *volume = g_ptr_array_index(request->volumes, i);
        if (is_attached(volume))
            return keep_off(request, error, "volume %s was attached", volume->id);
        if (g_strcmp0(volume->status, status) != 0)
            return keep_off(request, error, "volume %s was set to %s%s%s", volume->id,
                            volume->status != NULL ? "\"" : "",
                            volume->status != NULL ? volume->status : "NULL",
                            volume->status != NULL ? "\"" : "");
    }
    return true;
}

/* ---- load ---- */

/* The quota is taken for the sizes that were. */
static bool
check_sizes(const CgRequest *request, GError **error)
{
    for (guint i = 0; i < request->volumes->len; i++) {
        const CgVolume *volume = g_ptr_array_index(request->volumes, i);
        int64_t size = cg_origin_size(request->source, i);
        if (size == volume->size)
            continue;
        cg_error_set(error, CG_EXIT_REFUSED, NULL,
                     "the source of volume %s has %" G_GINT64_FORMAT
                     " GiB, it had %" G_GINT64_FORMAT,
                     volume->id, size, volume->size);
        return false;
    }
    return true;
}

static bool
find_source(CgRequest *request, GError **error)
{
    g_clear_pointer(&request->source, cg_origin_free);
    request->source = cg_origin_of(request->engine->db, request->group, request->volumes, error);
    return request->source != NULL && cg_origin_check_members(request->source, error) &&
           check_sizes(request, error);
}

static bool
drop(CgRequest *request, GError **error)
{
    request->ending = CG_REQUEST_DROPPED;
    return cg_record_remove(request->engine->db, request->record, error);
}

/* A worker that died while it undid what had failed left the reason for the next one. */
static bool
resume_undoing(CgRequest *request, GError **error)
{
    const char *reason = request->record->reason;
    if (check_members(request, "error", error))
        cg_error_set(error, CG_EXIT_REFUSED, NULL, "%s", reason != NULL ? reason : "it had failed");
    return false;
}

bool
cg_create_load(CgRequest *request, GError **error)
{
    bool undoing = request->record->state == CG_RECORD_UNDOING;
    request->ending = CG_REQUEST_UNDERWAY;
    if (!find_rows(request, error))
        return false;
    if (!is_in(request->group, undoing ? "error" : "creating"))
        return drop(request, error);
    if (undoing)
        return resume_undoing(request, error);
    return check_members(request, "creating", error) && find_source(request, error);
}

/* ---- the driver ---- */

static CgDriverContext
driver_context(const CgRequest *request)
{
    return (CgDriverContext){ request->group->user_id, request->group->project_id,
                              request->group_id, request->record->attempt };
}

/* With it goes the group on the array, in which nobody else's volume must be. */
static bool
check_removal(CgRequest *request, const char *status, GError **error)
{
    if (!find_rows(request, error))
        return false;
    if (!is_in(request->group, status))
        return keep_off(request, error, "the group was deleted, or set to another status,");
    if (!check_members(request, status, error))
        return false;
    if (request->stranger == NULL)
        return true;
    cg_error_set(error, CG_EXIT_HALF_DONE,
                 "delete that volume or take it out of the group, then cg-engine recover",
                 "volume %s was put into it by other hands, nothing was removed",
                 request->stranger);
    return false;
}

/* All rows are in `status`; asked anew, as late as can be. */
static bool
tear_down(CgRequest *request, const char *status, GError **error)
{
    if (!check_removal(request, status, error))
        return false;
    const CgEngine *engine = request->engine;
    CgDriverContext context = driver_context(request);
    if (!cg_driver_remove(engine->driver, engine->array, &context, request->group, request->volumes,
                          error))
        return false;
    CG_FAULT("engine.create.torn-down");
    return true;
}

/* What a killed process had begun on the array is begun anew: what its driver would have returned
 * is lost. */
bool
cg_create_clear(CgRequest *request, GError **error)
{
    return !request->resumed || tear_down(request, "creating", error);
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
    const char *driver = request->engine->driver->name;
    const GPtrArray *entries = request->update.volumes;
    for (guint i = 0; entries != NULL && i < entries->len; i++) {
        const CgVolumeUpdate *entry = g_ptr_array_index(entries, i);
        if (!is_error(entry->status))
            continue;
        g_set_error(error, CG_DRIVER_ERROR, CG_DRIVER_ERROR_FAILED,
                    "the driver \"%s\" returned \"error\" for volume %s", driver, entry->id);
        return false;
    }
    if (is_error(request->update.status))
        g_set_error(error, CG_DRIVER_ERROR, CG_DRIVER_ERROR_FAILED,
                    "the driver \"%s\" returned \"error\" for the group", driver);
    return !is_error(request->update.status);
}

bool
cg_create_finish(CgRequest *request, GError **error)
{
    CgDb *db = request->engine->db;
    g_autoptr(GError) judgement = NULL;
    if (!find_rows(request, error) || !check_members(request, "creating", error) ||
        !cg_create_set_available(request, error))
        return false;
    if (cg_create_judge(request, &judgement))
        return cg_record_remove(db, request->record, error);
    return cg_record_set(db, request->record, CG_RECORD_FAILED, judgement->message, request->now,
                         error);
}

/* ---- when the work failed ---- */

/* The rows first, so that nobody can take into use what is removed. */
bool
cg_create_fail(CgRequest *request, GError **error)
{
    if (request->record->state == CG_RECORD_UNDOING)
        return true;
    return find_rows(request, error) && check_members(request, "creating", error) &&
           cg_create_set_error(request, error) &&
           cg_record_set(request->engine->db, request->record, CG_RECORD_UNDOING,
                         request->cause->message, request->now, error);
}

bool
cg_create_undo(CgRequest *request, GError **error)
{
    return tear_down(request, "error", error);
}

/* The first reason stays, whatever this worker has met on its way. */
bool
cg_create_settle(CgRequest *request, GError **error)
{
    const char *first = request->record->reason;
    return cg_record_set(request->engine->db, request->record, CG_RECORD_FAILED,
                         first != NULL ? first : request->cause->message, request->now, error);
}
