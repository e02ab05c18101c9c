/*
 * What a backend adds to schema/: one const entry in one file. For schema/ only.
 *
 * The catalog queries (embedded files) give the same columns for every dialect:
 *   columns       table, column, type, nullable, default, position in the key, type to classify by
 *   indexes       table, index, name means nothing, unique, valid, key or NULL, suffix, where
 *   foreign_keys  table, name or number, column, parent, its column, on update, on delete, has name
 *   checks        table, expression
 * The rows of one table, index or foreign key come one behind the other, in order.
 */
#ifndef CG_SCHEMA_INTROSPECT_H
#define CG_SCHEMA_INTROSPECT_H

#include "schema/schema.h"

typedef struct {
    const CgDialect *dialect;
    const char *columns, *indexes, *foreign_keys;
    const char *checks;                        /* or NULL */
    CgTypeClass (*classify)(const char *type); /* normalised as in the model */
    /* Adds what the queries cannot say; or NULL. */
    bool (*refine)(CgDb *db, CgSchema *schema, GError **error);
} CgIntrospection;

extern const CgIntrospection cg_introspection_postgresql;
extern const CgIntrospection cg_introspection_sqlite;

#endif
