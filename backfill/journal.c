/* See journal.h. */
#include "backfill/journal.h"

#include "base/fault.h"
#include "base/term.h"
#include "base/time.h"
#include "db/blame.h"
#include "db/probe.h"

#include <string.h>
#include <unistd.h>

enum { TRIES = 12, FIRST_PAUSE_MS = 10, LONGEST_PAUSE_MS = 2000 };

#define RUN_TABLE "cg_backfill_run"

/* ---- the tables ---- */

/* To send somebody to cg-migrate who is at the wrong database would make it a Cinder. */
static const char *
hint_without_tables(CgDb *db)
{
    const CgNaming *naming = cg_naming_detect(db, NULL);
    bool is_cinder =
        naming != NULL && cg_db_has(db, cg_naming_table(naming, CG_TABLE_GROUPS), NULL, NULL) > 0;
    return is_cinder ? "run cg-migrate up, which adds it"
                     : "is this the database of a Cinder with groups?";
}

bool
cg_runner_check_tables(CgDb *db, GError **error)
{
    static const char *const tables[] = { RUN_TABLE, CG_JOURNAL_TABLE };
    for (size_t i = 0; i < G_N_ELEMENTS(tables); i++) {
        int there = cg_db_has(db, tables[i], NULL, error);
        if (there < 0)
            return false;
        if (there == 0) {
            cg_error_set(error, CG_EXIT_REFUSED, hint_without_tables(db),
                         "there is no table \"%s\" to keep the journal in", tables[i]);
            return false;
        }
    }
    return true;
}

const CgColumn cg_journal_columns[CG_JOURNAL_COLUMNS] = {
    { "run_id", CG_INT },     { "seq", CG_INT },         { "kind", CG_BYTES },
    { "group_id", CG_BYTES }, { "old_value", CG_BYTES }, { "new_value", CG_BYTES },
    { "verdict", CG_BYTES },  { "votes", CG_BYTES },     { "evidence", CG_BYTES },
    { "at", CG_TIME },
};

static const char *const kinds[] = { "write", "sweep", "undo" };

void
cg_journal_values(const CgJournalRow *row, CgValue out[CG_JOURNAL_COLUMNS])
{
    out[0] = cg_int(row->run);
    out[1] = cg_int(row->seq);
    out[2] = cg_text(kinds[row->kind]);
    out[3] = row->group;
    out[4] = row->old_value;
    out[5] = row->new_value;
    out[6] = cg_text(cg_verdict_name(row->verdict));
    out[7] = cg_text(row->votes);
    out[8] = cg_text(row->evidence);
    out[9] = cg_time(row->at);
}

/* ---- taking a run ---- */

/* A poisoned run stands in the way until somebody has looked at it and says so. */
static bool
pass_poisoned(CgDb *db, const char *acknowledge, GError **error)
{
    CgValue run;
    bool found;
    if (!cg_db_query_value(db,
                           "SELECT id FROM " RUN_TABLE
                           " WHERE state = 'poisoned' AND acknowledged IS NULL ORDER BY id",
                           NULL, 0, &run, &found, error))
        return false;
    if (!found)
        return true;
    if (acknowledge == NULL) {
        cg_error_set(error, CG_EXIT_REFUSED,
                     "look at its row and journal, then run with --acknowledge REASON",
                     "run %" G_GINT64_FORMAT " is poisoned: a value it wrote does not follow from "
                     "the evidence it was written on",
                     run.i);
        return false;
    }
    const CgValue reason = cg_text(acknowledge);
    return cg_db_exec(db,
                      "UPDATE " RUN_TABLE " SET acknowledged = $1"
                      " WHERE state = 'poisoned' AND acknowledged IS NULL",
                      &reason, 1, NULL, error);
}

static bool
refuse_other_column(const CgRunner *runner, const char *column, const char *naming, GError **error)
{
    if (strcmp(column, runner->column) == 0)
        return true;
    g_autofree char *hint = g_strdup_printf("finish it first: cg-backfill run --names %s", naming);
    cg_error_set(error, CG_EXIT_REFUSED, hint,
                 "run %" G_GINT64_FORMAT " is not finished, and writes \"%s\"", runner->id, column);
    return false;
}

/* Reads the unfinished run, if there is one (then runner->id is set). */
static bool
find_unfinished(CgRunner *runner, GError **error)
{
    g_autoptr(CgRows) rows = cg_db_query(
        runner->db,
        "SELECT id, fence, column_written, naming, accepts, last_seq, written, swept,"
        " undone, missed FROM " RUN_TABLE " WHERE state IN ('active', 'paused') ORDER BY id",
        NULL, 0, error);
    int found = rows == NULL ? -1 : cg_rows_next(rows, error);
    if (found <= 0)
        return found == 0;
    g_autofree char *column = cg_rows_text_dup(rows, 2);
    g_autofree char *naming = cg_rows_text_dup(rows, 3);
    g_autofree char *accepts = cg_rows_text_dup(rows, 4);
    runner->id = cg_rows_int(rows, 0);
    runner->fence = cg_rows_int(rows, 1);
    runner->marks = (CgRunMarks){ .last_seq = cg_rows_int(rows, 5),
                                  .written = cg_rows_int(rows, 6),
                                  .swept = cg_rows_int(rows, 7),
                                  .undone = cg_rows_int(rows, 8),
                                  .missed = cg_rows_int(rows, 9),
                                  .last_group = CG_ID_NULL };
    runner->resumed = true;
    if (runner->accept == 0 && !cg_verdict_set_parse(accepts, &runner->accept, error))
        return false;
    return refuse_other_column(runner, column, naming, error);
}

static bool
take_over(CgRunner *runner, const CgValue *whose, GError **error)
{
    g_autofree char *accepts = cg_verdict_set_dup(runner->accept);
    const CgValue params[] = { whose[0],
                               whose[1],
                               whose[2],
                               cg_time(cg_time_now()),
                               cg_text(accepts),
                               cg_int(runner->id),
                               cg_int(runner->fence) };
    int64_t changed;
    if (!cg_db_exec(runner->db,
                    "UPDATE " RUN_TABLE " SET host = $1, pid = $2, version = $3,"
                    " heartbeat_at = $4, accepts = $5, state = 'active', fence = fence + 1"
                    " WHERE id = $6 AND fence = $7",
                    params, G_N_ELEMENTS(params), &changed, error))
        return false;
    if (changed != 1) {
        cg_error_set(error, CG_EXIT_REFUSED, "look at the rows of " RUN_TABLE,
                     "run %" G_GINT64_FORMAT " cannot be taken over: %" G_GINT64_FORMAT
                     " rows have its id and fence",
                     runner->id, changed);
        return false;
    }
    runner->fence++;
    return true;
}

static bool
begin(CgRunner *runner, const CgNaming *naming, const CgValue *whose, GError **error)
{
    CgValue newest;
    if (!cg_db_query_value(runner->db, "SELECT max(id) FROM " RUN_TABLE, NULL, 0, &newest, NULL,
                           error))
        return false;
    runner->id = newest.type == CG_NULL ? 1 : newest.i + 1;
    runner->fence = 1;
    g_autofree char *accepts = cg_verdict_set_dup(runner->accept);
    const CgColumn columns[] = {
        { "id", CG_INT },
        { "state", CG_BYTES },
        { "naming", CG_BYTES },
        { "accepts", CG_BYTES },
        { "column_written", CG_BYTES },
        { "started_at", CG_TIME },
        { "heartbeat_at", CG_TIME },
        { "host", CG_BYTES },
        { "pid", CG_INT },
        { "version", CG_BYTES },
        { "fence", CG_INT },
        { "last_seq", CG_INT },
        { "written", CG_INT },
        { "swept", CG_INT },
        { "undone", CG_INT },
        { "missed", CG_INT },
    };
    CgValue now = cg_time(cg_time_now()), zero = cg_int(0);
    const CgValue values[G_N_ELEMENTS(columns)] = {
        cg_int(runner->id),
        cg_text("active"),
        cg_text(cg_naming_name(naming)),
        cg_text(accepts),
        cg_text(runner->column),
        now,
        now,
        whose[0],
        whose[1],
        whose[2],
        cg_int(runner->fence),
        zero,
        zero,
        zero,
        zero,
        zero,
    };
    return cg_db_insert(runner->db, RUN_TABLE, columns, G_N_ELEMENTS(columns), values, 1, error);
}

bool
cg_runner_take(CgRunner *runner, const CgNaming *naming, const CgBackfillOptions *options,
               GError **error)
{
    char host[256] = "";
    gethostname(host, sizeof host - 1);
    const CgValue whose[] = { cg_text(host), cg_int(getpid()), cg_text(CG_VERSION) };
    g_autoptr(CgTx) tx = cg_tx_begin(runner->db, CG_TX_WRITE, error);
    if (tx == NULL || !pass_poisoned(runner->db, options->acknowledge, error))
        return false;
    runner->column = cg_naming_column_dup(naming, CG_GROUP_SOURCE);
    runner->accept = options->accept;
    if (!find_unfinished(runner, error))
        return false;
    if (runner->accept == 0)
        runner->accept = CG_VERDICTS_DEFAULT;
    if (!(runner->resumed ? take_over(runner, whose, error) : begin(runner, naming, whose, error)))
        return false;
    if (!cg_tx_commit(tx, error))
        return false;
    CG_FAULT("backfill.run.taken");
    return true;
}

void
cg_runner_clear(CgRunner *runner)
{
    cg_lock_release(runner->lock);
    g_free(runner->column);
}

/* ---- fenced transactions ---- */

/* Runs an update of the run's row whose last two parameters are its id and our fence. */
static bool
update_row(CgRunner *runner, const char *sql, const CgValue *params, size_t n, GError **error)
{
    int64_t changed;
    if (!cg_db_exec(runner->db, sql, params, n, &changed, error))
        return false;
    if (changed == 1)
        return true;
    cg_error_set(error, CG_EXIT_LOCKED, "run again when that has ended",
                 "run %" G_GINT64_FORMAT " was taken over by another process", runner->id);
    return false;
}

static bool
save_marks(CgRunner *runner, const CgModel *model, const CgRunMarks *marks, GError **error)
{
    char buffer[CG_ID_TEXT_SIZE];
    const CgValue params[] = {
        cg_time(cg_time_now()),  cg_id_value(model->strings, marks->last_group, buffer),
        cg_int(marks->last_seq), cg_int(marks->written),
        cg_int(marks->swept),    cg_int(marks->undone),
        cg_int(marks->missed),   cg_int(runner->id),
        cg_int(runner->fence)
    };
    return update_row(runner,
                      "UPDATE " RUN_TABLE " SET heartbeat_at = $1, last_group = $2, last_seq = $3,"
                      " written = $4, swept = $5, undone = $6, missed = $7"
                      " WHERE id = $8 AND fence = $9 AND state = 'active'",
                      params, G_N_ELEMENTS(params), error);
}

typedef bool (*TryFunc)(CgRunner *runner, const void *what, GError **error);

typedef struct {
    const CgModel *model;
    CgRunStepFunc func;
    void *data;
} Step;

static bool
try_step(CgRunner *runner, const void *what, GError **error)
{
    const Step *step = what;
    CgRunMarks marks = runner->marks;
    g_autoptr(CgTx) tx = cg_tx_begin(runner->db, CG_TX_WRITE, error);
    if (tx == NULL || !step->func(runner, &marks, step->data, error) ||
        !save_marks(runner, step->model, &marks, error) || !cg_lock_check(runner->lock, error))
        return false;
    CG_FAULT("backfill.run.written");
    if (!cg_tx_commit(tx, error))
        return false;
    runner->marks = marks;
    CG_FAULT("backfill.run.committed");
    return true;
}

/* Others were in the way; the transaction has left nothing. */
static bool
is_worth_another_try(const GError *error)
{
    return g_error_matches(error, CG_DB_ERROR, CG_DB_ERROR_SERIALIZATION) ||
           g_error_matches(error, CG_DB_ERROR, CG_DB_ERROR_BUSY);
}

static bool
try_until_free(CgRunner *runner, TryFunc func, const void *what, GError **error)
{
    unsigned pause = FIRST_PAUSE_MS;
    g_autofree char *in_the_way = NULL;
    for (int nr = 1;; nr++) {
        GError *failure = NULL;
        CgBlame *blame = cg_blame_begin(runner->db, in_the_way);
        bool ok = func(runner, what, &failure);
        g_free(in_the_way);
        in_the_way = cg_blame_end(blame);
        if (ok)
            return true;
        if (nr == TRIES || !is_worth_another_try(failure) || cg_interrupted()) {
            if (in_the_way != NULL)
                g_prefix_error(&failure, "%s is in the way: ", in_the_way);
            g_propagate_error(error, failure);
            return false;
        }
        g_error_free(failure);
        g_usleep(1000UL * (pause / 2 + (unsigned)g_random_int_range(0, (gint32)pause)));
        pause = MIN(pause * 2, LONGEST_PAUSE_MS);
    }
}

bool
cg_runner_step(CgRunner *runner, const CgModel *model, CgRunStepFunc step, void *data,
               GError **error)
{
    const Step what = { model, step, data };
    return try_until_free(runner, try_step, &what, error);
}

typedef struct {
    const char *sql;
    const CgValue *params;
    size_t n;
} RowUpdate;

static bool
try_row(CgRunner *runner, const void *what, GError **error)
{
    const RowUpdate *row = what;
    return update_row(runner, row->sql, row->params, row->n, error);
}

bool
cg_runner_note_counts(CgRunner *runner, const CgVerdicts *verdicts, GError **error)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (CgVerdict verdict = 0; verdict < CG_VERDICT_N; verdict++)
        g_string_append_printf(text, "%s\"%s\": %" G_GINT64_FORMAT, verdict == 0 ? "{" : ", ",
                               cg_verdict_name(verdict), verdicts->counts[verdict]);
    g_string_append_c(text, '}');
    const CgValue params[] = { cg_text(text->str), cg_int(runner->id), cg_int(runner->fence) };
    const RowUpdate row = { "UPDATE " RUN_TABLE " SET counts = $1 WHERE id = $2 AND fence = $3",
                            params, G_N_ELEMENTS(params) };
    return try_until_free(runner, try_row, &row, error);
}

bool
cg_runner_end(CgRunner *runner, const char *state, int64_t verified, const char *failure,
              GError **error)
{
    CgValue now = cg_time(cg_time_now());
    const CgValue params[] = {
        cg_text(state),       now, now, cg_int(verified), cg_text(failure), cg_int(runner->id),
        cg_int(runner->fence)
    };
    const RowUpdate row = { "UPDATE " RUN_TABLE
                            " SET state = $1, heartbeat_at = $2, finished_at = $3,"
                            " verified = $4, failure = $5 WHERE id = $6 AND fence = $7",
                            params, G_N_ELEMENTS(params) };
    if (!cg_lock_check(runner->lock, error) || !try_until_free(runner, try_row, &row, error))
        return false;
    CG_FAULT("backfill.run.ended");
    return true;
}
