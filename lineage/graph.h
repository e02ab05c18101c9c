/*
 * Cycles in lineage: strongly connected sets of two or more live rows. Linear time, no recursion.
 */
#ifndef CG_LINEAGE_GRAPH_H
#define CG_LINEAGE_GRAPH_H

#include "lineage/model.h"

/* Each cycle's rows begin with the one whose id is smallest by bytes, and follow in that order. */
typedef struct {
    uint32_t n;
    uint32_t *start; /* n + 1 entries into `row` */
    uint32_t *row;
} CgCycles;

/* Groups, over their source and over the group of the cgsnapshot they were made from. */
CgCycles *cg_cycles_of_groups(const CgModel *model);

void cg_cycles_free(CgCycles *cycles);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CgCycles, cg_cycles_free)

#endif
