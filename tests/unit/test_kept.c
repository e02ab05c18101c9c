/* Kept data: what a down would drop is copied, and comes back by primary key with the next up. */
#include "migrate/kept.h"

#include "db/probe.h"
#include "tests/lib/dbtest.h"
#include "tests/lib/migrations.h"

/* "rows vanished conflicts" of each copy, newest first: "2 0 0" */
static char *
results_text(const GPtrArray *results)
{
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < results->len; i++) {
        const CgKeptResult *result = g_ptr_array_index(results, i);
        g_string_append_printf(text, "%s%s%s%s: %d %d %d", i > 0 ? "; " : "", result->table,
                               result->column != NULL ? "." : "",
                               result->column != NULL ? result->column : "", (int)result->rows,
                               (int)result->vanished, (int)result->conflicts);
    }
    return g_string_free(text, FALSE);
}

typedef bool (*Act)(CgDb *db, const CgMigration *migration, GPtrArray *results, GError **error);

static bool
act(CgDb *db, const char *preserve, Act act_on, char **out_results, GError **error)
{
    g_autofree char *text =
        g_strdup_printf("-- migrate:up\nSELECT 1;\n-- migrate:down %s\nSELECT 1;\n", preserve);
    g_autoptr(CgMigration) migration = cg_test_migration(db, "0007_x.sql", text);
    g_autoptr(GPtrArray) results = g_ptr_array_new_with_free_func(cg_kept_result_free);
    g_autoptr(CgTx) tx = cg_tx_begin(db, CG_TX_WRITE, error);
    if (tx == NULL || !act_on(db, migration, results, error) || !cg_tx_commit(tx, error))
        return false;
    *out_results = results_text(results);
    return true;
}

static void
check(CgDb *db, const char *preserve, Act act_on, const char *expected)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *results = NULL;
    bool ok = act(db, preserve, act_on, &results, &error);
    ck_ok(ok, error);
    ck_assert_str_eq(results, expected);
}

#define save(db, preserve, expected) check(db, preserve, cg_kept_save, expected)
#define restore(db, preserve, expected) check(db, preserve, cg_kept_restore, expected)

static void
exec_all(CgDb *db, const char *const *statements)
{
    for (; *statements != NULL; statements++)
        cg_dbtest_exec(db, *statements);
}
#define EXEC(db, ...) exec_all(db, (const char *const[]){ __VA_ARGS__, NULL })

/* t (id, v): four rows, of which three have a value. */
static CgDb *
open_with_column(int backend)
{
    CgDb *db = cg_dbtest_open(backend);
    if (db != NULL)
        EXEC(db, "CREATE TABLE t (id VARCHAR(36) PRIMARY KEY, v VARCHAR(36))",
             "INSERT INTO t VALUES ('a', 'x'), ('b', NULL), ('c', 'it''s'), ('d', '')");
    return db;
}

#define ck_rows(db, sql, expected)                                                                 \
    do {                                                                                           \
        g_autofree char *rows_ = rows_text(db, sql);                                               \
        ck_assert_str_eq(rows_, expected);                                                         \
    } while (0)

/* "a=x b=NULL" from two columns. */
static char *
rows_text(CgDb *db, const char *sql)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(CgRows) rows = cg_db_query(db, sql, NULL, 0, &error);
    ck_ok(rows != NULL, error);
    GString *text = g_string_new(NULL);
    int more;
    while ((more = cg_rows_next(rows, &error)) > 0) {
        g_autofree char *key = cg_rows_text_dup(rows, 0);
        g_autofree char *value = cg_rows_text_dup(rows, 1);
        g_string_append_printf(text, "%s%s=%s", text->len > 0 ? " " : "", key,
                               value != NULL ? value : "NULL");
    }
    ck_ok(more == 0, error);
    return g_string_free(text, FALSE);
}

#define ALL "SELECT id, v FROM t ORDER BY id"
#define COPIES "SELECT count(*) FROM cg_kept"

static void
drop_and_add(CgDb *db)
{
    EXEC(db, "ALTER TABLE t DROP COLUMN v", "ALTER TABLE t ADD COLUMN v VARCHAR(36)");
}

/* ---- a column ---- */

START_TEST(values_of_a_column_come_back)
{
    g_autoptr(CgDb) db = open_with_column(_i);
    if (db == NULL)
        return;
    save(db, "preserve:t.v", "t.v: 3 0 0");
    ck_assert_int_eq(cg_dbtest_int(db, COPIES), 1);
    drop_and_add(db);
    restore(db, "preserve:t.v", "t.v: 3 0 0");
    ck_rows(db, ALL, "a=x b=NULL c=it's d=");
    ck_assert_int_eq(cg_dbtest_int(db, COPIES), 0);
    ck_assert_int_eq(cg_db_has(db, "cg_kept_1", NULL, NULL), 0);
    restore(db, "preserve:t.v", "");
}
END_TEST

START_TEST(vanished_rows_and_conflicts_stay_in_the_copy)
{
    g_autoptr(CgDb) db = open_with_column(_i);
    if (db == NULL)
        return;
    save(db, "preserve:t.v", "t.v: 3 0 0");
    drop_and_add(db);
    EXEC(db, "DELETE FROM t WHERE id = 'a'", "UPDATE t SET v = 'newer' WHERE id = 'c'",
         "UPDATE t SET v = 'own' WHERE id = 'b'");
    restore(db, "preserve:t.v", "t.v: 1 1 1");
    ck_rows(db, ALL, "b=own c=newer d=");
    ck_rows(db, "SELECT id, v FROM cg_kept_1 ORDER BY id", "a=x c=it's");
    ck_assert_int_eq(cg_dbtest_int(db, COPIES), 1);
}
END_TEST

/* Somebody put the same value there already: nothing to bring back, nothing in the way. */
START_TEST(an_equal_value_is_no_conflict)
{
    g_autoptr(CgDb) db = open_with_column(_i);
    if (db == NULL)
        return;
    save(db, "preserve:t.v", "t.v: 3 0 0");
    restore(db, "preserve:t.v", "t.v: 0 0 0");
    ck_assert_int_eq(cg_dbtest_int(db, COPIES), 0);
}
END_TEST

START_TEST(several_downs_are_brought_back_newest_first)
{
    g_autoptr(CgDb) db = open_with_column(_i);
    if (db == NULL)
        return;
    save(db, "preserve:t.v", "t.v: 3 0 0");
    EXEC(db, "UPDATE t SET v = 'second' WHERE id = 'a'", "UPDATE t SET v = NULL WHERE id = 'd'");
    save(db, "preserve:t.v", "t.v: 2 0 0");
    drop_and_add(db);
    restore(db, "preserve:t.v", "t.v: 2 0 0; t.v: 1 0 1");
    ck_rows(db, ALL, "a=second b=NULL c=it's d=");
    ck_rows(db, "SELECT id, v FROM cg_kept_1", "a=x");
    ck_assert_int_eq(cg_dbtest_int(db, COPIES), 1);
}
END_TEST

START_TEST(a_copy_of_another_version_is_left_alone)
{
    g_autoptr(CgDb) db = open_with_column(_i);
    if (db == NULL)
        return;
    save(db, "preserve:t.v", "t.v: 3 0 0");
    EXEC(db, "UPDATE cg_kept SET version = 8");
    drop_and_add(db);
    restore(db, "preserve:t.v", "");
    ck_rows(db, ALL, "a=NULL b=NULL c=NULL d=NULL");
}
END_TEST

START_TEST(keys_of_several_columns_and_odd_names)
{
    g_autoptr(CgDb) db = cg_dbtest_open(_i);
    if (db == NULL)
        return;
    EXEC(db,
         "CREATE TABLE \"Odd one\" (\"K 1\" INTEGER, k2 VARCHAR(9), \"v\"\"v\" INTEGER, "
         "PRIMARY KEY (k2, \"K 1\"))",
         "INSERT INTO \"Odd one\" VALUES (1, 'a', 10), (1, 'b', 20), (2, 'a', 30), (2, 'b', NULL)");
    save(db, "preserve:\"Odd one.v\"\"v\"", "Odd one.v\"v: 3 0 0");
    EXEC(db, "UPDATE \"Odd one\" SET \"v\"\"v\" = NULL",
         "DELETE FROM \"Odd one\" WHERE k2 = 'a' AND \"K 1\" = 2");
    restore(db, "preserve:\"Odd one.v\"\"v\"", "Odd one.v\"v: 2 1 0");
    ck_rows(db, "SELECT k2, \"v\"\"v\" FROM \"Odd one\" ORDER BY k2, \"K 1\"", "a=10 b=20 b=NULL");
}
END_TEST

/* ---- a table ---- */

START_TEST(rows_of_a_table_come_back_with_their_types)
{
    g_autoptr(CgDb) db = cg_dbtest_open(_i);
    if (db == NULL)
        return;
    cg_dbtest_make_table(db, "t");
    EXEC(db, "INSERT INTO t VALUES ('a', 9007199254740993, TRUE, '2015-04-30 12:00:00.000001', "
             "'it''s'), ('00', NULL, NULL, NULL, ''), ('b', -1, FALSE, NULL, '007')");
    static const char all[] = "SELECT id, i, b, d, s FROM t ORDER BY id";
    g_autofree char *before = rows_text(db, all);
    save(db, "preserve:t", "t: 3 0 0");
    EXEC(db, "DROP TABLE t");
    cg_dbtest_make_table(db, "t");
    restore(db, "preserve:t", "t: 3 0 0");
    ck_rows(db, all, before);
    ck_assert_int_eq(cg_dbtest_int(db, "SELECT count(*) FROM t WHERE i = 9007199254740993 AND b = "
                                       "TRUE AND d = '2015-04-30 12:00:00.000001' AND s = 'it''s'"),
                     1);
    ck_assert_int_eq(cg_dbtest_int(db, COPIES), 0);
}
END_TEST

START_TEST(rows_in_the_way_stay_in_the_copy)
{
    g_autoptr(CgDb) db = open_with_column(_i);
    if (db == NULL)
        return;
    save(db, "preserve:t", "t: 4 0 0");
    EXEC(db, "DELETE FROM t", "INSERT INTO t VALUES ('a', 'other')");
    restore(db, "preserve:t", "t: 3 0 1");
    ck_rows(db, ALL, "a=other b=NULL c=it's d=");
    ck_rows(db, "SELECT id, v FROM cg_kept_1", "a=x");
}
END_TEST

START_TEST(a_column_that_is_no_more_is_passed_over)
{
    g_autoptr(CgDb) db = open_with_column(_i);
    if (db == NULL)
        return;
    save(db, "preserve:t", "t: 4 0 0");
    EXEC(db, "DROP TABLE t", "CREATE TABLE t (id VARCHAR(36) PRIMARY KEY, w INTEGER)");
    restore(db, "preserve:t", "t: 4 0 0");
    ck_rows(db, "SELECT id, w FROM t ORDER BY id", "a=NULL b=NULL c=NULL d=NULL");
}
END_TEST

START_TEST(several_things_are_kept_at_once)
{
    g_autoptr(CgDb) db = open_with_column(_i);
    if (db == NULL)
        return;
    EXEC(db, "CREATE TABLE u (id INTEGER PRIMARY KEY, v VARCHAR(36))",
         "INSERT INTO u VALUES (1, 'y')");
    save(db, "preserve:t.v preserve:u", "t.v: 3 0 0; u: 1 0 0");
    EXEC(db, "DELETE FROM u");
    drop_and_add(db);
    restore(db, "preserve:t.v preserve:u", "t.v: 3 0 0; u: 1 0 0");
    ck_rows(db, ALL, "a=x b=NULL c=it's d=");
    ck_rows(db, "SELECT id, v FROM u", "1=y");
}
END_TEST

/* A row comes back before those that refer to it. */
START_TEST(tables_come_back_in_the_order_of_preserve)
{
    g_autoptr(CgDb) db = cg_dbtest_open(_i);
    if (db == NULL)
        return;
    EXEC(db, "CREATE TABLE p (id INTEGER PRIMARY KEY)",
         "CREATE TABLE c (id INTEGER PRIMARY KEY, p INTEGER REFERENCES p (id))",
         "INSERT INTO p VALUES (1)", "INSERT INTO c VALUES (7, 1)");
    save(db, "preserve:p preserve:c", "p: 1 0 0; c: 1 0 0");
    EXEC(db, "DELETE FROM c", "DELETE FROM p");
    restore(db, "preserve:p preserve:c", "p: 1 0 0; c: 1 0 0");
    ck_rows(db, "SELECT id, p FROM c", "7=1");
}
END_TEST

/* ---- others ---- */

/* What somebody else has open is waited for, and cannot come between the copy and the drop. */
START_TEST(others_are_kept_out)
{
    g_autoptr(CgDb) db = open_with_column(_i);
    if (db == NULL || !(cg_db_dialect(db)->can & CG_CAN_LOCK_TABLE))
        return;
    g_autoptr(CgDb) other = cg_dbtest_again(CG_DB_WRITE);
    g_autoptr(CgTx) tx = cg_tx_begin(other, CG_TX_WRITE, NULL);
    cg_dbtest_exec(other, "UPDATE t SET v = 'late' WHERE id = 'b'");
    g_autoptr(GError) error = NULL;
    g_autofree char *results = NULL;
    ck_assert(cg_db_set_timeouts(db, 100, 0, NULL));
    ck_assert(!act(db, "preserve:t.v", cg_kept_save, &results, &error));
    ck_db_error(error, CG_DB_ERROR_BUSY);
    ck_assert(cg_tx_commit(tx, NULL));
    save(db, "preserve:t.v", "t.v: 4 0 0");
}
END_TEST

/* ---- refusals ---- */

static const struct {
    const char *preserve, *message;
} refusals[] = {
    { "preserve:nowhere.v", "there is no table \"nowhere\"" },
    { "preserve:keyless", "table \"keyless\" has no primary key" },
    { "preserve:keyless.v", "table \"keyless\" has no primary key" },
    { "preserve:t.nothing", "there is no column \"nothing\" in table \"t\"" },
};

START_TEST(what_could_not_be_put_back_is_refused)
{
    g_autoptr(CgDb) db = open_with_column(_i);
    if (db == NULL)
        return;
    EXEC(db, "CREATE TABLE keyless (v INTEGER)");
    for (size_t i = 0; i < G_N_ELEMENTS(refusals); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *results = NULL;
        ck_assert(!act(db, refusals[i].preserve, cg_kept_save, &results, &error));
        ck_exit(error, CG_EXIT_REFUSED, refusals[i].message);
        ck_assert_int_eq(cg_db_has(db, "cg_kept", NULL, NULL), 0);
    }
}
END_TEST

START_TEST(an_up_that_makes_no_such_column_says_so)
{
    g_autoptr(CgDb) db = open_with_column(_i);
    if (db == NULL)
        return;
    save(db, "preserve:t.v", "t.v: 3 0 0");
    EXEC(db, "ALTER TABLE t DROP COLUMN v");
    g_autoptr(GError) error = NULL;
    g_autofree char *results = NULL;
    ck_assert(!act(db, "preserve:t.v", cg_kept_restore, &results, &error));
    ck_exit(error, CG_EXIT_REFUSED, "there is no column \"v\" in table \"t\"");
    ck_assert_int_eq(cg_dbtest_int(db, "SELECT count(*) FROM cg_kept_1"), 3);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("kept");
    TCase *tcase = cg_dbtest_case(suite, "kept");
    cg_dbtest_add(tcase, values_of_a_column_come_back);
    cg_dbtest_add(tcase, vanished_rows_and_conflicts_stay_in_the_copy);
    cg_dbtest_add(tcase, an_equal_value_is_no_conflict);
    cg_dbtest_add(tcase, several_downs_are_brought_back_newest_first);
    cg_dbtest_add(tcase, a_copy_of_another_version_is_left_alone);
    cg_dbtest_add(tcase, keys_of_several_columns_and_odd_names);
    cg_dbtest_add(tcase, rows_of_a_table_come_back_with_their_types);
    cg_dbtest_add(tcase, rows_in_the_way_stay_in_the_copy);
    cg_dbtest_add(tcase, a_column_that_is_no_more_is_passed_over);
    cg_dbtest_add(tcase, several_things_are_kept_at_once);
    cg_dbtest_add(tcase, tables_come_back_in_the_order_of_preserve);
    cg_dbtest_add(tcase, others_are_kept_out);
    cg_dbtest_add(tcase, what_could_not_be_put_back_is_refused);
    cg_dbtest_add(tcase, an_up_that_makes_no_such_column_says_so);
    return cg_dbtest_run(suite);
}
