/*
 * Takes over a live database: finds what the first migration would have made, and says so in the
 * ledger.
 *
 * The first migration is run on a scratch database in memory, and what it made there is compared
 * with what stands here. Columns that the tools read must be there with types of the same class;
 * every other difference is only listed. Nothing but the ledger is written.
 */
#ifndef CG_MIGRATE_ADOPT_H
#define CG_MIGRATE_ADOPT_H

#include "db/db.h"

typedef struct {
    int64_t version;
    char *name;
    guint tables;           /* of the first migration, found here */
    GPtrArray *differences; /* CgSchemaDifference, none of them fatal */
    bool already;           /* it was adopted before: nothing was written */
    char *head;             /* of the ledger */
} CgAdoption;

void cg_adoption_free(CgAdoption *adoption);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CgAdoption, cg_adoption_free)

/*
 * Adopts. `dir` NULL: the built-in migrations. Errors: REFUSED when a table or a needed column is
 * missing or of another class (all of them are named), or when migrations were run here already.
 */
CgAdoption *cg_migrate_adopt(CgDb *db, const char *dir, double lock_wait_s, GError **error);

#endif
