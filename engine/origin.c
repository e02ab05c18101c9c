/* Finds the source of a clone; see origin.h. */
#include "engine/origin.h"

void
cg_origin_free(CgOrigin *origin)
{
    if (origin == NULL)
        return;
    cg_group_free(origin->group);
    cg_cgsnapshot_free(origin->cgsnapshot);
    g_clear_pointer(&origin->volumes, g_ptr_array_unref);
    g_clear_pointer(&origin->snapshots, g_ptr_array_unref);
    g_free(origin);
}

int64_t
cg_origin_size(const CgOrigin *origin, guint i)
{
    if (origin->snapshots != NULL)
        return ((const CgSnapshot *)g_ptr_array_index(origin->snapshots, i))->volume_size;
    return ((const CgVolume *)g_ptr_array_index(origin->volumes, i))->size;
}

const char *
cg_origin_type(const CgOrigin *origin, guint i)
{
    if (origin->snapshots != NULL)
        return ((const CgSnapshot *)g_ptr_array_index(origin->snapshots, i))->volume_type_id;
    return ((const CgVolume *)g_ptr_array_index(origin->volumes, i))->volume_type_id;
}

/* The group's, else that of the volume itself. */
const char *
cg_origin_zone(const CgOrigin *origin, guint i)
{
    const char *zone = origin->group->availability_zone;
    const CgVolume *volume = g_ptr_array_index(origin->volumes, i);
    return zone != NULL ? zone : volume->availability_zone;
}

/* ---- by id or name ---- */

typedef GPtrArray *(*LoadFunc)(CgDb *db, const char *where, const CgValue *params, size_t n,
                               GError **error);

/* Both kinds of source begin with their id, and have a project. */
typedef struct {
    const char *noun;
    const char *hint; /* how to find one; or NULL */
    LoadFunc load;
    const char *lock;
    size_t id, project_id, created_at; /* offsets */
} Kind;

static const Kind group_kind = {
    "consistency group",
    "cg-engine list",
    cg_group_load,
    "UPDATE consistencygroups SET status = status WHERE id = $1 AND deleted = FALSE",
    offsetof(CgGroup, id),
    offsetof(CgGroup, project_id),
    offsetof(CgGroup, created_at)
};
static const Kind cgsnapshot_kind = {
    "cgsnapshot",
    NULL,
    cg_cgsnapshot_load,
    "UPDATE cgsnapshots SET status = status WHERE id = $1 AND deleted = FALSE",
    offsetof(CgCgsnapshot, id),
    offsetof(CgCgsnapshot, project_id),
    offsetof(CgCgsnapshot, created_at)
};

static void
report_ambiguous(const Kind *kind, const char *word, const GPtrArray *found, GError **error)
{
    enum { SHOWN = 10 };
    g_autoptr(GString) list = g_string_new(NULL);
    for (guint i = 0; i < MIN(found->len, SHOWN); i++) {
        void *row = g_ptr_array_index(found, i);
        const char *project = G_STRUCT_MEMBER(char *, row, kind->project_id);
        const char *created = G_STRUCT_MEMBER(char *, row, kind->created_at);
        g_string_append_printf(list, "\n  %s  project %s, created %s",
                               G_STRUCT_MEMBER(char *, row, kind->id),
                               project != NULL ? project : "-", created != NULL ? created : "-");
    }
    if (found->len > SHOWN)
        g_string_append_printf(list, "\n  and %u more", found->len - SHOWN);
    cg_engine_error_set(error, CG_ENGINE_ERROR_AMBIGUOUS, "give the id",
                        "there are %u %ss named \"%s\":%s", found->len, kind->noun, word,
                        list->str);
}

static void
report_missing(const Kind *kind, const char *word, const char *scope, GError **error)
{
    cg_engine_error_set(error, CG_ENGINE_ERROR_NOT_FOUND, kind->hint, "there is no %s \"%s\"%s%s%s",
                        kind->noun, word, scope != NULL ? " in project \"" : "",
                        scope != NULL ? scope : "", scope != NULL ? "\"" : "");
}

static GPtrArray *
load_by(CgDb *db, const Kind *kind, const char *column, const char *word, const char *scope,
        GError **error)
{
    const CgValue params[] = { cg_text(word), cg_text(scope) };
    g_autofree char *where =
        g_strconcat(column, " = $1", scope != NULL ? " AND project_id = $2" : NULL, NULL);
    return kind->load(db, where, params, scope != NULL ? 2 : 1, error);
}

static void *
find_one(CgDb *db, const Kind *kind, const char *word, const char *scope, GError **error)
{
    g_autoptr(GPtrArray) found = load_by(db, kind, "id", word, scope, error);
    if (found != NULL && found->len == 0) {
        g_ptr_array_unref(found);
        found = load_by(db, kind, "name", word, scope, error);
    }
    if (found == NULL)
        return NULL;
    if (found->len == 1)
        return g_ptr_array_steal_index(found, 0);
    if (found->len > 1)
        report_ambiguous(kind, word, found, error);
    else
        report_missing(kind, word, scope, error);
    return NULL;
}

/* Locks the row, and reads it again as it is under the lock. `word` is what the user wrote. */
static void *
lock_one(CgDb *db, const Kind *kind, const char *id, const char *word, const char *scope,
         GError **error)
{
    const CgValue param = cg_text(id);
    if (!cg_db_exec(db, kind->lock, &param, 1, NULL, error))
        return NULL;
    g_autoptr(GPtrArray) locked = load_by(db, kind, "id", id, scope, error);
    if (locked != NULL && locked->len == 0)
        report_missing(kind, word, scope, error);
    return locked != NULL && locked->len > 0 ? g_ptr_array_steal_index(locked, 0) : NULL;
}

CgGroup *
cg_origin_find_group(CgDb *db, const char *word, const char *scope, GError **error)
{
    return find_one(db, &group_kind, word, scope, error);
}

/* ---- members ---- */

static bool
report_gone(const char *noun, const char *id, GError **error)
{
    if (id == NULL)
        cg_engine_error_set(error, CG_ENGINE_ERROR_STATE, NULL, "a volume names no %s", noun);
    else
        cg_engine_error_set(error, CG_ENGINE_ERROR_STATE, NULL, "%s %s is gone", noun, id);
    return false;
}

/* The live rows with these ids, one for one, in that order. */
static GPtrArray *
load_each(CgDb *db, LoadFunc load, const char *noun, const GPtrArray *of, size_t id_offset,
          GError **error)
{
    g_autoptr(GPtrArray) all = NULL;
    for (guint i = 0; i < of->len; i++) {
        const char *id = G_STRUCT_MEMBER(char *, g_ptr_array_index(of, i), id_offset);
        const CgValue param = cg_text(id);
        g_autoptr(GPtrArray) one = load(db, "id = $1", &param, 1, error);
        if (one == NULL || (one->len == 0 && !report_gone(noun, id, error)))
            return NULL;
        if (all == NULL)
            all = g_steal_pointer(&one);
        else
            g_ptr_array_add(all, g_ptr_array_steal_index(one, 0));
    }
    return all != NULL ? g_steal_pointer(&all) : g_ptr_array_new();
}

static bool
load_volumes_of_snapshots(CgOrigin *origin, CgDb *db, GError **error)
{
    origin->volumes = load_each(db, cg_volume_load, "the volume of a snapshot,", origin->snapshots,
                                offsetof(CgSnapshot, volume_id), error);
    return origin->volumes != NULL;
}

static bool
find_cgsnapshot(CgOrigin *origin, CgDb *db, const CgCreateFromSrc *options, GError **error)
{
    const char *scope = options->scope;
    g_autoptr(CgCgsnapshot) found =
        find_one(db, &cgsnapshot_kind, options->cgsnapshot, scope, error);
    if (found == NULL)
        return false;
    origin->cgsnapshot =
        lock_one(db, &cgsnapshot_kind, found->id, options->cgsnapshot, scope, error);
    if (origin->cgsnapshot == NULL)
        return false;
    const char *group_id = origin->cgsnapshot->consistencygroup_id;
    origin->group = lock_one(db, &group_kind, group_id, group_id, scope, error);
    const CgValue id = cg_text(origin->cgsnapshot->id);
    if (origin->group != NULL)
        origin->snapshots = cg_snapshot_load(db, "cgsnapshot_id = $1", &id, 1, error);
    return origin->snapshots != NULL && load_volumes_of_snapshots(origin, db, error);
}

CgOrigin *
cg_origin_find(CgDb *db, const CgCreateFromSrc *options, GError **error)
{
    g_autoptr(CgOrigin) origin = g_new0(CgOrigin, 1);
    if (options->cgsnapshot != NULL)
        return find_cgsnapshot(origin, db, options, error) ? g_steal_pointer(&origin) : NULL;
    g_autoptr(CgGroup) found =
        find_one(db, &group_kind, options->consistencygroup, options->scope, error);
    if (found != NULL)
        origin->group =
            lock_one(db, &group_kind, found->id, options->consistencygroup, options->scope, error);
    if (origin->group == NULL)
        return NULL;
    const CgValue id = cg_text(origin->group->id);
    origin->volumes = cg_volume_load(db, "consistencygroup_id = $1", &id, 1, error);
    return origin->volumes != NULL ? g_steal_pointer(&origin) : NULL;
}

static void *
load_by_id(CgDb *db, const Kind *kind, const char *id, GError **error)
{
    const CgValue param = cg_text(id);
    g_autoptr(GPtrArray) rows = kind->load(db, "id = $1", &param, 1, error);
    if (rows == NULL || (rows->len == 0 && !report_gone(kind->noun, id, error)))
        return NULL;
    return g_ptr_array_steal_index(rows, 0);
}

CgOrigin *
cg_origin_of(CgDb *db, const CgGroup *group, const GPtrArray *volumes, GError **error)
{
    g_autoptr(CgOrigin) origin = g_new0(CgOrigin, 1);
    if (group->cgsnapshot_id == NULL) {
        origin->group = load_by_id(db, &group_kind, group->source_cg_id, error);
        if (origin->group != NULL)
            origin->volumes = load_each(db, cg_volume_load, "source volume", volumes,
                                        offsetof(CgVolume, source_volid), error);
        return origin->volumes != NULL ? g_steal_pointer(&origin) : NULL;
    }
    origin->cgsnapshot = load_by_id(db, &cgsnapshot_kind, group->cgsnapshot_id, error);
    if (origin->cgsnapshot != NULL)
        origin->group = load_by_id(db, &group_kind, origin->cgsnapshot->consistencygroup_id, error);
    if (origin->group != NULL)
        origin->snapshots = load_each(db, cg_snapshot_load, "snapshot", volumes,
                                      offsetof(CgVolume, snapshot_id), error);
    if (origin->snapshots == NULL || !load_volumes_of_snapshots(origin, db, error))
        return NULL;
    return g_steal_pointer(&origin);
}
