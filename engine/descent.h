/*
 * Where a group came from, and what came from it: as the rows name it, whatever became of them.
 *
 * A group's source is its source_cg_id, else upstream's source_cgid, else the group of its
 * cgsnapshot. '' is NULL. What is told are the lines of one group; the whole database is
 * lineage/'s.
 */
#ifndef CG_ENGINE_DESCENT_H
#define CG_ENGINE_DESCENT_H

#include "engine/engine.h"

typedef struct {
    const CgGroup *group;
    unsigned depth; /* 1: made from the group itself */
} CgDescendant;

typedef struct {
    /* Ids of char *, the nearest first. The last may be of a row that is dead or absent, or stand
     * in the list a second time: then the line is a cycle. */
    GPtrArray *up;
    /* Of CgDescendant: live groups, depth first, of one source in the order of their ids. One that
     * stands there a second time is not followed again. */
    GArray *down;
    GPtrArray *groups; /* all live ones, which own what `down` lends */
} CgDescent;

/* Reads all live groups once. To be called in a transaction, for one state of them. */
CgDescent *cg_descent_read(CgEngine *engine, const char *group_id, GError **error);
void cg_descent_free(CgDescent *descent);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CgDescent, cg_descent_free)

#endif
