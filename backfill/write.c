/* See write.h. */
#include "backfill/write.h"

#include "base/fault.h"
#include "base/progress.h"
#include "base/term.h"
#include "base/time.h"
#include "db/bulk.h"

enum { MOST_ROWS = 1000, FEWEST_ROWS = 32, UNDO_ROWS = 100, MOST_VOTES = 20 };

/* How long a batch may keep all other writers out, where it does. */
#define LONGEST_US 50000

/* ---- work ---- */

static int
compare_keys(const void *a, const void *b, void *data)
{
    const CgModel *model = data;
    const CgId *ids = model->groups.rows.id;
    return cg_id_compare(model->strings, ids[((const CgWork *)a)->group],
                         ids[((const CgWork *)b)->group]);
}

static int
compare_scan(const void *a, const void *b)
{
    uint32_t left = ((const CgWork *)a)->group, right = ((const CgWork *)b)->group;
    return left < right ? -1 : left > right;
}

/* The model's rows are in the order of a scan. */
void
cg_work_sort(CgDb *db, const CgBackfillPlan *plan, GArray *work)
{
    if (cg_db_dialect(db)->write_order == CG_WRITE_BY_KEY)
        g_array_sort_with_data(work, compare_keys, plan->model);
    else
        g_array_sort(work, compare_scan);
}

GArray *
cg_work_of_plan(CgDb *db, const CgBackfillPlan *plan)
{
    GArray *work = g_array_new(FALSE, FALSE, sizeof(CgWork));
    for (uint32_t group = 0; group < plan->model->groups.rows.n; group++)
        if (cg_backfill_accepts(plan, &plan->verdicts->of[group])) {
            CgWork one = { group, plan->verdicts->of[group] };
            g_array_append_val(work, one);
        }
    cg_work_sort(db, plan, work);
    return work;
}

char *
cg_votes_dup(const CgVerdicts *verdicts, const CgDecision *decision)
{
    GString *text = g_string_new(NULL);
    char buffer[CG_ID_TEXT_SIZE];
    for (uint32_t i = 0; i < MIN(decision->n_votes, MOST_VOTES); i++) {
        const CgVoteCount *vote = &verdicts->votes[decision->first_vote + i];
        g_string_append_printf(text, "%s%s=%u", i > 0 ? "," : "",
                               cg_id_text(verdicts->model->strings, vote->group, buffer, NULL),
                               vote->n);
    }
    if (decision->n_votes > MOST_VOTES)
        g_string_append(text, ",...");
    return g_string_free(text, FALSE);
}

void
cg_evidence_hex(const CgVerdicts *verdicts, uint32_t group, char out[CG_SHA256_HEX_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    uint8_t digest[CG_SHA256_SIZE];
    cg_verdicts_digest(verdicts, group, digest);
    for (size_t i = 0; i < CG_SHA256_SIZE; i++) {
        out[2 * i] = digits[digest[i] >> 4];
        out[2 * i + 1] = digits[digest[i] & 15];
    }
    out[CG_SHA256_HEX_SIZE - 1] = '\0';
}

/* ---- a batch ---- */

/* The texts behind one change. */
typedef struct {
    char group[CG_ID_TEXT_SIZE], value[CG_ID_TEXT_SIZE], evidence[CG_SHA256_HEX_SIZE];
    CgValue journal[CG_JOURNAL_COLUMNS];
} Texts;

typedef struct {
    const CgBackfillPlan *plan;
    CgJournalKind kind;
    CgUpdate update;
    CgChange *changes;
    Texts *texts;
    GStringChunk *votes;
    const CgWork *work;
    size_t n;
} Batch;

/* Still without a value, still live, still not made from a cgsnapshot. */
static char *
make_guard(const CgModel *model)
{
    const char *source = cg_naming_column(model->naming, CG_GROUP_SOURCE);
    const char *cgsnapshot = cg_naming_column(model->naming, CG_GROUP_CGSNAPSHOT);
    GString *guard = g_string_new(NULL);
    g_string_append_printf(guard, "(t.%s IS NULL OR t.%s = '') AND t.deleted IS NOT TRUE", source,
                           source);
    if ((model->present & CG_FIELD_BIT(CG_GROUP_CGSNAPSHOT)) != 0)
        g_string_append_printf(guard, " AND (t.%s IS NULL OR t.%s = '')", cgsnapshot, cgsnapshot);
    return g_string_free(guard, FALSE);
}

static void
fill_change(Batch *batch, size_t i, int64_t run, int64_t seq, int64_t at)
{
    const CgVerdicts *verdicts = batch->plan->verdicts;
    const CgModel *model = verdicts->model;
    const CgWork *work = &batch->work[i];
    Texts *texts = &batch->texts[i];
    CgChange *change = &batch->changes[i];
    bool was_empty = (model->groups.rows.flags[work->group] & CG_ROW_EMPTY_SOURCE) != 0;
    g_autofree char *votes = cg_votes_dup(verdicts, &work->decision);
    cg_evidence_hex(verdicts, work->group, texts->evidence);
    *change = (CgChange){
        .key = cg_id_value(model->strings, model->groups.rows.id[work->group], texts->group),
        .value = cg_id_value(model->strings, work->decision.source, texts->value),
        .journal = texts->journal,
    };
    CgJournalRow row = { .run = run,
                         .seq = seq,
                         .at = at,
                         .kind = batch->kind,
                         .group = change->key,
                         .old_value = was_empty ? cg_text("") : cg_null(),
                         .new_value = change->value,
                         .verdict = work->decision.verdict,
                         .votes = g_string_chunk_insert(batch->votes, votes),
                         .evidence = texts->evidence };
    cg_journal_values(&row, texts->journal);
}

/* Before the transaction, which is to be short. */
static void
fill_batch(Batch *batch, const CgRunner *runner, const CgWork *work, size_t n)
{
    int64_t now = cg_time_now();
    batch->work = work;
    batch->n = n;
    g_string_chunk_clear(batch->votes);
    for (size_t i = 0; i < n; i++)
        fill_change(batch, i, runner->id, runner->marks.last_seq + 1 + (int64_t)i, now);
}

static bool
write_batch(CgRunner *runner, CgRunMarks *marks, void *data, GError **error)
{
    Batch *batch = data;
    int64_t written = 0;
    if (!cg_db_update(runner->db, &batch->update, batch->changes, batch->n, error))
        return false;
    for (size_t i = 0; i < batch->n; i++)
        written += batch->changes[i].done;
    marks->last_seq += (int64_t)batch->n;
    marks->last_group = batch->plan->model->groups.rows.id[batch->work[batch->n - 1].group];
    marks->written += written;
    marks->missed += (int64_t)batch->n - written;
    marks->swept += batch->kind == CG_JOURNAL_SWEEP ? written : 0;
    return true;
}

/* ---- how large ---- */

typedef struct {
    bool keeps_others_out; /* a write locks the whole database */
    size_t rows, most;
} Pace;

static Pace
start_pace(CgDb *db, const CgBackfillOptions *options)
{
    size_t most = options->batch > 0 ? options->batch : MOST_ROWS;
    bool alone = cg_db_dialect(db)->write_order == CG_WRITE_BY_SCAN;
    return (Pace){ alone, alone ? MIN(most, MOST_ROWS / 4) : most, most };
}

/* Shrinks at once, grows slowly; leaves those who were kept out a gap to get in. */
static void
keep_pace(Pace *pace, gint64 took_us)
{
    if (!pace->keeps_others_out)
        return;
    if (took_us > LONGEST_US)
        pace->rows = MIN(pace->most, MAX(FEWEST_ROWS, pace->rows / 4));
    else if (took_us < LONGEST_US / 2)
        pace->rows = MIN(pace->most, pace->rows + pace->rows / 4 + 1);
    g_usleep((gulong)CLAMP(took_us / 8, 500, LONGEST_US));
}

static bool
stop_if_interrupted(const CgRunner *runner, GError **error)
{
    if (!cg_interrupted())
        return true;
    cg_error_set(error, CG_EXIT_INTERRUPTED, "cg-backfill run goes on where it stopped",
                 "run %" G_GINT64_FORMAT " was interrupted; %" G_GINT64_FORMAT
                 " values are written",
                 runner->id, runner->marks.written);
    return false;
}

static bool
write_batches(CgRunner *runner, Batch *batch, const GArray *work, Pace pace, CgProgress *progress,
              GError **error)
{
    for (guint from = 0; from < work->len; from += (guint)batch->n) {
        if (!stop_if_interrupted(runner, error))
            return false;
        fill_batch(batch, runner, &g_array_index(work, CgWork, from),
                   MIN(pace.rows, work->len - from));
        gint64 start = g_get_monotonic_time();
        if (!cg_runner_step(runner, batch->plan->model, write_batch, batch, error))
            return false;
        keep_pace(&pace, g_get_monotonic_time() - start);
        if (progress != NULL)
            cg_progress_update(progress, from + (guint)batch->n);
    }
    return true;
}

bool
cg_write_values(CgRunner *runner, const CgBackfillPlan *plan, const GArray *work,
                CgJournalKind kind, const CgBackfillOptions *options, GError **error)
{
    const CgNaming *naming = plan->model->naming;
    Pace pace = start_pace(runner->db, options);
    g_autofree char *guard = make_guard(plan->model);
    g_autofree CgChange *changes = g_new(CgChange, pace.most);
    g_autofree Texts *texts = g_new(Texts, pace.most);
    g_autoptr(CgProgress) progress =
        options->quiet || work->len == 0 ? NULL : cg_progress_begin("writing", "groups", work->len);
    Batch batch = { .plan = plan,
                    .kind = kind,
                    .changes = changes,
                    .texts = texts,
                    .votes = g_string_chunk_new(4096),
                    .update = { .table = cg_naming_table(naming, CG_TABLE_GROUPS),
                                .key = cg_naming_column(naming, CG_GROUP_ID),
                                .column = cg_naming_column(naming, CG_GROUP_SOURCE),
                                .guard = guard,
                                .journal = CG_JOURNAL_TABLE,
                                .journal_columns = cg_journal_columns,
                                .n_journal = CG_JOURNAL_COLUMNS } };
    bool ok = write_batches(runner, &batch, work, pace, progress, error);
    g_string_chunk_free(batch.votes);
    return ok;
}

/* ---- taking back ---- */

static bool
undo_one(CgRunner *runner, CgRunMarks *marks, const CgBackfillPlan *plan, const CgWork *work,
         GError **error)
{
    const CgModel *model = plan->model;
    const CgNaming *naming = model->naming;
    const CgId *ids = model->groups.rows.id;
    const char *column = cg_naming_column(naming, CG_GROUP_SOURCE);
    char group[CG_ID_TEXT_SIZE], value[CG_ID_TEXT_SIZE], evidence[CG_SHA256_HEX_SIZE];
    const CgValue params[] = {
        cg_id_value(model->strings, ids[work->group], group),
        cg_id_value(model->strings, cg_refs_id(&model->groups.source, work->group, ids), value)
    };
    g_autofree char *sql =
        g_strdup_printf("UPDATE %s SET %s = NULL WHERE id = $1 AND %s = $2",
                        cg_naming_table(naming, CG_TABLE_GROUPS), column, column);
    int64_t changed;
    if (!cg_db_exec(runner->db, sql, params, G_N_ELEMENTS(params), &changed, error))
        return false;
    if (changed == 0)
        return true;
    g_autofree char *votes = cg_votes_dup(plan->verdicts, &work->decision);
    cg_evidence_hex(plan->verdicts, work->group, evidence);
    CgJournalRow row = { .run = runner->id,
                         .seq = ++marks->last_seq,
                         .at = cg_time_now(),
                         .kind = CG_JOURNAL_UNDO,
                         .group = params[0],
                         .old_value = params[1],
                         .new_value = cg_null(),
                         .verdict = work->decision.verdict,
                         .votes = votes,
                         .evidence = evidence };
    CgValue values[CG_JOURNAL_COLUMNS];
    cg_journal_values(&row, values);
    marks->undone++;
    marks->last_group = ids[work->group];
    return cg_db_insert(runner->db, CG_JOURNAL_TABLE, cg_journal_columns, CG_JOURNAL_COLUMNS,
                        values, 1, error);
}

static bool
undo_batch(CgRunner *runner, CgRunMarks *marks, void *data, GError **error)
{
    const Batch *batch = data;
    for (size_t i = 0; i < batch->n; i++)
        if (!undo_one(runner, marks, batch->plan, &batch->work[i], error))
            return false;
    return true;
}

bool
cg_undo_values(CgRunner *runner, const CgBackfillPlan *plan, const GArray *work, GError **error)
{
    Batch batch = { .plan = plan };
    for (guint from = 0; from < work->len; from += (guint)batch.n) {
        if (!stop_if_interrupted(runner, error))
            return false;
        batch.work = &g_array_index(work, CgWork, from);
        batch.n = MIN(UNDO_ROWS, work->len - from);
        if (!cg_runner_step(runner, plan->model, undo_batch, &batch, error))
            return false;
    }
    return true;
}
