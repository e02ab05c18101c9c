/*
 * Addresses against tests/data/addresses.tsv, and what a table cannot say: that no error shows a
 * password, that the printable form reads as itself.
 */
#include "db/address.h"

#include <check.h>
#include <string.h>

enum {
    ADDRESS,
    SCHEME,
    HOST,
    PORT,
    USER,
    PASSWORD,
    DBNAME,
    FILE_PATH,
    MORE,
    DISPLAY,
    PROBLEM,
    N_COLUMNS
};

static GPtrArray *rows; /* of GStrv, one a line of the table */

static void
load_rows(void)
{
    const char *top = g_getenv("SRC");
    g_autofree char *path =
        g_build_filename(top != NULL ? top : ".", "tests", "data", "addresses.tsv", NULL);
    g_autofree char *text = NULL;
    rows = g_ptr_array_new_with_free_func((GDestroyNotify)g_strfreev);
    if (!g_file_get_contents(path, &text, NULL, NULL))
        return;
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line != NULL; line++) {
        if (**line != '\0' && **line != '#')
            g_ptr_array_add(rows, g_strsplit(*line, "\t", -1));
    }
}

static void
check_value(const CgAddress *address, const char *keyword, const char *expected)
{
    const char *value = cg_address_value(address, keyword);
    ck_assert_msg(g_strcmp0(value, *expected != '\0' ? expected : NULL) == 0, "%s: %s, not %s",
                  keyword, value, expected);
}

/* "a=b c=d": what else libpq is told. A value may hold blanks. */
static void
check_more(const CgAddress *address, const char *expected)
{
    static const char *const own[] = { "host", "port", "user", "password", "dbname", NULL };
    const char *const *keywords = cg_address_keywords(address);
    const char *const *values = cg_address_values(address);
    g_autoptr(GString) more = g_string_new(NULL);
    for (size_t i = 0; keywords[i] != NULL; i++) {
        if (!g_strv_contains(own, keywords[i]))
            g_string_append_printf(more, "%s%s=%s", more->len > 0 ? " " : "", keywords[i],
                                   values[i]);
    }
    ck_assert_str_eq(more->str, expected);
}

static void
check_parsed(const CgAddress *address, char **row)
{
    ck_assert_str_eq(cg_address_scheme(address), row[SCHEME]);
    ck_assert_str_eq(cg_address_display(address), row[DISPLAY]);
    if (strcmp(row[SCHEME], "sqlite") == 0) {
        ck_assert_str_eq(cg_address_path(address), row[FILE_PATH]);
        ck_assert_ptr_null(cg_address_keywords(address));
        ck_assert_ptr_null(cg_address_values(address));
        return;
    }
    ck_assert_ptr_null(cg_address_path(address));
    check_value(address, "host", row[HOST]);
    check_value(address, "port", row[PORT]);
    check_value(address, "user", row[USER]);
    check_value(address, "password", row[PASSWORD]);
    check_value(address, "dbname", row[DBNAME]);
    check_more(address, row[MORE]);
}

START_TEST(table_is_there)
{
    ck_assert_uint_ge(rows->len, 30);
}
END_TEST

START_TEST(as_the_table_says)
{
    char **row = g_ptr_array_index(rows, (guint)_i);
    ck_assert_msg(g_strv_length(row) == N_COLUMNS, "%s: %u columns", row[ADDRESS],
                  g_strv_length(row));
    g_autoptr(GError) error = NULL;
    g_autoptr(CgAddress) address = cg_address_parse(row[ADDRESS], &error);
    if (*row[PROBLEM] != '\0') {
        ck_assert_msg(address == NULL, "%s is not refused", row[ADDRESS]);
        ck_assert(cg_error_is(error, CG_EXIT_USAGE));
        ck_assert_msg(strstr(error->message, row[PROBLEM]) != NULL, "%s", error->message);
        ck_assert_msg(strstr(error->message, "s3") == NULL, "%s", error->message);
        ck_assert_msg(strstr(error->message, "cret") == NULL, "%s", error->message);
        return;
    }
    ck_assert_msg(address != NULL, "%s: %s", row[ADDRESS], error != NULL ? error->message : "");
    check_parsed(address, row);
}
END_TEST

START_TEST(printable_form_reads_as_itself)
{
    char **row = g_ptr_array_index(rows, (guint)_i);
    g_autoptr(CgAddress) address = cg_address_parse(row[ADDRESS], NULL);
    if (address == NULL)
        return;
    g_autoptr(CgAddress) again = cg_address_parse(cg_address_display(address), NULL);
    ck_assert_ptr_nonnull(again);
    ck_assert_str_eq(cg_address_display(again), cg_address_display(address));
}
END_TEST

START_TEST(three_slashes_are_remembered)
{
    static const struct {
        const char *text;
        bool is_relative;
    } cases[] = { { "sqlite:///var/lib/cinder.sqlite", true },
                  { "sqlite:////var/lib/cinder.sqlite", false },
                  { "sqlite:var/lib/cinder.sqlite", false },
                  { "sqlite:/var/lib/cinder.sqlite", false },
                  { "postgresql:///cinder", false } };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(CgAddress) address = cg_address_parse(cases[i].text, NULL);
        ck_assert_msg(cg_address_is_sqlalchemy_relative(address) == cases[i].is_relative, "%s",
                      cases[i].text);
    }
}
END_TEST

START_TEST(a_copy_outlives_the_original)
{
    CgAddress *address = cg_address_parse("host=db password=s3cret", NULL);
    g_autoptr(CgAddress) copy = cg_address_dup(address);
    cg_address_free(address);
    cg_address_free(NULL);
    ck_assert_str_eq(cg_address_value(copy, "password"), "s3cret");
    ck_assert_str_eq(cg_address_display(copy), "postgresql://db");
}
END_TEST

/* Whole messages, for what a user sees; the table has only what is wrong. */
START_TEST(errors_are_shown_with_a_caret)
{
    static const struct {
        const char *text;
        const char *message;
    } cases[] = {
        { "postgresql://u:s3cret@db/cinder?charset=utf8",
          "database address:1:18: the parameter \"charset\" is not known\n"
          "    postgresql://***?charset=***\n"
          "                     ^" },
        { "host=db password=s3 cret", "database address:1:23: expected \"keyword=value\"\n"
                                      "    host=*** password=*** ***\n"
                                      "                          ^" },
        { "mysql://u:s3cret@db",
          "database address:1:1: MySQL and MariaDB are not supported yet (MariaDB is planned), "
          "PostgreSQL and SQLite are\n"
          "    mysql:***\n"
          "    ^" },
    };
    g_autoptr(GError) error = NULL;
    ck_assert_ptr_null(cg_address_parse(cases[_i].text, &error));
    ck_assert_str_eq(error->message, cases[_i].message);
}
END_TEST

START_TEST(a_file_is_suggested_with_its_scheme)
{
    g_autoptr(GError) error = NULL;
    ck_assert_ptr_null(cg_address_parse("/var/lib/cinder.sqlite", &error));
    ck_assert_str_eq(cg_error_hint(error), "write sqlite:/var/lib/cinder.sqlite");
}
END_TEST

START_TEST(bytes_that_no_address_has)
{
    static const char *const texts[] = { "postgresql://u:s3cret@db/x\n", "sqlite:a\tb", "\x7f" };
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(GError) error = NULL;
        ck_assert_ptr_null(cg_address_parse(texts[i], &error));
        ck_assert_msg(strstr(error->message, "control character") != NULL, "%s", error->message);
    }
    g_autofree char *long_text = g_strnfill(20000, 'x');
    g_autoptr(GError) error = NULL;
    ck_assert_ptr_null(cg_address_parse(long_text, &error));
    ck_assert_ptr_nonnull(strstr(error->message, "longer than"));
    ck_assert_ptr_null(cg_address_parse("", NULL));
}
END_TEST

int
main(void)
{
    load_rows();
    Suite *suite = suite_create("address");
    TCase *tcase = tcase_create("table");
    tcase_add_test(tcase, table_is_there);
    tcase_add_loop_test(tcase, as_the_table_says, 0, (int)rows->len);
    tcase_add_loop_test(tcase, printable_form_reads_as_itself, 0, (int)rows->len);
    suite_add_tcase(suite, tcase);

    TCase *rest = tcase_create("rest");
    tcase_add_test(rest, three_slashes_are_remembered);
    tcase_add_test(rest, a_copy_outlives_the_original);
    tcase_add_loop_test(rest, errors_are_shown_with_a_caret, 0, 3);
    tcase_add_test(rest, a_file_is_suggested_with_its_scheme);
    tcase_add_test(rest, bytes_that_no_address_has);
    suite_add_tcase(suite, rest);

    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    g_ptr_array_unref(rows);
    return failed == 0 ? 0 : 1;
}
