/* Plans and results of runs for a person and for a program. Prints, and nothing else. */
#ifndef CG_BACKFILL_REPORT_H
#define CG_BACKFILL_REPORT_H

#include "backfill/run.h"

#include <stdio.h>

/*
 * JSON: {"naming", "column", "accept": [verdict], "counts": {verdict: n}, "to_write", "notice",
 * "groups": [{"id", "verdict", "source", "members", "votes": {group: n}, "disputed", "conflict"}]}
 * with every live group in key order; source is null where no parent was found. False when the
 * stream had an error.
 */
bool cg_backfill_plan_json(const CgBackfillPlan *plan, FILE *out) G_GNUC_WARN_UNUSED_RESULT;

/* A table of the verdicts. */
void cg_backfill_plan_print(const CgBackfillPlan *plan, FILE *out);

/*
 * JSON: {"naming", "column", "accept", "counts", "written", "run", "state", "resumed", "undone",
 * "swept", "missed", "verified", "notice"}.
 */
bool cg_backfill_result_json(const CgBackfillResult *result, FILE *out) G_GNUC_WARN_UNUSED_RESULT;
void cg_backfill_result_print(const CgBackfillResult *result, FILE *out);

#endif
