/* The contract of bulk.h: compare and set with a journal. */
#include "db/bulk.h"
#include "tests/lib/dbtest.h"

#define TIME INT64_C(-2208988800000001)

static const CgColumn journal_columns[] = {
    { "group_id", CG_BYTES }, { "nr", CG_INT },    { "sure", CG_BOOL },
    { "at", CG_TIME },        { "old", CG_BYTES },
};
enum { N_JOURNAL = G_N_ELEMENTS(journal_columns) };

static const CgUpdate update = { "t",       "id",
                                 "s",       "t.s IS NULL AND t.i < 100 AND input.value <> 'bad'",
                                 "journal", journal_columns,
                                 N_JOURNAL };

typedef struct {
    CgChange *changes;
    CgValue *journal;
    GPtrArray *texts;
    size_t n;
} Batch;

static void
batch_clear(Batch *batch)
{
    g_free(batch->changes);
    g_free(batch->journal);
    g_ptr_array_unref(batch->texts);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Batch, batch_clear)

/* n changes of rows id-0 …, to value "value-0" …, each with its journal row. */
static Batch
batch_new(size_t n)
{
    Batch batch = { g_new0(CgChange, n), g_new(CgValue, n * N_JOURNAL),
                    g_ptr_array_new_with_free_func(g_free), n };
    for (size_t i = 0; i < n; i++) {
        char *key = g_strdup_printf("id-%zu", i), *value = g_strdup_printf("value \"%zu\"\\", i);
        g_ptr_array_add(batch.texts, key);
        g_ptr_array_add(batch.texts, value);
        CgValue *row = batch.journal + i * N_JOURNAL;
        row[0] = cg_text(key);
        row[1] = cg_int((int64_t)i);
        row[2] = cg_bool(i % 2 == 0);
        row[3] = cg_time(TIME + (int64_t)i);
        row[4] = cg_null();
        batch.changes[i] = (CgChange){ cg_text(key), cg_text(value), row, true };
    }
    return batch;
}

static void
make_update_tables(CgDb *db, int rows)
{
    const CgDialect *dialect = cg_db_dialect(db);
    cg_dbtest_make_table(db, "t");
    for (int i = 0; i < rows; i++) {
        g_autofree char *sql = g_strdup_printf("INSERT INTO t (id, i) VALUES ('id-%d', 1)", i);
        cg_dbtest_exec(db, sql);
    }
    g_autofree char *sql = g_strdup_printf(
        "CREATE TABLE journal (group_id %s, nr %s PRIMARY KEY, sure %s, at %s, old %s)",
        dialect->text_type, dialect->int_type, dialect->bool_type, dialect->time_type,
        dialect->text_type);
    cg_dbtest_exec(db, sql);
}

static bool
apply(CgDb *db, Batch *batch, GError **error)
{
    g_autoptr(CgTx) tx = cg_tx_begin(db, CG_TX_WRITE, error);
    return tx != NULL && cg_db_update(db, &update, batch->changes, batch->n, error) &&
           cg_tx_commit(tx, error);
}

static size_t
count_done(const Batch *batch)
{
    size_t n = 0;
    for (size_t i = 0; i < batch->n; i++)
        n += batch->changes[i].done;
    return n;
}

START_TEST(the_guard_decides_row_by_row)
{
    g_autoptr(CgDb) db = cg_dbtest_open(_i);
    if (db == NULL)
        return;
    g_autoptr(GError) error = NULL;
    g_auto(Batch) batch = batch_new(6);
    make_update_tables(db, 5);
    cg_dbtest_exec(db, "UPDATE t SET s = 'taken' WHERE id = 'id-1'");
    cg_dbtest_exec(db, "UPDATE t SET i = 100 WHERE id = 'id-2'");
    batch.changes[3].value = cg_text("bad");
    ck_ok(apply(db, &batch, &error), error);
    /* 1 was set already, 2 is barred by another column, 3 by the value, 5 is not there. */
    static const bool done[] = { true, false, false, false, true, false };
    for (size_t i = 0; i < batch.n; i++)
        ck_assert_msg(batch.changes[i].done == done[i], "change %zu", i);
    ck_assert_int_eq(cg_dbtest_int(db, "SELECT count(*) FROM t WHERE s LIKE 'value%'"), 2);
    ck_assert_int_eq(cg_dbtest_int(db, "SELECT count(*) FROM journal"), 2);
    g_autofree char *s = cg_dbtest_text(db, "SELECT s FROM t WHERE id = 'id-4'");
    ck_assert_str_eq(s, "value \"4\"\\");
    g_autofree char *taken = cg_dbtest_text(db, "SELECT s FROM t WHERE id = 'id-1'");
    ck_assert_str_eq(taken, "taken");
}
END_TEST

START_TEST(the_journal_has_what_was_given)
{
    g_autoptr(CgDb) db = cg_dbtest_open(_i);
    if (db == NULL)
        return;
    g_autoptr(GError) error = NULL;
    g_auto(Batch) batch = batch_new(4);
    make_update_tables(db, 4);
    ck_ok(apply(db, &batch, &error), error);
    g_autoptr(CgRows) rows = cg_db_query(
        db, "SELECT group_id, nr, sure, at, old FROM journal ORDER BY nr", NULL, 0, &error);
    for (size_t i = 0; i < batch.n; i++) {
        ck_assert_int_eq(cg_rows_next(rows, &error), 1);
        for (int column = 0; column < N_JOURNAL; column++)
            ck_same_value(cg_rows_value(rows, column), batch.changes[i].journal[column]);
    }
    ck_assert_int_eq(cg_rows_next(rows, &error), 0);
}
END_TEST

START_TEST(many_changes_and_none)
{
    g_autoptr(CgDb) db = cg_dbtest_open(_i);
    if (db == NULL)
        return;
    g_autoptr(GError) error = NULL;
    g_auto(Batch) batch = batch_new(2500), none = batch_new(0);
    make_update_tables(db, 1);
    cg_dbtest_exec(db, "DELETE FROM t");
    const CgColumn id_and_i[] = { { "id", CG_BYTES }, { "i", CG_INT } };
    g_autofree CgValue *values = g_new(CgValue, 2 * batch.n);
    for (size_t i = 0; i < batch.n; i++) {
        values[2 * i] = batch.changes[i].key;
        values[2 * i + 1] = cg_int(1);
    }
    ck_ok(cg_db_insert(db, "t", id_and_i, 2, values, batch.n, &error), error);
    ck_ok(apply(db, &none, &error), error);
    ck_assert_int_eq(cg_dbtest_int(db, "SELECT count(*) FROM journal"), 0);
    ck_ok(apply(db, &batch, &error), error);
    ck_assert_uint_eq(count_done(&batch), 2500);
    ck_assert_int_eq(cg_dbtest_int(db, "SELECT count(*) FROM journal"), 2500);
    /* Once done, never again: the same list changes nothing. */
    ck_ok(apply(db, &batch, &error), error);
    ck_assert_uint_eq(count_done(&batch), 0);
    ck_assert_int_eq(cg_dbtest_int(db, "SELECT count(*) FROM journal"), 2500);
}
END_TEST

START_TEST(a_key_named_twice_is_set_once)
{
    g_autoptr(CgDb) db = cg_dbtest_open(_i);
    if (db == NULL)
        return;
    g_autoptr(GError) error = NULL;
    g_auto(Batch) batch = batch_new(2);
    make_update_tables(db, 2);
    batch.changes[1].key = batch.changes[0].key;
    ck_ok(apply(db, &batch, &error), error);
    ck_assert_uint_eq(count_done(&batch), 1);
    ck_assert_int_eq(cg_dbtest_int(db, "SELECT count(*) FROM journal"), 1);
    ck_assert_int_eq(cg_dbtest_int(db, "SELECT count(*) FROM t WHERE s IS NOT NULL"), 1);
}
END_TEST

START_TEST(a_null_takes_a_value_back)
{
    g_autoptr(CgDb) db = cg_dbtest_open(_i);
    if (db == NULL)
        return;
    g_autoptr(GError) error = NULL;
    g_auto(Batch) batch = batch_new(3);
    make_update_tables(db, 3);
    ck_ok(apply(db, &batch, &error), error);
    CgUpdate undo = update;
    undo.guard = "t.s = 'value \"1\"\\'";
    for (size_t i = 0; i < batch.n; i++) {
        batch.changes[i].value = cg_null();
        batch.journal[i * N_JOURNAL + 1] = cg_int(10 + (int64_t)i);
    }
    g_autoptr(CgTx) tx = cg_tx_begin(db, CG_TX_WRITE, &error);
    ck_ok(cg_db_update(db, &undo, batch.changes, batch.n, &error), error);
    ck_ok(cg_tx_commit(tx, &error), error);
    ck_assert(!batch.changes[0].done && batch.changes[1].done && !batch.changes[2].done);
    ck_assert_int_eq(cg_dbtest_int(db, "SELECT count(*) FROM t WHERE s IS NULL"), 1);
    ck_assert_int_eq(cg_dbtest_int(db, "SELECT count(*) FROM journal WHERE nr = 11"), 1);
    /* Back to the first shape of statement. */
    g_auto(Batch) again = batch_new(3);
    again.journal[1 * N_JOURNAL + 1] = cg_int(20);
    g_clear_pointer(&tx, cg_tx_end);
    ck_ok(apply(db, &again, &error), error);
    ck_assert_uint_eq(count_done(&again), 1);
}
END_TEST

START_TEST(a_failing_journal_undoes_the_batch)
{
    g_autoptr(CgDb) db = cg_dbtest_open(_i);
    if (db == NULL)
        return;
    g_autoptr(GError) error = NULL;
    g_auto(Batch) batch = batch_new(3);
    make_update_tables(db, 3);
    cg_dbtest_exec(db, "INSERT INTO journal (nr) VALUES (1)");
    ck_assert(!apply(db, &batch, &error));
    ck_db_error(error, CG_DB_ERROR_CONSTRAINT);
    ck_assert_int_eq(cg_dbtest_int(db, "SELECT count(*) FROM t WHERE s IS NOT NULL"), 0);
    ck_assert_int_eq(cg_dbtest_int(db, "SELECT count(*) FROM journal"), 1);
    cg_dbtest_exec(db, "DELETE FROM journal");
    g_clear_error(&error);
    ck_ok(apply(db, &batch, &error), error);
    ck_assert_uint_eq(count_done(&batch), 3);
}
END_TEST

START_TEST(another_shape_in_a_failed_transaction)
{
    g_autoptr(CgDb) db = cg_dbtest_open(_i);
    if (db == NULL)
        return;
    make_update_tables(db, 3);
    g_autoptr(GError) error = NULL;
    g_auto(Batch) batch = batch_new(1);
    CgUpdate other = update;
    other.guard = "t.s IS NOT NULL";
    ck_ok(apply(db, &batch, &error), error);
    CgTx *tx = cg_tx_begin(db, CG_TX_WRITE, &error);
    ck_assert(!cg_db_exec(db, "SELECT nosuch", NULL, 0, NULL, NULL));
    bool done = cg_db_update(db, &other, batch.changes, 1, NULL);
    ck_assert(!done || cg_db_dialect(db)->sql == CG_SQL_SQLITE);
    cg_tx_end(tx);
    cg_dbtest_exec(db, "DELETE FROM journal");
    cg_dbtest_exec(db, "UPDATE t SET s = NULL");
    ck_ok(apply(db, &batch, &error), error);
    ck_assert_int_eq(count_done(&batch), 1);
}
END_TEST

START_TEST(a_lost_session_is_a_connection_error)
{
    g_autoptr(CgDb) db = cg_dbtest_open(_i);
    if (db == NULL)
        return;
    g_autoptr(GError) error = NULL;
    g_auto(Batch) batch = batch_new(3);
    make_update_tables(db, 3);
    g_autoptr(CgDb) victim = cg_dbtest_again(CG_DB_WRITE);
    if (!cg_dbtest_kill(victim))
        return;
    ck_assert(!cg_db_update(victim, &update, batch.changes, batch.n, &error));
    ck_db_error(error, CG_DB_ERROR_CONNECT);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("db update");
    TCase *set = cg_dbtest_case(suite, "compare and set");
    cg_dbtest_add(set, the_guard_decides_row_by_row);
    cg_dbtest_add(set, the_journal_has_what_was_given);
    cg_dbtest_add(set, many_changes_and_none);
    cg_dbtest_add(set, a_key_named_twice_is_set_once);
    cg_dbtest_add(set, a_null_takes_a_value_back);
    cg_dbtest_add(set, a_failing_journal_undoes_the_batch);
    cg_dbtest_add(set, another_shape_in_a_failed_transaction);
    cg_dbtest_add(set, a_lost_session_is_a_connection_error);
    return cg_dbtest_run(suite);
}
