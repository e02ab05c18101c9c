/* Worlds in a model or a database; see world.h. */
#include "tests/lib/world.h"
#include "db/bulk.h"

#include <check.h>

/* ---- into a model ---- */

static CgId
make_id(CgModel *model, const char *text)
{
    return cg_id_make(model->strings, text, strlen(text));
}

static void
set_common(CgModel *model, CgRowsOf *rows, uint32_t n, const WorldRow *row)
{
    if (row->deleted != 0)
        rows->flags[n] |= row->deleted > 0 ? CG_ROW_DELETED : CG_ROW_DELETED_NULL;
    rows->flags[n] |= row->looks;
    if (rows->created_at != NULL)
        rows->created_at[n] = row->created;
    if (rows->updated_at != NULL)
        rows->updated_at[n] = row->updated;
    if (rows->deleted_at != NULL)
        rows->deleted_at[n] = row->deleted_at;
    if (rows->project != NULL)
        rows->project[n] = cg_strings_add(model->strings, row->project, strlen(row->project));
}

static void
add_groups(CgModel *model, const WorldTable *table)
{
    for (int i = 0; i < table->n; i++) {
        const WorldRow *row = &table->rows[i];
        uint32_t n = cg_model_add_group(model, make_id(model, row->id));
        set_common(model, &model->groups.rows, n, row);
        cg_refs_set(&model->groups.source, n, make_id(model, row->source));
        cg_refs_set(&model->groups.recorded, n, make_id(model, row->recorded));
        cg_refs_set(&model->groups.cgsnapshot, n, make_id(model, row->cgsnapshot));
    }
}

static void
add_volumes(CgModel *model, const WorldTable *table)
{
    for (int i = 0; i < table->n; i++) {
        const WorldRow *row = &table->rows[i];
        uint32_t n = cg_model_add_volume(model, make_id(model, row->id));
        set_common(model, &model->volumes.rows, n, row);
        model->volumes.rows.flags[n] |= row->snapshot[0] != '\0' ? CG_ROW_HAS_SNAPSHOT : 0;
        cg_refs_set(&model->volumes.group, n, make_id(model, row->group));
        cg_refs_set(&model->volumes.source, n, make_id(model, row->source));
    }
}

static void
add_snapshots(CgModel *model, const World *world)
{
    for (int i = 0; i < world->cgsnapshots.n; i++) {
        const WorldRow *row = &world->cgsnapshots.rows[i];
        uint32_t n = cg_model_add_cgsnapshot(model, make_id(model, row->id));
        set_common(model, &model->cgsnapshots.rows, n, row);
        cg_refs_set(&model->cgsnapshots.group, n, make_id(model, row->group));
    }
    for (int i = 0; i < world->snapshots.n; i++) {
        const WorldRow *row = &world->snapshots.rows[i];
        uint32_t n = cg_model_add_snapshot(model, make_id(model, row->id));
        set_common(model, &model->snapshots.rows, n, row);
        cg_refs_set(&model->snapshots.volume, n, make_id(model, row->volume));
        cg_refs_set(&model->snapshots.cgsnapshot, n, make_id(model, row->cgsnapshot));
    }
}

CgModel *
world_model(const World *world)
{
    CgModel *model = cg_model_new(NULL);
    cg_model_want(model, CG_FIELD_BIT(CG_GROUP_PROJECT) | CG_FIELD_BIT(CG_GROUP_DELETED_AT) |
                             CG_FIELD_BIT(CG_VOLUME_DELETED_AT) |
                             CG_FIELD_BIT(CG_VOLUME_UPDATED_AT));
    add_groups(model, &world->groups);
    add_volumes(model, &world->volumes);
    add_snapshots(model, world);
    cg_model_resolve(model);
    return model;
}

/* ---- into a database ---- */

void
world_make_tables(CgDb *db)
{
    static const char *const columns[] = {
        "consistencygroups (%s, project_id %s, cgsnapshot_id %s, source_cg_id %s, source_cgid %s)",
        "cgsnapshots (%s, consistencygroup_id %s)",
        ("volumes (%s, consistencygroup_id %s, source_volid %s, snapshot_id %s, display_name %s,"
         " migration_status %s)"),
        "snapshots (%s, volume_id %s, cgsnapshot_id %s)",
    };
    const CgDialect *dialect = cg_db_dialect(db);
    g_autofree char *common = g_strdup_printf(
        "id %s NOT NULL PRIMARY KEY, created_at %s, updated_at %s, deleted_at %s, deleted %s",
        dialect->text_type, dialect->time_type, dialect->time_type, dialect->time_type,
        dialect->bool_type);
    for (size_t i = 0; i < G_N_ELEMENTS(columns); i++) {
        g_autoptr(GError) error = NULL;
        g_auto(GStrv) parts = g_strsplit(columns[i], "%s", -1);
        g_autoptr(GString) sql = g_string_new("CREATE TABLE ");
        for (size_t part = 0; parts[part] != NULL; part++)
            g_string_append_printf(sql, "%s%s", parts[part],
                                   parts[part + 1] == NULL ? ""
                                   : part == 0             ? common
                                                           : dialect->text_type);
        bool ok = cg_db_exec(db, sql->str, NULL, 0, NULL, &error);
        ck_assert_msg(ok, "%s", ok ? "" : error->message);
    }
}

static CgValue
text_or_null(const char *text)
{
    return *text == '\0' ? cg_null() : cg_text(text);
}

static CgValue
time_or_null(int64_t us)
{
    return us == CG_TIME_NONE ? cg_null() : cg_time(us);
}

enum { N_COMMON = 5 };
#define COMMON                                                                                     \
    { "id", CG_BYTES }, { "created_at", CG_TIME }, { "updated_at", CG_TIME },                      \
        { "deleted_at", CG_TIME },                                                                 \
    {                                                                                              \
        "deleted", CG_BOOL                                                                         \
    }

static void
insert(CgDb *db, const char *table, const CgColumn *columns, size_t n, const WorldRow *row,
       CgValue *values)
{
    g_autoptr(GError) error = NULL;
    values[0] = cg_text(row->id);
    values[1] = time_or_null(row->created);
    values[2] = time_or_null(row->updated);
    values[3] = time_or_null(row->deleted_at);
    values[4] = row->deleted < 0 ? cg_null() : cg_bool(row->deleted > 0);
    bool ok = cg_db_insert(db, table, columns, n, values, 1, &error);
    ck_assert_msg(ok, "%s", ok ? "" : error->message);
}

static void
insert_groups(CgDb *db, const WorldTable *table)
{
    static const CgColumn columns[] = { COMMON,
                                        { "project_id", CG_BYTES },
                                        { "cgsnapshot_id", CG_BYTES },
                                        { "source_cg_id", CG_BYTES },
                                        { "source_cgid", CG_BYTES } };
    for (int i = 0; i < table->n; i++) {
        const WorldRow *row = &table->rows[i];
        CgValue values[N_COMMON + 4] = { [N_COMMON] = text_or_null(row->project),
                                         text_or_null(row->cgsnapshot),
                                         text_or_null(row->source),
                                         text_or_null(row->recorded) };
        insert(db, "consistencygroups", columns, G_N_ELEMENTS(columns), row, values);
    }
}

/* What makes a volume look like another thing is in its texts. */
static void
insert_volumes(CgDb *db, const WorldTable *table)
{
    static const CgColumn columns[] = { COMMON,
                                        { "consistencygroup_id", CG_BYTES },
                                        { "source_volid", CG_BYTES },
                                        { "snapshot_id", CG_BYTES },
                                        { "display_name", CG_BYTES },
                                        { "migration_status", CG_BYTES } };
    for (int i = 0; i < table->n; i++) {
        const WorldRow *row = &table->rows[i];
        bool cache = (row->looks & CG_ROW_CACHE) != 0, has_source = *row->source != '\0';
        /* A name tells a cache clone only where there is a source; all look-alikes are alike. */
        bool ghost = (row->looks & CG_ROW_GHOST) != 0 || (cache && !has_source);
        const char *name =
            (row->looks & CG_ROW_BACKUP) != 0  ? "backup-vol-6ff9ad0d-1c3e-4d5b-9cf7-7d4a4d9eb01a"
            : (row->looks & CG_ROW_CACHE) != 0 ? "image-6ff9ad0d-1c3e-4d5b-9cf7-7d4a4d9eb01a"
                                               : "image-backup-vol-target:";
        CgValue values[N_COMMON + 5] = { [N_COMMON] = text_or_null(row->group),
                                         text_or_null(row->source),
                                         text_or_null(row->snapshot),
                                         cg_text(name),
                                         cg_text(ghost ? "target:x" : "success") };
        insert(db, "volumes", columns, G_N_ELEMENTS(columns), row, values);
    }
}

void
world_insert(const World *world, CgDb *db)
{
    static const CgColumn cgsnapshot_columns[] = { COMMON, { "consistencygroup_id", CG_BYTES } };
    static const CgColumn snapshot_columns[] = { COMMON,
                                                 { "volume_id", CG_BYTES },
                                                 { "cgsnapshot_id", CG_BYTES } };
    insert_groups(db, &world->groups);
    insert_volumes(db, &world->volumes);
    for (int i = 0; i < world->cgsnapshots.n; i++) {
        const WorldRow *row = &world->cgsnapshots.rows[i];
        CgValue values[N_COMMON + 1] = { [N_COMMON] = cg_text(row->group) };
        insert(db, "cgsnapshots", cgsnapshot_columns, N_COMMON + 1, row, values);
    }
    for (int i = 0; i < world->snapshots.n; i++) {
        const WorldRow *row = &world->snapshots.rows[i];
        CgValue values[N_COMMON + 2] = { [N_COMMON] = cg_text(row->volume),
                                         text_or_null(row->cgsnapshot) };
        insert(db, "snapshots", snapshot_columns, N_COMMON + 2, row, values);
    }
}
