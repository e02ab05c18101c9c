/* Notes, warnings, colour and signals; with a terminal behind stderr and without. */
#include "base/term.h"

#include "tests/lib/capture.h"

#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static void
set_up(void)
{
    setenv("TERM", "xterm", 1);
    unsetenv("NO_COLOR");
    cg_term_set_quiet(false);
    cg_term_set_verbose(false);
}

static void
say_all(void *data)
{
    (void)data;
    cg_term_note("a %s", "note");
    cg_term_verbose("a %s", "detail");
    cg_term_warn("a %s", "warning");
}

static const struct {
    bool quiet, verbose;
    const char *text;
} moods[] = {
    { false, false, "a note\nwarning: a warning\n" },
    { true, false, "warning: a warning\n" },
    { false, true, "a note\na detail\nwarning: a warning\n" },
};

START_TEST(each_mood_says_its_lines)
{
    cg_term_set_quiet(moods[_i].quiet);
    cg_term_set_verbose(moods[_i].verbose);
    ck_assert(cg_term_is_quiet() == moods[_i].quiet);
    g_autofree char *text = test_capture(stderr, 0, say_all, NULL);
    ck_assert_str_eq(text, moods[_i].text);
}
END_TEST

static void
show_style(void *data)
{
    (void)data;
    fprintf(stderr, "%s%s", cg_style(stderr, CG_RED), cg_style(stderr, CG_RESET));
}

static const struct {
    unsigned columns;
    const char *term, *no_color;
    const char *text;
} colours[] = {
    { 80, "xterm", NULL, "\033[31m\033[0m" },
    { 80, "xterm", "", "\033[31m\033[0m" },
    { 80, "xterm", "1", "" },
    { 80, "dumb", NULL, "" },
    { 80, NULL, NULL, "" },
    { 0, "xterm", NULL, "" },
};

START_TEST(colour_only_where_it_is_wanted)
{
    if (colours[_i].term != NULL)
        setenv("TERM", colours[_i].term, 1);
    else
        unsetenv("TERM");
    if (colours[_i].no_color != NULL)
        setenv("NO_COLOR", colours[_i].no_color, 1);
    g_autofree char *text = test_capture(stderr, colours[_i].columns, show_style, NULL);
    ck_assert_str_eq(text, colours[_i].text);
}
END_TEST

static void
show_width(void *data)
{
    (void)data;
    fprintf(stderr, "%d", cg_term_width(stderr, 77));
}

START_TEST(the_width_is_the_terminals)
{
    g_autofree char *on_terminal = test_capture(stderr, 123, show_width, NULL);
    g_autofree char *in_file = test_capture(stderr, 0, show_width, NULL);
    ck_assert_str_eq(on_terminal, "123");
    ck_assert_str_eq(in_file, "77");
}
END_TEST

static const struct {
    int first, second;
} signals[] = {
    { SIGINT, SIGINT },
    { SIGTERM, SIGTERM },
    { SIGINT, SIGTERM },
};

START_TEST(one_signal_is_noted_and_a_second_kills)
{
    pid_t child = fork();
    if (child == 0) {
        cg_interrupt_catch();
        if (cg_interrupted())
            _exit(3);
        raise(signals[_i].first);
        if (!cg_interrupted())
            _exit(4);
        raise(signals[_i].second);
        _exit(5);
    }
    int status = 0;
    waitpid(child, &status, 0);
    ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == signals[_i].second, "%#x", status);
}
END_TEST

START_TEST(text_of_others_is_made_fit)
{
    static const struct {
        const char *text, *shown;
        bool lines;
    } texts[] = {
        { "", "", false },
        { "plain é 😀 \\x41", "plain é 😀 \\x41", false },
        { "a\nstatus  ok\tx", "a\\x0astatus  ok\\x09x", false },
        { "a\nb\tc\r", "a\nb\tc\\x0d", true },
        { "\033[31mred\177", "\\x1b[31mred\\x7f", true },
        { "\xc2\x9b"
          "31m",
          "\\xc2\\x9b31m", true }, /* C1: CSI in one character */
        { "\xe2\x80\xae"
          "evil",
          "\\xe2\\x80\\xaeevil", true },
        { "\xe2\x81\xa6"
          "turn",
          "\\xe2\\x81\\xa6turn", false },
        { "cut \xe2\x80", "cut \\xe2\\x80", false },
        { "\xff", "\\xff", true },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autofree char *shown = cg_term_printable(texts[i].text, texts[i].lines);
        ck_assert_str_eq(shown, texts[i].shown);
    }
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("term");
    TCase *tcase = tcase_create("term");
    SRunner *runner = srunner_create(suite);

    tcase_add_checked_fixture(tcase, set_up, NULL);
    tcase_add_loop_test(tcase, each_mood_says_its_lines, 0, G_N_ELEMENTS(moods));
    tcase_add_loop_test(tcase, colour_only_where_it_is_wanted, 0, G_N_ELEMENTS(colours));
    tcase_add_test(tcase, text_of_others_is_made_fit);
    tcase_add_test(tcase, the_width_is_the_terminals);
    tcase_add_loop_test(tcase, one_signal_is_noted_and_a_second_kills, 0, G_N_ELEMENTS(signals));
    suite_add_tcase(suite, tcase);

    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
