/*
 * One step: the statements of one section, its verification, the kept data, the event. For
 * migrate/.
 *
 * step.c runs a section inside a transaction; outside.c runs one that cannot be, statement by
 * statement with an event before and after.
 */
#ifndef CG_MIGRATE_STEP_H
#define CG_MIGRATE_STEP_H

#include "db/lock.h"
#include "migrate/runner.h"

typedef struct {
    CgDb *db;
    CgLedger *ledger;
    CgLock *lock;
    const CgRunOptions *options;
    CgDirection direction;
    const CgPlanItem *item;
    CgSectionKind kind; /* of the section that is run */
    const CgSection *section;
    bool last;       /* of the run: its event carries the schema's fingerprint */
    gint64 started;  /* monotonic */
    gint64 deadline; /* monotonic: no new try after it */
    char *blockers;  /* who was last seen in the way, or NULL */
    bool lost;       /* the session, at the last statement: nobody knows whether it took */
    CgStepResult *result;
} CgStep;

/* One try. An error of code CG_DB_ERROR_BUSY or _SERIALIZATION may be tried again. */
bool cg_step_in_transaction(CgStep *step, GError **error) G_GNUC_WARN_UNUSED_RESULT;
bool cg_step_outside(CgStep *step, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Runs statement i of the section; the error points into the file. */
bool cg_step_statement(CgStep *step, CgSectionKind kind, guint i,
                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Makes an error of the database, that no statement of the file met, one for the user. */
void cg_step_explain(const CgStep *step, GError **error);

/* Runs the verify section (after an up only), and puts back what it changed in the session. */
bool cg_step_verify(CgStep *step, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Copies what a down is to preserve; puts it back on the next up. Nothing in the other direction.
 */
bool cg_step_keep(CgStep *step, GError **error) G_GNUC_WARN_UNUSED_RESULT;
bool cg_step_restore(CgStep *step, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Whether the run lock is still ours; to be asked before each commit. */
bool cg_step_check_lock(CgStep *step, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Appends the event of the step and commits, if the lock is still ours. */
bool cg_step_finish(CgStep *step, CgTx *tx, GError **error) G_GNUC_WARN_UNUSED_RESULT;

#define CG_STEP_FAULT(step, up_name, down_name)                                                    \
    CG_FAULT((step)->direction == CG_UP ? up_name : down_name)

#endif
