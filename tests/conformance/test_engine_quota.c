/* Limits, usages and reservations on each backend. */
#include "base/time.h"
#include "engine/first.h"
#include "engine/quota.h"
#include "tests/lib/enginetest.h"
#include "tests/lib/migrations.h"

#define USAGES                                                                                     \
    "SELECT resource, in_use, reserved FROM quota_usages WHERE deleted = FALSE ORDER BY "          \
    "resource, id"

static CgQuota *
ask(int64_t volumes)
{
    CgQuota *quota = cg_quota_new("p");
    cg_quota_add(quota, CG_QUOTA_VOLUMES, "tg", "gold", volumes);
    cg_quota_add(quota, CG_QUOTA_VOLUMES, NULL, NULL, volumes - 1);
    cg_quota_add(quota, CG_QUOTA_VOLUMES, NULL, NULL, 1);
    return quota;
}

static void
take(CgDb *db, CgQuota *quota)
{
    g_autoptr(GError) error = NULL;
    ck_ok(cg_quota_take(quota, db, true, cg_time_now(), &error), error);
}

START_TEST(first_use_counts_what_is_there)
{
    g_autoptr(CgDb) db = cg_test_engine_open(_i);
    if (db == NULL)
        return;
    g_autoptr(CgQuota) quota = ask(3);
    g_autoptr(GError) error = NULL;
    ck_assert(!cg_quota_take(quota, db, false, 0, &error));
    ck_assert(g_error_matches(error, CG_FIRST_ERROR, CG_FIRST_ERROR_MISSING));
    ck_query(db, USAGES, "");
    take(db, quota);
    ck_query(db, USAGES, "volumes|5|0\nvolumes_gold|4|0\n");
    ck_query(db,
             "SELECT resource, delta, project_id FROM reservations WHERE deleted = TRUE"
             " AND expire > created_at AND deleted_at = created_at ORDER BY resource",
             "volumes|3|p\nvolumes_gold|3|p\n");
}
END_TEST

START_TEST(what_is_dead_or_of_others_is_not_counted)
{
    g_autoptr(CgDb) db = cg_test_engine_open(_i);
    if (db == NULL)
        return;
    cg_test_run_sql(
        db, "INSERT INTO consistencygroups (id, deleted, project_id) VALUES ('D', TRUE, 'p'),"
            " ('Q', FALSE, 'q');"
            "INSERT INTO volumes (id, deleted, project_id, size, volume_type_id) VALUES"
            " ('d', TRUE, 'p', 100, 'tg'), ('q', FALSE, 'q', 100, 'tg');"
            "INSERT INTO snapshots (id, deleted, project_id, volume_id, volume_size) VALUES"
            " ('d', TRUE, 'p', 's1', 100), ('q', FALSE, 'q', 's1', 100)");
    g_autoptr(CgQuota) quota = cg_quota_new("p");
    for (int kind = 0; kind < CG_N_QUOTA_KINDS; kind++) {
        cg_quota_add(quota, (CgQuotaKind)kind, NULL, NULL, 1);
        if (kind != CG_QUOTA_GROUPS)
            cg_quota_add(quota, (CgQuotaKind)kind, "tg", "gold", 1);
    }
    take(db, quota);
    ck_query(db, USAGES,
             "consistencygroups|3|0\ngigabytes|7|0\ngigabytes_gold|3|0\nvolumes|3|0\n"
             "volumes_gold|2|0\n");
}
END_TEST

START_TEST(negative_usage_is_counted_anew_and_of_a_pair_the_newest_counts)
{
    g_autoptr(CgDb) db = cg_test_engine_open(_i);
    if (db == NULL)
        return;
    cg_test_run_sql(db,
                    "INSERT INTO quota_usages (id, deleted, project_id, resource, in_use, reserved)"
                    " VALUES (1001, FALSE, 'p', 'volumes', 9, 9), (1002, FALSE, 'p', 'volumes', -3,"
                    " 1), (1003, FALSE, 'p', 'volumes_gold', 1, 0), (1004, TRUE, 'p', 'volumes', 7,"
                    " 7)");
    g_autoptr(CgQuota) quota = ask(2);
    take(db, quota);
    ck_query(db, USAGES, "volumes|9|9\nvolumes|4|1\nvolumes_gold|3|0\n");
}
END_TEST

START_TEST(limits_are_the_projects_then_the_classes_then_built_in)
{
    g_autoptr(CgDb) db = cg_test_engine_open(_i);
    if (db == NULL)
        return;
    g_autoptr(GError) error = NULL;
    g_autoptr(CgQuota) many = ask(9), more = ask(90);
    ck_assert(!cg_quota_take(many, db, true, 0, &error));
    ck_exit(error, CG_EXIT_REFUSED, "volumes: 2 of 10 taken, 9 asked for");
    g_clear_error(&error);
    cg_test_run_sql(db, "INSERT INTO quotas (id, deleted, project_id, resource, hard_limit) VALUES"
                        " (1, FALSE, 'p', 'volumes', NULL), (2, TRUE, 'p', 'volumes', 1),"
                        " (3, FALSE, 'q', 'volumes', 1), (4, FALSE, 'p', 'volumes_gold', 50)");
    ck_assert(!cg_quota_take(more, db, true, 0, &error));
    ck_exit(error, CG_EXIT_REFUSED, "volumes_gold: 1 of 50 taken, 90 asked for");
    ck_assert_ptr_null(strstr(error->message, "volumes:"));
    take(db, many);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("engine quota");
    TCase *tcase = cg_dbtest_case(suite, "quota");
    cg_dbtest_add(tcase, first_use_counts_what_is_there);
    cg_dbtest_add(tcase, what_is_dead_or_of_others_is_not_counted);
    cg_dbtest_add(tcase, negative_usage_is_counted_anew_and_of_a_pair_the_newest_counts);
    cg_dbtest_add(tcase, limits_are_the_projects_then_the_classes_then_built_in);
    return cg_dbtest_run(suite);
}
