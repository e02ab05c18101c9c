/* An audit of the same sound cloud on every backend, and the SQL to look by hand in its dialect. */
#include "tests/lib/cloud.h"
#include "tests/lib/dbtest.h"
#include "tests/lib/kilo.h"
#include "verify/audit.h"

#include <string.h>

/* An audit of the cloud after `damage`, which may be NULL; NULL where there is no such backend. */
static CgReport *
audit(int backend, const char *damage)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(CgDb) db = cg_dbtest_open(backend);
    if (db == NULL)
        return NULL;
    cg_test_make_cloud(db);
    if (damage != NULL)
        cg_test_run_sql(db, damage);
    CgAuditOptions options = { .quiet = true };
    CgReport *report = cg_audit_run(db, &options, &error);
    ck_ok(report != NULL, error);
    return report;
}

START_TEST(a_sound_cloud_has_no_finding)
{
    g_autoptr(CgReport) report = audit(_i, NULL);
    if (report == NULL)
        return;
    ck_assert_uint_eq(report->findings->len, 0);
    ck_assert_int_eq(cg_report_rules_ran(report), cg_n_rules);
    ck_assert_int_eq(report->tables[CG_TABLE_VOLUMES].rows, 11);
    ck_assert_int_eq(report->tables[CG_TABLE_GROUPS].horizon, INT64_C(1391212800000000));
    ck_assert(report->role == NULL || strcmp(report->role, "primary") == 0);
}
END_TEST

/* Fingerprints and messages do not tell which database was audited. */
START_TEST(damage_is_found_alike)
{
    static const char *const expected[] = {
        "CGL101 D source group no has no row, and no purge explains it",
        "CGL301 A is its own ancestor, through C",
        "CGL402 d1 project none, its group D is of project p1",
        "CGL003 c1 empty string instead of NULL in source_volid",
        "CGL209 B names no source, but its members prove A (exact)",
        "CGL102 F source group old is deleted",
        "CGL501 F 2 members, source group old had 0 when it was made",
    };
    g_autoptr(CgReport) report =
        audit(_i, "UPDATE consistencygroups SET source_cg_id = 'no' WHERE id = 'D';"
                  "UPDATE consistencygroups SET source_cg_id = 'C' WHERE id = 'A';"
                  "UPDATE consistencygroups SET source_cg_id = NULL WHERE id = 'B';"
                  "UPDATE consistencygroups SET source_cg_id = 'old' WHERE id = 'F';"
                  "UPDATE consistencygroups SET created_at = NULL WHERE id = 'A';"
                  "UPDATE volumes SET project_id = NULL WHERE id = 'd1';"
                  "UPDATE volumes SET source_volid = '' WHERE id = 'c1';");
    if (report == NULL)
        return;
    for (unsigned i = 0; i < report->findings->len; i++) {
        const CgFinding *finding = g_ptr_array_index(report->findings, i);
        g_autofree char *line =
            g_strdup_printf("%s %s %s", finding->rule, finding->object.id, finding->message);
        ck_assert_uint_lt(i, G_N_ELEMENTS(expected));
        ck_assert_str_eq(line, expected[i]);
    }
    ck_assert_uint_eq(report->findings->len, G_N_ELEMENTS(expected));
}
END_TEST

START_TEST(the_sql_to_look_by_hand_runs)
{
    g_autoptr(CgDb) db = cg_dbtest_open(_i);
    if (db == NULL)
        return;
    cg_test_make_cloud(db);
    for (size_t i = 0; i < cg_n_rules; i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(CgRows) rows = cg_db_query(db, cg_rules[i].look, NULL, 0, &error);
        ck_ok(rows != NULL, error);
        ck_assert_msg(cg_rows_next(rows, &error) == 0, "%s: %s", cg_rules[i].id,
                      error != NULL ? error->message : "a row");
    }
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("verify");
    TCase *tcase = cg_dbtest_case(suite, "audit");

    cg_dbtest_add(tcase, a_sound_cloud_has_no_finding);
    cg_dbtest_add(tcase, damage_is_found_alike);
    cg_dbtest_add(tcase, the_sql_to_look_by_hand_runs);
    return cg_dbtest_run(suite);
}
