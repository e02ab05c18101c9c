/*
 * Where a group came from, and what came from it: as the rows name it, whatever became of them.
 *
 * A group's source is its source_cg_id, else upstream's source_cgid, else the group of its
 * cgsnapshot. '' is NULL. What is read is the lines of one group; the whole database is lineage/'s.
 */
#ifndef CG_ENGINE_DESCENT_H
#define CG_ENGINE_DESCENT_H

#include "engine/engine.h"

typedef struct {
    CgGroup *group;
    unsigned depth; /* 1: made from the group itself */
} CgDescendant;

/* Ids, the nearest first: an array of char *. The last may be of a row that is dead or absent, or
 * stand in the list a second time: then the line is a cycle. */
GPtrArray *cg_descent_up(CgEngine *engine, const char *group_id, GError **error);

/* Live groups, depth first, of one source in the order of their ids: an array of CgDescendant. One
 * that stands there a second time is not followed again. */
GPtrArray *cg_descent_down(CgEngine *engine, const char *group_id, GError **error);

#endif
