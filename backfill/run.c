/* See run.h. */
#include "backfill/run.h"

#include "backfill/write.h"
#include "base/fault.h"
#include "base/term.h"
#include "db/lock.h"

/* Rows that Cinder holds are free again soon; a longer wait is a transaction that hangs. */
enum { LOCK_MS = 2000 };

/* ---- the proof ---- */

/* What the second snapshot says of the values that the run has written. */
typedef struct {
    const CgBackfillPlan *plan;
    GArray *undo, *sweep; /* CgWork */
    int64_t verified;
    char *poison; /* the first value that contradicts its own evidence */
} Proof;

static bool
still_follows(const CgBackfillPlan *plan, const CgDecision *decision, CgId value,
              const char *verdict)
{
    return cg_id_equal(decision->source, value) &&
           (cg_backfill_accepts(plan, decision) ||
            strcmp(cg_verdict_name(decision->verdict), verdict) == 0);
}

static void
note_poison(Proof *proof, uint32_t group, CgId value, const CgDecision *decision)
{
    const CgModel *model = proof->plan->model;
    char buffers[3][CG_ID_TEXT_SIZE];
    if (proof->poison == NULL)
        proof->poison = g_strdup_printf(
            "group %s: the value %s was written, but the same evidence now says %s %s",
            cg_id_text(model->strings, model->groups.rows.id[group], buffers[0], NULL),
            cg_id_text(model->strings, value, buffers[1], NULL), cg_verdict_name(decision->verdict),
            cg_id_text(model->strings, decision->source, buffers[2], NULL));
}

/* A value that somebody else has changed, or whose group is gone, is no longer ours. */
static void
prove_value(Proof *proof, CgId id, CgId value, const char *verdict, const char *evidence)
{
    const CgModel *model = proof->plan->model;
    const CgRowsOf *groups = &model->groups.rows;
    CgRef group = cg_row_find(groups, id);
    if (group == CG_REF_NONE || !cg_row_is_live(groups, group) ||
        !cg_id_equal(cg_refs_id(&model->groups.source, group, groups->id), value))
        return;
    CgWork work = { group, cg_verdicts_rederive(proof->plan->verdicts, group) };
    if (still_follows(proof->plan, &work.decision, value, verdict)) {
        proof->verified++;
        return;
    }
    char now[CG_SHA256_HEX_SIZE];
    cg_evidence_hex(proof->plan->verdicts, group, now);
    if (strcmp(now, evidence) == 0) {
        note_poison(proof, group, value, &work.decision);
        return;
    }
    g_array_append_val(proof->undo, work);
    if (cg_backfill_accepts(proof->plan, &work.decision))
        g_array_append_val(proof->sweep, work);
}

static CgId
id_at(const CgRows *rows, int column, CgStrings *strings)
{
    CgValue value = cg_rows_value(rows, column);
    return value.type == CG_BYTES ? cg_id_make(strings, value.s.p, value.s.n) : CG_ID_NULL;
}

/* Each value is proven against the newest row about its group. */
static bool
prove_values(CgRunner *runner, Proof *proof, GError **error)
{
    const CgValue run = cg_int(runner->id);
    CgStrings *strings = proof->plan->model->strings;
    g_autoptr(CgRows) rows = cg_db_query(
        runner->db,
        "SELECT j.group_id, j.new_value, j.verdict, j.evidence FROM " CG_JOURNAL_TABLE " j"
        " JOIN (SELECT group_id, max(seq) AS seq FROM " CG_JOURNAL_TABLE
        " WHERE run_id = $1 GROUP BY group_id) newest"
        " ON newest.group_id = j.group_id AND newest.seq = j.seq"
        " WHERE j.run_id = $1 AND j.kind <> 'undo'",
        &run, 1, error);
    if (rows == NULL)
        return false;
    int more;
    while ((more = cg_rows_next(rows, error)) > 0) {
        CgId group = id_at(rows, 0, strings), value = id_at(rows, 1, strings);
        g_autofree char *verdict = cg_rows_text_dup(rows, 2);
        g_autofree char *evidence = cg_rows_text_dup(rows, 3);
        prove_value(proof, group, value, verdict, evidence);
    }
    return more == 0;
}

static bool
poison(CgRunner *runner, const Proof *proof, GError **error)
{
    if (!cg_runner_end(runner, "poisoned", proof->verified, proof->poison, error))
        return false;
    cg_error_set(error, CG_EXIT_HALF_DONE,
                 "nothing more is written until cg-backfill run --acknowledge REASON",
                 "run %" G_GINT64_FORMAT " is poisoned: %s", runner->id, proof->poison);
    return false;
}

static bool
act_on_proof(CgRunner *runner, Proof *proof, const CgBackfillOptions *options, GError **error)
{
    if (proof->poison != NULL)
        return poison(runner, proof, error);
    cg_work_sort(runner->db, proof->plan, proof->undo);
    if (!cg_undo_values(runner, proof->plan, proof->undo, error))
        return false;
    CG_FAULT("backfill.run.undone");
    g_autoptr(GArray) eligible = cg_work_of_plan(runner->db, proof->plan);
    g_array_append_vals(proof->sweep, eligible->data, eligible->len);
    cg_work_sort(runner->db, proof->plan, proof->sweep);
    if (!cg_write_values(runner, proof->plan, proof->sweep, CG_JOURNAL_SWEEP, options, error))
        return false;
    CG_FAULT("backfill.run.swept");
    return true;
}

static bool
prove(CgRunner *runner, const CgBackfillOptions *options, int64_t *out_verified, GError **error)
{
    g_autoptr(CgBackfillPlan) plan = cg_backfill_plan(runner->db, options, error);
    if (plan == NULL)
        return false;
    CG_FAULT("backfill.run.read-again");
    g_autoptr(GArray) undo = g_array_new(FALSE, FALSE, sizeof(CgWork));
    g_autoptr(GArray) sweep = g_array_new(FALSE, FALSE, sizeof(CgWork));
    Proof proof = { .plan = plan, .undo = undo, .sweep = sweep };
    bool ok = prove_values(runner, &proof, error) && act_on_proof(runner, &proof, options, error);
    *out_verified = proof.verified;
    g_free(proof.poison);
    return ok;
}

/* ---- the run ---- */

static void
fill_result(CgBackfillResult *result, const CgRunner *runner)
{
    result->run = runner->id;
    result->resumed = runner->resumed;
    result->accept = runner->accept;
    result->written = runner->marks.written;
    result->swept = runner->marks.swept;
    result->undone = runner->marks.undone;
    result->missed = runner->marks.missed;
}

static bool
write_plan(CgRunner *runner, const CgBackfillPlan *plan, const CgBackfillOptions *options,
           CgBackfillResult *result, GError **error)
{
    memcpy(result->counts, plan->verdicts->counts, sizeof result->counts);
    result->notice = cg_model_notice(plan->model);
    if (!cg_runner_note_counts(runner, plan->verdicts, error))
        return false;
    g_autoptr(GArray) work = cg_work_of_plan(runner->db, plan);
    return cg_write_values(runner, plan, work, CG_JOURNAL_WRITE, options, error);
}

/* Under the lock, with the run taken: write, prove, end. */
static bool
work_through(CgRunner *runner, const CgBackfillOptions *options, CgBackfillPlan *first,
             CgBackfillResult *result, GError **error)
{
    g_autoptr(CgBackfillPlan) plan = first;
    bool ok = write_plan(runner, plan, options, result, error);
    g_clear_pointer(&plan, cg_backfill_plan_free); /* two models at once would be one too many */
    ok = ok && prove(runner, options, &result->verified, error) &&
         cg_runner_end(runner, "finished", result->verified, NULL, error);
    fill_result(result, runner);
    result->state = ok                                       ? "finished"
                    : cg_error_is(*error, CG_EXIT_HALF_DONE) ? "poisoned"
                                                             : "active";
    return ok;
}

static bool
take_lock(CgRunner *runner, const CgBackfillOptions *options, GError **error)
{
    GError *cause = NULL;
    runner->lock = cg_db_lock(runner->db, "backfill", options->wait_s, &cause);
    if (runner->lock != NULL)
        return true;
    if (g_error_matches(cause, CG_DB_ERROR, CG_DB_ERROR_BUSY))
        cg_error_wrap(error, cause, CG_EXIT_LOCKED, "run again when it has ended", "not begun");
    else if (g_error_matches(cause, CG_DB_ERROR, CG_DB_ERROR_UNSUPPORTED))
        cg_error_wrap(error, cause, CG_EXIT_REFUSED, "connect to the server itself", "not begun");
    else
        g_propagate_error(error, cause);
    return false;
}

static bool
refuse_read_only(CgDb *db, GError **error)
{
    if (!cg_db_is_read_only(db))
        return true;
    cg_error_set(error, CG_EXIT_REFUSED, "cg-backfill plan works here",
                 "this database cannot be written: it is a standby, or opened for reading");
    return false;
}

static bool
prepare(CgRunner *runner, const CgBackfillOptions *options, GError **error)
{
    return refuse_read_only(runner->db, error) && cg_runner_check_tables(runner->db, error) &&
           cg_db_set_timeouts(runner->db, LOCK_MS, 0, error) && take_lock(runner, options, error);
}

static bool
run(CgRunner *runner, const CgBackfillOptions *options, CgBackfillResult *result, GError **error)
{
    if (!prepare(runner, options, error))
        return false;
    g_autoptr(CgBackfillPlan) plan = cg_backfill_plan(runner->db, options, error);
    if (plan == NULL || !cg_runner_take(runner, plan->model->naming, options, error))
        return false;
    plan->accept = runner->accept;
    CgBackfillOptions settled = *options;
    settled.accept = runner->accept;
    settled.naming = plan->model->naming;
    result->naming = g_strdup(cg_naming_name(plan->model->naming));
    result->column = g_strdup(plan->column);
    return work_through(runner, &settled, g_steal_pointer(&plan), result, error);
}

/* What the database said in the middle of a run, with what stands and what to type. */
static void
explain_failure(int64_t run, GError *cause, GError **error)
{
    if (cause->domain != CG_DB_ERROR) {
        g_propagate_error(error, cause);
        return;
    }
    const char *detail = cg_db_error_detail(cause), *sqlstate = cg_db_error_sqlstate(cause);
    g_autofree char *hint =
        g_strdup_printf("%srun the command again: it goes on where it stopped",
                        cause->code == CG_DB_ERROR_FULL ? "make room and " : "");
    g_autofree char *code = sqlstate != NULL ? g_strdup_printf(" [%s]", sqlstate) : NULL;
    cg_error_set(error, cg_db_error_exit(cause), hint,
                 "run %" G_GINT64_FORMAT " stopped, and what it wrote stands: %s%s%s%s", run,
                 cause->message, detail != NULL ? "; " : "", detail != NULL ? detail : "",
                 code != NULL ? code : "");
    g_error_free(cause);
}

bool
cg_backfill_run(CgDb *db, const CgBackfillOptions *options, CgBackfillResult **out_result,
                GError **error)
{
    GError *failure = NULL; /* looked at on the way */
    CgRunner runner = { .db = db, .marks = { .last_group = CG_ID_NULL } };
    g_autoptr(CgBackfillResult) result = g_new0(CgBackfillResult, 1);
    bool ok = run(&runner, options, result, &failure);
    cg_runner_clear(&runner);
    if (!ok && result->run != 0)
        explain_failure(result->run, failure, error);
    else if (!ok)
        g_propagate_error(error, failure);
    if (result->run != 0)
        *out_result = g_steal_pointer(&result);
    return ok;
}

void
cg_backfill_result_free(CgBackfillResult *result)
{
    if (result == NULL)
        return;
    g_free(result->naming);
    g_free(result->column);
    g_free(result->notice);
    g_free(result);
}
