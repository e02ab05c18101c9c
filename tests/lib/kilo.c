/* Databases for tests: see kilo.h. */
#include "tests/lib/kilo.h"

#include "migrate/source.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

static void
run_statements(CgDb *db, const CgText *text, const GArray *statements)
{
    for (unsigned i = 0; i < statements->len; i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *sql = cg_statement_dup(text, g_array_index(statements, CgStatement, i));
        bool ok = cg_db_exec(db, sql, NULL, 0, NULL, &error);
        ck_assert_msg(ok, "%s\n%s", error ? error->message : "", sql);
    }
}

void
cg_test_run_sql(CgDb *db, const char *sql)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GArray) statements = NULL;
    CgText text = { .name = "test", .data = sql, .len = strlen(sql) };
    ck_assert_msg(cg_split(&text, cg_db_dialect(db)->sql, &statements, &error), "%s",
                  error ? error->message : "");
    run_statements(db, &text, statements);
}

static void
run_section(CgDb *db, int version, CgSectionKind kind)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) all = cg_source_load(NULL, cg_db_dialect(db)->sql, &error);
    ck_assert_msg(all != NULL, "%s", error ? error->message : "");
    const CgMigration *migration = cg_source_find(all, version);
    ck_assert_ptr_nonnull(migration);
    run_statements(db, &migration->text, migration->sections[kind].statements);
}

void
cg_test_up(CgDb *db, int version)
{
    run_section(db, version, CG_SECTION_UP);
    run_section(db, version, CG_SECTION_VERIFY);
}

void
cg_test_down(CgDb *db, int version)
{
    run_section(db, version, CG_SECTION_DOWN);
}

bool
cg_test_load_dump(CgDb *db, const char *name)
{
    const char *folder = g_getenv("CG_SCHEMA_DUMPS");
    if (folder == NULL) {
        printf("# skip CG_SCHEMA_DUMPS does not name the folder of true schemas\n");
        fflush(stdout);
        return false;
    }
    g_autofree char *path = g_build_filename(folder, name, NULL);
    g_autofree char *sql = NULL;
    ck_assert_msg(g_file_get_contents(path, &sql, NULL, NULL), "%s", path);
    cg_test_run_sql(db, sql);
    return true;
}

char *
cg_test_source(const char *path)
{
    const char *top = g_getenv("SRC");
    return g_build_filename(top != NULL ? top : ".", path, NULL);
}
