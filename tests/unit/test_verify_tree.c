/* The drawn forest: what is in it, where it is cut. */
#include "lineage/load.h"
#include "verify/tree.h"

#include <check.h>
#include <stdlib.h>

static CgId
numbered(uint64_t i)
{
    return (CgId){ 1, i };
}

/* Groups 1 to n; group i was made from group source[i - 1], 0 for none. */
static CgModel *
make(const uint32_t *source, uint32_t n)
{
    CgModel *model = cg_model_new(NULL);
    cg_model_want(model, CG_LOAD_TREE | CG_FIELD_BIT(CG_GROUP_SOURCE));
    for (uint32_t i = 0; i < n; i++) {
        uint32_t row = cg_model_add_group(model, numbered(i + 1));
        if (source[i] > 0)
            cg_refs_set(&model->groups.source, row, numbered(source[i]));
    }
    cg_model_resolve(model);
    return model;
}

static char *
print(const CgModel *model)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    cg_tree_print(model, out);
    fclose(out);
    return text;
}

static unsigned
count(const char *text, const char *what)
{
    unsigned n = 0;
    for (const char *at = strstr(text, what); at != NULL; at = strstr(at + 1, what))
        n++;
    return n;
}

START_TEST(nothing_recorded)
{
    const uint32_t source[] = { 0, 0 };
    g_autoptr(CgModel) model = make(source, 2);
    char *text = print(model);
    ck_assert_str_eq(text, "no group has a recorded source\n");
    free(text);
}
END_TEST

START_TEST(parents_stand_above_children)
{
    const uint32_t source[] = { 0, 1, 1, 2, 0 };
    g_autoptr(CgModel) model = make(source, 5);
    char *text = print(model);
    ck_assert_uint_eq(count(text, "(no name)"), 4); /* the fifth has nothing to do with it */
    ck_assert(strstr(text, "000000000001") < strstr(text, "000000000002"));
    ck_assert(strstr(text, "000000000002") < strstr(text, "000000000004"));
    ck_assert(strstr(text, "000000000004") < strstr(text, "000000000003"));
    free(text);
}
END_TEST

START_TEST(a_cycle_is_cut)
{
    const uint32_t source[] = { 3, 1, 2, 2 };
    g_autoptr(CgModel) model = make(source, 4);
    char *text = print(model);
    ck_assert_uint_eq(count(text, "a cycle"), 1);
    ck_assert_uint_eq(count(text, "(no name)"), 4);
    free(text);
}
END_TEST

START_TEST(a_group_that_names_itself_or_nothing_that_is_there)
{
    const uint32_t source[] = { 1, 77 };
    g_autoptr(CgModel) model = make(source, 2);
    char *text = print(model);
    ck_assert_uint_eq(count(text, "names itself"), 1);
    ck_assert_uint_eq(count(text, "has no row"), 1);
    free(text);
}
END_TEST

START_TEST(long_chains_and_wide_families_are_counted)
{
    uint32_t source[1000];
    for (uint32_t i = 0; i < 500; i++)
        source[i] = i; /* a chain */
    for (uint32_t i = 500; i < 1000; i++)
        source[i] = 1;
    g_autoptr(CgModel) model = make(source, 1000);
    char *text = print(model);
    ck_assert_uint_le(count(text, "(no name)"), 200);
    ck_assert_uint_ge(count(text, "(no name)"), 190);
    unsigned shown = count(text, "(no name)");
    char *rest = strstr(text, "… and ");
    ck_assert_ptr_nonnull(rest);
    ck_assert_uint_eq((unsigned)strtoul(rest + strlen("… and "), NULL, 10), 1000 - shown);
    free(text);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("verify_tree");
    TCase *tcase = tcase_create("tree");
    tcase_add_test(tcase, nothing_recorded);
    tcase_add_test(tcase, parents_stand_above_children);
    tcase_add_test(tcase, a_cycle_is_cut);
    tcase_add_test(tcase, a_group_that_names_itself_or_nothing_that_is_there);
    tcase_add_test(tcase, long_chains_and_wide_families_are_counted);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
