/* PostgreSQL's part of the introspection: everything stands in the catalog. */
#include "schema/introspect.h"

#include <string.h>

static const struct {
    const char *type;
    CgTypeClass type_class;
} classes[] = {
    { "smallint", CG_CLASS_INT }, { "integer", CG_CLASS_INT },    { "bigint", CG_CLASS_INT },
    { "boolean", CG_CLASS_BOOL }, { "timestamp", CG_CLASS_TIME }, { "timestamptz", CG_CLASS_TIME },
    { "date", CG_CLASS_TIME },    { "varchar", CG_CLASS_TEXT },   { "char", CG_CLASS_TEXT },
    { "text", CG_CLASS_TEXT },    { "name", CG_CLASS_TEXT },      { "bpchar", CG_CLASS_TEXT },
    { "citext", CG_CLASS_TEXT },  { "real", CG_CLASS_REAL },      { "double", CG_CLASS_REAL },
    { "numeric", CG_CLASS_REAL }, { "bytea", CG_CLASS_BLOB },
};

static CgTypeClass
classify(const char *type)
{
    for (size_t i = 0; i < G_N_ELEMENTS(classes); i++)
        if (strcmp(classes[i].type, type) == 0)
            return classes[i].type_class;
    return CG_CLASS_OTHER;
}

const CgIntrospection cg_introspection_postgresql = {
    .dialect = &cg_dialect_postgresql,
    .columns = "schema/sql/columns.postgresql.sql",
    .indexes = "schema/sql/indexes.postgresql.sql",
    .foreign_keys = "schema/sql/foreign_keys.postgresql.sql",
    .checks = "schema/sql/checks.postgresql.sql",
    .classify = classify,
};
