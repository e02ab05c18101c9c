/*
 * Every data set of the project, on every backend that it serves: it loads, and the verdicts and
 * findings are those that it states, and no others.
 */
#include "tools/fixture_check.h"

#include "tests/lib/dbtest.h"
#include "tests/lib/kilo.h"

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
    g_autoptr(GPtrArray) differences = cg_fixture_compare(fixture, db, &error);
    ck_ok(differences != NULL, error);
    for (unsigned i = 0; i < differences->len; i++) {
        const CgFixtureDifference *difference = differences->pdata[i];
        ck_abort_msg("%s: %s: %s", path, difference->what, difference->text);
    }
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
