/* A small cloud to clone from; see enginetest.h. */
#include "tests/lib/enginetest.h"

#include "db/probe.h"
#include "engine/record.h"

#include <glib/gstdio.h>

static const char cloud[] =
    "INSERT INTO volume_types (id, name, deleted) VALUES ('tg', 'gold', FALSE),"
    " ('ts', 'silver', FALSE);"
    "INSERT INTO consistencygroups (id, name, created_at, deleted, status, project_id, user_id,"
    " host, availability_zone, volume_type_id) VALUES"
    " ('S', 'prod', '2015-04-01 01:00:00', FALSE, 'available', 'p', 'u', 'h@b#pool1', 'nova',"
    " 'tg,ts,'),"
    " ('E', 'empty', '2015-04-01 01:00:00', FALSE, 'available', 'p', 'u', 'h@b#pool1', 'nova',"
    " 'tg,');"
    "INSERT INTO volumes (id, created_at, deleted, status, size, project_id, user_id, host,"
    " availability_zone, volume_type_id, consistencygroup_id, bootable, multiattach, display_name)"
    " VALUES"
    " ('s1', '2015-04-01 01:00:00', FALSE, 'available', 1, 'p', 'u', 'h@b#pool1', 'nova', 'tg',"
    " 'S', TRUE, FALSE, 'one'),"
    " ('s2', '2015-04-01 01:00:00', FALSE, 'in-use', 2, 'p', 'u', 'h@b#pool2', 'nova', NULL, 'S',"
    " FALSE, TRUE, 'two');"
    "INSERT INTO cgsnapshots (id, name, created_at, deleted, status, project_id, user_id,"
    " consistencygroup_id) VALUES"
    " ('K', 'shot', '2015-04-02 01:00:00', FALSE, 'available', 'p', 'u', 'S');"
    "INSERT INTO snapshots (id, created_at, deleted, status, volume_id, volume_size, project_id,"
    " user_id, volume_type_id, cgsnapshot_id) VALUES"
    " ('k1', '2015-04-02 01:00:00', FALSE, 'available', 's2', 2, 'p', 'u', NULL, 'K'),"
    " ('k2', '2015-04-02 01:00:00', FALSE, 'available', 's1', 1, 'p', 'u', 'tg', 'K');";

void
cg_test_engine_fill(CgDb *db)
{
    cg_test_run_sql(db, cloud);
}

CgDb *
cg_test_engine_open(int backend)
{
    CgDb *db = cg_dbtest_open(backend);
    if (db == NULL)
        return NULL;
    if (cg_db_dialect(db)->sql == CG_SQL_SQLITE)
        cg_dbtest_exec(db, "PRAGMA synchronous = OFF");
    cg_test_up(db, 1);
    cg_test_up(db, 3);
    cg_test_engine_fill(db);
    return db;
}

char *
cg_test_engine_rows(CgDb *db)
{
    static const char *const tables[] = {
        "consistencygroups",      "cgsnapshots",      "volumes", "snapshots",
        "quota_usages",           "reservations",     "quotas",  "quota_classes",
        "volume_glance_metadata", "cg_engine_request"
    };
    GString *all = g_string_new(NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(tables); i++) {
        if (cg_db_has(db, tables[i], NULL, NULL) == 0)
            continue;
        g_autofree char *sql = g_strdup_printf("SELECT * FROM %s ORDER BY 1", tables[i]);
        g_autofree char *rows = cg_dbtest_rows(db, sql);
        g_string_append_printf(all, "%s\n%s", tables[i], rows);
    }
    return g_string_free(all, FALSE);
}

void
cg_test_engine_check_quotas(CgDb *db)
{
    ck_query(db,
             "SELECT u.resource, u.in_use, u.reserved FROM quota_usages u WHERE u.reserved <> 0 OR"
             " u.in_use <> CASE u.resource WHEN 'consistencygroups' THEN"
             " (SELECT count(*) FROM consistencygroups g WHERE g.deleted = FALSE AND"
             " g.project_id = u.project_id) WHEN 'volumes' THEN (SELECT count(*) FROM volumes v"
             " WHERE v.deleted = FALSE AND v.project_id = u.project_id) WHEN 'volumes_gold' THEN"
             " (SELECT count(*) FROM volumes v WHERE v.deleted = FALSE AND"
             " v.project_id = u.project_id AND v.volume_type_id = 'tg') WHEN 'gigabytes' THEN"
             " (SELECT coalesce(sum(v.size), 0) FROM volumes v WHERE v.deleted = FALSE AND"
             " v.project_id = u.project_id) + (SELECT coalesce(sum(s.volume_size), 0) FROM"
             " snapshots s WHERE s.deleted = FALSE AND s.project_id = u.project_id)"
             " WHEN 'gigabytes_gold' THEN (SELECT coalesce(sum(v.size), 0) FROM volumes v WHERE"
             " v.deleted = FALSE AND v.project_id = u.project_id AND v.volume_type_id = 'tg') +"
             " (SELECT coalesce(sum(s.volume_size), 0) FROM snapshots s JOIN volumes v ON"
             " v.id = s.volume_id WHERE s.deleted = FALSE AND s.project_id = u.project_id AND"
             " v.volume_type_id = 'tg') ELSE -1 END",
             "");
    ck_query(db,
             "SELECT project_id, resource FROM quota_usages GROUP BY project_id, resource"
             " HAVING count(*) > 1",
             "");
    ck_query(db, "SELECT id FROM reservations WHERE deleted = FALSE", "");
}

void
cg_test_engine_begin(CgDb *db, const char *group_id)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *sql =
        g_strdup_printf("SELECT id FROM volumes WHERE consistencygroup_id = '%s'", group_id);
    g_autofree char *ids = cg_dbtest_rows(db, sql);
    g_auto(GStrv) volumes = g_strsplit(g_strchomp(ids), "\n", -1);
    const CgRecord record = { .group_id = (char *)group_id,
                              .operation = (char *)"create-from-src",
                              .driver = (char *)"mock",
                              .array_name = (char *)"memory",
                              .volumes = volumes };
    ck_ok(cg_record_begin(db, &record, true, 0, &error), error);
    cg_test_run_sql(db, "UPDATE cg_engine_request SET attempt = 1");
}

static char *folder;

static char *
in_folder(const char *name)
{
    if (folder == NULL)
        folder = g_dir_make_tmp("cgengine.XXXXXX", NULL);
    return g_build_filename(folder, name, NULL);
}

CgEngine *
cg_test_engine_new(CgDb *db, const char *plan, char **out_array)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *array = in_folder("array");
    g_autofree char *path = in_folder("plan.yaml");
    if (plan != NULL) {
        g_autoptr(GString) text = g_string_new(plan);
        g_string_replace(text, "%s", array, 0);
        ck_assert(g_file_set_contents(path, text->str, -1, NULL));
    }
    CgEngine *engine = cg_engine_new(db, "mock", plan != NULL ? path : NULL, &error);
    ck_ok(engine != NULL, error);
    if (out_array != NULL)
        *out_array = g_steal_pointer(&array);
    return engine;
}

int
cg_test_engine_count(const char *array)
{
    g_autofree char *text = NULL;
    int n = 0;
    if (!g_file_get_contents(array, &text, NULL, NULL))
        return 0;
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line != NULL; line++)
        n += g_str_has_prefix(*line, "group ") || g_str_has_prefix(*line, "volume ");
    return n;
}

void
cg_test_engine_end(void)
{
    static const char *const names[] = { "array", "array.lock", "plan.yaml" };
    for (size_t i = 0; folder != NULL && i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path = in_folder(names[i]);
        g_unlink(path);
    }
    if (folder != NULL)
        g_rmdir(folder);
    g_clear_pointer(&folder, g_free);
}
