/* Runs of migrations: each step whole or not at all, what waits, the copy, locks. */
#include "base/term.h"
#include "db/lock.h"
#include "db/probe.h"
#include "migrate/runner.h"
#include "migrate/source.h"
#include "tests/lib/dbtest.h"
#include "tests/lib/migrations.h"

#include <glib/gstdio.h>

#define ONE                                                                                        \
    "-- migrate:up\nCREATE TABLE one (id INTEGER PRIMARY KEY, a INTEGER);\n"                       \
    "INSERT INTO one (id) VALUES (1);\n-- migrate:down\nDROP TABLE one;\n"
#define TWO                                                                                        \
    "-- migrate:up\nCREATE TABLE two (id INTEGER PRIMARY KEY);\n-- migrate:down\nDROP TABLE "      \
    "two;\n"
#define NOTHING "-- migrate:up\nSELECT 1;\n-- migrate:down\nSELECT 1;\n"

static bool
is_sqlite(const CgDb *db)
{
    return cg_db_dialect(db)->sql == CG_SQL_SQLITE;
}

static bool
has(CgDb *db, const char *table, const char *column)
{
    return cg_db_has(db, table, column, NULL) > 0;
}

static CgDb *
open_at_one(int backend)
{
    return cg_test_open_migrated(backend, "0001_one.sql", ONE);
}

static void
quietly(void)
{
    cg_term_set_quiet(true);
}

/* ---- steps ---- */

START_TEST(up_and_down_with_their_events)
{
    g_autoptr(CgDb) db = open_at_one(_i);
    if (db == NULL)
        return;
    cg_test_put("0002_two.sql", TWO);
    cg_test_put("0003_three.sql", NOTHING);
    cg_test_migrate_ok(db, CG_UP, -1);
    ck_assert(has(db, "one", NULL) && has(db, "two", NULL));
    cg_test_migrate_ok(db, CG_UP, -1);
    ck_history(db, "up 1, up 2, up 3");
    cg_test_migrate_ok(db, CG_DOWN, 1);
    ck_assert(has(db, "one", NULL) && !has(db, "two", NULL));
    cg_test_migrate_ok(db, CG_DOWN, 1);
    ck_history(db, "up 1, up 2, up 3, down 3, down 2");
}
END_TEST

START_TEST(the_last_event_of_a_run_carries_the_fingerprint)
{
    g_autoptr(CgDb) db = open_at_one(_i);
    if (db == NULL)
        return;
    cg_test_put("0002_two.sql", TWO);
    cg_test_put("0003_three.sql", NOTHING);
    cg_test_migrate_ok(db, CG_UP, -1);
    cg_test_migrate_ok(db, CG_DOWN, 1);
    g_autofree char *one = cg_dbtest_text(db, "SELECT fingerprint FROM cg_ledger WHERE number = 1");
    g_autofree char *back =
        cg_dbtest_text(db, "SELECT fingerprint FROM cg_ledger WHERE number = 5");
    ck_assert_uint_eq(strlen(one), 64);
    ck_assert_str_eq(one, back);
    ck_assert_int_eq(
        cg_dbtest_int(db, "SELECT sum(number) FROM cg_ledger WHERE fingerprint IS NOT NULL"),
        1 + 3 + 5);
}
END_TEST

START_TEST(a_step_that_fails_leaves_nothing)
{
    g_autoptr(CgDb) db = open_at_one(_i);
    if (db == NULL)
        return;
    cg_test_put("0002_two.sql", TWO);
    cg_test_put("0003_three.sql", "-- migrate:up\nCREATE TABLE three (id INTEGER);\n"
                                  "UPDATE one SET a = 7;\nSELECT nothing FROM one;\n");
    g_autoptr(GError) error = NULL;
    ck_assert(!cg_test_migrate(db, CG_UP, -1, &error));
    ck_exit(error, CG_EXIT_FAILED, "0003_three.sql:4:8: up, statement 3 of 3: ");
    ck_exit(error, CG_EXIT_FAILED, "this step left nothing, steps before it stand");
    ck_assert(has(db, "two", NULL) && !has(db, "three", NULL));
    ck_assert_int_eq(cg_dbtest_int(db, "SELECT count(*) FROM one WHERE a = 7"), 0);
    ck_history(db, "up 1, up 2, fail 3");
    g_autofree char *note = cg_dbtest_text(db, "SELECT note FROM cg_ledger WHERE event = 'fail'");
    ck_assert_ptr_nonnull(strstr(note, "nothing"));
    cg_test_put("0003_three.sql", NOTHING);
    cg_test_migrate_ok(db, CG_UP, -1);
    ck_history(db, "up 1, up 2, fail 3, up 3");
}
END_TEST

START_TEST(a_first_step_that_fails_leaves_no_ledger)
{
    g_autoptr(CgDb) db = cg_dbtest_open(_i);
    if (db == NULL)
        return;
    cg_test_put("0001_one.sql", "-- migrate:up\nCREATE TABLE one (id INTEGER);\nSELECT nothing;\n");
    g_autoptr(GError) error = NULL;
    ck_assert(!cg_test_migrate(db, CG_UP, -1, &error));
    ck_exit(error, CG_EXIT_FAILED, "0001_one.sql:3:8: up, statement 2 of 2");
    ck_assert(!has(db, "one", NULL) && !has(db, "cg_ledger", NULL));
}
END_TEST

START_TEST(a_verification_that_fails_rolls_back)
{
    g_autoptr(CgDb) db = open_at_one(_i);
    if (db == NULL)
        return;
    cg_test_put("0002_two.sql", TWO "-- migrate:verify\nSELECT id FROM two;\nSELECT b FROM two;\n");
    g_autoptr(GError) error = NULL;
    ck_assert(!cg_test_migrate(db, CG_UP, -1, &error));
    ck_exit(error, CG_EXIT_FAILED, "0002_two.sql:7:8: verify, statement 2 of 2: ");
    ck_assert(!has(db, "two", NULL));
    ck_history(db, "up 1, fail 2");
}
END_TEST

START_TEST(a_down_that_fails_leaves_nothing)
{
    g_autoptr(CgDb) db = open_at_one(_i);
    if (db == NULL)
        return;
    cg_test_put("0002_two.sql",
                "-- migrate:up\nALTER TABLE one ADD COLUMN b INTEGER;\nUPDATE one SET b = 5;\n"
                "-- migrate:down preserve:one.b\nALTER TABLE one DROP COLUMN b;\nDROP TABLE no;\n");
    cg_test_migrate_ok(db, CG_UP, -1);
    g_autoptr(GError) error = NULL;
    ck_assert(!cg_test_migrate(db, CG_DOWN, -1, &error));
    ck_exit(error, CG_EXIT_FAILED, "down, statement 2 of 2");
    ck_assert(!has(db, "cg_kept", NULL));
    ck_assert_int_eq(cg_dbtest_int(db, "SELECT b FROM one"), 5);
    ck_history(db, "up 1, up 2, fail 2");
}
END_TEST

START_TEST(values_survive_down_and_up)
{
    g_autoptr(CgDb) db = open_at_one(_i);
    if (db == NULL)
        return;
    cg_test_put("0002_two.sql", "-- migrate:up\nALTER TABLE one ADD COLUMN b INTEGER;\n"
                                "-- migrate:down preserve:one.b\nALTER TABLE one DROP COLUMN b;\n");
    cg_test_migrate_ok(db, CG_UP, -1);
    for (int i = 0; i < 2; i++) {
        cg_dbtest_exec(db, "UPDATE one SET b = 5");
        cg_test_migrate_ok(db, CG_DOWN, -1);
        ck_assert(!has(db, "one", "b"));
        cg_test_migrate_ok(db, CG_UP, -1);
        ck_assert_int_eq(cg_dbtest_int(db, "SELECT b FROM one"), 5);
    }
    ck_assert_int_eq(cg_dbtest_int(db, "SELECT count(*) FROM cg_kept"), 0);
}
END_TEST

/* What a migration sets for the session is of no concern to the next one, nor to the ledger. */
START_TEST(a_session_setting_does_not_spread)
{
    g_autoptr(CgDb) db = open_at_one(_i);
    if (db == NULL || is_sqlite(db))
        return;
    cg_dbtest_exec(db, "CREATE SCHEMA elsewhere");
    cg_test_put("0002_two.sql", "-- migrate:up\nSET search_path TO elsewhere;\n"
                                "CREATE TABLE away (id INTEGER);\n-- migrate:verify\n"
                                "SELECT id FROM one;\nSELECT id FROM elsewhere.away;\n");
    cg_test_put("0003_three.sql", "-- migrate:up\nCREATE TABLE here (id INTEGER);\n");
    cg_test_migrate_ok(db, CG_UP, -1);
    ck_assert_int_eq(cg_dbtest_int(db, "SELECT count(*) FROM public.here"), 0);
    ck_assert_int_eq(cg_dbtest_int(db, "SELECT count(*) FROM public.cg_ledger"), 3);
}
END_TEST

/* ---- requirements ---- */

#define WAITS                                                                                      \
    "-- migrate:require \"fill one.a first\"\nSELECT NOT EXISTS (SELECT 1 FROM one WHERE a IS "    \
    "NULL);\n" TWO

static bool
run(CgDb *db, CgTarget target, CgRunResult *result, GError **error)
{
    CgRunOptions options = cg_run_defaults;
    options.dir = cg_test_folder();
    options.target = target;
    return cg_migrate_run(db, CG_UP, &options, result, NULL, NULL, error);
}

START_TEST(a_migration_waits_for_what_it_requires)
{
    g_autoptr(CgDb) db = open_at_one(_i);
    if (db == NULL)
        return;
    cg_test_put("0002_two.sql", NOTHING);
    cg_test_put("0003_three.sql", WAITS);
    cg_test_put("0004_four.sql", NOTHING);
    g_autoptr(GError) error = NULL;
    g_autoptr(CgRunResult) result = cg_run_result_new();
    bool ok = run(db, cg_run_defaults.target, result, &error);
    ck_ok(ok, error);
    ck_assert_uint_eq(result->steps->len, 1);
    ck_assert_int_eq(result->waiting, 3);
    ck_assert_str_eq(result->waiting_message, "fill one.a first");
    ck_assert_int_eq(result->current, 2);
    cg_dbtest_exec(db, "UPDATE one SET a = 1");
    cg_test_migrate_ok(db, CG_UP, -1);
    ck_history(db, "up 1, up 2, up 3, up 4");
}
END_TEST

START_TEST(one_that_waits_is_refused_by_name)
{
    g_autoptr(CgDb) db = open_at_one(_i);
    if (db == NULL)
        return;
    cg_test_put("0002_two.sql", WAITS);
    cg_test_put("0003_three.sql", NOTHING);
    for (int to = 2; to <= 3; to++) {
        g_autoptr(GError) error = NULL;
        ck_assert(!cg_test_migrate(db, CG_UP, to, &error));
        ck_exit(error, CG_EXIT_REFUSED, "migration 0002_two waits");
        ck_exit(error, CG_EXIT_REFUSED, "fill one.a first");
    }
    ck_history(db, "up 1");
}
END_TEST

static const struct {
    const char *sql;
    bool met;
} answers[] = {
    { "SELECT 1", true },
    { "SELECT 7", true },
    { "SELECT 0", false },
    { "SELECT NULL", false },
    { "SELECT 1 = 1", true },
    { "SELECT 1 = 2", false },
    { "SELECT 1 FROM one WHERE id = 1", true },
    { "SELECT 1 FROM one WHERE id = 2", false },
    { "SELECT count(*) FROM one", true },
};

START_TEST(true_and_any_number_but_zero_meet_a_requirement)
{
    g_autoptr(CgDb) db = open_at_one(_i);
    if (db == NULL)
        return;
    for (size_t i = 0; i < G_N_ELEMENTS(answers); i++) {
        g_autoptr(GError) error = NULL;
        bool met = !answers[i].met;
        g_autofree char *text = g_strdup_printf(
            "-- migrate:require \"x\"\n%s;\n-- migrate:up\nSELECT 1;\n", answers[i].sql);
        g_autoptr(CgMigration) migration = cg_test_migration(db, "1_x.sql", text);
        bool ok = cg_plan_requirement_met(db, migration, &met, &error);
        ck_ok(ok, error);
        ck_assert_msg(met == answers[i].met, "%s", answers[i].sql);
    }
}
END_TEST

/* ---- the copy ---- */

START_TEST(a_copy_is_made_before_the_first_change_and_only_then)
{
    g_autoptr(CgDb) db = open_at_one(_i);
    if (db == NULL)
        return;
    g_autoptr(GError) error = NULL;
    cg_test_put("0002_two.sql", WAITS);
    g_autoptr(CgRunResult) waiting = cg_run_result_new();
    bool ok = run(db, cg_run_defaults.target, waiting, &error);
    ck_ok(ok, error);
    ck_assert_ptr_null(waiting->backup_path);
    cg_dbtest_exec(db, "UPDATE one SET a = 1");
    g_autoptr(CgRunResult) result = cg_run_result_new();
    ok = run(db, cg_run_defaults.target, result, &error);
    ck_ok(ok, error);
    if (!is_sqlite(db)) {
        ck_assert_ptr_nonnull(strstr(result->position, "primary "));
        ck_assert_ptr_null(result->backup_path);
        return;
    }
    g_autofree char *url = g_strconcat("sqlite:", result->backup_path, NULL);
    g_autoptr(CgAddress) address = cg_address_parse(url, NULL);
    g_autoptr(CgDb) copy = cg_db_open(address, CG_DB_WRITE, &error);
    ck_ok(copy != NULL, error);
    ck_history(copy, "up 1");
    ck_assert_int_eq(cg_dbtest_int(copy, "SELECT count(*) FROM one"), 1);
}
END_TEST

/* ---- locks ---- */

static bool
run_impatiently(CgDb *db, double retry_s, GError **error)
{
    g_autoptr(CgRunResult) result = cg_run_result_new();
    CgRunOptions options = cg_run_defaults;
    options.dir = cg_test_folder();
    options.backup = false;
    options.lock_timeout_ms = 700;
    options.lock_retry_s = retry_s;
    return cg_migrate_run(db, CG_UP, &options, result, NULL, NULL, error);
}

/* A reader in an open transaction: on PostgreSQL an ALTER TABLE waits for it, on SQLite a writer
 * would do the same. */
static CgTx *
stand_in_the_way(CgDb *other)
{
    CgTx *tx = cg_tx_begin(other, CG_TX_WRITE, NULL);
    ck_assert_ptr_nonnull(tx);
    cg_dbtest_int(other, "SELECT count(*) FROM one");
    return tx;
}

START_TEST(a_lock_not_had_in_time_names_who_has_it)
{
    g_autoptr(CgDb) db = open_at_one(_i);
    if (db == NULL)
        return;
    cg_test_put("0002_two.sql", "-- migrate:up\nALTER TABLE one ADD COLUMN b INTEGER;\n");
    g_autoptr(CgDb) other = cg_dbtest_again(CG_DB_WRITE);
    ck_assert(cg_db_set_name(other, "a-long-report", NULL));
    CgTx *tx = stand_in_the_way(other);
    g_autoptr(GError) error = NULL;
    ck_assert(!run_impatiently(db, 0, &error));
    ck_exit(error, CG_EXIT_LOCKED, "migration 0002_two: nothing was changed");
    if (!is_sqlite(db)) {
        g_autofree char *pid = g_strdup_printf("pid %d", (int)cg_dbtest_session(other));
        ck_exit(error, CG_EXIT_LOCKED, pid);
        ck_exit(error, CG_EXIT_LOCKED, "a-long-report");
        ck_exit(error, CG_EXIT_LOCKED, ": SELECT count");
    }
    cg_tx_end(tx);
    ck_assert(!has(db, "one", "b"));
    cg_test_migrate_ok(db, CG_UP, -1);
}
END_TEST

static void *
leave_soon(void *tx)
{
    g_usleep(800 * 1000);
    cg_tx_end(tx);
    return NULL;
}

START_TEST(a_lock_is_tried_for_again)
{
    g_autoptr(CgDb) db = open_at_one(_i);
    if (db == NULL)
        return;
    cg_test_put("0002_two.sql", "-- migrate:up\nALTER TABLE one ADD COLUMN b INTEGER;\n");
    g_autoptr(CgDb) other = cg_dbtest_again(CG_DB_WRITE);
    GThread *thread = g_thread_new("leave", leave_soon, stand_in_the_way(other));
    g_autoptr(GError) error = NULL;
    bool ok = run_impatiently(db, 30, &error);
    g_thread_join(thread);
    ck_ok(ok, error);
    ck_history(db, "up 1, up 2");
}
END_TEST

START_TEST(a_second_run_waits_and_gives_up)
{
    g_autoptr(CgDb) db = open_at_one(_i);
    if (db == NULL)
        return;
    g_autoptr(CgDb) other = cg_dbtest_again(CG_DB_WRITE);
    g_autoptr(GError) error = NULL;
    g_autoptr(CgLock) lock = cg_migrate_lock(other, 0, &error);
    ck_ok(lock != NULL, error);
    ck_assert_ptr_null(cg_migrate_lock(db, 0.1, &error));
    ck_db_error(error, CG_DB_ERROR_BUSY);
    ck_assert_ptr_nonnull(strstr(error->message, "pid "));
}
END_TEST

/* Between the plan and the first step the lock is taken away. */
static void
lose_lock(const CgRunResult *result G_GNUC_UNUSED, const CgStepResult *step, void *data)
{
    CgDb *db = data;
    if (step != NULL)
        return;
    if (!is_sqlite(db)) {
        g_free(cg_dbtest_text(db, "SELECT 'x' || pg_advisory_unlock_all()"));
        return;
    }
    g_autofree char *path =
        g_strconcat(cg_address_path(cg_db_address(db)), "-cg-migrate.lock", NULL);
    ck_assert_int_eq(g_remove(path), 0);
}

START_TEST(nothing_is_committed_without_the_lock)
{
    g_autoptr(CgDb) db = open_at_one(_i);
    if (db == NULL)
        return;
    cg_test_put("0002_two.sql", TWO);
    g_autoptr(GError) error = NULL;
    g_autoptr(CgRunResult) result = cg_run_result_new();
    CgRunOptions options = cg_run_defaults;
    options.dir = cg_test_folder();
    gint64 start = g_get_monotonic_time();
    ck_assert(!cg_migrate_run(db, CG_UP, &options, result, lose_lock, db, &error));
    ck_exit(error, CG_EXIT_LOCKED, "migration 0002_two was rolled back");
    ck_assert_int_lt(g_get_monotonic_time() - start, 5 * G_USEC_PER_SEC);
    ck_assert(!has(db, "two", NULL));
    ck_history(db, "up 1");
}
END_TEST

START_TEST(no_down_while_a_backfill_is_not_finished)
{
    g_autoptr(CgDb) db = open_at_one(_i);
    if (db == NULL)
        return;
    cg_dbtest_exec(db, "CREATE TABLE cg_backfill_run (id INTEGER, state VARCHAR(16))");
    cg_dbtest_exec(db, "INSERT INTO cg_backfill_run VALUES (4, 'finished'), (5, 'paused')");
    g_autoptr(GError) error = NULL;
    ck_assert(!cg_test_migrate(db, CG_DOWN, -1, &error));
    ck_exit(error, CG_EXIT_REFUSED, "backfill run 5 is not finished");
    ck_assert(has(db, "one", NULL));
    cg_dbtest_exec(db, "UPDATE cg_backfill_run SET state = 'finished'");
    cg_test_migrate_ok(db, CG_DOWN, -1);
}
END_TEST

static void
add_steps(Suite *suite)
{
    TCase *tcase = cg_dbtest_case(suite, "steps");
    tcase_add_checked_fixture(tcase, quietly, cg_test_folder_end);
    cg_dbtest_add(tcase, up_and_down_with_their_events);
    cg_dbtest_add(tcase, the_last_event_of_a_run_carries_the_fingerprint);
    cg_dbtest_add(tcase, a_step_that_fails_leaves_nothing);
    cg_dbtest_add(tcase, a_first_step_that_fails_leaves_no_ledger);
    cg_dbtest_add(tcase, a_verification_that_fails_rolls_back);
    cg_dbtest_add(tcase, a_down_that_fails_leaves_nothing);
    cg_dbtest_add(tcase, values_survive_down_and_up);
    cg_dbtest_add(tcase, a_session_setting_does_not_spread);
    cg_dbtest_add(tcase, a_migration_waits_for_what_it_requires);
    cg_dbtest_add(tcase, one_that_waits_is_refused_by_name);
    cg_dbtest_add(tcase, true_and_any_number_but_zero_meet_a_requirement);
    cg_dbtest_add(tcase, a_copy_is_made_before_the_first_change_and_only_then);
}

static void
add_locks(Suite *suite)
{
    TCase *tcase = cg_dbtest_case(suite, "locks");
    tcase_add_checked_fixture(tcase, quietly, cg_test_folder_end);
    cg_dbtest_add(tcase, a_lock_not_had_in_time_names_who_has_it);
    cg_dbtest_add(tcase, a_lock_is_tried_for_again);
    cg_dbtest_add(tcase, a_second_run_waits_and_gives_up);
    cg_dbtest_add(tcase, nothing_is_committed_without_the_lock);
    cg_dbtest_add(tcase, no_down_while_a_backfill_is_not_finished);
}

int
main(void)
{
    Suite *suite = suite_create("runner");
    add_steps(suite);
    add_locks(suite);
    return cg_dbtest_run(suite);
}
