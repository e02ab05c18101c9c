/* Loading migrations from directories and from a table, with what can be wrong in either. */
#include "migrate/source.h"

#include <check.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define UP "-- migrate:up\n"

static char *dir;

static void
make_dir(void)
{
    dir = g_dir_make_tmp("source-XXXXXX", NULL);
    ck_assert_ptr_nonnull(dir);
}

static void
remove_dir(void)
{
    g_autoptr(GDir) handle = g_dir_open(dir, 0, NULL);
    for (const char *name = g_dir_read_name(handle); name != NULL; name = g_dir_read_name(handle)) {
        g_autofree char *path = g_build_filename(dir, name, NULL);
        g_remove(path);
    }
    g_rmdir(dir);
    g_clear_pointer(&dir, g_free);
}

static void
put(const char *name, const char *text)
{
    g_autofree char *path = g_build_filename(dir, name, NULL);
    ck_assert(g_file_set_contents(path, text, -1, NULL));
}

START_TEST(sorts_by_number_and_ignores_the_rest)
{
    put("10_c.sql", UP "C;");
    put("9_b.sql", UP "B;");
    put("0001_a.sql", UP "A;");
    put("README.md", "x");
    put(".#0002_a.sql", "x");
    put("0003_a.sql~", "x");
    g_autoptr(GPtrArray) all = cg_source_load(dir, CG_SQL_SQLITE, NULL);
    ck_assert_ptr_nonnull(all);
    ck_assert_uint_eq(all->len, 3);
    static const char *const names[] = { "a", "b", "c" };
    for (unsigned i = 0; i < all->len; i++)
        ck_assert_str_eq(((const CgMigration *)all->pdata[i])->name, names[i]);
    ck_assert_str_eq(cg_source_find(all, 9)->name, "b");
    ck_assert_ptr_null(cg_source_find(all, 2));
}
END_TEST

static void
assert_refused(const char *where, const char *part)
{
    g_autoptr(GError) error = NULL;
    ck_assert_ptr_null(cg_source_load(where, CG_SQL_POSTGRESQL, &error));
    ck_assert(cg_error_is(error, CG_EXIT_USAGE));
    ck_assert_msg(strstr(error->message, part) != NULL, "%s", error->message);
}

START_TEST(names_both_files_of_a_version)
{
    put("0007_b.sql", UP);
    put("7_a.sql", UP);
    assert_refused(dir, "0007_b.sql\" and \"");
    assert_refused(dir, "7_a.sql\" have the same version 7");
}
END_TEST

static const struct {
    const char *name;
    const char *text;
    const char *message;
} bad[] = {
    { "a.sql", UP, "a.sql\": the name of a migration begins with digits" },
    { "0001_a.SQL", UP, "ends in \".sql\"" },
    { "0001_a.sql", "-- migrate:dwon\n", "0001_a.sql:1:12: unknown section \"dwon\"" },
};

START_TEST(refuses)
{
    put(bad[_i].name, bad[_i].text);
    assert_refused(dir, bad[_i].message);
}
END_TEST

START_TEST(says_what_cannot_be_read)
{
    g_autofree char *missing = g_build_filename(dir, "missing", NULL);
    assert_refused(missing, "missing");
    g_autofree char *link = g_build_filename(dir, "0001_a.sql", NULL);
    ck_assert_int_eq(symlink("nowhere", link), 0);
    assert_refused(dir, "0001_a.sql");
}
END_TEST

START_TEST(takes_an_empty_directory)
{
    g_autoptr(GPtrArray) none = cg_source_load(dir, CG_SQL_SQLITE, NULL);
    ck_assert_ptr_nonnull(none);
    ck_assert_uint_eq(none->len, 0);
}
END_TEST

START_TEST(loads_a_table)
{
    static const CgEmbedded table[] = {
        { "migrate/sql/ledger.sqlite.sql", "x", 1 },
        { "schema/migrations/0002_b.sql", UP "B;", sizeof UP + 1 },
        { "schema/migrations/0001_a.sql", UP, sizeof UP - 1 },
    };
    g_autoptr(GPtrArray) all =
        cg_source_load_embedded(table, G_N_ELEMENTS(table), CG_SQL_SQLITE, NULL);
    ck_assert_ptr_nonnull(all);
    ck_assert_uint_eq(all->len, 2);
    const CgMigration *second = all->pdata[1];
    ck_assert_int_eq(second->version, 2);
    ck_assert_str_eq(second->text.name, "schema/migrations/0002_b.sql");
    ck_assert_uint_eq(second->sections[CG_SECTION_UP].statements->len, 1);
}
END_TEST

START_TEST(loads_what_is_built_in)
{
    for (int dialect = CG_SQL_POSTGRESQL; dialect <= CG_SQL_SQLITE; dialect++) {
        GError *error = NULL;
        g_autoptr(GPtrArray) all = cg_source_load(NULL, (CgSqlDialect)dialect, &error);
        ck_assert_msg(all != NULL, "%s", error != NULL ? error->message : "");
    }
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("source");
    TCase *tcase = tcase_create("source");
    tcase_add_checked_fixture(tcase, make_dir, remove_dir);
    tcase_add_test(tcase, sorts_by_number_and_ignores_the_rest);
    tcase_add_test(tcase, names_both_files_of_a_version);
    tcase_add_loop_test(tcase, refuses, 0, G_N_ELEMENTS(bad));
    tcase_add_test(tcase, says_what_cannot_be_read);
    tcase_add_test(tcase, takes_an_empty_directory);
    tcase_add_test(tcase, loads_a_table);
    tcase_add_test(tcase, loads_what_is_built_in);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
