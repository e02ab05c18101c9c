/*
 * Every data set of the project, on every backend that it serves: it loads, and the verdicts and
 * findings are those that it states, and no others.
 */
#include "fixtures/fixture.h"
#include "lineage/load.h"
#include "lineage/verdict.h"
#include "verify/audit.h"

#include "tests/lib/dbtest.h"
#include "tests/lib/kilo.h"

#include <stdlib.h>

static GPtrArray *files; /* paths */

static int
compare_paths(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void
find_files(const char *folder)
{
    g_autofree char *path = cg_test_source(folder);
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    const char *name = NULL;
    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL)
        if (g_str_has_suffix(name, ".yaml"))
            g_ptr_array_add(files, g_build_filename(path, name, NULL));
    g_ptr_array_sort(files, compare_paths);
}

/* ---- what is expected, and what is there ---- */

static const char *
reason_name(CgConflict conflict)
{
    static const char *const names[] = {
        [CG_CONFLICT_NO] = NULL,
        [CG_CONFLICT_SELF] = "self",
        [CG_CONFLICT_DISPUTED] = "disputed",
        [CG_CONFLICT_NO_ROW] = "no-row",
        [CG_CONFLICT_YOUNGER] = "younger",
        [CG_CONFLICT_DELETED] = "deleted",
        [CG_CONFLICT_PROJECT] = "project",
        [CG_CONFLICT_SAME_VOLUME] = "same-volume",
    };
    return names[conflict];
}

static char *
id_text(const CgModel *model, CgId id)
{
    char buffer[CG_ID_TEXT_SIZE];
    return cg_id_is_null(id) ? NULL : g_strdup(cg_id_text(model->strings, id, buffer, NULL));
}

static uint32_t
find_group(const CgModel *model, const char *id)
{
    for (uint32_t group = 0; group < model->groups.rows.n; group++) {
        g_autofree char *text = id_text(model, model->groups.rows.id[group]);
        if (strcmp(text, id) == 0)
            return group;
    }
    ck_abort_msg("group %s was not loaded", id);
}

static int64_t
votes_for(const CgVerdicts *verdicts, const CgDecision *decision)
{
    for (uint32_t i = 0; i < decision->n_votes; i++) {
        const CgVoteCount *vote = &verdicts->votes[decision->first_vote + i];
        if (cg_id_equal(vote->group, decision->source))
            return vote->n;
    }
    return 0;
}

static void
check_group(const CgVerdicts *verdicts, const CgFixtureGroup *expected, const char *file)
{
    const CgDecision *decision = &verdicts->of[find_group(verdicts->model, expected->id)];
    g_autofree char *source = id_text(verdicts->model, decision->source);
    const char *label = expected->label;
    if (expected->verdict != NULL)
        ck_assert_msg(strcmp(cg_verdict_name(decision->verdict), expected->verdict) == 0,
                      "%s: %s is %s, not %s", file, label, cg_verdict_name(decision->verdict),
                      expected->verdict);
    if (expected->reason != NULL)
        ck_assert_msg(g_strcmp0(reason_name(decision->conflict), expected->reason) == 0,
                      "%s: %s is a conflict by %s", file, label, reason_name(decision->conflict));
    if (expected->has_source)
        ck_assert_msg(g_strcmp0(source, expected->source) == 0, "%s: %s has the source %s", file,
                      label, source != NULL ? source : "none");
    if (expected->members >= 0)
        ck_assert_msg(decision->members == expected->members, "%s: %s has %u members", file, label,
                      decision->members);
    if (expected->votes >= 0)
        ck_assert_msg(votes_for(verdicts, decision) == expected->votes, "%s: %s has %d votes", file,
                      label, (int)votes_for(verdicts, decision));
}

static void
check_groups(CgDb *db, const CgFixture *fixture, const char *file)
{
    g_autoptr(GError) error = NULL;
    CgLoadOptions options = { .fields = CG_LOAD_BACKFILL, .quiet = true };
    size_t n = 0;
    const CgFixtureGroup *groups = cg_fixture_groups(fixture, &n);
    g_autoptr(CgModel) model = cg_model_load(db, &options, &error);
    ck_ok(model != NULL, error);
    g_autoptr(CgVerdicts) verdicts = cg_verdicts_new(model);
    for (size_t i = 0; i < n; i++)
        check_group(verdicts, &groups[i], file);
}

static bool
has_related(const CgFinding *finding, const char *id)
{
    for (unsigned i = 0; i < finding->related->len; i++)
        if (strcmp(g_array_index(finding->related, CgObject, i).id, id) == 0)
            return true;
    return id == NULL;
}

static bool
is_expected(const CgFinding *finding, const CgFixtureFinding *expected)
{
    return strcmp(finding->rule, expected->rule) == 0 &&
           strcmp(finding->object.table, expected->table) == 0 &&
           strcmp(finding->object.id, expected->id) == 0 &&
           (expected->severity == NULL ||
            strcmp(cg_severity_name(finding->severity), expected->severity) == 0) &&
           (expected->related == NULL || has_related(finding, expected->related));
}

static void
check_findings(CgDb *db, const CgFixture *fixture, const char *file)
{
    g_autoptr(GError) error = NULL;
    CgAuditOptions options = { .quiet = true };
    size_t n = 0;
    const CgFixtureFinding *expected = cg_fixture_findings(fixture, &n);
    if (expected == NULL)
        return;
    g_autoptr(CgReport) report = cg_audit_run(db, &options, &error);
    ck_ok(report != NULL, error);
    for (unsigned i = 0; i < report->findings->len; i++) {
        const CgFinding *finding = report->findings->pdata[i];
        size_t j = 0;
        while (j < n && !is_expected(finding, &expected[j]))
            j++;
        ck_assert_msg(j < n, "%s: not expected: %s %s %s %s: %s", file, finding->rule,
                      cg_severity_name(finding->severity), finding->object.table,
                      finding->object.id, finding->message);
    }
    for (size_t j = 0; j < n; j++) {
        unsigned i = 0;
        while (i < report->findings->len && !is_expected(report->findings->pdata[i], &expected[j]))
            i++;
        ck_assert_msg(i < report->findings->len, "%s: no finding %s on %s %s", file,
                      expected[j].rule, expected[j].table, expected[j].id);
    }
    ck_assert_msg(report->findings->len == n, "%s: %u findings", file, report->findings->len);
}

/* ---- tests ---- */

static CgFixture *
read_fixture(const char *path)
{
    g_autoptr(GError) error = NULL;
    CgFixture *fixture = cg_fixture_read(path, &error);
    ck_ok(fixture != NULL, error);
    return fixture;
}

/* A Cinder with what the data set needs; a cloud of Liberty has upstream's column. */
static CgDb *
open_for(const CgFixture *fixture, int backend)
{
    CgDb *db = cg_dbtest_open(backend);
    if (db == NULL)
        return NULL;
    cg_test_up(db, 1);
    if (cg_fixture_needs(fixture) & CG_FIXTURE_NEEDS_LIBERTY)
        cg_test_run_sql(db, "ALTER TABLE consistencygroups ADD COLUMN source_cgid VARCHAR(36)");
    if (cg_fixture_needs(fixture) & CG_FIXTURE_NEEDS_SPEC)
        cg_test_up(db, 3);
    return db;
}

/* A Kilo set is audited too, as after `cg-migrate up`: its rows come first, then the column. */
static void
load_and_check(const CgFixture *fixture, const char *path, int backend)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(CgDb) db = open_for(fixture, backend);
    if (db == NULL)
        return;
    if (!cg_fixture_serves(fixture, cg_db_dialect(db))) {
        ck_assert(!cg_fixture_load(fixture, db, NULL, &error));
        ck_assert(cg_error_is(error, CG_EXIT_USAGE));
        return;
    }
    ck_assert_msg(cg_fixture_load(fixture, db, NULL, &error), "%s", error ? error->message : "");
    if (cg_fixture_needs(fixture) == 0)
        cg_test_up(db, 3);
    check_groups(db, fixture, path);
    check_findings(db, fixture, path);
}

START_TEST(data_sets_are_what_they_say)
{
    const char *path = files->pdata[_i / CG_DBTEST_COUNT];
    g_autoptr(CgFixture) fixture = read_fixture(path);
    load_and_check(fixture, path, _i % CG_DBTEST_COUNT);
}
END_TEST

START_TEST(the_example_of_the_manual_is_true)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = cg_test_source("docs/fixtures.md");
    g_autofree char *manual = NULL;
    ck_ok(g_file_get_contents(path, &manual, NULL, &error), error);
    const char *from = strstr(manual, "```yaml\n");
    ck_assert_ptr_nonnull(from);
    from = strchr(from, '\n') + 1;
    CgText text = { path, from, (size_t)(strstr(from, "```") - from) };
    g_autoptr(CgFixture) fixture = cg_fixture_read_text(&text, &error);
    ck_ok(fixture != NULL, error);
    load_and_check(fixture, path, _i);
}
END_TEST

START_TEST(loading_counts_and_refuses_twice)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = cg_test_source("fixtures/clean.yaml");
    g_autoptr(CgFixture) fixture = read_fixture(path);
    g_autoptr(CgDb) db = open_for(fixture, _i);
    if (db == NULL)
        return;
    g_autoptr(GArray) counts = NULL;
    ck_ok(cg_fixture_load(fixture, db, &counts, &error), error);
    int64_t total = 0;
    for (unsigned i = 0; i < counts->len; i++)
        total += (int64_t)g_array_index(counts, CgFixtureCount, i).rows;
    ck_assert_int_eq(cg_dbtest_int(db, "SELECT (SELECT count(*) FROM consistencygroups)"
                                       " + (SELECT count(*) FROM volumes)"
                                       " + (SELECT count(*) FROM volume_types)"
                                       " + (SELECT count(*) FROM snapshots)"
                                       " + (SELECT count(*) FROM cgsnapshots)"),
                     total);

    ck_assert(!cg_fixture_load(fixture, db, NULL, &error));
    ck_assert(cg_error_is(error, CG_EXIT_FAILED));
    ck_assert_int_eq(cg_dbtest_int(db, "SELECT count(*) FROM consistencygroups"), 6);
}
END_TEST

START_TEST(serial_rows_are_numbered_by_the_database)
{
    static const char text[] = "name: x\nrows:\n  quotas:\n"
                               "    - { project: p, resource: volumes, hard_limit: 5 }\n"
                               "    - { project: p, resource: gigabytes, hard_limit: -1 }\n"
                               "  services: [{ host: h, binary: cinder-volume }]\n";
    g_autoptr(GError) error = NULL;
    CgText yaml = { "x.yaml", text, sizeof text - 1 };
    g_autoptr(CgFixture) fixture = cg_fixture_read_text(&yaml, &error);
    ck_ok(fixture != NULL, error);
    g_autoptr(CgDb) db = open_for(fixture, _i);
    if (db == NULL)
        return;
    ck_ok(cg_fixture_load(fixture, db, NULL, &error), error);
    ck_assert_int_eq(cg_dbtest_int(db, "SELECT max(id) FROM quotas"), 2);
    ck_assert_int_eq(cg_dbtest_int(db, "SELECT report_count FROM services"), 0);
}
END_TEST

int
main(void)
{
    files = g_ptr_array_new_with_free_func(g_free);
    find_files("fixtures");
    find_files("fixtures/faults");

    Suite *suite = suite_create("fixture");
    TCase *tcase = cg_dbtest_case(suite, "fixture");
    tcase_add_loop_test(tcase, data_sets_are_what_they_say, 0, (int)files->len * CG_DBTEST_COUNT);
    cg_dbtest_add(tcase, the_example_of_the_manual_is_true);
    cg_dbtest_add(tcase, loading_counts_and_refuses_twice);
    cg_dbtest_add(tcase, serial_rows_are_numbered_by_the_database);
    int status = cg_dbtest_run(suite);
    g_ptr_array_unref(files);
    return status;
}
