/* A small cloud whose lineage is sound: what audits damage, and find nothing in before. */
#ifndef CG_TESTS_LIB_CLOUD_H
#define CG_TESTS_LIB_CLOUD_H

#include "db/db.h"

/*
 * Makes Cinder's tables with our column, and these groups of two volumes each in them (naming
 * spec): A           made 2015-01-01, with a1 and a2 B           made 2015-02-01, cloned from A: b1
 * and b2 from a1 and a2 C           made 2015-03-01 from cgsnapshot K of A: c1 and c2 from its
 * snapshots k1 and k2 D           made 2015-01-05, with d1 and d2 F           made 2015-05-01, with
 * f1 and f2 old         deleted 2014-02-01 with its volume oldv and its cgsnapshot oldK All are of
 * project p1.
 */
void cg_test_make_cloud(CgDb *db);

/* The same in SQLite's memory, with `damage` (statements; NULL: none) done to it. */
CgDb *cg_test_cloud(const char *damage);

#endif
