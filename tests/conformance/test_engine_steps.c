/*
 * Several requests, phase by phase in the order of a seed, some of them given up between two
 * phases as a killed process does: then recover, and nothing is half made.
 */
#include "engine/create.h"
#include "tests/lib/enginetest.h"
#include "tests/lib/migrations.h"

enum { REQUESTS = 3, SEEDS = 12 };

static const char *const outcomes[] = { "ok", "fail-member", "fail-after", "member-error" };

typedef struct {
    CgDb *db;
    CgEngine *engine;
    CgRequest *request;
} Client;

static void
client_clear(Client *client)
{
    g_clear_pointer(&client->request, cg_request_free);
    g_clear_pointer(&client->engine, cg_engine_free);
    g_clear_pointer(&client->db, cg_db_close);
}

static void
client_begin(Client *client, GRand *rand, const CgCreateFromSrc *options)
{
    g_autoptr(GError) error = NULL;
    int outcome = g_rand_int_range(rand, 0, G_N_ELEMENTS(outcomes));
    g_autofree char *plan = g_strdup_printf("array: \"%%s\"\nfrom_src: %s\n", outcomes[outcome]);
    client->db = cg_dbtest_again(CG_DB_WRITE);
    client->engine = cg_test_engine_new(client->db, plan, NULL);
    client->request = cg_request_new(client->engine, &cg_operation_create_from_src, NULL);
    client->request->options = options;
    ck_ok(cg_request_lock(client->request, &error), error);
}

/* Whether it goes on. What one has ended with agrees with its error. */
static bool
client_step(Client *client, GRand *rand)
{
    if (client->request == NULL)
        return false;
    if (g_rand_int_range(rand, 0, 12) == 0) {
        client_clear(client);
        return false;
    }
    CgRequest *request = client->request;
    cg_request_step(request);
    if (request->state == CG_REQUEST_UNDERWAY)
        return true;
    ck_assert((request->state == CG_REQUEST_DONE) == (request->error == NULL));
    ck_assert(request->state == CG_REQUEST_DONE || request->state == CG_REQUEST_FAILED ||
              request->state == CG_REQUEST_REFUSED);
    client_clear(client);
    return false;
}

static void
interleave(GRand *rand)
{
    static const CgCreateFromSrc options[] = { { .consistencygroup = "S" }, { .cgsnapshot = "K" } };
    Client clients[REQUESTS] = { { NULL, NULL, NULL } };
    for (int i = 0; i < REQUESTS; i++)
        client_begin(&clients[i], rand, &options[i % 2]);
    for (int idle = 0; idle < 50;)
        idle = client_step(&clients[g_rand_int_range(rand, 0, REQUESTS)], rand) ? 0 : idle + 1;
    for (int i = 0; i < REQUESTS; i++)
        client_clear(&clients[i]);
}

/* Each volume that is available is on the array, of its own source, and nothing else is. */
static void
check_array(CgDb *db, const char *path)
{
    g_autofree char *text = NULL;
    g_autofree char *rows =
        cg_dbtest_rows(db, "SELECT id, consistencygroup_id, coalesce(source_volid,"
                           " snapshot_id) FROM volumes WHERE status = 'available' AND"
                           " launched_at IS NOT NULL");
    if (!g_file_get_contents(path, &text, NULL, NULL))
        text = g_strdup("");
    g_auto(GStrv) wanted = g_strsplit(rows, "\n", -1);
    g_auto(GStrv) there = g_strsplit(text, "\nvolume ", -1);
    ck_assert_int_eq(g_strv_length(there) - 1, g_strv_length(wanted) - 1);
    for (char **row = wanted; **row != '\0'; row++) {
        g_autofree char *line = g_strdelimit(g_strconcat("volume ", *row, NULL), "|", ' ');
        ck_assert_msg(strstr(text, line) != NULL, "no \"%s\" in\n%s", line, text);
    }
}

static void
check_sound(CgDb *db)
{
    g_autofree char *array = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(CgEngine) engine = cg_test_engine_new(db, "array: \"%s\"\n", &array);
    g_autoptr(GPtrArray) recovered = cg_engine_recover(engine, &error);
    ck_ok(recovered != NULL, error);
    ck_query(db, "SELECT status FROM consistencygroups WHERE status NOT IN ('available', 'error')",
             "");
    ck_query(db, "SELECT status FROM volumes WHERE status = 'creating'", "");
    ck_query(db, "SELECT state FROM cg_engine_request WHERE state <> 'failed'", "");
    cg_test_engine_check_quotas(db);
    check_array(db, array);
}

START_TEST(whatever_the_order_all_is_sound)
{
    for (unsigned seed = 1; seed <= SEEDS; seed++) {
        g_autoptr(CgDb) db = cg_test_engine_open(_i);
        if (db == NULL)
            return;
        g_autoptr(GRand) rand = g_rand_new_with_seed(seed);
        printf("# seed %u\n", seed);
        /* Room for two of the three. */
        cg_test_run_sql(db, "UPDATE quota_classes SET hard_limit = 6 WHERE resource = 'volumes'");
        interleave(rand);
        ck_assert_int_le(cg_dbtest_int(db, "SELECT count(*) FROM volumes"), 6);
        check_sound(db);
        g_clear_pointer(&db, cg_db_close);
        cg_test_engine_end();
        cg_dbtest_end();
    }
}
END_TEST

/* ---- what somebody does between two phases ---- */

static const struct {
    int after; /* so many steps */
    const char *plan, *sql;
    CgRequestState state;
    const char *part, *group;
} between[] = {
    { 1, NULL, "DELETE FROM cg_engine_request", CG_REQUEST_LEFT, "its record was removed",
      "creating\n" },
    { 3, NULL, "DELETE FROM cg_engine_request", CG_REQUEST_LEFT, "its record is gone",
      "creating\n" },
    { 5, NULL, "DELETE FROM cg_engine_request", CG_REQUEST_LEFT, "its record is gone",
      "creating\n" },
    { 1, NULL, "DROP TABLE cg_engine_request", CG_REQUEST_LEFT, "its record was removed",
      "creating\n" },
    { 5, NULL, "DROP TABLE cg_engine_request", CG_REQUEST_LEFT, "its record is gone",
      "creating\n" },
    { 5, NULL, "UPDATE cg_engine_request SET attempt = attempt + 1", CG_REQUEST_LEFT,
      "another worker has taken it up", "creating\n" },
    { 1, NULL, "UPDATE cg_engine_request SET array_name = '/elsewhere'", CG_REQUEST_LEFT,
      "on the array \"/elsewhere\"", "creating\n" },
    { 1, NULL, "UPDATE cg_engine_request SET driver = 'lvm'", CG_REQUEST_LEFT, "the driver \"lvm\"",
      "creating\n" },
    { 1, NULL, "UPDATE volumes SET size = 5 WHERE id = 's1'", CG_REQUEST_FAILED,
      "has 5 GiB, it had 1", "error\n" },
    { 2, NULL, "UPDATE consistencygroups SET status = 'available' WHERE source_cg_id = 'S'",
      CG_REQUEST_DROPPED, "by other hands", "available\n" },
    { 6, "from_src: fail-after\n",
      "UPDATE volumes SET status = 'available' WHERE source_volid = 's1'", CG_REQUEST_LEFT,
      "was set to \"available\"", "error\n" },
    { 6, "from_src: fail-after\n",
      "UPDATE consistencygroups SET status = 'available' WHERE"
      " source_cg_id = 'S'",
      CG_REQUEST_LEFT, "set to another status", "available\n" },
    { 6, "from_src: fail-after\n",
      "UPDATE volumes SET consistencygroup_id = 'S' WHERE"
      " source_volid = 's2'",
      CG_REQUEST_LEFT, "taken out of the group", "error\n" },
};

START_TEST(somebody_comes_between)
{
    for (size_t i = 0; i < G_N_ELEMENTS(between); i++) {
        g_autoptr(CgDb) db = cg_test_engine_open(_i);
        if (db == NULL)
            return;
        const CgCreateFromSrc options = { .consistencygroup = "S" };
        g_autoptr(CgEngine) engine = cg_test_engine_new(db, between[i].plan, NULL);
        g_autoptr(CgRequest) request = cg_request_new(engine, &cg_operation_create_from_src, NULL);
        g_autoptr(GError) error = NULL;
        request->options = &options;
        ck_ok(cg_request_lock(request, &error), error);
        for (int step = 0; request->state == CG_REQUEST_UNDERWAY; step++) {
            if (step == between[i].after)
                cg_dbtest_exec(db, between[i].sql);
            cg_request_step(request);
        }
        ck_assert_msg(request->state == between[i].state, "%zu: %d %s", i, (int)request->state,
                      request->error != NULL ? request->error->message : "");
        ck_exit(request->error, CG_EXIT_HALF_DONE, between[i].part);
        ck_assert((cg_engine_error(request->error) == CG_ENGINE_ERROR_NONE) ==
                  (request->state == CG_REQUEST_FAILED));
        ck_query(db, "SELECT status FROM consistencygroups WHERE source_cg_id = 'S'",
                 between[i].group);
        g_clear_pointer(&request, cg_request_free);
        g_clear_pointer(&db, cg_db_close);
        cg_dbtest_end();
    }
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("engine steps");
    TCase *tcase = cg_dbtest_case(suite, "steps");
    tcase_add_checked_fixture(tcase, NULL, cg_test_engine_end);
    tcase_set_timeout(tcase, 60);
    cg_dbtest_add(tcase, whatever_the_order_all_is_sound);
    cg_dbtest_add(tcase, somebody_comes_between);
    return cg_dbtest_run(suite);
}
