/* Plans: which state each migration is in, what is wrong with a history, which steps lead where. */
#include "migrate/plan.h"

#include "tests/lib/dbtest.h"
#include "tests/lib/migrations.h"

#define ONE                                                                                        \
    "-- migrate:up\nCREATE TABLE one (id INTEGER PRIMARY KEY);\n-- migrate:down\nDROP TABLE "      \
    "one;\n"
#define TWO                                                                                        \
    "-- migrate:up\nALTER TABLE one ADD COLUMN two INTEGER;\n"                                     \
    "-- migrate:down\nALTER TABLE one DROP COLUMN two;\n"
#define THREE                                                                                      \
    "-- migrate:require \"fill two first\"\n"                                                      \
    "SELECT NOT EXISTS (SELECT 1 FROM one WHERE two IS NULL);\n"                                   \
    "-- migrate:up\nCREATE INDEX three ON one (two);\n-- migrate:down\nDROP INDEX three;\n"

static void
put_files(void)
{
    cg_test_put("0001_one.sql", ONE);
    cg_test_put("0002_two.sql", TWO);
    cg_test_put("0003_three.sql", THREE);
}

/* A database with the first `applied` of the three migrations. */
static CgDb *
open_at(int backend, int applied)
{
    CgDb *db = cg_dbtest_open(backend);
    if (db == NULL)
        return NULL;
    put_files();
    if (applied > 0)
        cg_test_migrate_ok(db, CG_UP, applied);
    return db;
}

static CgPlan *
load(CgDb *db)
{
    g_autoptr(GError) error = NULL;
    CgPlan *plan = cg_plan_load(db, cg_test_folder(), &error);
    ck_ok(plan != NULL, error);
    return plan;
}

/* "1 applied, 2 pending" */
static char *
states(CgDb *db)
{
    g_autoptr(CgPlan) plan = load(db);
    GString *text = g_string_new(NULL);
    for (size_t i = 0; i < cg_plan_size(plan); i++) {
        const CgPlanItem *item = cg_plan_item(plan, i);
        g_string_append_printf(text, "%s%d %s%s", i > 0 ? ", " : "", (int)item->version,
                               cg_state_name(item->state), item->interrupted ? "!" : "");
    }
    return g_string_free(text, FALSE);
}

#define ck_states(db, expected)                                                                    \
    do {                                                                                           \
        g_autofree char *states_ = states(db);                                                     \
        ck_assert_str_eq(states_, expected);                                                       \
    } while (0)

static void
append(CgDb *db, CgEventKind kind, const char *name, const char *text, const char *note)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(CgMigration) migration = cg_test_migration(db, name, text);
    g_autoptr(CgLedger) ledger = cg_ledger_load(db, &error);
    CgNewEvent event = { .kind = kind, .migration = migration, .note = note };
    bool ok = ledger != NULL && cg_ledger_append(ledger, &event, &error);
    ck_ok(ok, error);
}

/* ---- states ---- */

START_TEST(pending_applied_waiting)
{
    g_autoptr(CgDb) db = open_at(_i, 0);
    if (db == NULL)
        return;
    ck_states(db, "1 pending, 2 pending, 3 pending");
    cg_test_migrate_ok(db, CG_UP, 2);
    ck_states(db, "1 applied, 2 applied, 3 pending");
    cg_dbtest_exec(db, "INSERT INTO one (id) VALUES (1)");
    ck_states(db, "1 applied, 2 applied, 3 waiting");
    cg_dbtest_exec(db, "UPDATE one SET two = 2");
    cg_test_migrate_ok(db, CG_UP, -1);
    ck_states(db, "1 applied, 2 applied, 3 applied");
    cg_test_migrate_ok(db, CG_DOWN, -1);
    ck_states(db, "1 applied, 2 applied, 3 pending");
}
END_TEST

START_TEST(a_question_that_fails_is_no_error_of_a_plan)
{
    g_autoptr(CgDb) db = open_at(_i, 2);
    if (db == NULL)
        return;
    cg_test_put("0003_three.sql",
                "-- migrate:require \"x\"\nSELECT x FROM nowhere;\n-- migrate:up\n");
    ck_states(db, "1 applied, 2 applied, 3 pending");
    ck_assert_int_eq(cg_dbtest_int(db, "SELECT 7"), 7); /* the session is as good as before */
}
END_TEST

START_TEST(only_what_has_an_effect_makes_a_file_changed)
{
    g_autoptr(CgDb) db = open_at(_i, 2);
    if (db == NULL)
        return;
    cg_test_put("0002_two.sql",
                "-- a comment\n-- migrate:up lock_timeout:9s\nalter table one\n  add column two "
                "INTEGER ;\n-- migrate:down\nALTER TABLE one DROP COLUMN two;\n");
    ck_states(db, "1 applied, 2 applied, 3 pending");
    cg_test_put("0002_two.sql", "-- migrate:up\nALTER TABLE one ADD COLUMN two BIGINT;\n"
                                "-- migrate:down\nALTER TABLE one DROP COLUMN two;\n");
    ck_states(db, "1 applied, 2 changed, 3 pending");
}
END_TEST

START_TEST(missing_is_what_was_applied_and_has_no_file)
{
    g_autoptr(CgDb) db = open_at(_i, 2);
    if (db == NULL)
        return;
    cg_test_take_away("0002_two.sql");
    ck_states(db, "1 applied, 2 missing, 3 pending");
    cg_test_put("0002_two.sql", TWO);
    cg_test_migrate_ok(db, CG_DOWN, 1);
    cg_test_take_away("0002_two.sql");
    ck_states(db, "1 applied, 3 pending");
}
END_TEST

START_TEST(adopted_is_not_held_against_the_file)
{
    g_autoptr(CgDb) db = open_at(_i, 0);
    if (db == NULL)
        return;
    append(db, CG_EVENT_ADOPT, "0001_one.sql", "-- migrate:up\nCREATE TABLE other (x INTEGER);\n",
           NULL);
    ck_states(db, "1 adopted, 2 pending, 3 pending");
}
END_TEST

START_TEST(begun_and_not_done_is_interrupted)
{
    g_autoptr(CgDb) db = open_at(_i, 1);
    if (db == NULL)
        return;
    append(db, CG_EVENT_BEGIN, "0002_two.sql", TWO, "up 1");
    ck_states(db, "1 applied, 2 pending!, 3 pending");
    append(db, CG_EVENT_FAIL, "0002_two.sql", TWO, "something else");
    ck_states(db, "1 applied, 2 pending!, 3 pending");
    append(db, CG_EVENT_FAIL, "0002_two.sql", TWO, "up 1: refused");
    ck_states(db, "1 applied, 2 pending, 3 pending");
    append(db, CG_EVENT_UP, "0002_two.sql", TWO, NULL);
    ck_states(db, "1 applied, 2 applied, 3 pending");
    append(db, CG_EVENT_BEGIN, "0002_two.sql", TWO, "down 1");
    ck_states(db, "1 applied, 2 applied!, 3 pending");
    g_autoptr(GError) error = NULL;
    g_autoptr(CgPlan) plan = load(db);
    ck_assert_ptr_null(cg_plan_up(plan, cg_run_defaults.target, &error));
    ck_exit(error, CG_EXIT_HALF_DONE, "finish it first: cg-migrate down");
}
END_TEST

START_TEST(tables_that_nobody_made_need_adopting)
{
    g_autoptr(CgDb) db = open_at(_i, 0);
    if (db == NULL)
        return;
    g_autoptr(CgPlan) empty = load(db);
    ck_assert(!empty->needs_adopt);
    cg_dbtest_exec(db, "CREATE TABLE one (x INTEGER)");
    g_autoptr(GError) error = NULL;
    g_autoptr(CgPlan) plan = load(db);
    ck_assert(plan->needs_adopt);
    ck_assert(!cg_plan_check_adopted(plan, &error));
    ck_exit(error, CG_EXIT_REFUSED, "tables that cg-migrate did not make: one");
}
END_TEST

/* ---- histories ---- */

static const struct {
    const char *file; /* NULL text: taken away */
    const char *text;
    const char *message;
} problems[] = {
    { "0001_one.sql", "-- migrate:up\nCREATE TABLE one (id BIGINT PRIMARY KEY);\n",
      "migration 0001_one was edited after it was applied" },
    { "0002_two.sql", NULL, "migration 0002_two was applied and its file is missing" },
};

START_TEST(a_history_problem_is_named)
{
    g_autoptr(CgDb) db = open_at(0, 2);
    g_autoptr(GError) error = NULL;
    if (problems[_i].text != NULL)
        cg_test_put(problems[_i].file, problems[_i].text);
    else
        cg_test_take_away(problems[_i].file);
    g_autoptr(CgPlan) plan = load(db);
    ck_assert(!cg_plan_check_history(plan, &error));
    ck_exit(error, CG_EXIT_HISTORY, problems[_i].message);
}
END_TEST

START_TEST(a_new_file_below_the_newest_is_out_of_order)
{
    g_autoptr(CgDb) db = open_at(0, 1);
    g_autoptr(GError) error = NULL;
    cg_test_take_away("0002_two.sql");
    cg_test_put("0003_three.sql", "-- migrate:up\nSELECT 1;\n");
    cg_test_migrate_ok(db, CG_UP, -1);
    cg_test_put("0002_two.sql", TWO);
    g_autoptr(CgPlan) plan = load(db);
    ck_assert(!cg_plan_check_history(plan, &error));
    ck_exit(error, CG_EXIT_HISTORY, "0002_two is out of order: 3 is applied already");
}
END_TEST

/* ---- targets ---- */

/* Migrations 1 to 3, of which `applied` are; `steps` "3 2", or `message` of an error. */
static const struct {
    CgDirection direction;
    int applied;
    CgTarget target;
    const char *steps;
    CgExit exit;
    const char *message;
} targets[] = {
    { CG_UP, 0, { -1, -1 }, "1 2 3", 0, NULL },
    { CG_UP, 0, { 2, -1 }, "1 2", 0, NULL },
    { CG_UP, 0, { -1, 2 }, "1 2", 0, NULL },
    { CG_UP, 0, { -1, 0 }, "", 0, NULL },
    { CG_UP, 0, { 0, -1 }, "", 0, NULL },
    { CG_UP, 0, { -1, 99 }, "1 2 3", 0, NULL },
    { CG_UP, 2, { 2, -1 }, "", 0, NULL },
    { CG_UP, 2, { -1, 1 }, "3", 0, NULL },
    { CG_UP, 3, { -1, -1 }, "", 0, NULL },
    { CG_UP, 2, { 1, -1 }, NULL, CG_EXIT_USAGE, "version 1 lies below the current one, 2" },
    { CG_UP, 2, { 7, -1 }, NULL, CG_EXIT_USAGE, "there is no migration 7" },
    { CG_DOWN, 3, { -1, -1 }, "3", 0, NULL },
    { CG_DOWN, 3, { -1, 2 }, "3 2", 0, NULL },
    { CG_DOWN, 3, { -1, 99 }, "3 2 1", 0, NULL },
    { CG_DOWN, 3, { -1, 0 }, "", 0, NULL },
    { CG_DOWN, 3, { 0, -1 }, "3 2 1", 0, NULL },
    { CG_DOWN, 3, { 1, -1 }, "3 2", 0, NULL },
    { CG_DOWN, 2, { 2, -1 }, "", 0, NULL },
    { CG_DOWN, 0, { -1, -1 }, "", 0, NULL },
    { CG_DOWN, 1, { 2, -1 }, NULL, CG_EXIT_USAGE, "version 2 lies above the current one, 1" },
    { CG_DOWN, 1, { 7, -1 }, NULL, CG_EXIT_USAGE, "there is no migration 7" },
};

static char *
steps_text(const GPtrArray *steps)
{
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < steps->len; i++)
        g_string_append_printf(text, "%s%d", i > 0 ? " " : "",
                               (int)((CgPlanItem *)g_ptr_array_index(steps, i))->version);
    return g_string_free(text, FALSE);
}

START_TEST(a_target_gives_its_steps)
{
    g_autoptr(CgDb) db = open_at(0, targets[_i].applied);
    g_autoptr(GError) error = NULL;
    g_autoptr(CgPlan) plan = load(db);
    ck_assert_int_eq(cg_plan_current(plan), targets[_i].applied);
    g_autoptr(GPtrArray) steps = targets[_i].direction == CG_UP
                                     ? cg_plan_up(plan, targets[_i].target, &error)
                                     : cg_plan_down(plan, targets[_i].target, &error);
    if (targets[_i].steps == NULL) {
        ck_assert_ptr_null(steps);
        ck_exit(error, targets[_i].exit, targets[_i].message);
        return;
    }
    ck_ok(steps != NULL, error);
    g_autofree char *text = steps_text(steps);
    ck_assert_str_eq(text, targets[_i].steps);
}
END_TEST

START_TEST(no_way_down_past_an_adopted_version)
{
    g_autoptr(CgDb) db = open_at(0, 0);
    cg_dbtest_exec(db, "CREATE TABLE one (id INTEGER PRIMARY KEY)");
    append(db, CG_EVENT_ADOPT, "0001_one.sql", ONE, NULL);
    cg_test_migrate_ok(db, CG_UP, 2);
    static const CgTarget past[] = { { 0, -1 }, { -1, 2 }, { -1, 99 } };
    for (size_t i = 0; i < G_N_ELEMENTS(past); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(CgPlan) plan = load(db);
        ck_assert_ptr_null(cg_plan_down(plan, past[i], &error));
        ck_exit(error, CG_EXIT_REFUSED, "an adopted version is never run down");
    }
    cg_test_migrate_ok(db, CG_DOWN, 1);
    ck_states(db, "1 adopted, 2 pending, 3 pending");
}
END_TEST

static const struct {
    const char *text;
    const char *message;
} one_way[] = {
    { "-- migrate:up\nSELECT 1;\n", "migration 0004_four cannot be undone" },
    { "-- migrate:up\nSELECT 1;\n-- migrate:down irreversible:\"the data is gone\"\n",
      "migration 0004_four cannot be undone: the data is gone" },
};

START_TEST(no_way_down_without_a_down)
{
    g_autoptr(CgDb) db = open_at(0, 3);
    g_autoptr(GError) error = NULL;
    cg_test_put("0004_four.sql", one_way[_i].text);
    cg_test_migrate_ok(db, CG_UP, -1);
    g_autoptr(CgPlan) plan = load(db);
    ck_assert_ptr_null(cg_plan_down(plan, cg_run_defaults.target, &error));
    ck_exit(error, CG_EXIT_REFUSED, one_way[_i].message);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("plan");
    TCase *tcase = cg_dbtest_case(suite, "plan");
    tcase_add_checked_fixture(tcase, NULL, cg_test_folder_end);
    cg_dbtest_add(tcase, pending_applied_waiting);
    cg_dbtest_add(tcase, a_question_that_fails_is_no_error_of_a_plan);
    cg_dbtest_add(tcase, only_what_has_an_effect_makes_a_file_changed);
    cg_dbtest_add(tcase, missing_is_what_was_applied_and_has_no_file);
    cg_dbtest_add(tcase, adopted_is_not_held_against_the_file);
    cg_dbtest_add(tcase, begun_and_not_done_is_interrupted);
    cg_dbtest_add(tcase, tables_that_nobody_made_need_adopting);
    tcase_add_loop_test(tcase, a_history_problem_is_named, 0, G_N_ELEMENTS(problems));
    tcase_add_test(tcase, a_new_file_below_the_newest_is_out_of_order);
    tcase_add_loop_test(tcase, a_target_gives_its_steps, 0, G_N_ELEMENTS(targets));
    tcase_add_test(tcase, no_way_down_past_an_adopted_version);
    tcase_add_loop_test(tcase, no_way_down_without_a_down, 0, G_N_ELEMENTS(one_way));
    return cg_dbtest_run(suite);
}
