/* The ledger: events come back as they went in, its triggers refuse every other write, and what was
 * edited behind their back is found. */
#include "migrate/ledger.h"

#include "db/probe.h"
#include "tests/lib/dbtest.h"
#include "tests/lib/migrations.h"

#include <stdlib.h>

#define TEXT                                                                                       \
    "-- migrate:up\nCREATE TABLE t (x INTEGER); -- it's \"odd\": \xc3\xa9\n-- migrate:down\n"      \
    "DROP TABLE t;\n"

static CgLedger *
load(CgDb *db)
{
    g_autoptr(GError) error = NULL;
    CgLedger *ledger = cg_ledger_load(db, &error);
    ck_ok(ledger != NULL, error);
    return ledger;
}

static void
append(CgLedger *ledger, CgNewEvent event)
{
    g_autoptr(GError) error = NULL;
    bool ok = cg_ledger_append(ledger, &event, &error);
    ck_ok(ok, error);
}

/* A ledger of three events of migration 1: up with all that an event can hold, fail, down. */
static CgDb *
open_with_events(int backend)
{
    CgDb *db = cg_dbtest_open(backend);
    if (db == NULL)
        return NULL;
    g_autoptr(CgMigration) migration = cg_test_migration(db, "0001_one.sql", TEXT);
    g_autoptr(CgLedger) ledger = load(db);
    append(ledger, (CgNewEvent){ .kind = CG_EVENT_UP,
                                 .migration = migration,
                                 .duration_ms = 12,
                                 .note = "a note",
                                 .fingerprint = "f1" });
    append(ledger, (CgNewEvent){
                       .kind = CG_EVENT_FAIL, .migration = migration, .note = "it's\n\"broken\"" });
    append(ledger, (CgNewEvent){ .kind = CG_EVENT_DOWN, .migration = migration });
    return db;
}

static void
exec_all(CgDb *db, const char *const *statements)
{
    for (; *statements != NULL; statements++)
        cg_dbtest_exec(db, *statements);
}

static void
drop_triggers(CgDb *db)
{
    static const char *const postgresql[] = { "DROP FUNCTION cg_ledger_refuse() CASCADE", NULL };
    static const char *const sqlite[] = { "DROP TRIGGER cg_ledger_refuse_update",
                                          "DROP TRIGGER cg_ledger_refuse_delete",
                                          "DROP TRIGGER cg_ledger_refuse_replace", NULL };
    exec_all(db, cg_db_dialect(db)->sql == CG_SQL_SQLITE ? sqlite : postgresql);
}

/* ---- reading and writing ---- */

START_TEST(a_database_without_a_ledger_has_an_empty_one)
{
    g_autoptr(CgDb) db = cg_dbtest_open(_i);
    if (db == NULL)
        return;
    g_autoptr(CgLedger) ledger = load(db);
    ck_assert(cg_ledger_is_empty(ledger));
    ck_assert_ptr_null(cg_ledger_head(ledger));
    ck_assert_ptr_null(cg_ledger_state(ledger, 1));
    ck_assert_int_eq(cg_db_has(db, "cg_ledger", NULL, NULL), 0);
}
END_TEST

static void
check_up(const CgEvent *event)
{
    ck_assert_int_eq(event->number, 1);
    ck_assert_int_eq(event->kind, CG_EVENT_UP);
    ck_assert_int_eq(event->version, 1);
    ck_assert_str_eq(event->name, "one");
    ck_assert_int_eq(event->duration_ms, 12);
    ck_assert_int_lt(llabs(event->at - g_get_real_time()), 60 * G_USEC_PER_SEC);
    ck_assert_ptr_nonnull(strchr(event->who, '@'));
    ck_assert(g_str_has_prefix(event->tool, "cg-migrate "));
    ck_assert_uint_eq(strlen(event->raw_sha256), 64);
    ck_assert_uint_eq(strlen(event->sql_sha256), 64);
    ck_assert_str_eq(event->sql_text, TEXT);
    ck_assert_str_eq(event->note, "a note");
    ck_assert_str_eq(event->fingerprint, "f1");
}

START_TEST(events_come_back_as_they_went_in)
{
    g_autoptr(CgDb) db = open_with_events(_i);
    if (db == NULL)
        return;
    g_autoptr(CgLedger) ledger = load(db);
    ck_assert_uint_eq(cg_ledger_size(ledger), 3);
    check_up(g_ptr_array_index(cg_ledger_events(ledger), 0));
    const CgEvent *fail = g_ptr_array_index(cg_ledger_events(ledger), 1);
    ck_assert_str_eq(fail->note, "it's\n\"broken\"");
    ck_assert_ptr_null(fail->sql_text);
    ck_assert_ptr_null(fail->fingerprint);
    const CgEvent *down = g_ptr_array_index(cg_ledger_events(ledger), 2);
    ck_assert_ptr_null(down->note);
    ck_assert_str_eq(cg_ledger_head(ledger), down->hash);
}
END_TEST

START_TEST(a_rolled_back_append_is_forgotten)
{
    g_autoptr(CgDb) db = cg_dbtest_open(_i);
    if (db == NULL)
        return;
    g_autoptr(GError) error = NULL;
    g_autoptr(CgMigration) migration = cg_test_migration(db, "0001_one.sql", TEXT);
    g_autoptr(CgLedger) ledger = load(db);
    for (int i = 0; i < 3; i++) {
        CgTx *tx = cg_tx_begin(db, CG_TX_WRITE, &error);
        ck_ok(tx != NULL, error);
        append(ledger, (CgNewEvent){ .kind = CG_EVENT_UP, .migration = migration });
        /* The first time the table goes too, the last time all stays. */
        if (i == 2)
            ck_assert(cg_tx_commit(tx, NULL));
        cg_tx_end(tx);
        bool ok = i == 2 || cg_ledger_truncate(ledger, 0, &error);
        ck_ok(ok, error);
    }
    g_autoptr(CgLedger) again = load(db);
    ck_assert_uint_eq(cg_ledger_size(again), 1);
    ck_assert_str_eq(cg_ledger_head(again), cg_ledger_head(ledger));
}
END_TEST

/* ---- what the newest event says ---- */

enum { NOTHING = -1 };

static const struct {
    CgEventKind kinds[4];
    int n;
    int state;
} states[] = {
    { { CG_EVENT_FAIL }, 1, NOTHING },
    { { CG_EVENT_ADOPT }, 1, CG_EVENT_ADOPT },
    { { CG_EVENT_UP }, 1, CG_EVENT_UP },
    { { CG_EVENT_UP, CG_EVENT_FAIL }, 2, CG_EVENT_UP },
    { { CG_EVENT_UP, CG_EVENT_DOWN }, 2, CG_EVENT_DOWN },
    { { CG_EVENT_UP, CG_EVENT_DOWN, CG_EVENT_FAIL }, 3, CG_EVENT_DOWN },
    { { CG_EVENT_BEGIN }, 1, CG_EVENT_BEGIN },
    { { CG_EVENT_BEGIN, CG_EVENT_BEGIN, CG_EVENT_UP }, 3, CG_EVENT_UP },
    { { CG_EVENT_UP, CG_EVENT_BEGIN }, 2, CG_EVENT_BEGIN },
};

START_TEST(the_newest_event_that_decides_is_the_state)
{
    g_autoptr(CgDb) db = cg_dbtest_open(0);
    g_autoptr(CgMigration) one = cg_test_migration(db, "1_one.sql", TEXT);
    g_autoptr(CgMigration) two = cg_test_migration(db, "2_two.sql", TEXT);
    g_autoptr(CgLedger) ledger = load(db);
    for (int i = 0; i < states[_i].n; i++)
        append(ledger, (CgNewEvent){ .kind = states[_i].kinds[i], .migration = one });
    append(ledger, (CgNewEvent){ .kind = CG_EVENT_DOWN, .migration = two });
    const CgEvent *event = cg_ledger_state(ledger, 1);
    ck_assert_int_eq(event != NULL ? (int)event->kind : NOTHING, states[_i].state);
    ck_assert_ptr_null(cg_ledger_state(ledger, 3));
}
END_TEST

/* ---- append-only ---- */

#define NEW_ROW                                                                                    \
    "INTO cg_ledger VALUES (2, 'up', 9, 'x', '2015-01-01 00:00:00', 0, 'w', 't', NULL, NULL, "     \
    "NULL, NULL, NULL, 1, 'p', 'h')"

static const struct {
    const char *sql;
    const char *dialect; /* NULL: all */
    const char *message;
} refused[] = {
    { "UPDATE cg_ledger SET note = 'x' WHERE number = 2", NULL, "UPDATE refused" },
    { "UPDATE cg_ledger SET number = 7 WHERE number = 3", NULL, "UPDATE refused" },
    { "DELETE FROM cg_ledger", NULL, "DELETE refused" },
    { "DELETE FROM cg_ledger WHERE number = 3", NULL, "DELETE refused" },
    { "INSERT " NEW_ROW, NULL, "" },
    { "TRUNCATE cg_ledger", "postgresql", "TRUNCATE refused" },
    { "TRUNCATE cg_ledger RESTART IDENTITY CASCADE", "postgresql", "TRUNCATE refused" },
    { "INSERT " NEW_ROW " ON CONFLICT (number) DO UPDATE SET note = 'x'", NULL, "refused" },
    { "INSERT OR REPLACE " NEW_ROW, "sqlite", "a second row of a number refused" },
    { "REPLACE " NEW_ROW, "sqlite", "a second row of a number refused" },
    { "INSERT OR REPLACE INTO cg_ledger (rowid, event, version, name, at, duration_ms, who, tool, "
      "format, previous_hash, hash) VALUES (2, 'up', 9, 'x', '2015-01-01 00:00:00', 0, 'w', 't', "
      "1, 'p', 'h')",
      "sqlite", "a second row of a number refused" },
    { "UPDATE OR REPLACE cg_ledger SET number = 2 WHERE number = 3", "sqlite", "UPDATE refused" },
};

START_TEST(triggers_refuse_every_other_write)
{
    g_autoptr(CgDb) db = open_with_events(_i);
    if (db == NULL)
        return;
    g_autoptr(CgLedger) before = load(db);
    for (size_t i = 0; i < G_N_ELEMENTS(refused); i++) {
        if (refused[i].dialect != NULL && strcmp(refused[i].dialect, cg_db_dialect(db)->name) != 0)
            continue;
        g_autoptr(GError) error = NULL;
        bool ok = cg_db_exec(db, refused[i].sql, NULL, 0, NULL, &error);
        ck_assert_msg(!ok, "let through: %s", refused[i].sql);
        ck_assert_msg(strstr(error->message, refused[i].message) != NULL, "%s: %s", refused[i].sql,
                      error->message);
        g_autoptr(CgLedger) after = load(db);
        ck_assert_str_eq(cg_ledger_head(after), cg_ledger_head(before));
    }
}
END_TEST

/* ---- the chain ---- */

static const struct {
    const char *edit;
    const char *message; /* how the ledger is broken */
} edits[] = {
    { "UPDATE cg_ledger SET event = 'down' WHERE number = 1", "event 1: its content was changed" },
    { "UPDATE cg_ledger SET event = 'undo' WHERE number = 2", "event 2: its kind is not known" },
    { "UPDATE cg_ledger SET version = 2 WHERE number = 2", "event 2: its content was changed" },
    { "UPDATE cg_ledger SET name = 'two' WHERE number = 2", "event 2: its content was changed" },
    { "UPDATE cg_ledger SET at = '2015-01-01 00:00:00' WHERE number = 2",
      "event 2: its content was changed" },
    { "UPDATE cg_ledger SET duration_ms = 13 WHERE number = 1",
      "event 1: its content was changed" },
    { "UPDATE cg_ledger SET who = 'me@here' WHERE number = 2", "event 2: its content was changed" },
    { "UPDATE cg_ledger SET tool = 'x' WHERE number = 2", "event 2: its content was changed" },
    { "UPDATE cg_ledger SET raw_sha256 = NULL WHERE number = 2",
      "event 2: its content was changed" },
    { "UPDATE cg_ledger SET sql_sha256 = raw_sha256 WHERE number = 2",
      "event 2: its content was changed" },
    { "UPDATE cg_ledger SET sql_text = 'x' WHERE number = 1", "event 1: its content was changed" },
    { "UPDATE cg_ledger SET sql_text = '' WHERE number = 2", "event 2: its content was changed" },
    { "UPDATE cg_ledger SET note = '' WHERE number = 3", "event 3: its content was changed" },
    { "UPDATE cg_ledger SET fingerprint = NULL WHERE number = 1",
      "event 1: its content was changed" },
    { "UPDATE cg_ledger SET note = 'f1', fingerprint = 'a note' WHERE number = 1",
      "event 1: its content was changed" },
    { "UPDATE cg_ledger SET format = 2 WHERE number = 2", "event 2: it was written by a newer" },
    { "UPDATE cg_ledger SET previous_hash = 'x' WHERE number = 2",
      "event 2: it does not follow the event before it" },
    { "UPDATE cg_ledger SET hash = 'x' WHERE number = 3", "event 3: its content was changed" },
    { "DELETE FROM cg_ledger WHERE number = 1", "event 2: an event before it is missing" },
    { "DELETE FROM cg_ledger WHERE number = 2", "event 3: an event before it is missing" },
    { "UPDATE cg_ledger SET number = 4 - number WHERE number <> 2", "event 1" },
    { "UPDATE cg_ledger SET number = number + 10", "event 11: an event before it is missing" },
};

START_TEST(an_edit_is_found_with_its_number)
{
    g_autoptr(CgDb) db = open_with_events(_i);
    if (db == NULL)
        return;
    drop_triggers(db);
    for (size_t i = 0; i < G_N_ELEMENTS(edits); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(CgTx) tx G_GNUC_UNUSED = cg_tx_begin(db, CG_TX_WRITE, NULL);
        /* On its way a number may stand twice. */
        if (strstr(edits[i].edit, "SET number") != NULL) {
            cg_dbtest_exec(db, "CREATE TABLE copy AS SELECT * FROM cg_ledger");
            cg_dbtest_exec(db, "DROP TABLE cg_ledger");
            cg_dbtest_exec(db, "ALTER TABLE copy RENAME TO cg_ledger");
        }
        cg_dbtest_exec(db, edits[i].edit);
        g_autoptr(CgLedger) ledger = cg_ledger_load(db, &error);
        ck_assert_msg(ledger == NULL, "not found: %s", edits[i].edit);
        ck_exit(error, CG_EXIT_HISTORY, edits[i].message);
    }
    g_autoptr(CgLedger) whole = load(db);
    ck_assert_uint_eq(cg_ledger_size(whole), 3);
}
END_TEST

/* Whoever recomputes nothing but the edited row is found out by the row behind it. */
START_TEST(a_forged_event_breaks_the_next)
{
    g_autoptr(CgDb) db = open_with_events(_i);
    if (db == NULL)
        return;
    drop_triggers(db);
    g_autoptr(CgMigration) migration = cg_test_migration(db, "0001_two.sql", TEXT);
    cg_dbtest_exec(db, "CREATE TABLE rest AS SELECT * FROM cg_ledger WHERE number = 3");
    cg_dbtest_exec(db, "DELETE FROM cg_ledger WHERE number > 1");
    g_autoptr(CgLedger) forger = load(db);
    append(forger, (CgNewEvent){ .kind = CG_EVENT_FAIL, .migration = migration });
    cg_dbtest_exec(db, "INSERT INTO cg_ledger SELECT * FROM rest");
    g_autoptr(GError) error = NULL;
    ck_assert_ptr_null(cg_ledger_load(db, &error));
    ck_exit(error, CG_EXIT_HISTORY, "event 3: it does not follow the event before it");
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("ledger");
    TCase *tcase = cg_dbtest_case(suite, "ledger");
    cg_dbtest_add(tcase, a_database_without_a_ledger_has_an_empty_one);
    cg_dbtest_add(tcase, events_come_back_as_they_went_in);
    cg_dbtest_add(tcase, a_rolled_back_append_is_forgotten);
    tcase_add_loop_test(tcase, the_newest_event_that_decides_is_the_state, 0, G_N_ELEMENTS(states));
    cg_dbtest_add(tcase, triggers_refuse_every_other_write);
    cg_dbtest_add(tcase, an_edit_is_found_with_its_number);
    cg_dbtest_add(tcase, a_forged_event_breaks_the_next);
    return cg_dbtest_run(suite);
}
