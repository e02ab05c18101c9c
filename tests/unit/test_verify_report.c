/* What reporters write: the JSON document as a program reads it, the text as a person does. */
#include "tests/lib/capture.h"
#include "tests/lib/cloud.h"
#include "verify/explain.h"
#include "verify/report.h"

#include <check.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* One finding of each severity, and an id that no terminal or document may take as it is. */
static const char damage[] =
    "UPDATE consistencygroups SET source_cg_id = 'no' WHERE id = 'D';"
    "UPDATE volumes SET id = 'd\x1b[31m1\xff', snapshot_id = '' WHERE id = 'd1';"
    "UPDATE volumes SET consistencygroup_id = 'B' WHERE id = 'd2';";

typedef struct {
    const char *damage;
    const char *rule;
    bool (*report)(const CgReport *, const CgReportOptions *, FILE *);
    CgReportOptions options;
} Print;

static void
print(void *data)
{
    const Print *wanted = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(CgDb) db = cg_test_cloud(wanted->damage);
    const char *const rules[] = { wanted->rule, NULL };
    CgAuditOptions options = { .rules = rules, .quiet = true };
    g_autoptr(CgReport) report = cg_audit_run(db, &options, &error);
    ck_assert_msg(report != NULL, "%s", error != NULL ? error->message : "");
    ck_assert(wanted->report(report, &wanted->options, stdout));
}

static char *
printed(Print wanted, unsigned columns)
{
    return test_capture(stdout, columns, print, &wanted);
}

/* ---- json ---- */

static json_t *
document(Print wanted)
{
    json_error_t error;
    wanted.report = cg_report_json;
    g_autofree char *text = printed(wanted, 0);
    json_t *parsed = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    ck_assert_msg(parsed != NULL, "%s in %s", error.text, text);
    return parsed;
}

static const char *
text_at(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    ck_assert_msg(text != NULL, "no text \"%s\"", key);
    return text;
}

static json_int_t
number_at(const json_t *object, const char *key)
{
    const json_t *number = json_object_get(object, key);
    ck_assert_msg(json_is_integer(number), "no number \"%s\"", key);
    return json_integer_value(number);
}

START_TEST(the_document_has_its_four_parts)
{
    json_t *all = document((Print){ .damage = damage });
    ck_assert_int_eq(number_at(all, "schema"), 1);
    const json_t *head = json_object_get(all, "head");
    ck_assert_str_eq(text_at(head, "naming"), "spec");
    ck_assert_int_eq(number_at(head, "rule_set"), CG_RULE_SET_VERSION);
    ck_assert_int_eq(number_at(json_object_get(head, "rows"), "consistencygroups"), 6);
    ck_assert_str_eq(text_at(json_object_get(head, "purge_horizon"), "volumes"),
                     "2014-02-01 00:00:00.000000");
    ck_assert(json_is_null(json_object_get(json_object_get(head, "purge_horizon"), "snapshots")));
    const json_t *summary = json_object_get(all, "summary");
    ck_assert_int_eq(number_at(summary, "error"), 1);
    ck_assert_int_eq(number_at(summary, "warning"), 1);
    ck_assert_int_eq(number_at(summary, "info"), 1);
    ck_assert_uint_eq(json_array_size(json_object_get(all, "rules")), cg_n_rules);
    ck_assert_uint_eq(json_array_size(json_object_get(all, "findings")), 3);
    json_decref(all);
}
END_TEST

START_TEST(a_finding_is_written_with_all_it_has)
{
    json_t *all = document((Print){ .damage = damage });
    const json_t *finding = json_array_get(json_object_get(all, "findings"), 0);
    ck_assert_str_eq(text_at(finding, "rule"), "CGL101");
    ck_assert_str_eq(text_at(finding, "severity"), "error");
    ck_assert_str_eq(text_at(json_object_get(finding, "object"), "table"), "consistencygroups");
    ck_assert_str_eq(text_at(json_object_get(finding, "object"), "id"), "D");
    const json_t *related = json_object_get(finding, "related");
    ck_assert_uint_eq(json_array_size(related), 1);
    ck_assert_str_eq(text_at(json_array_get(related, 0), "id"), "no");
    ck_assert_str_eq(text_at(finding, "message"),
                     "source group no has no row, and no purge explains it");
    ck_assert_str_eq(text_at(json_object_get(finding, "evidence"), "created_at"),
                     "2015-01-05 00:00:00.000000");
    ck_assert_uint_eq(strlen(text_at(finding, "fingerprint")), CG_FINGERPRINT_SIZE - 1);
    ck_assert(json_is_null(json_object_get(finding, "fix")));
    const json_t *second = json_array_get(json_object_get(all, "findings"), 1);
    ck_assert_str_eq(text_at(second, "fix"), "plan");
    json_decref(all);
}
END_TEST

START_TEST(a_rule_is_written_with_its_status)
{
    json_t *all = document((Print){ .damage = "ALTER TABLE volumes RENAME COLUMN status TO gone;",
                                    .rule = "CGL106,CGL107" });
    const json_t *ran = json_array_get(json_object_get(all, "rules"), 0);
    const json_t *skipped = json_array_get(json_object_get(all, "rules"), 1);
    ck_assert_str_eq(text_at(ran, "status"), "ran");
    ck_assert(json_is_null(json_object_get(ran, "reason")));
    ck_assert_int_eq(number_at(ran, "findings"), 0);
    ck_assert_str_eq(text_at(skipped, "id"), "CGL107");
    ck_assert_str_eq(text_at(skipped, "name"), "live-member-of-deleted-group");
    ck_assert_str_eq(text_at(skipped, "status"), "skipped");
    ck_assert_str_eq(text_at(skipped, "reason"), "there is no column volumes.status");
    json_decref(all);
}
END_TEST

START_TEST(a_limit_cuts_what_is_written_not_what_is_counted)
{
    json_t *all = document(
        (Print){ .damage = "UPDATE volumes SET project_id = 'p9';", .options = { .limit = 3 } });
    ck_assert_int_eq(number_at(json_object_get(all, "summary"), "error"), 10);
    ck_assert_uint_eq(json_array_size(json_object_get(all, "findings")), 3);
    json_decref(all);
}
END_TEST

/* ---- for a person ---- */

static void
expect(const char *text, const char *piece)
{
    ck_assert_msg(strstr(text, piece) != NULL, "no \"%s\" in\n%s", piece, text);
}

START_TEST(what_is_wrong_is_listed_and_what_is_not_is_counted)
{
    g_autofree char *text =
        printed((Print){ .damage = damage, .report = cg_report_human, .options = { -1, 0 } }, 0);
    expect(text, "6 consistencygroups, 2 cgsnapshots, 11 volumes, 2 snapshots");
    expect(text,
           "back to: consistencygroups 2014-02-01, cgsnapshots 2014-02-01, volumes 2014-02-01\n");
    expect(text, "error  CGL101 source-group-missing  1 finding\n");
    expect(text, "source group no has no row, and no purge explains it");
    expect(text, "warning  CGL003 empty-string-reference  1 finding\n");
    expect(text, "for information");
    expect(text, "1 error, 1 warning, 1 for information; 20 rules ran\n");
    expect(text, "next: cg-verify explain CGL101\n");
    ck_assert_ptr_null(strstr(text, "\x1b"));
}
END_TEST

START_TEST(information_is_listed_on_request)
{
    g_autofree char *text =
        printed((Print){ .damage = damage, .report = cg_report_human, .options = { 0, true } }, 0);
    expect(text, "info  CGL501 member-count-mismatch  1 finding\n");
    ck_assert_ptr_null(strstr(text, "for information  "));
}
END_TEST

START_TEST(a_clean_report_says_what_was_looked_at)
{
    g_autofree char *text =
        printed((Print){ .report = cg_report_human, .options = { -1, false } }, 0);
    expect(text, "clean  20 rules found nothing wrong in 6 consistencygroups, 2 cgsnapshots, "
                 "11 volumes, 2 snapshots\n");
    ck_assert_ptr_null(strstr(text, "next:"));
}
END_TEST

START_TEST(a_report_that_checked_nothing_is_not_clean)
{
    g_autofree char *text =
        printed((Print){ .damage = "ALTER TABLE volumes RENAME COLUMN status TO gone;",
                         .rule = "CGL107",
                         .report = cg_report_human },
                0);
    expect(text, "not checked  CGL107 live-member-of-deleted-group: there is no column "
                 "volumes.status\n");
    expect(text, "0 rules ran\n");
    ck_assert_ptr_null(strstr(text, "clean"));
}
END_TEST

START_TEST(long_lists_are_cut_and_say_so)
{
    g_autofree char *text = printed((Print){ .damage = "UPDATE volumes SET project_id = 'p9';",
                                             .report = cg_report_human,
                                             .options = { .limit = 4 } },
                                    0);
    expect(text, "error  CGL402 cross-project-member  10 findings\n");
    expect(text, "  … 6 more (--limit 0 shows all)\n");
    expect(text, "10 errors, ");
}
END_TEST

START_TEST(a_terminal_gets_colour_and_no_control_characters_of_ids)
{
    setenv("TERM", "xterm", 1);
    unsetenv("NO_COLOR");
    g_autofree char *text = printed(
        (Print){ .damage = damage, .report = cg_report_human, .options = { -1, false } }, 100);
    expect(text, "\x1b[31m");
    ck_assert_ptr_null(strstr(text, "\x1b[31m1"));
    expect(text, "d\\x1b[31m1");
}
END_TEST

/* ---- rules in words ---- */

static void
print_all_rules(void *data G_GNUC_UNUSED)
{
    ck_assert(cg_explain_list(stdout));
    for (size_t i = 0; i < cg_n_rules; i++)
        ck_assert(cg_explain_rule(&cg_rules[i], stdout));
}

START_TEST(every_rule_is_explained_within_eighty_columns)
{
    g_autofree char *text = test_capture(stdout, 0, print_all_rules, NULL);
    for (size_t i = 0; i < cg_n_rules; i++)
        expect(text, cg_rules[i].name);
    const char *explained = strstr(text, "\nCGL003 empty-string-reference  (warning)\n");
    ck_assert_ptr_nonnull(explained);
    g_auto(GStrv) lines = g_strsplit(explained, "\n", -1);
    for (char **line = lines; *line != NULL; line++) {
        ck_assert_msg(strlen(*line) <= 100, "%s", *line);
        ck_assert_msg(!g_str_has_suffix(*line, " "), "%s", *line);
    }
    expect(text, "What can be done\n    Run cg-backfill plan, then cg-backfill run.\n");
}
END_TEST

static void
print_rules_json(void *data)
{
    const CgRule *rule = data;
    ck_assert(rule != NULL ? cg_explain_rule_json(rule, stdout) : cg_explain_list_json(stdout));
}

START_TEST(rules_are_a_document_too)
{
    g_autofree char *list = test_capture(stdout, 0, print_rules_json, NULL);
    g_autofree char *one = test_capture(stdout, 0, print_rules_json, (void *)&cg_rules[1]);
    json_t *all = json_loads(list, 0, NULL);
    json_t *single = json_loads(one, 0, NULL);
    ck_assert_uint_eq(json_array_size(json_object_get(all, "rules")), cg_n_rules);
    const json_t *rule = json_object_get(single, "rule");
    ck_assert_str_eq(text_at(rule, "id"), "CGL101");
    ck_assert_str_eq(json_string_value(json_array_get(json_object_get(rule, "needs"), 0)),
                     "consistencygroups.source_cg_id");
    ck_assert(json_equal(rule, json_array_get(json_object_get(all, "rules"), 1)));
    json_decref(all);
    json_decref(single);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("verify report");
    TCase *tcase = tcase_create("report");
    SRunner *runner = srunner_create(suite);

    tcase_add_test(tcase, the_document_has_its_four_parts);
    tcase_add_test(tcase, a_finding_is_written_with_all_it_has);
    tcase_add_test(tcase, a_rule_is_written_with_its_status);
    tcase_add_test(tcase, a_limit_cuts_what_is_written_not_what_is_counted);
    tcase_add_test(tcase, what_is_wrong_is_listed_and_what_is_not_is_counted);
    tcase_add_test(tcase, information_is_listed_on_request);
    tcase_add_test(tcase, a_clean_report_says_what_was_looked_at);
    tcase_add_test(tcase, a_report_that_checked_nothing_is_not_clean);
    tcase_add_test(tcase, long_lists_are_cut_and_say_so);
    tcase_add_test(tcase, a_terminal_gets_colour_and_no_control_characters_of_ids);
    tcase_add_test(tcase, every_rule_is_explained_within_eighty_columns);
    tcase_add_test(tcase, rules_are_a_document_too);
    suite_add_tcase(suite, tcase);

    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
