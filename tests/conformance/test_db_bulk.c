/* The contract of bulk.h: bulk scan and bulk insert. */
#include "db/bulk.h"
#include "tests/lib/dbtest.h"

static const CgColumn columns[] = {
    { "id", CG_BYTES }, { "i", CG_INT }, { "b", CG_BOOL }, { "d", CG_TIME }, { "s", CG_BYTES },
};
enum { N_COLUMNS = G_N_ELEMENTS(columns), MANY = 100000 };

#define ODD_TEXT "ż\t\\N\n'\r"
#define TIME INT64_C(-2208988800000001)

/* Rows 0 … n-1 of every type; what each holds follows from its number. */
static void
fill(CgDb *db, const char *table, int n)
{
    g_autoptr(GError) error = NULL;
    g_autofree CgValue *values = g_new(CgValue, (size_t)n * N_COLUMNS);
    g_autoptr(GPtrArray) ids = g_ptr_array_new_with_free_func(g_free);
    for (int row = 0; row < n; row++) {
        CgValue *value = values + (size_t)row * N_COLUMNS;
        char *id = g_strdup_printf("id-%06d", row);
        g_ptr_array_add(ids, id);
        value[0] = cg_text(id);
        value[1] = row % 3 == 0 ? cg_null() : cg_int(INT64_MAX - row);
        value[2] = cg_bool(row % 2 != 0);
        value[3] = cg_time(TIME + row);
        value[4] = cg_text(row % 5 == 0 ? "" : ODD_TEXT);
    }
    ck_ok(cg_db_insert(db, table, columns, N_COLUMNS, values, (size_t)n, &error), error);
}

/* ---- scan ---- */

typedef struct {
    int rows, wrong;
    int stop_at; /* 0: never */
    bool *seen;
} Scanned;

/* Check reports each assertion to its parent, which a hundred thousand rows would feel. */
static bool
check_row(const CgValue *row, void *data, GError **error)
{
    Scanned *scanned = data;
    char number[7] = { 0 };
    memcpy(number, row[0].s.p + 3, sizeof number - 1);
    int nr = (int)g_ascii_strtoll(number, NULL, 10);
    bool right = row[0].s.n == 9 && !scanned->seen[nr] &&
                 cg_dbtest_equal(row[1], nr % 3 == 0 ? cg_null() : cg_int(INT64_MAX - nr)) &&
                 cg_dbtest_equal(row[2], cg_bool(nr % 2 != 0)) &&
                 cg_dbtest_equal(row[3], cg_time(TIME + nr)) &&
                 cg_dbtest_equal(row[4], cg_text(nr % 5 == 0 ? "" : ODD_TEXT));
    scanned->seen[nr] = true;
    scanned->wrong += !right;
    if (++scanned->rows != scanned->stop_at)
        return true;
    g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INTR, "enough");
    return false;
}

START_TEST(scans_every_row_of_every_type)
{
    g_autoptr(CgDb) db = cg_dbtest_open(_i);
    if (db == NULL)
        return;
    g_autoptr(GError) error = NULL;
    g_autofree bool *seen = g_new0(bool, MANY);
    Scanned scanned = { .seen = seen };
    const CgScan scan = { columns, N_COLUMNS, "t", NULL };
    cg_dbtest_make_table(db, "t");
    ck_ok(cg_db_scan(db, &scan, check_row, &scanned, &error), error);
    ck_assert_int_eq(scanned.rows, 0);
    fill(db, "t", MANY);
    ck_ok(cg_db_scan(db, &scan, check_row, &scanned, &error), error);
    ck_assert_int_eq(scanned.rows, MANY);
    ck_assert_int_eq(scanned.wrong, 0);
    ck_assert_int_eq(cg_db_unreadable(db, NULL), 0);
}
END_TEST

static bool
keep_last(const CgValue *row, void *data, GError **error G_GNUC_UNUSED)
{
    g_autofree char *text = g_strndup(row[1].s.p, row[1].s.n);
    g_string_append_printf(data, "%d %s;", (int)row[0].i, text);
    return true;
}

START_TEST(scans_expressions_under_a_condition)
{
    g_autoptr(CgDb) db = cg_dbtest_open(_i);
    if (db == NULL)
        return;
    g_autoptr(GError) error = NULL;
    g_autoptr(GString) text = g_string_new(NULL);
    cg_dbtest_make_table(db, "t");
    fill(db, "t", 10);
    static const CgColumn expressions[] = { { "1 + 1", CG_INT }, { "t.id || u.id", CG_BYTES } };
    const CgScan scan = { expressions, 2, "t JOIN t AS u ON t.id = u.id",
                          "t.id = 'id-000007' OR t.id = 'none'" };
    ck_ok(cg_db_scan(db, &scan, keep_last, text, &error), error);
    ck_assert_str_eq(text->str, "2 id-000007id-000007;");
}
END_TEST

START_TEST(a_wrong_scan_is_a_query_error)
{
    g_autoptr(CgDb) db = cg_dbtest_open(_i);
    if (db == NULL)
        return;
    g_autoptr(GError) error = NULL;
    const CgScan scan = { columns, N_COLUMNS, "nosuch", NULL };
    ck_assert(!cg_db_scan(db, &scan, check_row, NULL, &error));
    ck_db_error(error, CG_DB_ERROR_QUERY);
    ck_assert_int_eq(cg_dbtest_int(db, "SELECT 1"), 1);
}
END_TEST

static void
stop_scan(CgDb *db, int after)
{
    g_autoptr(GError) error = NULL;
    g_autofree bool *seen = g_new0(bool, MANY);
    Scanned scanned = { .seen = seen, .stop_at = after };
    const CgScan scan = { columns, N_COLUMNS, "t", NULL };
    ck_assert(!cg_db_scan(db, &scan, check_row, &scanned, &error));
    ck_assert(g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_INTR));
    ck_assert_int_eq(scanned.rows, after);
    ck_assert_int_eq(scanned.wrong, 0);
}

START_TEST(a_stopped_scan_leaves_the_session_usable)
{
    g_autoptr(CgDb) db = cg_dbtest_open(_i);
    if (db == NULL)
        return;
    g_autoptr(GError) error = NULL;
    cg_dbtest_make_table(db, "t");
    fill(db, "t", MANY);
    static const int stops[] = { 1, 2, MANY / 2, MANY };
    for (size_t i = 0; i < G_N_ELEMENTS(stops); i++) {
        stop_scan(db, stops[i]);
        ck_assert_int_eq(cg_dbtest_int(db, "SELECT count(*) FROM t"), MANY);
        g_autoptr(CgTx) tx = cg_tx_begin(db, CG_TX_READ, &error);
        ck_ok(tx != NULL, error);
        stop_scan(db, stops[i]);
    }
    ck_assert_int_eq(cg_dbtest_exec(db, "DELETE FROM t"), MANY);
}
END_TEST

START_TEST(a_scan_keeps_to_its_transaction)
{
    g_autoptr(CgDb) db = cg_dbtest_open(_i);
    if (db == NULL)
        return;
    g_autoptr(GError) error = NULL;
    g_autofree bool *seen = g_new0(bool, 10);
    Scanned scanned = { .seen = seen };
    const CgScan scan = { columns, N_COLUMNS, "t", NULL };
    cg_dbtest_make_table(db, "t");
    fill(db, "t", 5);
    g_autoptr(CgDb) reader = cg_dbtest_again(CG_DB_READ);
    g_autoptr(CgTx) tx = cg_tx_begin(reader, CG_TX_READ, &error);
    ck_ok(tx != NULL, error);
    ck_ok(cg_db_set_timeouts(db, 50, 0, &error), error);
    bool deleted = cg_db_exec(db, "DELETE FROM t", NULL, 0, NULL, NULL);
    ck_ok(cg_db_scan(reader, &scan, check_row, &scanned, &error), error);
    ck_assert_int_eq(scanned.rows, 5);
    ck_assert_int_eq(scanned.wrong, 0);
    ck_ok(cg_tx_commit(tx, &error), error);
    ck_assert_int_eq(cg_dbtest_int(reader, "SELECT count(*) FROM t"), deleted ? 0 : 5);
}
END_TEST

static bool
count_null_times(const CgValue *row, void *data, GError **error G_GNUC_UNUSED)
{
    *(int *)data += row[3].type == CG_NULL;
    return true;
}

START_TEST(counts_what_it_cannot_read)
{
    g_autoptr(CgDb) db = cg_dbtest_open(_i);
    if (db == NULL)
        return;
    g_autoptr(GError) error = NULL;
    int nulls = 0;
    const char *example = NULL;
    const CgScan scan = { columns, N_COLUMNS, "t", NULL };
    cg_dbtest_make_table(db, "t");
    fill(db, "t", 10);
    ck_assert_int_eq(cg_db_unreadable(db, &example), 0);
    ck_assert_ptr_null(example);
    g_autofree char *sql =
        g_strdup_printf("UPDATE t SET d = %s WHERE id < 'id-000003'", cg_dbtest_unreadable_time());
    cg_dbtest_exec(db, sql);
    cg_dbtest_exec(db, "UPDATE t SET d = NULL WHERE id = 'id-000009'");
    ck_ok(cg_db_scan(db, &scan, count_null_times, &nulls, &error), error);
    ck_assert_int_eq(nulls, 4);
    ck_assert_int_eq(cg_db_unreadable(db, &example), 3);
    ck_assert_ptr_nonnull(strstr(example, "d"));
    ck_assert_ptr_nonnull(strstr(example, "t"));
}
END_TEST

/* ---- insert ---- */

START_TEST(a_refused_insert_rolls_back)
{
    g_autoptr(CgDb) db = cg_dbtest_open(_i);
    if (db == NULL)
        return;
    g_autoptr(GError) error = NULL;
    cg_dbtest_make_table(db, "t");
    fill(db, "t", 1);
    const CgColumn id = { "id", CG_BYTES };
    const CgValue ids[] = { cg_text("new"), cg_text("id-000000"), cg_text("newer") };
    g_autoptr(CgTx) tx = cg_tx_begin(db, CG_TX_WRITE, &error);
    ck_ok(tx != NULL, error);
    ck_assert(!cg_db_insert(db, "t", &id, 1, ids, G_N_ELEMENTS(ids), &error));
    ck_db_error(error, CG_DB_ERROR_CONSTRAINT);
    g_clear_pointer(&tx, cg_tx_end);
    ck_assert_int_eq(cg_dbtest_int(db, "SELECT count(*) FROM t"), 1);
    g_clear_error(&error);
    ck_ok(cg_db_insert(db, "t", &id, 1, ids, 1, &error), error);
    ck_ok(cg_db_insert(db, "t", &id, 1, NULL, 0, &error), error);
    ck_assert_int_eq(cg_dbtest_int(db, "SELECT count(*) FROM t"), 2);
}
END_TEST

START_TEST(insert_takes_names_as_the_catalog_has_them)
{
    g_autoptr(CgDb) db = cg_dbtest_open(_i);
    if (db == NULL)
        return;
    g_autoptr(GError) error = NULL;
    cg_dbtest_exec(db, "CREATE TABLE \"order\" (\"binary\" INT, \"Say \"\"hi\"\"\" INT)");
    static const CgColumn odd[] = { { "binary", CG_INT }, { "Say \"hi\"", CG_INT } };
    const CgValue values[] = { cg_int(1), cg_int(2) };
    ck_ok(cg_db_insert(db, "order", odd, 2, values, 1, &error), error);
    ck_assert_int_eq(cg_dbtest_int(db, "SELECT \"Say \"\"hi\"\"\" FROM \"order\""), 2);
}
END_TEST

START_TEST(insert_keeps_text_whole_or_refuses_it)
{
    g_autoptr(CgDb) db = cg_dbtest_open(_i);
    if (db == NULL)
        return;
    g_autoptr(GError) error = NULL;
    cg_dbtest_make_table(db, "t");
    const CgColumn id = { "id", CG_BYTES };
    const CgValue ids[] = { cg_text("first"), cg_bytes("a\0b", 3) };
    bool ok = cg_db_insert(db, "t", &id, 1, ids, 2, &error);
    if (!ok)
        ck_db_error(error, CG_DB_ERROR_QUERY);
    ck_assert_int_eq(cg_dbtest_int(db, "SELECT count(*) FROM t"), ok ? 2 : 0);
}
END_TEST

/* ---- lost sessions ---- */

START_TEST(bulk_on_a_lost_session_is_a_connection_error)
{
    g_autoptr(CgDb) db = cg_dbtest_open(_i);
    if (db == NULL)
        return;
    cg_dbtest_make_table(db, "t");
    g_autoptr(CgDb) victim = cg_dbtest_again(CG_DB_WRITE);
    if (!cg_dbtest_kill(victim))
        return;
    g_autoptr(GError) scan_error = NULL, insert_error = NULL;
    const CgScan scan = { columns, N_COLUMNS, "t", NULL };
    const CgValue id = cg_text("new");
    ck_assert(!cg_db_scan(victim, &scan, check_row, NULL, &scan_error));
    ck_db_error(scan_error, CG_DB_ERROR_CONNECT);
    ck_assert(!cg_db_insert(victim, "t", columns, 1, &id, 1, &insert_error));
    ck_db_error(insert_error, CG_DB_ERROR_CONNECT);
}
END_TEST

static bool
kill_in_midstream(const CgValue *row G_GNUC_UNUSED, void *data, GError **error G_GNUC_UNUSED)
{
    int64_t *session = data;
    if (*session != 0)
        cg_dbtest_kill_session(*session);
    *session = 0;
    return true;
}

START_TEST(a_session_lost_in_midstream_is_a_connection_error)
{
    g_autoptr(CgDb) db = cg_dbtest_open(_i);
    if (db == NULL)
        return;
    g_autoptr(GError) error = NULL;
    cg_dbtest_make_table(db, "t");
    g_autoptr(CgDb) victim = cg_dbtest_again(CG_DB_READ);
    int64_t session = cg_dbtest_session(victim);
    if (session == 0)
        return;
    fill(db, "t", MANY);
    const CgScan scan = { columns, N_COLUMNS, "t", NULL };
    ck_assert(!cg_db_scan(victim, &scan, kill_in_midstream, &session, &error));
    ck_db_error(error, CG_DB_ERROR_CONNECT);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("db bulk");
    TCase *scan = cg_dbtest_case(suite, "scan");
    cg_dbtest_add(scan, scans_every_row_of_every_type);
    cg_dbtest_add(scan, scans_expressions_under_a_condition);
    cg_dbtest_add(scan, a_wrong_scan_is_a_query_error);
    cg_dbtest_add(scan, a_stopped_scan_leaves_the_session_usable);
    cg_dbtest_add(scan, a_scan_keeps_to_its_transaction);
    cg_dbtest_add(scan, counts_what_it_cannot_read);
    cg_dbtest_add(scan, a_session_lost_in_midstream_is_a_connection_error);
    cg_dbtest_add(scan, bulk_on_a_lost_session_is_a_connection_error);
    TCase *insert = cg_dbtest_case(suite, "insert");
    cg_dbtest_add(insert, a_refused_insert_rolls_back);
    cg_dbtest_add(insert, insert_takes_names_as_the_catalog_has_them);
    cg_dbtest_add(insert, insert_keeps_text_whole_or_refuses_it);
    return cg_dbtest_run(suite);
}
