/* Rows of a database into the arrays of a model; see loader.h. */
#include "lineage/loader.h"

#include "base/term.h"

enum { ASK_EVERY = 4096 };

/* By these look-alikes are told. */
#define GHOST_DESCRIPTION "migration src for"
#define GHOST_STATUS "target:"
#define CACHE_NAME "image-"
#define BACKUP_NAME "backup-vol-"

/* ---- cells ---- */

static CgValue
cell(const CgLoader *loader, const CgValue *row, CgField field)
{
    return loader->slot[field] < 0 ? cg_null() : row[loader->slot[field]];
}

static CgId
id_cell(const CgLoader *loader, const CgValue *row, CgField field)
{
    CgValue value = cell(loader, row, field);
    return value.type == CG_NULL ? CG_ID_NULL
                                 : cg_id_make(loader->model->strings, value.s.p, value.s.n);
}

/* '' is NULL, but a rule wants to know. */
static CgRowFlags
empty_flag(const CgLoader *loader, const CgValue *row, CgField field, CgRowFlags flag)
{
    CgValue value = cell(loader, row, field);
    return value.type == CG_BYTES && value.s.n == 0 ? flag : 0;
}

static bool
has_prefix(CgValue value, const char *prefix)
{
    size_t len = strlen(prefix);
    return value.type == CG_BYTES && value.s.n >= len && memcmp(value.s.p, prefix, len) == 0;
}

/* The prefix and a UUID, and nothing more. */
static bool
is_named_after(CgValue value, const char *prefix)
{
    size_t len = strlen(prefix);
    return has_prefix(value, prefix) && cg_id_is_uuid(value.s.p + len, value.s.n - len);
}

static void
set_time(const CgLoader *loader, const CgValue *row, CgField field, int64_t *times, uint32_t n)
{
    CgValue value = cell(loader, row, field);
    if (times != NULL && value.type == CG_TIME)
        times[n] = value.i;
}

static void
set_number(const CgLoader *loader, const CgValue *row, CgField field, int64_t *numbers, uint32_t n)
{
    CgValue value = cell(loader, row, field);
    if (numbers != NULL && value.type == CG_INT)
        numbers[n] = value.i;
}

static void
set_word(const CgLoader *loader, const CgValue *row, CgField field, uint32_t *words, uint32_t n)
{
    CgValue value = cell(loader, row, field);
    if (words != NULL && value.type == CG_BYTES)
        words[n] = cg_strings_add(loader->model->strings, value.s.p, value.s.n);
}

static CgRowFlags
deleted_flags(const CgLoader *loader, const CgValue *row, CgField field)
{
    CgValue value = cell(loader, row, field);
    if (value.type == CG_NULL)
        return CG_ROW_DELETED_NULL;
    return value.b ? CG_ROW_DELETED : 0;
}

/* A reference whose target may be known already. */
static void
set_ref(CgRefs *refs, uint32_t row, CgId id, const CgRowsOf *targets)
{
    CgRef found = cg_row_find(targets, id);
    if (found != CG_REF_NONE)
        refs->at[row] = found;
    else
        cg_refs_set(refs, row, id);
}

/* ---- rows ---- */

/* Counts the row and reads its id. False: leave it out, or, with *error set, stop. */
static bool
begin_row(CgLoader *loader, const CgValue *row, CgField field, CgId *out_id, GError **error)
{
    if (++loader->rows % ASK_EVERY == 0) {
        if (loader->progress != NULL)
            cg_progress_update(loader->progress, loader->rows);
        if (cg_interrupted()) {
            cg_error_set(error, CG_EXIT_INTERRUPTED, NULL, "interrupted while reading");
            return false;
        }
    }
    *out_id = id_cell(loader, row, field);
    loader->model->without_id += cg_id_is_null(*out_id);
    return !cg_id_is_null(*out_id);
}

static bool
is_moved_kind(const CgLoader *loader, CgId kind)
{
    for (guint i = 0; i < loader->kinds->len; i++)
        if (cg_id_equal(g_array_index(loader->kinds, CgId, i), kind))
            return true;
    return false;
}

static void
set_group_attributes(const CgLoader *loader, const CgValue *row, uint32_t n)
{
    CgRowsOf *rows = &loader->model->groups.rows;
    rows->flags[n] |= deleted_flags(loader, row, CG_GROUP_DELETED);
    set_time(loader, row, CG_GROUP_CREATED_AT, rows->created_at, n);
    set_time(loader, row, CG_GROUP_UPDATED_AT, rows->updated_at, n);
    set_time(loader, row, CG_GROUP_DELETED_AT, rows->deleted_at, n);
    set_word(loader, row, CG_GROUP_PROJECT, rows->project, n);
    set_word(loader, row, CG_GROUP_STATUS, rows->status, n);
    set_word(loader, row, CG_GROUP_HOST, rows->host, n);
    set_word(loader, row, CG_GROUP_AZ, rows->az, n);
    set_word(loader, row, CG_GROUP_TYPES, rows->type, n);
    set_word(loader, row, CG_GROUP_NAME, loader->model->groups.name, n);
}

bool
cg_load_group(const CgValue *row, void *data, GError **error)
{
    CgLoader *loader = data;
    CgGroups *groups = &loader->model->groups;
    CgId id;
    if (!begin_row(loader, row, CG_GROUP_ID, &id, error))
        return *error == NULL;
    uint32_t n = cg_model_add_group(loader->model, id);
    set_group_attributes(loader, row, n);
    groups->rows.flags[n] |= empty_flag(loader, row, CG_GROUP_SOURCE, CG_ROW_EMPTY_SOURCE) |
                             empty_flag(loader, row, CG_GROUP_CGSNAPSHOT, CG_ROW_EMPTY_SNAPSHOT);
    if (is_moved_kind(loader, id_cell(loader, row, CG_GROUP_KIND)))
        groups->rows.flags[n] |= CG_ROW_TIME_LOST;
    cg_refs_set(&groups->source, n, id_cell(loader, row, CG_GROUP_SOURCE));
    cg_refs_set(&groups->recorded, n, id_cell(loader, row, CG_GROUP_RECORDED));
    cg_refs_set(&groups->cgsnapshot, n, id_cell(loader, row, CG_GROUP_CGSNAPSHOT));
    return true;
}

static void
set_cgsnapshot_attributes(const CgLoader *loader, const CgValue *row, uint32_t n)
{
    CgCgsnapshots *cgsnapshots = &loader->model->cgsnapshots;
    CgRowsOf *rows = &cgsnapshots->rows;
    rows->flags[n] |= deleted_flags(loader, row, CG_CGSNAPSHOT_DELETED);
    set_time(loader, row, CG_CGSNAPSHOT_CREATED_AT, rows->created_at, n);
    set_time(loader, row, CG_CGSNAPSHOT_UPDATED_AT, rows->updated_at, n);
    set_time(loader, row, CG_CGSNAPSHOT_DELETED_AT, rows->deleted_at, n);
    set_word(loader, row, CG_CGSNAPSHOT_PROJECT, rows->project, n);
    set_word(loader, row, CG_CGSNAPSHOT_STATUS, rows->status, n);
    set_ref(&cgsnapshots->group, n, id_cell(loader, row, CG_CGSNAPSHOT_GROUP),
            &loader->model->groups.rows);
}

bool
cg_load_cgsnapshot(const CgValue *row, void *data, GError **error)
{
    CgLoader *loader = data;
    CgId id;
    if (!begin_row(loader, row, CG_CGSNAPSHOT_ID, &id, error))
        return *error == NULL;
    set_cgsnapshot_attributes(loader, row, cg_model_add_cgsnapshot(loader->model, id));
    return true;
}

/* A twin gives the true time of a row that was moved; what died before the move stands here only.
 */
bool
cg_load_earlier_group(const CgValue *row, void *data, GError **error)
{
    CgLoader *loader = data;
    CgRowsOf *rows = &loader->model->groups.rows;
    CgId id;
    if (!begin_row(loader, row, CG_GROUP_ID, &id, error))
        return *error == NULL;
    CgRef twin = cg_row_find(rows, id);
    if (twin != CG_REF_NONE) {
        rows->created_at[twin] = CG_TIME_NONE;
        set_time(loader, row, CG_GROUP_CREATED_AT, rows->created_at, twin);
        rows->flags[twin] = (rows->flags[twin] & ~CG_ROW_TIME_LOST) | CG_ROW_TWIN_TIME;
    } else if ((deleted_flags(loader, row, CG_GROUP_DELETED) & CG_ROW_DELETED) != 0) {
        uint32_t n = cg_model_add_group(loader->model, id);
        set_group_attributes(loader, row, n);
        rows->flags[n] |= CG_ROW_EARLIER;
    }
    return true;
}

bool
cg_load_earlier_cgsnapshot(const CgValue *row, void *data, GError **error)
{
    CgLoader *loader = data;
    CgRowsOf *rows = &loader->model->cgsnapshots.rows;
    CgId id;
    if (!begin_row(loader, row, CG_CGSNAPSHOT_ID, &id, error))
        return *error == NULL;
    CgRef twin = cg_row_find(rows, id);
    if (twin != CG_REF_NONE) {
        if (rows->created_at != NULL)
            rows->created_at[twin] = CG_TIME_NONE;
        set_time(loader, row, CG_CGSNAPSHOT_CREATED_AT, rows->created_at, twin);
        rows->flags[twin] |= CG_ROW_TWIN_TIME;
    } else if ((deleted_flags(loader, row, CG_CGSNAPSHOT_DELETED) & CG_ROW_DELETED) != 0) {
        uint32_t n = cg_model_add_cgsnapshot(loader->model, id);
        set_cgsnapshot_attributes(loader, row, n);
        rows->flags[n] |= CG_ROW_EARLIER;
    }
    return true;
}

/* Cached and temporary copies go by their names; those that are listed are marked afterwards. */
static CgRowFlags
look_alike_flags(const CgLoader *loader, const CgValue *row)
{
    CgValue name = cell(loader, row, CG_VOLUME_NAME);
    CgRowFlags flags = 0;
    if (has_prefix(cell(loader, row, CG_VOLUME_MIGRATION), GHOST_STATUS) ||
        has_prefix(cell(loader, row, CG_VOLUME_DESCRIPTION), GHOST_DESCRIPTION))
        flags |= CG_ROW_GHOST;
    if (is_named_after(name, BACKUP_NAME))
        flags |= CG_ROW_BACKUP;
    CgValue source = cell(loader, row, CG_VOLUME_SOURCE);
    if (source.type == CG_BYTES && source.s.n > 0 && is_named_after(name, CACHE_NAME))
        flags |= CG_ROW_CACHE;
    return flags;
}

static CgRowFlags
volume_flags(const CgLoader *loader, const CgValue *row)
{
    CgValue snapshot = cell(loader, row, CG_VOLUME_SNAPSHOT);
    CgRowFlags flags = snapshot.type == CG_BYTES && snapshot.s.n > 0 ? CG_ROW_HAS_SNAPSHOT : 0;
    return flags | deleted_flags(loader, row, CG_VOLUME_DELETED) | look_alike_flags(loader, row) |
           empty_flag(loader, row, CG_VOLUME_GROUP, CG_ROW_EMPTY_GROUP) |
           empty_flag(loader, row, CG_VOLUME_SOURCE, CG_ROW_EMPTY_SOURCE) |
           empty_flag(loader, row, CG_VOLUME_SNAPSHOT, CG_ROW_EMPTY_SNAPSHOT);
}

static void
set_volume_group(const CgLoader *loader, const CgValue *row, uint32_t n)
{
    CgVolumes *volumes = &loader->model->volumes;
    CgId group = id_cell(loader, row, CG_VOLUME_GROUP);
    CgId other = id_cell(loader, row, CG_VOLUME_OTHER_GROUP);
    if (!cg_id_is_null(group) && !cg_id_is_null(other))
        volumes->rows.flags[n] |= CG_ROW_OTHER_GROUP;
    bool keeps_other = cg_naming_before(loader->model->naming) != NULL &&
                       !cg_row_is_live(&volumes->rows, n) && cg_id_is_null(group);
    set_ref(&volumes->group, n, keeps_other ? other : group, &loader->model->groups.rows);
}

bool
cg_load_volume(const CgValue *row, void *data, GError **error)
{
    CgLoader *loader = data;
    CgVolumes *volumes = &loader->model->volumes;
    CgRowsOf *rows = &volumes->rows;
    CgId id;
    if (!begin_row(loader, row, CG_VOLUME_ID, &id, error))
        return *error == NULL;
    uint32_t n = cg_model_add_volume(loader->model, id);
    rows->flags[n] = volume_flags(loader, row);
    set_volume_group(loader, row, n);
    cg_refs_set(&volumes->source, n, id_cell(loader, row, CG_VOLUME_SOURCE));
    if (volumes->snapshot.at != NULL)
        cg_refs_set(&volumes->snapshot, n, id_cell(loader, row, CG_VOLUME_SNAPSHOT));
    set_time(loader, row, CG_VOLUME_CREATED_AT, rows->created_at, n);
    set_time(loader, row, CG_VOLUME_UPDATED_AT, rows->updated_at, n);
    set_time(loader, row, CG_VOLUME_DELETED_AT, rows->deleted_at, n);
    set_word(loader, row, CG_VOLUME_PROJECT, rows->project, n);
    set_word(loader, row, CG_VOLUME_STATUS, rows->status, n);
    set_word(loader, row, CG_VOLUME_HOST, rows->host, n);
    set_word(loader, row, CG_VOLUME_TYPE, rows->type, n);
    set_number(loader, row, CG_VOLUME_SIZE, volumes->gib, n);
    return true;
}

bool
cg_load_snapshot(const CgValue *row, void *data, GError **error)
{
    CgLoader *loader = data;
    CgSnapshots *snapshots = &loader->model->snapshots;
    CgRowsOf *rows = &snapshots->rows;
    CgId id;
    if (!begin_row(loader, row, CG_SNAPSHOT_ID, &id, error))
        return *error == NULL;
    uint32_t n = cg_model_add_snapshot(loader->model, id);
    rows->flags[n] = deleted_flags(loader, row, CG_SNAPSHOT_DELETED);
    CgId cgsnapshot = id_cell(loader, row, CG_SNAPSHOT_CGSNAPSHOT);
    if (cg_id_is_null(cgsnapshot) && !cg_row_is_live(rows, n))
        cgsnapshot = id_cell(loader, row, CG_SNAPSHOT_OTHER_CGSNAPSHOT);
    set_ref(&snapshots->cgsnapshot, n, cgsnapshot, &loader->model->cgsnapshots.rows);
    set_ref(&snapshots->volume, n, id_cell(loader, row, CG_SNAPSHOT_VOLUME),
            &loader->model->volumes.rows);
    set_time(loader, row, CG_SNAPSHOT_CREATED_AT, rows->created_at, n);
    set_time(loader, row, CG_SNAPSHOT_DELETED_AT, rows->deleted_at, n);
    set_word(loader, row, CG_SNAPSHOT_STATUS, rows->status, n);
    set_number(loader, row, CG_SNAPSHOT_SIZE, snapshots->gib, n);
    return true;
}

bool
cg_load_listed(const CgValue *row, void *data, GError **error)
{
    CgLoader *loader = data;
    (void)error;
    if (row[0].type == CG_BYTES) {
        CgId id = cg_id_make(loader->model->strings, row[0].s.p, row[0].s.n);
        g_array_append_val(loader->listed, id);
    }
    return true;
}
