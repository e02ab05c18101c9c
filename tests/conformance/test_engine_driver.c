/* What a driver does or returns, and where it leaves rows, quota and array; recovery. */
#include "db/lock.h"
#include "engine/request.h"
#include "tests/lib/enginetest.h"
#include "tests/lib/migrations.h"

/* ---- plans ---- */

#define STATES                                                                                     \
    "SELECT status FROM consistencygroups WHERE id NOT IN ('S', 'E') UNION ALL SELECT * FROM"      \
    " (SELECT status FROM volumes WHERE id NOT IN ('s1', 's2') ORDER BY id) v"

static const struct {
    const char *plan;
    const char *part; /* of the error; NULL: goes well */
    const char *states;
    int on_array; /* lines: the group and its volumes */
} plans[] = {
    { "from_src: ok", NULL, "available\navailable\navailable\n", 3 },
    { "latency_ms: 1", NULL, "available\navailable\navailable\n", 3 },
    { "from_src: fail-before\nmessage: no power", "failed: no power", "error\nerror\nerror\n", 0 },
    { "from_src: fail-member\nmember: 2", "the plan says so", "error\nerror\nerror\n", 0 },
    { "from_src: fail-after", "the plan says so", "error\nerror\nerror\n", 0 },
    { "from_src: wrong-count", "1 volumes, not 2", "error\nerror\nerror\n", 0 },
    { "from_src: no-id", "a volume without an id", "error\nerror\nerror\n", 0 },
    { "from_src: group-error", "returned \"error\" for the group", "error\navailable\navailable\n",
      3 },
    { "from_src: member-error\nmember: 1", "returned \"error\" for volume ",
      "error\nerror\navailable\n", 2 },
    { "from_src: member-error\nmember: 2", "returned \"error\" for volume ",
      "error\navailable\nerror\n", 2 },
    { "from_src: not-implemented", NULL, "available\navailable\navailable\n", 3 },
    { "from_src: not-implemented\nclone: fail\nmember: 2", "the plan says so",
      "error\nerror\nerror\n", 0 },
    { "from_src: not-implemented\nclone: not-implemented", "failed", "error\nerror\nerror\n", 0 },
    { "from_src: fail-after\ndelete: fail", "could not remove it", "error\nerror\nerror\n", 3 },
};

static void
follow_plan(int backend, size_t i, const CgCreateFromSrc *options)
{
    g_autoptr(CgDb) db = cg_test_engine_open(backend);
    g_autofree char *plan = g_strconcat(plans[i].plan, "\narray: \"%s\"\n", NULL);
    g_autofree char *array = NULL, *id = NULL;
    g_autoptr(CgEngine) engine = cg_test_engine_new(db, plan, &array);
    g_autoptr(GError) error = NULL;
    bool ok = cg_engine_create_from_src(engine, options, &id, &error);
    ck_assert_msg(ok == (plans[i].part == NULL), "%s: %s", plan, error ? error->message : "");
    ck_assert_ptr_nonnull(id);
    if (!ok) {
        ck_exit(error, CG_EXIT_HALF_DONE, plans[i].part);
        ck_exit(error, CG_EXIT_HALF_DONE, id);
    }
    ck_query(db, STATES, plans[i].states);
    ck_assert_msg(cg_test_engine_count(array) == plans[i].on_array, "%s: %d lines", plan,
                  cg_test_engine_count(array));
    cg_test_engine_check_quotas(db);
    g_clear_pointer(&db, cg_db_close);
    cg_test_engine_end();
    cg_dbtest_end();
}

/* A volume that the driver could not make is not launched, nor bootable. */
START_TEST(a_member_in_error_was_never_there)
{
    g_autoptr(CgDb) db = cg_test_engine_open(_i);
    if (db == NULL)
        return;
    g_autofree char *id = NULL;
    g_autoptr(CgEngine) engine =
        cg_test_engine_new(db, "from_src: member-error\nlocation: true\n", NULL);
    g_autoptr(GError) error = NULL;
    cg_test_run_sql(db, "UPDATE volumes SET bootable = TRUE, multiattach = TRUE");
    const CgCreateFromSrc options = { .consistencygroup = "S" };
    ck_assert(!cg_engine_create_from_src(engine, &options, &id, &error));
    ck_query(db,
             "SELECT status, CASE WHEN launched_at IS NULL THEN 'never' ELSE 'launched' END,"
             " CASE WHEN bootable = TRUE AND multiattach = TRUE THEN 'both' ELSE 'none' END,"
             " CASE WHEN updated_at IS NULL THEN 'old' ELSE 'new' END"
             " FROM volumes WHERE source_volid IS NOT NULL ORDER BY 1",
             "available|launched|both|new\nerror|never|none|new\n");
}
END_TEST

START_TEST(each_plan_ends_as_it_must)
{
    static const CgCreateFromSrc sources[] = { { .consistencygroup = "S" }, { .cgsnapshot = "K" } };
    if (!cg_dbtest_has(_i))
        return;
    for (size_t i = 0; i < G_N_ELEMENTS(plans); i++)
        follow_plan(_i, i, &sources[i % 2]);
}
END_TEST

/* What a driver sets is in the rows, and each volume is of its own source. */
START_TEST(updates_and_pairs_reach_rows_and_array)
{
    g_autoptr(CgDb) db = cg_test_engine_open(_i);
    if (db == NULL)
        return;
    g_autofree char *array = NULL, *id = NULL, *text = NULL;
    g_autoptr(CgEngine) engine = cg_test_engine_new(db, "location: true\narray: \"%s\"\n", &array);
    g_autoptr(GError) error = NULL;
    const CgCreateFromSrc options = { .cgsnapshot = "K" };
    ck_ok(cg_engine_create_from_src(engine, &options, &id, &error), error);
    ck_assert(g_file_get_contents(array, &text, NULL, NULL));
    g_autoptr(GPtrArray) volumes = cg_volume_load(db, "snapshot_id IS NOT NULL", NULL, 0, &error);
    ck_assert_int_eq(volumes->len, 2);
    for (guint i = 0; i < volumes->len; i++) {
        const CgVolume *volume = g_ptr_array_index(volumes, i);
        g_autofree char *line =
            g_strdup_printf("volume %s %s %s\n", volume->id, id, volume->snapshot_id);
        g_autofree char *location = g_strconcat("mock:", volume->id, NULL);
        ck_assert_ptr_nonnull(strstr(text, line));
        ck_assert_str_eq(volume->provider_location, location);
    }
}
END_TEST

/* ---- recovery of rows that a request left ---- */

#define LEFT                                                                                       \
    "INSERT INTO consistencygroups (id, name, created_at, deleted, status, project_id, user_id,"   \
    " host, availability_zone, source_cg_id) VALUES"                                               \
    " ('C', 'copy', '2015-05-01 00:00:00', FALSE, 'creating', 'p', 'u', 'h@b#pool1', 'nova', "     \
    "'S'),"                                                                                        \
    " ('P', 'plain', '2015-05-01 00:00:00', FALSE, 'creating', 'p', 'u', NULL, 'nova', 'S'),"      \
    " ('H', 'hollow', '2015-05-01 00:00:00', FALSE, 'creating', 'p', 'u', NULL, 'nova', 'S');"     \
    "INSERT INTO volumes (id, created_at, deleted, status, size, project_id, user_id, host,"       \
    " consistencygroup_id, source_volid) VALUES"                                                   \
    " ('c1', '2015-05-01 00:00:00', FALSE, 'creating', 2, 'p', 'u', 'h@b#pool2', 'C', 's2'),"      \
    " ('c2', '2015-05-01 00:00:00', FALSE, 'creating', 1, 'p', 'u', 'h@b#pool1', 'C', 's1')"

#define LEFT_STATES                                                                                \
    "SELECT id, status FROM consistencygroups WHERE id IN ('C', 'P', 'H') UNION ALL"               \
    " SELECT id, status FROM volumes WHERE id IN ('c1', 'c2') ORDER BY 1"

/* C with its volumes was begun by the engine, P by Cinder; of H the volumes are gone. */
static CgDb *
open_left(int backend)
{
    CgDb *db = cg_test_engine_open(backend);
    if (db == NULL)
        return NULL;
    cg_test_run_sql(db, LEFT);
    cg_test_engine_begin(db, "C");
    cg_test_engine_begin(db, "H");
    return db;
}

/* "C finished; H error": what was recovered. */
static char *
recover(CgDb *db, const char *plan)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(CgEngine) engine = cg_test_engine_new(db, plan, NULL);
    g_autoptr(GPtrArray) all = cg_engine_recover(engine, &error);
    ck_ok(all != NULL, error);
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < all->len; i++) {
        const CgRecovered *one = g_ptr_array_index(all, i);
        g_string_append_printf(text, "%s %d;", one->group_id, (int)one->state);
        ck_assert(one->state == CG_RECOVERED_FINISHED || one->reason != NULL);
    }
    return g_string_free(text, FALSE);
}

#define ck_recover(db, plan, expected)                                                             \
    do {                                                                                           \
        g_autofree char *recovered_ = recover(db, plan);                                           \
        ck_assert_str_eq(recovered_, expected);                                                    \
    } while (0)

START_TEST(what_was_left_is_finished)
{
    g_autoptr(CgDb) db = open_left(_i);
    if (db == NULL)
        return;
    ck_recover(db, NULL, "C 0;H 3;");
    ck_query(db, LEFT_STATES, "C|available\nH|creating\nP|creating\nc1|available\nc2|available\n");
    ck_recover(db, NULL, "H 3;");
}
END_TEST

/* The source lost a member and gained another since: the clone is of what it was. */
START_TEST(members_are_those_of_the_request)
{
    g_autoptr(CgDb) db = open_left(_i);
    if (db == NULL)
        return;
    cg_test_run_sql(db, "UPDATE volumes SET consistencygroup_id = NULL WHERE id = 's2'");
    ck_recover(db, NULL, "C 0;H 3;");
}
END_TEST

static const char *const vanished[] = {
    "UPDATE volumes SET deleted = TRUE WHERE id = 's2'",
    "UPDATE volumes SET status = 'error' WHERE id = 's1'",
    "UPDATE consistencygroups SET deleted = TRUE WHERE id = 'S'",
};

START_TEST(a_vanished_source_ends_in_error)
{
    if (!cg_dbtest_has(_i))
        return;
    for (size_t i = 0; i < G_N_ELEMENTS(vanished); i++) {
        g_autoptr(CgDb) db = open_left(_i);
        cg_test_run_sql(db, vanished[i]);
        ck_recover(db, NULL, "C 1;H 3;");
        ck_query(db, LEFT_STATES, "C|error\nH|creating\nP|creating\nc1|error\nc2|error\n");
        g_clear_pointer(&db, cg_db_close);
        cg_dbtest_end();
    }
}
END_TEST

/* What could not be removed is tried again, until the group is somebody else's. */
START_TEST(a_removal_that_fails_is_not_the_end)
{
    g_autoptr(CgDb) db = open_left(_i);
    if (db == NULL)
        return;
    cg_test_run_sql(db, "DELETE FROM consistencygroups WHERE id = 'H'");
    const char *failing = "from_src: fail-after\ndelete: fail\n";
    ck_recover(db, failing, "C 3;H 4;");
    ck_query(db, "SELECT state FROM cg_engine_request", "undoing\n");
    ck_recover(db, failing, "C 3;");
    ck_recover(db, NULL, "C 1;");
    ck_query(db, "SELECT state FROM cg_engine_request", "failed\n");
    g_autofree char *reason = cg_record_reason(db, "C");
    ck_assert_str_eq(reason, "the driver \"mock\" could not remove it: the plan says so");
    cg_test_run_sql(db, "UPDATE consistencygroups SET updated_at = '2100-01-01 00:00:00'");
    ck_assert_ptr_null(cg_record_reason(db, "C"));
    ck_recover(db, NULL, "");
    ck_query(db, "SELECT state FROM cg_engine_request", "failed\n");
    cg_test_run_sql(db, "UPDATE consistencygroups SET status = 'available'");
    ck_recover(db, NULL, "");
    ck_query(db, "SELECT state FROM cg_engine_request", "");
}
END_TEST

/* Nobody has called the driver for it: there is nothing to remove, and so nobody to ask first. */
START_TEST(what_no_worker_took_up_is_only_made)
{
    g_autoptr(CgDb) db = open_left(_i);
    if (db == NULL)
        return;
    cg_test_run_sql(db, "INSERT INTO volumes (id, created_at, deleted, status, size, project_id,"
                        " consistencygroup_id) VALUES ('x', '2015-05-01 00:00:00', FALSE,"
                        " 'available', 1, 'p', 'C')");
    ck_recover(db, "delete: fail\n", "C 3;H 3;");
    cg_test_run_sql(db, "UPDATE cg_engine_request SET attempt = 0 WHERE group_id = 'C'");
    ck_recover(db, "delete: fail\n", "C 0;H 3;");
}
END_TEST

START_TEST(a_busy_group_is_left_alone)
{
    g_autoptr(CgDb) db = open_left(_i);
    if (db == NULL)
        return;
    g_autoptr(GError) error = NULL;
    g_autoptr(CgDb) other = cg_dbtest_again(CG_DB_WRITE);
    g_autoptr(CgLock) lock = cg_db_lock(other, "engine.C", 0, &error);
    ck_ok(lock != NULL, error);
    ck_recover(db, NULL, "C 2;H 3;");
    ck_query(db, "SELECT status FROM consistencygroups WHERE id = 'C'", "creating\n");
    g_clear_pointer(&lock, cg_lock_release);
    ck_recover(db, "from_src: fail-before\n", "C 1;H 3;");
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("engine driver");
    TCase *tcase = cg_dbtest_case(suite, "plans and recovery");
    tcase_add_checked_fixture(tcase, NULL, cg_test_engine_end);
    cg_dbtest_add(tcase, each_plan_ends_as_it_must);
    cg_dbtest_add(tcase, a_member_in_error_was_never_there);
    cg_dbtest_add(tcase, updates_and_pairs_reach_rows_and_array);
    cg_dbtest_add(tcase, what_was_left_is_finished);
    cg_dbtest_add(tcase, members_are_those_of_the_request);
    cg_dbtest_add(tcase, a_vanished_source_ends_in_error);
    cg_dbtest_add(tcase, a_removal_that_fails_is_not_the_end);
    cg_dbtest_add(tcase, what_no_worker_took_up_is_only_made);
    cg_dbtest_add(tcase, a_busy_group_is_left_alone);
    return cg_dbtest_run(suite);
}
