/* The statements of the first migration, one by one; see baseline.h. */
#include "migrate/baseline.h"

#include "migrate/source.h"

bool
cg_baseline_make(CgDb *db, const char *dir, GError **error)
{
    g_autoptr(GPtrArray) migrations = cg_source_load(dir, cg_db_dialect(db)->sql, error);
    if (migrations == NULL)
        return false;
    const CgMigration *first = g_ptr_array_index(migrations, 0);
    const GArray *statements = first->sections[CG_SECTION_UP].statements;
    for (guint i = 0; i < statements->len; i++) {
        g_autofree char *sql =
            cg_statement_dup(&first->text, g_array_index(statements, CgStatement, i));
        if (cg_db_exec(db, sql, NULL, 0, NULL, error))
            continue;
        g_prefix_error(error, "migration %04" G_GINT64_FORMAT "_%s on %s: ", first->version,
                       first->name, cg_db_display(db));
        return false;
    }
    return true;
}

CgSchema *
cg_baseline_schema(const char *dir, GError **error)
{
    g_autoptr(CgDb) scratch = cg_db_open_memory(error);
    if (scratch == NULL || !cg_baseline_make(scratch, dir, error))
        return NULL;
    return cg_schema_read(scratch, error);
}
