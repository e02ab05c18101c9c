/* The language of data sets: what rows become, and that each mistake is shown where it stands. */
#include "fixtures/fixture.h"

#include "base/time.h"
#include "tests/lib/kilo.h"

#include <check.h>
#include <string.h>

static CgDb *
new_kilo(void)
{
    g_autoptr(GError) error = NULL;
    CgDb *db = cg_db_open_memory(&error);
    ck_assert_msg(db != NULL, "%s", error ? error->message : "");
    cg_test_up(db, 1);
    return db;
}

static CgFixture *
parse(const char *yaml, GError **error)
{
    CgText text = { "x.yaml", yaml, strlen(yaml) };
    return cg_fixture_read_text(&text, error);
}

/* Loads a data set without mistakes; its rows follow the head. */
static CgFixture *
load(CgDb *db, const char *rows)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *yaml = g_strconcat("name: x\nbase: 2015-01-01\n", rows, NULL);
    CgFixture *fixture = parse(yaml, &error);
    ck_assert_msg(fixture != NULL, "%s", error ? error->message : "");
    ck_assert_msg(cg_fixture_load(fixture, db, NULL, &error), "%s", error ? error->message : "");
    return fixture;
}

static char *
one(CgDb *db, const char *sql)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(CgRows) rows = cg_db_query(db, sql, NULL, 0, &error);
    ck_assert_msg(rows != NULL, "%s\n%s", error ? error->message : "", sql);
    ck_assert_int_eq(cg_rows_next(rows, &error), 1);
    return cg_rows_text_dup(rows, 0);
}

static void
assert_one(CgDb *db, const char *sql, const char *expected)
{
    g_autofree char *found = one(db, sql);
    ck_assert_msg(g_strcmp0(found, expected) == 0, "%s gives %s, not %s", sql,
                  found != NULL ? found : "NULL", expected != NULL ? expected : "NULL");
}

/* ---- values ---- */

/* In all of them row `a` of volumes is asked for one expression. */
static const struct {
    const char *row, *expression, *value;
} cells[] = {
    { "{ size: 7 }", "size", "7" },
    { "{ name: 7 }", "display_name", "7" },
    { "{ name: \"null\" }", "display_name", "null" },
    { "{ name: null }", "display_name", NULL },
    { "~", "display_name", "a" },
    { "~", "size", "1" },
    { "~", "deleted", "false" },
    { "~", "status", "available" },
    { "~", "attach_status", "detached" },
    { "~", "bootable", "false" },
    { "{ bootable: true }", "bootable", "true" },
    { "~", "created_at", "2015-01-01 00:00:00.000000" },
    { "~", "launched_at", "2015-01-01 00:00:00.000000" },
    { "~", "updated_at", NULL },
    { "{ at: +1d2h3m4s }", "created_at", "2015-01-02 02:03:04.000000" },
    { "{ at: -1w }", "created_at", "2014-12-25 00:00:00.000000" },
    { "{ at: +5ms6us }", "created_at", "2015-01-01 00:00:00.005006" },
    { "{ created_at: 2014-02-03 04:05 }", "created_at", "2014-02-03 04:05:00.000000" },
    { "{ at: null }", "created_at", NULL },
    { "{ deleted: true }", "deleted || status || deleted_at",
      "1deleted2015-01-03 01:00:00.000000" },
    { "{ deleted: +9d }", "deleted || status || deleted_at", "1deleted2015-01-10 00:00:00.000000" },
    { "{ deleted: +9d, status: error }", "status", "error" },
    { "{ deleted: true, deleted_at: ~ }", "deleted_at", NULL },
    { "{ deleted: false }", "deleted", "false" },
    { "{ deleted: null }", "deleted", NULL },
    { "{ deleted: null }", "status", "available" },
    { "b", "source_volid = (SELECT id FROM volumes WHERE display_name = 'b')", "1" },
    { "b", "size", "30" },
    { "{ from: b, size: 31 }", "size", "31" },
    { "{ snapshot: s }", "size", "30" },
    { "{ from: \"\" }", "source_volid", "" },
    { "{ from: \"b\" }", "source_volid", "b" },
    { "{ from: 6F1C3B0E-9a52-4d0a-8a54-0d7c5b1b9f11 }", "source_volid",
      "6F1C3B0E-9a52-4d0a-8a54-0d7c5b1b9f11" },
    { "{ from: a }", "source_volid = id", "1" },
    { "{ group: g }", "project_id || host", "shopnode1@lvm#pool" },
    { "{ group: g, project: lab }", "project_id", "lab" },
    { "{ project_id: lab }", "project_id", "lab" },
    { "~", "project_id", "demo" },
    { "~", "provider_auth", "secret" },
    { "{ id: odd }", "id", "odd" },
    { "{ type: gold }", "volume_type_id = (SELECT id FROM volume_types)", "1" },
};

START_TEST(a_row_becomes_what_it_says)
{
    g_autoptr(CgDb) db = new_kilo();
    g_autofree char *yaml =
        g_strdup_printf("defaults: { volumes: { provider_auth: secret } }\n"
                        "rows:\n"
                        "  volume_types: [gold]\n"
                        "  consistencygroups: { g: { project: shop, types: [gold] } }\n"
                        "  snapshots: { s: b }\n"
                        "  volumes:\n"
                        "    b: { size: 30, at: +2d, provider_auth: ~ }\n"
                        "    a: %s\n",
                        cells[_i].row);
    g_autofree char *sql = g_strdup_printf("SELECT %s FROM volumes WHERE provider_auth = 'secret'",
                                           cells[_i].expression);
    cg_fixture_free(load(db, yaml));
    assert_one(db, sql, cells[_i].value);
}
END_TEST

START_TEST(types_are_a_list_with_a_last_comma)
{
    g_autoptr(CgDb) db = new_kilo();
    g_autoptr(CgFixture) fixture = load(db, "rows:\n"
                                            "  volume_types: [gold, silver]\n"
                                            "  consistencygroups: { g: { types: [silver, gold] }, "
                                            "h: { volume_type_id: \"x,y,\" } }\n");
    g_autofree char *expected =
        g_strdup_printf("%s,%s,", cg_fixture_id(fixture, "volume_types", "silver"),
                        cg_fixture_id(fixture, "volume_types", "gold"));
    assert_one(db, "SELECT volume_type_id FROM consistencygroups WHERE name = 'g'", expected);
    assert_one(db, "SELECT volume_type_id FROM consistencygroups WHERE name = 'h'", "x,y,");
}
END_TEST

START_TEST(nested_rows_know_where_they_are)
{
    g_autoptr(CgDb) db = new_kilo();
    cg_fixture_free(
        load(db, "rows:\n"
                 "  consistencygroups:\n"
                 "    g:\n"
                 "      at: +1h\n"
                 "      volumes: [v, w]\n"
                 "      cgsnapshots: { c: { at: +1d, snapshots: { s: w, t: { of: v } } } }\n"));
    assert_one(db,
               "SELECT count(*) FROM volumes v JOIN consistencygroups g"
               " ON v.consistencygroup_id = g.id",
               "2");
    assert_one(db, "SELECT created_at FROM volumes WHERE display_name = 'w'",
               "2015-01-01 01:02:00.000000");
    assert_one(db,
               "SELECT count(*) FROM snapshots s JOIN cgsnapshots c ON s.cgsnapshot_id = c.id"
               " JOIN consistencygroups g ON c.consistencygroup_id = g.id",
               "2");
    assert_one(db,
               "SELECT v.display_name || s.created_at FROM snapshots s"
               " JOIN volumes v ON s.volume_id = v.id WHERE s.display_name = 't'",
               "v2015-01-02 00:00:02.000000");
}
END_TEST

START_TEST(labels_mean_the_same_row_everywhere)
{
    g_autofree char *id = cg_fixture_derive_id("volumes", "shop-db");
    g_autofree char *again = cg_fixture_derive_id("volumes", "shop-db");
    g_autofree char *group = cg_fixture_derive_id("consistencygroups", "shop-db");
    ck_assert_str_eq(id, "53cff4f3-9371-876d-a190-54b980bf306b");
    ck_assert_str_eq(id, again);
    ck_assert_str_ne(id, group);
}
END_TEST

START_TEST(what_refers_to_itself_ends)
{
    g_autoptr(CgDb) db = new_kilo();
    GString *yaml = g_string_new("rows:\n  volumes:\n    v0: v1999\n");
    for (int i = 1; i < 2000; i++)
        g_string_append_printf(yaml, "    v%d: v%d\n", i, i - 1);
    g_autofree char *text = g_string_free(yaml, FALSE);
    cg_fixture_free(load(db, text));
    assert_one(db, "SELECT count(*) FROM volumes WHERE source_volid IS NOT NULL", "2000");
}
END_TEST

/* ---- expectations ---- */

START_TEST(expectations_are_told)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(CgFixture) fixture =
        parse("name: n\ndescription: d\nonly: sqlite\nschema: [spec, liberty]\n"
              "purged: { volumes: [old] }\n"
              "rows:\n  consistencygroups: { g: { volumes: [v, g] }, h: ~ }\n"
              "expect:\n"
              "  groups:\n"
              "    g: { verdict: conflict, reason: younger, source: h, members: 2, votes: 1 }\n"
              "    h: none\n"
              "  findings:\n"
              "    - { rule: CGL108, object: v, related: old, severity: info }\n"
              "    - { rule: CGL208, object: consistencygroups/g }\n",
              &error);
    ck_assert_msg(fixture != NULL, "%s", error ? error->message : "");
    ck_assert_str_eq(cg_fixture_name(fixture), "n");
    ck_assert_str_eq(cg_fixture_description(fixture), "d");
    ck_assert(cg_fixture_serves(fixture, &cg_dialect_sqlite));
    ck_assert(!cg_fixture_serves(fixture, &cg_dialect_postgresql));
    ck_assert_uint_eq(cg_fixture_needs(fixture), CG_FIXTURE_NEEDS_SPEC | CG_FIXTURE_NEEDS_LIBERTY);

    size_t n = 0;
    const CgFixtureGroup *groups = cg_fixture_groups(fixture, &n);
    ck_assert_uint_eq(n, 2);
    ck_assert_str_eq(groups[0].verdict, "conflict");
    ck_assert_str_eq(groups[0].reason, "younger");
    ck_assert_str_eq(groups[0].source, groups[1].id);
    ck_assert_int_eq(groups[0].members, 2);
    ck_assert_int_eq(groups[0].votes, 1);
    ck_assert(!groups[1].has_source);
    ck_assert_int_eq(groups[1].members, -1);

    const CgFixtureFinding *findings = cg_fixture_findings(fixture, &n);
    ck_assert_uint_eq(n, 2);
    ck_assert_str_eq(findings[0].table, "volumes");
    ck_assert_str_eq(findings[0].related, cg_fixture_id(fixture, "volumes", "old"));
    ck_assert_str_eq(findings[1].table, "consistencygroups");
    ck_assert_str_eq(findings[1].id, groups[0].id);
    ck_assert_ptr_null(findings[1].severity);
}
END_TEST

START_TEST(nothing_said_is_not_nothing_expected)
{
    size_t n = 1;
    g_autoptr(CgFixture) silent = parse("name: x\n", NULL);
    g_autoptr(CgFixture) empty = parse("name: x\nexpect: { findings: [] }\n", NULL);
    ck_assert_ptr_null(cg_fixture_findings(silent, &n));
    ck_assert_uint_eq(n, 0);
    ck_assert_ptr_nonnull(cg_fixture_findings(empty, &n));
    ck_assert_uint_eq(n, 0);
}
END_TEST

/* ---- mistakes ---- */

/* Behind "name: x\n", so the first line here is line 2. */
static const struct {
    const char *yaml, *place, *message;
} mistakes[] = {
    { "rows: { volumes: { v: { size: big } } }", "2:31", "a whole number must stand here" },
    { "rows: { volumes: { v: { size: \"1\" } } }", "2:31", "a whole number must stand here" },
    { "rows: { volumes: { v: { size: 3000000000 } } }", "2:31",
      "volumes.size holds numbers of 32" },
    { "rows: { volumes: { v: { bootable: 1 } } }", "2:35", "true or false must stand here" },
    { "rows: { volumes: { v: { deleted: yes } } }", "2:34", "true or false must stand here" },
    { "rows: { volumes: { v: { at: +5 } } }", "2:29", "volumes.created_at must be a time" },
    { "rows: { volumes: { v: { at: +5x } } }", "2:29", "volumes.created_at must be a time" },
    { "rows: { volumes: { v: { at: yesterday } } }", "2:29", "volumes.created_at must be a time" },
    { "rows: { volumes: { v: { at: +999999y } } }", "2:29", "volumes.created_at must be a time" },
    { "rows: { volumes: { v: { size: [1] } } }", "2:31", "volumes.size takes a single value" },
    { "rows: { volumes: { v: { colour: red } } }", "2:25", "volumes has no column \"colour\"" },
    { "rows: { volumes: { v: { size: 1, sizee: 1 } } }", "2:34", "no column \"sizee\"" },
    { "rows: { volumes: { v: { volumes: [w] } } }", "2:25", "volumes has no column \"volumes\"" },
    { "rows: { volumes: { v: { at: +1d, created_at: +1d } } }", "2:34",
      "\"at\" and \"created_at\" are one column" },
    { "rows: { volumes: { v: { size: 1, size: 2 } } }", "2:34", "" },
    { "rows: { volumes: { v: ~ }, volumes: { w: ~ } }", "2:28", "" },
    { "rows: { volums: { v: ~ } }", "2:9", "the database has no table \"volums\"" },
    { "defaults: { volumes: { hue: 1 } }", "2:24", "volumes has no column \"hue\"" },
    { "defaults: { volumes: { size: x } }\nrows: { volumes: [v] }", "2:30", "whole number" },
    { "rows: { volumes: { v: { from: w } } }", "2:31",
      "names \"w\", which is no label of volumes" },
    { "rows: { volumes: { v: w } }", "2:23", "names \"w\", which is no label of volumes" },
    { "rows: { volumes: { v: { group: v } } }", "2:32", "no label of consistencygroups" },
    { "rows: { consistencygroups: { g: { types: [tin] } } }", "2:43", "no label of volume_types" },
    { "rows: { consistencygroups: { g: { volumes: [v] } }, volumes: [v] }", "2:63",
      "volumes has \"v\" twice" },
    { "rows: { volumes: [v, v] }", "2:22", "volumes has \"v\" twice" },
    { "rows: { volumes: { v: ~, w: { id: v1 }, x: { id: v1 } } }", "2:41",
      "volumes has \"v1\" twice" },
    { "purged: { volumes: [v] }\nrows: { volumes: [v] }", "3:19", "volumes has \"v\" twice" },
    { "rows: { volumes: [{ size: 1 }] }", "2:19", "volumes.id must be given and not null" },
    { "rows: { volumes: { v: { id: ~ } } }", "2:20", "volumes.id must be given and not null" },
    { "rows: { snapshots: { s: ~ } }", "2:22", "snapshots.volume_id must be given" },
    { "rows: { quotas: { q: { resource: volumes } } }", "2:19", "quotas.id is a number that" },
    { "rows: { quotas: [{ project: p }] }", "2:18", "quotas.resource must be given" },
    { "rows: { volumes: { v: { id: 0123456789012345678901234567890123456 } } }", "2:20",
      "volumes.id takes 36 characters at most" },
    { "rows: { consistencygroups: { g: prod } }", "2:33", "a row of consistencygroups must be a" },
    { "rows: { volumes: { v: [] } }", "2:23", "a row of volumes must be a mapping" },
    { "rows: { volumes: v }", "2:18", "volumes must be a mapping" },
    { "rows: [v]", "2:7", "\"rows\" must be a mapping" },
    { "row: { }", "2:1", "unknown key \"row\" of a data set" },
    { "only: mysql", "2:7", "\"only\" must be postgresql or sqlite" },
    { "only: postgresql", "2:7", "this data set is for postgresql only" },
    { "schema: newton", "2:9", "\"schema\" must be kilo, spec, liberty" },
    { "schema: [kilo, [spec]]", "2:16", "\"schema\" must be kilo, spec, liberty" },
    { "base: tomorrow", "2:7", "\"base\" must be a time" },
    { "base: [2015-01-01]", "2:7", "\"base\" must be a time" },
    { "purged: { volumes: v }", "2:20", "volumes must be a list" },
    { "purged: { volumes: [[v]] }", "2:21", "a purged row's label must be a single value" },
    { "expect: { group: { } }", "2:11", "unknown key \"group\" of \"expect\"" },
    { "expect: { groups: { g: none } }", "2:21", "no group is labelled \"g\"" },
    { "rows: { consistencygroups: [g] }\nexpect: { groups: { g: exakt } }", "3:24",
      "\"exakt\" is none of settled" },
    { "rows: { consistencygroups: [g] }\nexpect: { groups: { g: { votes: -1 } } }", "3:33",
      "not negative" },
    { "rows: { consistencygroups: [g] }\nexpect: { groups: { g: { source: h } } }", "3:34",
      "no group is labelled \"h\"" },
    { "expect: { findings: { } }", "2:21", "\"findings\" must be a list" },
    { "expect: { findings: [{ rule: CGL101 }] }", "2:22",
      "must have a \"rule\" and an \"object\"" },
    { "expect: { findings: [{ rule: CGL101, object: v }] }", "2:46", "no row is labelled \"v\"" },
    { "rows: { volumes: [v] }\nexpect: { findings: [{ rule: 101, object: v }] }", "3:30",
      "a rule is CGL and three digits" },
    { "rows: { volumes: [v], consistencygroups: [v] }\n"
      "expect: { findings: [{ rule: CGL101, object: v }] }",
      "3:46", "both consistencygroups and volumes have \"v\"" },
};

static char *
contents(CgDb *db)
{
    return one(db, "SELECT (SELECT count(*) FROM volumes) || ' ' ||"
                   " (SELECT count(*) FROM consistencygroups) || ' ' ||"
                   " (SELECT count(*) FROM snapshots) || ' ' || (SELECT count(*) FROM quotas)");
}

START_TEST(a_mistake_is_shown_and_changes_nothing)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(CgDb) db = new_kilo();
    g_autofree char *yaml = g_strconcat("name: x\n", mistakes[_i].yaml, "\n", NULL);
    g_autofree char *place = g_strdup_printf("x.yaml:%s: ", mistakes[_i].place);
    g_autoptr(CgFixture) fixture = parse(yaml, &error);
    if (fixture != NULL)
        ck_assert(!cg_fixture_load(fixture, db, NULL, &error));
    ck_assert_ptr_nonnull(error);
    ck_assert(cg_error_is(error, CG_EXIT_USAGE));
    ck_assert_msg(g_str_has_prefix(error->message, place), "%s: %s", place, error->message);
    ck_assert_msg(strstr(error->message, mistakes[_i].message) != NULL, "%s", error->message);
    g_autofree char *found = contents(db);
    ck_assert_str_eq(found, "0 0 0 0");
}
END_TEST

START_TEST(a_name_must_be_given)
{
    static const char *const texts[] = { "", "rows: { }\n", "name: \"\"\n", "[]\n" };
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(GError) error = NULL;
        ck_assert_ptr_null(parse(texts[i], &error));
        ck_assert(cg_error_is(error, CG_EXIT_USAGE));
    }
}
END_TEST

START_TEST(the_nearest_name_is_offered)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(CgDb) db = new_kilo();
    g_autoptr(CgFixture) fixture =
        parse("name: x\nrows: { volumes: { v: { siez: 1 } } }\n", &error);
    ck_assert(!cg_fixture_load(fixture, db, NULL, &error));
    ck_assert_str_eq(cg_error_hint(error), "did you mean \"size\"?");
}
END_TEST

START_TEST(a_missing_column_is_refused_with_advice)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(CgDb) db = new_kilo();
    g_autoptr(CgFixture) fixture = parse("name: x\nschema: spec\n", &error);
    ck_assert(!cg_fixture_load(fixture, db, NULL, &error));
    ck_assert(cg_error_is(error, CG_EXIT_REFUSED));
    ck_assert_ptr_nonnull(strstr(error->message, "source_cg_id"));
    ck_assert_ptr_nonnull(strstr(cg_error_hint(error), "cg-migrate up --to 3"));
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("fixture");
    TCase *tcase = tcase_create("language");
    SRunner *runner = srunner_create(suite);

    tcase_add_loop_test(tcase, a_row_becomes_what_it_says, 0, G_N_ELEMENTS(cells));
    tcase_add_test(tcase, types_are_a_list_with_a_last_comma);
    tcase_add_test(tcase, nested_rows_know_where_they_are);
    tcase_add_test(tcase, labels_mean_the_same_row_everywhere);
    tcase_add_test(tcase, what_refers_to_itself_ends);
    tcase_add_test(tcase, expectations_are_told);
    tcase_add_test(tcase, nothing_said_is_not_nothing_expected);
    tcase_add_loop_test(tcase, a_mistake_is_shown_and_changes_nothing, 0, G_N_ELEMENTS(mistakes));
    tcase_add_test(tcase, a_name_must_be_given);
    tcase_add_test(tcase, the_nearest_name_is_offered);
    tcase_add_test(tcase, a_missing_column_is_refused_with_advice);
    suite_add_tcase(suite, tcase);

    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
