/* The model itself: finding and freeing. How it is filled is introspect.c's. */
#include "schema/schema.h"

#include <string.h>

static const char *const class_names[CG_N_CLASSES] = {
    [CG_CLASS_INT] = "int",     [CG_CLASS_BOOL] = "bool", [CG_CLASS_TIME] = "time",
    [CG_CLASS_TEXT] = "text",   [CG_CLASS_REAL] = "real", [CG_CLASS_BLOB] = "blob",
    [CG_CLASS_OTHER] = "other",
};

const char *
cg_type_class_name(CgTypeClass type_class)
{
    return class_names[type_class];
}

const CgSchemaTable *
cg_schema_find_table(const CgSchema *schema, const char *table)
{
    for (unsigned i = 0; i < schema->tables->len; i++) {
        const CgSchemaTable *found = schema->tables->pdata[i];
        if (strcmp(found->name, table) == 0)
            return found;
    }
    return NULL;
}

const CgSchemaColumn *
cg_schema_table_column(const CgSchemaTable *table, const char *column)
{
    for (unsigned i = 0; i < table->columns->len; i++) {
        const CgSchemaColumn *found = table->columns->pdata[i];
        if (strcmp(found->name, column) == 0)
            return found;
    }
    return NULL;
}

const CgSchemaColumn *
cg_schema_find_column(const CgSchema *schema, const char *table, const char *column)
{
    const CgSchemaTable *found = cg_schema_find_table(schema, table);
    return found != NULL ? cg_schema_table_column(found, column) : NULL;
}

void
cg_schema_free(CgSchema *schema)
{
    if (schema == NULL)
        return;
    g_ptr_array_unref(schema->tables);
    g_free(schema);
}
