/*
 * Fills a model from a database, in one snapshot, which is released before anything is computed.
 *
 * The loader is told what to read, because columns cost more than rows. It reads, probes for
 * optional tables and columns (one that is not there counts as empty, and is not `present`), and
 * never judges.
 */
#ifndef CG_LINEAGE_LOAD_H
#define CG_LINEAGE_LOAD_H

#include "lineage/model.h"

/* Fields to ask for. Ids, references, `deleted` and created_at are always read. */
#define CG_LOAD_BACKFILL                                                                           \
    (CG_FIELD_BIT(CG_GROUP_DELETED_AT) | CG_FIELD_BIT(CG_GROUP_PROJECT) |                          \
     CG_FIELD_BIT(CG_VOLUME_UPDATED_AT) | CG_FIELD_BIT(CG_VOLUME_DELETED_AT))
#define CG_LOAD_AUDIT ((CG_FIELD_BIT(CG_N_FIELDS) - 1) & ~CG_FIELD_BIT(CG_GROUP_NAME))
#define CG_LOAD_TREE (CG_FIELD_BIT(CG_GROUP_NAME) | CG_FIELD_BIT(CG_GROUP_PROJECT))

typedef struct {
    const CgNaming *naming; /* NULL: detect */
    uint64_t fields;  /* CG_LOAD_BACKFILL, CG_LOAD_AUDIT, CG_LOAD_TREE, or a set of one's own */
    bool all_volumes; /* every volume row, also those that no group has to do with */
    bool horizon;     /* find the purge horizon: one more scan a table */
    bool quiet;       /* no progress bar */
} CgLoadOptions;

/*
 * Without all_volumes the volumes are those with a group and those that a member was made from (for
 * an audit also those with '' in a reference, and those of cgsnapshots' snapshots). The references
 * of a volume without a group may then look missing.
 *
 * Errors: those of the naming; CG_EXIT_REFUSED when a table or column that lineage stands on is not
 * there (only the source column may be missing: see `present`); those of db/. A recovery conflict
 * on a standby is met by loading again, 3 times at most.
 */
CgModel *cg_model_load(CgDb *db, const CgLoadOptions *options, GError **error);

#endif
