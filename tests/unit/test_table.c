/* Tables as they come out in files and on terminals, and numbers with separators. */
#include "base/table.h"

#include "tests/lib/capture.h"

#include <check.h>
#include <locale.h>
#include <string.h>

static const CgTableColumn plain[] = { { "NAME", 0 }, { "COUNT", CG_TABLE_RIGHT }, { "NOTE", 0 } };

static void
print(void *table)
{
    cg_table_print(table, stdout);
}

static char *
printed(CgTable *table, unsigned columns)
{
    return test_capture(stdout, columns, print, table);
}

START_TEST(columns_are_aligned_and_nothing_trails)
{
    g_autoptr(CgTable) table = cg_table_new(plain, G_N_ELEMENTS(plain));
    cg_table_row(table, "volumes", "12", (char *)NULL);
    cg_table_row(table, "x", "1,234", "much");
    ck_assert_uint_eq(cg_table_rows(table), 2);
    g_autofree char *text = printed(table, 0);
    ck_assert_str_eq(text, "NAME    COUNT NOTE\n"
                           "volumes    12\n"
                           "x       1,234 much\n");
}
END_TEST

START_TEST(empty_titles_are_not_printed)
{
    static const CgTableColumn columns[] = { { "", 0 }, { "", 0 } };
    g_autoptr(CgTable) table = cg_table_new(columns, G_N_ELEMENTS(columns));
    cg_table_row(table, "server", "15.4");
    g_autofree char *text = printed(table, 0);
    ck_assert_str_eq(text, "server 15.4\n");
}
END_TEST

START_TEST(a_table_without_rows_prints_nothing)
{
    g_autoptr(CgTable) table = cg_table_new(plain, G_N_ELEMENTS(plain));
    g_autofree char *text = printed(table, 0);
    ck_assert_str_eq(text, "");
    cg_table_free(NULL);
}
END_TEST

START_TEST(a_tree_shows_parents)
{
    static const CgTableColumn columns[] = { { "GROUP", CG_TABLE_TREE }, { "N", CG_TABLE_RIGHT } };
    setlocale(LC_ALL, "C");
    g_autoptr(CgTable) table = cg_table_new(columns, G_N_ELEMENTS(columns));
    CgTableRow *root = cg_table_row(table, "root", "1");
    CgTableRow *child = cg_table_child(table, root, "child", "2");
    cg_table_child(table, child, "grandchild", "3");
    cg_table_child(table, root, "last", "4");
    g_autofree char *text = printed(table, 0);
    ck_assert_str_eq(text, "GROUP          N\n"
                           "root           1\n"
                           "|-child        2\n"
                           "| `-grandchild 3\n"
                           "`-last         4\n");
}
END_TEST

START_TEST(a_terminal_bounds_the_width)
{
    static const CgTableColumn columns[] = { { "ID", 0 }, { "TEXT", CG_TABLE_CUT } };
    g_autofree char *word = g_strnfill(300, 'x');
    g_autoptr(CgTable) table = cg_table_new(columns, G_N_ELEMENTS(columns));
    cg_table_row(table, "1", word);
    g_autofree char *narrow = printed(table, 40);
    g_auto(GStrv) lines = g_strsplit(narrow, "\n", -1);
    ck_assert_uint_eq(g_strv_length(lines), 3);
    ck_assert_uint_le(strlen(lines[1]), 40);
    g_autofree char *wide = printed(table, 0);
    ck_assert_ptr_nonnull(strstr(wide, word));
}
END_TEST

START_TEST(long_text_wraps_on_a_terminal)
{
    static const CgTableColumn columns[] = { { "ID", 0 }, { "TEXT", CG_TABLE_WRAP } };
    g_autofree char *word = g_strnfill(100, 'x');
    g_autoptr(CgTable) table = cg_table_new(columns, G_N_ELEMENTS(columns));
    cg_table_row(table, "1", word);
    g_autofree char *text = printed(table, 40);
    size_t shown = 0;
    for (const char *c = text; *c != '\0'; c++)
        shown += *c == 'x';
    ck_assert_uint_eq(shown, 100);
    ck_assert_uint_gt(strlen(text), 110);
}
END_TEST

START_TEST(wrapping_keeps_words_whole)
{
    static const CgTableColumn columns[] = { { "", 0 }, { "", CG_TABLE_WRAP } };
    g_autoptr(CgTable) table = cg_table_new(columns, G_N_ELEMENTS(columns));
    cg_table_row(table, "1", "members of this group vote for two groups");
    cg_table_row(table, "2", "short");
    for (int i = 0; i < 2; i++) {
        g_autofree char *text = printed(table, 24);
        ck_assert_str_eq(text, "1 members of this group\n"
                               "  vote for two groups\n"
                               "2 short\n");
    }
}
END_TEST

START_TEST(hostile_cells_cannot_steer_the_terminal)
{
    static const CgTableColumn columns[] = { { "", 0 }, { "", 0 } };
    g_autoptr(CgTable) table = cg_table_new(columns, G_N_ELEMENTS(columns));
    cg_table_row(table, "a\x1b[31m\r\nb", "c\xff");
    g_autofree char *text = printed(table, 80);
    ck_assert_ptr_null(strchr(text, '\x1b'));
    ck_assert_ptr_null(strchr(text, '\r'));
    ck_assert(g_utf8_validate(text, -1, NULL));
    ck_assert_ptr_eq(strchr(text, '\n'), text + strlen(text) - 1);
}
END_TEST

static const struct {
    int64_t number;
    const char *text;
} numbers[] = {
    { 0, "0" },
    { 999, "999" },
    { 1000, "1,000" },
    { -1000, "-1,000" },
    { -100, "-100" },
    { 1234567, "1,234,567" },
    { INT64_MAX, "9,223,372,036,854,775,807" },
    { INT64_MIN, "-9,223,372,036,854,775,808" },
};

START_TEST(numbers_have_separators)
{
    char buffer[32];
    ck_assert_str_eq(cg_table_number(numbers[_i].number, buffer), numbers[_i].text);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("table");
    TCase *tcase = tcase_create("table");
    SRunner *runner = srunner_create(suite);

    tcase_add_test(tcase, columns_are_aligned_and_nothing_trails);
    tcase_add_test(tcase, empty_titles_are_not_printed);
    tcase_add_test(tcase, a_table_without_rows_prints_nothing);
    tcase_add_test(tcase, a_tree_shows_parents);
    tcase_add_test(tcase, a_terminal_bounds_the_width);
    tcase_add_test(tcase, long_text_wraps_on_a_terminal);
    tcase_add_test(tcase, wrapping_keeps_words_whole);
    tcase_add_test(tcase, hostile_cells_cannot_steer_the_terminal);
    tcase_add_loop_test(tcase, numbers_have_separators, 0, G_N_ELEMENTS(numbers));
    suite_add_tcase(suite, tcase);

    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
