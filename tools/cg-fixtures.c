/* cg-fixtures: small Cinder databases out of YAML. */
#include "base/json.h"
#include "base/term.h"
#include "db/probe.h"
#include "fixtures/fixture.h"
#include "migrate/baseline.h"
#include "tools/fixture_check.h"
#include "tools/tool.h"

static gboolean option_create;

static const GOptionEntry load_options[] = {
    { "create", 0, 0, G_OPTION_ARG_NONE, &option_create,
      "Make the tables of a Kilo Cinder first, and the SQLite file when it does not exist", NULL },
    { NULL, 0, 0, 0, NULL, NULL, NULL },
};

/* Whether the data set will fit the tables that are still to be made: asked before any is. */
static bool
check_before_create(const CgFixture *fixture, const CgDialect *dialect, GError **error)
{
    if (cg_fixture_needs(fixture) != 0) {
        cg_error_set(error, CG_EXIT_REFUSED,
                     "make the tables with cg-migrate up --to 3, then load without --create",
                     "data set \"%s\" needs more than the tables of a Kilo Cinder",
                     cg_fixture_name(fixture));
        return false;
    }
    g_autoptr(CgSchema) schema = cg_baseline_schema(NULL, error);
    if (schema == NULL)
        return false;
    schema->dialect = dialect->name;
    return cg_fixture_check(fixture, schema, error);
}

static bool
check_no_cinder(CgDb *db, GError **error)
{
    int there = cg_db_has(db, "consistencygroups", NULL, error);
    if (there > 0)
        cg_error_set(error, CG_EXIT_REFUSED, "leave --create out, or name another database",
                     "the tables of a Cinder are here already");
    return there == 0;
}

static CgDb *
open_database(const CgFixture *fixture, GError **error)
{
    if (!option_create)
        return cg_tool_open(CG_DB_WRITE, error);
    const CgDialect *dialect = cg_tool_dialect(error);
    if (dialect == NULL || !check_before_create(fixture, dialect, error))
        return NULL;
    g_autoptr(CgDb) db = cg_tool_open(CG_DB_CREATE, error);
    g_autoptr(CgTx) tx = db != NULL ? cg_tx_begin(db, CG_TX_WRITE, error) : NULL;
    if (tx == NULL || !check_no_cinder(db, error) || !cg_baseline_make(db, NULL, error) ||
        !cg_tx_commit(tx, error))
        return NULL;
    return g_steal_pointer(&db);
}

static void
report_json(const CgFixture *fixture, const CgDb *db, const GArray *counts)
{
    g_autoptr(CgJson) json = cg_json_begin(stdout);
    cg_json_text(json, "database", cg_db_display(db));
    cg_json_text(json, "fixture", cg_fixture_name(fixture));
    cg_json_object(json, "rows");
    for (guint i = 0; i < counts->len; i++) {
        const CgFixtureCount *count = &g_array_index(counts, CgFixtureCount, i);
        cg_json_int(json, count->table, (int64_t)count->rows);
    }
}

static void
report_human(const CgFixture *fixture, const GArray *counts)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; i < counts->len; i++) {
        const CgFixtureCount *count = &g_array_index(counts, CgFixtureCount, i);
        g_string_append_printf(text, "%s%zu %s", i > 0 ? ", " : "", count->rows, count->table);
    }
    printf("loaded %s: %s\n", cg_fixture_name(fixture), text->str);
}

static CgExit
run_load(int argc G_GNUC_UNUSED, char **argv, GError **error)
{
    g_autoptr(CgFixture) fixture = cg_fixture_read(argv[0], error);
    if (fixture == NULL)
        return CG_EXIT_USAGE;
    g_autoptr(CgDb) db = open_database(fixture, error);
    if (db == NULL)
        return CG_EXIT_FAILED;
    g_autoptr(GArray) counts = NULL;
    if (!cg_fixture_load(fixture, db, &counts, error))
        return CG_EXIT_FAILED;
    if (cg_tool_wants_json())
        report_json(fixture, db, counts);
    else
        report_human(fixture, counts);
    return CG_EXIT_OK;
}

static void
check_json(const CgFixture *fixture, const CgDb *db, const GPtrArray *differences)
{
    g_autoptr(CgJson) json = cg_json_begin(stdout);
    cg_json_text(json, "database", cg_db_display(db));
    cg_json_text(json, "fixture", cg_fixture_name(fixture));
    cg_json_array(json, "differences");
    for (guint i = 0; i < differences->len; i++) {
        const CgFixtureDifference *difference = differences->pdata[i];
        cg_json_object(json, NULL);
        cg_json_text(json, "what", difference->what);
        cg_json_text(json, "text", difference->text);
        cg_json_close(json);
    }
}

static void
check_human(const CgFixture *fixture, const GPtrArray *differences)
{
    size_t groups = 0, findings = 0;
    cg_fixture_groups(fixture, &groups);
    bool judged = cg_fixture_findings(fixture, &findings) != NULL;
    for (guint i = 0; i < differences->len; i++) {
        const CgFixtureDifference *difference = differences->pdata[i];
        printf("%s: %s\n", difference->what, difference->text);
    }
    if (differences->len > 0)
        printf("%s: %u difference%s\n", cg_fixture_name(fixture), differences->len,
               differences->len == 1 ? "" : "s");
    else if (judged)
        printf("%s: all as stated, %zu groups and %zu findings\n", cg_fixture_name(fixture), groups,
               findings);
    else
        printf("%s: all as stated, %zu groups\n", cg_fixture_name(fixture), groups);
}

static CgExit
run_check(int argc G_GNUC_UNUSED, char **argv, GError **error)
{
    g_autoptr(CgFixture) fixture = cg_fixture_read(argv[0], error);
    if (fixture == NULL)
        return CG_EXIT_USAGE;
    g_autoptr(CgDb) db = cg_tool_open(CG_DB_READ, error);
    g_autoptr(GPtrArray) differences = db != NULL ? cg_fixture_compare(fixture, db, error) : NULL;
    if (differences == NULL)
        return CG_EXIT_FAILED;
    if (cg_tool_wants_json())
        check_json(fixture, db, differences);
    else
        check_human(fixture, differences);
    return differences->len > 0 ? CG_EXIT_DIFFERENCE : CG_EXIT_OK;
}

static const CgVerb verbs[] = {
    { .name = "load",
      .arguments = "FILE",
      .summary = "put the rows of a data set into a database",
      .description = "All rows or none: a mistake in the file is shown with its place, and nothing "
                     "is written. The language is described in docs/fixtures.md.",
      .options = load_options,
      .min_arguments = 1,
      .max_arguments = 1,
      .run = run_load },
    { .name = "check",
      .arguments = "FILE",
      .summary = "compare what the tools say of a database with what a data set expects",
      .description = "The rows must have been loaded, and the column to judge must be there. Gives "
                     "every group of the data set its verdict, audits the database, and ends with "
                     "1 where either is not as the file states. Writes nothing.",
      .min_arguments = 1,
      .max_arguments = 1,
      .run = run_check },
    { 0 },
};

static const CgProgram program = {
    .name = "cg-fixtures",
    .summary = "Small Cinder databases out of YAML, for demos and tests.",
    .epilogue = "Example:\n"
                "  cg-fixtures -d sqlite:demo.sqlite load --create fixtures/demo.yaml",
    .verbs = verbs,
};

int
main(int argc, char **argv)
{
    return cg_tool_main(&program, argc, argv);
}
