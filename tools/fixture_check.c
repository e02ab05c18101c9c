/* See fixture_check.h. */
#include "tools/fixture_check.h"

#include "backfill/plan.h"
#include "verify/audit.h"

#include <string.h>

static void
free_difference(void *data)
{
    CgFixtureDifference *difference = data;
    g_free(difference->what);
    g_free(difference->text);
    g_free(difference);
}

static void G_GNUC_PRINTF(3, 4)
    differ(GPtrArray *differences, const char *what, const char *format, ...)
{
    CgFixtureDifference *difference = g_new0(CgFixtureDifference, 1);
    va_list args;
    va_start(args, format);
    difference->what = g_strdup(what);
    difference->text = g_strdup_vprintf(format, args);
    va_end(args);
    g_ptr_array_add(differences, difference);
}

/* ---- groups ---- */

/* As data sets spell it. */
static const char *
reason_name(CgConflict conflict)
{
    static const char *const names[] = {
        [CG_CONFLICT_NO] = "none",           [CG_CONFLICT_SELF] = "self",
        [CG_CONFLICT_DISPUTED] = "disputed", [CG_CONFLICT_NO_ROW] = "no-row",
        [CG_CONFLICT_YOUNGER] = "younger",   [CG_CONFLICT_DELETED] = "deleted",
        [CG_CONFLICT_PROJECT] = "project",   [CG_CONFLICT_SAME_VOLUME] = "same-volume",
    };
    return names[conflict];
}

static int64_t
votes_for_source(const CgVerdicts *verdicts, const CgDecision *decision)
{
    for (uint32_t i = 0; i < decision->n_votes; i++) {
        const CgVoteCount *vote = &verdicts->votes[decision->first_vote + i];
        if (cg_id_equal(vote->group, decision->source))
            return vote->n;
    }
    return 0;
}

static void
compare_word(GPtrArray *differences, const char *label, const char *what, const char *expected,
             const char *found)
{
    if (g_strcmp0(expected, found) != 0)
        differ(differences, label, "the %s is %s, not %s", what, found != NULL ? found : "none",
               expected != NULL ? expected : "none");
}

static void
compare_number(GPtrArray *differences, const char *label, const char *what, int64_t expected,
               int64_t found)
{
    if (expected >= 0 && expected != found)
        differ(differences, label, "%" G_GINT64_FORMAT " %s, not %" G_GINT64_FORMAT, found, what,
               expected);
}

static void
compare_group(const CgVerdicts *verdicts, const CgFixtureGroup *expected, GPtrArray *differences)
{
    const CgModel *model = verdicts->model;
    const CgRowsOf *groups = &model->groups.rows;
    const char *label = expected->label;
    CgRef row = cg_row_find(groups, cg_id_make(model->strings, expected->id, strlen(expected->id)));
    if (row == CG_REF_NONE || !cg_row_is_live(groups, row)) {
        differ(differences, label, "there is no live group %s", expected->id);
        return;
    }
    const CgDecision *decision = &verdicts->of[row];
    char buffer[CG_ID_TEXT_SIZE];
    const char *source = cg_id_is_null(decision->source)
                             ? NULL
                             : cg_id_text(model->strings, decision->source, buffer, NULL);
    if (expected->verdict != NULL)
        compare_word(differences, label, "verdict", expected->verdict,
                     cg_verdict_name(decision->verdict));
    if (expected->reason != NULL)
        compare_word(differences, label, "reason", expected->reason,
                     reason_name(decision->conflict));
    if (expected->has_source)
        compare_word(differences, label, "source", expected->source, source);
    compare_number(differences, label, "members", expected->members, decision->members);
    compare_number(differences, label, "votes", expected->votes,
                   votes_for_source(verdicts, decision));
}

static bool
compare_groups(const CgFixture *fixture, CgDb *db, GPtrArray *differences, GError **error)
{
    size_t n = 0;
    const CgFixtureGroup *groups = cg_fixture_groups(fixture, &n);
    const CgBackfillOptions options = { .quiet = true };
    g_autoptr(CgBackfillPlan) plan = n > 0 ? cg_backfill_plan(db, &options, error) : NULL;
    if (n > 0 && plan == NULL)
        return false;
    for (size_t i = 0; i < n; i++)
        compare_group(plan->verdicts, &groups[i], differences);
    return true;
}

/* ---- findings ---- */

static bool
has_related(const CgFinding *finding, const char *id)
{
    for (unsigned i = 0; i < finding->related->len; i++)
        if (strcmp(g_array_index(finding->related, CgObject, i).id, id) == 0)
            return true;
    return false;
}

static bool
is_expected(const CgFinding *finding, const CgFixtureFinding *expected)
{
    return strcmp(finding->rule, expected->rule) == 0 &&
           strcmp(finding->object.table, expected->table) == 0 &&
           strcmp(finding->object.id, expected->id) == 0 &&
           (expected->severity == NULL ||
            strcmp(cg_severity_name(finding->severity), expected->severity) == 0) &&
           (expected->related == NULL || has_related(finding, expected->related));
}

/* Each finding stands for one expectation. */
static void
compare_findings_with(const CgReport *report, const CgFixtureFinding *expected, size_t n,
                      GPtrArray *differences)
{
    g_autofree bool *met = g_new0(bool, n);
    for (unsigned i = 0; i < report->findings->len; i++) {
        const CgFinding *finding = report->findings->pdata[i];
        size_t j = 0;
        while (j < n && (met[j] || !is_expected(finding, &expected[j])))
            j++;
        if (j < n) {
            met[j] = true;
            continue;
        }
        g_autofree char *what =
            g_strdup_printf("%s %s/%s", finding->rule, finding->object.table, finding->object.id);
        differ(differences, what, "not expected, or otherwise: %s, %s",
               cg_severity_name(finding->severity), finding->message);
    }
    for (size_t j = 0; j < n; j++) {
        g_autofree char *what =
            g_strdup_printf("%s %s/%s", expected[j].rule, expected[j].table, expected[j].id);
        if (!met[j])
            differ(differences, what, "no such finding");
    }
}

static bool
compare_findings(const CgFixture *fixture, CgDb *db, GPtrArray *differences, GError **error)
{
    size_t n = 0;
    const CgFixtureFinding *expected = cg_fixture_findings(fixture, &n);
    if (expected == NULL)
        return true;
    const CgAuditOptions options = { .quiet = true };
    g_autoptr(CgReport) report = cg_audit_run(db, &options, error);
    if (report == NULL)
        return false;
    compare_findings_with(report, expected, n, differences);
    return true;
}

GPtrArray *
cg_fixture_compare(const CgFixture *fixture, CgDb *db, GError **error)
{
    g_autoptr(GPtrArray) differences = g_ptr_array_new_with_free_func(free_difference);
    g_autoptr(CgSchema) schema = cg_schema_read(db, error);
    if (schema == NULL || !cg_fixture_check(fixture, schema, error) ||
        !compare_groups(fixture, db, differences, error) ||
        !compare_findings(fixture, db, differences, error))
        return NULL;
    return g_steal_pointer(&differences);
}
