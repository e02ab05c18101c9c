/* Slips of the finger find their word; other words find none. */
#include "base/suggest.h"

#include <check.h>
#include <glib.h>
#include <string.h>

static const char *const words[] = { "up",     "down",    "status", "create-from-src",
                                     "create", "dry-run", "s",      NULL };

static const struct {
    const char *word;
    const char *meant;
} slips[] = {
    { "up", "up" },
    { "upp", "up" },
    { "pu", "up" },
    { "dwon", "down" },
    { "don", "down" },
    { "stauts", "status" },
    { "statsu", "status" },
    { "stat", "status" },
    { "creat", "create-from-src" },
    { "create-form-scr", "create-from-src" },
    { "dry_run", "dry-run" },
    { "xy", NULL },
    { "x", NULL },
    { "", NULL },
    { "undo", NULL },
    { "migrate", NULL },
};

START_TEST(a_slip_finds_its_word)
{
    const char *found = cg_suggest(slips[_i].word, words);
    if (slips[_i].meant == NULL)
        ck_assert_msg(found == NULL, "%s: %s", slips[_i].word, found);
    else
        ck_assert_msg(g_strcmp0(found, slips[_i].meant) == 0, "%s: %s", slips[_i].word,
                      found != NULL ? found : "nothing");
}
END_TEST

START_TEST(long_words_are_left_alone)
{
    g_autofree char *longer = g_strnfill(1000, 'u');
    const char *const long_words[] = { longer, NULL };
    ck_assert_ptr_null(cg_suggest(longer, words));
    ck_assert_ptr_null(cg_suggest("up", long_words));
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("suggest");
    TCase *tcase = tcase_create("suggest");
    SRunner *runner = srunner_create(suite);

    tcase_add_loop_test(tcase, a_slip_finds_its_word, 0, G_N_ELEMENTS(slips));
    tcase_add_test(tcase, long_words_are_left_alone);
    suite_add_tcase(suite, tcase);

    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
