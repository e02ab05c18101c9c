/* See naming.h. */
#include "lineage/naming.h"

#include "db/probe.h"

struct CgNaming {
    const char *name;
    const char *tables[CG_N_TABLES];
    const char *columns[CG_N_FIELDS];
    const CgNaming *before;
};

/* Which table a field belongs to, and its type. */
static const struct {
    CgTableName table;
    CgType type;
} fields[CG_N_FIELDS] = {
    [CG_GROUP_ID] = { CG_TABLE_GROUPS, CG_BYTES },
    [CG_GROUP_CREATED_AT] = { CG_TABLE_GROUPS, CG_TIME },
    [CG_GROUP_UPDATED_AT] = { CG_TABLE_GROUPS, CG_TIME },
    [CG_GROUP_DELETED_AT] = { CG_TABLE_GROUPS, CG_TIME },
    [CG_GROUP_DELETED] = { CG_TABLE_GROUPS, CG_BOOL },
    [CG_GROUP_PROJECT] = { CG_TABLE_GROUPS, CG_BYTES },
    [CG_GROUP_STATUS] = { CG_TABLE_GROUPS, CG_BYTES },
    [CG_GROUP_HOST] = { CG_TABLE_GROUPS, CG_BYTES },
    [CG_GROUP_AZ] = { CG_TABLE_GROUPS, CG_BYTES },
    [CG_GROUP_NAME] = { CG_TABLE_GROUPS, CG_BYTES },
    [CG_GROUP_TYPES] = { CG_TABLE_GROUPS, CG_BYTES },
    [CG_GROUP_KIND] = { CG_TABLE_GROUPS, CG_BYTES },
    [CG_GROUP_SOURCE] = { CG_TABLE_GROUPS, CG_BYTES },
    [CG_GROUP_RECORDED] = { CG_TABLE_GROUPS, CG_BYTES },
    [CG_GROUP_CGSNAPSHOT] = { CG_TABLE_GROUPS, CG_BYTES },
    [CG_CGSNAPSHOT_ID] = { CG_TABLE_CGSNAPSHOTS, CG_BYTES },
    [CG_CGSNAPSHOT_CREATED_AT] = { CG_TABLE_CGSNAPSHOTS, CG_TIME },
    [CG_CGSNAPSHOT_UPDATED_AT] = { CG_TABLE_CGSNAPSHOTS, CG_TIME },
    [CG_CGSNAPSHOT_DELETED_AT] = { CG_TABLE_CGSNAPSHOTS, CG_TIME },
    [CG_CGSNAPSHOT_DELETED] = { CG_TABLE_CGSNAPSHOTS, CG_BOOL },
    [CG_CGSNAPSHOT_PROJECT] = { CG_TABLE_CGSNAPSHOTS, CG_BYTES },
    [CG_CGSNAPSHOT_STATUS] = { CG_TABLE_CGSNAPSHOTS, CG_BYTES },
    [CG_CGSNAPSHOT_GROUP] = { CG_TABLE_CGSNAPSHOTS, CG_BYTES },
    [CG_VOLUME_ID] = { CG_TABLE_VOLUMES, CG_BYTES },
    [CG_VOLUME_CREATED_AT] = { CG_TABLE_VOLUMES, CG_TIME },
    [CG_VOLUME_UPDATED_AT] = { CG_TABLE_VOLUMES, CG_TIME },
    [CG_VOLUME_DELETED_AT] = { CG_TABLE_VOLUMES, CG_TIME },
    [CG_VOLUME_DELETED] = { CG_TABLE_VOLUMES, CG_BOOL },
    [CG_VOLUME_PROJECT] = { CG_TABLE_VOLUMES, CG_BYTES },
    [CG_VOLUME_STATUS] = { CG_TABLE_VOLUMES, CG_BYTES },
    [CG_VOLUME_HOST] = { CG_TABLE_VOLUMES, CG_BYTES },
    [CG_VOLUME_TYPE] = { CG_TABLE_VOLUMES, CG_BYTES },
    [CG_VOLUME_SIZE] = { CG_TABLE_VOLUMES, CG_INT },
    [CG_VOLUME_GROUP] = { CG_TABLE_VOLUMES, CG_BYTES },
    [CG_VOLUME_OTHER_GROUP] = { CG_TABLE_VOLUMES, CG_BYTES },
    [CG_VOLUME_SOURCE] = { CG_TABLE_VOLUMES, CG_BYTES },
    [CG_VOLUME_SNAPSHOT] = { CG_TABLE_VOLUMES, CG_BYTES },
    [CG_VOLUME_NAME] = { CG_TABLE_VOLUMES, CG_BYTES },
    [CG_VOLUME_DESCRIPTION] = { CG_TABLE_VOLUMES, CG_BYTES },
    [CG_VOLUME_MIGRATION] = { CG_TABLE_VOLUMES, CG_BYTES },
    [CG_SNAPSHOT_ID] = { CG_TABLE_SNAPSHOTS, CG_BYTES },
    [CG_SNAPSHOT_CREATED_AT] = { CG_TABLE_SNAPSHOTS, CG_TIME },
    [CG_SNAPSHOT_DELETED_AT] = { CG_TABLE_SNAPSHOTS, CG_TIME },
    [CG_SNAPSHOT_DELETED] = { CG_TABLE_SNAPSHOTS, CG_BOOL },
    [CG_SNAPSHOT_STATUS] = { CG_TABLE_SNAPSHOTS, CG_BYTES },
    [CG_SNAPSHOT_SIZE] = { CG_TABLE_SNAPSHOTS, CG_INT },
    [CG_SNAPSHOT_VOLUME] = { CG_TABLE_SNAPSHOTS, CG_BYTES },
    [CG_SNAPSHOT_CGSNAPSHOT] = { CG_TABLE_SNAPSHOTS, CG_BYTES },
    [CG_SNAPSHOT_OTHER_CGSNAPSHOT] = { CG_TABLE_SNAPSHOTS, CG_BYTES },
    [CG_CACHE_VOLUME] = { CG_TABLE_CACHE, CG_BYTES },
    [CG_BACKUP_VOLUME] = { CG_TABLE_BACKUPS, CG_BYTES },
};

/* Columns that no naming renames. */
#define COMMON_COLUMNS                                                                             \
    [CG_GROUP_ID] = "id", [CG_GROUP_CREATED_AT] = "created_at",                                    \
    [CG_GROUP_UPDATED_AT] = "updated_at", [CG_GROUP_DELETED_AT] = "deleted_at",                    \
    [CG_GROUP_DELETED] = "deleted", [CG_GROUP_PROJECT] = "project_id",                             \
    [CG_GROUP_STATUS] = "status", [CG_GROUP_HOST] = "host", [CG_GROUP_AZ] = "availability_zone",   \
    [CG_GROUP_NAME] = "name", [CG_CGSNAPSHOT_ID] = "id",                                           \
    [CG_CGSNAPSHOT_CREATED_AT] = "created_at", [CG_CGSNAPSHOT_UPDATED_AT] = "updated_at",          \
    [CG_CGSNAPSHOT_DELETED_AT] = "deleted_at", [CG_CGSNAPSHOT_DELETED] = "deleted",                \
    [CG_CGSNAPSHOT_PROJECT] = "project_id", [CG_CGSNAPSHOT_STATUS] = "status",                     \
    [CG_VOLUME_ID] = "id", [CG_VOLUME_CREATED_AT] = "created_at",                                  \
    [CG_VOLUME_UPDATED_AT] = "updated_at", [CG_VOLUME_DELETED_AT] = "deleted_at",                  \
    [CG_VOLUME_DELETED] = "deleted", [CG_VOLUME_PROJECT] = "project_id",                           \
    [CG_VOLUME_STATUS] = "status", [CG_VOLUME_HOST] = "host", [CG_VOLUME_TYPE] = "volume_type_id", \
    [CG_VOLUME_SIZE] = "size", [CG_VOLUME_SOURCE] = "source_volid",                                \
    [CG_VOLUME_SNAPSHOT] = "snapshot_id", [CG_VOLUME_NAME] = "display_name",                       \
    [CG_VOLUME_DESCRIPTION] = "display_description", [CG_VOLUME_MIGRATION] = "migration_status",   \
    [CG_SNAPSHOT_ID] = "id", [CG_SNAPSHOT_CREATED_AT] = "created_at",                              \
    [CG_SNAPSHOT_DELETED_AT] = "deleted_at", [CG_SNAPSHOT_DELETED] = "deleted",                    \
    [CG_SNAPSHOT_STATUS] = "status", [CG_SNAPSHOT_SIZE] = "volume_size",                           \
    [CG_SNAPSHOT_VOLUME] = "volume_id", [CG_CACHE_VOLUME] = "volume_id",                           \
    [CG_BACKUP_VOLUME] = "temp_volume_id"

/* The era of consistencygroups. */
#define KILO_TABLES                                                                                \
    {                                                                                              \
        "consistencygroups", "cgsnapshots", "volumes", "snapshots", "image_volume_cache_entries",  \
            "backups"                                                                              \
    }
#define KILO_COLUMNS                                                                               \
    COMMON_COLUMNS,                                                                                \
        [CG_GROUP_TYPES] = "volume_type_id", [CG_GROUP_CGSNAPSHOT] = "cgsnapshot_id",              \
        [CG_CGSNAPSHOT_GROUP] = "consistencygroup_id", [CG_VOLUME_GROUP] = "consistencygroup_id",  \
        [CG_VOLUME_OTHER_GROUP] = "group_id", [CG_SNAPSHOT_CGSNAPSHOT] = "cgsnapshot_id"

enum { GROUPS, SPEC, LIBERTY, N_NAMINGS };

/* In the order of detection. */
static const CgNaming namings[N_NAMINGS] = {
    [GROUPS] = {
        .name = "groups",
        .tables = { "groups", "group_snapshots", "volumes", "snapshots",
                    "image_volume_cache_entries", "backups" },
        .columns = { COMMON_COLUMNS, [CG_GROUP_KIND] = "group_type_id",
                     [CG_GROUP_SOURCE] = "source_group_id",
                     [CG_GROUP_CGSNAPSHOT] = "group_snapshot_id",
                     [CG_CGSNAPSHOT_GROUP] = "group_id", [CG_VOLUME_GROUP] = "group_id",
                     [CG_VOLUME_OTHER_GROUP] = "consistencygroup_id",
                     [CG_SNAPSHOT_CGSNAPSHOT] = "group_snapshot_id",
                     [CG_SNAPSHOT_OTHER_CGSNAPSHOT] = "cgsnapshot_id" },
        .before = &namings[LIBERTY],
    },
    [SPEC] = {
        .name = "spec",
        .tables = KILO_TABLES,
        .columns = { KILO_COLUMNS, [CG_GROUP_SOURCE] = "source_cg_id",
                     [CG_GROUP_RECORDED] = "source_cgid" },
    },
    [LIBERTY] = {
        .name = "liberty",
        .tables = KILO_TABLES,
        .columns = { KILO_COLUMNS, [CG_GROUP_SOURCE] = "source_cgid" },
    },
};

const CgNaming *
cg_naming_by_name(const char *name, GError **error)
{
    for (size_t i = 0; i < N_NAMINGS; i++)
        if (strcmp(namings[i].name, name) == 0)
            return &namings[i];
    cg_error_set(error, CG_EXIT_USAGE, "the namings are: groups, spec, liberty",
                 "there is no naming \"%s\"", name);
    return NULL;
}

/* 1 when a live row stands in the table, 0 when not, also for want of the table, -1 on error. */
static int
has_live_rows(CgDb *db, const char *table, GError **error)
{
    int there = cg_db_has(db, table, "deleted", error);
    if (there <= 0)
        return there;
    g_autofree char *sql =
        g_strdup_printf("SELECT 1 FROM %s WHERE deleted IS NOT TRUE LIMIT 1", table);
    CgValue value;
    bool found;
    if (!cg_db_query_value(db, sql, NULL, 0, &value, &found, error))
        return -1;
    return found;
}

static int
has_source(CgDb *db, const CgNaming *naming, GError **error)
{
    return cg_db_has(db, naming->tables[CG_TABLE_GROUPS], naming->columns[CG_GROUP_SOURCE], error);
}

const CgNaming *
cg_naming_detect(CgDb *db, GError **error)
{
    int old = has_live_rows(db, namings[SPEC].tables[CG_TABLE_GROUPS], error);
    if (old < 0)
        return NULL;
    int generic = old > 0 ? 0 : has_live_rows(db, namings[GROUPS].tables[CG_TABLE_GROUPS], error);
    if (generic != 0)
        return generic < 0 ? NULL : &namings[GROUPS];
    int spec = has_source(db, &namings[SPEC], error);
    if (spec != 0)
        return spec < 0 ? NULL : &namings[SPEC];
    int liberty = has_source(db, &namings[LIBERTY], error);
    if (liberty < 0)
        return NULL;
    return liberty > 0 ? &namings[LIBERTY] : &namings[SPEC];
}

const char *
cg_naming_name(const CgNaming *naming)
{
    return naming->name;
}

const char *
cg_naming_table(const CgNaming *naming, CgTableName table)
{
    return naming->tables[table];
}

const char *
cg_naming_column(const CgNaming *naming, CgField field)
{
    return naming->columns[field];
}

CgTableName
cg_field_table(CgField field)
{
    return fields[field].table;
}

CgType
cg_field_type(CgField field)
{
    return fields[field].type;
}

const CgNaming *
cg_naming_before(const CgNaming *naming)
{
    return naming->before;
}

bool
cg_naming_moved_away(CgDb *db, const CgNaming *naming, int64_t *out_n, GError **error)
{
    *out_n = 0;
    const char *generic = namings[GROUPS].tables[CG_TABLE_GROUPS];
    int there = naming->before != NULL ? 0 : cg_db_has(db, generic, NULL, error);
    if (there <= 0)
        return there == 0;
    g_autofree char *sql = g_strdup_printf("SELECT count(*) FROM %s g JOIN %s c ON c.id = g.id",
                                           generic, naming->tables[CG_TABLE_GROUPS]);
    CgValue value;
    if (!cg_db_query_value(db, sql, NULL, 0, &value, NULL, error))
        return false;
    *out_n = value.i;
    return true;
}

const char *
cg_naming_moved_kind_sql(const CgNaming *naming)
{
    return naming->before == NULL
               ? NULL
               : "SELECT id FROM group_types WHERE name = 'default_cgsnapshot_type'";
}

char *
cg_naming_column_dup(const CgNaming *naming, CgField field)
{
    const char *column = naming->columns[field];
    if (column == NULL)
        return NULL;
    return g_strdup_printf("%s.%s", naming->tables[fields[field].table], column);
}
