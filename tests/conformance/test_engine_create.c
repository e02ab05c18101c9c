/* create-from-src on each backend: what is copied, what is refused and then left as it was. */
#include "db/probe.h"
#include "tests/lib/enginetest.h"
#include "tests/lib/migrations.h"

#define NAME_64 "0123456789012345678901234567890123456789012345678901234567890123"
#define NAME_256 NAME_64 NAME_64 NAME_64 NAME_64

/* ---- what lands in the rows ---- */

static char *
create(CgDb *db, const char *plan, const CgCreateFromSrc *options)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(CgEngine) engine = cg_test_engine_new(db, plan, NULL);
    char *id = NULL;
    bool ok = cg_engine_create_from_src(engine, options, &id, &error);
    ck_ok(ok, error);
    cg_test_engine_check_quotas(db);
    return id;
}

#define NEW_GROUP                                                                                  \
    "SELECT name, description, status, project_id, user_id, host, availability_zone,"              \
    " volume_type_id, source_cg_id, cgsnapshot_id FROM consistencygroups"                          \
    " WHERE id NOT IN ('S', 'E')"
#define NEW_VOLUMES                                                                                \
    "SELECT v.source_volid, v.snapshot_id, v.size, v.status, v.attach_status, v.host,"             \
    " v.availability_zone, v.volume_type_id, v.bootable = TRUE, v.multiattach = TRUE,"             \
    " v.display_name, v.provider_location IS NULL, v.project_id, v.replication_status"             \
    " FROM volumes v WHERE v.id NOT IN ('s1', 's2') ORDER BY v.size"

static char *
as_bool(const char *text)
{
    GString *out = g_string_new(text);
    g_string_replace(out, "true", "1", 0);
    g_string_replace(out, "false", "0", 0);
    return g_string_free(out, FALSE);
}

static void
check_rows(CgDb *db, const char *sql, const char *expected)
{
    g_autofree char *rows = cg_dbtest_rows(db, sql);
    g_autofree char *plain = as_bool(rows);
    ck_assert_str_eq(plain, expected);
}

START_TEST(a_group_is_cloned)
{
    g_autoptr(CgDb) db = cg_test_engine_open(_i);
    if (db == NULL)
        return;
    CgCreateFromSrc options = { .name = "  copy ", .description = " d ", .consistencygroup = "S" };
    g_autofree char *id G_GNUC_UNUSED = create(db, NULL, &options);
    check_rows(db, NEW_GROUP, "copy| d |available|p|u|h@b#pool1|nova|tg,ts,|S|\n");
    check_rows(db, NEW_VOLUMES,
               "s1||1|available|detached|h@b#pool1|nova|tg|1|0||1|p|disabled\n"
               "s2||2|available|detached|h@b#pool2|nova||0|1||1|p|disabled\n");
    check_rows(db,
               "SELECT count(DISTINCT t) FROM (SELECT created_at AS t FROM consistencygroups"
               " WHERE source_cg_id = 'S' UNION ALL SELECT created_at FROM volumes"
               " WHERE source_volid IS NOT NULL) x",
               "1\n");
}
END_TEST

START_TEST(a_cgsnapshot_is_made_a_group_of)
{
    g_autoptr(CgDb) db = cg_test_engine_open(_i);
    if (db == NULL)
        return;
    CgCreateFromSrc options = {
        .cgsnapshot = "shot", .consistencygroup = "", .project_id = "p", .user_id = "other"
    };
    g_autofree char *id G_GNUC_UNUSED = create(db, "location: true\n", &options);
    check_rows(db, NEW_GROUP, "||available|p|other|h@b#pool1|nova|tg,ts,||K\n");
    check_rows(db, NEW_VOLUMES,
               "|k2|1|available|detached|h@b#pool1|nova|tg|1|0||0|p|disabled\n"
               "|k1|2|available|detached|h@b#pool2|nova||0|1||0|p|disabled\n");
}
END_TEST

START_TEST(upstreams_column_is_filled_too)
{
    g_autoptr(CgDb) db = cg_test_engine_open(_i);
    if (db == NULL)
        return;
    cg_dbtest_exec(db, "ALTER TABLE consistencygroups ADD COLUMN source_cgid VARCHAR(36)");
    CgCreateFromSrc options = { .consistencygroup = "prod" };
    g_autofree char *id G_GNUC_UNUSED = create(db, NULL, &options);
    check_rows(db,
               "SELECT source_cg_id, source_cgid FROM consistencygroups WHERE id NOT IN"
               " ('S', 'E')",
               "S|S\n");
}
END_TEST

START_TEST(a_group_in_error_and_one_in_no_zone_are_cloned)
{
    g_autoptr(CgDb) db = cg_test_engine_open(_i);
    if (db == NULL)
        return;
    cg_test_run_sql(db, "UPDATE consistencygroups SET status = 'error', availability_zone = NULL;"
                        "UPDATE volumes SET host = NULL, availability_zone = 'z' WHERE id = 's2'");
    CgCreateFromSrc options = { .consistencygroup = "prod" };
    g_autofree char *id G_GNUC_UNUSED = create(db, NULL, &options);
    check_rows(db, NEW_VOLUMES,
               "s1||1|available|detached|h@b#pool1|nova|tg|1|0||1|p|disabled\n"
               "s2||2|available|detached|h@b#pool1|z||0|1||1|p|disabled\n");
}
END_TEST

START_TEST(image_metadata_is_copied_where_there_is_any)
{
    g_autoptr(CgDb) db = cg_test_engine_open(_i);
    if (db == NULL)
        return;
    cg_test_run_sql(db,
                    "CREATE TABLE volume_glance_metadata (created_at TIMESTAMP, deleted BOOLEAN,"
                    " volume_id VARCHAR(36), snapshot_id VARCHAR(36), \"key\" VARCHAR(255),"
                    " value TEXT);"
                    "INSERT INTO volume_glance_metadata (deleted, volume_id, snapshot_id,"
                    " \"key\", value) VALUES (FALSE, 's1', NULL, 'image', 'one'),"
                    " (TRUE, 's1', NULL, 'image', 'old'), (FALSE, NULL, 'k1', 'image', 'two')");
    const CgCreateFromSrc options[] = { { .consistencygroup = "S" }, { .cgsnapshot = "K" } };
    g_autofree char *first G_GNUC_UNUSED = create(db, NULL, &options[0]);
    g_autofree char *second G_GNUC_UNUSED = create(db, NULL, &options[1]);
    check_rows(db,
               "SELECT v.source_volid, v.snapshot_id, m.value FROM volume_glance_metadata m JOIN"
               " volumes v ON v.id = m.volume_id WHERE v.id <> 's1' AND m.deleted = FALSE"
               " ORDER BY 3",
               "s1||one\n|k1|two\n");
}
END_TEST

/* False: there is no such dump here. */
static bool
clone_in_dump(CgDb *db, const char *release)
{
    bool sqlite = cg_db_dialect(db)->sql == CG_SQL_SQLITE;
    g_autofree char *name = g_strdup_printf("%s-%s.sql", release, sqlite ? "sqlite" : "postgres");
    if (!cg_test_load_dump(db, name) || !cg_db_reset(db, NULL))
        return false;
    cg_test_up(db, 3);
    cg_test_engine_fill(db);
    cg_dbtest_exec(db, "INSERT INTO volume_glance_metadata (deleted, volume_id, \"key\", value)"
                       " VALUES (FALSE, 's1', 'image', 'one')");
    const CgCreateFromSrc options[] = { { .consistencygroup = "S" }, { .cgsnapshot = "K" } };
    g_autofree char *first G_GNUC_UNUSED = create(db, NULL, &options[0]);
    g_autofree char *second G_GNUC_UNUSED = create(db, NULL, &options[1]);
    check_rows(db, "SELECT count(*) FROM consistencygroups WHERE status = 'available'", "4\n");
    check_rows(db, "SELECT count(*) FROM volume_glance_metadata", "2\n");
    int has = cg_db_has(db, "consistencygroups", "source_cgid", NULL);
    check_rows(db,
               has ? "SELECT source_cgid, cgsnapshot_id FROM consistencygroups WHERE source_cg_id"
                     " IS NOT NULL OR cgsnapshot_id IS NOT NULL ORDER BY 1 NULLS LAST"
                   : "SELECT 'S', '' UNION ALL SELECT '', 'K' ORDER BY 1 DESC",
               "S|\n|K\n");
    return true;
}

START_TEST(true_schemas_take_a_clone)
{
    static const char *const releases[] = { "kilo", "050", "051", "liberty" };
    for (size_t i = 0; i < G_N_ELEMENTS(releases); i++) {
        g_autoptr(CgDb) db = cg_dbtest_open(_i);
        if (db == NULL)
            return;
        bool done = clone_in_dump(db, releases[i]);
        g_clear_pointer(&db, cg_db_close);
        cg_dbtest_end();
        if (!done)
            return;
    }
}
END_TEST

/* ---- refusals ---- */

static const struct {
    const char *what, *damage;
    CgCreateFromSrc options;
    CgEngineError kind;
    const char *part;
} refusals[] = {
    { "no source", NULL, { .name = "x" }, CG_ENGINE_ERROR_INVALID, "no source" },
    { "empty source",
      NULL,
      { .consistencygroup = "", .cgsnapshot = "" },
      CG_ENGINE_ERROR_INVALID,
      "no source" },
    { "two sources",
      NULL,
      { .consistencygroup = "S", .cgsnapshot = "K" },
      CG_ENGINE_ERROR_INVALID,
      "two sources" },
    { "name too long",
      NULL,
      { .name = NAME_256, .consistencygroup = "S" },
      CG_ENGINE_ERROR_INVALID,
      "256 characters" },
    { "description too long",
      NULL,
      { .description = NAME_256, .consistencygroup = "S" },
      CG_ENGINE_ERROR_INVALID,
      "description" },
    { "name no text",
      NULL,
      { .name = "\xff", .consistencygroup = "S" },
      CG_ENGINE_ERROR_INVALID,
      "UTF-8" },
    { "absent group",
      NULL,
      { .consistencygroup = "X" },
      CG_ENGINE_ERROR_NOT_FOUND,
      "no consistency group \"X\"" },
    { "absent cgsnapshot",
      NULL,
      { .cgsnapshot = "X" },
      CG_ENGINE_ERROR_NOT_FOUND,
      "no cgsnapshot \"X\"" },
    { "other project",
      NULL,
      { .consistencygroup = "S", .scope = "q" },
      CG_ENGINE_ERROR_NOT_FOUND,
      "in project \"q\"" },
    { "other project's cgsnapshot",
      NULL,
      { .cgsnapshot = "K", .scope = "q" },
      CG_ENGINE_ERROR_NOT_FOUND,
      "in project \"q\"" },
    { "cgsnapshot of other project's group",
      "UPDATE consistencygroups SET project_id = 'q' WHERE id = 'S'",
      { .cgsnapshot = "K", .scope = "p" },
      CG_ENGINE_ERROR_NOT_FOUND,
      "no consistency group \"S\"" },
    { "deleted group",
      "UPDATE consistencygroups SET deleted = TRUE WHERE id = 'S'",
      { .consistencygroup = "S" },
      CG_ENGINE_ERROR_NOT_FOUND,
      "no consistency group" },
    { "neither deleted nor live",
      "UPDATE consistencygroups SET deleted = NULL WHERE id = 'S'",
      { .consistencygroup = "S" },
      CG_ENGINE_ERROR_NOT_FOUND,
      "no consistency group" },
    { "deleted cgsnapshot",
      "UPDATE cgsnapshots SET deleted = TRUE",
      { .cgsnapshot = "K" },
      CG_ENGINE_ERROR_NOT_FOUND,
      "no cgsnapshot" },
    { "cgsnapshot of a deleted group",
      "UPDATE consistencygroups SET deleted = TRUE WHERE id = 'S'",
      { .cgsnapshot = "K" },
      CG_ENGINE_ERROR_NOT_FOUND,
      "no consistency group \"S\"" },
    { "ambiguous",
      "UPDATE consistencygroups SET name = 'twin'",
      { .consistencygroup = "twin" },
      CG_ENGINE_ERROR_AMBIGUOUS,
      "\n  E  project p, created 2015-04-01 01:00:00" },
    { "no project",
      "UPDATE consistencygroups SET project_id = NULL",
      { .consistencygroup = "S" },
      CG_ENGINE_ERROR_STATE,
      "no project" },
    { "no host",
      "UPDATE consistencygroups SET host = NULL",
      { .consistencygroup = "S" },
      CG_ENGINE_ERROR_STATE,
      "no host" },
    { "empty group", NULL, { .consistencygroup = "empty" }, CG_ENGINE_ERROR_STATE, "E is empty" },
    { "empty cgsnapshot",
      "UPDATE snapshots SET deleted = TRUE",
      { .cgsnapshot = "K" },
      CG_ENGINE_ERROR_STATE,
      "K is empty" },
    { "group deleting",
      "UPDATE consistencygroups SET status = 'deleting'",
      { .consistencygroup = "S" },
      CG_ENGINE_ERROR_STATE,
      "must be available or error" },
    { "group creating",
      "UPDATE consistencygroups SET status = 'creating'",
      { .consistencygroup = "S" },
      CG_ENGINE_ERROR_STATE,
      "\"creating\"" },
    { "group updating",
      "UPDATE consistencygroups SET status = 'updating'",
      { .consistencygroup = "S" },
      CG_ENGINE_ERROR_STATE,
      "\"updating\"" },
    { "group without status",
      "UPDATE consistencygroups SET status = NULL",
      { .consistencygroup = "S" },
      CG_ENGINE_ERROR_STATE,
      "status \"\"" },
    { "volume in error",
      "UPDATE volumes SET status = 'error' WHERE id = 's2'",
      { .consistencygroup = "S" },
      CG_ENGINE_ERROR_STATE,
      "volume s2 is in status \"error\"" },
    { "cgsnapshot in error",
      "UPDATE cgsnapshots SET status = 'error'",
      { .cgsnapshot = "K" },
      CG_ENGINE_ERROR_STATE,
      "cgsnapshot K is in status \"error\"" },
    { "snapshot deleting",
      "UPDATE snapshots SET status = 'deleting' WHERE id = 'k2'",
      { .cgsnapshot = "K" },
      CG_ENGINE_ERROR_STATE,
      "snapshot k2" },
    { "other zone",
      "UPDATE volumes SET availability_zone = 'z' WHERE id = 's1'",
      { .consistencygroup = "S" },
      CG_ENGINE_ERROR_STATE,
      "availability zone \"z\"" },
    { "unknown zone",
      "INSERT INTO services (deleted, topic, report_count, availability_zone, disabled) VALUES"
      " (FALSE, 'cinder-volume', 1, 'z', FALSE), (FALSE, 'cinder-volume', 1, 'nova', TRUE)",
      { .consistencygroup = "S" },
      CG_ENGINE_ERROR_STATE,
      "no volume service" },
    { "unknown zone of one volume",
      "UPDATE consistencygroups SET availability_zone = NULL; UPDATE volumes SET availability_zone "
      "="
      " 'y' WHERE id = 's2'; INSERT INTO services (deleted, topic, report_count, availability_zone,"
      " disabled) VALUES (FALSE, 'cinder-volume', 1, 'nova', FALSE)",
      { .consistencygroup = "S" },
      CG_ENGINE_ERROR_STATE,
      "zone \"y\"" },
    { "type gone",
      "UPDATE volume_types SET deleted = TRUE WHERE id = 'tg'",
      { .consistencygroup = "S" },
      CG_ENGINE_ERROR_STATE,
      "type tg" },
    { "encrypted",
      "UPDATE volumes SET encryption_key_id = 'key' WHERE id = 's1'",
      { .consistencygroup = "S" },
      CG_ENGINE_ERROR_STATE,
      "encrypted" },
    { "encrypted snapshot",
      "UPDATE snapshots SET encryption_key_id = 'key' WHERE id = 'k1'",
      { .cgsnapshot = "K" },
      CG_ENGINE_ERROR_STATE,
      "encrypted" },
    { "frozen backend",
      "ALTER TABLE services ADD COLUMN frozen BOOLEAN;"
      " INSERT INTO services (deleted, topic, host, report_count, availability_zone, disabled,"
      " frozen) VALUES (FALSE, 'cinder-volume', 'h@b', 1, 'nova', FALSE, TRUE),"
      " (FALSE, 'cinder-volume', 'h@c', 1, 'nova', FALSE, FALSE)",
      { .consistencygroup = "S" },
      CG_ENGINE_ERROR_STATE,
      "the backend \"h@b\" is frozen" },
    { "cgsnapshot of a group that is named like its group",
      "UPDATE consistencygroups SET deleted = TRUE WHERE id = 'S';"
      " UPDATE consistencygroups SET name = 'S' WHERE id = 'E'",
      { .cgsnapshot = "K" },
      CG_ENGINE_ERROR_NOT_FOUND,
      "no consistency group \"S\"" },
    { "no size",
      "UPDATE volumes SET size = 0 WHERE id = 's1'",
      { .consistencygroup = "S" },
      CG_ENGINE_ERROR_STATE,
      "size 0" },
    { "more than a column holds",
      "UPDATE volumes SET size = 2147483647; UPDATE quota_classes SET hard_limit = -1",
      { .consistencygroup = "S" },
      CG_ENGINE_ERROR_QUOTA,
      "of 2147483647 taken, 4294967294 asked for" },
    { "groups full",
      "UPDATE quota_classes SET hard_limit = 2 WHERE resource = 'consistencygroups'",
      { .consistencygroup = "S" },
      CG_ENGINE_ERROR_QUOTA,
      "consistencygroups: 2 of 2 taken, 1 asked" },
    { "volumes full",
      "UPDATE quota_classes SET hard_limit = 3 WHERE resource = 'volumes'",
      { .consistencygroup = "S" },
      CG_ENGINE_ERROR_QUOTA,
      "volumes: 2 of 3 taken, 2 asked for" },
    { "gigabytes full",
      "UPDATE quota_classes SET hard_limit = 8 WHERE resource = 'gigabytes'",
      { .consistencygroup = "S" },
      CG_ENGINE_ERROR_QUOTA,
      "gigabytes: 6 of 8 taken, 3 asked for" },
    { "built-in limit",
      "DELETE FROM quota_classes; INSERT INTO quota_usages (deleted, project_id, resource, in_use,"
      " reserved) VALUES (FALSE, 'p', 'volumes', 5, 4)",
      { .cgsnapshot = "K" },
      CG_ENGINE_ERROR_QUOTA,
      "volumes: 9 of 10 taken" },
    { "a type's volumes full",
      "INSERT INTO quotas (id, deleted, project_id, resource, hard_limit) VALUES"
      " (7, FALSE, 'p', 'volumes_gold', 1)",
      { .consistencygroup = "S" },
      CG_ENGINE_ERROR_QUOTA,
      "volumes_gold: 1 of 1 taken" },
    { "a type's gigabytes full",
      "INSERT INTO quota_classes (id, deleted, class_name, resource, hard_limit) VALUES"
      " (77, FALSE, 'default', 'gigabytes_gold', 2)",
      { .cgsnapshot = "K" },
      CG_ENGINE_ERROR_QUOTA,
      "gigabytes_gold: 2 of 2 taken" },
    { "one volume too big",
      "INSERT INTO quota_classes (id, deleted, class_name, resource, hard_limit) VALUES"
      " (77, FALSE, 'default', 'per_volume_gigabytes', 1)",
      { .consistencygroup = "S" },
      CG_ENGINE_ERROR_QUOTA,
      "a volume of 2 GiB" },
};

START_TEST(what_is_refused_changes_nothing)
{
    if (!cg_dbtest_has(_i))
        return;
    for (size_t i = 0; i < G_N_ELEMENTS(refusals); i++) {
        g_autoptr(CgDb) fresh = cg_test_engine_open(_i);
        g_autoptr(GError) error = NULL;
        if (refusals[i].damage != NULL)
            cg_test_run_sql(fresh, refusals[i].damage);
        g_autofree char *before = cg_test_engine_rows(fresh);
        g_autoptr(CgEngine) engine = cg_test_engine_new(fresh, NULL, NULL);
        g_autofree char *id = NULL;
        bool ok = cg_engine_create_from_src(engine, &refusals[i].options, &id, &error);
        ck_assert_msg(!ok && id == NULL, "%s: it went well", refusals[i].what);
        ck_assert_msg(cg_engine_error(error) == refusals[i].kind &&
                          strstr(error->message, refusals[i].part) != NULL,
                      "%s: %s", refusals[i].what, error->message);
        g_autofree char *after = cg_test_engine_rows(fresh);
        ck_assert_msg(strcmp(before, after) == 0, "%s: before\n%s\nafter\n%s", refusals[i].what,
                      before, after);
        g_clear_pointer(&fresh, cg_db_close);
        cg_dbtest_end();
    }
}
END_TEST

START_TEST(a_missing_column_is_told)
{
    g_autoptr(CgDb) db = cg_dbtest_open(_i);
    if (db == NULL)
        return;
    g_autoptr(GError) error = NULL;
    ck_assert_ptr_null(cg_engine_new(db, "mock", NULL, &error));
    ck_exit(error, CG_EXIT_REFUSED, "no table \"consistencygroups\"");
    g_clear_error(&error);
    cg_test_up(db, 1);
    ck_assert_ptr_null(cg_engine_new(db, NULL, NULL, &error));
    ck_exit(error, CG_EXIT_REFUSED, "cg-migrate up");
    g_clear_error(&error);
    ck_assert_ptr_null(cg_engine_new(db, "lvm", NULL, &error));
    ck_exit(error, CG_EXIT_USAGE, "mock");
}
END_TEST

/* ---- one after the other until the quota is full ---- */

START_TEST(the_quota_holds_to_the_last)
{
    g_autoptr(CgDb) db = cg_test_engine_open(_i);
    if (db == NULL)
        return;
    g_autoptr(CgEngine) engine = cg_test_engine_new(db, NULL, NULL);
    CgCreateFromSrc options = { .consistencygroup = "S" };
    g_autoptr(GError) error = NULL;
    int made = 0;
    for (;; made++) {
        g_autofree char *id = NULL;
        if (!cg_engine_create_from_src(engine, &options, &id, &error))
            break;
    }
    ck_assert_int_eq(made, 4);
    ck_exit(error, CG_EXIT_REFUSED, "volumes: 10 of 10 taken, 2 asked for");
    cg_test_engine_check_quotas(db);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("engine create");
    TCase *tcase = cg_dbtest_case(suite, "create-from-src");
    tcase_add_checked_fixture(tcase, NULL, cg_test_engine_end);
    cg_dbtest_add(tcase, a_group_is_cloned);
    cg_dbtest_add(tcase, a_cgsnapshot_is_made_a_group_of);
    cg_dbtest_add(tcase, image_metadata_is_copied_where_there_is_any);
    cg_dbtest_add(tcase, true_schemas_take_a_clone);
    cg_dbtest_add(tcase, upstreams_column_is_filled_too);
    cg_dbtest_add(tcase, a_group_in_error_and_one_in_no_zone_are_cloned);
    cg_dbtest_add(tcase, what_is_refused_changes_nothing);
    cg_dbtest_add(tcase, a_missing_column_is_told);
    cg_dbtest_add(tcase, the_quota_holds_to_the_last);
    return cg_dbtest_run(suite);
}
