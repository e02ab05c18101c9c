/* Verdicts: each row of their table and each clause by an example, then chance against a naive
 * reading. */
#include "tests/lib/world.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

enum { ROUNDS = 20000 };

/* ---- examples ---- */

/* Group S with volumes s1 and s2, 100 s old when G was made. */
#define PARENT                                                                                     \
    "group S at=0 project=p; volume s1 in=S at=0; volume s2 in=S at=0;"                            \
    "group G at=1000 project=p;"
#define CLONES "volume g1 in=G from=s1 at=1001; volume g2 in=G from=s2 at=1002;"

static const struct {
    const char *verdict; /* of G, then the source, then why it is a conflict */
    const char *source;
    CgConflict conflict;
    const char *world;
} examples[] = {
    { "settled", "X", 0, "group G source=X" },
    { "settled", "G", 0, "group G source=G" },
    { "settled", "T", 0,
      "group S; volume s1 in=S; group G source=T; volume g1 in=G from=s1; group T" },
    { "settled", "", 0, "group G cgsnapshot=C" },
    { "settled", "", 0, "group G cgsnapshot=C recorded=X" },
    { "recorded", "X", 0, "group G recorded=X" },
    { "recorded", "S", 0, "group G recorded=S; group S" },
    { "conflict", "", CG_CONFLICT_SELF, "group G recorded=G" },

    { "none", "", 0, "group G" },
    { "none", "", 0, PARENT "volume g1 in=G at=1001" },
    { "none", "", 0, PARENT "volume g1 in=G from=purged at=1001" },
    { "none", "", 0, PARENT "volume g1 in=G at=1001; volume g2 in=G from=g1 at=1002" },
    { "none", "", 0, PARENT "volume g1 in=G from=g1 at=1001" },
    { "none", "", 0,
      PARENT "volume g1 in=G snapshot=x at=1001; snapshot x of=s1 by=C at=5;"
             "cgsnapshot C of=S" },
    { "none", "", 0, PARENT "volume g1 in=G from=s1 at=1001 dead" },
    { "none", "", 0, PARENT "volume g1 in=G from=s1 at=1001 del=2000" },
    { "none", "", 0, PARENT "volume g1 in=G from=s1 at=1001 looks=ghost" },
    { "none", "", 0, PARENT "volume g1 in=G from=s1 at=1001 looks=cache" },
    { "none", "", 0, PARENT "volume g1 in=G from=s1 at=1001 looks=backup" },
    { "ambiguous", "", 0, PARENT CLONES "group T at=0; volume t1 in=T; volume g3 in=G from=t1" },

    /* a disputed vote: by a snapshot taken before, by one taken since, by neither */
    { "conflict", "S", CG_CONFLICT_DISPUTED,
      PARENT CLONES "cgsnapshot C of=T; snapshot x of=s1 by=C at=500" },
    { "conflict", "S", CG_CONFLICT_DISPUTED,
      PARENT CLONES "cgsnapshot C of=T; snapshot x of=s1 by=C at=1500 dead" },
    { "conflict", "S", CG_CONFLICT_DISPUTED,
      PARENT CLONES "cgsnapshot C of=T; snapshot x of=s1 by=C at=1001" },
    { "exact", "S", 0,
      PARENT CLONES "cgsnapshot C of=T; cgsnapshot D of=S; snapshot x of=s1 by=C at=500;"
                    "snapshot y of=s1 by=D at=600; snapshot z of=s1 by=D at=1500;"
                    "snapshot zz of=s1 by=C at=1600" },
    { "exact", "S", 0, PARENT CLONES "cgsnapshot C of=T; snapshot x of=s1 by=C" },
    { "exact", "S", 0, PARENT CLONES "snapshot x of=s1 by=purged at=500" },
    { "conflict", "X", CG_CONFLICT_NO_ROW,
      "group G at=1000; volume x1 in=X; volume g1 in=G from=x1" },
    { "conflict", "S", CG_CONFLICT_YOUNGER,
      "group S at=1300.000001; volume s1 in=S at=0; group G at=1000; volume g1 in=G from=s1" },
    { "exact", "S", 0,
      "group S at=1300; volume s1 in=S at=0; group G at=1000; volume g1 in=G from=s1" },
    { "exact", "S", 0, "group S; volume s1 in=S at=0; group G at=1000; volume g1 in=G from=s1" },
    { "conflict", "S", CG_CONFLICT_DELETED,
      "group S at=0 del=699.999999; volume s1 in=S at=0; group G at=1000; volume g1 in=G from=s1" },
    { "exact", "S", 0,
      "group S at=0 del=700; volume s1 in=S at=0; group G at=1000; volume g1 in=G from=s1" },
    { "exact", "S", 0,
      "group S at=0 dead; volume s1 in=S at=0; group G at=1000; volume g1 in=G from=s1" },
    { "exact", "S", 0,
      "group S at=0 del=5 null; volume s1 in=S at=0; group G at=1000; volume g1 in=G from=s1" },
    { "conflict", "S", CG_CONFLICT_PROJECT,
      "group S project=p; volume s1 in=S; group G at=1000 project=q; volume g1 in=G from=s1" },
    { "exact", "S", 0,
      "group S project=p; volume s1 in=S; group G at=1000; volume g1 in=G from=s1" },
    { "conflict", "S", CG_CONFLICT_SAME_VOLUME, PARENT CLONES "volume g3 in=G from=s2 at=1003" },
    { "conflict", "S", CG_CONFLICT_SAME_VOLUME,
      PARENT CLONES "volume g3 in=G from=purged at=1003; volume g4 in=G from=purged at=1003" },
    { "conflict", "S", CG_CONFLICT_SAME_VOLUME,
      PARENT CLONES "volume g3 in=G from=g1 at=1003; volume g4 in=G from=g1 at=1003" },

    { "exact", "S", 0, PARENT CLONES },
    { "exact", "S", 0, PARENT CLONES "volume g3 in=G from=s2 at=1003 dead" },
    { "exact", "S", 0, PARENT CLONES "volume g3 in=G from=s2 at=1003 looks=ghost" },
    { "exact", "S", 0, PARENT CLONES "volume s3 in=S at=1000.000001" },
    { "exact", "S", 0, PARENT CLONES "volume s3 in=S at=0 dead" },
    { "exact", "S", 0, PARENT CLONES "volume s3 in=S at=0 del=999.999999" },
    { "exact", "S", 0, PARENT CLONES "volume s3 in=S at=0 looks=cache" },
    { "strong", "S", 0, PARENT CLONES "volume s3 in=S at=1000" },
    { "strong", "S", 0, PARENT CLONES "volume s3 in=S" },
    { "strong", "S", 0, PARENT CLONES "volume s3 in=S at=0 del=1000" },
    { "strong", "S", 0, PARENT CLONES "volume s3 in=S at=0 null" },
    { "strong", "S", 0, PARENT CLONES "volume s3 in=S at=0; volume s4 in=S at=0" },
    { "weak", "S", 0,
      PARENT CLONES "volume s3 in=S at=0; volume s4 in=S at=0; volume s5 in=S at=0" },
    { "weak", "S", 0, PARENT "volume g1 in=G from=s1 at=1001" },
    { "strong", "S", 0, "group G; group S; volume s1 in=S; volume s2 in=S;" CLONES },
    { "weak", "S", 0, "group G; group S; volume s1 in=S; volume g1 in=G from=s1" },
    { "exact", "S", 0, /* the sources' group is dead, and they with it */
      "group S at=0 del=5000; volume s1 in=S at=0 del=5000; group G at=1000;"
      "volume g1 in=G from=s1 at=1001" },

    /* strong needs one source that was left alone */
    { "weak", "S", 0,
      "group S; volume s1 in=S updated=1002; volume s2 in=S updated=1003; volume s3 in=S;"
      "group G at=1000;" CLONES },
    { "strong", "S", 0,
      "group S; volume s1 in=S updated=1001; volume s2 in=S updated=1003; volume s3 in=S;"
      "group G at=1000;" CLONES },
    { "weak", "S", 0,
      "group S; volume s1 in=S updated=1; volume s2 in=S updated=1; volume s3 in=S;"
      "group G at=1000; volume g1 in=G from=s1; volume g2 in=G from=s2" },

    /* a source that is in no group now votes by its history */
    { "strong", "S", 0,
      "group S; volume s1 updated=9999; volume s2 updated=9999; group G at=1000;" CLONES
      "cgsnapshot C of=S dead; snapshot x of=s1 by=C at=500 dead; snapshot y of=s2 by=C at=500" },
    { "none", "", 0,
      "group S; volume s1; group G at=1000; volume g1 in=G from=s1 at=1001;"
      "cgsnapshot C of=S; snapshot x of=s1 by=C at=1001; snapshot y of=s1 by=C" },
    { "none", "", 0,
      "group S; volume s1; group G at=1000; volume g1 in=G from=s1;"
      "cgsnapshot C of=S; snapshot x of=s1 by=C at=500" },
    { "none", "", 0,
      "group S; volume s1; group G at=1000; volume g1 in=G from=s1 at=1001; cgsnapshot D of=G;"
      "cgsnapshot C of=S; snapshot x of=s1 by=C at=500; snapshot y of=s1 by=D at=600" },
    { "conflict", "X", CG_CONFLICT_NO_ROW,
      "volume s1; group G at=1000; volume g1 in=G from=s1 at=1001; cgsnapshot C of=X;"
      "snapshot x of=s1 by=C at=500" },

    { "grown", "S", 0, PARENT CLONES "volume g3 in=G at=1003" },
    { "grown", "S", 0, PARENT CLONES "volume g3 in=G from=g1 at=1003" },
    { "grown", "S", 0, PARENT CLONES "volume g3 in=G from=g0 at=1003; volume g0 in=G dead" },
    { "partial", "S", 0, PARENT CLONES "volume g3 in=G at=1002" },
    { "partial", "S", 0, PARENT CLONES "volume g3 in=G" },
    { "partial", "S", 0, PARENT CLONES "volume g3 in=G snapshot=x at=1003" },
    { "partial", "S", 0, PARENT CLONES "volume g3 in=G from=purged at=1003" },
    { "partial", "S", 0, PARENT CLONES "volume g3 in=G from=z at=1003; volume z" },
    { "partial", "S", 0, PARENT CLONES "volume g3 in=G at=1003; volume s3 in=S at=0" },
    { "partial", "S", 0,
      PARENT "volume g1 in=G from=s1 at=1001; volume g2 in=G from=s2; volume g3 in=G at=1003" },
    { "partial", "S", 0,
      "group S; volume s1 in=S; group G at=1000; volume g1 in=G from=s1 at=1001;"
      "volume g3 in=G at=1003" },

    /* ids that are no UUIDs, or nearly */
    { "exact", "ffffffff-ffff-ffff-ffff-ffffffffffff", 0,
      "group ffffffff-ffff-ffff-ffff-ffffffffffff; group FFFFFFFF-ffff-ffff-ffff-ffffffffffff;"
      "volume s1 in=ffffffff-ffff-ffff-ffff-ffffffffffff; group G at=1000;"
      "volume S1 in=FFFFFFFF-ffff-ffff-ffff-ffffffffffff; volume g1 in=G from=s1 at=1001" },
    { "conflict", "s", CG_CONFLICT_NO_ROW,
      "group S; group G at=1000; volume s1 in=s; volume g1 in=G from=s1" },
};

static uint32_t
find(const CgModel *model, const char *name)
{
    CgRef row = cg_row_find(&model->groups.rows, cg_id_make(model->strings, name, strlen(name)));
    ck_assert(row != CG_REF_NONE);
    return row;
}

START_TEST(examples_have_their_verdicts)
{
    g_autofree World *world = world_parse(examples[_i].world);
    g_autoptr(CgModel) model = world_model(world);
    g_autoptr(CgVerdicts) verdicts = cg_verdicts_new(model);
    const CgDecision *decision = &verdicts->of[find(model, "G")];
    char buffer[CG_ID_TEXT_SIZE];
    const char *source = cg_id_text(model->strings, decision->source, buffer, NULL);
    ck_assert_msg(strcmp(cg_verdict_name(decision->verdict), examples[_i].verdict) == 0, "%s: %s",
                  examples[_i].world, cg_verdict_name(decision->verdict));
    ck_assert_str_eq(source, examples[_i].source);
    ck_assert_int_eq(decision->conflict, examples[_i].conflict);
    ck_assert((cg_conflict_reason(decision->conflict) == NULL) ==
              (decision->conflict == CG_CONFLICT_NO));
}
END_TEST

START_TEST(dead_groups_have_no_verdict)
{
    g_autofree World *world = world_parse(PARENT CLONES "group D dead; volume d in=D from=s1");
    g_autoptr(CgModel) model = world_model(world);
    g_autoptr(CgVerdicts) verdicts = cg_verdicts_new(model);
    uint32_t n;
    g_autofree uint32_t *order = cg_verdicts_key_order(verdicts, &n);
    ck_assert_int_eq(verdicts->of[find(model, "D")].verdict, CG_VERDICT_N);
    ck_assert_uint_eq(n, 2);
    ck_assert_uint_eq(order[0], find(model, "G"));
    ck_assert_int_eq(verdicts->counts[CG_VERDICT_NONE], 1);
    ck_assert_int_eq(verdicts->counts[CG_VERDICT_EXACT], 1);
}
END_TEST

/* A model without the optional arrays: no project, no time of deletion or update is known. */
START_TEST(what_was_not_loaded_proves_nothing)
{
    g_autoptr(CgModel) model = cg_model_new(NULL);
    CgId g = cg_id_make(model->strings, "G", 1), s = cg_id_make(model->strings, "S", 1);
    CgId v = cg_id_make(model->strings, "v", 1);
    cg_model_add_group(model, g);
    cg_model_add_group(model, s);
    cg_model_add_volume(model, v);
    cg_model_add_volume(model, cg_id_make(model->strings, "w", 1));
    model->groups.rows.created_at[0] = 1000;
    model->groups.rows.flags[1] = CG_ROW_DELETED;
    cg_refs_set(&model->volumes.group, 0, s);
    cg_refs_set(&model->volumes.group, 1, g);
    cg_refs_set(&model->volumes.source, 1, v);
    cg_model_resolve(model);
    g_autoptr(CgVerdicts) verdicts = cg_verdicts_new(model);
    ck_assert_int_eq(verdicts->of[0].verdict, CG_VERDICT_EXACT);
}
END_TEST

START_TEST(a_value_is_rederived)
{
    g_autofree World *world = world_parse(PARENT CLONES);
    g_autofree World *settled = world_parse(PARENT CLONES);
    g_strlcpy(settled->groups.rows[1].source, "X", WORLD_ID);
    g_autoptr(CgModel) open_model = world_model(world);
    g_autoptr(CgModel) closed_model = world_model(settled);
    g_autoptr(CgVerdicts) open = cg_verdicts_new(open_model);
    g_autoptr(CgVerdicts) closed = cg_verdicts_new(closed_model);
    uint8_t digests[2][CG_SHA256_SIZE];
    ck_assert_int_eq(closed->of[1].verdict, CG_VERDICT_SETTLED);
    CgDecision again = cg_verdicts_rederive(closed, 1);
    ck_assert_int_eq(again.verdict, CG_VERDICT_EXACT);
    ck_assert(cg_id_equal(again.source, closed_model->groups.rows.id[0]));
    cg_verdicts_digest(open, 1, digests[0]);
    cg_verdicts_digest(closed, 1, digests[1]);
    ck_assert_mem_eq(digests[0], digests[1], CG_SHA256_SIZE);
}
END_TEST

/* ---- sets ---- */

static const struct {
    const char *list;
    const char *means; /* NULL: an error */
} sets[] = {
    { "exact", "exact" },
    { "recorded, weak,exact", "recorded,exact,weak" },
    { "+weak", "recorded,exact,strong,weak,grown" },
    { "+partial,-grown", "recorded,exact,strong,partial" },
    { "-grown", "recorded,exact,strong" },
    { "", NULL },
    { "-recorded,-exact,-strong,-grown", NULL },
    { "exact,", NULL },
    { "exact,+weak", NULL },
    { "exakt", NULL },
    { "ambiguous", NULL },
    { "+none", NULL },
    { "settled", NULL },
    { "conflict", NULL },
};

START_TEST(sets_are_read)
{
    g_autoptr(GError) error = NULL;
    CgVerdictSet set = 0;
    bool ok = cg_verdict_set_parse(sets[_i].list, &set, &error);
    ck_assert_int_eq(ok, sets[_i].means != NULL);
    if (!ok) {
        ck_assert(cg_error_is(error, CG_EXIT_USAGE));
        return;
    }
    g_autofree char *text = cg_verdict_set_dup(set);
    ck_assert_str_eq(text, sets[_i].means);
}
END_TEST

START_TEST(the_default_is_as_documented)
{
    g_autofree char *text = cg_verdict_set_dup(CG_VERDICTS_DEFAULT);
    ck_assert_str_eq(text, "recorded,exact,strong,grown");
}
END_TEST

/* ---- chance ---- */

/* The order of rows must not show, neither in verdicts nor in digests. */
static bool
digests_agree(const CgVerdicts *a, const CgVerdicts *b, const World *world)
{
    for (int i = 0; i < world->groups.n; i++) {
        uint8_t digests[2][CG_SHA256_SIZE];
        uint32_t in_a = find(a->model, world->groups.rows[i].id);
        uint32_t in_b = find(b->model, world->groups.rows[i].id);
        if (a->of[in_a].verdict == CG_VERDICT_N)
            continue;
        cg_verdicts_digest(a, in_a, digests[0]);
        cg_verdicts_digest(b, in_b, digests[1]);
        if (memcmp(digests[0], digests[1], CG_SHA256_SIZE) != 0)
            return false;
        if (cg_verdicts_rederive(a, in_a).verdict != cg_verdicts_rederive(b, in_b).verdict)
            return false;
    }
    return true;
}

START_TEST(chance_agrees_with_a_naive_reading)
{
    const char *given = getenv("CG_TEST_SEED");
    uint32_t seed = given != NULL ? (uint32_t)g_ascii_strtoull(given, NULL, 10) : g_random_int();
    g_autoptr(GRand) rand = g_rand_new_with_seed(seed);
    int64_t counts[CG_VERDICT_N] = { 0 };
    for (int round = 0; round < ROUNDS; round++) {
        g_autofree World *world = world_random(rand);
        g_autoptr(CgModel) model = world_model(world);
        g_autoptr(CgVerdicts) verdicts = cg_verdicts_new(model);
        bool ok = world_agrees(world, verdicts, counts);
        world_shuffle(world, rand);
        g_autoptr(CgModel) shuffled = world_model(world);
        g_autoptr(CgVerdicts) again = cg_verdicts_new(shuffled);
        ok = ok && world_agrees(world, again, counts) && digests_agree(verdicts, again, world);
        if (!ok)
            world_print(world);
        ck_assert_msg(ok, "CG_TEST_SEED=%u, round %d", seed, round);
    }
    for (CgVerdict verdict = 0; verdict < CG_VERDICT_N; verdict++)
        ck_assert_msg(counts[verdict] > ROUNDS / 1000, "CG_TEST_SEED=%u: only %d times %s", seed,
                      (int)counts[verdict], cg_verdict_name(verdict));
}
END_TEST

START_TEST(times_far_apart_are_compared)
{
    const int64_t far = INT64_MAX - 1;
    ck_assert(cg_time_is_well_after(far, -far));
    ck_assert(cg_time_is_well_after(far, 0));
    ck_assert(!cg_time_is_well_after(-far, far));
    ck_assert(!cg_time_is_well_after(far, far - CG_EPSILON_US));
    ck_assert(!cg_time_is_well_after(far, CG_TIME_NONE));
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("lineage/verdict");
    TCase *tcase = tcase_create("verdict");
    tcase_set_timeout(tcase, 120);
    tcase_add_loop_test(tcase, examples_have_their_verdicts, 0, G_N_ELEMENTS(examples));
    tcase_add_test(tcase, times_far_apart_are_compared);
    tcase_add_test(tcase, dead_groups_have_no_verdict);
    tcase_add_test(tcase, what_was_not_loaded_proves_nothing);
    tcase_add_test(tcase, a_value_is_rederived);
    tcase_add_loop_test(tcase, sets_are_read, 0, G_N_ELEMENTS(sets));
    tcase_add_test(tcase, the_default_is_as_documented);
    tcase_add_test(tcase, chance_agrees_with_a_naive_reading);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
