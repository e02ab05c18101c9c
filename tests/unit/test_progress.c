/* The bar on a terminal and the events of a program, at the speed of real work. */
#include "base/progress.h"

#include "base/term.h"
#include "tests/lib/capture.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
set_up(void)
{
    setenv("TERM", "xterm", 1);
    cg_term_set_quiet(false);
    cg_progress_set_style(CG_PROGRESS_AUTO);
}

typedef struct {
    int64_t total;
    int ms;     /* how long the work lasts */
    bool notes; /* says something when it has lasted 1200 ms */
} Work;

static void
do_work(void *data)
{
    const Work *work = data;
    g_autoptr(CgProgress) progress = cg_progress_begin("reading groups", "rows", work->total);
    for (int i = 1; i <= work->ms / 10; i++) {
        g_usleep(10000);
        cg_progress_update(progress, i * INT64_C(1000));
        if (work->notes && i == 120)
            cg_term_note("half way");
    }
}

static unsigned
count(const char *text, const char *word)
{
    unsigned n = 0;
    for (const char *at = strstr(text, word); at != NULL; at = strstr(at + 1, word))
        n++;
    return n;
}

START_TEST(a_terminal_shows_a_bar_after_a_second)
{
    Work work = { 200000, 1500, true };
    g_autofree char *text = test_capture(stderr, 100, do_work, &work);
    ck_assert_uint_ge(count(text, "\rreading groups: ["), 2);
    ck_assert_ptr_nonnull(strstr(text, "/200,000 rows"));
    ck_assert_ptr_nonnull(strstr(text, " rows/s  ETA 0:"));
    ck_assert_ptr_nonnull(strstr(text, "\r\033[Khalf way\n"));
    ck_assert(g_str_has_suffix(text, "\r\033[K"));
}
END_TEST

START_TEST(an_unknown_total_shows_no_bar)
{
    Work work = { 0, 1100, false };
    g_autofree char *text = test_capture(stderr, 100, do_work, &work);
    ck_assert_uint_ge(count(text, "\rreading groups: "), 1);
    ck_assert_ptr_null(strchr(text, '%'));
    ck_assert_ptr_null(strstr(text, "ETA"));
}
END_TEST

START_TEST(a_narrow_terminal_is_not_overrun)
{
    Work work = { 200000, 1100, false };
    g_autofree char *text = test_capture(stderr, 20, do_work, &work);
    g_auto(GStrv) drawn = g_strsplit(text, "\033[K", -1);
    for (char **line = drawn; *line != NULL; line++)
        ck_assert_uint_lt(strlen(*line), 1 + 20);
}
END_TEST

START_TEST(short_or_unwatched_work_says_nothing)
{
    Work brief = { 100, 200, false };
    Work longer = { 100, 1100, false };
    g_autofree char *on_terminal = test_capture(stderr, 100, do_work, &brief);
    g_autofree char *in_file = test_capture(stderr, 0, do_work, &longer);
    cg_term_set_quiet(true);
    g_autofree char *quiet = test_capture(stderr, 100, do_work, &longer);
    cg_term_set_quiet(false);
    cg_progress_set_style(CG_PROGRESS_NONE);
    g_autofree char *none = test_capture(stderr, 100, do_work, &longer);
    ck_assert_str_eq(on_terminal, "");
    ck_assert_str_eq(in_file, "");
    ck_assert_str_eq(quiet, "");
    ck_assert_str_eq(none, "");
}
END_TEST

START_TEST(events_are_lines_one_a_second_and_one_at_the_end)
{
    Work work = { 200000, 1300, false };
    cg_progress_set_style(CG_PROGRESS_JSON);
    g_autofree char *text = test_capture(stderr, 0, do_work, &work);
    ck_assert_uint_ge(count(text, "{\"event\":\"progress\",\"what\":\"reading groups\",\"done\":"),
                      2);
    ck_assert(g_str_has_suffix(text, "\"done\":130000,\"total\":200000}\n"));
}
END_TEST

START_TEST(an_event_of_an_unknown_total)
{
    Work work = { 0, 10, false };
    cg_progress_set_style(CG_PROGRESS_JSON);
    g_autofree char *text = test_capture(stderr, 0, do_work, &work);
    ck_assert_str_eq(text, "{\"event\":\"progress\",\"what\":\"reading groups\",\"done\":1000,"
                           "\"total\":null}\n");
    cg_progress_end(NULL);
}
END_TEST

static void
work_fast_then_slowly(void *data)
{
    (void)data;
    g_autoptr(CgProgress) progress = cg_progress_begin("x", "rows", 0);
    for (int64_t i = 0; i < 5000000; i++)
        cg_progress_update(progress, i);
    g_usleep(1100000);
    for (int64_t i = 0; i < 300; i++)
        cg_progress_update(progress, 5000000 + i);
}

START_TEST(work_that_slows_down_is_still_shown)
{
    cg_progress_set_style(CG_PROGRESS_JSON);
    g_autofree char *text = test_capture(stderr, 0, work_fast_then_slowly, NULL);
    ck_assert_uint_ge(count(text, "\n"), 2);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("progress");
    TCase *tcase = tcase_create("progress");
    SRunner *runner = srunner_create(suite);

    tcase_add_checked_fixture(tcase, set_up, NULL);
    tcase_set_timeout(tcase, 30);
    tcase_add_test(tcase, a_terminal_shows_a_bar_after_a_second);
    tcase_add_test(tcase, an_unknown_total_shows_no_bar);
    tcase_add_test(tcase, a_narrow_terminal_is_not_overrun);
    tcase_add_test(tcase, short_or_unwatched_work_says_nothing);
    tcase_add_test(tcase, events_are_lines_one_a_second_and_one_at_the_end);
    tcase_add_test(tcase, an_event_of_an_unknown_total);
    tcase_add_test(tcase, work_that_slows_down_is_still_shown);
    suite_add_tcase(suite, tcase);

    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
