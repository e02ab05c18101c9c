/* Whether a source may be cloned; see origin.h. */
#include "engine/origin.h"

static bool
check_status(const char *noun, const char *id, const char *status, const char *const *allowed,
             GError **error)
{
    if (status != NULL && g_strv_contains(allowed, status))
        return true;
    g_autofree char *list = g_strjoinv(" or ", (char **)allowed);
    cg_engine_error_set(error, CG_ENGINE_ERROR_STATE, NULL,
                        "%s %s is in status \"%s\", it must be %s", noun, id,
                        status != NULL ? status : "", list);
    return false;
}

/* A group in `error` may be cloned where its members may: most often a change of its membership
 * failed. A volume that is attached may, too: the clone is what a power cut would leave. */
static const char *const group_statuses[] = { "available", "error", NULL };
static const char *const volume_statuses[] = { "available", "in-use", NULL };
static const char *const available[] = { "available", NULL };

static bool
check_snapshots(const CgOrigin *origin, GError **error)
{
    if (!check_status("cgsnapshot", origin->cgsnapshot->id, origin->cgsnapshot->status, available,
                      error))
        return false;
    for (guint i = 0; i < origin->snapshots->len; i++) {
        const CgSnapshot *snapshot = g_ptr_array_index(origin->snapshots, i);
        if (!check_status("snapshot", snapshot->id, snapshot->status, available, error))
            return false;
    }
    return true;
}

bool
cg_origin_check_members(const CgOrigin *origin, GError **error)
{
    if (origin->snapshots != NULL)
        return check_snapshots(origin, error);
    for (guint i = 0; i < origin->volumes->len; i++) {
        const CgVolume *volume = g_ptr_array_index(origin->volumes, i);
        if (!check_status("volume", volume->id, volume->status, volume_statuses, error))
            return false;
    }
    return true;
}

/* Not asked of the group of a cgsnapshot, which is of what that group was. */
static bool
check_group_status(const CgOrigin *origin, GError **error)
{
    return origin->cgsnapshot != NULL || check_status("consistency group", origin->group->id,
                                                      origin->group->status, group_statuses, error);
}

static bool
check_shape(const CgOrigin *origin, GError **error)
{
    bool from_snapshot = origin->cgsnapshot != NULL;
    const char *noun = from_snapshot ? "cgsnapshot" : "consistency group";
    const char *id = from_snapshot ? origin->cgsnapshot->id : origin->group->id;
    if (origin->group->host == NULL || *origin->group->host == '\0') {
        cg_engine_error_set(error, CG_ENGINE_ERROR_STATE, NULL, "consistency group %s has no host",
                            origin->group->id);
        return false;
    }
    if (origin->volumes->len > 0)
        return true;
    cg_engine_error_set(error, CG_ENGINE_ERROR_STATE, NULL,
                        "%s %s is empty: nothing to make a group from", noun, id);
    return false;
}

static bool
check_zone(const CgOrigin *origin, const CgVolume *volume, GError **error)
{
    const char *zone = origin->group->availability_zone;
    if (zone == NULL || g_strcmp0(zone, volume->availability_zone) == 0)
        return true;
    cg_engine_error_set(error, CG_ENGINE_ERROR_STATE, NULL,
                        "volume %s is in availability zone \"%s\", its group in \"%s\"", volume->id,
                        volume->availability_zone != NULL ? volume->availability_zone : "", zone);
    return false;
}

static bool
is_encrypted(const CgOrigin *origin, guint i)
{
    if (origin->snapshots != NULL &&
        ((const CgSnapshot *)g_ptr_array_index(origin->snapshots, i))->encryption_key_id != NULL)
        return true;
    return ((const CgVolume *)g_ptr_array_index(origin->volumes, i))->encryption_key_id != NULL;
}

static bool
check_member(const CgOrigin *origin, guint i, CgDb *db, GError **error)
{
    const CgVolume *volume = g_ptr_array_index(origin->volumes, i);
    int64_t size = cg_origin_size(origin, i);
    const char *type = cg_origin_type(origin, i);
    if (!check_zone(origin, volume, error))
        return false;
    if (size <= 0 || size > G_MAXINT32) {
        cg_engine_error_set(error, CG_ENGINE_ERROR_STATE, NULL,
                            "volume %s has the size %" G_GINT64_FORMAT, volume->id, size);
        return false;
    }
    if (is_encrypted(origin, i)) {
        cg_engine_error_set(error, CG_ENGINE_ERROR_STATE, NULL,
                            "volume %s is encrypted: there is no key manager here to copy its key",
                            volume->id);
        return false;
    }
    const CgValue param = cg_text(type);
    CgValue value;
    bool found = type == NULL;
    if (!found &&
        !cg_db_query_value(db, "SELECT id FROM volume_types WHERE id = $1 AND deleted = FALSE",
                           &param, 1, &value, &found, error))
        return false;
    if (!found)
        cg_engine_error_set(error, CG_ENGINE_ERROR_STATE, NULL,
                            "volume %s is of volume type %s, which is gone", volume->id, type);
    return found;
}

/* Whether a question about the services is answered by a row. */
static bool
ask_services(CgDb *db, const char *sql, const char *param, bool *out_yes, GError **error)
{
    const CgValue value = cg_text(param);
    CgValue one;
    return cg_db_query_value(db, sql, &value, 1, &one, out_yes, error);
}

#define LIVE_SERVICE                                                                               \
    "SELECT 1 FROM services WHERE deleted = FALSE AND topic = 'cinder-volume'"                     \
    " AND (disabled IS NULL OR disabled = FALSE)"

/* A zone that no volume service is in; a cloud that lists no services is not asked. */
static bool
check_zone_exists(const char *zone, CgDb *db, GError **error)
{
    bool unknown = false;
    if (zone == NULL)
        return true;
    if (!ask_services(db,
                      "SELECT 1 WHERE EXISTS (" LIVE_SERVICE ") AND NOT EXISTS (" LIVE_SERVICE
                      " AND availability_zone = $1)",
                      zone, &unknown, error))
        return false;
    if (unknown)
        cg_engine_error_set(error, CG_ENGINE_ERROR_STATE, NULL,
                            "no volume service is in availability zone \"%s\"", zone);
    return !unknown;
}

static bool
check_zones(const CgOrigin *origin, CgDb *db, GError **error)
{
    for (guint i = 0; i < origin->volumes->len; i++) {
        const char *zone = cg_origin_zone(origin, i);
        bool asked = i > 0 && g_strcmp0(zone, cg_origin_zone(origin, i - 1)) == 0;
        if (!asked && !check_zone_exists(zone, db, error))
            return false;
    }
    return true;
}

/* A backend is a group's host without the pool behind "#". */
static bool
check_not_frozen(const CgOrigin *origin, const CgEngine *engine, GError **error)
{
    bool frozen = false;
    if (!engine->has_frozen)
        return true;
    g_auto(GStrv) parts = g_strsplit(origin->group->host, "#", 2);
    if (!ask_services(engine->db,
                      "SELECT 1 FROM services WHERE deleted = FALSE AND topic = 'cinder-volume'"
                      " AND frozen = TRUE AND host = $1",
                      parts[0], &frozen, error))
        return false;
    if (frozen)
        cg_engine_error_set(error, CG_ENGINE_ERROR_STATE, "cinder thaw-host",
                            "the backend \"%s\" is frozen", parts[0]);
    return !frozen;
}

bool
cg_origin_check(const CgOrigin *origin, const CgEngine *engine, GError **error)
{
    CgDb *db = engine->db;
    if (!check_shape(origin, error) || !check_group_status(origin, error) ||
        !cg_origin_check_members(origin, error) || !check_zones(origin, db, error) ||
        !check_not_frozen(origin, engine, error))
        return false;
    for (guint i = 0; i < origin->volumes->len; i++)
        if (!check_member(origin, i, db, error))
            return false;
    return true;
}
