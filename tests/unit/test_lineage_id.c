/* Ids, the pool of strings behind them, and the index; cycles against a closure. */
#include "lineage/graph.h"

#include <check.h>
#include <stdlib.h>

static CgId
make(CgStrings *strings, const char *text)
{
    return cg_id_make(strings, text, strlen(text));
}

static const struct {
    const char *text;
    bool packs;
} texts[] = {
    { "00000000-0000-0000-0000-000000000000", true },
    { "0123456789ab-cdef-0123-4567-89abcdef", false },
    { "01234567-89ab-cdef-0123-456789abcdef", true },
    { "fedcba98-7654-3210-fedc-ba9876543210", true },
    { "ffffffff-ffff-fffe-ffff-ffffffffffff", true },
    { "ffffffff-ffff-ffff-0000-000000000000", false },
    { "ffffffff-ffff-ffff-ffff-ffffffffffff", false },
    { "01234567-89AB-cdef-0123-456789abcdef", false },
    { "01234567-89ab-cdef-0123-456789abcdeg", false },
    { "01234567_89ab-cdef-0123-456789abcdef", false },
    { "01234567-89ab-cdef-0123-456789abcdef ", false },
    { " 1234567-89ab-cdef-0123-456789abcdef", false },
    { "0123456789abcdef0123456789abcdef", false },
    { "x", false },
    { " ", false },
    { "vol\xc3\xbc", false },
};

START_TEST(texts_come_back)
{
    g_autoptr(CgStrings) strings = cg_strings_new();
    CgId id = make(strings, texts[_i].text), packed;
    char buffer[CG_ID_TEXT_SIZE];
    size_t len;
    ck_assert_int_eq(cg_id_pack(texts[_i].text, strlen(texts[_i].text), &packed), texts[_i].packs);
    ck_assert_int_eq(cg_id_is_odd(id), !texts[_i].packs);
    ck_assert_int_eq(cg_strings_count(strings), texts[_i].packs ? 1 : 2);
    ck_assert_str_eq(cg_id_text(strings, id, buffer, &len), texts[_i].text);
    ck_assert_uint_eq(len, strlen(texts[_i].text));
    CgValue value = cg_id_value(strings, id, buffer);
    ck_assert_uint_eq(value.s.n, len);
    ck_assert(cg_id_equal(id, make(strings, texts[_i].text)));
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        CgId other = make(strings, texts[i].text);
        int order = strcmp(texts[_i].text, texts[i].text);
        ck_assert_int_eq(cg_id_equal(id, other), order == 0);
        ck_assert_int_eq(cg_id_compare(strings, id, other) < 0, order < 0);
        ck_assert_int_eq(cg_id_compare(strings, id, other) > 0, order > 0);
    }
}
END_TEST

START_TEST(empty_is_null)
{
    g_autoptr(CgStrings) strings = cg_strings_new();
    char buffer[CG_ID_TEXT_SIZE];
    ck_assert(cg_id_is_null(make(strings, "")));
    ck_assert(!cg_id_is_odd(CG_ID_NULL));
    ck_assert_str_eq(cg_id_text(strings, CG_ID_NULL, buffer, NULL), "");
    ck_assert_int_eq(cg_id_value(strings, CG_ID_NULL, buffer).type, CG_NULL);
    ck_assert(cg_id_is_uuid("01234567-89AB-cdef-0123-456789abcdef", 36));
    ck_assert(!cg_id_is_uuid("01234567-89AB-cdef-0123-456789abcde", 35));
    ck_assert(!cg_id_is_uuid("01234567-89AB-cdef-0123x456789abcdef", 36));
}
END_TEST

/* Bytes that are no text, and lengths around the words that the hash reads. */
START_TEST(many_strings_keep_their_numbers)
{
    g_autoptr(CgStrings) strings = cg_strings_new();
    char text[32];
    for (int pass = 0; pass < 2; pass++)
        for (uint32_t i = 1; i < 50000; i++) {
            memset(text, 0, sizeof text);
            memcpy(text + i % 20, &i, sizeof i);
            ck_assert_uint_eq(cg_strings_add(strings, text, i % 20 + sizeof i), i);
        }
    size_t len;
    ck_assert_mem_eq(cg_strings_get(strings, 20, &len), "\x14\0\0\0", 5);
    ck_assert_uint_eq(len, 4);
    ck_assert_uint_eq(cg_strings_count(strings), 50000);
}
END_TEST

START_TEST(the_index_finds_first_rows)
{
    enum { N = 20000 };
    g_autofree CgId *ids = g_new(CgId, N);
    CgIdIndex index = { 0 };
    ck_assert_uint_eq(cg_id_index_find(&index, ids, CG_ID_NULL), CG_REF_NONE);
    for (uint32_t i = 0; i < N; i++) /* two rows of each; hi the same for many */
        ids[i] = (CgId){ i / 2 % 7, i / 2 };
    cg_id_index_build(&index, ids, N);
    cg_id_index_build(&index, ids, N);
    for (uint32_t i = 0; i < N; i++)
        ck_assert_uint_eq(cg_id_index_find(&index, ids, ids[i]), i / 2 * 2);
    ck_assert_uint_eq(cg_id_index_find(&index, ids, (CgId){ 0, N }), CG_REF_NONE);
    cg_id_index_clear(&index);
}
END_TEST

/* ---- references ---- */

START_TEST(references_are_resolved)
{
    g_autoptr(CgModel) model = cg_model_new(NULL);
    for (uint64_t i = 0; i < 3000; i++) {
        uint32_t row = cg_model_add_group(model, (CgId){ 1, i });
        if (i % 3 != 0)
            cg_refs_set(&model->groups.source, row, (CgId){ i % 3, i / 2 });
    }
    cg_model_resolve(model);
    const CgRefs *source = &model->groups.source;
    ck_assert_uint_eq(source->n_missing, 1000);
    for (uint32_t i = 0; i < 3000; i++) {
        CgId id = cg_refs_id(source, i, model->groups.rows.id);
        ck_assert_int_eq(cg_ref_is_row(source->at[i]), i % 3 == 1);
        ck_assert_int_eq(cg_ref_is_missing(source->at[i]), i % 3 == 2);
        ck_assert(cg_id_equal(id, i % 3 == 0 ? CG_ID_NULL : (CgId){ i % 3, i / 2 }));
    }
}
END_TEST

/* ---- cycles ---- */

enum { NODES = 9 };

/* Rows that reach each other, by trying every way. */
static void
close_over(bool reaches[NODES][NODES])
{
    for (int k = 0; k < NODES; k++)
        for (int i = 0; i < NODES; i++)
            for (int j = 0; j < NODES; j++)
                reaches[i][j] |= reaches[i][k] && reaches[k][j];
}

static CgModel *
random_groups(GRand *rand, bool reaches[NODES][NODES])
{
    g_autoptr(CgModel) model = cg_model_new(NULL);
    bool live[NODES];
    for (uint32_t i = 0; i < NODES; i++) {
        cg_model_add_group(model, (CgId){ 7, NODES - i });
        cg_model_add_cgsnapshot(model, (CgId){ 8, i });
        live[i] = g_rand_int_range(rand, 0, 8) > 0;
        model->groups.rows.flags[i] = live[i] ? 0 : CG_ROW_DELETED;
    }
    for (uint32_t i = 0; i < NODES; i++) {
        uint32_t a = (uint32_t)g_rand_int_range(rand, 0, NODES + 8);
        uint32_t b = (uint32_t)g_rand_int_range(rand, 0, NODES + 12);
        cg_refs_set(&model->groups.source, i, (CgId){ 7, NODES - a });
        cg_refs_set(&model->groups.cgsnapshot, i, (CgId){ 8, i });
        cg_refs_set(&model->cgsnapshots.group, i, (CgId){ 7, NODES - b });
        for (uint32_t j = 0; j < NODES; j++)
            reaches[i][j] = live[i] && live[j] && (j == a || j == b);
    }
    cg_model_resolve(model);
    close_over(reaches);
    return g_steal_pointer(&model);
}

START_TEST(cycles_are_the_sets_that_reach_each_other)
{
    uint32_t seed = g_random_int();
    g_autoptr(GRand) rand = g_rand_new_with_seed(seed);
    int found = 0;
    for (int round = 0; round < 20000; round++) {
        bool reaches[NODES][NODES] = { 0 };
        int expected = 0;
        g_autoptr(CgModel) model = random_groups(rand, reaches);
        g_autoptr(CgCycles) cycles = cg_cycles_of_groups(model);
        for (int i = 0; i < NODES; i++)
            for (int j = 0; j < NODES; j++)
                expected += i != j && reaches[i][j] && reaches[j][i];
        for (uint32_t c = 0; c < cycles->n; c++)
            for (uint32_t i = cycles->start[c]; i < cycles->start[c + 1]; i++) {
                /* ids fall as rows rise */
                ck_assert(i == cycles->start[c] || cycles->row[i] < cycles->row[i - 1]);
                for (uint32_t j = cycles->start[c]; j < cycles->start[c + 1]; j++) {
                    expected -= i != j;
                    ck_assert_msg(i == j || reaches[cycles->row[i]][cycles->row[j]], "seed %u",
                                  seed);
                }
            }
        ck_assert_msg(expected == 0, "seed %u, round %d", seed, round);
        found += (int)cycles->n;
    }
    ck_assert_int_gt(found, 1000);
}
END_TEST

/* A chain of a million that ends in a cycle: recursion would overflow the stack. */
START_TEST(long_chains_are_walked)
{
    enum { LONG = 1000000 };
    g_autoptr(CgModel) model = cg_model_new(NULL);
    for (uint32_t i = 0; i < LONG; i++) {
        cg_model_add_group(model, (CgId){ 0, i });
        cg_refs_set(&model->groups.source, i, (CgId){ 0, i + 1 < LONG ? i + 1 : LONG - 3 });
    }
    cg_model_resolve(model);
    g_autoptr(CgCycles) cycles = cg_cycles_of_groups(model);
    ck_assert_uint_eq(cycles->n, 1);
    ck_assert_uint_eq(cycles->start[1], 3);
    ck_assert_uint_eq(cycles->row[0], LONG - 3);
    g_autoptr(CgModel) empty = cg_model_new(NULL);
    cg_model_resolve(empty);
    g_autoptr(CgCycles) none = cg_cycles_of_groups(empty);
    ck_assert_uint_eq(none->n, 0);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("lineage/id");
    TCase *tcase = tcase_create("id");
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, texts_come_back, 0, G_N_ELEMENTS(texts));
    tcase_add_test(tcase, empty_is_null);
    tcase_add_test(tcase, many_strings_keep_their_numbers);
    tcase_add_test(tcase, the_index_finds_first_rows);
    tcase_add_test(tcase, references_are_resolved);
    tcase_add_test(tcase, cycles_are_the_sets_that_reach_each_other);
    tcase_add_test(tcase, long_chains_are_walked);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
