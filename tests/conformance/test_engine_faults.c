/*
 * Requests whose n-th call to the database fails, for n = 1, 2, … until they pass: after each
 * failure there is nothing, or a group that recover finishes, and the quota is as it must be.
 */
#include "engine/create.h"
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

/* ---- a recover whose n-th call fails ---- */

static const struct {
    const char *plan; /* of the process that was killed */
    int steps;        /* after which it was */
    const char *end;
    CgDbErrorCode code;
} killed[] = {
    { "array: \"%s\"\n", 1, "available\n", CG_DB_ERROR_QUERY },
    { "array: \"%s\"\n", 4, "available\n", CG_DB_ERROR_CONNECT },
    { "array: \"%s\"\nfrom_src: fail-after\n", 6, "error\n", CG_DB_ERROR_QUERY },
    { "array: \"%s\"\nfrom_src: fail-after\n", 6, "error\n", CG_DB_ERROR_CONNECT },
};

static void
leave(CgDb *db, const char *plan, int steps)
{
    const CgCreateFromSrc options = { .consistencygroup = "S" };
    g_autoptr(GError) error = NULL;
    g_autoptr(CgEngine) engine = cg_test_engine_new(db, plan, NULL);
    g_autoptr(CgRequest) request = cg_request_new(engine, &cg_operation_create_from_src, NULL);
    request->options = &options;
    ck_ok(cg_request_lock(request, &error), error);
    for (int i = 0; i < steps; i++)
        cg_request_step(request);
    ck_assert_int_eq(request->state, CG_REQUEST_UNDERWAY);
}

static bool
recover_one(CgDb *wrapped, int n)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(CgEngine) engine = cg_test_engine_new(wrapped, "array: \"%s\"\n", NULL);
    cg_fakedb_fail_at(wrapped, n);
    g_autoptr(GPtrArray) recovered = cg_engine_recover(engine, &error);
    ck_assert_msg(recovered != NULL || error != NULL, "call %d: failed without an error", n);
    return recovered != NULL && cg_fakedb_calls(wrapped) < n;
}

START_TEST(a_recover_that_fails_is_gone_on_with)
{
    enum { MAX_CALLS = 2000 };
    bool passed = false;
    for (int n = 1; !passed && n < MAX_CALLS; n++) {
        CgDb *real = cg_test_engine_open(0);
        leave(real, killed[_i].plan, killed[_i].steps);
        g_autoptr(CgDb) wrapped = cg_fakedb_wrap(real, killed[_i].code);
        passed = recover_one(wrapped, n);
        g_clear_pointer(&wrapped, cg_db_close);
        g_autoptr(CgDb) db = cg_dbtest_again(CG_DB_WRITE);
        g_autoptr(GError) error = NULL;
        g_autofree char *array = NULL;
        g_autoptr(CgEngine) engine = cg_test_engine_new(db, "array: \"%s\"\n", &array);
        g_autoptr(GPtrArray) recovered = cg_engine_recover(engine, &error);
        ck_ok(recovered != NULL, error);
        g_autofree char *end = cg_dbtest_rows(db, NEW);
        /* Where the statement itself is what fails, a clone may end in error. */
        bool failed = strcmp(end, "error\n") == 0;
        ck_assert_msg(strcmp(end, killed[_i].end) == 0 ||
                          (failed && killed[_i].code == CG_DB_ERROR_QUERY),
                      "call %d: %s", n, end);
        ck_assert_int_eq(cg_test_engine_count(array), failed ? 0 : 3);
        ck_query(db, "SELECT state FROM cg_engine_request WHERE state <> 'failed'", "");
        cg_test_engine_check_quotas(db);
        g_clear_pointer(&db, cg_db_close);
        cg_test_engine_end();
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
    tcase_add_loop_test(tcase, a_recover_that_fails_is_gone_on_with, 0, G_N_ELEMENTS(killed));
    return cg_dbtest_run(suite);
}
