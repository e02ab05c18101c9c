/* Backfill runs on each backend: what they write, what kills and other people do to them. */
#include "backfill/report.h"
#include "backfill/run.h"
#include "base/term.h"
#include "tests/lib/dbtest.h"
#include "tests/lib/kilo.h"
#include "tests/lib/world.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WORLDS = 40, WORLDS_MOST = 20 * WORLDS, CLONES = 7 };

static const CgBackfillOptions quiet = { .quiet = true };

/* S with two volumes, and clones G0, G1, … of it, each with two. */
static CgDb *
open_clones(int backend)
{
    CgDb *db = cg_dbtest_open(backend);
    if (db == NULL)
        return NULL;
    cg_test_up(db, 1);
    cg_test_up(db, 2);
    cg_test_up(db, 3);
    cg_test_run_sql(db, "INSERT INTO consistencygroups (id, created_at, updated_at, deleted) VALUES"
                        " ('S', '2015-04-01 01:00:00', '2015-04-02 00:00:00', FALSE);"
                        "INSERT INTO volumes (id, created_at, deleted, consistencygroup_id) VALUES"
                        " ('s1', '2015-04-01 01:00:00', FALSE, 'S'),"
                        " ('s2', '2015-04-01 01:00:00', FALSE, 'S')");
    for (int i = 0; i < CLONES; i++) {
        g_autofree char *sql = g_strdup_printf(
            "INSERT INTO consistencygroups (id, created_at, updated_at, deleted) VALUES"
            " ('G%d', '2015-04-01 02:00:00', '2015-04-02 00:00:00', FALSE);"
            "INSERT INTO volumes (id, created_at, deleted, consistencygroup_id, source_volid)"
            " VALUES ('g%da', '2015-04-01 02:01:00', FALSE, 'G%d', 's1'),"
            " ('g%db', '2015-04-01 02:02:00', FALSE, 'G%d', 's2')",
            i, i, i, i, i);
        cg_test_run_sql(db, sql);
    }
    return db;
}

#define SOURCES "SELECT id, source_cg_id FROM consistencygroups ORDER BY id"
#define ALL_WRITTEN "G0|S\nG1|S\nG2|S\nG3|S\nG4|S\nG5|S\nG6|S\nS|\n"

static CgBackfillResult *
run(CgDb *db, const CgBackfillOptions *options)
{
    g_autoptr(GError) error = NULL;
    CgBackfillResult *result = NULL;
    bool ok = cg_backfill_run(db, options, &result, &error);
    ck_ok(ok, error);
    ck_assert_str_eq(result->state, "finished");
    return result;
}

static void
expect_error(CgDb *db, const CgBackfillOptions *options, CgExit exit, const char *text)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(CgBackfillResult) result = NULL;
    ck_assert(!cg_backfill_run(db, options, &result, &error));
    ck_assert_msg(cg_error_is(error, exit), "%d: %s", error->code, error->message);
    ck_assert_msg(strstr(error->message, text) != NULL, "%s", error->message);
}

/* ---- alone ---- */

START_TEST(a_run_writes_and_proves)
{
    g_autoptr(CgDb) db = open_clones(_i);
    if (db == NULL)
        return;
    cg_test_run_sql(db, "UPDATE consistencygroups SET source_cg_id = '' WHERE id = 'G3'");
    g_autoptr(CgBackfillPlan) plan = cg_backfill_plan(db, &quiet, NULL);
    ck_assert_int_eq(cg_backfill_to_write(plan), CLONES);
    g_autoptr(CgBackfillResult) result = run(db, &quiet);
    ck_assert_int_eq(result->written, CLONES);
    ck_assert_int_eq(result->verified, CLONES);
    ck_assert_int_eq(result->counts[CG_VERDICT_EXACT], CLONES);
    ck_assert_int_eq(result->swept + result->undone + result->missed, 0);
    ck_query(db, SOURCES, ALL_WRITTEN);
    ck_assert_int_eq(cg_dbtest_int(db, "SELECT count(*) FROM consistencygroups"
                                       " WHERE updated_at <> '2015-04-02 00:00:00'"),
                     0);
    ck_query(db,
             "SELECT seq, kind, group_id, coalesce(old_value, 'NULL'), new_value, verdict, votes,"
             " length(evidence) FROM cg_backfill_journal WHERE run_id = 1 AND seq IN (4, 5)"
             " ORDER BY seq",
             "4|write|G3||S|exact|S=2|64\n5|write|G4|NULL|S|exact|S=2|64\n");
    ck_query(db,
             "SELECT id, state, naming, column_written, accepts, fence, last_group, last_seq,"
             " written, verified FROM cg_backfill_run WHERE finished_at >= started_at",
             "1|finished|spec|consistencygroups.source_cg_id|recorded,exact,strong,grown|1|G6|7|7|"
             "7\n");
}
END_TEST

START_TEST(nothing_to_do_is_a_finished_run)
{
    g_autoptr(CgDb) db = open_clones(_i);
    if (db == NULL)
        return;
    g_autoptr(CgBackfillResult) first G_GNUC_UNUSED = run(db, &quiet);
    g_autoptr(CgBackfillResult) second = run(db, &quiet);
    ck_assert_int_eq(second->run, 2);
    ck_assert_int_eq(second->written, 0);
    ck_assert_int_eq(second->counts[CG_VERDICT_SETTLED], CLONES);
    ck_assert_int_eq(cg_dbtest_int(db, "SELECT count(*) FROM cg_backfill_journal"), CLONES);
    ck_assert_int_eq(
        cg_dbtest_int(db, "SELECT count(*) FROM cg_backfill_run WHERE state = 'finished'"), 2);
}
END_TEST

START_TEST(what_is_missing_is_named)
{
    g_autoptr(CgDb) db = cg_dbtest_open(_i);
    if (db == NULL)
        return;
    g_autoptr(GError) error = NULL;
    cg_test_up(db, 1);
    expect_error(db, &quiet, CG_EXIT_REFUSED, "there is no table \"cg_backfill_run\"");
    cg_test_up(db, 2);
    expect_error(db, &quiet, CG_EXIT_REFUSED,
                 "there is no column \"consistencygroups.source_cg_id\"");
    ck_assert_ptr_null(cg_backfill_plan(db, &quiet, &error));
    ck_assert(cg_error_is(error, CG_EXIT_REFUSED));
    ck_assert_ptr_nonnull(strstr(cg_error_hint(error), "cg-migrate up"));
    ck_assert_int_eq(cg_dbtest_int(db, "SELECT count(*) FROM cg_backfill_run"), 0);
    cg_test_up(db, 3);
    g_clear_pointer(&db, cg_db_close);
    db = cg_dbtest_again(CG_DB_READ);
    expect_error(db, &quiet, CG_EXIT_REFUSED, "cannot be written");
}
END_TEST

static CgVerdictSet
verdict_bit(const char *name)
{
    CgVerdict verdict;
    ck_assert(cg_verdict_from_name(name, strlen(name), &verdict));
    return CG_VERDICT_BIT(verdict);
}

START_TEST(worlds_are_written_as_the_naive_reading_says)
{
    g_autoptr(CgDb) db = cg_dbtest_open(_i);
    if (db == NULL)
        return;
    uint32_t seed = g_random_int();
    g_autoptr(GRand) rand = g_rand_new_with_seed(seed);
    CgBackfillOptions options = quiet;
    int64_t written = 0;
    world_make_tables(db);
    cg_test_up(db, 2);
    /* By chance some seeds have nothing to write at first: they get more worlds. */
    for (int round = 0; round < WORLDS || (written == 0 && round < WORLDS_MOST); round++) {
        g_autofree World *world = world_random(rand);
        options.accept = round % 2 == 0
                             ? CG_VERDICTS_DEFAULT
                             : CG_VERDICTS_DEFAULT | verdict_bit("weak") | verdict_bit("partial");
        cg_test_run_sql(db, "DELETE FROM consistencygroups; DELETE FROM cgsnapshots;"
                            "DELETE FROM volumes; DELETE FROM snapshots;");
        world_insert(world, db);
        g_autoptr(CgBackfillResult) result = run(db, &options);
        ck_assert_int_eq(result->undone + result->swept + result->missed, 0);
        ck_assert_int_eq(result->verified, result->written);
        written += result->written;
        for (int i = 0; i < world->groups.n; i++) {
            const WorldRow *row = &world->groups.rows[i];
            WorldVerdict naive = world_judge(world, i);
            bool takes =
                naive.verdict != NULL && (options.accept & verdict_bit(naive.verdict)) != 0;
            g_autofree char *sql = g_strdup_printf(
                "SELECT source_cg_id FROM consistencygroups WHERE id = '%s'", row->id);
            g_autofree char *line = g_strdup_printf("%s\n", takes ? naive.source : row->source);
            g_autofree char *dumped = cg_dbtest_rows(db, sql);
            ck_assert_msg(strcmp(dumped, line) == 0, "seed %u, round %d, %s: %s", seed, round,
                          row->id, dumped);
        }
    }
    ck_assert_int_gt(written, 0);
}
END_TEST

/* ---- in another process ---- */

/* A process that runs the backfill with its own session; its exit status is the CgExit, 99 for an
 * error of db/. No session may be open here meanwhile: SQLite's do not survive a fork. */
static pid_t
start(const CgBackfillOptions *options, const char *fault, bool interrupt)
{
    fflush(NULL);
    pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid != 0)
        return pid;
    if (fault != NULL)
        g_setenv("CG_FAULT", fault, TRUE);
    g_autoptr(GError) error = NULL;
    CgBackfillResult *result = NULL;
    CgDb *db = cg_dbtest_again(CG_DB_WRITE);
    if (interrupt)
        cg_interrupt_catch();
    bool ok = cg_backfill_run(db, options, &result, &error);
    if (!ok && getenv("CG_TEST_VERBOSE") != NULL)
        fprintf(stderr, "%s\n", error->message);
    cg_db_close(db);
    _exit(ok ? 0 : error->domain == CG_ERROR ? error->code : 99);
}

static int
finish(pid_t pid)
{
    int status;
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    return status;
}

/* Until the query gives a positive number. */
static void
await(CgDb *db, const char *sql)
{
    for (int i = 0; i < 500; i++) {
        if (cg_dbtest_int(db, sql) > 0)
            return;
        g_usleep(10000);
    }
    ck_abort_msg("%s: in vain", sql);
}

static const char *const points[] = {
    "backfill.run.taken",       "backfill.run.written:1",   "backfill.run.written:2",
    "backfill.run.committed:1", "backfill.run.committed:3", "backfill.run.committed:4",
    "backfill.run.read-again",  "backfill.run.undone",      "backfill.run.swept",
    "backfill.run.ended",
};

START_TEST(a_killed_run_is_finished_by_the_next)
{
    CgBackfillOptions options = { .quiet = true, .batch = 2 };
    for (size_t i = 0; i < G_N_ELEMENTS(points); i++) {
        CgDb *db = open_clones(_i);
        if (db == NULL)
            return;
        cg_db_close(db);
        int status = finish(start(&options, points[i], false));
        ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "%s", points[i]);
        db = cg_dbtest_again(CG_DB_WRITE);
        bool ended = strcmp(points[i], "backfill.run.ended") == 0;
        g_autoptr(CgBackfillResult) result = run(db, &options);
        ck_assert_msg(result->resumed == !ended, "%s", points[i]);
        ck_assert_msg(result->run == (ended ? 2 : 1), "%s", points[i]);
        ck_assert_int_eq(result->written, ended ? 0 : CLONES);
        ck_query(db, SOURCES, ALL_WRITTEN);
        ck_query(db,
                 "SELECT group_id, count(*), min(kind) FROM cg_backfill_journal"
                 " GROUP BY group_id ORDER BY group_id",
                 "G0|1|write\nG1|1|write\nG2|1|write\nG3|1|write\nG4|1|write\nG5|1|write\n"
                 "G6|1|write\n");
        ck_assert_int_eq(
            cg_dbtest_int(db, "SELECT count(*) FROM cg_backfill_run WHERE state <> 'finished'"), 0);
        cg_db_close(db);
        cg_dbtest_end();
    }
}
END_TEST

START_TEST(an_interrupted_run_goes_on)
{
    CgDb *db = open_clones(_i);
    if (db == NULL)
        return;
    cg_db_close(db);
    CgBackfillOptions options = { .quiet = true, .batch = 2, .accept = verdict_bit("exact") };
    pid_t pid = start(&options, "backfill.run.committed:2:sleep=1", true);
    db = cg_dbtest_again(CG_DB_WRITE);
    await(db, "SELECT count(*) FROM cg_backfill_run WHERE written = 4");
    kill(pid, SIGTERM);
    ck_assert_int_eq(WEXITSTATUS(finish(pid)), CG_EXIT_INTERRUPTED);
    ck_query(db, "SELECT state, written FROM cg_backfill_run", "active|4\n");
    g_autoptr(CgBackfillResult) result = run(db, &quiet);
    ck_assert_int_eq(result->run, 1);
    ck_assert(result->resumed);
    ck_assert_int_eq(result->written, CLONES);
    ck_assert_uint_eq(result->accept, verdict_bit("exact"));
    ck_query(db, SOURCES, ALL_WRITTEN);
    ck_query(db, "SELECT fence, accepts FROM cg_backfill_run", "2|exact\n");
    cg_db_close(db);
}
END_TEST

/* While the run sleeps: a clone more, a written group whose members change, and groups that are
 * taken care of before their turn comes. */
START_TEST(changes_meanwhile_are_swept_undone_or_missed)
{
    CgDb *db = open_clones(_i);
    if (db == NULL)
        return;
    cg_db_close(db);
    CgBackfillOptions options = { .quiet = true, .batch = 2 };
    pid_t pid = start(&options, "backfill.run.committed:1:sleep=1", false);
    db = cg_dbtest_again(CG_DB_WRITE);
    await(db, "SELECT count(*) FROM cg_backfill_run WHERE written > 0");
    cg_test_run_sql(
        db, "INSERT INTO consistencygroups (id, created_at, deleted) VALUES"
            " ('N', '2015-04-01 02:00:00', FALSE), ('T', '2015-04-01 01:00:00', FALSE);"
            "INSERT INTO volumes (id, created_at, deleted, consistencygroup_id, source_volid)"
            " VALUES ('n1', '2015-04-01 02:01:00', FALSE, 'N', 's1'),"
            " ('n2', '2015-04-01 02:02:00', FALSE, 'N', 's2'),"
            " ('t1', '2015-04-01 01:00:00', FALSE, 'T', NULL),"
            " ('g0c', '2015-04-01 02:02:00', FALSE, 'G0', 't1');"
            "UPDATE volumes SET consistencygroup_id = NULL WHERE id = 'g1a';"
            "UPDATE volumes SET source_volid = 't1' WHERE id = 'g1b';"
            "UPDATE consistencygroups SET cgsnapshot_id = 'C' WHERE id = 'G4';"
            "UPDATE consistencygroups SET source_cg_id = 'X' WHERE id = 'G5';"
            "UPDATE consistencygroups SET deleted = TRUE WHERE id = 'G6'");
    ck_assert_int_eq(WEXITSTATUS(finish(pid)), 0);
    ck_query(db, SOURCES, "G0|\nG1|T\nG2|S\nG3|S\nG4|\nG5|X\nG6|\nN|S\nS|\nT|\n");
    ck_query(db,
             "SELECT seq, kind, group_id, old_value, new_value, verdict FROM cg_backfill_journal"
             " ORDER BY seq",
             "1|write|G0||S|exact\n2|write|G1||S|exact\n3|write|G2||S|exact\n"
             "4|write|G3||S|exact\n8|undo|G0|S||ambiguous\n9|undo|G1|S||exact\n"
             "10|sweep|G1||T|exact\n11|sweep|N||S|exact\n");
    ck_query(db, "SELECT state, written, swept, undone, missed, verified FROM cg_backfill_run",
             "finished|6|2|2|3|2\n");
    cg_db_close(db);
}
END_TEST

/* ---- when something is wrong ---- */

START_TEST(a_value_that_contradicts_its_evidence_poisons)
{
    CgDb *db = open_clones(_i);
    if (db == NULL)
        return;
    cg_db_close(db);
    CgBackfillOptions options = { .quiet = true };
    pid_t pid = start(&options, "backfill.run.committed:1:sleep=1", false);
    db = cg_dbtest_again(CG_DB_WRITE);
    await(db, "SELECT count(*) FROM cg_backfill_run WHERE written > 0");
    cg_test_run_sql(db, "UPDATE consistencygroups SET source_cg_id = 'G0' WHERE id = 'G2';"
                        "UPDATE cg_backfill_journal SET new_value = 'G0' WHERE group_id = 'G2'");
    ck_assert_int_eq(WEXITSTATUS(finish(pid)), CG_EXIT_HALF_DONE);
    g_autofree char *failure = cg_dbtest_rows(db, "SELECT state, failure FROM cg_backfill_run");
    ck_assert_ptr_nonnull(strstr(failure, "poisoned|group G2: the value G0 was written"));
    expect_error(db, &options, CG_EXIT_REFUSED, "run 1 is poisoned");
    ck_assert_int_eq(cg_dbtest_int(db, "SELECT count(*) FROM cg_backfill_run"), 1);
    options.acknowledge = "looked at it";
    g_autoptr(CgBackfillResult) result = run(db, &options);
    ck_assert_int_eq(result->run, 2);
    ck_query(db, "SELECT state, acknowledged FROM cg_backfill_run ORDER BY id",
             "poisoned|looked at it\nfinished|\n");
    cg_db_close(db);
}
END_TEST

START_TEST(one_runner_at_a_time)
{
    CgDb *db = open_clones(_i);
    if (db == NULL)
        return;
    cg_db_close(db);
    CgBackfillOptions options = { .quiet = true, .batch = 2 };
    pid_t pid = start(&options, "backfill.run.committed:1:sleep=1", false);
    db = cg_dbtest_again(CG_DB_WRITE);
    await(db, "SELECT count(*) FROM cg_backfill_run WHERE written > 0");
    expect_error(db, &options, CG_EXIT_LOCKED, "another run holds the lock");
    cg_test_run_sql(db, "UPDATE cg_backfill_run SET fence = fence + 1");
    ck_assert_int_eq(WEXITSTATUS(finish(pid)), CG_EXIT_LOCKED);
    ck_query(db, "SELECT written FROM cg_backfill_run", "2\n");
    ck_assert_int_eq(cg_dbtest_int(db, "SELECT count(*) FROM cg_backfill_journal"), 2);
    g_autoptr(CgBackfillResult) result = run(db, &options);
    ck_assert_int_eq(result->written, CLONES);
    ck_query(db, SOURCES, ALL_WRITTEN);
    cg_db_close(db);
}
END_TEST

START_TEST(rows_that_others_hold_are_waited_for)
{
    CgDb *db = open_clones(_i);
    if (db == NULL)
        return;
    cg_db_close(db);
    CgBackfillOptions options = { .quiet = true, .batch = 2 };
    pid_t pid = start(&options, "backfill.run.committed:1:sleep=1", false);
    db = cg_dbtest_again(CG_DB_WRITE);
    await(db, "SELECT count(*) FROM cg_backfill_run WHERE written > 0");
    g_autoptr(CgTx) tx = cg_tx_begin(db, CG_TX_WRITE, NULL);
    cg_test_run_sql(db, "UPDATE consistencygroups SET name = 'held' WHERE id = 'G2'");
    g_usleep(3 * G_USEC_PER_SEC);
    ck_assert(cg_tx_commit(tx, NULL));
    ck_assert_int_eq(WEXITSTATUS(finish(pid)), 0);
    ck_query(db, SOURCES, ALL_WRITTEN);
    g_clear_pointer(&tx, cg_tx_end);
    cg_db_close(db);
}
END_TEST

START_TEST(an_unfinished_run_keeps_its_column)
{
    g_autoptr(CgDb) db = open_clones(_i);
    if (db == NULL)
        return;
    g_autoptr(CgBackfillResult) first G_GNUC_UNUSED = run(db, &quiet);
    cg_test_run_sql(db, "UPDATE cg_backfill_run SET state = 'active', naming = 'liberty',"
                        " column_written = 'consistencygroups.source_cgid'");
    expect_error(db, &quiet, CG_EXIT_REFUSED,
                 "run 1 is not finished, and writes \"consistencygroups.source_cgid\"");
}
END_TEST

/* ---- reports ---- */

static char *
plan_as_json(CgDb *db)
{
    g_autoptr(CgBackfillPlan) plan = cg_backfill_plan(db, &quiet, NULL);
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    ck_assert(cg_backfill_plan_json(plan, out));
    fclose(out);
    char *copy = g_strndup(text, len);
    free(text);
    return copy;
}

START_TEST(a_plan_as_json_names_every_live_group)
{
    g_autoptr(CgDb) db = open_clones(_i);
    if (db == NULL)
        return;
    cg_test_run_sql(db, "DELETE FROM volumes WHERE id LIKE 'g%' AND id NOT LIKE 'g1%';"
                        "DELETE FROM consistencygroups WHERE id LIKE 'G%' AND id <> 'G1'");
    g_autofree char *text = plan_as_json(db);
    ck_assert_ptr_nonnull(strstr(text, "\"naming\": \"spec\""));
    ck_assert_ptr_nonnull(strstr(text, "\"column\": \"consistencygroups.source_cg_id\""));
    const char *g = strstr(text, "{\"id\": \"G1\", \"verdict\": \"exact\", \"source\": \"S\", "
                                 "\"members\": 2, \"votes\": {\"S\": 2}");
    const char *s = strstr(text, "{\"id\": \"S\", \"verdict\": \"none\", \"source\": null, "
                                 "\"members\": 2, \"votes\": {}");
    ck_assert_msg(g != NULL && s != NULL && g < s, "%s", text);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("backfill");
    TCase *tcase = cg_dbtest_case(suite, "run");
    cg_dbtest_add(tcase, a_run_writes_and_proves);
    cg_dbtest_add(tcase, nothing_to_do_is_a_finished_run);
    cg_dbtest_add(tcase, what_is_missing_is_named);
    cg_dbtest_add(tcase, worlds_are_written_as_the_naive_reading_says);
    cg_dbtest_add(tcase, a_killed_run_is_finished_by_the_next);
    cg_dbtest_add(tcase, an_interrupted_run_goes_on);
    cg_dbtest_add(tcase, changes_meanwhile_are_swept_undone_or_missed);
    cg_dbtest_add(tcase, a_value_that_contradicts_its_evidence_poisons);
    cg_dbtest_add(tcase, one_runner_at_a_time);
    cg_dbtest_add(tcase, rows_that_others_hold_are_waited_for);
    cg_dbtest_add(tcase, an_unfinished_run_keeps_its_column);
    cg_dbtest_add(tcase, a_plan_as_json_names_every_live_group);
    return cg_dbtest_run(suite);
}
