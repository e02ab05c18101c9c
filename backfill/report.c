/* See report.h. */
#include "backfill/report.h"

#include "base/json.h"
#include "base/table.h"
#include "base/term.h"

/* What each verdict means, in a few words. */
static const char *const meanings[CG_VERDICT_N] = {
    [CG_VERDICT_SETTLED] = "has a source already",
    [CG_VERDICT_RECORDED] = "upstream recorded the source",
    [CG_VERDICT_NONE] = "no member says where it came from",
    [CG_VERDICT_AMBIGUOUS] = "members come from several groups",
    [CG_VERDICT_CONFLICT] = "one source, but a fact forbids it",
    [CG_VERDICT_EXACT] = "a clone of every volume of one group",
    [CG_VERDICT_STRONG] = "clones of most volumes of one group",
    [CG_VERDICT_WEAK] = "clones of a few volumes of one group",
    [CG_VERDICT_GROWN] = "a whole clone to which volumes were added",
    [CG_VERDICT_PARTIAL] = "some clones of one group, some of unknown origin",
};

/* ---- JSON ---- */

static void
put_counts(CgJson *json, const int64_t *counts)
{
    cg_json_object(json, "counts");
    for (CgVerdict verdict = 0; verdict < CG_VERDICT_N; verdict++)
        cg_json_int(json, cg_verdict_name(verdict), counts[verdict]);
    cg_json_close(json);
}

static void
put_accept(CgJson *json, CgVerdictSet accept)
{
    cg_json_array(json, "accept");
    for (CgVerdict verdict = 0; verdict < CG_VERDICT_N; verdict++)
        if ((accept & CG_VERDICT_BIT(verdict)) != 0)
            cg_json_text(json, NULL, cg_verdict_name(verdict));
    cg_json_close(json);
}

static void
put_id(CgJson *json, const char *key, const CgModel *model, CgId id)
{
    char buffer[CG_ID_TEXT_SIZE];
    size_t len;
    const char *text = cg_id_text(model->strings, id, buffer, &len);
    if (cg_id_is_null(id))
        cg_json_null(json, key);
    else
        cg_json_bytes(json, key, text, len);
}

static void
put_votes(CgJson *json, const CgVerdicts *verdicts, const CgDecision *decision)
{
    char buffer[CG_ID_TEXT_SIZE];
    cg_json_object(json, "votes");
    for (uint32_t i = 0; i < decision->n_votes; i++) {
        const CgVoteCount *vote = &verdicts->votes[decision->first_vote + i];
        cg_json_int(json, cg_id_text(verdicts->model->strings, vote->group, buffer, NULL), vote->n);
    }
    cg_json_close(json);
}

static void
put_group(CgJson *json, const CgVerdicts *verdicts, uint32_t group)
{
    const CgModel *model = verdicts->model;
    const CgDecision *decision = &verdicts->of[group];
    cg_json_object(json, NULL);
    put_id(json, "id", model, model->groups.rows.id[group]);
    cg_json_text(json, "verdict", cg_verdict_name(decision->verdict));
    put_id(json, "source", model, decision->source);
    cg_json_int(json, "members", decision->members);
    put_votes(json, verdicts, decision);
    cg_json_bool(json, "disputed", decision->disputed);
    cg_json_text(json, "conflict", cg_conflict_reason(decision->conflict));
    cg_json_close(json);
}

bool
cg_backfill_plan_json(const CgBackfillPlan *plan, FILE *out)
{
    uint32_t n;
    g_autofree uint32_t *order = cg_verdicts_key_order(plan->verdicts, &n);
    g_autofree char *notice = cg_model_notice(plan->model);
    CgJson *json = cg_json_begin(out);
    cg_json_text(json, "naming", cg_naming_name(plan->model->naming));
    cg_json_text(json, "column", plan->column);
    put_accept(json, plan->accept);
    put_counts(json, plan->verdicts->counts);
    cg_json_int(json, "to_write", cg_backfill_to_write(plan));
    cg_json_text(json, "notice", notice);
    cg_json_array(json, "groups");
    for (uint32_t i = 0; i < n; i++)
        put_group(json, plan->verdicts, order[i]);
    cg_json_close(json);
    return cg_json_end(json);
}

bool
cg_backfill_result_json(const CgBackfillResult *result, FILE *out)
{
    CgJson *json = cg_json_begin(out);
    cg_json_text(json, "naming", result->naming);
    cg_json_text(json, "column", result->column);
    put_accept(json, result->accept);
    put_counts(json, result->counts);
    cg_json_int(json, "written", result->written);
    cg_json_int(json, "run", result->run);
    cg_json_text(json, "state", result->state);
    cg_json_bool(json, "resumed", result->resumed);
    cg_json_int(json, "undone", result->undone);
    cg_json_int(json, "swept", result->swept);
    cg_json_int(json, "missed", result->missed);
    cg_json_int(json, "verified", result->verified);
    cg_json_text(json, "notice", result->notice);
    return cg_json_end(json);
}

/* ---- for a person ---- */

static void
print_counts(const int64_t *counts, CgVerdictSet accept, FILE *out)
{
    static const CgTableColumn columns[] = {
        { "VERDICT", 0 }, { "GROUPS", CG_TABLE_RIGHT }, { "WRITTEN", 0 }, { "MEANING", 0 }
    };
    g_autoptr(CgTable) table = cg_table_new(columns, G_N_ELEMENTS(columns));
    char number[32];
    for (CgVerdict verdict = 0; verdict < CG_VERDICT_N; verdict++)
        if (counts[verdict] > 0)
            cg_table_row(table, cg_verdict_name(verdict), cg_table_number(counts[verdict], number),
                         (accept & CG_VERDICT_BIT(verdict)) != 0 ? "yes" : "no", meanings[verdict]);
    if (cg_table_rows(table) > 0)
        cg_table_print(table, out);
    else
        fputs("There is no live group.\n", out);
}

static void
warn_of(const char *notice)
{
    g_auto(GStrv) lines = notice == NULL ? NULL : g_strsplit(notice, "\n", -1);
    for (size_t i = 0; lines != NULL && lines[i] != NULL; i++)
        if (*lines[i] != '\0')
            cg_term_warn("%s", lines[i]);
}

void
cg_backfill_plan_print(const CgBackfillPlan *plan, FILE *out)
{
    g_autofree char *notice = cg_model_notice(plan->model);
    char number[32];
    warn_of(notice);
    print_counts(plan->verdicts->counts, plan->accept, out);
    fprintf(out, "%s values would be written to %s (naming %s).\n",
            cg_table_number(cg_backfill_to_write(plan), number), plan->column,
            cg_naming_name(plan->model->naming));
}

static void
print_number(const char *text, int64_t n, FILE *out)
{
    char number[32];
    if (n > 0)
        fprintf(out, "  %s %s\n", cg_table_number(n, number), text);
}

void
cg_backfill_result_print(const CgBackfillResult *result, FILE *out)
{
    char number[32];
    warn_of(result->notice);
    print_counts(result->counts, result->accept, out);
    fprintf(out, "Run %" G_GINT64_FORMAT "%s is %s: %s values written to %s (naming %s).\n",
            result->run, result->resumed ? ", resumed," : "",
            strcmp(result->state, "active") == 0 ? "not finished" : result->state,
            cg_table_number(result->written, number), result->column, result->naming);
    print_number("of them became eligible while the run went on", result->swept, out);
    print_number("taken back, because their evidence has changed", result->undone, out);
    print_number("rows were changed by others before their turn came", result->missed, out);
    print_number("proven by a second reading", result->verified, out);
}
