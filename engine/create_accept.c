/* The answer to the caller: nothing at all, or rows in `creating` with their quota taken. */
#include "base/fault.h"
#include "engine/create.h"

static bool
add_member_quota(CgCreate *create, CgDb *db, guint i, GError **error)
{
    const char *type = cg_origin_type(create->origin, i);
    int64_t size = cg_origin_size(create->origin, i);
    cg_quota_add(create->quota, CG_QUOTA_VOLUMES, NULL, NULL, 1);
    cg_quota_add(create->quota, CG_QUOTA_GIGABYTES, NULL, NULL, size);
    if (type == NULL)
        return true;
    const CgValue param = cg_text(type);
    g_autoptr(CgRows) rows =
        cg_db_query(db, "SELECT name FROM volume_types WHERE id = $1", &param, 1, error);
    if (rows == NULL || cg_rows_next(rows, error) < 0)
        return false;
    g_autofree char *name = cg_rows_text_dup(rows, 0);
    cg_quota_add(create->quota, CG_QUOTA_VOLUMES, type, name, 1);
    cg_quota_add(create->quota, CG_QUOTA_GIGABYTES, type, name, size);
    return true;
}

static bool
take_quota(CgRequest *request, const char *project_id, GError **error)
{
    CgCreate *create = request->own;
    CgDb *db = request->engine->db;
    bool may_make = request->first_lock != NULL;
    g_clear_pointer(&create->quota, cg_quota_free);
    create->quota = cg_quota_new(project_id);
    cg_quota_add(create->quota, CG_QUOTA_GROUPS, NULL, NULL, 1);
    for (guint i = 0; i < create->origin->volumes->len; i++)
        if (!cg_quota_check_volume(db, project_id, cg_origin_size(create->origin, i), error) ||
            !add_member_quota(create, db, i, error))
            return false;
    return cg_quota_take(create->quota, db, may_make, request->now, error);
}

static char **
new_ids(guint n)
{
    char **ids = g_new0(char *, n + 1);
    for (guint i = 0; i < n; i++)
        ids[i] = g_uuid_string_random();
    return ids;
}

static bool
begin_record(CgRequest *request, char **volumes, GError **error)
{
    const CgEngine *engine = request->engine;
    const CgRecord record = { .group_id = request->group_id,
                              .operation = (char *)request->operation->name,
                              .driver = (char *)engine->driver->name,
                              .array_name = (char *)engine->driver->array_name(engine->array),
                              .volumes = volumes };
    return cg_record_begin(engine->db, &record, request->first_lock != NULL, request->now, error);
}

static const char *
or_else(const char *text, const char *otherwise)
{
    return text != NULL ? text : otherwise;
}

bool
cg_create_accept(CgRequest *request, GError **error)
{
    const CgCreateFromSrc *options = request->options;
    CgCreate *create = request->own;
    CgDb *db = request->engine->db;
    g_clear_pointer(&create->origin, cg_origin_free);
    create->origin = cg_origin_find(db, options, error);
    if (create->origin == NULL || !cg_origin_check(create->origin, request->engine, error))
        return false;
    const CgGroup *source = create->origin->group;
    g_auto(GStrv) volumes = new_ids(create->origin->volumes->len);
    CgNewGroup new_group = {
        .id = request->group_id,
        .project_id = or_else(options->project_id, source->project_id),
        .user_id = or_else(options->user_id, source->user_id),
        .name = options->name,
        .description = options->description,
        .volumes = volumes,
    };
    if (new_group.project_id == NULL) {
        cg_engine_error_set(error, CG_ENGINE_ERROR_STATE, "give its row a project_id first",
                            "consistency group %s is of no project", source->id);
        return false;
    }
    if (!take_quota(request, new_group.project_id, error))
        return false;
    CG_FAULT("engine.create.reserved");
    if (!begin_record(request, volumes, error))
        return false;
    CG_FAULT("engine.create.begun");
    if (!cg_create_insert(request, &new_group, error))
        return false;
    CG_FAULT("engine.create.inserted");
    return true;
}
