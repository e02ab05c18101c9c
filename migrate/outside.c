/*
 * A step outside a transaction, for statements that refuse one (CREATE INDEX CONCURRENTLY).
 *
 * Before each statement an event says that it begins, after the last one an event that all is done.
 * After a crash the catalog is asked whether the begun statement took: its answer decides, never
 * hope. Only statements whose effect the catalog can tell, or that may be run twice, are resumed.
 */
#include "migrate/step.h"

#include "base/fault.h"
#include "base/term.h"
#include "db/statement.h"

typedef enum { NOT_DONE, DONE, CANNOT_TELL } Outcome;

static CgStatement
statement_at(const CgStep *step, guint i)
{
    return g_array_index(step->section->statements, CgStatement, i);
}

/* ---- what the catalog says ---- */

static bool
may_run_twice(const CgStep *step, guint i)
{
    const CgMigration *m = step->item->migration;
    return cg_statement_matches(&m->text, m->dialect, statement_at(step, i),
                                "VACUUM|ANALYZE|REINDEX|CLUSTER");
}

static bool
drop_invalid(CgStep *step, const CgIndexStatement *index, GError **error)
{
    const CgDialect *dialect = cg_db_dialect(step->db);
    const char *schema = index->schema != NULL ? index->schema : index->table_schema;
    g_autofree char *name = cg_dialect_ident(dialect, index->name);
    g_autofree char *in = schema != NULL ? cg_dialect_ident(dialect, schema) : NULL;
    g_autofree char *sql = g_strdup_printf("DROP INDEX CONCURRENTLY IF EXISTS %s%s%s",
                                           in != NULL ? in : "", in != NULL ? "." : "", name);
    cg_term_note("dropping the invalid index %s that an earlier try left", name);
    return cg_db_exec(step->db, sql, NULL, 0, NULL, error);
}

static bool
ask_index(CgStep *step, const CgIndexStatement *index, Outcome *out, GError **error)
{
    CgIndexState state;
    if (!cg_db_index_state(step->db, index->name, &state, error))
        return false;
    bool create = index->verb == CG_INDEX_CREATE;
    *out = state == (create ? CG_INDEX_VALID : CG_INDEX_ABSENT) ? DONE : NOT_DONE;
    if (create && state == CG_INDEX_INVALID)
        return drop_invalid(step, index, error);
    return true;
}

static bool
ask(CgStep *step, guint i, Outcome *out, GError **error)
{
    const CgMigration *m = step->item->migration;
    g_autoptr(CgIndexStatement) index =
        cg_index_statement_parse(&m->text, m->dialect, statement_at(step, i));
    if (index != NULL && index->name != NULL)
        return ask_index(step, index, out, error);
    *out = may_run_twice(step, i) ? NOT_DONE : CANNOT_TELL;
    return true;
}

/* ---- running ---- */

static bool
record_begin(CgStep *step, guint i, bool keep, GError **error)
{
    g_autofree char *note =
        g_strdup_printf("%s %u", step->direction == CG_UP ? "up" : "down", i + 1);
    const CgNewEvent event = { .kind = CG_EVENT_BEGIN,
                               .migration = step->item->migration,
                               .note = note };
    g_autoptr(CgTx) tx = cg_tx_begin(step->db, CG_TX_WRITE, error);
    if (tx == NULL || (keep && !cg_step_keep(step, error)) ||
        !cg_ledger_append(step->ledger, &event, error) || !cg_step_check_lock(step, error) ||
        !cg_tx_commit(tx, error))
        return false;
    CG_STEP_FAULT(step, "migrate.up.announced", "migrate.down.announced");
    return true;
}

static void
half_done(const CgStep *step, guint i, GError *cause, GError **error)
{
    bool up = step->direction == CG_UP;
    cg_error_wrap(error, cause, CG_EXIT_HALF_DONE,
                  up ? "run cg-migrate up again: it asks the catalog what took, drops an invalid "
                       "index and goes on"
                     : "run cg-migrate down again: it asks the catalog what took and goes on",
                  "migration %04" G_GINT64_FORMAT
                  "_%s, statement %u runs outside a transaction and "
                  "failed%s%s",
                  step->item->version, step->item->name, i + 1,
                  step->blockers != NULL ? ", in the way: " : "",
                  step->blockers != NULL ? step->blockers : "");
}

static bool
run_one(CgStep *step, guint i, GError **error)
{
    /* A lock_timeout would leave an invalid index at each try: one deadline for all of it instead.
     */
    gint64 left_ms = MAX((step->deadline - g_get_monotonic_time()) / 1000, 1);
    int statement_ms = step->section->statement_timeout_ms >= 0
                           ? (int)MIN(step->section->statement_timeout_ms, G_MAXINT)
                           : (int)MIN(left_ms, G_MAXINT);
    GError *cause = NULL;
    bool announced = record_begin(step, i, false, &cause);
    if (!announced && i == 0) {
        g_propagate_error(error, cause);
        return false;
    }
    if (!announced || !cg_db_set_timeouts(step->db, 0, statement_ms, &cause) ||
        !cg_step_statement(step, step->kind, i, &cause)) {
        half_done(step, i, cause, error);
        return false;
    }
    CG_STEP_FAULT(step, "migrate.up.statement", "migrate.down.statement");
    return true;
}

static bool
begun_in_this_direction(const CgStep *step)
{
    const char *word = step->direction == CG_UP ? "up " : "down ";
    return step->item->interrupted && g_str_has_prefix(step->item->event->note, word);
}

/* The statement that the newest event says was begun, from 0; those before it are done. */
static guint
first_statement(const CgStep *step)
{
    if (!begun_in_this_direction(step))
        return 0;
    const char *number = strchr(step->item->event->note, ' ') + 1;
    return (guint)CLAMP(g_ascii_strtoll(number, NULL, 10) - 1, 0,
                        (gint64)step->section->statements->len);
}

static bool
resume_or_run(CgStep *step, guint i, bool may_have_taken, GError **error)
{
    Outcome outcome = NOT_DONE;
    if (may_have_taken && !ask(step, i, &outcome, error))
        return false;
    if (outcome == CANNOT_TELL) {
        cg_error_set(error, CG_EXIT_HALF_DONE,
                     "look by hand whether it took; cg-migrate down takes the migration back, "
                     "then up begins anew",
                     "migration %04" G_GINT64_FORMAT
                     "_%s: statement %u was begun by an earlier run "
                     "that died, and no catalog tells whether it took",
                     step->item->version, step->item->name, i + 1);
        return false;
    }
    return outcome == DONE || run_one(step, i, error);
}

/* What the statements will drop is copied before the first of them, and not again on resume. */
static bool
keep_before(CgStep *step, GError **error)
{
    return step->section->preserve->len == 0 || begun_in_this_direction(step) ||
           record_begin(step, 0, true, error);
}

static bool
run_statements(CgStep *step, GError **error)
{
    guint first = first_statement(step);
    bool same_direction = begun_in_this_direction(step);
    for (guint i = first; i < step->section->statements->len; i++) {
        /* Of an interrupted run in the other direction any statement may have taken. */
        bool may_have_taken = step->item->interrupted && (i == first || !same_direction);
        if (!resume_or_run(step, i, may_have_taken, error))
            return false;
    }
    return true;
}

static bool
verify_and_record(CgStep *step, GError **error)
{
    if (!cg_db_set_timeouts(step->db, step->options->lock_timeout_ms, 0, error) ||
        !cg_db_reset(step->db, error) || !cg_step_verify(step, error))
        return false;
    g_autoptr(CgTx) tx = cg_tx_begin(step->db, CG_TX_WRITE, error);
    return tx != NULL && cg_step_restore(step, error) && cg_step_finish(step, tx, error);
}

bool
cg_step_outside(CgStep *step, GError **error)
{
    if (!keep_before(step, error) || !run_statements(step, error))
        return false;
    GError *cause = NULL;
    if (verify_and_record(step, &cause))
        return true;
    cg_error_wrap(error, cause, CG_EXIT_HALF_DONE,
                  step->direction == CG_UP ? "run cg-migrate up again to go on from here, or "
                                             "cg-migrate down to undo it"
                                           : "run cg-migrate down again to go on from here",
                  "migration %04" G_GINT64_FORMAT "_%s: its statements ran outside a transaction "
                  "and stand, what comes after them failed",
                  step->item->version, step->item->name);
    return false;
}
