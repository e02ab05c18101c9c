/*
 * The three namings of the same facts, and the only place that knows their tables and columns.
 *
 * A field is a logical column. What lineage calls a group is a row of consistencygroups or of
 * groups, what it calls a cgsnapshot is a row of cgsnapshots or of group_snapshots; whoever asks
 * for CG_GROUP_SOURCE never learns which. Adding a naming is adding an entry.
 */
#ifndef CG_LINEAGE_NAMING_H
#define CG_LINEAGE_NAMING_H

#include "db/db.h"

typedef enum {
    CG_TABLE_GROUPS,
    CG_TABLE_CGSNAPSHOTS,
    CG_TABLE_VOLUMES,
    CG_TABLE_SNAPSHOTS,
    CG_TABLE_CACHE,   /* image_volume_cache_entries */
    CG_TABLE_BACKUPS, /* backups */
    CG_N_TABLES
} CgTableName;

typedef enum {
    CG_GROUP_ID,
    CG_GROUP_CREATED_AT,
    CG_GROUP_UPDATED_AT,
    CG_GROUP_DELETED_AT,
    CG_GROUP_DELETED,
    CG_GROUP_PROJECT,
    CG_GROUP_STATUS,
    CG_GROUP_HOST,
    CG_GROUP_AZ,
    CG_GROUP_NAME,
    CG_GROUP_TYPES,      /* comma list; there is none under `groups` */
    CG_GROUP_KIND,       /* group_type_id, under `groups` alone */
    CG_GROUP_SOURCE,     /* the column a backfill writes */
    CG_GROUP_RECORDED,   /* upstream's column beside ours, under `spec` alone */
    CG_GROUP_CGSNAPSHOT, /* the other source a group may have */

    CG_CGSNAPSHOT_ID,
    CG_CGSNAPSHOT_CREATED_AT,
    CG_CGSNAPSHOT_UPDATED_AT,
    CG_CGSNAPSHOT_DELETED_AT,
    CG_CGSNAPSHOT_DELETED,
    CG_CGSNAPSHOT_PROJECT,
    CG_CGSNAPSHOT_STATUS,
    CG_CGSNAPSHOT_GROUP,

    CG_VOLUME_ID,
    CG_VOLUME_CREATED_AT,
    CG_VOLUME_UPDATED_AT,
    CG_VOLUME_DELETED_AT,
    CG_VOLUME_DELETED,
    CG_VOLUME_PROJECT,
    CG_VOLUME_STATUS,
    CG_VOLUME_HOST,
    CG_VOLUME_TYPE,
    CG_VOLUME_SIZE,
    CG_VOLUME_GROUP,
    CG_VOLUME_OTHER_GROUP, /* the group column of the other era */
    CG_VOLUME_SOURCE,      /* source_volid */
    CG_VOLUME_SNAPSHOT,    /* snapshot_id */
    CG_VOLUME_NAME,        /* these three tell look-alikes */
    CG_VOLUME_DESCRIPTION,
    CG_VOLUME_MIGRATION,

    CG_SNAPSHOT_ID,
    CG_SNAPSHOT_CREATED_AT,
    CG_SNAPSHOT_DELETED_AT,
    CG_SNAPSHOT_DELETED,
    CG_SNAPSHOT_STATUS,
    CG_SNAPSHOT_SIZE, /* volume_size */
    CG_SNAPSHOT_VOLUME,
    CG_SNAPSHOT_CGSNAPSHOT,
    CG_SNAPSHOT_OTHER_CGSNAPSHOT, /* of the era before, which dead snapshots keep */

    CG_CACHE_VOLUME,
    CG_BACKUP_VOLUME,
    CG_N_FIELDS
} CgField;

/* Fields as a set. */
#define CG_FIELD_BIT(field) (UINT64_C(1) << (field))

typedef struct CgNaming CgNaming;

/* By name ("groups", "spec", "liberty"); NULL with a CG_EXIT_USAGE error that lists them. */
const CgNaming *cg_naming_by_name(const char *name, GError **error);

/*
 * The naming that the database's live rows and columns ask for. Where no source column is there yet
 * it is `spec`, whose column a migration adds: whoever needs it looks at the model's `present`.
 */
const CgNaming *cg_naming_detect(CgDb *db, GError **error);

/* "spec". */
const char *cg_naming_name(const CgNaming *naming);

/* "consistencygroups"; NULL where the naming has no such table. */
const char *cg_naming_table(const CgNaming *naming, CgTableName table);

/* "source_cg_id"; NULL where the naming has no such column. */
const char *cg_naming_column(const CgNaming *naming, CgField field);

/* The table that a field is a column of. */
CgTableName cg_field_table(CgField field);
CgType cg_field_type(CgField field);

/* The era before, or NULL: groups that died in it stand in its table, and dead volumes and
 * snapshots without a group of this era keep the one of that. The rows are joined by id, which
 * never changed. */
const CgNaming *cg_naming_before(const CgNaming *naming);

/* Groups that were moved to generic groups while this naming looks at the table they left; 0 for
 * `groups` itself. */
bool cg_naming_moved_away(CgDb *db, const CgNaming *naming, int64_t *out_n,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The query for the CG_GROUP_KIND of groups that were moved, whose created_at is the time of the
 * move; NULL for a naming that knows no move. */
const char *cg_naming_moved_kind_sql(const CgNaming *naming);

/* "consistencygroups.source_cg_id", as plan and run name the column they write. Allocated. */
char *cg_naming_column_dup(const CgNaming *naming, CgField field);

#endif
