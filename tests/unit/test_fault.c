/* Fault points kill, sleep and trace as the environment says, in a process of their own. */
#include "base/fault.h"

#include <check.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* Passes three points with CG_FAULT as given; how the process ended. */
static int
run_with(const char *fault, const char *trace)
{
    pid_t child = fork();
    if (child == 0) {
        if (fault != NULL)
            setenv("CG_FAULT", fault, 1);
        if (trace != NULL)
            setenv("CG_FAULT_TRACE", trace, 1);
        CG_FAULT("test.one.begun");
        CG_FAULT("test.two.done");
        CG_FAULT("test.one.begun");
        _exit(7);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return status;
}

static const struct {
    const char *fault;
    bool is_killed;
} faults[] = {
    { NULL, false },
    { "", false },
    { "test.one", false },
    { "test.one.begun", true },
    { "test.one.begun:1", true },
    { "test.one.begun:2", true },
    { "test.one.begun:3", false },
    { "test.two.done", true },
    { "test.two.done:2", false },
};

START_TEST(the_named_point_kills)
{
#ifdef CG_FAULTS
    int status = run_with(faults[_i].fault, NULL);
    if (faults[_i].is_killed)
        ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    else
        ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 7);
#else
    ck_assert_int_eq(WEXITSTATUS(run_with(faults[_i].fault, NULL)), 7);
#endif
}
END_TEST

#ifdef CG_FAULTS
START_TEST(a_point_can_sleep_instead)
{
    int64_t begun = g_get_monotonic_time();
    int status = run_with("test.one.begun:2:sleep=0.2", NULL);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 7);
    ck_assert_int_ge(g_get_monotonic_time() - begun, 200000);
}
END_TEST

START_TEST(a_trace_names_the_points_until_death)
{
    g_autofree char *path = NULL;
    g_autofree char *trace = NULL;
    int fd = g_file_open_tmp(NULL, &path, NULL);
    ck_assert_int_ge(fd, 0);
    close(fd);
    run_with("test.two.done", path);
    run_with(NULL, path);
    ck_assert(g_file_get_contents(path, &trace, NULL, NULL));
    ck_assert_str_eq(trace, "test.one.begun\ntest.two.done\n"
                            "test.one.begun\ntest.two.done\ntest.one.begun\n");
    g_unlink(path);
}
END_TEST
#endif

int
main(void)
{
    Suite *suite = suite_create("fault");
    TCase *tcase = tcase_create("fault");
    SRunner *runner = srunner_create(suite);

    tcase_add_loop_test(tcase, the_named_point_kills, 0, G_N_ELEMENTS(faults));
#ifdef CG_FAULTS
    tcase_add_test(tcase, a_point_can_sleep_instead);
    tcase_add_test(tcase, a_trace_names_the_points_until_death);
#endif
    suite_add_tcase(suite, tcase);

    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
