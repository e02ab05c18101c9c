/*
 * The run's row and the journal: all that is written about a run, by the run that holds the lock.
 *
 * Inside backfill/ only. Every change goes through cg_runner_step(), one fenced transaction.
 */
#ifndef CG_BACKFILL_JOURNAL_H
#define CG_BACKFILL_JOURNAL_H

#include "backfill/run.h"
#include "db/bulk.h"
#include "db/lock.h"

/* What a transaction moves on, and a rollback leaves as it was. */
typedef struct {
    int64_t last_seq, written, swept, undone, missed;
    CgId last_group; /* with the strings of the model at hand */
} CgRunMarks;

typedef struct {
    CgDb *db;
    CgLock *lock;
    int64_t id, fence;
    bool resumed;
    CgVerdictSet accept;
    char *column;
    CgRunMarks marks;
} CgRunner;

/* Which table and columns a runner needs: CG_EXIT_REFUSED when they are not there. */
bool cg_runner_check_tables(CgDb *db, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/*
 * Under the lock: refuses while a run is poisoned and not acknowledged, then takes over the
 * unfinished run or begins one. `naming` is that of the database.
 */
bool cg_runner_take(CgRunner *runner, const CgNaming *naming, const CgBackfillOptions *options,
                    GError **error) G_GNUC_WARN_UNUSED_RESULT;
void cg_runner_clear(CgRunner *runner);

/* Does its work in the transaction and moves `marks` on. May be called again after a rollback. */
typedef bool (*CgRunStepFunc)(CgRunner *runner, CgRunMarks *marks, void *data, GError **error);

/*
 * One transaction: the step, the row's marks and heartbeat under the fence. A deadlock or a lock
 * that was not had in time is tried again, with growing pauses. `fault` names the points before and
 * after the commit.
 */
bool cg_runner_step(CgRunner *runner, const CgModel *model, CgRunStepFunc step, void *data,
                    GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Notes the counts of verdicts. */
bool cg_runner_note_counts(CgRunner *runner, const CgVerdicts *verdicts,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Ends the run in a state: "finished", or "poisoned" with the reason. */
bool cg_runner_end(CgRunner *runner, const char *state, int64_t verified, const char *failure,
                   GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* ---- journal rows ---- */

typedef enum { CG_JOURNAL_WRITE, CG_JOURNAL_SWEEP, CG_JOURNAL_UNDO } CgJournalKind;

enum { CG_JOURNAL_COLUMNS = 10 };
extern const CgColumn cg_journal_columns[CG_JOURNAL_COLUMNS];

typedef struct {
    int64_t run, seq, at;
    CgJournalKind kind;
    CgValue group, old_value, new_value;
    CgVerdict verdict;
    const char *votes, *evidence;
} CgJournalRow;

/* The row as values for cg_journal_columns; they lend what the row lends. */
void cg_journal_values(const CgJournalRow *row, CgValue out[CG_JOURNAL_COLUMNS]);

#define CG_JOURNAL_TABLE "cg_backfill_journal"

#endif
