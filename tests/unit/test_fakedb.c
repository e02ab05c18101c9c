/* The failing databases that other tests lean on. */
#include "db/bulk.h"
#include "db/probe.h"
#include "tests/lib/dbtest.h"
#include "tests/lib/fakedb.h"

#include <stdlib.h>

static CgDb *
wrapped(CgDbErrorCode code)
{
    g_autoptr(GError) error = NULL;
    CgDb *real = cg_db_open_memory(&error);
    ck_ok(real != NULL, error);
    cg_dbtest_make_table(real, "t");
    return cg_fakedb_wrap(real, code);
}

/* begin, exec, query, next, commit: five calls, of which a failed one leaves no row. */
static bool
flow(CgDb *db, GError **error)
{
    CgValue count;
    g_autoptr(CgTx) tx = cg_tx_begin(db, CG_TX_WRITE, error);
    return tx != NULL && cg_db_exec(db, "INSERT INTO t (id) VALUES ('a')", NULL, 0, NULL, error) &&
           cg_db_query_value(db, "SELECT count(*) FROM t", NULL, 0, &count, NULL, error) &&
           cg_tx_commit(tx, error);
}

START_TEST(each_call_fails_in_turn)
{
    g_autoptr(CgDb) db = wrapped(CG_DB_ERROR_FULL);
    for (int n = 1;; n++) {
        g_autoptr(GError) error = NULL;
        cg_fakedb_fail_at(db, n);
        bool ok = flow(db, &error);
        ck_assert_int_eq(ok, n == 6);
        ck_assert_int_eq(cg_fakedb_calls(db), MIN(n, 5));
        cg_fakedb_fail_at(db, 0);
        ck_assert_int_eq(cg_dbtest_int(db, "SELECT count(*) FROM t"), ok);
        if (ok)
            break;
        ck_db_error(error, CG_DB_ERROR_FULL);
    }
}
END_TEST

START_TEST(a_lost_session_stays_lost)
{
    g_autoptr(GError) first = NULL, second = NULL;
    g_autoptr(CgDb) db = wrapped(CG_DB_ERROR_CONNECT);
    cg_fakedb_fail_at(db, 3);
    ck_assert(!flow(db, &first));
    ck_db_error(first, CG_DB_ERROR_CONNECT);
    ck_assert(!cg_db_exec(db, "SELECT 1", NULL, 0, NULL, &second));
    ck_db_error(second, CG_DB_ERROR_CONNECT);
}
END_TEST

START_TEST(the_answer_to_a_commit_can_be_lost)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(CgDb) db = wrapped(CG_DB_ERROR_BUSY);
    cg_fakedb_lose_answers(db);
    cg_fakedb_fail_at(db, 5);
    ck_assert(!flow(db, &error));
    ck_db_error(error, CG_DB_ERROR_BUSY);
    ck_assert_int_eq(cg_dbtest_int(db, "SELECT count(*) FROM t"), 1);
}
END_TEST

static bool
count_row(const CgValue *row G_GNUC_UNUSED, void *data, GError **error G_GNUC_UNUSED)
{
    ++*(int *)data;
    return true;
}

START_TEST(passes_everything_on)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(CgDb) db = wrapped(CG_DB_ERROR_QUERY);
    static const CgColumn columns[] = { { "id", CG_BYTES }, { "d", CG_TIME } };
    const CgValue values[] = { cg_text("a"), cg_text("yesterday") };
    const CgScan scan = { columns, 2, "t", NULL };
    CgIndexState state;
    int rows = 0;
    ck_assert_str_eq(cg_db_dialect(db)->name, "sqlite");
    ck_assert_ptr_nonnull(cg_db_server(db));
    ck_ok(cg_db_insert(db, "t", columns, 2, values, 1, &error), error);
    ck_ok(cg_db_scan(db, &scan, count_row, &rows, &error), error);
    ck_assert_int_eq(rows, 1);
    ck_assert_int_eq(cg_db_unreadable(db, NULL), 1);
    ck_assert_int_eq(cg_db_has(db, "t", "id", &error), 1);
    ck_ok(cg_db_index_state(db, NULL, "none", NULL, &state, &error), error);
    ck_assert_int_eq(state, CG_INDEX_ABSENT);
    ck_assert_int_eq(cg_fakedb_calls(db), 4);
}
END_TEST

START_TEST(sessions_count_together)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(CgDb) real = cg_dbtest_open(0);
    g_autoptr(CgDb) db = cg_fakedb_wrap(g_steal_pointer(&real), CG_DB_ERROR_CONNECT);
    CgDb *second = cg_db_open_again(db, &error);
    ck_ok(second != NULL, error);
    cg_dbtest_exec(second, "SELECT 1");
    ck_assert_int_eq(cg_fakedb_calls(db), 2);
    cg_db_close(second);
    cg_fakedb_fail_at(db, 1);
    ck_assert_ptr_null(cg_db_open_again(db, &error));
    ck_db_error(error, CG_DB_ERROR_CONNECT);
}
END_TEST

START_TEST(a_script_is_followed)
{
    g_autoptr(GError) error = NULL;
    const CgValue answer[] = { cg_int(1), cg_text("a"), cg_int(2), cg_null() };
    const CgFakeStep steps[] = {
        { .sql = "BEGIN WRITE" },
        { .sql = "UPDATE t SET *", .number = 3 },
        { .sql = "SELECT nr, name FROM t", .values = answer, .n_columns = 2, .n_rows = 2 },
        { .sql = "HAS t.name", .number = 1 },
        { .sql = "COMMIT", .error = "gone", .code = CG_DB_ERROR_CONNECT },
        { .sql = "ROLLBACK" },
        { 0 },
    };
    g_autoptr(CgDb) db = cg_fakedb_scripted(steps);
    int64_t changed = 0;
    g_autoptr(CgTx) tx = cg_tx_begin(db, CG_TX_WRITE, &error);
    ck_ok(cg_db_exec(db, "UPDATE t SET name = $1", NULL, 0, &changed, &error), error);
    ck_assert_int_eq(changed, 3);
    g_autoptr(CgRows) rows = cg_db_query(db, "SELECT nr, name FROM t", NULL, 0, &error);
    ck_assert_int_eq(cg_rows_columns(rows), 2);
    ck_assert_int_eq(cg_rows_next(rows, &error), 1);
    ck_assert_int_eq(cg_rows_next(rows, &error), 1);
    ck_assert_int_eq(cg_rows_int(rows, 0), 2);
    ck_same_value(cg_rows_value(rows, 1), cg_null());
    ck_assert_int_eq(cg_rows_next(rows, &error), 0);
    ck_assert_int_eq(cg_db_has(db, "t", "name", &error), 1);
    ck_assert_int_eq(cg_fakedb_steps_left(db), 2);
    ck_assert(!cg_tx_commit(tx, &error));
    ck_db_error(error, CG_DB_ERROR_CONNECT);
    ck_assert_int_eq(cg_fakedb_steps_left(db), 0);
}
END_TEST

START_TEST(a_script_scans_and_updates)
{
    g_autoptr(GError) error = NULL;
    const CgValue answer[] = { cg_text("a"), cg_text("b") };
    const CgFakeStep steps[] = {
        { .sql = "SCAN t WHERE id > 'A'", .values = answer, .n_columns = 1, .n_rows = 2 },
        { .sql = "UPDATE t", .number = 1 },
        { .sql = "INSERT t", .error = "twice", .code = CG_DB_ERROR_CONSTRAINT },
        { .sql = "INDEX t_i", .number = CG_INDEX_INVALID },
        { 0 },
    };
    g_autoptr(CgDb) db = cg_fakedb_scripted(steps);
    const CgColumn column = { "id", CG_BYTES };
    const CgScan scan = { &column, 1, "t", "id > 'A'" };
    const CgUpdate update = { .table = "t" };
    CgChange changes[2] = { 0 };
    CgIndexState state;
    int rows = 0;
    ck_ok(cg_db_scan(db, &scan, count_row, &rows, &error), error);
    ck_assert_int_eq(rows, 2);
    ck_ok(cg_db_update(db, &update, changes, 2, &error), error);
    ck_assert(changes[0].done && !changes[1].done);
    ck_assert(!cg_db_insert(db, "t", &column, 1, answer, 2, &error));
    ck_db_error(error, CG_DB_ERROR_CONSTRAINT);
    g_clear_error(&error);
    ck_ok(cg_db_index_state(db, NULL, "t_i", NULL, &state, &error), error);
    ck_assert_int_eq(state, CG_INDEX_INVALID);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("fakedb");
    TCase *wrap = cg_dbtest_case(suite, "wrapped");
    tcase_add_test(wrap, each_call_fails_in_turn);
    tcase_add_test(wrap, a_lost_session_stays_lost);
    tcase_add_test(wrap, the_answer_to_a_commit_can_be_lost);
    tcase_add_test(wrap, passes_everything_on);
    tcase_add_test(wrap, sessions_count_together);
    TCase *script = cg_dbtest_case(suite, "scripted");
    tcase_add_test(script, a_script_is_followed);
    tcase_add_test(script, a_script_scans_and_updates);
    return cg_dbtest_run(suite);
}
