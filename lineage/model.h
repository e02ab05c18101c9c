/*
 * Groups, cgsnapshots, volumes and snapshots in memory: flat arrays, one entry a row.
 *
 * A row, dead or live, is known by its number, the order of loading. What was not asked for is a
 * NULL array: the readers below answer for it. Model and loader are apart, so that tests build
 * small models by hand (cg_model_new(), cg_model_add_…, cg_model_resolve()).
 */
#ifndef CG_LINEAGE_MODEL_H
#define CG_LINEAGE_MODEL_H

#include "lineage/id.h"
#include "lineage/naming.h"

#define CG_TIME_NONE INT64_MIN /* NULL: proves nothing */

typedef uint16_t CgRowFlags;
enum {
    CG_ROW_DELETED = 1 << 0,
    CG_ROW_DELETED_NULL = 1 << 1,   /* `deleted` is NULL: live, but Cinder does not see it */
    CG_ROW_EARLIER = 1 << 2,        /* stands in the table of the era before (naming `groups`) */
    CG_ROW_GHOST = 1 << 3,          /* volumes: left by a migration */
    CG_ROW_CACHE = 1 << 4,          /* volumes: image-volume cache */
    CG_ROW_BACKUP = 1 << 5,         /* volumes: temporary of a backup */
    CG_ROW_HAS_SNAPSHOT = 1 << 6,   /* volumes: snapshot_id is set */
    CG_ROW_EMPTY_GROUP = 1 << 7,    /* volumes: the column holds '' ; so do the next two */
    CG_ROW_EMPTY_SOURCE = 1 << 8,   /* volumes: source_volid; groups: source */
    CG_ROW_EMPTY_SNAPSHOT = 1 << 9, /* volumes: snapshot_id; groups: cgsnapshot_id */
    CG_ROW_TWIN_TIME = 1 << 10,     /* groups: created_at is the twin's */
    CG_ROW_TIME_LOST = 1 << 11,     /* groups: migrated, no twin left: created_at given up */
    CG_ROW_OTHER_GROUP = 1 << 12,   /* volumes: the group column of the other era is set too */
    CG_ROW_LOOK_ALIKE = CG_ROW_GHOST | CG_ROW_CACHE | CG_ROW_BACKUP
};

/* What every table has. Times in µs or CG_TIME_NONE; words are numbers in the model's strings. */
typedef struct {
    uint32_t n, size;
    CgId *id;
    CgRowFlags *flags;
    int64_t *created_at, *updated_at, *deleted_at;
    uint32_t *project, *status, *host, *az, *type; /* words; a group has az, and a list in type */
    CgIdIndex index;
} CgRowsOf;

typedef struct {
    CgRowsOf rows;
    uint32_t *name;    /* words; for a person, no rule reads it */
    CgRefs source;     /* the column a backfill writes: to groups */
    CgRefs recorded;   /* upstream's beside it: to groups */
    CgRefs cgsnapshot; /* to cgsnapshots */
} CgGroups;

typedef struct {
    CgRowsOf rows;
    CgRefs group;
} CgCgsnapshots;

typedef struct {
    CgRowsOf rows;
    CgRefs group;    /* to groups */
    CgRefs source;   /* to volumes */
    CgRefs snapshot; /* to snapshots; audit only, the flag is always there */
    int64_t *gib;    /* INT64_MIN: NULL */
} CgVolumes;

/* Snapshots that belong to a cgsnapshot; for an audit also those that a member was made from. */
typedef struct {
    CgRowsOf rows;
    CgRefs volume;     /* to volumes */
    CgRefs cgsnapshot; /* to cgsnapshots */
    int64_t *gib;
} CgSnapshots;

typedef struct {
    const CgNaming *naming;
    CgStrings *strings;
    uint64_t present; /* CgField bits: columns that the database has */
    uint64_t loaded;  /* … and that were asked for */
    bool all_volumes; /* else: those with a group, and what they lead to */
    CgGroups groups;
    CgCgsnapshots cgsnapshots;
    CgVolumes volumes;
    CgSnapshots snapshots;

    /* The head of a report. */
    char *server, *position;      /* NULL in a model built by hand */
    int64_t loaded_at;            /* this machine's clock */
    int reloads;                  /* recovery conflicts met */
    int64_t horizon[CG_N_TABLES]; /* oldest deleted_at of a soft-deleted row in the whole table, or
                                   * CG_TIME_NONE: none left; not known without deleted_at */
    int64_t moved_away;           /* groups that stand in the generic tables under another naming */
    int64_t unreadable;           /* cells that were not of their column's type, read as NULL */
    char *unreadable_example;
    int64_t without_id; /* rows left out because their id is NULL or '' */
} CgModel;

CgModel *cg_model_new(const CgNaming *naming); /* naming NULL: `spec` */
void cg_model_free(CgModel *model);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CgModel, cg_model_free)

/* ---- reading ---- */

static inline bool
cg_row_is_live(const CgRowsOf *rows, uint32_t row)
{
    return (rows->flags[row] & CG_ROW_DELETED) == 0;
}

static inline bool
cg_volume_is_look_alike(const CgVolumes *volumes, uint32_t row)
{
    return (volumes->rows.flags[row] & CG_ROW_LOOK_ALIKE) != 0;
}

/* A cell of an optional array of times. */
static inline int64_t
cg_row_time(const int64_t *times, uint32_t row)
{
    return times == NULL ? CG_TIME_NONE : times[row];
}

/* A cell of an optional array of words: "" for NULL, '' and what was not loaded. */
const char *cg_row_word(const CgModel *model, const uint32_t *words, uint32_t row);

/* The row of an id, or CG_REF_NONE. */
CgRef cg_row_find(const CgRowsOf *rows, CgId id);

/* To be told before this is believed (evidence moved away, …): allocated lines, or NULL. */
char *cg_model_notice(const CgModel *model);

/* ---- building ---- */

/* Makes the optional arrays of `wanted` (CgField bits); before the first row. */
void cg_model_want(CgModel *model, uint64_t wanted);

/* Adds a row and returns its number. All cells but the id are NULL; set them in the arrays. */
uint32_t cg_model_add_group(CgModel *model, CgId id);
uint32_t cg_model_add_cgsnapshot(CgModel *model, CgId id);
uint32_t cg_model_add_volume(CgModel *model, CgId id);
uint32_t cg_model_add_snapshot(CgModel *model, CgId id);

/* Sets a reference by id, not resolved yet; a NULL id sets none. Rows in ascending order. */
void cg_refs_set(CgRefs *refs, uint32_t row, CgId id);

/* Builds the indexes and turns references into row numbers. Once, after the last row. */
void cg_model_resolve(CgModel *model);

/* Marks the volumes that are listed as `flag` (CG_ROW_CACHE, CG_ROW_BACKUP); after resolving. */
void cg_model_mark_volumes(CgModel *model, const CgId *ids, uint32_t n, CgRowFlags flag);

#endif
