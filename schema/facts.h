/*
 * The parts of a table as short texts, in which models are listed and compared. For schema/ only.
 *
 * With `exact`, a text holds all that the model does; without, only what models of two backends
 * have in common.
 */
#ifndef CG_SCHEMA_FACTS_H
#define CG_SCHEMA_FACTS_H

#include "schema/schema.h"

/* "varchar(36), not null, key 1" */
char *cg_fact_column(const CgSchemaColumn *column);

/* Each a GPtrArray of texts that owns them, sorted; the caller's. */
GPtrArray *cg_facts_indexes(const CgSchemaTable *table, bool exact);      /* "ix (a, b), unique" */
GPtrArray *cg_facts_foreign_keys(const CgSchemaTable *table, bool exact); /* "fk (a) to t (id)" */
GPtrArray *cg_facts_checks(const CgSchemaTable *table, bool exact);       /* none if not exact */

#endif
