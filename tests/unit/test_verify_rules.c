/* Every rule against a sound cloud, damaged in one way: what it finds, and what it leaves alone. */
#include "tests/lib/cloud.h"
#include "tests/lib/kilo.h"
#include "verify/audit.h"

#include <check.h>
#include <string.h>

#define GROUP(id, values) "UPDATE consistencygroups SET " values " WHERE id = '" id "';"
#define VOLUME(id, values) "UPDATE volumes SET " values " WHERE id = '" id "';"
#define NEW_VOLUME(id, group, source)                                                              \
    "INSERT INTO volumes (id, consistencygroup_id, source_volid, project_id, status, created_at,"  \
    " deleted) VALUES ('" id "', " group ", " source                                               \
    ", 'p1', 'available', '2015-01-03 00:00:00', FALSE);"

/* `also` are the other rules that rightly see the same damage. `related` are ids, as they come. */
typedef struct {
    const char *rule;
    const char *damage;
    const char *object; /* NULL: nothing is found */
    CgSeverity severity;
    const char *related;
    const char *also;
} Damage;

#define ERROR CG_SEVERITY_ERROR
#define WARNING CG_SEVERITY_WARNING
#define INFO CG_SEVERITY_INFO
#define NOTHING NULL, INFO, "", ""

static const Damage damages[] = {
    /* input */
    { "CGL003", GROUP("A", "source_cg_id = ''"), "A", WARNING, "", "" },
    { "CGL003", GROUP("D", "cgsnapshot_id = '', source_cg_id = ''"), "D", WARNING, "", "" },
    { "CGL003", VOLUME("d1", "snapshot_id = ''"), "d1", WARNING, "", "" },
    { "CGL003", VOLUME("d1", "source_volid = '', snapshot_id = ''"), "d1", WARNING, "", "" },
    { "CGL003", VOLUME("d1", "consistencygroup_id = ''"), "d1", WARNING, "", "" },
    { "CGL003", NEW_VOLUME("x", "NULL", "''"), "x", WARNING, "", "" },
    { "CGL003", GROUP("old", "source_cg_id = ''"), NOTHING },

    /* references */
    { "CGL101", GROUP("D", "source_cg_id = 'no'"), "D", ERROR, "no", "" },
    { "CGL101", GROUP("D", "source_cg_id = 'no', created_at = '2013-01-01 00:00:00'"), "D", INFO,
      "no", "" },
    { "CGL101", GROUP("D", "source_cg_id = 'no', created_at = NULL"), "D", INFO, "no", "" },
    { "CGL101", GROUP("D", "source_cg_id = 'no'") "DELETE FROM consistencygroups WHERE id = 'old';",
      "D", INFO, "no", "" },
    { "CGL101", GROUP("old", "source_cg_id = 'no'"), NOTHING },
    { "CGL102", GROUP("D", "source_cg_id = 'old'"), "D", INFO, "old", "CGL501" },
    { "CGL102", GROUP("D", "source_cg_id = 'old', status = 'creating'"), "D", WARNING, "old", "" },
    { "CGL103", GROUP("D", "cgsnapshot_id = 'no'"), "D", ERROR, "no", "" },
    { "CGL103", GROUP("D", "cgsnapshot_id = 'no', created_at = '2013-01-01 00:00:00'"), "D", INFO,
      "no", "" },
    { "CGL105", "UPDATE cgsnapshots SET consistencygroup_id = 'no' WHERE id = 'K';", "K", ERROR,
      "no", "" },
    { "CGL105", "UPDATE cgsnapshots SET consistencygroup_id = '' WHERE id = 'K';", "K", ERROR, "",
      "" },
    { "CGL105", "UPDATE cgsnapshots SET consistencygroup_id = 'no' WHERE id = 'oldK';", NOTHING },
    { "CGL106", VOLUME("d1", "consistencygroup_id = 'no'"), "d1", ERROR, "no", "" },
    { "CGL106",
      VOLUME("d1", "consistencygroup_id = 'no', migration_status = 'target:x', deleted = NULL"),
      "d1", ERROR, "no", "" },
    { "CGL106", VOLUME("oldv", "consistencygroup_id = 'no'"), NOTHING },
    { "CGL107", NEW_VOLUME("x", "'old'", "NULL"), "x", ERROR, "old", "" },
    { "CGL107", NEW_VOLUME("x", "'old'", "NULL") VOLUME("x", "status = NULL"), "x", ERROR, "old",
      "" },
    { "CGL107", NEW_VOLUME("x", "'old'", "NULL") VOLUME("x", "status = 'deleting'"), NOTHING },
    { "CGL107", NEW_VOLUME("x", "'old'", "NULL") VOLUME("x", "status = 'error_deleting'"),
      NOTHING },
    { "CGL108", VOLUME("d1", "source_volid = 'no'"), "d1", WARNING, "no", "" },
    { "CGL108", VOLUME("d1", "source_volid = 'no', created_at = '2013-01-01 00:00:00'"), "d1", INFO,
      "no", "" },
    { "CGL108", VOLUME("d1", "source_volid = 'no', display_description = 'migration src for x'"),
      NOTHING },
    { "CGL108", VOLUME("d1", "source_volid = 'no', consistencygroup_id = NULL"), NOTHING },

    /* provenance */
    { "CGL201", GROUP("F", "source_cg_id = 'B', cgsnapshot_id = 'K'"), "F", ERROR, "B K", "" },
    { "CGL201", GROUP("F", "source_cg_id = 'A', cgsnapshot_id = 'no'"), "F", ERROR, "A no",
      "CGL103" },
    { "CGL202", GROUP("F", "source_cg_id = 'A', cgsnapshot_id = 'K'"), "F", WARNING, "A K", "" },
    { "CGL203", GROUP("F", "source_cg_id = 'F'"), "F", ERROR, "", "" },
    { "CGL207", GROUP("B", "source_cg_id = 'D'"), "B", ERROR, "D A", "" },
    { "CGL207",
      GROUP("B", "source_cg_id = 'D'") VOLUME("a1", "updated_at = '2015-02-01 00:00:01'")
          VOLUME("a2", "updated_at = '2015-02-01 00:00:01'"),
      "B", WARNING, "D A", "" },
    { "CGL207", GROUP("B", "source_cg_id = 'D'") VOLUME("a1", "updated_at = '2015-02-01 00:00:01'"),
      "B", ERROR, "D A", "" },
    { "CGL207",
      GROUP("B", "source_cg_id = 'D'")
          VOLUME("a1", "updated_at = '2015-02-01 00:00:00', deleted = TRUE")
              VOLUME("a2", "updated_at = '2015-01-31 00:00:00'"),
      "B", ERROR, "D A", "" },
    { "CGL207",
      GROUP("B", "source_cg_id = 'D'") "UPDATE cgsnapshots SET consistencygroup_id = 'D';", "B",
      WARNING, "D A", "" },
    { "CGL207", GROUP("B", "source_cg_id = 'D', created_at = NULL"), "B", WARNING, "D A", "" },
    { "CGL207", GROUP("B", "source_cg_id = 'D'") VOLUME("b1", "source_volid = 'd1'"), NULL, INFO,
      "", "CGL208" },
    { "CGL208", VOLUME("f1", "source_volid = 'a1'") VOLUME("f2", "source_volid = 'd1'"), "F",
      WARNING, "A D", "" },
    { "CGL208", VOLUME("f1", "source_volid = 'a1'") VOLUME("f2", "source_volid = 'f1'"), NOTHING },
    { "CGL209", GROUP("B", "source_cg_id = NULL"), "B", WARNING, "A", "" },
    { "CGL209", GROUP("B", "source_cg_id = NULL") NEW_VOLUME("a3", "'A'", "NULL"), "B", WARNING,
      "A", "" },
    { "CGL209",
      GROUP("B", "source_cg_id = NULL") NEW_VOLUME("b3", "'B'", "NULL")
          VOLUME("b3", "created_at = '2015-04-01 00:00:00'"),
      "B", WARNING, "A", "" },
    { "CGL209",
      GROUP("B", "source_cg_id = NULL") NEW_VOLUME("a3", "'A'", "NULL")
          NEW_VOLUME("a4", "'A'", "NULL") NEW_VOLUME("a5", "'A'", "NULL"),
      NOTHING },

    /* graph */
    { "CGL301", GROUP("A", "source_cg_id = 'B'"), "A", ERROR, "B", "CGL501 CGL601" },
    { "CGL301",
      "INSERT INTO cgsnapshots (id, consistencygroup_id) VALUES ('K2', 'C');" GROUP(
          "A", "cgsnapshot_id = 'K2'"),
      "A", ERROR, "C", "" },
    { "CGL301", GROUP("A", "cgsnapshot_id = 'K'"), NOTHING },
    { "CGL301", GROUP("old", "source_cg_id = 'D'") GROUP("D", "source_cg_id = 'old'"), NULL, INFO,
      "", "CGL102 CGL501" },

    /* tenancy */
    { "CGL401",
      GROUP("B", "project_id = 'p2'") "UPDATE volumes SET project_id = 'p2' WHERE "
                                      "consistencygroup_id = 'B';",
      "B", ERROR, "A", "" },
    { "CGL401",
      GROUP("B", "project_id = NULL") "UPDATE volumes SET project_id = '' WHERE "
                                      "consistencygroup_id = 'B';",
      "B", ERROR, "A", "" },
    { "CGL402", VOLUME("d1", "project_id = 'p2'"), "d1", ERROR, "D", "" },
    { "CGL402", VOLUME("d1", "project_id = NULL"), "d1", ERROR, "D", "" },
    { "CGL402", VOLUME("d1", "project_id = 'p2', migration_status = 'target:x'"), NOTHING },

    /* correspondence */
    { "CGL501", VOLUME("d1", "consistencygroup_id = 'B'"), "B", INFO, "A", "" },
    { "CGL501", VOLUME("b1", "consistencygroup_id = NULL") GROUP("B", "status = 'error'"), "B",
      WARNING, "A", "" },
    { "CGL501", VOLUME("b1", "consistencygroup_id = NULL") GROUP("B", "status = 'creating'"),
      NOTHING },
    { "CGL501", VOLUME("b1", "consistencygroup_id = NULL") GROUP("B", "created_at = NULL"),
      NOTHING },
    { "CGL501",
      VOLUME("b1", "consistencygroup_id = NULL")
          VOLUME("a1", "deleted = TRUE, deleted_at = '2015-01-20 00:00:00'"),
      NOTHING },
    { "CGL502", VOLUME("b2", "source_volid = 'a1'"), "B", ERROR, "a1 b1 b2", "" },
    { "CGL502",
      NEW_VOLUME("t", "NULL", "NULL") VOLUME("f1", "source_volid = 't'")
          VOLUME("f2", "source_volid = 't'"),
      "F", INFO, "t f1 f2", "" },
    { "CGL502", NEW_VOLUME("f3", "'F'", "'f1'") VOLUME("f2", "source_volid = 'f1'"), NOTHING },

    /* time */
    { "CGL601", GROUP("A", "created_at = '2015-02-01 00:05:01'"), "B", ERROR, "A", "" },
    { "CGL601", GROUP("A", "created_at = '2015-02-01 00:05:00'"), NOTHING },
    { "CGL601", GROUP("A", "created_at = NULL"), NOTHING },
};

static CgReport *
audit(CgDb *db, const char *rules)
{
    g_autoptr(GError) error = NULL;
    const char *const list[] = { rules, NULL };
    CgAuditOptions options = { .rules = list, .quiet = true };
    CgReport *report = cg_audit_run(db, &options, &error);
    ck_assert_msg(report != NULL, "%s", error != NULL ? error->message : "");
    return report;
}

static const CgFinding *
finding_at(const CgReport *report, unsigned i)
{
    return g_ptr_array_index(report->findings, i);
}

static char *
related_ids(const CgFinding *finding)
{
    GString *ids = g_string_new(NULL);
    for (unsigned i = 0; i < finding->related->len; i++)
        g_string_append_printf(ids, "%s%s", i > 0 ? " " : "",
                               g_array_index(finding->related, CgObject, i).id);
    return g_string_free(ids, FALSE);
}

START_TEST(a_sound_cloud_has_no_finding)
{
    g_autoptr(CgDb) db = cg_test_cloud(NULL);
    g_autoptr(CgReport) report = audit(db, NULL);
    ck_assert_int_eq(report->n_rules, cg_n_rules);
    ck_assert_int_eq(cg_report_rules_ran(report), cg_n_rules);
    for (unsigned i = 0; i < report->findings->len; i++)
        ck_abort_msg("%s %s: %s", finding_at(report, i)->rule, finding_at(report, i)->object.id,
                     finding_at(report, i)->message);
}
END_TEST

START_TEST(a_rule_finds_its_damage)
{
    const Damage *damage = &damages[_i];
    g_autoptr(CgDb) db = cg_test_cloud(damage->damage);
    g_autoptr(CgReport) report = audit(db, damage->rule);
    ck_assert_msg(report->findings->len == (damage->object != NULL), "%s: %u findings of %s",
                  damage->rule, report->findings->len, damage->damage);
    if (damage->object == NULL)
        return;
    const CgFinding *finding = finding_at(report, 0);
    g_autofree char *related = related_ids(finding);
    ck_assert_str_eq(finding->rule, damage->rule);
    ck_assert_str_eq(finding->object.id, damage->object);
    ck_assert_str_eq(cg_severity_name(finding->severity), cg_severity_name(damage->severity));
    ck_assert_str_eq(related, damage->related);
    ck_assert_ptr_nonnull(finding->message);
    ck_assert_uint_eq(strlen(finding->fingerprint), CG_FINGERPRINT_SIZE - 1);
}
END_TEST

/* The other rules keep still, unless they see the same damage from another side. */
START_TEST(damage_is_seen_by_no_other_rule)
{
    const Damage *damage = &damages[_i];
    g_autoptr(CgDb) db = cg_test_cloud(damage->damage);
    g_autoptr(CgReport) report = audit(db, NULL);
    for (unsigned i = 0; i < report->findings->len; i++) {
        const CgFinding *finding = finding_at(report, i);
        bool is_own = g_str_equal(finding->rule, damage->rule) && damage->object != NULL;
        ck_assert_msg(is_own || strstr(damage->also, finding->rule) != NULL, "%s %s: %s after %s",
                      finding->rule, finding->object.id, finding->message, damage->damage);
    }
}
END_TEST

/* ---- the SQL to look by hand ---- */

/* Whether the rule's SQL returns a row that begins with the id; with NULL, whether any. */
static bool
look_finds(CgDb *db, const CgRule *rule, const char *id)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(CgRows) rows = cg_db_query(db, rule->look, NULL, 0, &error);
    ck_assert_msg(rows != NULL, "%s: %s", rule->id, error != NULL ? error->message : "");
    bool is_found = false;
    while (cg_rows_next(rows, &error) > 0) {
        g_autofree char *first = cg_rows_text_dup(rows, 0);
        is_found = is_found || id == NULL || g_strcmp0(first, id) == 0;
    }
    ck_assert_msg(error == NULL, "%s: %s", rule->id, error != NULL ? error->message : "");
    return is_found;
}

START_TEST(looking_by_hand_sees_the_damage)
{
    const Damage *damage = &damages[_i];
    const CgRule *rule = cg_rule_find(damage->rule, NULL);
    g_autoptr(CgDb) db = cg_test_cloud(damage->damage);
    if (damage->object != NULL)
        ck_assert_msg(look_finds(db, rule, damage->object), "%s: %s", rule->id, damage->damage);
}
END_TEST

START_TEST(looking_by_hand_sees_nothing_in_a_sound_cloud)
{
    g_autoptr(CgDb) db = cg_test_cloud(NULL);
    for (size_t i = 0; i < cg_n_rules; i++)
        ck_assert_msg(!look_finds(db, &cg_rules[i], NULL), "%s", cg_rules[i].id);
}
END_TEST

/* ---- what the severity stands beside ---- */

START_TEST(only_our_own_column_is_repaired_without_asking)
{
    g_autoptr(CgDb) db = cg_test_cloud(GROUP("A", "source_cg_id = ''") GROUP(
        "D", "cgsnapshot_id = '', source_cg_id = ''") VOLUME("d1", "snapshot_id = ''"));
    g_autoptr(CgReport) report = audit(db, "CGL003");
    ck_assert_uint_eq(report->findings->len, 3);
    ck_assert_int_eq(finding_at(report, 0)->fix, CG_FIX_AUTOMATIC);
    ck_assert_int_eq(finding_at(report, 1)->fix, CG_FIX_PLAN);
    ck_assert_str_eq(finding_at(report, 2)->object.table, "volumes");
    ck_assert_int_eq(finding_at(report, 2)->fix, CG_FIX_PLAN);
}
END_TEST

/* ---- cycles ---- */

/* A ring of n groups <prefix>0000 … in which each is made from the next. */
static void
make_ring(CgDb *db, const char *prefix, int n)
{
    g_autoptr(GString) sql = g_string_new(NULL);
    for (int i = 0; i < n; i++)
        g_string_append_printf(
            sql, "INSERT INTO consistencygroups (id, source_cg_id) VALUES ('%s%04d', '%s%04d');",
            prefix, i, prefix, (i + 1) % n);
    cg_test_run_sql(db, sql->str);
}

static void
check_ring(const CgFinding *finding, const char *smallest, unsigned n)
{
    ck_assert_str_eq(finding->object.id, smallest);
    ck_assert_uint_eq(finding->related->len, n - 1);
    const CgEvidence *groups = &g_array_index(finding->evidence, CgEvidence, 0);
    ck_assert_str_eq(groups->key, "groups");
    ck_assert_int_eq(groups->number, n);
}

static const int rings[] = { 2, 3, 500, 20000 };

START_TEST(a_cycle_is_one_finding)
{
    g_autoptr(CgDb) db = cg_test_cloud(NULL);
    make_ring(db, "r", rings[_i]);
    g_autoptr(CgReport) report = audit(db, "CGL301");
    ck_assert_uint_eq(report->findings->len, 1);
    check_ring(finding_at(report, 0), "r0000", (unsigned)rings[_i]);
}
END_TEST

START_TEST(disjoint_cycles_are_found_each)
{
    g_autoptr(CgDb) db = cg_test_cloud(NULL);
    make_ring(db, "r", 3);
    make_ring(db, "s", 40);
    cg_test_run_sql(db, "UPDATE consistencygroups SET source_cg_id = 'r0001' WHERE id = 'D'");
    g_autoptr(CgReport) report = audit(db, "CGL301");
    ck_assert_uint_eq(report->findings->len, 2);
    check_ring(finding_at(report, 0), "r0000", 3);
    check_ring(finding_at(report, 1), "s0000", 40);
}
END_TEST

START_TEST(the_walk_of_a_cycle_is_shown)
{
    g_autoptr(CgDb) db = cg_test_cloud(NULL);
    make_ring(db, "r", 3);
    g_autoptr(CgReport) report = audit(db, "CGL301");
    const CgEvidence *walk = &g_array_index(finding_at(report, 0)->evidence, CgEvidence, 1);
    ck_assert_str_eq(walk->text, "r0000 -> r0001 -> r0002 -> r0000");
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("verify rules");
    TCase *tcase = tcase_create("rules");
    SRunner *runner = srunner_create(suite);

    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, a_sound_cloud_has_no_finding);
    tcase_add_loop_test(tcase, a_rule_finds_its_damage, 0, G_N_ELEMENTS(damages));
    tcase_add_loop_test(tcase, damage_is_seen_by_no_other_rule, 0, G_N_ELEMENTS(damages));
    tcase_add_loop_test(tcase, looking_by_hand_sees_the_damage, 0, G_N_ELEMENTS(damages));
    tcase_add_test(tcase, looking_by_hand_sees_nothing_in_a_sound_cloud);
    tcase_add_test(tcase, only_our_own_column_is_repaired_without_asking);
    tcase_add_loop_test(tcase, a_cycle_is_one_finding, 0, G_N_ELEMENTS(rings));
    tcase_add_test(tcase, disjoint_cycles_are_found_each);
    tcase_add_test(tcase, the_walk_of_a_cycle_is_shown);
    suite_add_tcase(suite, tcase);

    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
