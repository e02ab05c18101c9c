/* The rows that create-from-src writes: what a clone copies from its source, and what it does not.
 */
#include "engine/create.h"

/* ---- in `creating` ---- */

static bool
insert_group(CgRequest *request, const CgNewGroup *new_group, GError **error)
{
    const CgOrigin *origin = ((const CgCreate *)request->own)->origin;
    const CgGroup *source = origin->group;
    const CgCgsnapshot *cgsnapshot = origin->cgsnapshot;
    const CgValue values[] = {
        cg_time(request->now),
        cg_text(new_group->id),
        cg_text(new_group->user_id),
        cg_text(new_group->project_id),
        cg_text(source->host),
        cg_text(source->availability_zone),
        cg_text(new_group->name),
        cg_text(new_group->description),
        cg_text(source->volume_type_id),
        cg_text(cgsnapshot != NULL ? cgsnapshot->id : NULL),
        cg_text(cgsnapshot == NULL ? source->id : NULL),
    };
    bool upstream = request->engine->has_upstream;
    g_autofree char *sql = g_strdup_printf(
        "INSERT INTO consistencygroups (created_at, deleted, status, id, user_id, project_id, host,"
        " availability_zone, name, description, volume_type_id, cgsnapshot_id, source_cg_id%s)"
        " VALUES ($1, FALSE, 'creating', $2, $3, $4, $5, $6, $7, $8, $9, $10, $11%s)",
        upstream ? ", source_cgid" : "", upstream ? ", $11" : "");
    return cg_db_exec(request->engine->db, sql, values, G_N_ELEMENTS(values), NULL, error);
}

/* The name, the description and the metadata are not copied. The host is the source's, so that a
 * group over several pools keeps each. */
static bool
insert_volume(CgRequest *request, const CgNewGroup *new_group, guint i, GError **error)
{
    const CgOrigin *origin = ((const CgCreate *)request->own)->origin;
    const CgVolume *source = g_ptr_array_index(origin->volumes, i);
    const CgSnapshot *snapshot =
        origin->snapshots != NULL ? g_ptr_array_index(origin->snapshots, i) : NULL;
    const CgValue values[] = {
        cg_time(request->now),
        cg_text(new_group->volumes[i]),
        cg_text(new_group->user_id),
        cg_text(new_group->project_id),
        cg_text(source->host != NULL ? source->host : origin->group->host),
        cg_int(cg_origin_size(origin, i)),
        cg_text(cg_origin_zone(origin, i)),
        cg_text(snapshot != NULL ? snapshot->id : NULL),
        cg_text(cg_origin_type(origin, i)),
        cg_text(snapshot == NULL ? source->id : NULL),
        cg_text(new_group->id),
    };
    return cg_db_exec(
        request->engine->db,
        "INSERT INTO volumes (created_at, deleted, status, attach_status, bootable, multiattach,"
        " replication_status, id, user_id, project_id, host, size, availability_zone,"
        " snapshot_id, volume_type_id, source_volid, consistencygroup_id)"
        " VALUES ($1, FALSE, 'creating', 'detached', FALSE, FALSE, 'disabled',"
        " $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        values, G_N_ELEMENTS(values), NULL, error);
}

bool
cg_create_insert(CgRequest *request, const CgNewGroup *new_group, GError **error)
{
    if (!insert_group(request, new_group, error))
        return false;
    const CgCreate *create = request->own;
    for (guint i = 0; i < create->origin->volumes->len; i++)
        if (!insert_volume(request, new_group, i, error))
            return false;
    return true;
}

/* ---- at the end ---- */

/* Of volume $1 in group $2. */
#define STILL_OURS                                                                                 \
    " WHERE id = $1 AND consistencygroup_id = $2 AND status = 'creating' AND deleted = FALSE"      \
    " AND (attach_status IS NULL OR attach_status = 'detached')"

/* Compare and set: a row that somebody else took out of `creating` is theirs. */
static bool
set_row(CgRequest *request, const char *sql, const CgValue *values, size_t n, GError **error)
{
    int64_t rows = 0;
    if (!cg_db_exec(request->engine->db, sql, values, n, &rows, error))
        return false;
    if (rows != 1)
        cg_engine_error_set(error, CG_ENGINE_ERROR_OTHER_HANDS, "cg-engine recover",
                            "rows of it were taken out of \"creating\" by other hands");
    return rows == 1;
}

static bool
set_group(CgRequest *request, const char *status, GError **error)
{
    bool available = strcmp(status, "available") == 0;
    const CgValue values[] = { cg_text(request->group_id), cg_time(request->now), cg_text(status) };
    return set_row(request,
                   available ? "UPDATE consistencygroups SET status = $3, updated_at = $2,"
                               " created_at = $2 WHERE id = $1 AND status = 'creating'"
                               " AND deleted = FALSE"
                             : "UPDATE consistencygroups SET status = $3, updated_at = $2"
                               " WHERE id = $1 AND status = 'creating' AND deleted = FALSE",
                   values, G_N_ELEMENTS(values), error);
}

/* Without any the source is simply not made from an image, bootable or not. */
static bool
copy_image_metadata(CgRequest *request, const CgVolume *volume, GError **error)
{
    const CgValue values[] = { cg_text(volume->id), cg_time(request->now),
                               cg_text(volume->source_volid), cg_text(volume->snapshot_id) };
    return !request->engine->has_image_metadata ||
           cg_db_exec(request->engine->db,
                      "INSERT INTO volume_glance_metadata (created_at, deleted, volume_id, \"key\","
                      " value) SELECT $2, FALSE, $1, \"key\", value FROM volume_glance_metadata"
                      " WHERE deleted = FALSE AND (volume_id = $3 OR snapshot_id = $4)",
                      values, G_N_ELEMENTS(values), NULL, error);
}

/* What the driver said, $4 to $8; what it left out stays as it is. */
#define FROM_DRIVER                                                                                \
    " provider_location = coalesce($4, provider_location),"                                        \
    " provider_id = coalesce($5, provider_id), provider_auth = coalesce($6, provider_auth),"       \
    " host = coalesce($7, host), replication_status = coalesce($8, replication_status)" STILL_OURS

static bool
finish_volume(CgRequest *request, guint i, GError **error)
{
    const CgCreate *create = request->own;
    const CgVolume *volume = g_ptr_array_index(create->volumes, i);
    const CgVolume *source = g_ptr_array_index(create->origin->volumes, i);
    static const CgVolumeUpdate nothing = { 0 };
    const CgVolumeUpdate *update = cg_driver_update_find(&create->update, volume->id);
    if (update == NULL)
        update = &nothing;
    const CgValue values[] = {
        cg_text(volume->id),          cg_text(request->group_id),
        cg_time(request->now),        cg_text(update->provider_location),
        cg_text(update->provider_id), cg_text(update->provider_auth),
        cg_text(update->host),        cg_text(update->replication_status),
        cg_bool(source->bootable),    cg_bool(source->multiattach),
    };
    if (g_strcmp0(update->status, "error") == 0)
        return set_row(request, "UPDATE volumes SET status = 'error', updated_at = $3," FROM_DRIVER,
                       values, 8, error);
    return set_row(request,
                   "UPDATE volumes SET status = 'available', updated_at = $3, created_at = $3,"
                   " launched_at = $3, bootable = $9, multiattach = $10," FROM_DRIVER,
                   values, G_N_ELEMENTS(values), error) &&
           copy_image_metadata(request, volume, error);
}

bool
cg_create_set_available(CgRequest *request, GError **error)
{
    const CgCreate *create = request->own;
    for (guint i = 0; i < create->volumes->len; i++)
        if (!finish_volume(request, i, error))
            return false;
    return set_group(request, request->flaw == NULL ? "available" : "error", error);
}

bool
cg_create_set_error(CgRequest *request, GError **error)
{
    const CgCreate *create = request->own;
    for (guint i = 0; i < create->volumes->len; i++) {
        const CgVolume *volume = g_ptr_array_index(create->volumes, i);
        const CgValue values[] = { cg_text(volume->id), cg_text(request->group_id),
                                   cg_time(request->now) };
        if (!set_row(request, "UPDATE volumes SET status = 'error', updated_at = $3" STILL_OURS,
                     values, G_N_ELEMENTS(values), error))
            return false;
    }
    return set_group(request, "error", error);
}
