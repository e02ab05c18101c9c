/*
 * Any text as a data set: it is refused with an error of ours, or it fits an empty Cinder or is
 * refused for that; and no reference, label or time in it makes the reader run away.
 */
#include "fixtures/fixture.h"
#include "migrate/source.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
run_up(CgDb *db, const GPtrArray *migrations, int64_t version)
{
    const CgMigration *migration = cg_source_find(migrations, version);
    const GArray *statements = migration->sections[CG_SECTION_UP].statements;
    for (unsigned i = 0; i < statements->len; i++) {
        g_autofree char *sql =
            cg_statement_dup(&migration->text, g_array_index(statements, CgStatement, i));
        g_assert_true(cg_db_exec(db, sql, NULL, 0, NULL, NULL));
    }
}

/* Made once; never freed, as the fuzzer has no end. */
static const CgSchema *
empty_cinder(void)
{
    static CgSchema *schema;
    if (schema != NULL)
        return schema;
    g_autoptr(CgDb) db = cg_db_open_memory(NULL);
    g_autoptr(GPtrArray) migrations = cg_source_load(NULL, CG_SQL_SQLITE, NULL);
    run_up(db, migrations, 1);
    run_up(db, migrations, 3);
    schema = cg_schema_read(db, NULL);
    g_assert_nonnull(schema);
    return schema;
}

static void
must_be_ours(const GError *error)
{
    g_assert_true(cg_error_is(error, CG_EXIT_USAGE) || cg_error_is(error, CG_EXIT_REFUSED));
    g_assert_true(g_utf8_validate(error->message, -1, NULL));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CgText text = { "fuzz", (const char *)data, size };
    g_autoptr(GError) error = NULL;
    const CgSchema *schema = empty_cinder();
    g_autoptr(CgFixture) fixture = cg_fixture_read_text(&text, &error);
    g_assert_true((fixture == NULL) == (error != NULL));
    bool fits = fixture != NULL && cg_fixture_check(fixture, schema, &error);
    g_assert_true(fits == (error == NULL));
    if (!fits)
        must_be_ours(error);
    return 0;
}
