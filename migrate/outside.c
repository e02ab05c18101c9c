/*
 * A step outside a transaction, for statements that refuse one (CREATE INDEX CONCURRENTLY).
 *
 * Before each statement an event says that it begins, after the last one an event that all is done.
 * After a crash the catalog is asked whether the begun statement took: its answer decides, never
 * hope. Only statements whose effect the catalog can tell, or that may be run twice, are resumed.
 * Of a statement that the server refused the ledger says so: it did not take.
 */
#include "migrate/step.h"

#include "base/fault.h"
#include "base/term.h"
#include "db/probe.h"
#include "db/statement.h"

typedef enum { NOT_DONE, DONE, CANNOT_TELL } Outcome;

static CgStatement
statement_at(const CgStep *step, guint i)
{
    return g_array_index(step->section->statements, CgStatement, i);
}

static bool
matches(const CgStep *step, guint i, const char *pattern)
{
    const CgMigration *m = step->item->migration;
    return cg_statement_matches(&m->text, m->dialect, statement_at(step, i), pattern);
}

/* ---- what the catalog says ---- */

/* The index that the statement makes or drops by its name, or NULL. */
static CgIndexStatement *
parse_index(const CgMigration *m, CgStatement statement)
{
    g_autoptr(CgIndexStatement) index = cg_index_statement_parse(&m->text, m->dialect, statement);
    return index != NULL && index->name != NULL ? g_steal_pointer(&index) : NULL;
}

/* A DROP does not say of which table: the CREATE of the other section does. */
static void
find_table(const CgStep *step, CgIndexStatement *index)
{
    const CgMigration *m = step->item->migration;
    const CgSection *other =
        &m->sections[step->kind == CG_SECTION_UP ? CG_SECTION_DOWN : CG_SECTION_UP];
    for (guint i = 0; i < other->statements->len && index->table == NULL; i++) {
        g_autoptr(CgIndexStatement) made =
            parse_index(m, g_array_index(other->statements, CgStatement, i));
        if (made != NULL && made->verb == CG_INDEX_CREATE && strcmp(made->name, index->name) == 0)
            index->table = g_strdup(made->table);
    }
}

static CgIndexStatement *
index_at(const CgStep *step, guint i)
{
    CgIndexStatement *index = parse_index(step->item->migration, statement_at(step, i));
    if (index != NULL && index->verb == CG_INDEX_DROP)
        find_table(step, index);
    return index;
}

/* An index stands in the schema of its table. */
static const char *
schema_of(const CgIndexStatement *index)
{
    return index->schema != NULL ? index->schema : index->table_schema;
}

static bool
look(CgStep *step, const CgIndexStatement *index, CgIndexState *out, GError **error)
{
    return cg_db_index_state(step->db, schema_of(index), index->name, index->table, out, error);
}

static bool
drop_invalid(CgStep *step, const CgIndexStatement *index, GError **error)
{
    const CgDialect *dialect = cg_db_dialect(step->db);
    const char *schema = schema_of(index);
    g_autofree char *name = cg_dialect_ident(dialect, index->name);
    g_autofree char *in = schema != NULL ? cg_dialect_ident(dialect, schema) : NULL;
    g_autofree char *sql = g_strdup_printf("DROP INDEX CONCURRENTLY IF EXISTS %s%s%s",
                                           in != NULL ? in : "", in != NULL ? "." : "", name);
    if (!cg_step_check_lock(step, error))
        return false;
    cg_term_note("dropping the invalid index %s that an earlier try left", name);
    return cg_db_exec(step->db, sql, NULL, 0, NULL, error);
}

static bool
ask_index(CgStep *step, const CgIndexStatement *index, Outcome *out, GError **error)
{
    CgIndexState state;
    if (!look(step, index, &state, error))
        return false;
    if (state == CG_INDEX_ELSEWHERE) {
        cg_error_set(error, CG_EXIT_REFUSED, "rename that index, then run the command again",
                     "migration %04" G_GINT64_FORMAT
                     "_%s: there is an index \"%s\" already, and not on table \"%s\"",
                     step->item->version, step->item->name, index->name, index->table);
        return false;
    }
    bool create = index->verb == CG_INDEX_CREATE;
    *out = state == (create ? CG_INDEX_VALID : CG_INDEX_ABSENT) ? DONE : NOT_DONE;
    if (create && state == CG_INDEX_INVALID)
        return drop_invalid(step, index, error);
    return true;
}

static bool
ask(CgStep *step, guint i, Outcome *out, GError **error)
{
    g_autoptr(CgIndexStatement) index = index_at(step, i);
    if (index != NULL)
        return ask_index(step, index, out, error);
    *out = matches(step, i, "VACUUM|ANALYZE|REINDEX|CLUSTER") ? NOT_DONE : CANNOT_TELL;
    return true;
}

/* ---- what a refused statement leaves ---- */

/* These commit on their way. */
static bool
may_leave_parts(const CgStep *step, guint i)
{
    return matches(step, i, "CREATE|DROP [UNIQUE] INDEX CONCURRENTLY") ||
           matches(step, i, "ALTER TABLE * DETACH PARTITION * CONCURRENTLY") ||
           matches(step, i, "CALL|DO");
}

/* Whether statement i, which failed, surely left nothing: the server refused it, and the index is
 * as it was before. */
static bool
left_nothing(CgStep *step, guint i, CgIndexState before)
{
    if (step->lost || !may_leave_parts(step, i))
        return !step->lost;
    g_autoptr(CgIndexStatement) index = index_at(step, i);
    CgIndexState after = before;
    return index != NULL && look(step, index, &after, NULL) && after == before;
}

/* ---- the ledger ---- */

static const char *
direction_name(const CgStep *step)
{
    return step->direction == CG_UP ? "up" : "down";
}

/* What is not committed is forgotten, so that the ledger tells what stands. */
static bool
append(CgStep *step, CgEventKind kind, const char *note, GError **error)
{
    size_t events = cg_ledger_size(step->ledger);
    const CgNewEvent event = { .kind = kind, .migration = step->item->migration, .note = note };
    g_autoptr(CgTx) tx = cg_tx_begin(step->db, CG_TX_WRITE, error);
    if (tx != NULL && cg_ledger_append(step->ledger, &event, error) &&
        cg_step_check_lock(step, error) && cg_tx_commit(tx, error))
        return true;
    g_clear_pointer(&tx, cg_tx_end);
    if (!cg_ledger_truncate(step->ledger, events, NULL))
        cg_term_verbose("the ledger could not be looked at again");
    return false;
}

static bool
record_begin(CgStep *step, guint i, GError **error)
{
    g_autofree char *note = g_strdup_printf("%s %u", direction_name(step), i + 1);
    if (!append(step, CG_EVENT_BEGIN, note, error))
        return false;
    CG_STEP_FAULT(step, "migrate.up.announced", "migrate.down.announced");
    return true;
}

static void
record_refusal(CgStep *step, guint i, const GError *cause)
{
    g_autofree char *note =
        g_strdup_printf("%s %u: %s", direction_name(step), i + 1, cause->message);
    if (!append(step, CG_EVENT_FAIL, note, NULL))
        cg_term_verbose("the failure could not be written to the ledger");
}

static bool
is_half_done(const CgStep *step)
{
    const CgEvent *event = cg_ledger_state(step->ledger, step->item->version);
    return event != NULL && event->kind == CG_EVENT_BEGIN;
}

/* ---- running ---- */

static const char *
advice(const CgStep *step)
{
    const CgEvent *begin = cg_ledger_state(step->ledger, step->item->version);
    bool up = step->direction == CG_UP;
    if (cg_ledger_is_refused(step->ledger, begin))
        return up ? "the statements before it stand: mend this one and run cg-migrate up again, or "
                    "undo them with cg-migrate down"
                  : "the statements before it stand: mend this one and run cg-migrate down again";
    return up ? "run cg-migrate up again: it asks the catalog what took, drops an invalid index "
                "and "
                "goes on"
              : "run cg-migrate down again: it asks the catalog what took and goes on";
}

/* An error before anything was done is nothing special. */
static bool
fail(const CgStep *step, guint i, GError *cause, GError **error)
{
    if (is_half_done(step))
        cg_error_wrap(error, cause, CG_EXIT_HALF_DONE, advice(step),
                      "migration %04" G_GINT64_FORMAT
                      "_%s, statement %u runs outside a transaction and failed%s%s",
                      step->item->version, step->item->name, i + 1,
                      step->blockers != NULL ? ", in the way: " : "",
                      step->blockers != NULL ? step->blockers : "");
    else
        g_propagate_error(error, cause);
    return false;
}

/* A lock_timeout would leave an invalid index at each try: one deadline for all of it instead. */
static bool
set_deadline(CgStep *step, GError **error)
{
    gint64 left_ms = MAX((step->deadline - g_get_monotonic_time()) / 1000, 1);
    gint64 own_ms = step->section->statement_timeout_ms;
    int statement_ms = (int)MIN(own_ms >= 0 ? own_ms : left_ms, G_MAXINT);
    return cg_db_set_timeouts(step->db, 0, statement_ms, error);
}

static bool
run_one(CgStep *step, guint i, GError **error)
{
    GError *cause = NULL;
    CgIndexState before = CG_INDEX_ABSENT;
    g_autoptr(CgIndexStatement) index = index_at(step, i);
    if ((index != NULL && !look(step, index, &before, &cause)) || !record_begin(step, i, &cause))
        return fail(step, i, cause, error);
    if (!cg_step_statement(step, step->kind, i, &cause)) {
        if (left_nothing(step, i, before))
            record_refusal(step, i, cause);
        return fail(step, i, cause, error);
    }
    CG_STEP_FAULT(step, "migrate.up.statement", "migrate.down.statement");
    return true;
}

static bool
begun_in_this_direction(const CgStep *step)
{
    return step->item->interrupted &&
           g_str_has_prefix(step->item->event->note, step->direction == CG_UP ? "up " : "down ");
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

/* Statement i was begun, and its end was not reported. */
static bool
is_unknown(const CgStep *step, guint i)
{
    return begun_in_this_direction(step) && !step->item->refused && i == first_statement(step);
}

static bool
cannot_tell(const CgStep *step, guint i, GError **error)
{
    cg_error_set(error, CG_EXIT_HALF_DONE,
                 step->direction == CG_UP
                     ? "look by hand whether it took; cg-migrate down takes the migration back, "
                       "then up begins anew"
                     : "look by hand whether it took",
                 "migration %04" G_GINT64_FORMAT "_%s: statement %u was begun by an earlier run "
                 "that died, and no catalog tells whether it took",
                 step->item->version, step->item->name, i + 1);
    return false;
}

/* After an interrupted up some of what a down takes back may not be there: it is asked for all. */
static bool
resume_or_run(CgStep *step, guint i, GError **error)
{
    GError *cause = NULL;
    Outcome outcome = NOT_DONE;
    bool asks = is_unknown(step, i) || (step->item->interrupted && step->direction == CG_DOWN);
    if (!set_deadline(step, &cause) || (asks && !ask(step, i, &outcome, &cause))) {
        if (cause->domain == CG_DB_ERROR)
            return fail(step, i, cause, error);
        g_propagate_error(error, cause);
        return false;
    }
    if (outcome == CANNOT_TELL && is_unknown(step, i))
        return cannot_tell(step, i, error);
    return outcome == DONE || run_one(step, i, error);
}

static bool
run_statements(CgStep *step, GError **error)
{
    for (guint i = first_statement(step); i < step->section->statements->len; i++)
        if (!resume_or_run(step, i, error))
            return false;
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
    if (!run_statements(step, error))
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
