/* The contract of db.h and probe.h: sessions and their loss, timeouts, probes, copies. */
#include "db/probe.h"
#include "tests/lib/dbtest.h"

#define SLOW                                                                                       \
    "WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 1000000000)"        \
    " SELECT count(*) FROM c"

/* ---- sessions ---- */

START_TEST(names_itself)
{
    g_autoptr(CgDb) db = cg_dbtest_open(_i);
    if (db == NULL)
        return;
    g_autoptr(GError) error = NULL;
    g_autofree char *position = cg_db_position(db, &error);
    ck_ok(position != NULL, error);
    ck_assert_str_ne(position, "");
    ck_assert_ptr_null(strchr(position, '\n'));
    ck_assert_ptr_nonnull(strpbrk(cg_db_server(db), "0123456789"));
    ck_assert_str_eq(cg_db_display(db), cg_address_display(cg_db_address(db)));
    ck_ok(cg_db_set_name(db, "o'neill ☃", &error), error);
    ck_assert(!cg_db_is_read_only(db));
}
END_TEST

START_TEST(opens_again)
{
    g_autoptr(CgDb) db = cg_dbtest_open(_i);
    if (db == NULL)
        return;
    g_autoptr(GError) error = NULL;
    cg_dbtest_make_table(db, "t");
    g_autoptr(CgDb) again = cg_db_open_again(db, &error);
    ck_ok(again != NULL, error);
    cg_dbtest_exec(again, "INSERT INTO t (id) VALUES ('a')");
    ck_assert_int_eq(cg_dbtest_int(db, "SELECT count(*) FROM t"), 1);
}
END_TEST

static void
is_setting(CgDb *db, const char *name, const char *value)
{
    g_autofree char *sql = g_strdup_printf("SELECT pg_catalog.current_setting('%s')", name);
    g_autofree char *is = cg_dbtest_text(db, sql);
    ck_assert_msg(strcmp(is, value) == 0, "%s is %s", name, is);
}

START_TEST(a_reset_takes_back_what_was_set)
{
    g_autoptr(CgDb) db = cg_dbtest_open(_i);
    if (db == NULL || cg_db_dialect(db)->sql != CG_SQL_POSTGRESQL)
        return;
    g_autoptr(GError) error = NULL;
    g_autofree char *path = cg_dbtest_text(db, "SELECT pg_catalog.current_setting('search_path')");
    ck_ok(cg_db_set_name(db, "o'neill", &error), error);
    ck_ok(cg_db_set_timeouts(db, 1500, 2500, &error), error);
    g_autoptr(CgTx) tx = cg_tx_begin(db, CG_TX_WRITE, &error);
    cg_dbtest_exec(db, "SET session_replication_role TO replica");
    cg_dbtest_exec(db, "SET search_path TO pg_catalog");
    cg_dbtest_exec(db, "SET TimeZone TO 'Asia/Tokyo'");
    cg_dbtest_exec(db, "SET SESSION AUTHORIZATION pg_signal_backend");
    ck_ok(cg_db_reset(db, &error), error);
    ck_ok(cg_tx_commit(tx, &error), error);
    is_setting(db, "session_replication_role", "origin");
    is_setting(db, "search_path", path);
    is_setting(db, "TimeZone", "UTC");
    is_setting(db, "application_name", "o'neill");
    is_setting(db, "lock_timeout", "1500ms");
    is_setting(db, "statement_timeout", "2500ms");
    ck_assert_int_eq(cg_dbtest_int(db, "SELECT count(*) FROM pg_roles WHERE rolname = current_user"
                                       " AND rolsuper"),
                     1);
}
END_TEST

START_TEST(tables_of_ours_are_found_where_they_are)
{
    g_autoptr(CgDb) db = cg_dbtest_open(_i);
    if (db == NULL || cg_db_dialect(db)->sql != CG_SQL_POSTGRESQL)
        return;
    g_autofree char *first = g_strdup(cg_db_schema(db));
    cg_dbtest_exec(db, "CREATE TABLE cg_ledger (number INTEGER)");
    cg_dbtest_exec(db, "CREATE SCHEMA AUTHORIZATION CURRENT_USER");
    g_autoptr(CgDb) again = cg_dbtest_again(CG_DB_WRITE);
    g_autofree char *current = cg_dbtest_text(again, "SELECT pg_catalog.current_schema()");
    ck_assert_str_ne(current, first);
    ck_assert_str_eq(cg_db_schema(again), first);
    cg_dbtest_exec(db, "DROP TABLE cg_ledger");
    g_autoptr(CgDb) empty = cg_dbtest_again(CG_DB_WRITE);
    ck_assert_str_eq(cg_db_schema(empty), current);
}
END_TEST

static void
cannot_open(CgDbTestPlace place, const char *word)
{
    const char *secret;
    g_autoptr(GError) error = NULL;
    g_autoptr(CgAddress) address = cg_dbtest_address(place, &secret);
    if (address == NULL)
        return;
    g_autoptr(CgDb) db = cg_db_open(address, CG_DB_WRITE, &error);
    ck_assert_ptr_null(db);
    ck_db_error(error, CG_DB_ERROR_CONNECT);
    ck_assert_msg(strstr(error->message, word) != NULL, "%s", error->message);
    ck_assert_ptr_null(strstr(error->message, secret));
    ck_assert_ptr_null(strchr(error->message, '\n'));
    ck_assert_ptr_nonnull(cg_db_error_hint(error));
}

START_TEST(explains_what_cannot_be_opened)
{
    g_autoptr(CgDb) db = cg_dbtest_open(_i);
    if (db == NULL)
        return;
    cannot_open(CG_DBTEST_ABSENT, "absent");
    cannot_open(CG_DBTEST_UNREACHABLE, "");
    cannot_open(CG_DBTEST_WRONG_PASSWORD, "cg_password_user");
}
END_TEST

START_TEST(takes_a_password_of_punctuation)
{
    g_autoptr(CgDb) db = cg_dbtest_open(_i);
    if (db == NULL)
        return;
    const char *secret;
    g_autoptr(GError) error = NULL;
    g_autoptr(CgAddress) address = cg_dbtest_address(CG_DBTEST_PASSWORD, &secret);
    if (address == NULL)
        return;
    g_autoptr(CgDb) other = cg_db_open(address, CG_DB_READ, &error);
    ck_ok(other != NULL, error);
    ck_assert_ptr_null(strstr(cg_db_display(other), "ss/w"));
}
END_TEST

START_TEST(reading_never_writes)
{
    g_autoptr(CgDb) db = cg_dbtest_open(_i);
    if (db == NULL)
        return;
    cg_dbtest_make_table(db, "t");
    cg_dbtest_exec(db, "INSERT INTO t (id) VALUES ('a')");
    g_autoptr(CgDb) reader = cg_dbtest_again(CG_DB_READ);
    ck_assert(cg_db_is_read_only(reader));
    ck_assert_int_eq(cg_dbtest_int(reader, "SELECT count(*) FROM t"), 1);
    static const char *const writes[] = {
        "INSERT INTO t (id) VALUES ('b')", "UPDATE t SET s = 'x'",    "DELETE FROM t",
        "CREATE TABLE u (id INTEGER)",     "ALTER TABLE t ADD x INT", "DROP TABLE t",
    };
    for (size_t i = 0; i < G_N_ELEMENTS(writes); i++) {
        g_autoptr(GError) error = NULL;
        ck_assert(!cg_db_exec(reader, writes[i], NULL, 0, NULL, &error));
        ck_db_error(error, CG_DB_ERROR_READ_ONLY);
    }
    g_autoptr(GError) error = NULL;
    g_autoptr(CgTx) tx = cg_tx_begin(reader, CG_TX_WRITE, &error);
    ck_assert(tx == NULL || !cg_db_exec(reader, writes[0], NULL, 0, NULL, &error));
    ck_db_error(error, CG_DB_ERROR_READ_ONLY);
}
END_TEST

START_TEST(a_lost_session_is_a_connection_error)
{
    g_autoptr(CgDb) db = cg_dbtest_open(_i);
    if (db == NULL)
        return;
    g_autoptr(GError) error = NULL;
    g_autoptr(GError) after = NULL;
    cg_dbtest_make_table(db, "t");
    g_autoptr(CgDb) victim = cg_dbtest_again(CG_DB_WRITE);
    g_autoptr(CgTx) tx = cg_tx_begin(victim, CG_TX_WRITE, &error);
    ck_ok(tx != NULL, error);
    cg_dbtest_exec(victim, "INSERT INTO t (id) VALUES ('a')");
    if (!cg_dbtest_kill(victim))
        return;
    ck_assert(!cg_db_exec(victim, "INSERT INTO t (id) VALUES ('b')", NULL, 0, NULL, &error));
    ck_db_error(error, CG_DB_ERROR_CONNECT);
    ck_assert(!cg_db_exec(victim, "SELECT 1", NULL, 0, NULL, &after));
    ck_db_error(after, CG_DB_ERROR_CONNECT);
    g_clear_pointer(&tx, cg_tx_end);
    ck_assert_int_eq(cg_dbtest_int(db, "SELECT count(*) FROM t"), 0);
}
END_TEST

START_TEST(a_session_lost_in_commit_is_a_connection_error)
{
    g_autoptr(CgDb) db = cg_dbtest_open(_i);
    if (db == NULL)
        return;
    g_autoptr(GError) error = NULL;
    g_autoptr(CgDb) victim = cg_dbtest_again(CG_DB_WRITE);
    g_autoptr(CgTx) tx = cg_tx_begin(victim, CG_TX_WRITE, &error);
    ck_ok(tx != NULL, error);
    if (!cg_dbtest_kill(victim))
        return;
    ck_assert(!cg_tx_commit(tx, &error));
    ck_db_error(error, CG_DB_ERROR_CONNECT);
}
END_TEST

START_TEST(memory_is_private)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(CgDb) db = cg_db_open_memory(&error);
    ck_ok(db != NULL, error);
    g_autoptr(CgDb) other = cg_db_open_memory(&error);
    ck_ok(other != NULL, error);
    cg_dbtest_make_table(db, "t");
    ck_assert_int_eq(cg_db_has(db, "t", NULL, &error), 1);
    ck_assert_int_eq(cg_db_has(other, "t", NULL, &error), 0);
    ck_assert_ptr_null(cg_db_address(db));
    ck_assert_ptr_null(cg_db_open_again(db, &error));
    ck_db_error(error, CG_DB_ERROR_UNSUPPORTED);
}
END_TEST

/* ---- timeouts ---- */

START_TEST(a_lock_is_waited_for_in_bounds)
{
    g_autoptr(CgDb) db = cg_dbtest_open(_i);
    if (db == NULL)
        return;
    g_autoptr(GError) error = NULL;
    cg_dbtest_make_table(db, "t");
    cg_dbtest_exec(db, "INSERT INTO t (id) VALUES ('a')");
    g_autoptr(CgDb) other = cg_dbtest_again(CG_DB_WRITE);
    ck_ok(cg_db_set_timeouts(other, 150, 0, &error), error);
    g_autoptr(CgTx) tx = cg_tx_begin(db, CG_TX_WRITE, &error);
    cg_dbtest_exec(db, "UPDATE t SET s = 'mine'");
    gint64 start = g_get_monotonic_time();
    ck_assert(!cg_db_exec(other, "UPDATE t SET s = 'theirs'", NULL, 0, NULL, &error));
    double waited = (double)(g_get_monotonic_time() - start) / G_USEC_PER_SEC;
    ck_db_error(error, CG_DB_ERROR_BUSY);
    ck_assert_msg(waited > 0.1 && waited < 5, "waited %g s", waited);
    g_clear_error(&error);
    ck_ok(cg_tx_commit(tx, &error), error);
    ck_assert_int_eq(cg_dbtest_exec(other, "UPDATE t SET s = 'theirs'"), 1);
}
END_TEST

static void
is_stopped(CgDb *db)
{
    g_autoptr(GError) error = NULL;
    CgValue value;
    gint64 start = g_get_monotonic_time();
    ck_assert(!cg_db_query_value(db, SLOW, NULL, 0, &value, NULL, &error));
    ck_db_error(error, CG_DB_ERROR_TIMEOUT);
    ck_assert_int_lt(g_get_monotonic_time() - start, 5 * G_USEC_PER_SEC);
}

START_TEST(a_statement_runs_in_bounds)
{
    g_autoptr(CgDb) db = cg_dbtest_open(_i);
    if (db == NULL)
        return;
    g_autoptr(GError) error = NULL;
    ck_ok(cg_db_set_timeouts(db, 0, 100, &error), error);
    is_stopped(db);
    is_stopped(db);
    ck_assert_int_eq(cg_dbtest_int(db, "SELECT 1"), 1);
}
END_TEST

START_TEST(timeouts_outlive_a_rollback)
{
    g_autoptr(CgDb) db = cg_dbtest_open(_i);
    if (db == NULL)
        return;
    g_autoptr(GError) error = NULL;
    CgTx *tx = cg_tx_begin(db, CG_TX_WRITE, &error);
    ck_ok(tx != NULL, error);
    ck_ok(cg_db_set_timeouts(db, 0, 100, &error), error);
    cg_tx_end(tx);
    is_stopped(db);
}
END_TEST

/* ---- probes ---- */

START_TEST(tells_what_is_there)
{
    g_autoptr(CgDb) db = cg_dbtest_open(_i);
    if (db == NULL)
        return;
    g_autoptr(GError) error = NULL;
    ck_assert_int_eq(cg_db_has(db, "t", NULL, &error), 0);
    ck_assert_int_eq(cg_db_has(db, "t", "s", &error), 0);
    cg_dbtest_make_table(db, "t");
    cg_dbtest_exec(db, "CREATE VIEW v AS SELECT id AS name FROM t");
    ck_assert_int_eq(cg_db_has(db, "t", NULL, &error), 1);
    ck_assert_int_eq(cg_db_has(db, "t", "s", &error), 1);
    ck_assert_int_eq(cg_db_has(db, "t", "nosuch", &error), 0);
    ck_assert_int_eq(cg_db_has(db, "v", NULL, &error), 1);
    ck_assert_int_eq(cg_db_has(db, "v", "name", &error), 1);
    ck_assert_int_eq(cg_db_has(db, "t'; --", NULL, &error), 0);
    cg_dbtest_exec(db, "ALTER TABLE t DROP COLUMN s");
    ck_assert_int_eq(cg_db_has(db, "t", "s", &error), 0);
    ck_assert_ptr_null(error);
}
END_TEST

static CgIndexState
index_state(CgDb *db, const char *name)
{
    g_autoptr(GError) error = NULL;
    CgIndexState state = CG_INDEX_ABSENT;
    ck_ok(cg_db_index_state(db, NULL, name, NULL, &state, &error), error);
    return state;
}

static CgIndexState
index_state_on(CgDb *db, const char *schema, const char *table)
{
    g_autoptr(GError) error = NULL;
    CgIndexState state = CG_INDEX_INVALID;
    ck_ok(cg_db_index_state(db, schema, "t_i", table, &state, &error), error);
    return state;
}

START_TEST(tells_the_state_of_an_index)
{
    g_autoptr(CgDb) db = cg_dbtest_open(_i);
    if (db == NULL)
        return;
    cg_dbtest_make_table(db, "t");
    ck_assert_int_eq(index_state(db, "t_i"), CG_INDEX_ABSENT);
    cg_dbtest_exec(db, "CREATE INDEX t_i ON t (i)");
    ck_assert_int_eq(index_state(db, "t_i"), CG_INDEX_VALID);
    ck_assert_int_eq(index_state(db, "t"), CG_INDEX_ABSENT);
    ck_assert_int_eq(index_state_on(db, cg_db_schema(db), "t"), CG_INDEX_VALID);
    ck_assert_int_eq(index_state_on(db, NULL, "u"), CG_INDEX_ELSEWHERE);
    if (cg_db_dialect(db)->can & CG_CAN_CONCURRENT_INDEX)
        ck_assert_int_eq(index_state_on(db, "pg_catalog", "t"), CG_INDEX_ABSENT);
    if (!(cg_db_dialect(db)->can & CG_CAN_CONCURRENT_INDEX))
        return;
    cg_dbtest_exec(db, "INSERT INTO t (id, s) VALUES ('a', 'twice'), ('b', 'twice')");
    ck_assert(
        !cg_db_exec(db, "CREATE UNIQUE INDEX CONCURRENTLY t_s ON t (s)", NULL, 0, NULL, NULL));
    ck_assert_int_eq(index_state(db, "t_s"), CG_INDEX_INVALID);
}
END_TEST

/* ---- copies ---- */

static void
check_copy(CgDb *db, const char *path)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *text = g_strconcat(cg_address_scheme(cg_db_address(db)), ":", path, NULL);
    g_autoptr(CgAddress) address = cg_address_parse(text, &error);
    g_autoptr(CgDb) copy = address != NULL ? cg_db_open(address, CG_DB_READ, &error) : NULL;
    ck_ok(copy != NULL, error);
    ck_assert_int_eq(cg_dbtest_int(copy, "SELECT count(*) FROM t"), 1);
}

START_TEST(copies_itself_where_it_can)
{
    g_autoptr(CgDb) db = cg_dbtest_open(_i);
    if (db == NULL)
        return;
    g_autoptr(GError) error = NULL;
    g_autofree char *path = NULL, *second = NULL;
    cg_dbtest_make_table(db, "t");
    cg_dbtest_exec(db, "INSERT INTO t (id) VALUES ('a')");
    bool copied = cg_db_backup(db, "before", &path, &error);
    if (!(cg_db_dialect(db)->can & CG_CAN_BACKUP)) {
        ck_assert(!copied);
        ck_db_error(error, CG_DB_ERROR_UNSUPPORTED);
        return;
    }
    ck_ok(copied, error);
    check_copy(db, path);
    cg_dbtest_exec(db, "DELETE FROM t");
    if (cg_db_backup(db, "before", &second, &error))
        ck_assert_str_ne(path, second);
    check_copy(db, path);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("db session");
    TCase *sessions = cg_dbtest_case(suite, "sessions");
    cg_dbtest_add(sessions, names_itself);
    cg_dbtest_add(sessions, opens_again);
    cg_dbtest_add(sessions, a_reset_takes_back_what_was_set);
    cg_dbtest_add(sessions, tables_of_ours_are_found_where_they_are);
    cg_dbtest_add(sessions, explains_what_cannot_be_opened);
    cg_dbtest_add(sessions, takes_a_password_of_punctuation);
    cg_dbtest_add(sessions, reading_never_writes);
    cg_dbtest_add(sessions, a_lost_session_is_a_connection_error);
    cg_dbtest_add(sessions, a_session_lost_in_commit_is_a_connection_error);
    tcase_add_test(sessions, memory_is_private);
    TCase *timeouts = cg_dbtest_case(suite, "timeouts");
    cg_dbtest_add(timeouts, a_lock_is_waited_for_in_bounds);
    cg_dbtest_add(timeouts, a_statement_runs_in_bounds);
    cg_dbtest_add(timeouts, timeouts_outlive_a_rollback);
    TCase *probes = cg_dbtest_case(suite, "probes");
    cg_dbtest_add(probes, tells_what_is_there);
    cg_dbtest_add(probes, tells_the_state_of_an_index);
    cg_dbtest_add(probes, copies_itself_where_it_can);
    return cg_dbtest_run(suite);
}
