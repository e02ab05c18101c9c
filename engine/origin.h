/*
 * What a group is made from: a group with its volumes, or a cgsnapshot with its snapshots.
 *
 * Found twice: by what the user wrote, before anything is made, and by the rows of the new group,
 * when a worker takes it up. The second time the members are those that the first one wrote down,
 * whatever happened to the source's membership since.
 */
#ifndef CG_ENGINE_ORIGIN_H
#define CG_ENGINE_ORIGIN_H

#include "engine/engine.h"

typedef struct {
    CgGroup *group;           /* the source; or the group that the cgsnapshot is of */
    CgCgsnapshot *cgsnapshot; /* or NULL */
    GPtrArray *volumes;       /* of CgVolume: the sources; or those that the snapshots are of */
    GPtrArray *snapshots;     /* of CgSnapshot, or NULL: snapshots[i] is of volumes[i] */
} CgOrigin;

void cg_origin_free(CgOrigin *origin);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CgOrigin, cg_origin_free)

/*
 * By id, else by name, within the scope where one is given; locks the row of the cgsnapshot, then
 * that of the group, until the transaction ends. CG_ENGINE_ERROR_NOT_FOUND; AMBIGUOUS lists those
 * of that name.
 */
CgOrigin *cg_origin_find(CgDb *db, const CgCreateFromSrc *options, GError **error);

/* A group in the same way, without a lock. */
CgGroup *cg_origin_find_group(CgDb *db, const char *word, const char *scope, GError **error);

/* The source of a group that stands already; volumes (or snapshots) in the order of its `volumes`.
 * CG_ENGINE_ERROR_STATE: it is gone. */
CgOrigin *cg_origin_of(CgDb *db, const CgGroup *group, const GPtrArray *volumes, GError **error);

/* Whether it may be cloned: its statuses, members, host, zones, types. CG_ENGINE_ERROR_STATE. */
bool cg_origin_check(const CgOrigin *origin, const CgEngine *engine,
                     GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* What a worker looks at again: whether each member may still be read.
 * CG_ENGINE_ERROR_STATE. */
bool cg_origin_check_members(const CgOrigin *origin, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Of the i-th volume to be made; a zone or a type may be NULL. */
int64_t cg_origin_size(const CgOrigin *origin, guint i); /* GiB */
const char *cg_origin_type(const CgOrigin *origin, guint i);
const char *cg_origin_zone(const CgOrigin *origin, guint i);

#endif
