/*
 * A backfill run: writes what a plan says, in small transactions that can be killed anywhere.
 *
 * A run is a row of cg_backfill_run. Whoever works on it holds the lock "backfill" and has raised
 * the row's fence, which every transaction compares, so that a runner that slept through its own
 * funeral cannot commit. One transaction writes a batch: the values, by compare and set, their
 * journal rows, and the run's counters. A run that was killed is taken over by the next one: it
 * reads again, decides again, and finds what was written settled.
 *
 * When all is written, one second snapshot proves it: what became eligible meanwhile is written
 * too, a value whose evidence has changed is taken back, and a value that does not follow from the
 * very evidence it was written on poisons the run, because then the fault is ours.
 */
#ifndef CG_BACKFILL_RUN_H
#define CG_BACKFILL_RUN_H

#include "backfill/plan.h"

typedef struct {
    int64_t run; /* its number; 0: none was begun */
    bool resumed;
    const char *state; /* "finished", "active" (interrupted), "poisoned" */
    char *naming, *column;
    CgVerdictSet accept;
    int64_t counts[CG_VERDICT_N]; /* verdicts when this process began */
    /* Of the whole run, also of processes before this one: */
    int64_t written;  /* values, those of the sweep too */
    int64_t swept;    /* values that became eligible while the run went on */
    int64_t undone;   /* values taken back because their evidence had changed */
    int64_t missed;   /* rows that were changed by others before their turn came */
    int64_t verified; /* values that the second snapshot proves */
    char *notice;     /* as of cg_model_notice() */
} CgBackfillResult;

/*
 * Begins a run, or goes on with the one that was interrupted. The result is there also with an
 * error, as far as it got (then *out_result may be NULL if nothing was begun). Errors:
 * CG_EXIT_REFUSED (a table or column is missing, the database cannot be written, a run is poisoned,
 * an unfinished run writes another column), CG_EXIT_LOCKED, CG_EXIT_INTERRUPTED (the batch was
 * finished; run again), CG_EXIT_HALF_DONE (poisoned), CG_EXIT_FAILED (batches before the failing
 * one stand; run again), before anything is begun those of db/.
 */
bool cg_backfill_run(CgDb *db, const CgBackfillOptions *options, CgBackfillResult **out_result,
                     GError **error) G_GNUC_WARN_UNUSED_RESULT;
void cg_backfill_result_free(CgBackfillResult *result);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CgBackfillResult, cg_backfill_result_free)

#endif
