/*
 * Runs whose n-th call to the database fails, for n = 1, 2, … until they pass: after each failure
 * the ledger tells the truth about the tables, nothing kept is lost, and the next run ends as if
 * nothing had been.
 */
#include "base/term.h"
#include "db/probe.h"
#include "migrate/runner.h"
#include "schema/schema.h"
#include "tests/lib/dbtest.h"
#include "tests/lib/fakedb.h"
#include "tests/lib/migrations.h"

static const char *const files[][2] = {
    { "0001_one.sql", "-- migrate:up\nCREATE TABLE one (id INTEGER PRIMARY KEY, a INTEGER);\n"
                      "INSERT INTO one (id) VALUES (1);\n-- migrate:down preserve:one\n"
                      "DROP TABLE one;\n" },
    { "0002_two.sql", "-- migrate:up\nALTER TABLE one ADD COLUMN b INTEGER;\n-- migrate:verify\n"
                      "SELECT b FROM one WHERE 1 = 0;\n-- migrate:down preserve:one.b\n"
                      "ALTER TABLE one DROP COLUMN b;\n" },
    { "0003_three.sql", "-- migrate:require \"x\"\nSELECT count(*) FROM one;\n"
                        "-- migrate:up transaction:false dialect:postgresql\n"
                        "CREATE INDEX CONCURRENTLY i1 ON one (a);\n"
                        "CREATE INDEX CONCURRENTLY i2 ON one (b);\n"
                        "-- migrate:up transaction:false dialect:sqlite\n"
                        "CREATE INDEX i1 ON one (a);\nCREATE INDEX i2 ON one (b);\n"
                        "-- migrate:down transaction:false dialect:postgresql\n"
                        "DROP INDEX CONCURRENTLY i1;\nDROP INDEX CONCURRENTLY i2;\n"
                        "-- migrate:down transaction:false dialect:sqlite\n"
                        "DROP INDEX i1;\nDROP INDEX i2;\n" },
};

/* ---- flows ---- */

typedef enum { FIRST_UP, DOWN, SECOND_UP, N_FLOWS } Flow;

static const struct {
    int backend;
    CgDbErrorCode code;
    bool lose_answers;
    int stride; /* from n to the next: a run takes longer with a server */
} faults[] = {
    { 0, CG_DB_ERROR_FULL, false, 1 },
    { 0, CG_DB_ERROR_CONNECT, true, 1 },
    { 2, CG_DB_ERROR_CONNECT, true, 7 },
};

static void
do_not_sync(CgDb *db)
{
    if (cg_db_dialect(db)->sql == CG_SQL_SQLITE)
        cg_dbtest_exec(db, "PRAGMA synchronous = OFF");
}

static CgDb *
reopen(void)
{
    CgDb *db = cg_dbtest_again(CG_DB_WRITE);
    do_not_sync(db);
    return db;
}

static void
drop(CgDb *db, const char *table)
{
    g_autofree char *sql = g_strdup_printf("DROP TABLE IF EXISTS %s", table);
    cg_dbtest_exec(db, sql);
}

/* An empty database, or what the flow begins with. */
static void
set_up(CgDb *db, Flow flow)
{
    static const char *const tables[] = { "one", "cg_ledger", "cg_kept", "cg_kept_1", "cg_kept_2" };
    for (size_t i = 0; i < G_N_ELEMENTS(tables); i++)
        drop(db, tables[i]);
    if (cg_db_dialect(db)->sql == CG_SQL_POSTGRESQL)
        cg_dbtest_exec(db, "DROP FUNCTION IF EXISTS cg_ledger_refuse");
    if (flow == FIRST_UP)
        return;
    cg_test_migrate_ok(db, CG_UP, -1);
    cg_dbtest_exec(db, "UPDATE one SET b = 5");
    if (flow == SECOND_UP)
        cg_test_migrate_ok(db, CG_DOWN, 0);
}

static bool
run(CgDb *db, Flow flow, GError **error)
{
    return flow == DOWN ? cg_test_migrate(db, CG_DOWN, 0, error)
                        : cg_test_migrate(db, CG_UP, -1, error);
}

/* ---- judging ---- */

static bool
stands(const CgPlan *plan, int64_t version)
{
    return cg_plan_find(plan, version)->state == CG_STATE_APPLIED;
}

static bool
has_index(CgDb *db, const char *name)
{
    CgIndexState state = CG_INDEX_ABSENT;
    ck_assert(cg_db_index_state(db, NULL, name, NULL, &state, NULL));
    return state == CG_INDEX_VALID;
}

static void
check_truth(CgDb *db, Flow flow)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(CgPlan) plan = cg_plan_load(db, cg_test_folder(), &error);
    ck_ok(plan != NULL, error);
    ck_assert_int_eq(cg_db_has(db, "one", NULL, NULL), stands(plan, 1));
    ck_assert_int_eq(cg_db_has(db, "one", "b", NULL), stands(plan, 2));
    if (!cg_plan_find(plan, 3)->interrupted) {
        ck_assert_int_eq(has_index(db, "i1"), stands(plan, 3));
        ck_assert_int_eq(has_index(db, "i2"), stands(plan, 3));
    }
    if (flow == FIRST_UP)
        return;
    ck_assert_int_eq(
        cg_dbtest_int(db, stands(plan, 2) ? "SELECT b FROM one" : "SELECT b FROM cg_kept_1"), 5);
}

/* Tables, rows and events as they are when all is done; what was only tried does not count. */
static char *
outcome(CgDb *db, Flow flow)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(CgSchema) schema = cg_schema_read(db, &error);
    ck_ok(schema != NULL, error);
    g_autofree char *canonical = cg_schema_canonical(schema, "cg_ledger");
    GString *text = g_string_new(canonical);
    g_autofree char *history = cg_test_history(db);
    g_auto(GStrv) events = g_strsplit(history, ", ", -1);
    for (char **event = events; *event != NULL; event++)
        if (!g_str_has_prefix(*event, "begin") && !g_str_has_prefix(*event, "fail"))
            g_string_append_printf(text, "%s\n", *event);
    if (flow == SECOND_UP)
        g_string_append_printf(text, "b = %d\n", (int)cg_dbtest_int(db, "SELECT b FROM one"));
    return g_string_free(text, FALSE);
}

static char *
undisturbed(Flow flow)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(CgDb) db = reopen();
    set_up(db, flow);
    bool ok = run(db, flow, &error);
    ck_ok(ok, error);
    return outcome(db, flow);
}

/* ---- the test ---- */

/* The exit code says whether something half done stands, unless nobody can know. */
static void
check_error(const GError *error, bool lose_answers, int n)
{
    ck_assert_msg(strstr(error->message, "was made to fail") != NULL, "n = %d: %s", n,
                  error->message);
    if (lose_answers)
        return;
    g_autoptr(CgDb) db = reopen();
    g_autoptr(CgPlan) plan = cg_plan_load(db, cg_test_folder(), NULL);
    ck_assert_msg(cg_plan_find(plan, 3)->interrupted == cg_error_is(error, CG_EXIT_HALF_DONE),
                  "n = %d: exit %d: %s", n, error->code, error->message);
}

/* False: the run passed, having made fewer than n calls. */
static bool
fail_at(int n, Flow flow, CgDbErrorCode code, bool lose_answers)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(CgDb) db = cg_fakedb_wrap(reopen(), code);
    if (lose_answers)
        cg_fakedb_lose_answers(db);
    cg_fakedb_fail_at(db, n);
    if (run(db, flow, &error))
        return cg_fakedb_calls(db) >= n;
    ck_assert_ptr_nonnull(error);
    check_error(error, lose_answers, n);
    return true;
}

START_TEST(a_failing_call_is_survived)
{
    Flow flow = (Flow)(_i % N_FLOWS);
    const __typeof__(faults[0]) *fault = &faults[_i / N_FLOWS];
    g_autoptr(CgDb) first = cg_dbtest_open(fault->backend);
    if (first == NULL)
        return;
    cg_term_set_quiet(true);
    for (size_t i = 0; i < G_N_ELEMENTS(files); i++)
        cg_test_put(files[i][0], files[i][1]);
    g_autofree char *expected = undisturbed(flow);
    bool failed = true;
    int n = 1;
    for (; failed; n += fault->stride) {
        g_autoptr(CgDb) db = reopen();
        set_up(db, flow);
        failed = fail_at(n, flow, fault->code, fault->lose_answers);
        check_truth(db, flow);
        g_autoptr(GError) error = NULL;
        bool ok = run(db, flow, &error);
        ck_assert_msg(ok, "n = %d: %s", n, ok ? "" : error->message);
        g_autofree char *end = outcome(db, flow);
        ck_assert_msg(strcmp(end, expected) == 0, "n = %d: %s instead of %s", n, end, expected);
    }
    ck_assert_int_gt(n, 30);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("runner, faults");
    TCase *tcase = cg_dbtest_case(suite, "faults");
    tcase_add_checked_fixture(tcase, NULL, cg_test_folder_end);
    tcase_add_loop_test(tcase, a_failing_call_is_survived, 0, G_N_ELEMENTS(faults) * N_FLOWS);
    return cg_dbtest_run(suite);
}
