/* See model.h. Arrays grow by a quarter and are filled with NULLs as they grow. */
#include "lineage/model.h"

#include <stddef.h>

typedef enum { CELL_ID, CELL_FLAGS, CELL_TIME, CELL_NUMBER, CELL_WORD, CELL_REF } CellKind;

/* An array of a table: where its pointer stands, and the field that asks for it. */
typedef struct {
    size_t offset;
    CellKind kind;
    CgField field;
} ArrayOf;

static const size_t cell_sizes[] = {
    [CELL_ID] = sizeof(CgId),       [CELL_FLAGS] = sizeof(CgRowFlags),
    [CELL_TIME] = sizeof(int64_t),  [CELL_NUMBER] = sizeof(int64_t),
    [CELL_WORD] = sizeof(uint32_t), [CELL_REF] = sizeof(CgRef),
};

static const ArrayOf group_arrays[] = {
    { offsetof(CgGroups, rows.id), CELL_ID, CG_GROUP_ID },
    { offsetof(CgGroups, rows.flags), CELL_FLAGS, CG_GROUP_DELETED },
    { offsetof(CgGroups, rows.created_at), CELL_TIME, CG_GROUP_CREATED_AT },
    { offsetof(CgGroups, rows.updated_at), CELL_TIME, CG_GROUP_UPDATED_AT },
    { offsetof(CgGroups, rows.deleted_at), CELL_TIME, CG_GROUP_DELETED_AT },
    { offsetof(CgGroups, rows.project), CELL_WORD, CG_GROUP_PROJECT },
    { offsetof(CgGroups, rows.status), CELL_WORD, CG_GROUP_STATUS },
    { offsetof(CgGroups, rows.host), CELL_WORD, CG_GROUP_HOST },
    { offsetof(CgGroups, rows.az), CELL_WORD, CG_GROUP_AZ },
    { offsetof(CgGroups, rows.type), CELL_WORD, CG_GROUP_TYPES },
    { offsetof(CgGroups, name), CELL_WORD, CG_GROUP_NAME },
    { offsetof(CgGroups, source.at), CELL_REF, CG_GROUP_SOURCE },
    { offsetof(CgGroups, recorded.at), CELL_REF, CG_GROUP_RECORDED },
    { offsetof(CgGroups, cgsnapshot.at), CELL_REF, CG_GROUP_CGSNAPSHOT },
};

static const ArrayOf cgsnapshot_arrays[] = {
    { offsetof(CgCgsnapshots, rows.id), CELL_ID, CG_CGSNAPSHOT_ID },
    { offsetof(CgCgsnapshots, rows.flags), CELL_FLAGS, CG_CGSNAPSHOT_DELETED },
    { offsetof(CgCgsnapshots, rows.created_at), CELL_TIME, CG_CGSNAPSHOT_CREATED_AT },
    { offsetof(CgCgsnapshots, rows.updated_at), CELL_TIME, CG_CGSNAPSHOT_UPDATED_AT },
    { offsetof(CgCgsnapshots, rows.deleted_at), CELL_TIME, CG_CGSNAPSHOT_DELETED_AT },
    { offsetof(CgCgsnapshots, rows.project), CELL_WORD, CG_CGSNAPSHOT_PROJECT },
    { offsetof(CgCgsnapshots, rows.status), CELL_WORD, CG_CGSNAPSHOT_STATUS },
    { offsetof(CgCgsnapshots, group.at), CELL_REF, CG_CGSNAPSHOT_GROUP },
};

static const ArrayOf volume_arrays[] = {
    { offsetof(CgVolumes, rows.id), CELL_ID, CG_VOLUME_ID },
    { offsetof(CgVolumes, rows.flags), CELL_FLAGS, CG_VOLUME_DELETED },
    { offsetof(CgVolumes, rows.created_at), CELL_TIME, CG_VOLUME_CREATED_AT },
    { offsetof(CgVolumes, rows.updated_at), CELL_TIME, CG_VOLUME_UPDATED_AT },
    { offsetof(CgVolumes, rows.deleted_at), CELL_TIME, CG_VOLUME_DELETED_AT },
    { offsetof(CgVolumes, rows.project), CELL_WORD, CG_VOLUME_PROJECT },
    { offsetof(CgVolumes, rows.status), CELL_WORD, CG_VOLUME_STATUS },
    { offsetof(CgVolumes, rows.host), CELL_WORD, CG_VOLUME_HOST },
    { offsetof(CgVolumes, rows.type), CELL_WORD, CG_VOLUME_TYPE },
    { offsetof(CgVolumes, gib), CELL_NUMBER, CG_VOLUME_SIZE },
    { offsetof(CgVolumes, group.at), CELL_REF, CG_VOLUME_GROUP },
    { offsetof(CgVolumes, source.at), CELL_REF, CG_VOLUME_SOURCE },
    { offsetof(CgVolumes, snapshot.at), CELL_REF, CG_VOLUME_SNAPSHOT },
};

static const ArrayOf snapshot_arrays[] = {
    { offsetof(CgSnapshots, rows.id), CELL_ID, CG_SNAPSHOT_ID },
    { offsetof(CgSnapshots, rows.flags), CELL_FLAGS, CG_SNAPSHOT_DELETED },
    { offsetof(CgSnapshots, rows.created_at), CELL_TIME, CG_SNAPSHOT_CREATED_AT },
    { offsetof(CgSnapshots, rows.deleted_at), CELL_TIME, CG_SNAPSHOT_DELETED_AT },
    { offsetof(CgSnapshots, rows.status), CELL_WORD, CG_SNAPSHOT_STATUS },
    { offsetof(CgSnapshots, gib), CELL_NUMBER, CG_SNAPSHOT_SIZE },
    { offsetof(CgSnapshots, volume.at), CELL_REF, CG_SNAPSHOT_VOLUME },
    { offsetof(CgSnapshots, cgsnapshot.at), CELL_REF, CG_SNAPSHOT_CGSNAPSHOT },
};

/* What members, votes and verdicts cannot do without. */
#define ALWAYS                                                                                     \
    (CG_FIELD_BIT(CG_GROUP_ID) | CG_FIELD_BIT(CG_GROUP_DELETED) |                                  \
     CG_FIELD_BIT(CG_GROUP_CREATED_AT) | CG_FIELD_BIT(CG_GROUP_SOURCE) |                           \
     CG_FIELD_BIT(CG_GROUP_RECORDED) | CG_FIELD_BIT(CG_GROUP_CGSNAPSHOT) |                         \
     CG_FIELD_BIT(CG_CGSNAPSHOT_ID) | CG_FIELD_BIT(CG_CGSNAPSHOT_DELETED) |                        \
     CG_FIELD_BIT(CG_CGSNAPSHOT_GROUP) | CG_FIELD_BIT(CG_VOLUME_ID) |                              \
     CG_FIELD_BIT(CG_VOLUME_DELETED) | CG_FIELD_BIT(CG_VOLUME_CREATED_AT) |                        \
     CG_FIELD_BIT(CG_VOLUME_GROUP) | CG_FIELD_BIT(CG_VOLUME_SOURCE) |                              \
     CG_FIELD_BIT(CG_SNAPSHOT_ID) | CG_FIELD_BIT(CG_SNAPSHOT_DELETED) |                            \
     CG_FIELD_BIT(CG_SNAPSHOT_CREATED_AT) | CG_FIELD_BIT(CG_SNAPSHOT_VOLUME) |                     \
     CG_FIELD_BIT(CG_SNAPSHOT_CGSNAPSHOT))

static void
fill_null(void *array, CellKind kind, uint32_t from, uint32_t to)
{
    if (kind == CELL_TIME || kind == CELL_NUMBER) {
        for (int64_t *cells = array; from < to; from++)
            cells[from] = CG_TIME_NONE;
        return;
    }
    size_t size = cell_sizes[kind];
    memset((char *)array + from * size, kind == CELL_REF ? 0xff : 0, (to - from) * size);
}

static uint32_t
add_row(uint64_t loaded, void *table, CgRowsOf *rows, const ArrayOf *arrays, size_t n_arrays,
        CgId id)
{
    if (rows->n == rows->size) {
        g_assert(rows->n < CG_REF_MAX_ROWS / 2);
        uint32_t size = MAX(1024, rows->size + rows->size / 4);
        for (size_t i = 0; i < n_arrays; i++) {
            void **array = (void **)((char *)table + arrays[i].offset);
            if ((loaded & CG_FIELD_BIT(arrays[i].field)) == 0)
                continue;
            *array = g_realloc_n(*array, size, cell_sizes[arrays[i].kind]);
            fill_null(*array, arrays[i].kind, rows->size, size);
        }
        rows->size = size;
    }
    rows->id[rows->n] = id;
    return rows->n++;
}

uint32_t
cg_model_add_group(CgModel *model, CgId id)
{
    return add_row(model->loaded, &model->groups, &model->groups.rows, group_arrays,
                   G_N_ELEMENTS(group_arrays), id);
}

uint32_t
cg_model_add_cgsnapshot(CgModel *model, CgId id)
{
    return add_row(model->loaded, &model->cgsnapshots, &model->cgsnapshots.rows, cgsnapshot_arrays,
                   G_N_ELEMENTS(cgsnapshot_arrays), id);
}

uint32_t
cg_model_add_volume(CgModel *model, CgId id)
{
    return add_row(model->loaded, &model->volumes, &model->volumes.rows, volume_arrays,
                   G_N_ELEMENTS(volume_arrays), id);
}

uint32_t
cg_model_add_snapshot(CgModel *model, CgId id)
{
    return add_row(model->loaded, &model->snapshots, &model->snapshots.rows, snapshot_arrays,
                   G_N_ELEMENTS(snapshot_arrays), id);
}

CgModel *
cg_model_new(const CgNaming *naming)
{
    CgModel *model = g_new0(CgModel, 1);
    model->naming = naming != NULL ? naming : cg_naming_by_name("spec", NULL);
    model->strings = cg_strings_new();
    model->loaded = ALWAYS;
    for (size_t i = 0; i < CG_N_TABLES; i++)
        model->horizon[i] = CG_TIME_NONE;
    return model;
}

void
cg_model_want(CgModel *model, uint64_t wanted)
{
    model->loaded |= wanted;
}

static void
free_arrays(void *table, CgRowsOf *rows, const ArrayOf *arrays, size_t n_arrays)
{
    for (size_t i = 0; i < n_arrays; i++)
        g_free(*(void **)((char *)table + arrays[i].offset));
    cg_id_index_clear(&rows->index);
}

void
cg_model_free(CgModel *model)
{
    if (model == NULL)
        return;
    free_arrays(&model->groups, &model->groups.rows, group_arrays, G_N_ELEMENTS(group_arrays));
    free_arrays(&model->cgsnapshots, &model->cgsnapshots.rows, cgsnapshot_arrays,
                G_N_ELEMENTS(cgsnapshot_arrays));
    free_arrays(&model->volumes, &model->volumes.rows, volume_arrays, G_N_ELEMENTS(volume_arrays));
    free_arrays(&model->snapshots, &model->snapshots.rows, snapshot_arrays,
                G_N_ELEMENTS(snapshot_arrays));
    CgRefs *refs[] = { &model->groups.source,       &model->groups.recorded,
                       &model->groups.cgsnapshot,   &model->cgsnapshots.group,
                       &model->volumes.group,       &model->volumes.source,
                       &model->volumes.snapshot,    &model->snapshots.volume,
                       &model->snapshots.cgsnapshot };
    for (size_t i = 0; i < G_N_ELEMENTS(refs); i++)
        g_free(refs[i]->missing);
    cg_strings_free(model->strings);
    g_free(model->server);
    g_free(model->position);
    g_free(model->unreadable_example);
    g_free(model);
}

const char *
cg_row_word(const CgModel *model, const uint32_t *words, uint32_t row)
{
    return words == NULL ? "" : cg_strings_get(model->strings, words[row], NULL);
}

CgRef
cg_row_find(const CgRowsOf *rows, CgId id)
{
    return cg_id_is_null(id) ? CG_REF_NONE : cg_id_index_find(&rows->index, rows->id, id);
}

void
cg_refs_set(CgRefs *refs, uint32_t row, CgId id)
{
    if (cg_id_is_null(id)) {
        refs->at[row] = CG_REF_NONE;
        return;
    }
    if ((refs->n_missing & (refs->n_missing - 1)) == 0) /* 0 and powers of two: full */
        refs->missing = g_renew(CgId, refs->missing, MAX(16, refs->n_missing * 2));
    refs->missing[refs->n_missing] = id;
    refs->at[row] = CG_REF_MISSING | refs->n_missing++;
}

/* Finds the rows that references lead to, and closes the ranks of those that lead nowhere. */
static void
resolve(CgRefs *refs, uint32_t n, const CgRowsOf *targets)
{
    uint32_t kept = 0;
    for (uint32_t row = 0; refs->at != NULL && row < n; row++) {
        if (!cg_ref_is_missing(refs->at[row]))
            continue;
        CgId id = refs->missing[refs->at[row] & ~CG_REF_MISSING];
        refs->at[row] = cg_row_find(targets, id);
        if (refs->at[row] == CG_REF_NONE) {
            refs->missing[kept] = id;
            refs->at[row] = CG_REF_MISSING | kept++;
        }
    }
    refs->n_missing = kept;
    refs->missing = g_renew(CgId, refs->missing, kept);
}

void
cg_model_resolve(CgModel *model)
{
    CgRowsOf *tables[] = { &model->groups.rows, &model->cgsnapshots.rows, &model->volumes.rows,
                           &model->snapshots.rows };
    for (size_t i = 0; i < G_N_ELEMENTS(tables); i++)
        cg_id_index_build(&tables[i]->index, tables[i]->id, tables[i]->n);
    const CgRowsOf *groups = &model->groups.rows, *cgsnapshots = &model->cgsnapshots.rows;
    const CgRowsOf *volumes = &model->volumes.rows, *snapshots = &model->snapshots.rows;
    resolve(&model->groups.source, groups->n, groups);
    resolve(&model->groups.recorded, groups->n, groups);
    resolve(&model->groups.cgsnapshot, groups->n, cgsnapshots);
    resolve(&model->cgsnapshots.group, cgsnapshots->n, groups);
    resolve(&model->volumes.group, volumes->n, groups);
    resolve(&model->volumes.source, volumes->n, volumes);
    resolve(&model->volumes.snapshot, volumes->n, snapshots);
    resolve(&model->snapshots.volume, snapshots->n, volumes);
    resolve(&model->snapshots.cgsnapshot, snapshots->n, cgsnapshots);
}

void
cg_model_mark_volumes(CgModel *model, const CgId *ids, uint32_t n, CgRowFlags flag)
{
    for (uint32_t i = 0; i < n; i++) {
        CgRef row = cg_row_find(&model->volumes.rows, ids[i]);
        if (row != CG_REF_NONE)
            model->volumes.rows.flags[row] |= flag;
    }
}

char *
cg_model_notice(const CgModel *model)
{
    g_autoptr(GString) text = g_string_new(NULL);
    if (model->moved_away > 0)
        g_string_append_printf(text,
                               "%" G_GINT64_FORMAT
                               " consistency groups were moved to generic groups: what is left in "
                               "\"%s\" holds no evidence about them (see --names groups)\n",
                               model->moved_away, cg_naming_table(model->naming, CG_TABLE_GROUPS));
    if (model->unreadable > 0)
        g_string_append_printf(text,
                               "%" G_GINT64_FORMAT " cells could not be read and count as NULL, "
                               "for example %s\n",
                               model->unreadable, model->unreadable_example);
    if (model->without_id > 0)
        g_string_append_printf(text, "%" G_GINT64_FORMAT " rows have no id and were left out\n",
                               model->without_id);
    return text->len == 0 ? NULL : g_string_free(g_steal_pointer(&text), FALSE);
}
