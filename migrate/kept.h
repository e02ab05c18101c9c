/*
 * Kept data: what a `down` would drop is copied first, and comes back with the next `up`.
 *
 * `preserve:table.column` and `preserve:table` of a down section name it. Copies are tables of our
 * own
 * (`cg_kept_<id>`), listed in `cg_kept`. They are copied, never renamed: names of constraints would
 * clash with those of the next up. Everything happens in the transaction of the migration.
 */
#ifndef CG_MIGRATE_KEPT_H
#define CG_MIGRATE_KEPT_H

#include "db/db.h"
#include "migrate/file.h"

/* One copy, after keeping or restoring. */
typedef struct {
    char *table;
    char *column;      /* NULL: the whole table */
    int64_t rows;      /* kept, or brought back */
    int64_t vanished;  /* of a column: the row is gone; stays in the copy */
    int64_t conflicts; /* there is another value, or another row, now; stays in the copy */
} CgKeptResult;

/*
 * Copies all that the down section of `migration` preserves, and locks others out of those tables
 * until the transaction ends: CG_DB_ERROR_BUSY if they do not go in time. Adds a CgKeptResult for
 * each to `results`. CG_EXIT_REFUSED for a table without a primary key, since nothing could be put
 * back.
 */
bool cg_kept_save(CgDb *db, const CgMigration *migration, GPtrArray *results,
                  GError **error) G_GNUC_WARN_UNUSED_RESULT;

/*
 * Puts back, by primary key, what was kept for this version: values where there is none now, rows
 * that are not there; the newest down first, and of one down in the order of its preserve:. What
 * went back leaves the copy; an empty copy is dropped.
 */
bool cg_kept_restore(CgDb *db, const CgMigration *migration, GPtrArray *results,
                     GError **error) G_GNUC_WARN_UNUSED_RESULT;

void cg_kept_result_free(void *data);

#endif
