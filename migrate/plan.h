/*
 * What there is to do: migration files held against the ledger's events.
 *
 * The plan is data. Making one reads the database (a `require` asks it a question) and changes
 * nothing.
 */
#ifndef CG_MIGRATE_PLAN_H
#define CG_MIGRATE_PLAN_H

#include "migrate/ledger.h"

typedef enum {
    CG_STATE_APPLIED,
    CG_STATE_ADOPTED, /* was there before us; never run down */
    CG_STATE_PENDING,
    CG_STATE_WAITING, /* next, but what it requires is not so yet */
    CG_STATE_CHANGED, /* applied, and the file says something else now */
    CG_STATE_MISSING, /* applied, and there is no file */
    CG_N_STATES
} CgState;

/* "applied", … as `status --format json` says it. */
const char *cg_state_name(CgState state);

typedef struct {
    int64_t version;
    const char *name;             /* lent by the migration or the ledger */
    const CgMigration *migration; /* NULL for CG_STATE_MISSING */
    const CgEvent *event;         /* the newest that decides, or NULL */
    CgState state;
    bool interrupted; /* a statement outside a transaction was begun and not reported done */
    bool refused;     /* the server refused that statement: those before it stand, it does not */
} CgPlanItem;

typedef struct {
    GPtrArray *migrations; /* CgMigration */
    CgLedger *ledger;
    GArray *items;         /* CgPlanItem by version, files and ledger together */
    bool needs_adopt;      /* empty ledger, and tables of the first migration are there */
    char *existing_tables; /* their names, for the message; NULL: none */
    char *foreign_tables;  /* empty ledger, built-in migrations: other tables that are here */
} CgPlan;

/* Reads the migrations (`dir` NULL: the built-in ones) and the ledger. Errors: of cg_source_load()
 * and cg_ledger_load(). */
CgPlan *cg_plan_load(CgDb *db, const char *dir, GError **error);
void cg_plan_free(CgPlan *plan);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CgPlan, cg_plan_free)

size_t cg_plan_size(const CgPlan *plan);
const CgPlanItem *cg_plan_item(const CgPlan *plan, size_t i);
const CgPlanItem *cg_plan_find(const CgPlan *plan, int64_t version);

/* Newest version that is applied or adopted; 0 for none. */
int64_t cg_plan_current(const CgPlan *plan);

/* CG_EXIT_HISTORY where a file was edited or removed after it was applied, or edited while half
 * done, or a new file stands below the newest applied version. */
bool cg_plan_check_history(const CgPlan *plan, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* CG_EXIT_REFUSED: with the hint to adopt when needs_adopt, or for a database of something else. */
bool cg_plan_check_adopted(const CgPlan *plan, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Whether what `migration` requires of the database is so; true for one that requires nothing. */
bool cg_plan_requirement_met(CgDb *db, const CgMigration *migration, bool *out_met,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* How far to go. `to` -1: not given; `count` -1: all (up), one (down). */
typedef struct {
    int64_t to;
    int64_t count;
} CgTarget;

/*
 * The steps: CgPlanItem pointers lent by the plan, in the order of running. `up`: those that are
 * pending or waiting; `down`: those that are applied, newest first. CG_EXIT_USAGE for a version
 * that does not exist or lies in the wrong direction; CG_EXIT_REFUSED for a down past an adopted
 * version.
 */
GPtrArray *cg_plan_up(const CgPlan *plan, CgTarget target, GError **error);
GPtrArray *cg_plan_down(const CgPlan *plan, CgTarget target, GError **error);

#endif
