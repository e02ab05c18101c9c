/* The text of a migration whose digest is the normalised one; see file.h. */
#include "migrate/file.h"

#include "db/normalise.h"

static void
append_section(GString *out, const CgMigration *migration, CgSectionKind kind)
{
    const CgSection *section = &migration->sections[kind];
    g_string_append(out, cg_section_kind_name(kind));
    if (!section->transaction)
        g_string_append(out, " transaction:false");
    if (section->irreversible != NULL)
        g_string_append(out, " irreversible");
    for (unsigned i = 0; i < section->preserve->len; i++) {
        const CgPreserve *preserve = &g_array_index(section->preserve, CgPreserve, i);
        g_string_append_printf(out, " preserve:\"%s\"", preserve->table);
        if (preserve->column != NULL)
            g_string_append_printf(out, ".\"%s\"", preserve->column);
    }
    g_string_append_c(out, '\n');
    for (unsigned i = 0; i < section->statements->len; i++) {
        CgStatement statement = g_array_index(section->statements, CgStatement, i);
        CgText part = { .name = migration->text.name,
                        .data = migration->text.data + statement.offset,
                        .len = statement.len };
        g_autofree char *canonical = cg_sql_normalise(&part, migration->dialect);
        g_string_append_printf(out, "%s ;\n", canonical);
    }
}

char *
cg_migration_normalise(const CgMigration *migration)
{
    GString *out = g_string_new(NULL);
    for (int kind = 0; kind < CG_N_SECTIONS; kind++)
        if (migration->sections[kind].present)
            append_section(out, migration, (CgSectionKind)kind);
    return g_string_free(out, FALSE);
}
