/*
 * Runs migrations: up and down, one step a migration, each with its event in one transaction.
 *
 * The order of things: the run lock, the plan (made under the lock, so that whoever waited sees
 * what the other did), the checks, the copy of the database, the steps. A step that fails leaves
 * nothing; the steps before it stand.
 */
#ifndef CG_MIGRATE_RUNNER_H
#define CG_MIGRATE_RUNNER_H

#include "db/lock.h"
#include "migrate/plan.h"

typedef struct {
    const char *dir; /* of migrations; NULL: the built-in ones */
    CgTarget target;
    double lock_wait_s;  /* for the run lock */
    int lock_timeout_ms; /* of one try of DDL; a section's own wins */
    double lock_retry_s; /* all tries together */
    bool backup;         /* copy first, where the backend can */
} CgRunOptions;

extern const CgRunOptions cg_run_defaults;

typedef enum { CG_UP, CG_DOWN } CgDirection;

typedef struct {
    CgDirection direction;
    int64_t version;
    char *name;
    int64_t duration_ms;
    guint statements;
    GPtrArray *kept; /* CgKeptResult: kept by a down, put back by an up */
} CgStepResult;

/* What was done, also when a later step failed. */
typedef struct {
    GPtrArray *steps; /* CgStepResult */
    char *backup_path;
    char *position;        /* where the server's log stood before, or NULL */
    int64_t waiting;       /* version of the migration that waits, or 0 */
    char *waiting_message; /* what it waits for */
    int64_t current;
    char *head; /* of the ledger */
} CgRunResult;

CgRunResult *cg_run_result_new(void);
void cg_run_result_free(CgRunResult *result);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CgRunResult, cg_run_result_free)

/* Called after each step that is done, and once before the first with NULL. */
typedef void (*CgStepFunc)(const CgRunResult *result, const CgStepResult *step, void *data);

/*
 * Runs. Errors, by exit code: LOCKED (the run lock, or a table's lock was not had in time),
 * HISTORY, REFUSED, FAILED (the failing step left nothing), HALF_DONE (a statement outside a
 * transaction), INTERRUPTED (between two steps).
 */
bool cg_migrate_run(CgDb *db, CgDirection direction, const CgRunOptions *options,
                    CgRunResult *result, CgStepFunc report, void *data,
                    GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The run lock of migrations: taken by everything that writes the ledger. Says who is waited for.
 */
CgLock *cg_migrate_lock(CgDb *db, double wait_s, GError **error);

#endif
