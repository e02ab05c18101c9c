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

#define GROUP(name)                                                                                \
    {                                                                                              \
#name, offsetof(CgGroup, name)                                                             \
    }
#define CGSNAPSHOT(name)                                                                           \
    {                                                                                              \
#name, offsetof(CgCgsnapshot, name)                                                        \
    }
#define VOLUME(name)                                                                               \
    {                                                                                              \
#name, offsetof(CgVolume, name)                                                            \
    }
#define SNAPSHOT(name)                                                                             \
    {                                                                                              \
#name, offsetof(CgSnapshot, name)                                                          \
    }
#define END                                                                                        \
    {                                                                                              \
        NULL, 0                                                                                    \
    }

static const Entity groups = {
    .table = "consistencygroups",
    .size = sizeof(CgGroup),
    .texts = (const Field[]){ GROUP(id), GROUP(user_id), GROUP(project_id), GROUP(host),
                              GROUP(availability_zone), GROUP(name), GROUP(description),
                              GROUP(status), GROUP(volume_type_id), GROUP(cgsnapshot_id),
                              GROUP(source_cg_id), GROUP(created_at), END },
};

static const Entity cgsnapshots = {
    .table = "cgsnapshots",
    .size = sizeof(CgCgsnapshot),
    .texts = (const Field[]){ CGSNAPSHOT(id), CGSNAPSHOT(consistencygroup_id), CGSNAPSHOT(user_id),
                              CGSNAPSHOT(project_id), CGSNAPSHOT(name), CGSNAPSHOT(status),
                              CGSNAPSHOT(created_at), END },
};

static const Entity volumes = {
    .table = "volumes",
    .size = sizeof(CgVolume),
    .texts = (const Field[]){ VOLUME(id), VOLUME(user_id), VOLUME(project_id), VOLUME(host),
                              VOLUME(availability_zone), VOLUME(status), VOLUME(display_name),
                              VOLUME(volume_type_id), VOLUME(source_volid), VOLUME(snapshot_id),
                              VOLUME(consistencygroup_id), VOLUME(provider_location),
                              VOLUME(provider_id), VOLUME(encryption_key_id), VOLUME(attach_status),
                              END },
    .numbers = (const Field[]){ VOLUME(size), END },
    .flags = (const Field[]){ VOLUME(bootable), VOLUME(multiattach), END },
};

static const Entity snapshots = {
    .table = "snapshots",
    .size = sizeof(CgSnapshot),
    .texts = (const Field[]){ SNAPSHOT(id), SNAPSHOT(volume_id), SNAPSHOT(project_id),
                              SNAPSHOT(status), SNAPSHOT(volume_type_id), SNAPSHOT(cgsnapshot_id),
                              SNAPSHOT(provider_location), SNAPSHOT(provider_id),
                              SNAPSHOT(encryption_key_id), END },
    .numbers = (const Field[]){ SNAPSHOT(volume_size), END },
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
