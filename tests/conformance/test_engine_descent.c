/* Where groups came from and what came from them, on each backend. */
#include "engine/descent.h"
#include "tests/lib/enginetest.h"

/* "g2 g1": ids, the nearest first. */
static char *
up(CgEngine *engine, const char *id)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(CgDescent) descent = cg_descent_read(engine, id, &error);
    ck_ok(descent != NULL, error);
    g_ptr_array_add(descent->up, NULL);
    return g_strjoinv(" ", (char **)descent->up->pdata);
}

/* "g2:1 g3:2": ids and depths. */
static char *
down(CgEngine *engine, const char *id)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(CgDescent) descent = cg_descent_read(engine, id, &error);
    ck_ok(descent != NULL, error);
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < descent->down->len; i++) {
        const CgDescendant *one = &g_array_index(descent->down, CgDescendant, i);
        g_string_append_printf(text, "%s%s:%u", i > 0 ? " " : "", one->group->id, one->depth);
    }
    return g_string_free(text, FALSE);
}

#define ck_up(engine, id, expected)                                                                \
    do {                                                                                           \
        g_autofree char *up_ = up(engine, id);                                                     \
        ck_assert_str_eq(up_, expected);                                                           \
    } while (0)
#define ck_down(engine, id, expected)                                                              \
    do {                                                                                           \
        g_autofree char *down_ = down(engine, id);                                                 \
        ck_assert_str_eq(down_, expected);                                                         \
    } while (0)

static void
insert(CgDb *db, const char *id, const char *source)
{
    g_autofree char *sql =
        g_strdup_printf("INSERT INTO consistencygroups (id, deleted, source_cg_id)"
                        " VALUES ('%s', FALSE, '%s')",
                        id, source);
    cg_test_run_sql(db, sql);
}

START_TEST(lines_are_depth_first_and_through_cgsnapshots)
{
    g_autoptr(CgDb) db = cg_test_engine_open(_i);
    if (db == NULL)
        return;
    insert(db, "b", "S");
    insert(db, "a", "S");
    insert(db, "a1", "a");
    insert(db, "dead", "a");
    insert(db, "dead1", "dead");
    insert(db, "orphan", "gone");
    insert(db, "blank", "");
    insert(db, "both", "E");
    cg_test_run_sql(db, "UPDATE consistencygroups SET deleted = TRUE WHERE id = 'dead';"
                        "UPDATE consistencygroups SET cgsnapshot_id = 'K' WHERE id IN ('blank',"
                        " 'both')");
    g_autoptr(CgEngine) engine = cg_test_engine_new(db, NULL, NULL);
    ck_down(engine, "S", "a:1 a1:2 b:1 blank:1");
    ck_down(engine, "E", "both:1");
    ck_up(engine, "both", "E");
    ck_up(engine, "a1", "a S");
    ck_up(engine, "blank", "S");
    ck_up(engine, "dead1", "dead a S");
    ck_up(engine, "orphan", "gone");
    ck_up(engine, "S", "");
}
END_TEST

START_TEST(cycles_end)
{
    g_autoptr(CgDb) db = cg_test_engine_open(_i);
    if (db == NULL)
        return;
    insert(db, "a", "c");
    insert(db, "b", "a");
    insert(db, "c", "b");
    insert(db, "self", "self");
    g_autoptr(CgEngine) engine = cg_test_engine_new(db, NULL, NULL);
    ck_up(engine, "a", "c b a");
    ck_down(engine, "a", "b:1 c:2 a:3");
    ck_up(engine, "self", "self");
    ck_down(engine, "self", "self:1");
}
END_TEST

START_TEST(upstreams_column_is_read_where_ours_is_empty)
{
    g_autoptr(CgDb) db = cg_test_engine_open(_i);
    if (db == NULL)
        return;
    cg_test_run_sql(db, "ALTER TABLE consistencygroups ADD COLUMN source_cgid VARCHAR(36)");
    insert(db, "ours", "E");
    insert(db, "theirs", "");
    cg_test_run_sql(db, "UPDATE consistencygroups SET source_cgid = 'S' WHERE id IN ('ours',"
                        " 'theirs')");
    g_autoptr(CgEngine) engine = cg_test_engine_new(db, NULL, NULL);
    ck_up(engine, "ours", "E");
    ck_up(engine, "theirs", "S");
    ck_down(engine, "S", "theirs:1");
    ck_down(engine, "E", "ours:1");
}
END_TEST

START_TEST(long_and_wide_lines_are_whole)
{
    enum { LONG = 300 };
    g_autoptr(CgDb) db = cg_test_engine_open(_i);
    if (db == NULL)
        return;
    for (int i = 0; i < LONG; i++) {
        g_autofree char *id = g_strdup_printf("l%d", i);
        g_autofree char *from = i > 0 ? g_strdup_printf("l%d", i - 1) : g_strdup("S");
        g_autofree char *child = g_strdup_printf("w%d", i);
        insert(db, id, from);
        insert(db, child, "E");
    }
    g_autoptr(CgEngine) engine = cg_test_engine_new(db, NULL, NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(CgDescent) line = cg_descent_read(engine, "l299", &error);
    g_autoptr(CgDescent) deep = cg_descent_read(engine, "S", &error);
    g_autoptr(CgDescent) wide = cg_descent_read(engine, "E", &error);
    ck_ok(line != NULL && deep != NULL && wide != NULL, error);
    ck_assert_uint_eq(line->up->len, LONG);
    ck_assert_uint_eq(deep->down->len, LONG);
    ck_assert_uint_eq(g_array_index(deep->down, CgDescendant, LONG - 1).depth, LONG);
    ck_assert_uint_eq(wide->down->len, LONG);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("engine descent");
    TCase *tcase = cg_dbtest_case(suite, "up and down");
    tcase_add_checked_fixture(tcase, NULL, cg_test_engine_end);
    cg_dbtest_add(tcase, lines_are_depth_first_and_through_cgsnapshots);
    cg_dbtest_add(tcase, cycles_end);
    cg_dbtest_add(tcase, upstreams_column_is_read_where_ours_is_empty);
    cg_dbtest_add(tcase, long_and_wide_lines_are_whole);
    return cg_dbtest_run(suite);
}
