/* Choosing, running and summing up; see audit.h. */
#include "verify/audit.h"

#include "lineage/load.h"
#include "verify/check.h"

#include <string.h>

/* ---- choosing ---- */

static CgReport *
report_new(void)
{
    CgReport *report = g_new0(CgReport, 1);
    report->n_rules = cg_n_rules;
    report->rules = g_new0(CgRuleResult, cg_n_rules);
    report->findings = g_ptr_array_new_with_free_func((GDestroyNotify)cg_finding_free);
    return report;
}

void
cg_report_free(CgReport *report)
{
    if (report == NULL)
        return;
    for (size_t i = 0; i < report->n_rules; i++)
        g_free(report->rules[i].skipped);
    g_free(report->rules);
    g_ptr_array_unref(report->findings);
    g_free(report->database);
    g_free(report->server);
    g_free(report->role);
    g_free(report->position);
    g_free(report->unreadable_example);
    g_free(report->notice);
    g_free(report);
}

static bool
choose_rule(const char *word, bool *chosen, GError **error)
{
    const CgRule *rule = cg_rule_find(word, error);
    if (rule == NULL)
        return false;
    chosen[rule - cg_rules] = true;
    return true;
}

/* Marks the rules of a comma list. An empty list is an unknown rule, for it must not choose
 * nothing. */
static bool
choose_list(const char *list, bool *chosen, GError **error)
{
    g_auto(GStrv) words = g_strsplit(list, ",", -1);
    for (char **word = words; *word != NULL; word++)
        if (!choose_rule(g_strstrip(*word), chosen, error))
            return false;
    return words[0] != NULL || choose_rule("", chosen, error);
}

/* Leaves in the report the rules to run, in their order. */
static bool
choose_rules(CgReport *report, const CgAuditOptions *options, GError **error)
{
    g_autofree bool *chosen = g_new0(bool, cg_n_rules);
    bool is_all = options->rules == NULL || options->rules[0] == NULL;
    for (size_t i = 0; !is_all && options->rules[i] != NULL; i++)
        if (!choose_list(options->rules[i], chosen, error))
            return false;
    report->n_rules = 0;
    for (size_t i = 0; i < cg_n_rules; i++)
        if (is_all || chosen[i])
            report->rules[report->n_rules++] =
                (CgRuleResult){ .rule = &cg_rules[i], .is_requested = !is_all };
    return true;
}

static uint64_t
fields_to_load(const CgReport *report)
{
    uint64_t fields = CG_LOAD_BACKFILL;
    for (size_t i = 0; i < report->n_rules; i++)
        fields |= report->rules[i].rule->needs | report->rules[i].rule->reads;
    return fields;
}

/* ---- running ---- */

/* Names the columns that a rule lacks; NULL when it lacks none. */
static char *
why_skipped(const CgRule *rule, const CgModel *model)
{
    uint64_t absent = rule->needs & ~model->present;
    if (absent == 0)
        return NULL;
    g_autoptr(GString) names = g_string_new(NULL);
    unsigned n = 0;
    for (unsigned field = 0; field < CG_N_FIELDS; field++) {
        if ((absent & CG_FIELD_BIT(field)) == 0)
            continue;
        g_autofree char *name = cg_naming_column_dup(model->naming, field);
        g_string_append_printf(names, "%s%s", n++ > 0 ? ", " : "", name);
    }
    return g_strdup_printf(n == 1 ? "there is no column %s" : "there are no columns %s",
                           names->str);
}

static void
run_rule(CgReport *report, CgRuleResult *result, const CgModel *model, CgVerdicts *verdicts)
{
    result->skipped = why_skipped(result->rule, model);
    if (result->skipped != NULL)
        return;
    unsigned before = report->findings->len;
    CgCheck check = { model, verdicts, result->rule, report->findings };
    result->rule->check(&check);
    result->n_findings = report->findings->len - before;
    for (unsigned i = before; i < report->findings->len; i++) {
        CgFinding *finding = g_ptr_array_index(report->findings, i);
        cg_finding_seal(finding);
        report->summary[finding->severity]++;
    }
}

static void
run_rules(CgReport *report, const CgModel *model)
{
    g_autoptr(CgVerdicts) verdicts = cg_verdicts_new(model);
    for (size_t i = 0; i < report->n_rules; i++)
        run_rule(report, &report->rules[i], model, verdicts);
    g_ptr_array_sort(report->findings, cg_finding_compare);
}

/* ---- head ---- */

static int64_t
rows_of_this_era(const CgRowsOf *rows)
{
    int64_t n = 0;
    for (uint32_t row = 0; row < rows->n; row++)
        n += (rows->flags[row] & CG_ROW_EARLIER) == 0;
    return n;
}

/* A position begins with the server's role wherever a server has one. */
static char *
role_of(const char *position)
{
    static const char *const roles[] = { "primary", "standby" };
    for (size_t i = 0; i < G_N_ELEMENTS(roles); i++)
        if (position != NULL && g_str_has_prefix(position, roles[i]))
            return g_strdup(roles[i]);
    return NULL;
}

static void
fill_tables(CgReport *report, const CgModel *model)
{
    const CgRowsOf *rows[CG_N_AUDITED_TABLES] = {
        [CG_TABLE_GROUPS] = &model->groups.rows,
        [CG_TABLE_CGSNAPSHOTS] = &model->cgsnapshots.rows,
        [CG_TABLE_VOLUMES] = &model->volumes.rows,
        [CG_TABLE_SNAPSHOTS] = &model->snapshots.rows,
    };
    for (unsigned i = 0; i < CG_N_AUDITED_TABLES; i++)
        report->tables[i] = (CgTableResult){ cg_naming_table(model->naming, i),
                                             rows_of_this_era(rows[i]), model->horizon[i] };
}

static void
fill_head(CgReport *report, const CgModel *model)
{
    fill_tables(report, model);
    report->server = g_strdup(model->server);
    report->role = role_of(model->position);
    report->position = g_strdup(model->position);
    report->read_at = model->loaded_at;
    report->reloads = model->reloads;
    report->naming = cg_naming_name(model->naming);
    report->unreadable = model->unreadable;
    report->unreadable_example = g_strdup(model->unreadable_example);
    report->notice = cg_model_notice(model);
}

/* ---- the whole ---- */

static CgReport *
begin_report(const CgAuditOptions *options, GError **error)
{
    g_autoptr(CgReport) report = report_new();
    return choose_rules(report, options, error) ? g_steal_pointer(&report) : NULL;
}

CgReport *
cg_audit_model(const CgModel *model, const CgAuditOptions *options, GError **error)
{
    CgReport *report = begin_report(options, error);
    if (report == NULL)
        return NULL;
    fill_head(report, model);
    run_rules(report, model);
    return report;
}

CgReport *
cg_audit_run(CgDb *db, const CgAuditOptions *options, GError **error)
{
    g_autoptr(CgReport) chosen = begin_report(options, error);
    if (chosen == NULL)
        return NULL;
    CgLoadOptions load = { .naming = options->naming,
                           .fields = fields_to_load(chosen),
                           .horizon = true,
                           .quiet = options->quiet };
    g_autoptr(CgModel) model = cg_model_load(db, &load, error);
    if (model == NULL)
        return NULL;
    CgReport *report = cg_audit_model(model, options, error);
    report->database = g_strdup(cg_db_display(db));
    return report;
}

int64_t
cg_report_rules_ran(const CgReport *report)
{
    int64_t n = 0;
    for (size_t i = 0; i < report->n_rules; i++)
        n += report->rules[i].skipped == NULL;
    return n;
}

bool
cg_fail_on_parse(const char *word, CgSeverity *out_fail_on, GError **error)
{
    for (CgSeverity severity = 0; severity < CG_N_SEVERITIES; severity++)
        if (g_str_equal(word, cg_severity_name(severity))) {
            *out_fail_on = severity;
            return true;
        }
    if (g_str_equal(word, "never")) {
        *out_fail_on = CG_FAIL_ON_NEVER;
        return true;
    }
    cg_error_set(error, CG_EXIT_USAGE, "--fail-on takes error, warning, info or never",
                 "there is no severity \"%s\"", word);
    return false;
}

CgExit
cg_report_exit(const CgReport *report, CgSeverity fail_on)
{
    for (size_t i = 0; i < report->n_rules; i++)
        if (report->rules[i].is_requested && report->rules[i].skipped != NULL)
            return CG_EXIT_INCOMPLETE;
    for (CgSeverity severity = fail_on; severity < CG_N_SEVERITIES; severity++)
        if (report->summary[severity] > 0)
            return CG_EXIT_DIFFERENCE;
    return CG_EXIT_OK;
}
