/*
 * Lineage drawn: which groups came from which, as a forest.
 *
 * Only what is recorded is drawn, the source column and the cgsnapshot; nothing is inferred. A
 * group that came from nowhere and that nothing came from is not in it.
 */
#ifndef CG_VERIFY_TREE_H
#define CG_VERIFY_TREE_H

#include "lineage/model.h"

#include <stdio.h>

/*
 * For a person: at most 200 lines and 20 levels, with the number of what is left out. A cycle is
 * cut at the group whose id is smallest.
 */
void cg_tree_print(const CgModel *model, FILE *out);

/* For a program: {"naming", "edges": [{"group", "name", "parent", "by"}]}, every live group that
 * has a source. False when the stream had an error. */
bool cg_tree_json(const CgModel *model, FILE *out) G_GNUC_WARN_UNUSED_RESULT;

#endif
