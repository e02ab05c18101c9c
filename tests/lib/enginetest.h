/* A small cloud to clone from, and what tests of the engine look at. */
#ifndef CG_TESTS_LIB_ENGINETEST_H
#define CG_TESTS_LIB_ENGINETEST_H

#include "engine/engine.h"
#include "tests/lib/dbtest.h"
#include "tests/lib/kilo.h"

/*
 * Of project p and user u, on host h@b with its pools pool1 and pool2, in zone nova:
 *   S "prod"   s1 (1 GiB, gold, bootable) and s2 (2 GiB, no type, attached)
 *   K "shot"   the cgsnapshot of S: k2 of s1 and k1 of s2, so that the orders differ
 *   E "empty"  a group without volumes
 * Types gold and silver. No usage rows. NULL: skipped.
 */
CgDb *cg_test_engine_open(int backend);

/* The rows of that cloud, into tables that stand already. */
void cg_test_engine_fill(CgDb *db);

/* Every row that a request may touch, as text. The caller's. */
char *cg_test_engine_rows(CgDb *db);

/* Each usage equals a count of the live rows, nothing is reserved, no reservation is open. */
void cg_test_engine_check_quotas(CgDb *db);

/* A record of the group and its volumes, as of a request whose first worker was killed. */
void cg_test_engine_begin(CgDb *db, const char *group_id);

/* An engine with the mock driver and this plan ("%s" in it: a file for the array, whose path is
 * *out_array; both are removed by cg_test_engine_end()). NULL: no plan. */
CgEngine *cg_test_engine_new(CgDb *db, const char *plan, char **out_array);

/* The groups and volumes on that array. */
int cg_test_engine_count(const char *array);

/* A teardown beside cg_dbtest_end(). */
void cg_test_engine_end(void);

#endif
