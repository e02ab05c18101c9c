#include "tests/lib/cloud.h"

#include "tests/lib/kilo.h"

#include <check.h>

static const char rows[] =
    "INSERT INTO consistencygroups (id, project_id, status, created_at, deleted, deleted_at,"
    " source_cg_id, cgsnapshot_id) VALUES"
    " ('A', 'p1', 'available', '2015-01-01 00:00:00', FALSE, NULL, NULL, NULL),"
    " ('B', 'p1', 'available', '2015-02-01 00:00:00', FALSE, NULL, 'A', NULL),"
    " ('C', 'p1', 'available', '2015-03-01 00:00:00', FALSE, NULL, NULL, 'K'),"
    " ('D', 'p1', 'available', '2015-01-05 00:00:00', FALSE, NULL, NULL, NULL),"
    " ('F', 'p1', 'available', '2015-05-01 00:00:00', FALSE, NULL, NULL, NULL),"
    " ('old', 'p1', 'deleted', '2014-01-01 00:00:00', TRUE, '2014-02-01 00:00:00', NULL, NULL);"
    "INSERT INTO cgsnapshots (id, consistencygroup_id, project_id, status, created_at, deleted,"
    " deleted_at) VALUES"
    " ('K', 'A', 'p1', 'available', '2015-02-20 00:00:00', FALSE, NULL),"
    " ('oldK', 'old', 'p1', 'deleted', '2014-01-02 00:00:00', TRUE, '2014-02-01 00:00:00');"
    "INSERT INTO volumes (id, consistencygroup_id, project_id, status, size, created_at, deleted,"
    " deleted_at, source_volid, snapshot_id) VALUES"
    " ('a1', 'A', 'p1', 'available', 1, '2015-01-02 00:00:00', FALSE, NULL, NULL, NULL),"
    " ('a2', 'A', 'p1', 'available', 1, '2015-01-02 00:00:00', FALSE, NULL, NULL, NULL),"
    " ('b1', 'B', 'p1', 'available', 1, '2015-02-01 00:00:00', FALSE, NULL, 'a1', NULL),"
    " ('b2', 'B', 'p1', 'available', 1, '2015-02-01 00:00:00', FALSE, NULL, 'a2', NULL),"
    " ('c1', 'C', 'p1', 'available', 1, '2015-03-01 00:00:00', FALSE, NULL, NULL, 'k1'),"
    " ('c2', 'C', 'p1', 'available', 1, '2015-03-01 00:00:00', FALSE, NULL, NULL, 'k2'),"
    " ('d1', 'D', 'p1', 'available', 1, '2015-01-06 00:00:00', FALSE, NULL, NULL, NULL),"
    " ('d2', 'D', 'p1', 'available', 1, '2015-01-06 00:00:00', FALSE, NULL, NULL, NULL),"
    " ('f1', 'F', 'p1', 'available', 1, '2015-05-02 00:00:00', FALSE, NULL, NULL, NULL),"
    " ('f2', 'F', 'p1', 'available', 1, '2015-05-02 00:00:00', FALSE, NULL, NULL, NULL),"
    " ('oldv', 'old', 'p1', 'deleted', 1, '2014-01-01 00:00:00', TRUE, '2014-02-01 00:00:00',"
    "  NULL, NULL);"
    "INSERT INTO snapshots (id, volume_id, cgsnapshot_id, project_id, status, volume_size,"
    " created_at, deleted) VALUES"
    " ('k1', 'a1', 'K', 'p1', 'available', 1, '2015-02-20 00:00:00', FALSE),"
    " ('k2', 'a2', 'K', 'p1', 'available', 1, '2015-02-20 00:00:00', FALSE);";

void
cg_test_make_cloud(CgDb *db)
{
    cg_test_up(db, 1);
    cg_test_up(db, 3);
    cg_test_run_sql(db, rows);
}

CgDb *
cg_test_cloud(const char *damage)
{
    g_autoptr(GError) error = NULL;
    CgDb *db = cg_db_open_memory(&error);
    ck_assert_msg(db != NULL, "%s", error != NULL ? error->message : "");
    cg_test_make_cloud(db);
    if (damage != NULL)
        cg_test_run_sql(db, damage);
    return db;
}
