/* The contract of db.h, sentence by sentence: values, statements, transactions. */
#include "db/probe.h"
#include "tests/lib/dbtest.h"

/* ---- values ---- */

#define TEXT(literal)                                                                              \
    {                                                                                              \
        .type = CG_BYTES, .s = { literal, sizeof literal - 1 }                                     \
    }

static const CgValue round_trips[] = {
    { .type = CG_NULL },
    { .type = CG_INT, .i = 0 },
    { .type = CG_INT, .i = -1 },
    { .type = CG_INT, .i = INT64_MAX },
    { .type = CG_INT, .i = INT64_MIN },
    { .type = CG_BOOL, .b = false },
    { .type = CG_BOOL, .b = true },
    { .type = CG_TIME, .i = 0 },
    { .type = CG_TIME, .i = -1 },
    { .type = CG_TIME, .i = 1700000000123456 },
    { .type = CG_TIME, .i = 946684800000000 },
    { .type = CG_TIME, .i = -2208988800000001 },
    { .type = CG_TIME, .i = -62135596800000000 },
    { .type = CG_TIME, .i = 253402300799999999 },
    TEXT(""),
    TEXT("NULL"),
    TEXT("\\N"),
    TEXT("żółć ☃ 𝄞"),
    TEXT("a'b\"c\\d\te\nf\rg"),
    TEXT("{1,2}"),
    TEXT("12"),
};

static const char *
column_for(CgType type)
{
    static const char *const names[] = {
        [CG_NULL] = "s", [CG_INT] = "i", [CG_BOOL] = "b", [CG_TIME] = "d", [CG_BYTES] = "s"
    };
    return names[type];
}

static void
round_trip(CgDb *db, CgValue value)
{
    g_autoptr(GError) error = NULL;
    const char *column = column_for(value.type);
    g_autofree char *insert = g_strdup_printf("INSERT INTO t (id, %s) VALUES ('x', $1)", column);
    g_autofree char *select = g_strdup_printf("SELECT %s FROM t", column);
    g_autofree char *find = g_strdup_printf("SELECT count(*) FROM t WHERE %s = $1", column);
    CgValue stored;
    ck_ok(cg_db_exec(db, insert, &value, 1, NULL, &error), error);
    ck_ok(cg_db_query_value(db, select, NULL, 0, &stored, NULL, &error), error);
    ck_same_value(stored, value);
    ck_ok(cg_db_query_value(db, find, &value, 1, &stored, NULL, &error), error);
    ck_same_value(stored, cg_int(value.type != CG_NULL));
    cg_dbtest_exec(db, "DELETE FROM t");
}

START_TEST(values_come_back)
{
    g_autoptr(CgDb) db = cg_dbtest_open(_i);
    if (db == NULL)
        return;
    cg_dbtest_make_table(db, "t");
    for (size_t i = 0; i < G_N_ELEMENTS(round_trips); i++)
        round_trip(db, round_trips[i]);
}
END_TEST

START_TEST(text_is_kept_whole_or_refused)
{
    g_autoptr(CgDb) db = cg_dbtest_open(_i);
    if (db == NULL)
        return;
    g_autoptr(GError) error = NULL;
    cg_dbtest_make_table(db, "t");
    const CgValue zero = TEXT("a\0b");
    if (!cg_db_exec(db, "INSERT INTO t (id) VALUES ($1)", &zero, 1, NULL, &error)) {
        ck_db_error(error, CG_DB_ERROR_QUERY);
        ck_assert_int_eq(cg_dbtest_int(db, "SELECT count(*) FROM t"), 0);
        return;
    }
    CgValue stored;
    ck_ok(cg_db_query_value(db, "SELECT id FROM t", NULL, 0, &stored, NULL, &error), error);
    ck_same_value(stored, zero);
}
END_TEST

START_TEST(parameters_go_by_number)
{
    g_autoptr(CgDb) db = cg_dbtest_open(_i);
    if (db == NULL)
        return;
    g_autoptr(GError) error = NULL;
    cg_dbtest_make_table(db, "t");
    const CgValue params[] = { cg_text("first"), cg_int(2) };
    ck_ok(cg_db_exec(db, "INSERT INTO t (i, id, s) VALUES ($2, $1, $1)", params, 2, NULL, &error),
          error);
    g_autofree char *s = cg_dbtest_text(db, "SELECT s FROM t WHERE id = 'first' AND i = 2");
    ck_assert_str_eq(s, "first");
    CgValue found;
    const CgValue bound = cg_int(10);
    ck_ok(cg_db_query_value(db, "SELECT count(*) FROM t WHERE i > $1", &bound, 1, &found, NULL,
                            &error),
          error);
    ck_same_value(found, cg_int(0));
}
END_TEST

START_TEST(rows_are_stepped_and_converted)
{
    g_autoptr(CgDb) db = cg_dbtest_open(_i);
    if (db == NULL)
        return;
    g_autoptr(GError) error = NULL;
    cg_dbtest_make_table(db, "t");
    const CgValue params[] = { cg_int(7), cg_bool(true), cg_time(1700000000000000) };
    ck_ok(cg_db_exec(db, "INSERT INTO t VALUES ('a', $1, $2, $3, 'text')", params, 3, NULL, &error),
          error);
    cg_dbtest_exec(db, "INSERT INTO t (id) VALUES ('b')");
    g_autoptr(CgRows) rows =
        cg_db_query(db, "SELECT i, b, d, s FROM t ORDER BY id", NULL, 0, &error);
    ck_ok(rows != NULL, error);
    ck_assert_int_eq(cg_rows_columns(rows), 4);
    ck_assert_int_eq(cg_rows_next(rows, &error), 1);
    ck_assert_int_eq(cg_rows_int(rows, 0), 7);
    ck_assert(cg_rows_bool(rows, 1));
    g_autofree char *d = cg_rows_text_dup(rows, 2);
    ck_assert_str_eq(d, "2023-11-14 22:13:20.000000");
    ck_assert_int_eq(cg_rows_next(rows, &error), 1);
    for (int column = 0; column < 4; column++) {
        ck_same_value(cg_rows_value(rows, column), cg_null());
        ck_assert_int_eq(cg_rows_int(rows, column), 0);
        ck_assert(!cg_rows_bool(rows, column));
        ck_assert_ptr_null(cg_rows_text_dup(rows, column));
    }
    ck_assert_int_eq(cg_rows_next(rows, &error), 0);
    ck_assert_int_eq(cg_rows_next(rows, &error), 0);
}
END_TEST

START_TEST(one_value)
{
    g_autoptr(CgDb) db = cg_dbtest_open(_i);
    if (db == NULL)
        return;
    g_autoptr(GError) error = NULL;
    CgValue value = cg_int(1);
    bool found = true;
    ck_ok(cg_db_query_value(db, "SELECT 1 WHERE 1 = 0", NULL, 0, &value, &found, &error), error);
    ck_same_value(value, cg_null());
    ck_assert(!found);
    ck_ok(cg_db_query_value(db, "SELECT NULL", NULL, 0, &value, &found, &error), error);
    ck_same_value(value, cg_null());
    ck_assert(found);
    ck_ok(cg_db_query_value(db, "SELECT 'kept' || 'text'", NULL, 0, &value, NULL, &error), error);
    ck_same_value(value, cg_text("kepttext"));
    ck_assert(!cg_db_query_value(db, "SELECT nonsense", NULL, 0, &value, NULL, &error));
    ck_db_error(error, CG_DB_ERROR_QUERY);
    ck_same_value(value, cg_text("kepttext"));
}
END_TEST

START_TEST(two_cursors_at_once)
{
    g_autoptr(CgDb) db = cg_dbtest_open(_i);
    if (db == NULL)
        return;
    g_autoptr(GError) error = NULL;
    cg_dbtest_make_table(db, "t");
    cg_dbtest_exec(db, "INSERT INTO t (id) VALUES ('a'), ('b')");
    g_autoptr(CgRows) outer = cg_db_query(db, "SELECT id FROM t ORDER BY 1", NULL, 0, &error);
    g_autoptr(CgRows) inner = cg_db_query(db, "SELECT id FROM t ORDER BY 1", NULL, 0, &error);
    ck_assert(outer != NULL && inner != NULL);
    ck_assert_int_eq(cg_rows_next(outer, &error), 1);
    ck_assert_int_eq(cg_rows_next(inner, &error), 1);
    ck_assert_int_eq(cg_rows_next(inner, &error), 1);
    ck_same_value(cg_rows_value(outer, 0), cg_text("a"));
    ck_same_value(cg_rows_value(inner, 0), cg_text("b"));
}
END_TEST

/* ---- statements ---- */

START_TEST(more_statements_than_are_kept)
{
    g_autoptr(CgDb) db = cg_dbtest_open(_i);
    if (db == NULL)
        return;
    g_autoptr(GError) error = NULL;
    cg_dbtest_make_table(db, "t");
    cg_dbtest_exec(db, "INSERT INTO t (id, i) VALUES ('a', 0)");
    for (int round = 0; round < 2; round++)
        for (int n = 0; n < 40; n++) {
            const CgValue one = cg_int(1);
            g_autofree char *sql =
                g_strdup_printf("UPDATE t SET i = i + $1 WHERE i < %d", 1000 + n);
            ck_ok(cg_db_exec(db, sql, &one, 1, NULL, &error), error);
        }
    ck_assert_int_eq(cg_dbtest_int(db, "SELECT i FROM t"), 80);
}
END_TEST

START_TEST(exactly_one_statement)
{
    g_autoptr(CgDb) db = cg_dbtest_open(_i);
    if (db == NULL)
        return;
    cg_dbtest_make_table(db, "t");
    static const char *const refused[] = {
        "INSERT INTO t (id) VALUES ('a'); INSERT INTO t (id) VALUES ('b')",
        "INSERT INTO t (id) VALUES ('a'); nonsense",
        "INSERT INTO t (id) VALUES ('a');; /* x */ SELECT 1",
        "",
        " -- nothing\n",
        ";",
    };
    for (size_t i = 0; i < G_N_ELEMENTS(refused); i++) {
        g_autoptr(GError) error = NULL;
        ck_assert_msg(!cg_db_exec(db, refused[i], NULL, 0, NULL, &error), "%s", refused[i]);
        ck_db_error(error, CG_DB_ERROR_QUERY);
        g_clear_error(&error);
        g_autoptr(CgRows) rows = cg_db_query(db, refused[i], NULL, 0, &error);
        ck_assert_ptr_null(rows);
        ck_db_error(error, CG_DB_ERROR_QUERY);
    }
    ck_assert_int_eq(cg_dbtest_int(db, "SELECT count(*) FROM t"), 0);
    ck_assert_int_eq(cg_dbtest_exec(db, "INSERT INTO t (id) VALUES (';'); -- one ; still\n"), 1);
}
END_TEST

START_TEST(counts_changed_rows)
{
    g_autoptr(CgDb) db = cg_dbtest_open(_i);
    if (db == NULL)
        return;
    cg_dbtest_make_table(db, "t");
    ck_assert_int_eq(cg_dbtest_exec(db, "INSERT INTO t (id) VALUES ('a'), ('b'), ('c')"), 3);
    ck_assert_int_eq(cg_dbtest_exec(db, "UPDATE t SET s = 'x' WHERE id < 'c'"), 2);
    ck_assert_int_eq(cg_dbtest_exec(db, "SELECT id FROM t"), 0);
    ck_assert_int_eq(cg_dbtest_exec(db, "CREATE TABLE u AS SELECT * FROM t"), 0);
    ck_assert_int_eq(cg_dbtest_exec(db, "DELETE FROM t WHERE id = 'zz'"), 0);
    ck_assert_int_eq(cg_dbtest_exec(db, "DELETE FROM t"), 3);
    ck_assert_int_eq(cg_dbtest_exec(db, "DROP TABLE t"), 0);
}
END_TEST

START_TEST(points_at_the_mistake)
{
    g_autoptr(CgDb) db = cg_dbtest_open(_i);
    if (db == NULL)
        return;
    static const char *const mistakes[][2] = {
        { "SELECT 'ż☃𝄞' FROM WHERE", "WHERE" },
        { "SELEKT 1", "SELEKT" },
        { "SELECT 'ż',\n nosuch FROM (SELECT 1) AS t", "nosuch" },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(mistakes); i++) {
        const char *sql = mistakes[i][0];
        g_autoptr(GError) error = NULL;
        ck_assert(!cg_db_exec(db, sql, NULL, 0, NULL, &error));
        ck_db_error(error, CG_DB_ERROR_QUERY);
        ck_assert_ptr_nonnull(cg_db_error_sqlstate(error));
        ck_assert_int_eq(cg_db_error_offset(error), strstr(sql, mistakes[i][1]) - sql);
    }
    ck_assert_int_eq(cg_dbtest_int(db, "SELECT 1"), 1);
}
END_TEST

START_TEST(forbidden_data_is_a_constraint_error)
{
    g_autoptr(CgDb) db = cg_dbtest_open(_i);
    if (db == NULL)
        return;
    cg_dbtest_exec(db, "CREATE TABLE t (id INT PRIMARY KEY, n INT NOT NULL CHECK (n > 0))");
    cg_dbtest_exec(db, "INSERT INTO t VALUES (1, 1)");
    static const char *const refused[] = {
        "INSERT INTO t VALUES (1, 1)",
        "INSERT INTO t VALUES (2, NULL)",
        "INSERT INTO t VALUES (2, -1)",
    };
    for (size_t i = 0; i < G_N_ELEMENTS(refused); i++) {
        g_autoptr(GError) error = NULL;
        ck_assert(!cg_db_exec(db, refused[i], NULL, 0, NULL, &error));
        ck_db_error(error, CG_DB_ERROR_CONSTRAINT);
    }
    ck_assert_int_eq(cg_dbtest_int(db, "SELECT count(*) FROM t"), 1);
}
END_TEST

/* ---- transactions ---- */

static void
begin_and_leave(CgDb *db)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(CgTx) tx = cg_tx_begin(db, CG_TX_WRITE, &error);
    ck_ok(tx != NULL, error);
    cg_dbtest_exec(db, "INSERT INTO t (id) VALUES ('a')");
}

START_TEST(leaving_the_scope_rolls_back)
{
    g_autoptr(CgDb) db = cg_dbtest_open(_i);
    if (db == NULL)
        return;
    g_autoptr(GError) error = NULL;
    cg_dbtest_make_table(db, "t");
    begin_and_leave(db);
    ck_assert_int_eq(cg_dbtest_int(db, "SELECT count(*) FROM t"), 0);
    g_autoptr(CgTx) tx = cg_tx_begin(db, CG_TX_WRITE, &error);
    cg_dbtest_exec(db, "INSERT INTO t (id) VALUES ('a')");
    ck_ok(cg_tx_commit(tx, &error), error);
    g_autoptr(CgDb) other = cg_dbtest_again(CG_DB_READ);
    ck_assert_int_eq(cg_dbtest_int(other, "SELECT count(*) FROM t"), 1);
}
END_TEST

START_TEST(ddl_rolls_back_too)
{
    g_autoptr(CgDb) db = cg_dbtest_open(_i);
    if (db == NULL)
        return;
    g_autoptr(GError) error = NULL;
    CgTx *tx = cg_tx_begin(db, CG_TX_WRITE, &error);
    ck_ok(tx != NULL, error);
    cg_dbtest_make_table(db, "t");
    cg_tx_end(tx);
    ck_assert_int_eq(cg_db_has(db, "t", NULL, &error), 0);
}
END_TEST

START_TEST(transactions_do_not_nest)
{
    g_autoptr(CgDb) db = cg_dbtest_open(_i);
    if (db == NULL)
        return;
    g_autoptr(GError) error = NULL;
    cg_dbtest_make_table(db, "t");
    g_autoptr(CgTx) tx = cg_tx_begin(db, CG_TX_WRITE, &error);
    cg_dbtest_exec(db, "INSERT INTO t (id) VALUES ('a')");
    ck_assert_ptr_null(cg_tx_begin(db, CG_TX_WRITE, &error));
    ck_db_error(error, CG_DB_ERROR_QUERY);
    g_clear_error(&error);
    ck_ok(cg_tx_commit(tx, &error), error);
    ck_assert_int_eq(cg_dbtest_int(db, "SELECT count(*) FROM t"), 1);
}
END_TEST

/* PostgreSQL spoils the transaction with the first failure, SQLite does not: but nobody may be told
 * that something was committed that was not. */
START_TEST(commit_after_a_failure_is_honest)
{
    g_autoptr(CgDb) db = cg_dbtest_open(_i);
    if (db == NULL)
        return;
    g_autoptr(GError) error = NULL;
    cg_dbtest_make_table(db, "t");
    g_autoptr(CgTx) tx = cg_tx_begin(db, CG_TX_WRITE, &error);
    cg_dbtest_exec(db, "INSERT INTO t (id) VALUES ('a')");
    ck_assert(!cg_db_exec(db, "INSERT INTO t (id) VALUES ('a')", NULL, 0, NULL, NULL));
    bool committed = cg_tx_commit(tx, &error);
    ck_assert(committed == (error == NULL));
    ck_assert_int_eq(cg_dbtest_int(db, "SELECT count(*) FROM t"), committed ? 1 : 0);
}
END_TEST

START_TEST(reads_see_one_snapshot)
{
    g_autoptr(CgDb) db = cg_dbtest_open(_i);
    if (db == NULL)
        return;
    g_autoptr(GError) error = NULL;
    cg_dbtest_make_table(db, "t");
    g_autoptr(CgDb) reader = cg_dbtest_again(CG_DB_READ);
    g_autoptr(CgTx) tx = cg_tx_begin(reader, CG_TX_READ, &error);
    ck_ok(tx != NULL, error);
    /* A writer may have to wait for the reader's end; what it may not is be seen. */
    ck_ok(cg_db_set_timeouts(db, 50, 0, &error), error);
    bool written = cg_db_exec(db, "INSERT INTO t (id) VALUES ('a')", NULL, 0, NULL, &error);
    if (!written)
        ck_db_error(error, CG_DB_ERROR_BUSY);
    ck_assert_int_eq(cg_dbtest_int(reader, "SELECT count(*) FROM t"), 0);
    g_clear_error(&error);
    ck_ok(cg_tx_commit(tx, &error), error);
    ck_assert_int_eq(cg_dbtest_int(reader, "SELECT count(*) FROM t"), written);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("db");
    TCase *values = cg_dbtest_case(suite, "values");
    cg_dbtest_add(values, values_come_back);
    cg_dbtest_add(values, text_is_kept_whole_or_refused);
    cg_dbtest_add(values, parameters_go_by_number);
    cg_dbtest_add(values, rows_are_stepped_and_converted);
    cg_dbtest_add(values, one_value);
    cg_dbtest_add(values, two_cursors_at_once);
    TCase *statements = cg_dbtest_case(suite, "statements");
    cg_dbtest_add(statements, exactly_one_statement);
    cg_dbtest_add(statements, more_statements_than_are_kept);
    cg_dbtest_add(statements, counts_changed_rows);
    cg_dbtest_add(statements, points_at_the_mistake);
    cg_dbtest_add(statements, forbidden_data_is_a_constraint_error);
    TCase *transactions = cg_dbtest_case(suite, "transactions");
    cg_dbtest_add(transactions, leaving_the_scope_rolls_back);
    cg_dbtest_add(transactions, ddl_rolls_back_too);
    cg_dbtest_add(transactions, transactions_do_not_nest);
    cg_dbtest_add(transactions, commit_after_a_failure_is_honest);
    cg_dbtest_add(transactions, reads_see_one_snapshot);
    return cg_dbtest_run(suite);
}
