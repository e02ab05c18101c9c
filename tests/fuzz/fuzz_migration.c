/*
 * Any bytes as a migration file, for both dialects: what is accepted keeps its promises, what is
 * refused is refused with a position.
 */
#include "migrate/file.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_section(const CgMigration *migration, CgSectionKind kind)
{
    const CgSection *section = &migration->sections[kind];
    g_assert(section->statements != NULL && section->preserve != NULL);
    g_assert(section->present || section->statements->len == 0);
    g_assert((kind == CG_SECTION_REQUIRE && section->present) == (section->message != NULL));
    size_t pos = section->marker;
    for (unsigned i = 0; i < section->statements->len; i++) {
        CgStatement statement = g_array_index(section->statements, CgStatement, i);
        g_assert(statement.len > 0 && statement.offset >= pos);
        pos = statement.offset + statement.len;
        g_assert(pos <= migration->text.len);
    }
}

static void
check_file(const char *data, size_t size, CgSqlDialect dialect)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(CgMigration) migration =
        cg_migration_parse("0001_fuzz.sql", data, size, dialect, &error);
    g_assert((migration == NULL) == (error != NULL));
    if (migration == NULL) {
        g_assert(cg_error_is(error, CG_EXIT_USAGE));
        g_assert(g_str_has_prefix(error->message, "0001_fuzz.sql:"));
        g_assert(g_utf8_validate(error->message, -1, NULL));
        return;
    }
    g_assert(migration->sections[CG_SECTION_UP].present);
    g_assert(size == 0 || memcmp(migration->text.data, data, size) == 0);
    for (int kind = 0; kind < CG_N_SECTIONS; kind++)
        check_section(migration, (CgSectionKind)kind);
    g_autofree char *canonical = cg_migration_normalise(migration);
    g_assert(canonical[0] != '\0');
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_file((const char *)data, size, CG_SQL_POSTGRESQL);
    check_file((const char *)data, size, CG_SQL_SQLITE);
    return 0;
}
