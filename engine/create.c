/*
 * create-from-src: a consistency group from another one, or from a cgsnapshot.
 *
 * The one operation of the proposal, as a table of phases at the end of this file. What Cinder does
 * and where this differs on purpose is in docs/engine.md.
 */
#include "engine/request.h"

#include "base/fault.h"
#include "engine/create_rows.h"

enum { MAX_NAME = 255 };

/* ---- accept: nothing, or rows in `creating` with their quota taken ---- */

static bool
has_text(const char *text)
{
    return text != NULL && *text != '\0';
}

/* Of a name, as Cinder takes it. */
static char *
stripped(const char *text)
{
    return text != NULL ? g_strstrip(g_strdup(text)) : NULL;
}

static bool
check_length(const char *what, const char *text, GError **error)
{
    if (text == NULL)
        return true;
    if (!g_utf8_validate(text, -1, NULL)) {
        cg_error_set(error, CG_EXIT_USAGE, NULL, "the %s is not UTF-8", what);
        return false;
    }
    long n = g_utf8_strlen(text, -1);
    if (n <= MAX_NAME)
        return true;
    cg_error_set(error, CG_EXIT_USAGE, NULL, "the %s has %ld characters, at most %d are allowed",
                 what, n, MAX_NAME);
    return false;
}

/* An empty source is none, as in Cinder. */
bool
cg_engine_check_create(const CgCreateFromSrc *options, GError **error)
{
    int sources = has_text(options->consistencygroup) + has_text(options->cgsnapshot);
    if (sources != 1) {
        cg_error_set(error, CG_EXIT_USAGE, "give --consistencygroup or --cgsnapshot",
                     sources == 0 ? "no source is given" : "two sources are given");
        return false;
    }
    g_autofree char *name = stripped(options->name);
    return check_length("name", name, error) &&
           check_length("description", options->description, error);
}

static const char *
or_else(const char *text, const char *otherwise)
{
    return text != NULL ? text : otherwise;
}

static bool
add_member_quota(CgRequest *request, guint i, GError **error)
{
    CgDb *db = request->engine->db;
    const char *type = cg_origin_type(request->source, i);
    int64_t size = cg_origin_size(request->source, i);
    cg_quota_add(request->quota, CG_QUOTA_VOLUMES, NULL, NULL, 1);
    cg_quota_add(request->quota, CG_QUOTA_GIGABYTES, NULL, NULL, size);
    if (type == NULL)
        return true;
    const CgValue param = cg_text(type);
    g_autoptr(CgRows) rows =
        cg_db_query(db, "SELECT name FROM volume_types WHERE id = $1", &param, 1, error);
    if (rows == NULL || cg_rows_next(rows, error) < 0)
        return false;
    g_autofree char *name = cg_rows_text_dup(rows, 0);
    cg_quota_add(request->quota, CG_QUOTA_VOLUMES, type, name, 1);
    cg_quota_add(request->quota, CG_QUOTA_GIGABYTES, type, name, size);
    return true;
}

static bool
reserve(CgRequest *request, const char *project_id, GError **error)
{
    CgDb *db = request->engine->db;
    g_clear_pointer(&request->quota, cg_quota_free);
    request->quota = cg_quota_new(project_id);
    cg_quota_add(request->quota, CG_QUOTA_GROUPS, NULL, NULL, 1);
    for (guint i = 0; i < request->source->volumes->len; i++)
        if (!cg_quota_check_volume(db, project_id, cg_origin_size(request->source, i), error) ||
            !add_member_quota(request, i, error))
            return false;
    return cg_quota_reserve(request->quota, db, request->may_create_usage, request->now, error);
}

static bool
accept(CgRequest *request, GError **error)
{
    const CgCreateFromSrc *options = request->options;
    CgDb *db = request->engine->db;
    g_clear_pointer(&request->source, cg_origin_free);
    request->source = cg_origin_find(db, options, error);
    if (request->source == NULL || !cg_origin_check(request->source, db, error))
        return false;
    const CgGroup *origin = request->source->group;
    CgNewGroup new_group = {
        .id = request->group_id,
        .project_id = or_else(options->project_id, origin->project_id),
        .user_id = or_else(options->user_id, origin->user_id),
        .name = options->name,
        .description = options->description,
    };
    if (new_group.project_id == NULL) {
        cg_error_set(error, CG_EXIT_USAGE, "give --project", "the source is of no project");
        return false;
    }
    if (!reserve(request, new_group.project_id, error))
        return false;
    CG_FAULT("engine.create.reserved");
    if (!cg_create_insert(request, &new_group, error))
        return false;
    CG_FAULT("engine.create.inserted");
    return cg_quota_commit(request->quota, db, request->now, error);
}

/* ---- the worker ---- */

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
load(CgRequest *request, GError **error)
{
    if (!find_rows(request, error))
        return false;
    request->over = request->group == NULL || g_strcmp0(request->group->status, "creating") != 0;
    if (request->over)
        return true;
    if (request->volumes->len == 0) {
        cg_error_set(error, CG_EXIT_REFUSED, NULL, "it has no volumes");
        return false;
    }
    g_clear_pointer(&request->source, cg_origin_free);
    request->source = cg_origin_of(request->engine->db, request->group, request->volumes, error);
    return request->source != NULL && cg_origin_check_statuses(request->source, error);
}

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
 * is lost. Nobody uses volumes in `creating`. */
static bool
clear(CgRequest *request, GError **error)
{
    return !request->resumed || tear_down(request, error);
}

static bool
drive(CgRequest *request, GError **error)
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

/* ---- when the worker fails ---- */

static void
undo(CgRequest *request)
{
    g_autoptr(GError) failure = NULL;
    if (!tear_down(request, &failure))
        request->notes =
            g_strdup_printf("what was begun on the array stays there (%s)", failure->message);
}

/* A driver may return `error` instead of failing. */
static bool
judge(CgRequest *request, GError **error)
{
    if (!cg_create_has_error(request))
        return true;
    g_set_error(error, CG_DRIVER_ERROR, CG_DRIVER_ERROR_FAILED,
                "the driver \"%s\" returned that status", request->engine->driver->name);
    return false;
}

static const CgPhase phases[] = {
    { "accept", "engine.create.accepted", true, accept },
    { "load", "engine.create.loaded", true, load },
    { "clear", "engine.create.cleared", false, clear },
    { "drive", "engine.create.driven", false, drive },
    { "finish", "engine.create.finished", true, cg_create_finish },
    { NULL, NULL, false, NULL },
};

const CgOperation cg_operation_create_from_src = {
    .name = "create-from-src",
    .phases = phases,
    .first_worker_phase = 1,
    .judge = judge,
    .undo = undo,
    .fail = cg_create_fail,
    .fault_failed = "engine.create.failed",
};

bool
cg_engine_create_from_src(CgEngine *engine, const CgCreateFromSrc *options, char **out_id,
                          GError **error)
{
    if (!cg_engine_check_create(options, error))
        return false;
    CgCreateFromSrc cleaned = *options;
    g_autofree char *name = stripped(options->name);
    cleaned.name = name;
    if (!has_text(cleaned.cgsnapshot))
        cleaned.cgsnapshot = NULL;
    g_autoptr(CgRequest) request = cg_request_new(engine, &cg_operation_create_from_src, NULL);
    request->options = &cleaned;
    bool ok = cg_request_run(request, error);
    if (request->stands)
        *out_id = g_steal_pointer(&request->group_id);
    return ok;
}
