/* Choosing rules, skipping them, the head of a report, and how a program ends. */
#include "lineage/load.h"
#include "tests/lib/cloud.h"
#include "tests/lib/kilo.h"
#include "verify/audit.h"

#include <check.h>
#include <string.h>

#define ERROR_DAMAGE "UPDATE consistencygroups SET source_cg_id = 'no' WHERE id = 'D';"
#define WARNING_DAMAGE "UPDATE volumes SET snapshot_id = '' WHERE id = 'd1';"
#define INFO_DAMAGE "UPDATE volumes SET consistencygroup_id = 'B' WHERE id = 'd1';"
#define NO_STATUS "ALTER TABLE volumes RENAME COLUMN status TO old_status;"

static CgReport *
audit(CgDb *db, const char *const *rules, GError **error)
{
    CgAuditOptions options = { .rules = rules, .quiet = true };
    return cg_audit_run(db, &options, error);
}

/* An audit of a cloud damaged so; `rule` may be NULL. */
static CgReport *
audit_of(const char *damage, const char *rule)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(CgDb) db = cg_test_cloud(damage);
    const char *const rules[] = { rule, NULL };
    CgReport *report = audit(db, rules, &error);
    ck_assert_msg(report != NULL, "%s", error != NULL ? error->message : "");
    return report;
}

static const CgRuleResult *
result_of(const CgReport *report, const char *rule)
{
    for (size_t i = 0; i < report->n_rules; i++)
        if (g_str_equal(report->rules[i].rule->id, rule))
            return &report->rules[i];
    ck_abort_msg("%s is not in the report", rule);
    return NULL;
}

/* ---- the table of rules ---- */

START_TEST(rules_stand_in_order_and_are_complete)
{
    for (size_t i = 0; i < cg_n_rules; i++) {
        const CgRule *rule = &cg_rules[i];
        ck_assert_msg(i == 0 || strcmp(cg_rules[i - 1].id, rule->id) < 0, "%s", rule->id);
        const char *texts[] = { rule->name,   rule->sentence, rule->why,
                                rule->normal, rule->look,     rule->repair };
        for (size_t t = 0; t < G_N_ELEMENTS(texts); t++)
            ck_assert_msg(texts[t] != NULL && texts[t][0] != '\0' && g_str_is_ascii(texts[t]), "%s",
                          rule->id);
        ck_assert_msg(rule->needs != 0 && rule->check != NULL, "%s", rule->id);
        ck_assert_ptr_eq(cg_rule_find(rule->id, NULL), rule);
        ck_assert_ptr_eq(cg_rule_find(rule->name, NULL), rule);
    }
}
END_TEST

/* ---- choosing ---- */

static const struct {
    const char *rules[4];
    const char *chosen; /* ids in the order of the report */
} choices[] = {
    { { "CGL203" }, "CGL203" },
    { { "cgl203" }, "CGL203" },
    { { "self-source" }, "CGL203" },
    { { "CGL301", "CGL101" }, "CGL101 CGL301" },
    { { "CGL301,CGL101", "CGL301" }, "CGL101 CGL301" },
    { { "CGL301, group-cycle" }, "CGL301" },
};

START_TEST(rules_are_chosen_by_id_or_name)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(CgDb) db = cg_test_cloud(NULL);
    g_autoptr(CgReport) report = audit(db, choices[_i].rules, &error);
    ck_assert_msg(report != NULL, "%s", error != NULL ? error->message : "");
    g_autoptr(GString) chosen = g_string_new(NULL);
    for (size_t i = 0; i < report->n_rules; i++) {
        g_string_append_printf(chosen, "%s%s", i > 0 ? " " : "", report->rules[i].rule->id);
        ck_assert(report->rules[i].is_requested);
    }
    ck_assert_str_eq(chosen->str, choices[_i].chosen);
}
END_TEST

static const struct {
    const char *word;
    const char *nearest;
} unknown_rules[] = {
    { "CGL110", "CGL10" },           { "CGL302", "CGL" }, { "group-cycles", "group-cycle" },
    { "Self-Sorce", "self-source" }, { "", NULL },        { "CGL101,", NULL },
    { "nonsense of a name", NULL },
};

START_TEST(an_unknown_rule_is_a_usage_error_that_names_the_nearest)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(CgDb) db = cg_test_cloud(NULL);
    const char *const rules[] = { "CGL101", unknown_rules[_i].word, NULL };
    ck_assert_ptr_null(audit(db, rules, &error));
    ck_assert(cg_error_is(error, CG_EXIT_USAGE));
    ck_assert(g_str_has_prefix(error->message, "there is no rule \""));
    if (unknown_rules[_i].nearest != NULL)
        ck_assert_msg(strstr(cg_error_hint(error), unknown_rules[_i].nearest) != NULL, "%s",
                      cg_error_hint(error));
    ck_assert_ptr_nonnull(strstr(cg_error_hint(error), "cg-verify rules"));
}
END_TEST

/* ---- ending ---- */

/* fail_on as a number, so that CG_FAIL_ON_NEVER has a place in it. */
static const struct {
    const char *damage;
    const char *rule;
    int fail_on;
    CgExit exit;
} endings[] = {
    { NULL, NULL, CG_SEVERITY_ERROR, CG_EXIT_OK },
    { NULL, NULL, CG_SEVERITY_INFO, CG_EXIT_OK },
    { ERROR_DAMAGE, NULL, CG_SEVERITY_ERROR, CG_EXIT_DIFFERENCE },
    { ERROR_DAMAGE, NULL, CG_SEVERITY_WARNING, CG_EXIT_DIFFERENCE },
    { ERROR_DAMAGE, NULL, CG_FAIL_ON_NEVER, CG_EXIT_OK },
    { WARNING_DAMAGE, NULL, CG_SEVERITY_ERROR, CG_EXIT_OK },
    { WARNING_DAMAGE, NULL, CG_SEVERITY_WARNING, CG_EXIT_DIFFERENCE },
    { WARNING_DAMAGE, NULL, CG_SEVERITY_INFO, CG_EXIT_DIFFERENCE },
    { INFO_DAMAGE, NULL, CG_SEVERITY_WARNING, CG_EXIT_OK },
    { INFO_DAMAGE, NULL, CG_SEVERITY_INFO, CG_EXIT_DIFFERENCE },
    { ERROR_DAMAGE, "CGL301", CG_SEVERITY_INFO, CG_EXIT_OK },
    /* a rule that cannot run matters only when it was asked for; then it outweighs findings */
    { NO_STATUS, NULL, CG_SEVERITY_INFO, CG_EXIT_OK },
    { NO_STATUS, "CGL301", CG_SEVERITY_INFO, CG_EXIT_OK },
    { NO_STATUS, "CGL107", CG_SEVERITY_ERROR, CG_EXIT_INCOMPLETE },
    { NO_STATUS, "CGL107", CG_FAIL_ON_NEVER, CG_EXIT_INCOMPLETE },
    { NO_STATUS ERROR_DAMAGE, "CGL101,CGL107", CG_SEVERITY_ERROR, CG_EXIT_INCOMPLETE },
    { NO_STATUS ERROR_DAMAGE, NULL, CG_SEVERITY_ERROR, CG_EXIT_DIFFERENCE },
};

START_TEST(the_exit_code_follows_from_the_report)
{
    g_autoptr(CgReport) report = audit_of(endings[_i].damage, endings[_i].rule);
    ck_assert_int_eq(cg_report_exit(report, (CgSeverity)endings[_i].fail_on), endings[_i].exit);
}
END_TEST

START_TEST(fail_on_takes_four_words)
{
    CgSeverity fail_on = CG_SEVERITY_INFO;
    g_autoptr(GError) error = NULL;
    ck_assert(cg_fail_on_parse("error", &fail_on, NULL) && fail_on == CG_SEVERITY_ERROR);
    ck_assert(cg_fail_on_parse("warning", &fail_on, NULL) && fail_on == CG_SEVERITY_WARNING);
    ck_assert(cg_fail_on_parse("info", &fail_on, NULL) && fail_on == CG_SEVERITY_INFO);
    ck_assert(cg_fail_on_parse("never", &fail_on, NULL) && fail_on == CG_FAIL_ON_NEVER);
    ck_assert(!cg_fail_on_parse("errors", &fail_on, &error));
    ck_assert(cg_error_is(error, CG_EXIT_USAGE));
    ck_assert(fail_on == CG_FAIL_ON_NEVER);
}
END_TEST

/* ---- what a report says ---- */

START_TEST(a_skipped_rule_says_which_column_is_not_there)
{
    g_autoptr(CgReport) report = audit_of(NO_STATUS ERROR_DAMAGE, NULL);
    const CgRuleResult *skipped = result_of(report, "CGL107");
    ck_assert_str_eq(skipped->skipped, "there is no column volumes.status");
    ck_assert_int_eq(skipped->n_findings, 0);
    ck_assert(!skipped->is_requested);
    ck_assert_ptr_null(result_of(report, "CGL101")->skipped);
    ck_assert_int_eq(result_of(report, "CGL101")->n_findings, 1);
    ck_assert_int_eq(cg_report_rules_ran(report), cg_n_rules - 1);
}
END_TEST

START_TEST(without_our_column_the_other_rules_still_run)
{
    g_autoptr(CgReport) report =
        audit_of("ALTER TABLE consistencygroups DROP COLUMN source_cg_id;"
                 "UPDATE volumes SET consistencygroup_id = 'no' WHERE id = 'd1';",
                 NULL);
    ck_assert_ptr_nonnull(result_of(report, "CGL101")->skipped);
    ck_assert_int_eq(result_of(report, "CGL106")->n_findings, 1);
}
END_TEST

START_TEST(the_head_tells_what_was_read)
{
    g_autoptr(CgReport) report = audit_of(NULL, NULL);
    ck_assert_str_eq(report->naming, "spec");
    ck_assert(g_str_has_prefix(report->server, "SQLite "));
    ck_assert_ptr_nonnull(report->position);
    ck_assert_ptr_null(report->role);
    ck_assert_str_eq(report->tables[CG_TABLE_GROUPS].name, "consistencygroups");
    ck_assert_int_eq(report->tables[CG_TABLE_GROUPS].rows, 6);
    ck_assert_int_eq(report->tables[CG_TABLE_CGSNAPSHOTS].rows, 2);
    ck_assert_int_eq(report->tables[CG_TABLE_VOLUMES].rows, 11);
    ck_assert_int_eq(report->tables[CG_TABLE_SNAPSHOTS].rows, 2);
    ck_assert_int_eq(report->tables[CG_TABLE_GROUPS].horizon, INT64_C(1391212800000000));
    ck_assert_int_eq(report->tables[CG_TABLE_SNAPSHOTS].horizon, CG_TIME_NONE);
    ck_assert_ptr_null(report->notice);
}
END_TEST

START_TEST(cells_that_cannot_be_read_are_told)
{
    g_autoptr(CgReport) report =
        audit_of("UPDATE volumes SET created_at = 'yesterday' WHERE id = 'd1';", NULL);
    ck_assert_int_eq(report->unreadable, 1);
    ck_assert_ptr_nonnull(strstr(report->unreadable_example, "yesterday"));
    ck_assert_ptr_nonnull(report->notice);
}
END_TEST

START_TEST(findings_are_counted_and_sorted)
{
    g_autoptr(CgReport) report = audit_of(INFO_DAMAGE WARNING_DAMAGE ERROR_DAMAGE, NULL);
    ck_assert_int_eq(report->summary[CG_SEVERITY_ERROR], 1);
    ck_assert_int_eq(report->summary[CG_SEVERITY_WARNING], 1);
    ck_assert_int_eq(report->summary[CG_SEVERITY_INFO], 1);
    for (unsigned i = 1; i < report->findings->len; i++)
        ck_assert_int_lt(
            cg_finding_compare(&report->findings->pdata[i - 1], &report->findings->pdata[i]), 0);
}
END_TEST

START_TEST(two_audits_of_the_same_rows_agree)
{
    const char *damage = "UPDATE volumes SET source_volid = 'a1' WHERE id IN ('b2', 'd1', 'f2');";
    g_autoptr(CgReport) one = audit_of(damage, NULL);
    g_autoptr(CgReport) other = audit_of(damage, NULL);
    ck_assert_uint_gt(one->findings->len, 0);
    ck_assert_uint_eq(one->findings->len, other->findings->len);
    for (unsigned i = 0; i < one->findings->len; i++) {
        const CgFinding *left = g_ptr_array_index(one->findings, i);
        const CgFinding *right = g_ptr_array_index(other->findings, i);
        ck_assert_str_eq(left->fingerprint, right->fingerprint);
        ck_assert_str_eq(left->message, right->message);
    }
}
END_TEST

START_TEST(a_model_is_audited_without_its_database)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(CgDb) db = cg_test_cloud(ERROR_DAMAGE);
    CgLoadOptions load = { .fields = CG_LOAD_AUDIT, .horizon = true, .quiet = true };
    g_autoptr(CgModel) model = cg_model_load(db, &load, &error);
    ck_assert_ptr_nonnull(model);
    CgAuditOptions options = { .quiet = true };
    g_autoptr(CgReport) report = cg_audit_model(model, &options, &error);
    ck_assert_ptr_null(report->database);
    ck_assert_int_eq(cg_report_rules_ran(report), cg_n_rules);
    ck_assert_uint_eq(report->findings->len, 1);
}
END_TEST

/* The generic tables, whose names must be those of the findings. */
START_TEST(generic_groups_are_named_by_their_own_tables)
{
    g_autoptr(CgReport) report = audit_of(
        "CREATE TABLE groups (id VARCHAR(36) PRIMARY KEY, created_at DATETIME, deleted_at DATETIME,"
        " deleted BOOLEAN, project_id VARCHAR(255), status VARCHAR(255), host VARCHAR(255),"
        " availability_zone VARCHAR(255), group_type_id VARCHAR(36),"
        " source_group_id VARCHAR(36), group_snapshot_id VARCHAR(36));"
        "CREATE TABLE group_snapshots (id VARCHAR(36) PRIMARY KEY, created_at DATETIME,"
        " deleted_at DATETIME, deleted BOOLEAN, project_id VARCHAR(255), status VARCHAR(255),"
        " group_id VARCHAR(36));"
        "ALTER TABLE volumes ADD COLUMN group_id VARCHAR(36);"
        "ALTER TABLE snapshots ADD COLUMN group_snapshot_id VARCHAR(36);"
        "UPDATE consistencygroups SET deleted = TRUE;"
        "UPDATE cgsnapshots SET deleted = TRUE;"
        "UPDATE volumes SET group_id = consistencygroup_id, consistencygroup_id = NULL"
        " WHERE deleted IS NOT TRUE;"
        "INSERT INTO groups (id, created_at, deleted, project_id, status, source_group_id)"
        " SELECT id, created_at, FALSE, project_id, status, source_cg_id FROM consistencygroups"
        "  WHERE id <> 'old';"
        "UPDATE groups SET source_group_id = 'F' WHERE id = 'F';"
        "UPDATE groups SET source_group_id = 'old' WHERE id = 'D';",
        NULL);
    ck_assert_str_eq(report->naming, "groups");
    ck_assert_str_eq(report->tables[CG_TABLE_GROUPS].name, "groups");
    ck_assert_int_eq(report->tables[CG_TABLE_GROUPS].rows, 5);
    ck_assert_int_eq(result_of(report, "CGL203")->n_findings, 1);
    ck_assert_int_eq(result_of(report, "CGL101")->n_findings, 0);
    ck_assert_int_eq(result_of(report, "CGL102")->n_findings, 1);
    for (unsigned i = 0; i < report->findings->len; i++) {
        const CgFinding *finding = g_ptr_array_index(report->findings, i);
        ck_assert_str_eq(finding->object.table, "groups");
        if (g_str_equal(finding->rule, "CGL102"))
            ck_assert_str_eq(g_array_index(finding->related, CgObject, 0).table,
                             "consistencygroups");
    }
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("verify audit");
    TCase *tcase = tcase_create("audit");
    SRunner *runner = srunner_create(suite);

    tcase_add_test(tcase, rules_stand_in_order_and_are_complete);
    tcase_add_loop_test(tcase, rules_are_chosen_by_id_or_name, 0, G_N_ELEMENTS(choices));
    tcase_add_loop_test(tcase, an_unknown_rule_is_a_usage_error_that_names_the_nearest, 0,
                        G_N_ELEMENTS(unknown_rules));
    tcase_add_loop_test(tcase, the_exit_code_follows_from_the_report, 0, G_N_ELEMENTS(endings));
    tcase_add_test(tcase, fail_on_takes_four_words);
    tcase_add_test(tcase, a_skipped_rule_says_which_column_is_not_there);
    tcase_add_test(tcase, without_our_column_the_other_rules_still_run);
    tcase_add_test(tcase, the_head_tells_what_was_read);
    tcase_add_test(tcase, cells_that_cannot_be_read_are_told);
    tcase_add_test(tcase, findings_are_counted_and_sorted);
    tcase_add_test(tcase, two_audits_of_the_same_rows_agree);
    tcase_add_test(tcase, a_model_is_audited_without_its_database);
    tcase_add_test(tcase, generic_groups_are_named_by_their_own_tables);
    suite_add_tcase(suite, tcase);

    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
