/*
 * The worker: from rows in `creating` to a group that is `available`, or in `error` with nothing
 * left on the array.
 */
#include "base/fault.h"
#include "engine/create.h"

/* ---- take ---- */

static bool
check_record(const CgRequest *request, GError **error)
{
    const CgRecord *record = request->record;
    const CgEngine *engine = request->engine;
    const char *array = engine->driver->array_name(engine->array);
    if (g_strcmp0(record->driver, engine->driver->name) == 0 &&
        g_strcmp0(record->array_name, array) == 0)
        return true;
    cg_engine_error_set(
        error, CG_ENGINE_ERROR_OTHER_HANDS,
        "give recover the --driver and the --plan with which it was begun",
        "it was begun with the driver \"%s\" on the array \"%s\", this is \"%s\" on \"%s\"",
        record->driver, record->array_name, engine->driver->name, array);
    return false;
}

/* Nobody but another worker, or somebody's hand, ends a request. */
static bool
find_over(CgRequest *request, GError **error)
{
    cg_request_end(request, CG_REQUEST_OVER, NULL);
    return request->resumed ||
           cg_create_keep_off(request, error, "its record was removed, or ended,");
}

bool
cg_create_take(CgRequest *request, GError **error)
{
    g_clear_pointer(&request->record, cg_record_free);
    if (!cg_record_take(request->engine->db, request->group_id, &request->record, error))
        return false;
    if (request->record == NULL || request->record->state == CG_RECORD_FAILED)
        return find_over(request, error);
    return check_record(request, error);
}

/* ---- load ---- */

/* The quota is taken for the sizes that were. */
static bool
check_sizes(const CgCreate *create, GError **error)
{
    for (guint i = 0; i < create->volumes->len; i++) {
        const CgVolume *volume = g_ptr_array_index(create->volumes, i);
        int64_t size = cg_origin_size(create->origin, i);
        if (size == volume->size)
            continue;
        cg_engine_error_set(error, CG_ENGINE_ERROR_STATE, NULL,
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
    CgCreate *create = request->own;
    g_clear_pointer(&create->origin, cg_origin_free);
    create->origin = cg_origin_of(request->engine->db, create->group, create->volumes, error);
    return create->origin != NULL && cg_origin_check_members(create->origin, error) &&
           check_sizes(create, error);
}

/* What became of it is theirs who did it. */
static bool
drop(CgRequest *request, const char *left_in, GError **error)
{
    const CgGroup *group = ((CgCreate *)request->own)->group;
    g_autofree char *what =
        group == NULL
            ? g_strdup("was deleted")
            : g_strdup_printf("was set to \"%s\"", group->status != NULL ? group->status : "");
    g_autofree char *hint =
        g_strdup_printf("see to its volumes: they may still be in \"%s\"", left_in);
    GError *dropped = NULL;
    cg_engine_error_set(
        &dropped, CG_ENGINE_ERROR_OTHER_HANDS, group != NULL ? hint : NULL,
        "group %s %s by other hands; its volumes and what is on the array were left as"
        " they are",
        request->group_id, what);
    cg_request_end(request, CG_REQUEST_DROPPED, dropped);
    return cg_record_remove(request->engine->db, request->record, error);
}

/* A worker that died while it undid what had failed left the reason for the next one. */
static bool
resume_undoing(CgRequest *request, GError **error)
{
    const char *reason = request->record->reason;
    if (cg_create_check_members(request, "error", error))
        cg_engine_error_set(error, CG_ENGINE_ERROR_STATE, NULL, "%s",
                            reason != NULL ? reason : "it had failed");
    return false;
}

bool
cg_create_load(CgRequest *request, GError **error)
{
    const CgCreate *create = request->own;
    bool undoing = request->record->state == CG_RECORD_UNDOING;
    const char *status = undoing ? "error" : "creating";
    if (!cg_create_find_rows(request, error))
        return false;
    if (!cg_group_is_in(create->group, status))
        return drop(request, status, error);
    if (undoing)
        return resume_undoing(request, error);
    return cg_create_check_members(request, status, error) && find_source(request, error);
}

/* ---- the driver ---- */

static CgDriverContext
driver_context(const CgRequest *request)
{
    const CgCreate *create = request->own;
    return (CgDriverContext){ create->group->user_id, create->group->project_id, request->group_id,
                              request->record->attempt };
}

/* All rows are in `status`; asked anew, as late as can be. */
static bool
tear_down(CgRequest *request, const char *status, GError **error)
{
    if (!cg_create_check_removal(request, status, error))
        return false;
    const CgEngine *engine = request->engine;
    const CgCreate *create = request->own;
    CgDriverContext context = driver_context(request);
    if (!cg_driver_remove(engine->driver, engine->array, &context, create->group, create->volumes,
                          error))
        return false;
    CG_FAULT("engine.create.torn-down");
    return true;
}

/* What an earlier worker may have begun on the array is begun anew: what its driver would have
 * returned is lost. */
bool
cg_create_clear(CgRequest *request, GError **error)
{
    return request->record->attempt == 1 || tear_down(request, "creating", error);
}

/* A driver may return `error` instead of failing: what it made stays. */
static void
look_for_flaw(CgRequest *request)
{
    const char *driver = request->engine->driver->name;
    const CgDriverUpdate *update = &((const CgCreate *)request->own)->update;
    const CgVolumeUpdate *entry = cg_driver_update_find_error(update);
    if (entry != NULL)
        g_set_error(&request->flaw, CG_DRIVER_ERROR, CG_DRIVER_ERROR_FAILED,
                    "the driver \"%s\" returned \"error\" for volume %s", driver, entry->id);
    else if (g_strcmp0(update->status, "error") == 0)
        g_set_error(&request->flaw, CG_DRIVER_ERROR, CG_DRIVER_ERROR_FAILED,
                    "the driver \"%s\" returned \"error\" for the group", driver);
}

bool
cg_create_drive(CgRequest *request, GError **error)
{
    const CgEngine *engine = request->engine;
    CgCreate *create = request->own;
    const CgOrigin *origin = create->origin;
    bool from_group = origin->cgsnapshot == NULL;
    const CgDriverClone clone = {
        .group = create->group,
        .volumes = create->volumes,
        .cgsnapshot = origin->cgsnapshot,
        .snapshots = origin->snapshots,
        .src_group = from_group ? origin->group : NULL,
        .src_volumes = from_group ? origin->volumes : NULL,
    };
    CgDriverContext context = driver_context(request);
    if (!cg_driver_clone(engine->driver, engine->array, &context, &clone, &create->update, error))
        return false;
    look_for_flaw(request);
    return true;
}

/* ---- the end ---- */

bool
cg_create_finish(CgRequest *request, GError **error)
{
    CgDb *db = request->engine->db;
    if (!cg_create_find_rows(request, error) ||
        !cg_create_check_members(request, "creating", error) ||
        !cg_create_set_available(request, error))
        return false;
    if (request->flaw == NULL)
        return cg_record_remove(db, request->record, error);
    return cg_record_fail(db, request->record, CG_RECORD_FAILED, request->flaw->message,
                          request->now, error);
}

/* ---- when the work failed ---- */

/* The rows first, so that nobody can take into use what is removed. */
bool
cg_create_fail(CgRequest *request, GError **error)
{
    if (request->record->state == CG_RECORD_UNDOING)
        return true;
    return cg_create_find_rows(request, error) &&
           cg_create_check_members(request, "creating", error) &&
           cg_create_set_error(request, error) &&
           cg_record_fail(request->engine->db, request->record, CG_RECORD_UNDOING,
                          request->cause->message, request->now, error);
}

bool
cg_create_undo(CgRequest *request, GError **error)
{
    return tear_down(request, "error", error);
}

bool
cg_create_settle(CgRequest *request, GError **error)
{
    return cg_record_settle(request->engine->db, request->record, error);
}
