/* Findings by themselves: what their fingerprint stands on, and how they are sorted. */
#include "verify/finding.h"

#include <check.h>
#include <string.h>

static CgFinding *
sample(const char *related)
{
    CgFinding *finding = cg_finding_new("CGL101", CG_SEVERITY_ERROR, "consistencygroups", "g");
    cg_finding_relate(finding, "consistencygroups", related);
    cg_finding_say(finding, "source group %s has no row", related);
    return finding;
}

static char *
fingerprint(CgFinding *finding)
{
    cg_finding_seal(finding);
    char *copy = g_strdup(finding->fingerprint);
    cg_finding_free(finding);
    return copy;
}

START_TEST(a_fingerprint_does_not_hang_on_words)
{
    g_autofree char *plain = fingerprint(sample("s"));
    CgFinding *other = sample("s");
    cg_finding_say(other, "worded better");
    cg_finding_note(other, "seen", "more");
    cg_finding_note_number(other, "count", 7);
    other->severity = CG_SEVERITY_INFO;
    other->fix = CG_FIX_PLAN;
    g_autofree char *same = fingerprint(other);
    ck_assert_str_eq(plain, same);
    ck_assert_uint_eq(strlen(plain), CG_FINGERPRINT_SIZE - 1);
    ck_assert_uint_eq(strspn(plain, "0123456789abcdef"), strlen(plain));
}
END_TEST

START_TEST(a_fingerprint_tells_rows_apart)
{
    g_autofree char *plain = fingerprint(sample("s"));
    CgFinding *more = sample("s");
    cg_finding_relate(more, "volumes", "v");
    CgFinding *findings[] = {
        sample("t"),
        more,
        cg_finding_new("CGL101", CG_SEVERITY_ERROR, "consistencygroups", "g"),
        cg_finding_new("CGL102", CG_SEVERITY_ERROR, "consistencygroups", "g"),
        cg_finding_new("CGL101", CG_SEVERITY_ERROR, "groups", "g"),
        cg_finding_new("CGL101", CG_SEVERITY_ERROR, "consistencygroups", "gs"),
    };
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_hash_table_add(seen, g_strdup(plain));
    for (size_t i = 0; i < G_N_ELEMENTS(findings); i++)
        ck_assert_msg(g_hash_table_add(seen, fingerprint(findings[i])), "finding %zu", i);
}
END_TEST

START_TEST(the_order_of_related_rows_does_not_matter)
{
    CgFinding *one = sample("a");
    cg_finding_relate(one, "volumes", "b");
    CgFinding *other = cg_finding_new("CGL101", CG_SEVERITY_ERROR, "consistencygroups", "g");
    cg_finding_relate(other, "volumes", "b");
    cg_finding_relate(other, "consistencygroups", "a");
    g_autofree char *first = fingerprint(one);
    g_autofree char *second = fingerprint(other);
    ck_assert_str_eq(first, second);
}
END_TEST

/* It is printed, kept in files and compared with those of earlier releases: so it may never change.
 */
START_TEST(a_fingerprint_stays_what_it_was)
{
    g_autofree char *plain = fingerprint(sample("s"));
    ck_assert_str_eq(plain, "b4c5582919e97f1ca42185bda9164c96");
}
END_TEST

START_TEST(the_worst_comes_first)
{
    g_autoptr(CgFinding) info = cg_finding_new("CGL001", CG_SEVERITY_INFO, "a", "1");
    g_autoptr(CgFinding) error = cg_finding_new("CGL009", CG_SEVERITY_ERROR, "b", "2");
    g_autoptr(CgFinding) error_before = cg_finding_new("CGL009", CG_SEVERITY_ERROR, "a", "3");
    g_autoptr(CgFinding) warning = cg_finding_new("CGL002", CG_SEVERITY_WARNING, "a", "1");
    CgFinding *findings[] = { info, error, warning, error_before };
    qsort(findings, G_N_ELEMENTS(findings), sizeof(CgFinding *), cg_finding_compare);
    ck_assert_ptr_eq(findings[0], error_before);
    ck_assert_ptr_eq(findings[1], error);
    ck_assert_ptr_eq(findings[2], warning);
    ck_assert_ptr_eq(findings[3], info);
}
END_TEST

START_TEST(evidence_keeps_its_order_and_its_kind)
{
    g_autoptr(CgFinding) finding = sample("s");
    cg_finding_note(finding, "none", NULL);
    cg_finding_note_number(finding, "number", INT64_MIN);
    cg_finding_note_time(finding, "time", true, 0);
    cg_finding_note_time(finding, "no time", false, 0);
    const CgEvidence *evidence = (const CgEvidence *)(void *)finding->evidence->data;
    ck_assert_uint_eq(finding->evidence->len, 4);
    ck_assert_int_eq(evidence[0].kind, CG_EVIDENCE_NULL);
    ck_assert_int_eq(evidence[1].number, INT64_MIN);
    ck_assert_str_eq(evidence[2].text, "1970-01-01 00:00:00.000000");
    ck_assert_int_eq(evidence[3].kind, CG_EVIDENCE_NULL);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("verify finding");
    TCase *tcase = tcase_create("finding");
    SRunner *runner = srunner_create(suite);

    tcase_add_test(tcase, a_fingerprint_does_not_hang_on_words);
    tcase_add_test(tcase, a_fingerprint_tells_rows_apart);
    tcase_add_test(tcase, the_order_of_related_rows_does_not_matter);
    tcase_add_test(tcase, a_fingerprint_stays_what_it_was);
    tcase_add_test(tcase, the_worst_comes_first);
    tcase_add_test(tcase, evidence_keeps_its_order_and_its_kind);
    suite_add_tcase(suite, tcase);

    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
