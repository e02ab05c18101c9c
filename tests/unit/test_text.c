/* Positions and carets in what users wrote, hostile lines too. */
#include "base/text.h"

#include <check.h>
#include <string.h>

static const struct {
    const char *data;
    size_t offset;
    unsigned line, column;
} positions[] = {
    { "", 0, 1, 1 },      { "", 9, 1, 1 },      { "abc", 2, 1, 3 },      { "abc", 99, 1, 4 },
    { "a\nb", 1, 1, 2 },  { "a\nb", 2, 2, 1 },  { "a\n\nb\n", 3, 3, 1 }, { "a\n\nb\n", 5, 4, 1 },
    { "äöü=x", 6, 1, 4 }, { "ä\nöx", 5, 2, 2 }, { "\tx", 1, 1, 2 },      { "𝄞x", 4, 1, 2 },
};

START_TEST(offsets_have_lines_and_columns)
{
    CgText text = { "f", positions[_i].data, strlen(positions[_i].data) };
    unsigned line = 0;
    unsigned column = 0;
    cg_text_position(&text, positions[_i].offset, &line, &column);
    ck_assert_uint_eq(line, positions[_i].line);
    ck_assert_uint_eq(column, positions[_i].column);
}
END_TEST

static const struct {
    const char *data;
    size_t offset;
    const char *message;
} excerpts[] = {
    { "one\ntwo three\nfour", 8, "f:2:5: bad\n    two three\n        ^" },
    { "one\r\ntwo\r\n", 6, "f:2:2: bad\n    two\n     ^" },
    { "äöü x", 7, "f:1:5: bad\n    äöü x\n        ^" },
    { "\tkey\tx", 5, "f:1:6: bad\n    \tkey\tx\n    \t   \t^" },
    { "a\x1b[31mb", 1, "f:1:2: bad\n    a?[31mb\n     ^" },
    { "one\n", 4, "f:2:1: bad\n    \n    ^" },
    { "", 0, "f:1:1: bad\n    \n    ^" },
    { "abc", 50, "f:1:4: bad\n    abc\n       ^" },
};

START_TEST(an_error_shows_the_line_and_a_caret)
{
    CgText text = { "f", excerpts[_i].data, strlen(excerpts[_i].data) };
    g_autoptr(GError) error = NULL;
    cg_text_error(&error, CG_EXIT_USAGE, &text, excerpts[_i].offset, "hint", "b%s", "ad");
    ck_assert_str_eq(error->message, excerpts[_i].message);
    ck_assert_str_eq(cg_error_hint(error), "hint");
    ck_assert(cg_error_is(error, CG_EXIT_USAGE));
}
END_TEST

START_TEST(a_long_line_is_cut_around_the_caret)
{
    g_autoptr(GString) data = g_string_new(NULL);
    for (int i = 0; i < 2000; i++)
        g_string_append(data, "ä");
    CgText text = { "f", data->str, data->len };
    for (size_t offset = 0; offset <= data->len; offset += 2) {
        g_autoptr(GError) error = NULL;
        cg_text_error(&error, CG_EXIT_USAGE, &text, offset, NULL, "bad");
        g_auto(GStrv) lines = g_strsplit(error->message, "\n", -1);
        ck_assert_uint_eq(g_strv_length(lines), 3);
        ck_assert(g_utf8_validate(lines[1], -1, NULL));
        ck_assert_uint_le(strlen(lines[1]), 4 + 162);
        ck_assert_int_le(g_utf8_strlen(lines[2], -1), g_utf8_strlen(lines[1], -1) + 1);
    }
}
END_TEST

START_TEST(bytes_that_are_no_text_do_no_harm)
{
    static const char bytes[] = "a\xff\xc3\0b\x80\x80\nc";
    CgText text = { "f", bytes, sizeof bytes - 1 };
    for (size_t offset = 0; offset <= text.len; offset++) {
        g_autoptr(GError) error = NULL;
        cg_text_error(&error, CG_EXIT_USAGE, &text, offset, NULL, "bad");
        ck_assert(g_utf8_validate(error->message, -1, NULL));
    }
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("text");
    TCase *tcase = tcase_create("text");
    SRunner *runner = srunner_create(suite);

    tcase_add_loop_test(tcase, offsets_have_lines_and_columns, 0, G_N_ELEMENTS(positions));
    tcase_add_loop_test(tcase, an_error_shows_the_line_and_a_caret, 0, G_N_ELEMENTS(excerpts));
    tcase_add_test(tcase, a_long_line_is_cut_around_the_caret);
    tcase_add_test(tcase, bytes_that_are_no_text_do_no_harm);
    suite_add_tcase(suite, tcase);

    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
