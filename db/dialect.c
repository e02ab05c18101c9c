/* The dialects as data; see dialect.h. */
#include "db/dialect.h"

#include <string.h>

const CgDialect cg_dialect_postgresql = {
    .name = "postgresql",
    .sql = CG_SQL_POSTGRESQL,
    .can = CG_CAN_CONCURRENT_INDEX | CG_CAN_LOG_POSITION | CG_CAN_ENFORCE_KEYS |
           CG_CAN_NAME_BLOCKERS | CG_CAN_LOCK_TABLE,
    .write_order = CG_WRITE_BY_KEY,
    .text_type = "VARCHAR(255)",
    .int_type = "BIGINT",
    .bool_type = "BOOLEAN",
    .time_type = "TIMESTAMP",
};

const CgDialect cg_dialect_sqlite = {
    .name = "sqlite",
    .sql = CG_SQL_SQLITE,
    .can = CG_CAN_BACKUP,
    .write_order = CG_WRITE_BY_SCAN,
    .text_type = "VARCHAR(255)",
    .int_type = "INTEGER",
    .bool_type = "BOOLEAN",
    .time_type = "DATETIME",
};

static const CgDialect *const dialects[] = { &cg_dialect_postgresql, &cg_dialect_sqlite };

const CgDialect *
cg_dialect_find(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(dialects); i++)
        if (strcmp(dialects[i]->name, name) == 0)
            return dialects[i];
    return NULL;
}

/* Both dialects quote as standard SQL does; a third one brings its quote character as data. */
char *
cg_dialect_ident(const CgDialect *dialect G_GNUC_UNUSED, const char *name)
{
    GString *quoted = g_string_new("\"");
    for (const char *c = name; *c != '\0'; c++) {
        if (*c == '"')
            g_string_append_c(quoted, '"');
        g_string_append_c(quoted, *c);
    }
    g_string_append_c(quoted, '"');
    return g_string_free(quoted, FALSE);
}
