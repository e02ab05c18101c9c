/* The order of a run; see runner.h. */
#include "migrate/runner.h"

#include "base/fault.h"
#include "base/term.h"
#include "db/probe.h"
#include "migrate/kept.h"
#include "migrate/step.h"

const CgRunOptions cg_run_defaults = {
    .target = { .to = -1, .count = -1 },
    .lock_wait_s = 60,
    .lock_timeout_ms = 2000,
    .lock_retry_s = 120,
    .backup = true,
};

/* ---- results ---- */

static void
free_step_result(void *data)
{
    CgStepResult *step = data;
    g_free(step->name);
    g_ptr_array_unref(step->kept);
    g_free(step);
}

CgRunResult *
cg_run_result_new(void)
{
    CgRunResult *result = g_new0(CgRunResult, 1);
    result->steps = g_ptr_array_new_with_free_func(free_step_result);
    return result;
}

void
cg_run_result_free(CgRunResult *result)
{
    if (result == NULL)
        return;
    g_ptr_array_unref(result->steps);
    g_free(result->backup_path);
    g_free(result->position);
    g_free(result->waiting_message);
    g_free(result->head);
    g_free(result);
}

static CgStepResult *
step_result_new(const CgStep *step)
{
    CgStepResult *result = g_new0(CgStepResult, 1);
    result->direction = step->direction;
    result->version = step->item->version;
    result->name = g_strdup(step->item->name);
    result->statements = step->section->statements->len;
    result->kept = g_ptr_array_new_with_free_func(cg_kept_result_free);
    return result;
}

/* ---- locks ---- */

CgLock *
cg_migrate_lock(CgDb *db, double wait_s, GError **error)
{
    return cg_db_lock(db, "migrate", wait_s, error);
}

/* A down would pull the tables out from under a backfill that runs, or that a crash left to be
 * resumed. *out_lock keeps a new one from starting meanwhile. */
static bool
keep_backfill_out(CgDb *db, CgLock **out_lock, GError **error)
{
    int exists = cg_db_has(db, "cg_backfill_run", NULL, error);
    if (exists <= 0)
        return exists == 0;
    GError *cause = NULL;
    *out_lock = cg_db_lock(db, "backfill", 0, &cause);
    if (*out_lock == NULL) {
        if (g_error_matches(cause, CG_DB_ERROR, CG_DB_ERROR_BUSY))
            cg_error_wrap(error, cause, CG_EXIT_REFUSED, "let it finish, then go down",
                          "a backfill is running");
        else
            g_propagate_error(error, cause);
        return false;
    }
    g_autofree char *table = cg_db_qualified(db, "cg_backfill_run");
    g_autofree char *sql =
        g_strdup_printf("SELECT min(id) FROM %s WHERE state IN ('active', 'paused')", table);
    CgValue run;
    if (!cg_db_query_value(db, sql, NULL, 0, &run, NULL, error))
        return false;
    if (run.type == CG_NULL)
        return true;
    cg_error_set(error, CG_EXIT_REFUSED, "finish it first: cg-backfill run",
                 "backfill run %" G_GINT64_FORMAT " is not finished", run.i);
    return false;
}

/* ---- before the first step ---- */

static bool
has_tables(CgDb *db, const CgPlan *plan)
{
    return cg_ledger_size(plan->ledger) > 0 || plan->existing_tables != NULL ||
           cg_db_has(db, "cg_ledger", NULL, NULL) > 0;
}

static bool
prepare(CgDb *db, const CgPlan *plan, const CgRunOptions *options, CgRunResult *result,
        GError **error)
{
    unsigned can = cg_db_dialect(db)->can;
    if (can & CG_CAN_LOG_POSITION) {
        result->position = cg_db_position(db, error);
        return result->position != NULL;
    }
    if (!options->backup || !(can & CG_CAN_BACKUP) || !has_tables(db, plan))
        return true;
    GError *cause = NULL;
    if (!cg_db_backup(db, "before-migrate", &result->backup_path, &cause)) {
        if (cause->domain != CG_DB_ERROR)
            g_propagate_error(error, cause); /* interrupted */
        else
            cg_error_wrap(error, cause, cg_db_error_exit(cause),
                          cause->code == CG_DB_ERROR_BUSY
                              ? cg_db_error_advice(cause)
                              : "make room, or go without a copy: --no-backup",
                          "nothing was changed");
        return false;
    }
    CG_FAULT("migrate.run.copied");
    return true;
}

/* ---- steps ---- */

static void
sleep_with_jitter(void)
{
    g_usleep((unsigned long)g_random_int_range(100, 600) * 1000);
}

/* The first time, and whenever somebody else is in the way. */
static void
tell_again(const CgStep *step, char **told)
{
    g_autofree char *way = g_strconcat(step->blockers != NULL ? "; in the way: " : "",
                                       step->blockers != NULL ? step->blockers : "", NULL);
    if (g_strcmp0(way, *told) != 0)
        cg_term_note("migration %04" G_GINT64_FORMAT
                     ": a lock was not had within the lock timeout, trying again%s",
                     step->item->version, way);
    g_free(*told);
    *told = g_steal_pointer(&way);
}

/* Lock timeouts and serialization failures are tried again like a good neighbour: not at once. */
static bool
run_with_retries(CgStep *step, GError **error)
{
    size_t events = cg_ledger_size(step->ledger);
    g_autofree char *told = NULL;
    for (;;) {
        GError *cause = NULL;
        bool ok = step->section->transaction ? cg_step_in_transaction(step, &cause)
                                             : cg_step_outside(step, &cause);
        if (ok)
            return true;
        bool again = step->section->transaction && cause->domain == CG_DB_ERROR &&
                     (cause->code == CG_DB_ERROR_BUSY || cause->code == CG_DB_ERROR_SERIALIZATION);
        if (!again || g_get_monotonic_time() >= step->deadline || cg_interrupted()) {
            g_propagate_error(error, cause);
            return false;
        }
        g_error_free(cause);
        g_ptr_array_set_size(step->result->kept, 0);
        if (!cg_ledger_truncate(step->ledger, events, error))
            return false;
        tell_again(step, &told);
        sleep_with_jitter();
    }
}

static void
explain_lock(const CgStep *step, GError **error)
{
    if (!g_error_matches(*error, CG_DB_ERROR, CG_DB_ERROR_BUSY))
        return;
    GError *cause = g_steal_pointer(error);
    cg_error_wrap(error, cause, cg_interrupted() ? CG_EXIT_INTERRUPTED : CG_EXIT_LOCKED,
                  "end the session in the way, or run again when it is quieter",
                  "migration %04" G_GINT64_FORMAT "_%s: nothing was changed; a lock was not had in "
                  "time%s%s",
                  step->item->version, step->item->name,
                  step->blockers != NULL ? ", in the way: " : "",
                  step->blockers != NULL ? step->blockers : "");
}

static void
record_failure(CgStep *step, size_t events, const GError *cause)
{
    if (events == 0 || !cg_ledger_truncate(step->ledger, events, NULL))
        return;
    const CgNewEvent event = { .kind = CG_EVENT_FAIL,
                               .migration = step->item->migration,
                               .note = cause->message };
    /* Only for the log: the failure itself is what the user has to hear of. */
    g_autoptr(CgTx) tx = cg_tx_begin(step->db, CG_TX_WRITE, NULL);
    if (tx == NULL || !cg_ledger_append(step->ledger, &event, NULL) ||
        !cg_lock_check(step->lock, NULL) || !cg_tx_commit(tx, NULL))
        cg_term_verbose("the failure could not be written to the ledger");
}

static int
lock_timeout(const CgStep *step)
{
    return step->section->lock_timeout_ms >= 0 ? (int)MIN(step->section->lock_timeout_ms, G_MAXINT)
                                               : step->options->lock_timeout_ms;
}

static bool
run_step(CgStep *step, GError **error)
{
    size_t events = cg_ledger_size(step->ledger);
    int statement_ms = (int)CLAMP(step->section->statement_timeout_ms, 0, G_MAXINT);
    g_autoptr(GError) cause = NULL;
    if (cg_db_reset(step->db, &cause) &&
        cg_db_set_timeouts(step->db, lock_timeout(step), statement_ms, &cause) &&
        run_with_retries(step, &cause))
        return true;
    explain_lock(step, &cause);
    cg_step_explain(step, &cause);
    if (step->section->transaction)
        record_failure(step, events, cause);
    g_propagate_error(error, g_steal_pointer(&cause));
    return false;
}

/* ---- requirements ---- */

/* *out_stop: the migration waits, and the run ends well before it. */
static bool
check_requirement(CgDb *db, const CgPlanItem *item, const CgRunOptions *options,
                  CgRunResult *result, bool *out_stop, GError **error)
{
    bool met = true;
    if (!cg_db_set_timeouts(db, options->lock_timeout_ms, 0, error) ||
        !cg_plan_requirement_met(db, item->migration, &met, error))
        return false;
    *out_stop = !met;
    if (met)
        return true;
    const char *message = item->migration->sections[CG_SECTION_REQUIRE].message;
    if (options->target.to >= item->version) {
        cg_error_set(error, CG_EXIT_REFUSED, message, "migration %04" G_GINT64_FORMAT "_%s waits",
                     item->version, item->name);
        return false;
    }
    result->waiting = item->version;
    result->waiting_message = g_strdup(message);
    return true;
}

static bool
interrupted(const CgPlanItem *item, GError **error)
{
    if (!cg_interrupted())
        return false;
    cg_error_set(error, CG_EXIT_INTERRUPTED, "run the command again to go on",
                 "interrupted before migration %04" G_GINT64_FORMAT "_%s", item->version,
                 item->name);
    return true;
}

/* ---- the run ---- */

typedef struct {
    CgDb *db;
    CgDirection direction;
    const CgRunOptions *options;
    CgRunResult *result;
    CgStepFunc report;
    void *data;
    CgPlan *plan;
    CgLock *lock;
    bool prepared; /* for the first change */
} Run;

/* The event of a run's last step carries the fingerprint; the run may end before one that requires.
 */
static bool
may_be_last(const Run *run, const GPtrArray *steps, guint i)
{
    if (i + 1 >= steps->len)
        return true;
    const CgPlanItem *next = g_ptr_array_index(steps, i + 1);
    return run->direction == CG_UP && next->migration->sections[CG_SECTION_REQUIRE].present;
}

/* Not before a step that waits: a run that changes nothing leaves no copy behind. */
static bool
prepare_once(Run *run, GError **error)
{
    if (run->prepared)
        return true;
    if (!prepare(run->db, run->plan, run->options, run->result, error))
        return false;
    run->prepared = true;
    if (run->report != NULL)
        run->report(run->result, NULL, run->data);
    return true;
}

static bool
take_step(Run *run, const GPtrArray *steps, guint i, bool *out_stop, GError **error)
{
    const CgPlanItem *item = g_ptr_array_index(steps, i);
    CgSectionKind kind = run->direction == CG_UP ? CG_SECTION_UP : CG_SECTION_DOWN;
    CgStep step = {
        .db = run->db,
        .ledger = run->plan->ledger,
        .lock = run->lock,
        .options = run->options,
        .direction = run->direction,
        .item = item,
        .kind = kind,
        .section = &item->migration->sections[kind],
        .last = may_be_last(run, steps, i),
        .started = g_get_monotonic_time(),
    };
    step.deadline = step.started + (gint64)(run->options->lock_retry_s * G_USEC_PER_SEC);
    if (interrupted(item, error))
        return false;
    if (run->direction == CG_UP &&
        !check_requirement(run->db, item, run->options, run->result, out_stop, error))
        return false;
    if (*out_stop)
        return true;
    if (!prepare_once(run, error))
        return false;
    step.result = step_result_new(&step);
    bool ok = run_step(&step, error);
    g_free(step.blockers);
    if (!ok) {
        free_step_result(step.result);
        return false;
    }
    g_ptr_array_add(run->result->steps, step.result);
    if (run->report != NULL)
        run->report(run->result, step.result, run->data);
    return true;
}

static bool
take_steps(Run *run, const GPtrArray *steps, GError **error)
{
    bool stop = false;
    for (guint i = 0; i < steps->len && !stop; i++)
        if (!take_step(run, steps, i, &stop, error))
            return false;
    return true;
}

static void
note_end(Run *run)
{
    run->result->head = g_strdup(cg_ledger_head(run->plan->ledger));
    run->result->current = cg_plan_current(run->plan);
    guint n = run->result->steps->len;
    if (n == 0)
        return;
    const CgStepResult *last = g_ptr_array_index(run->result->steps, n - 1);
    run->result->current = last->version;
    if (last->direction == CG_UP)
        return;
    run->result->current = 0;
    for (size_t i = 0; i < cg_plan_size(run->plan); i++)
        if (cg_plan_item(run->plan, i)->version < last->version)
            run->result->current = cg_plan_item(run->plan, i)->version;
}

bool
cg_migrate_run(CgDb *db, CgDirection direction, const CgRunOptions *options, CgRunResult *result,
               CgStepFunc report, void *data, GError **error)
{
    g_autoptr(CgLock) lock = cg_migrate_lock(db, options->lock_wait_s, error);
    if (lock == NULL)
        return false;
    g_autoptr(CgLock) backfill = NULL;
    g_autoptr(CgPlan) plan = cg_plan_load(db, options->dir, error);
    if (plan == NULL || !cg_plan_check_history(plan, error) || !cg_plan_check_adopted(plan, error))
        return false;
    bool up = direction == CG_UP;
    g_autoptr(GPtrArray) steps =
        up ? cg_plan_up(plan, options->target, error) : cg_plan_down(plan, options->target, error);
    if (steps == NULL || (!up && steps->len > 0 && !keep_backfill_out(db, &backfill, error)))
        return false;
    Run run = { db, direction, options, result, report, data, plan, lock, false };
    bool ok = take_steps(&run, steps, error);
    note_end(&run);
    return ok;
}
