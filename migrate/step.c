/* A step inside a transaction; see step.h. */
#include "migrate/step.h"

#include "base/fault.h"
#include "db/blame.h"
#include "migrate/kept.h"
#include "schema/schema.h"

/* ---- statements ---- */

/* What the server said, on one line with the code that can be looked up. */
static char *
server_message(const GError *error)
{
    GString *text = g_string_new(error->message);
    if (cg_db_error_detail(error) != NULL)
        g_string_append_printf(text, "; %s", cg_db_error_detail(error));
    if (cg_db_error_hint(error) != NULL)
        g_string_append_printf(text, "; %s", cg_db_error_hint(error));
    if (cg_db_error_sqlstate(error) != NULL)
        g_string_append_printf(text, " [%s]", cg_db_error_sqlstate(error));
    return g_string_free(text, FALSE);
}

static bool
may_try_again(const GError *error)
{
    return g_error_matches(error, CG_DB_ERROR, CG_DB_ERROR_BUSY) ||
           g_error_matches(error, CG_DB_ERROR, CG_DB_ERROR_SERIALIZATION);
}

/* What to do, where a step knows better than db/: the cause may be in the file. */
static const char *const advice[] = {
    [CG_DB_ERROR_CONNECT] = "run the command again",
    [CG_DB_ERROR_QUERY] = "mend the file and run the command again",
    [CG_DB_ERROR_CONSTRAINT] = "mend the file or the data and run the command again",
    [CG_DB_ERROR_TIMEOUT] = "run the command again, or give the section a longer statement_timeout",
    [CG_DB_ERROR_UNSUPPORTED] = "mend the file and run the command again",
};

static CgExit
exit_of(const GError *cause, char **out_hint)
{
    size_t code = (size_t)cause->code;
    const char *of_file = code < G_N_ELEMENTS(advice) ? advice[code] : NULL;
    bool refused = cg_db_error_exit(cause) == CG_EXIT_REFUSED && code != CG_DB_ERROR_UNSUPPORTED;
    *out_hint = g_strdup_printf("%s: this step left nothing, steps before it stand",
                                refused || of_file == NULL ? cg_db_error_advice(cause) : of_file);
    return refused ? CG_EXIT_REFUSED : CG_EXIT_FAILED;
}

/* An error that may be tried again keeps its domain, so that the runner can tell. */
static void
explain(const CgStep *step, CgSectionKind kind, guint i, GError *cause, GError **error)
{
    if (may_try_again(cause)) {
        g_propagate_error(error, cause);
        return;
    }
    const CgMigration *migration = step->item->migration;
    const GArray *statements = migration->sections[kind].statements;
    size_t offset = g_array_index(statements, CgStatement, i).offset;
    g_autofree char *hint = NULL;
    CgExit exit = exit_of(cause, &hint);
    g_autofree char *message = server_message(cause);
    cg_text_error(error, exit, &migration->text, offset + (size_t)MAX(cg_db_error_offset(cause), 0),
                  hint, "%s, statement %u of %u: %s", cg_section_kind_name(kind), i + 1,
                  statements->len, message);
    g_error_free(cause);
}

void
cg_step_explain(const CgStep *step, GError **error)
{
    if ((*error)->domain != CG_DB_ERROR)
        return;
    g_autoptr(GError) cause = g_steal_pointer(error);
    g_autofree char *hint = NULL;
    CgExit exit = exit_of(cause, &hint);
    g_autofree char *message = server_message(cause);
    bool lost = cause->code == CG_DB_ERROR_CONNECT;
    cg_error_set(error, exit, lost ? "run the command again: the ledger tells what took" : hint,
                 "migration %04" G_GINT64_FORMAT "_%s: %s", step->item->version, step->item->name,
                 message);
}

bool
cg_step_statement(CgStep *step, CgSectionKind kind, guint i, GError **error)
{
    const CgMigration *migration = step->item->migration;
    g_autofree char *sql = cg_statement_dup(
        &migration->text, g_array_index(migration->sections[kind].statements, CgStatement, i));
    GError *cause = NULL;
    CgBlame *blame = cg_blame_begin(step->db, step->blockers);
    bool ok = cg_db_exec(step->db, sql, NULL, 0, NULL, &cause);
    g_free(step->blockers);
    step->blockers = cg_blame_end(blame);
    step->lost = g_error_matches(cause, CG_DB_ERROR, CG_DB_ERROR_CONNECT);
    if (!ok)
        explain(step, kind, i, cause, error);
    return ok;
}

bool
cg_step_verify(CgStep *step, GError **error)
{
    const CgSection *verify = &step->item->migration->sections[CG_SECTION_VERIFY];
    if (step->direction == CG_DOWN || !verify->present)
        return true;
    for (guint i = 0; i < verify->statements->len; i++)
        if (!cg_step_statement(step, CG_SECTION_VERIFY, i, error))
            return false;
    return cg_db_reset(step->db, error);
}

/* ---- kept data ---- */

bool
cg_step_keep(CgStep *step, GError **error)
{
    if (step->direction == CG_UP)
        return true;
    if (!cg_kept_save(step->db, step->item->migration, step->result->kept, error))
        return false;
    CG_FAULT("migrate.down.kept");
    return true;
}

bool
cg_step_restore(CgStep *step, GError **error)
{
    if (step->direction == CG_DOWN)
        return true;
    if (!cg_kept_restore(step->db, step->item->migration, step->result->kept, error))
        return false;
    CG_FAULT("migrate.up.restored");
    return true;
}

/* ---- the event ---- */

static char *
fingerprint(const CgStep *step, GError **error)
{
    g_autoptr(CgSchema) schema = cg_schema_read(step->db, error);
    return schema != NULL ? cg_schema_fingerprint(schema, "cg_") : NULL;
}

/* A lock that was lost is no lock to wait for: the code that is tried again is taken off. */
bool
cg_step_check_lock(CgStep *step, GError **error)
{
    GError *cause = NULL;
    if (cg_lock_check(step->lock, &cause))
        return true;
    if (g_error_matches(cause, CG_DB_ERROR, CG_DB_ERROR_BUSY))
        cg_error_wrap(error, cause, CG_EXIT_LOCKED, "run the command again",
                      "migration %04" G_GINT64_FORMAT "_%s was %s", step->item->version,
                      step->item->name, step->section->transaction ? "rolled back" : "stopped");
    else
        g_propagate_error(error, cause);
    return false;
}

bool
cg_step_finish(CgStep *step, CgTx *tx, GError **error)
{
    g_autofree char *print = NULL;
    if (step->last && (print = fingerprint(step, error)) == NULL)
        return false;
    step->result->duration_ms = (g_get_monotonic_time() - step->started) / 1000;
    const CgNewEvent event = {
        .kind = step->direction == CG_UP ? CG_EVENT_UP : CG_EVENT_DOWN,
        .migration = step->item->migration,
        .duration_ms = step->result->duration_ms,
        .fingerprint = print,
    };
    if (!cg_ledger_append(step->ledger, &event, error) || !cg_step_check_lock(step, error))
        return false;
    CG_STEP_FAULT(step, "migrate.up.recorded", "migrate.down.recorded");
    if (!cg_tx_commit(tx, error))
        return false;
    CG_STEP_FAULT(step, "migrate.up.committed", "migrate.down.committed");
    return true;
}

/* ---- the whole ---- */

static bool
run_statements(CgStep *step, GError **error)
{
    for (guint i = 0; i < step->section->statements->len; i++) {
        if (!cg_step_statement(step, step->kind, i, error))
            return false;
        CG_STEP_FAULT(step, "migrate.up.statement", "migrate.down.statement");
    }
    return true;
}

bool
cg_step_in_transaction(CgStep *step, GError **error)
{
    g_autoptr(CgTx) tx = cg_tx_begin(step->db, CG_TX_WRITE, error);
    if (tx == NULL)
        return false;
    CG_STEP_FAULT(step, "migrate.up.begun", "migrate.down.begun");
    return cg_step_keep(step, error) && run_statements(step, error) &&
           cg_db_reset(step->db, error) && cg_step_verify(step, error) &&
           cg_step_restore(step, error) && cg_step_finish(step, tx, error);
}
