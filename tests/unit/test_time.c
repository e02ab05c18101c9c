/* Times: known instants both ways, what is refused, and every day of 10,000 years. */
#include "base/time.h"

#include <check.h>
#include <glib.h>
#include <string.h>

static const struct {
    int64_t us;
    const char *text;
} instants[] = {
    { 0, "1970-01-01 00:00:00.000000" },
    { -1, "1969-12-31 23:59:59.999999" },
    { INT64_C(1429617906123456), "2015-04-21 12:05:06.123456" },
    { INT64_C(951827696000000), "2000-02-29 12:34:56.000000" },
    { INT64_C(-2203891200000000), "1900-03-01 00:00:00.000000" },
    { INT64_C(-62135596800000000), "0001-01-01 00:00:00.000000" },
    { INT64_C(253402300799999999), "9999-12-31 23:59:59.999999" },
};

START_TEST(known_instants_both_ways)
{
    char buffer[CG_TIME_TEXT_SIZE];
    int64_t us = 42;
    ck_assert_str_eq(cg_time_format(instants[_i].us, buffer), instants[_i].text);
    ck_assert(cg_time_parse(instants[_i].text, strlen(instants[_i].text), &us));
    ck_assert_int_eq(us, instants[_i].us);
}
END_TEST

static const struct {
    const char *text;
    const char *means;
} spellings[] = {
    { "2015-04-21", "2015-04-21 00:00:00.000000" },
    { "2015-04-21 12:05", "2015-04-21 12:05:00.000000" },
    { "2015-04-21T12:05:06", "2015-04-21 12:05:06.000000" },
    { "2015-04-21T12:05:06Z", "2015-04-21 12:05:06.000000" },
    { "2015-04-21T12:05Z", "2015-04-21 12:05:00.000000" },
    { "2015-04-21 12:05:06.5", "2015-04-21 12:05:06.500000" },
    { "2015-04-21 12:05:06.123456789", "2015-04-21 12:05:06.123456" },
    { "2015-04-21 12:05:06.000001+00", "2015-04-21 12:05:06.000001" },
    { "2015-04-21 12:05:06+00:00", "2015-04-21 12:05:06.000000" },
};

START_TEST(spellings_are_read)
{
    char buffer[CG_TIME_TEXT_SIZE];
    int64_t us = 0;
    ck_assert(cg_time_parse(spellings[_i].text, strlen(spellings[_i].text), &us));
    ck_assert_str_eq(cg_time_format(us, buffer), spellings[_i].means);
}
END_TEST

static const char *const refused[] = {
    "",
    "2015",
    "2015-04",
    "2015-4-21",
    "2015-04-31",
    "2015-02-29",
    "1900-02-29",
    "2015-00-01",
    "2015-13-01",
    "2015-04-00",
    "0000-01-01",
    "-015-04-21",
    "2015/04/21",
    " 2015-04-21",
    "2015-04-21 ",
    "2015-04-21Z",
    "2015-04-21 12",
    "2015-04-21 24:00",
    "2015-04-21 12:60",
    "2015-04-21 12:05:60",
    "2015-04-21 12:05:06.",
    "2015-04-21 12:05:06.x",
    "2015-04-21 12:05.5",
    "2015-04-21 12:05:06+01",
    "2015-04-21 12:05:06+00:01",
    "2015-04-21 12:05:06+00:",
    "2015-04-21 12:05:06-00",
    "2015-04-21 12:05:06Zx",
};

START_TEST(anything_else_is_refused)
{
    int64_t us = 42;
    ck_assert_msg(!cg_time_parse(refused[_i], strlen(refused[_i]), &us), "%s", refused[_i]);
    ck_assert_int_eq(us, 42);
}
END_TEST

START_TEST(only_len_bytes_are_read)
{
    int64_t us = 0;
    ck_assert(cg_time_parse("1970-01-02x", strlen("1970-01-02"), &us));
    ck_assert_int_eq(us, INT64_C(86400000000));
    ck_assert(!cg_time_parse("1970-01-02 12:0\0", strlen("1970-01-02 12:0\0") + 1, &us));
}
END_TEST

START_TEST(every_day_has_its_own_text)
{
    const int64_t day = INT64_C(86400000000);
    char buffer[CG_TIME_TEXT_SIZE];
    char before[CG_TIME_TEXT_SIZE] = "";
    for (int64_t us = INT64_C(-62135596800000000); us < INT64_C(253402300800000000); us += day) {
        int64_t back = 0;
        cg_time_format(us, buffer);
        bool is_read = cg_time_parse(buffer, strlen(buffer), &back);
        if (strcmp(buffer, before) <= 0 || !is_read || back != us)
            ck_abort_msg("%s after %s", buffer, before);
        memcpy(before, buffer, sizeof buffer);
    }
}
END_TEST

START_TEST(the_widest_times_fit)
{
    char buffer[CG_TIME_TEXT_SIZE];
    ck_assert_str_eq(cg_time_format(INT64_MAX, buffer), "294247-01-10 04:00:54.775807");
    ck_assert_str_eq(cg_time_format(INT64_MIN, buffer), "-290308-12-21 19:59:05.224192");
}
END_TEST

START_TEST(now_is_now)
{
    ck_assert_int_lt(ABS(cg_time_now() - g_get_real_time()), G_USEC_PER_SEC);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("time");
    TCase *tcase = tcase_create("time");
    SRunner *runner = srunner_create(suite);

    tcase_add_loop_test(tcase, known_instants_both_ways, 0, G_N_ELEMENTS(instants));
    tcase_add_loop_test(tcase, spellings_are_read, 0, G_N_ELEMENTS(spellings));
    tcase_add_loop_test(tcase, anything_else_is_refused, 0, G_N_ELEMENTS(refused));
    tcase_add_test(tcase, only_len_bytes_are_read);
    tcase_add_test(tcase, every_day_has_its_own_text);
    tcase_add_test(tcase, the_widest_times_fit);
    tcase_add_test(tcase, now_is_now);
    suite_add_tcase(suite, tcase);

    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
