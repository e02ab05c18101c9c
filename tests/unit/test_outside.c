/* Migrations outside a transaction: announced, resumed by what the catalog says, never by hope. */
#include "base/term.h"
#include "db/probe.h"
#include "tests/lib/dbtest.h"
#include "tests/lib/migrations.h"

#define ONE                                                                                        \
    "-- migrate:up\nCREATE TABLE one (id INTEGER PRIMARY KEY, a INTEGER);\n"                       \
    "INSERT INTO one (id) VALUES (1);\n-- migrate:down\nDROP TABLE one;\n"

static bool
is_sqlite(const CgDb *db)
{
    return cg_db_dialect(db)->sql == CG_SQL_SQLITE;
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

/* ---- announcing and resuming ---- */

#define INDEXES                                                                                    \
    "-- migrate:up transaction:false dialect:postgresql\n"                                         \
    "CREATE INDEX CONCURRENTLY i1 ON one (a);\nCREATE INDEX CONCURRENTLY i2 ON one (id, a);\n"     \
    "-- migrate:up transaction:false dialect:sqlite\n"                                             \
    "CREATE INDEX i1 ON one (a);\nCREATE INDEX i2 ON one (id, a);\n"                               \
    "-- migrate:down transaction:false dialect:postgresql\n"                                       \
    "DROP INDEX CONCURRENTLY i2;\nDROP INDEX CONCURRENTLY i1;\n"                                   \
    "-- migrate:down transaction:false dialect:sqlite\nDROP INDEX i2;\nDROP INDEX i1;\n"

static CgIndexState
index_state(CgDb *db, const char *name)
{
    CgIndexState state = CG_INDEX_INVALID;
    ck_assert(cg_db_index_state(db, NULL, name, NULL, &state, NULL));
    return state;
}

static bool
has_both(CgDb *db)
{
    return index_state(db, "i1") == CG_INDEX_VALID && index_state(db, "i2") == CG_INDEX_VALID;
}

static bool
has_none(CgDb *db)
{
    return index_state(db, "i1") == CG_INDEX_ABSENT && index_state(db, "i2") == CG_INDEX_ABSENT;
}

START_TEST(statements_outside_are_announced)
{
    g_autoptr(CgDb) db = open_at_one(_i);
    if (db == NULL)
        return;
    cg_test_put("0002_two.sql", INDEXES);
    cg_test_migrate_ok(db, CG_UP, -1);
    ck_assert(has_both(db));
    cg_test_migrate_ok(db, CG_DOWN, -1);
    ck_assert(has_none(db));
    ck_history(db, "up 1, begin 2, begin 2, up 2, begin 2, begin 2, down 2");
}
END_TEST

/* The ledger as a run leaves it that dies behind the announcement of a statement. */
static void
announce(CgDb *db, const char *text, const char *note)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(CgMigration) migration = cg_test_migration(db, "0002_two.sql", text);
    g_autoptr(CgLedger) ledger = cg_ledger_load(db, &error);
    CgNewEvent event = { .kind = CG_EVENT_BEGIN, .migration = migration, .note = note };
    bool ok = ledger != NULL && cg_ledger_append(ledger, &event, &error);
    ck_ok(ok, error);
}

/* What stands of i1 and i2 when the next run comes, and the announcements it adds. */
static const struct {
    bool i1, i2;
    const char *note;
    CgDirection direction;
    const char *history;
} deaths[] = {
    { false, false, "up 1", CG_UP, "begin 2, begin 2, up 2" },
    { true, false, "up 1", CG_UP, "begin 2, up 2" },
    { true, false, "up 2", CG_UP, "begin 2, up 2" },
    { true, true, "up 2", CG_UP, "up 2" },
    { true, false, "up 1", CG_DOWN, "begin 2, down 2" },
    { true, true, "up 2", CG_DOWN, "begin 2, begin 2, down 2" },
    { false, false, "up 1", CG_DOWN, "down 2" },
};

START_TEST(a_run_that_died_is_resumed_by_the_catalogs_answer)
{
    g_autoptr(CgDb) db = open_at_one(_i);
    if (db == NULL)
        return;
    cg_test_put("0002_two.sql", INDEXES);
    for (size_t i = 0; i < G_N_ELEMENTS(deaths); i++) {
        announce(db, INDEXES, deaths[i].note);
        if (deaths[i].i1)
            cg_dbtest_exec(db, "CREATE INDEX i1 ON one (a)");
        if (deaths[i].i2)
            cg_dbtest_exec(db, "CREATE INDEX i2 ON one (id, a)");
        g_autofree char *start = cg_test_history(db);
        cg_test_migrate_ok(db, deaths[i].direction, -1);
        ck_assert(deaths[i].direction == CG_UP ? has_both(db) : has_none(db));
        g_autofree char *end = cg_test_history(db);
        ck_assert_str_eq(end + strlen(start) + strlen(", "), deaths[i].history);
        if (deaths[i].direction == CG_UP)
            cg_test_migrate_ok(db, CG_DOWN, -1);
    }
}
END_TEST

START_TEST(a_down_that_died_keeps_up_from_running)
{
    g_autoptr(CgDb) db = open_at_one(_i);
    if (db == NULL)
        return;
    cg_test_put("0002_two.sql", INDEXES);
    cg_test_migrate_ok(db, CG_UP, -1);
    announce(db, INDEXES, "down 1");
    cg_dbtest_exec(db, "DROP INDEX i2");
    g_autoptr(GError) error = NULL;
    ck_assert(!cg_test_migrate(db, CG_UP, -1, &error));
    ck_exit(error, CG_EXIT_HALF_DONE, "cg-migrate down");
    cg_test_migrate_ok(db, CG_DOWN, -1);
    ck_assert(has_none(db));
}
END_TEST

#define INSERTS                                                                                    \
    "-- migrate:up transaction:false\nINSERT INTO one (id) VALUES (2);\n"                          \
    "-- migrate:down transaction:false\nDELETE FROM one WHERE id = 2;\n"

START_TEST(what_no_catalog_tells_is_not_run_again)
{
    g_autoptr(CgDb) db = open_at_one(_i);
    if (db == NULL)
        return;
    cg_test_put("0002_two.sql", INSERTS);
    announce(db, INSERTS, "up 1");
    g_autoptr(GError) error = NULL;
    ck_assert(!cg_test_migrate(db, CG_UP, -1, &error));
    ck_exit(error, CG_EXIT_HALF_DONE, "no catalog tells whether it took");
    ck_assert_int_eq(cg_dbtest_int(db, "SELECT count(*) FROM one"), 1);
}
END_TEST

START_TEST(what_may_run_twice_is_run_again)
{
    g_autoptr(CgDb) db = open_at_one(_i);
    if (db == NULL)
        return;
    static const char text[] = "-- migrate:up transaction:false\nVACUUM;\nANALYZE;\n";
    cg_test_put("0002_two.sql", text);
    announce(db, text, "up 1");
    cg_test_migrate_ok(db, CG_UP, -1);
    ck_history(db, "up 1, begin 2, begin 2, begin 2, up 2");
}
END_TEST

START_TEST(a_statement_outside_that_fails_is_half_done)
{
    g_autoptr(CgDb) db = open_at_one(_i);
    if (db == NULL)
        return;
    static const char text[] = "-- migrate:up transaction:false\nINSERT INTO one (id) VALUES (2);\n"
                               "INSERT INTO one (id) VALUES (2);\n";
    cg_test_put("0002_two.sql", text);
    g_autoptr(GError) error = NULL;
    ck_assert(!cg_test_migrate(db, CG_UP, -1, &error));
    ck_exit(error, CG_EXIT_HALF_DONE, "migration 0002_two, statement 2 runs outside a transaction");
    ck_exit(error, CG_EXIT_HALF_DONE, "0002_two.sql:3:1: up, statement 2 of 2: ");
    ck_exit(error, CG_EXIT_HALF_DONE, "mend this one and run cg-migrate up again");
    ck_history(db, "up 1, begin 2, begin 2, fail 2");
    cg_test_put("0002_two.sql",
                "-- migrate:up transaction:false\nINSERT INTO one (id) VALUES (2);\n"
                "INSERT INTO one (id) VALUES (3);\n");
    cg_test_migrate_ok(db, CG_UP, -1);
    ck_history(db, "up 1, begin 2, begin 2, fail 2, begin 2, up 2");
    ck_assert_int_eq(cg_dbtest_int(db, "SELECT count(*) FROM one"), 3);
}
END_TEST

/* A slip in the first statement: nothing stands, and the file may be mended. */
START_TEST(a_first_statement_that_is_refused_leaves_nothing)
{
    g_autoptr(CgDb) db = open_at_one(_i);
    if (db == NULL)
        return;
    cg_test_put("0002_two.sql", "-- migrate:up transaction:false\nISERT INTO one VALUES (2);\n");
    for (int try = 0; try < 2; try++) {
        g_autoptr(GError) error = NULL;
        ck_assert(!cg_test_migrate(db, CG_UP, -1, &error));
        ck_exit(error, CG_EXIT_FAILED, "0002_two.sql:2:1: up, statement 1 of 1: ");
    }
    ck_history(db, "up 1, begin 2, fail 2, begin 2, fail 2");
    cg_test_put("0002_two.sql", INSERTS);
    cg_test_migrate_ok(db, CG_UP, -1);
    cg_test_put("0002_two.sql", INSERTS);
    cg_test_migrate_ok(db, CG_DOWN, -1);
    ck_assert_int_eq(cg_dbtest_int(db, "SELECT count(*) FROM one"), 1);
}
END_TEST

/* What a down undoes of a refused up, and a down that is refused itself. */
START_TEST(a_refused_statement_can_be_undone)
{
    g_autoptr(CgDb) db = open_at_one(_i);
    if (db == NULL)
        return;
    static const char up[] = "-- migrate:up transaction:false\nINSERT INTO one (id) VALUES (2);\n"
                             "SLECT 1;\n-- migrate:down transaction:false\n";
    g_autofree char *slip = g_strconcat(up, "DLETE FROM one WHERE id = 2;\n", NULL);
    g_autofree char *mended = g_strconcat(up, "DELETE FROM one WHERE id = 2;\n", NULL);
    g_autoptr(GError) error = NULL;
    cg_test_put("0002_two.sql", slip);
    ck_assert(!cg_test_migrate(db, CG_UP, -1, &error));
    g_clear_error(&error);
    ck_assert(!cg_test_migrate(db, CG_DOWN, -1, &error));
    ck_exit(error, CG_EXIT_HALF_DONE, "statement 1 runs outside a transaction");
    cg_test_put("0002_two.sql", mended);
    cg_test_migrate_ok(db, CG_DOWN, -1);
    ck_assert_int_eq(cg_dbtest_int(db, "SELECT count(*) FROM one"), 1);
    ck_history(db, "up 1, begin 2, begin 2, fail 2, begin 2, fail 2, begin 2, down 2");
}
END_TEST

START_TEST(a_file_is_not_edited_while_half_done)
{
    g_autoptr(CgDb) db = open_at_one(_i);
    if (db == NULL)
        return;
    announce(db, INDEXES, "up 1");
    cg_test_put("0002_two.sql", INSERTS);
    for (CgDirection direction = CG_UP; direction <= CG_DOWN; direction++) {
        g_autoptr(GError) error = NULL;
        ck_assert(!cg_test_migrate(db, direction, -1, &error));
        ck_exit(error, CG_EXIT_HISTORY, "was edited while it is half done");
    }
    cg_test_put("0002_two.sql", INDEXES);
    cg_test_migrate_ok(db, CG_UP, -1);
    ck_assert(has_both(db));
}
END_TEST

START_TEST(a_verification_outside_that_fails_is_half_done)
{
    g_autoptr(CgDb) db = open_at_one(_i);
    if (db == NULL)
        return;
    cg_test_put("0002_two.sql", INDEXES "-- migrate:verify\nSELECT 1 FROM later;\n");
    g_autoptr(GError) error = NULL;
    ck_assert(!cg_test_migrate(db, CG_UP, -1, &error));
    ck_exit(error, CG_EXIT_HALF_DONE, "its statements ran outside a transaction and stand");
    ck_assert(has_both(db));
    cg_dbtest_exec(db, "CREATE TABLE later (x INTEGER)");
    cg_test_migrate_ok(db, CG_UP, -1);
    ck_history(db, "up 1, begin 2, begin 2, up 2");
}
END_TEST

/* The index of that name is no answer about ours, and never dropped. */
START_TEST(an_index_on_another_table_is_refused)
{
    g_autoptr(CgDb) db = open_at_one(_i);
    if (db == NULL)
        return;
    cg_dbtest_exec(db, "CREATE TABLE other (i INTEGER)");
    cg_dbtest_exec(db, "CREATE INDEX i1 ON other (i)");
    cg_test_put("0002_two.sql", INDEXES);
    g_autoptr(GError) error = NULL;
    ck_assert(!cg_test_migrate(db, CG_UP, -1, &error));
    ck_exit(error, CG_EXIT_FAILED, "already exists");
    announce(db, INDEXES, "up 1");
    for (CgDirection direction = CG_UP; direction <= CG_DOWN; direction++) {
        g_clear_error(&error);
        ck_assert(!cg_test_migrate(db, direction, -1, &error));
        ck_exit(error, CG_EXIT_REFUSED, "\"i1\" already, and not on table \"one\"");
    }
    ck_assert_int_eq(index_state(db, "i1"), CG_INDEX_VALID);
    cg_dbtest_exec(db, "DROP TABLE other");
    cg_test_migrate_ok(db, CG_UP, -1);
    ck_assert(has_both(db));
}
END_TEST

/* Nothing of ours is found or recorded along the search path of a verification. */
START_TEST(a_verification_may_change_the_search_path)
{
    g_autoptr(CgDb) db = open_at_one(_i);
    if (db == NULL || is_sqlite(db))
        return;
    cg_test_put("0002_two.sql", "-- migrate:up\nALTER TABLE one ADD COLUMN b INTEGER;\n"
                                "-- migrate:verify\nSET search_path TO pg_catalog;\n"
                                "-- migrate:down preserve:one.b\nALTER TABLE one DROP COLUMN b;\n");
    cg_test_migrate_ok(db, CG_UP, -1);
    cg_dbtest_exec(db, "UPDATE one SET b = 5");
    cg_test_migrate_ok(db, CG_DOWN, -1);
    cg_test_migrate_ok(db, CG_UP, -1);
    ck_assert_int_eq(cg_dbtest_int(db, "SELECT b FROM one"), 5);
}
END_TEST

/* ---- an invalid index ---- */

/* What CREATE INDEX CONCURRENTLY leaves that a lock timeout, or a dead session, ended. */
static void
leave_invalid_index(CgDb *db)
{
    g_autoptr(CgDb) other = cg_dbtest_again(CG_DB_WRITE);
    g_autoptr(GError) error = NULL;
    g_autoptr(CgTx) tx G_GNUC_UNUSED = cg_tx_begin(other, CG_TX_WRITE, NULL);
    cg_dbtest_exec(other, "UPDATE one SET a = a");
    ck_assert(cg_db_set_timeouts(db, 100, 0, NULL));
    ck_assert(!cg_db_exec(db, "CREATE INDEX CONCURRENTLY i1 ON one (a)", NULL, 0, NULL, &error));
    ck_assert_int_eq(index_state(db, "i1"), CG_INDEX_INVALID);
}

START_TEST(an_invalid_index_is_dropped_and_built_again)
{
    g_autoptr(CgDb) db = open_at_one(_i);
    if (db == NULL || is_sqlite(db))
        return;
    cg_test_put("0002_two.sql", INDEXES);
    announce(db, INDEXES, "up 1");
    leave_invalid_index(db);
    cg_test_migrate_ok(db, CG_UP, -1);
    ck_assert(has_both(db));
}
END_TEST

/* Nobody announced it: it is not ours to drop. */
START_TEST(an_index_of_somebody_else_is_left_alone)
{
    g_autoptr(CgDb) db = open_at_one(_i);
    if (db == NULL || is_sqlite(db))
        return;
    cg_test_put("0002_two.sql", INDEXES);
    leave_invalid_index(db);
    g_autoptr(GError) error = NULL;
    ck_assert(!cg_test_migrate(db, CG_UP, -1, &error));
    ck_exit(error, CG_EXIT_FAILED, "already exists");
    ck_assert_int_eq(index_state(db, "i1"), CG_INDEX_INVALID);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("outside");
    TCase *tcase = cg_dbtest_case(suite, "outside");
    tcase_add_checked_fixture(tcase, quietly, cg_test_folder_end);
    cg_dbtest_add(tcase, statements_outside_are_announced);
    cg_dbtest_add(tcase, a_run_that_died_is_resumed_by_the_catalogs_answer);
    cg_dbtest_add(tcase, a_down_that_died_keeps_up_from_running);
    cg_dbtest_add(tcase, what_no_catalog_tells_is_not_run_again);
    cg_dbtest_add(tcase, what_may_run_twice_is_run_again);
    cg_dbtest_add(tcase, a_statement_outside_that_fails_is_half_done);
    cg_dbtest_add(tcase, a_first_statement_that_is_refused_leaves_nothing);
    cg_dbtest_add(tcase, a_refused_statement_can_be_undone);
    cg_dbtest_add(tcase, a_file_is_not_edited_while_half_done);
    cg_dbtest_add(tcase, a_verification_outside_that_fails_is_half_done);
    cg_dbtest_add(tcase, an_index_on_another_table_is_refused);
    cg_dbtest_add(tcase, a_verification_may_change_the_search_path);
    cg_dbtest_add(tcase, an_invalid_index_is_dropped_and_built_again);
    cg_dbtest_add(tcase, an_index_of_somebody_else_is_left_alone);
    return cg_dbtest_run(suite);
}
