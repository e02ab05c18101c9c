/* Errors: message, exit code and hint survive copying, wrapping and a caller who wants none. */
#include "base/error.h"

#include <check.h>

START_TEST(an_error_has_message_code_and_hint)
{
    g_autoptr(GError) error = NULL;
    cg_error_set(&error, CG_EXIT_LOCKED, "wait", "locked by %s %d", "run", 7);
    ck_assert(cg_error_is(error, CG_EXIT_LOCKED));
    ck_assert(!cg_error_is(error, CG_EXIT_FAILED));
    ck_assert_str_eq(error->message, "locked by run 7");
    ck_assert_str_eq(cg_error_hint(error), "wait");
}
END_TEST

START_TEST(a_percent_sign_of_a_hint_is_text)
{
    g_autoptr(GError) error = NULL;
    cg_error_set(&error, CG_EXIT_USAGE, "write %40 as %s", "%s", "100 %n");
    ck_assert_str_eq(error->message, "100 %n");
    ck_assert_str_eq(cg_error_hint(error), "write %40 as %s");
}
END_TEST

START_TEST(a_copy_keeps_the_hint)
{
    GError *error = NULL;
    cg_error_set(&error, CG_EXIT_USAGE, "hint", "message");
    ck_assert_int_eq(cg_error_kind(error), 0);
    cg_error_set_kind(error, 3);
    g_autoptr(GError) copy = g_error_copy(error);
    g_error_free(error);
    ck_assert_int_eq(cg_error_kind(copy), 3);
    ck_assert_str_eq(cg_error_hint(copy), "hint");
    ck_assert(cg_error_is(copy, CG_EXIT_USAGE));
}
END_TEST

START_TEST(wrapping_adds_the_noun_and_keeps_the_hint)
{
    GError *cause = NULL;
    g_autoptr(GError) error = NULL;
    cg_error_set(&cause, CG_EXIT_FAILED, "hint", "no such table");
    cg_error_set_kind(cause, 3);
    cg_error_wrap(&error, cause, CG_EXIT_HALF_DONE, NULL, "migration %04d", 7);
    ck_assert_str_eq(error->message, "migration 0007: no such table");
    ck_assert_int_eq(cg_error_kind(error), 3);
    ck_assert_str_eq(cg_error_hint(error), "hint");
    ck_assert(cg_error_is(error, CG_EXIT_HALF_DONE));
}
END_TEST

START_TEST(wrapping_takes_any_domain_and_a_new_hint)
{
    GError *cause = g_error_new_literal(G_MARKUP_ERROR, G_MARKUP_ERROR_PARSE, "100 %s");
    g_autoptr(GError) error = NULL;
    ck_assert_ptr_null(cg_error_hint(cause));
    ck_assert_int_eq(cg_error_kind(cause), 0);
    ck_assert(!cg_error_is(cause, (CgExit)G_MARKUP_ERROR_PARSE));
    cg_error_wrap(&error, cause, CG_EXIT_USAGE, "new", "file");
    ck_assert_str_eq(error->message, "file: 100 %s");
    ck_assert_str_eq(cg_error_hint(error), "new");
}
END_TEST

START_TEST(nobody_need_listen)
{
    cg_error_set(NULL, CG_EXIT_USAGE, NULL, "message");
    cg_error_wrap(NULL, g_error_new_literal(CG_ERROR, CG_EXIT_USAGE, "x"), CG_EXIT_USAGE, NULL,
                  "prefix");
    ck_assert_ptr_null(cg_error_hint(NULL));
    ck_assert(!cg_error_is(NULL, CG_EXIT_OK));
}
END_TEST

START_TEST(no_hint_is_no_hint)
{
    g_autoptr(GError) error = NULL;
    cg_error_set(&error, CG_EXIT_USAGE, NULL, "message");
    ck_assert_ptr_null(cg_error_hint(error));
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("error");
    TCase *tcase = tcase_create("error");
    SRunner *runner = srunner_create(suite);

    tcase_add_test(tcase, an_error_has_message_code_and_hint);
    tcase_add_test(tcase, a_percent_sign_of_a_hint_is_text);
    tcase_add_test(tcase, a_copy_keeps_the_hint);
    tcase_add_test(tcase, wrapping_adds_the_noun_and_keeps_the_hint);
    tcase_add_test(tcase, wrapping_takes_any_domain_and_a_new_hint);
    tcase_add_test(tcase, nobody_need_listen);
    tcase_add_test(tcase, no_hint_is_no_hint);
    suite_add_tcase(suite, tcase);

    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
