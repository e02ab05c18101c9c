/*
 * What a backfill would do: every live group with its verdict, and which of them would be written.
 *
 * Reads in one snapshot and decides in memory; writes nothing, works on a standby.
 */
#ifndef CG_BACKFILL_PLAN_H
#define CG_BACKFILL_PLAN_H

#include "lineage/verdict.h"

typedef struct {
    const CgNaming *naming; /* NULL: detect */
    CgVerdictSet accept;    /* 0: the default, or what the run to be resumed was started with */
    bool quiet;             /* no progress bars */

    /* run only */
    double wait_s;           /* for another run to end; negative: for ever */
    const char *acknowledge; /* why a poisoned run may be left behind; or NULL */
    unsigned batch;          /* rows a transaction at most; 0: 1,000 */
} CgBackfillOptions;

typedef struct {
    CgModel *model;
    CgVerdicts *verdicts;
    CgVerdictSet accept;
    char *column; /* "consistencygroups.source_cg_id" */
} CgBackfillPlan;

/*
 * Errors: CG_EXIT_REFUSED when the column to write is not there (the hint says how to add it),
 * those of the loader.
 */
CgBackfillPlan *cg_backfill_plan(CgDb *db, const CgBackfillOptions *options, GError **error);
void cg_backfill_plan_free(CgBackfillPlan *plan);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CgBackfillPlan, cg_backfill_plan_free)

/* Would the verdict of this decision be written? */
bool cg_backfill_accepts(const CgBackfillPlan *plan, const CgDecision *decision);

/* How many values the plan would write. */
int64_t cg_backfill_to_write(const CgBackfillPlan *plan);

#endif
