/*
 * The first migration without a ledger: the tables as Cinder itself made them, before the suite
 * came.
 */
#ifndef CG_MIGRATE_BASELINE_H
#define CG_MIGRATE_BASELINE_H

#include "db/db.h"
#include "schema/schema.h"

/* Runs its statements; for all or nothing, inside a transaction. `dir` NULL: the built-in
 * migrations. */
bool cg_baseline_make(CgDb *db, const char *dir, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The schema that they make, from the SQLite text on a database in memory: no server is needed. */
CgSchema *cg_baseline_schema(const char *dir, GError **error);

#endif
