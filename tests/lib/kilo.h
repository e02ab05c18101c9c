/* Databases for tests: empty Cinder schemas, and SQL run from text. Failures fail the running test.
 */
#ifndef CG_TESTS_LIB_KILO_H
#define CG_TESTS_LIB_KILO_H

#include "db/db.h"

/* Every statement of the text, one by one. */
void cg_test_run_sql(CgDb *db, const char *sql);

/* Section "up" (or "down") of our migration of that version. */
void cg_test_up(CgDb *db, int version);
void cg_test_down(CgDb *db, int version);

/* A true schema dump ("kilo-sqlite.sql") loaded as it is; false if CG_SCHEMA_DUMPS is not set. */
bool cg_test_load_dump(CgDb *db, const char *name);

/* The path of a file of the source tree, found whether or not the test runs at its top. Allocated.
 */
char *cg_test_source(const char *path);

#endif
