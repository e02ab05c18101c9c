/*
 * Batches: values into the groups' column and out of it again, each with its journal row.
 *
 * Inside backfill/ only.
 */
#ifndef CG_BACKFILL_WRITE_H
#define CG_BACKFILL_WRITE_H

#include "backfill/journal.h"

/* What is to be written, or taken back: a group with the decision that names its source. */
typedef struct {
    uint32_t group;
    CgDecision decision;
} CgWork;

/* Work in the order that is fastest to write. Takes the accepted groups without a value. */
GArray *cg_work_of_plan(CgDb *db, const CgBackfillPlan *plan);
void cg_work_sort(CgDb *db, const CgBackfillPlan *plan, GArray *work);

/*
 * Writes the work in batches, whose size follows the time they take where a write keeps everybody
 * out. CG_EXIT_INTERRUPTED between two batches.
 */
bool cg_write_values(CgRunner *runner, const CgBackfillPlan *plan, const GArray *work,
                     CgJournalKind kind, const CgBackfillOptions *options,
                     GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Takes values back: the column becomes NULL where it still holds the value that the plan's model
 * has read there. */
bool cg_undo_values(CgRunner *runner, const CgBackfillPlan *plan, const GArray *work,
                    GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* "id=3,id=1", at most 20 of them. Allocated. */
char *cg_votes_dup(const CgVerdicts *verdicts, const CgDecision *decision);

/* The evidence digest in hexadecimal. */
void cg_evidence_hex(const CgVerdicts *verdicts, uint32_t group, char out[CG_SHA256_HEX_SIZE]);

#endif
