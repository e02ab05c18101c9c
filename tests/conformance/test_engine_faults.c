/*
 * Requests whose n-th call to the database fails, for n = 1, 2, … until they pass: after each
 * failure there is nothing, or a group that recover finishes, and the quota is as it must be.
 */
#include "tests/lib/enginetest.h"
#include "tests/lib/fakedb.h"

static const struct {
    int backend;
    CgDbErrorCode code;
    bool lose_answers;
    int stride; /* from n to the next: a run takes longer with a server */
} faults[] = {
    { 0, CG_DB_ERROR_QUERY, false, 1 },         { 0, CG_DB_ERROR_FULL, false, 1 },
    { 0, CG_DB_ERROR_SERIALIZATION, false, 1 }, { 0, CG_DB_ERROR_CONNECT, true, 1 },
    { 2, CG_DB_ERROR_CONNECT, true, 7 },
};

#define NEW "SELECT status FROM consistencygroups WHERE source_cg_id = 'S'"

static void
check_recovered(CgDb *db)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(CgEngine) engine = cg_test_engine_new(db, NULL, NULL);
    g_autoptr(GPtrArray) recovered = cg_engine_recover(engine, &error);
    ck_ok(recovered != NULL, error);
    ck_query(db, "SELECT id FROM consistencygroups WHERE status = 'creating'", "");
    ck_query(db, "SELECT id FROM volumes WHERE status = 'creating'", "");
    cg_test_engine_check_quotas(db);
}

/* Whether the request passed. What it says agrees with the rows. */
static bool
run_one(CgDb *wrapped, int n)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(CgEngine) engine = cg_test_engine_new(wrapped, NULL, NULL);
    const CgCreateFromSrc options = { .consistencygroup = "S" };
    g_autofree char *id = NULL;
    cg_fakedb_fail_at(wrapped, n);
    bool ok = cg_engine_create_from_src(engine, &options, &id, &error);
    ck_assert_msg(ok || error != NULL, "call %d: failed without an error", n);
    if (!ok && id != NULL)
        ck_assert_msg(cg_error_is(error, CG_EXIT_HALF_DONE), "call %d: %s", n, error->message);
    return ok && cg_fakedb_calls(wrapped) < n;
}

START_TEST(each_failure_leaves_all_or_nothing)
{
    enum { MAX_CALLS = 2000 };
    bool passed = false;
    for (int n = 1; !passed && n < MAX_CALLS; n += faults[_i].stride) {
        CgDb *real = cg_test_engine_open(faults[_i].backend);
        if (real == NULL)
            return;
        g_autoptr(CgDb) wrapped = cg_fakedb_wrap(real, faults[_i].code);
        if (faults[_i].lose_answers)
            cg_fakedb_lose_answers(wrapped);
        passed = run_one(wrapped, n);
        g_clear_pointer(&wrapped, cg_db_close);
        g_autoptr(CgDb) db = cg_dbtest_again(CG_DB_WRITE);
        check_recovered(db);
        if (passed)
            ck_query(db, NEW, "available\n");
        g_clear_pointer(&db, cg_db_close);
        cg_dbtest_end();
    }
    ck_assert(passed);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("engine faults");
    TCase *tcase = cg_dbtest_case(suite, "each call fails once");
    tcase_add_checked_fixture(tcase, NULL, cg_test_engine_end);
    tcase_set_timeout(tcase, 120);
    tcase_add_loop_test(tcase, each_failure_leaves_all_or_nothing, 0, G_N_ELEMENTS(faults));
    return cg_dbtest_run(suite);
}
