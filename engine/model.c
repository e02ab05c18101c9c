/* Rows into structs, by tables of fields; see model.h. */
#include "engine/model.h"

typedef struct {
    const char *column;
    size_t offset;
} Field;

typedef struct {
    const char *table;
    size_t size;
    const Field *texts, *numbers, *flags; /* each ended by an entry without column; or NULL */
} Entity;

#define FIELD(type, name)                                                                          \
    {                                                                                              \
#name, offsetof(type, name)                                                                \
    }
#define END                                                                                        \
    {                                                                                              \
        NULL, 0                                                                                    \
    }

static const Entity groups = {
    .table = "consistencygroups",
    .size = sizeof(CgGroup),
    .texts =
        (const Field[]){ FIELD(CgGroup, id), FIELD(CgGroup, user_id), FIELD(CgGroup, project_id),
                         FIELD(CgGroup, host), FIELD(CgGroup, availability_zone),
                         FIELD(CgGroup, name), FIELD(CgGroup, description), FIELD(CgGroup, status),
                         FIELD(CgGroup, volume_type_id), FIELD(CgGroup, cgsnapshot_id),
                         FIELD(CgGroup, source_cg_id), FIELD(CgGroup, created_at), END },
};

static const Entity cgsnapshots = {
    .table = "cgsnapshots",
    .size = sizeof(CgCgsnapshot),
    .texts = (const Field[]){ FIELD(CgCgsnapshot, id), FIELD(CgCgsnapshot, consistencygroup_id),
                              FIELD(CgCgsnapshot, user_id), FIELD(CgCgsnapshot, project_id),
                              FIELD(CgCgsnapshot, name), FIELD(CgCgsnapshot, status),
                              FIELD(CgCgsnapshot, created_at), END },
};

static const Entity volumes = {
    .table = "volumes",
    .size = sizeof(CgVolume),
    .texts =
        (const Field[]){ FIELD(CgVolume, id), FIELD(CgVolume, user_id), FIELD(CgVolume, project_id),
                         FIELD(CgVolume, host), FIELD(CgVolume, availability_zone),
                         FIELD(CgVolume, status), FIELD(CgVolume, display_name),
                         FIELD(CgVolume, volume_type_id), FIELD(CgVolume, source_volid),
                         FIELD(CgVolume, snapshot_id), FIELD(CgVolume, consistencygroup_id),
                         FIELD(CgVolume, provider_location), FIELD(CgVolume, provider_id),
                         FIELD(CgVolume, encryption_key_id), FIELD(CgVolume, attach_status), END },
    .numbers = (const Field[]){ FIELD(CgVolume, size), END },
    .flags = (const Field[]){ FIELD(CgVolume, bootable), FIELD(CgVolume, multiattach), END },
};

static const Entity snapshots = {
    .table = "snapshots",
    .size = sizeof(CgSnapshot),
    .texts = (const Field[]){ FIELD(CgSnapshot, id), FIELD(CgSnapshot, volume_id),
                              FIELD(CgSnapshot, project_id), FIELD(CgSnapshot, status),
                              FIELD(CgSnapshot, volume_type_id), FIELD(CgSnapshot, cgsnapshot_id),
                              FIELD(CgSnapshot, provider_location), FIELD(CgSnapshot, provider_id),
                              FIELD(CgSnapshot, encryption_key_id), END },
    .numbers = (const Field[]){ FIELD(CgSnapshot, volume_size), END },
};

/* ---- freeing ---- */

static void
entity_free(const Entity *entity, void *row)
{
    if (row == NULL)
        return;
    for (const Field *field = entity->texts; field->column != NULL; field++)
        g_free(G_STRUCT_MEMBER(char *, row, field->offset));
    g_free(row);
}

bool
cg_group_is_in(const CgGroup *group, const char *status)
{
    return group != NULL && g_strcmp0(group->status, status) == 0;
}

void
cg_group_free(CgGroup *group)
{
    entity_free(&groups, group);
}

void
cg_cgsnapshot_free(CgCgsnapshot *cgsnapshot)
{
    entity_free(&cgsnapshots, cgsnapshot);
}

static void
free_group(void *row)
{
    entity_free(&groups, row);
}

static void
free_cgsnapshot(void *row)
{
    entity_free(&cgsnapshots, row);
}

static void
free_volume(void *row)
{
    entity_free(&volumes, row);
}

static void
free_snapshot(void *row)
{
    entity_free(&snapshots, row);
}

/* ---- loading ---- */

static void
append_columns(GString *sql, const Field *fields)
{
    for (const Field *field = fields; field != NULL && field->column != NULL; field++)
        g_string_append_printf(sql, "%s%s", sql->len > 0 ? ", " : "", field->column);
}

static char *
select_text(const Entity *entity, const char *where)
{
    g_autoptr(GString) columns = g_string_new(NULL);
    append_columns(columns, entity->texts);
    append_columns(columns, entity->numbers);
    append_columns(columns, entity->flags);
    return g_strdup_printf("SELECT %s FROM %s WHERE deleted = FALSE AND (%s) ORDER BY id",
                           columns->str, entity->table, where);
}

static void *
read_row(const Entity *entity, const CgRows *rows)
{
    void *row = g_malloc0(entity->size);
    int column = 0;
    for (const Field *field = entity->texts; field->column != NULL; field++)
        G_STRUCT_MEMBER(char *, row, field->offset) = cg_rows_text_dup(rows, column++);
    for (const Field *field = entity->numbers; field != NULL && field->column != NULL; field++)
        G_STRUCT_MEMBER(int64_t, row, field->offset) = cg_rows_int(rows, column++);
    for (const Field *field = entity->flags; field != NULL && field->column != NULL; field++)
        G_STRUCT_MEMBER(bool, row, field->offset) = cg_rows_bool(rows, column++);
    return row;
}

static GPtrArray *
load(CgDb *db, const Entity *entity, GDestroyNotify free_row, const char *where,
     const CgValue *params, size_t n_params, GError **error)
{
    g_autofree char *sql = select_text(entity, where);
    g_autoptr(GPtrArray) loaded = g_ptr_array_new_with_free_func(free_row);
    g_autoptr(CgRows) rows = cg_db_query(db, sql, params, n_params, error);
    int more = -1;
    while (rows != NULL && (more = cg_rows_next(rows, error)) > 0)
        g_ptr_array_add(loaded, read_row(entity, rows));
    return more == 0 ? g_steal_pointer(&loaded) : NULL;
}

GPtrArray *
cg_group_load(CgDb *db, const char *where, const CgValue *params, size_t n_params, GError **error)
{
    return load(db, &groups, free_group, where, params, n_params, error);
}

GPtrArray *
cg_cgsnapshot_load(CgDb *db, const char *where, const CgValue *params, size_t n_params,
                   GError **error)
{
    return load(db, &cgsnapshots, free_cgsnapshot, where, params, n_params, error);
}

GPtrArray *
cg_volume_load(CgDb *db, const char *where, const CgValue *params, size_t n_params, GError **error)
{
    return load(db, &volumes, free_volume, where, params, n_params, error);
}

GPtrArray *
cg_snapshot_load(CgDb *db, const char *where, const CgValue *params, size_t n_params,
                 GError **error)
{
    return load(db, &snapshots, free_snapshot, where, params, n_params, error);
}
