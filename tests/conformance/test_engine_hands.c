/*
 * Other hands: rows that somebody changes while a clone is made, locks and sessions that are lost
 * meanwhile. Whatever the driver says afterwards, the array is not touched again, and no row that
 * is not the request's.
 */
#include "engine/drivers/mock.h"
#include "tests/lib/enginetest.h"
#include "tests/lib/migrations.h"

#include <glib/gstdio.h>

/* ---- the mock, with something that happens behind its back before it answers ---- */

typedef struct {
    CgDb *mine, *other; /* sessions: the engine's, somebody else's */
    void (*meddle)(const char *group_id);
    void (*before_removal)(const char *group_id);
    int removals; /* calls of delete_consistencygroup */
} Meddling;

static Meddling meddling;

static bool
clone_meddled(void *array, const CgDriverContext *context, const CgDriverClone *clone,
              CgDriverUpdate *update, GError **error)
{
    bool ok = cg_driver_mock.create_consistencygroup_from_src(array, context, clone, update, error);
    meddling.meddle(clone->group->id);
    return ok;
}

static bool
delete_counted(void *array, const CgDriverContext *context, const CgGroup *group,
               const GPtrArray *volumes, GError **error)
{
    meddling.removals++;
    if (meddling.before_removal != NULL)
        meddling.before_removal(group->id);
    return cg_driver_mock.delete_consistencygroup(array, context, group, volumes, error);
}

static void
run_on_group(const char *format, const char *group_id)
{
    g_autoptr(GString) sql = g_string_new(format);
    g_string_replace(sql, "%s", group_id, 0);
    cg_dbtest_exec(meddling.other, sql->str);
}

static void
group_available(const char *id)
{
    run_on_group("UPDATE consistencygroups SET status = 'available' WHERE id = '%s'", id);
}

static void
group_deleted(const char *id)
{
    run_on_group("UPDATE consistencygroups SET deleted = TRUE, status = 'deleted' WHERE id = '%s'",
                 id);
}

static void
volume_available(const char *id)
{
    run_on_group("UPDATE volumes SET status = 'available' WHERE source_volid = 's1' AND"
                 " consistencygroup_id = '%s'",
                 id);
}

static void
volume_attached(const char *id)
{
    run_on_group("UPDATE volumes SET attach_status = 'attached' WHERE source_volid = 's2' AND"
                 " consistencygroup_id = '%s'",
                 id);
}

static void
volume_deleted(const char *id)
{
    run_on_group("UPDATE volumes SET deleted = TRUE WHERE source_volid = 's2' AND"
                 " consistencygroup_id = '%s'",
                 id);
}

static void
volume_taken_out(const char *id)
{
    run_on_group("UPDATE volumes SET consistencygroup_id = NULL WHERE source_volid = 's1' AND"
                 " consistencygroup_id = '%s'",
                 id);
}

static void
volume_put_in(const char *id)
{
    run_on_group("INSERT INTO volumes (id, deleted, status, attach_status, size, project_id,"
                 " consistencygroup_id) VALUES ('stranger', FALSE, 'creating', 'detached', 1, 'q',"
                 " '%s')",
                 id);
}

static void
lose_lock(const char *id)
{
    if (cg_db_dialect(meddling.mine)->sql == CG_SQL_POSTGRESQL) {
        cg_dbtest_exec(meddling.mine, "SELECT pg_advisory_unlock_all()");
        return;
    }
    g_autofree char *path =
        g_strdup_printf("%s-cg-engine.%s.lock", cg_address_path(cg_db_address(meddling.mine)), id);
    ck_assert_msg(g_unlink(path) == 0, "%s is not there", path);
}

static char *
recover(CgDb *db)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(CgEngine) engine = cg_test_engine_new(db, "array: \"%s\"\n", NULL);
    g_autoptr(GPtrArray) all = cg_engine_recover(engine, &error);
    ck_ok(all != NULL, error);
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < all->len; i++) {
        const CgRecovered *one = g_ptr_array_index(all, i);
        g_string_append_printf(text, "%d %s", (int)one->state,
                               one->reason != NULL ? one->reason : "");
    }
    return g_string_free(text, FALSE);
}

static void
lose_lock_to_recover(const char *id)
{
    lose_lock(id);
    g_autofree char *recovered = recover(meddling.other);
    ck_assert_str_eq(recovered, "0 ");
}

/* SQLite has no sessions to lose: there it is the lock. */
static void
lose_session(const char *id)
{
    if (!cg_dbtest_kill(meddling.mine))
        lose_lock(id);
}

/* ---- what comes of it ---- */

typedef struct {
    const char *what;
    void (*meddle)(const char *group_id);
    const char *part;      /* of the error, whatever the driver said */
    const char *states;    /* of the group and s1's and s2's clone, then */
    const char *recovered; /* state and reason begin with; then */
    const char *after;     /* what the states are */
} Case;

static const Case cases[] = {
    { "group available", group_available, "by other hands", "available creating creating ", "4 ",
      "available creating creating " },
    { "group deleted", group_deleted, "by other hands", "deleted creating creating ", "4 ",
      "deleted creating creating " },
    { "volume available", volume_available, "by other hands", "creating available creating ", "3 ",
      "creating available creating " },
    { "lock lost", lose_lock, "did not finish", "creating creating creating ", "0 ",
      "available available available " },
    { "lock lost, finished by another", lose_lock_to_recover, "did not finish",
      "available available available ", "", "available available available " },
    { "session lost", lose_session, "did not finish", "creating creating creating ", "0 ",
      "available available available " },
};

#define STATES                                                                                     \
    "SELECT status FROM (SELECT 1 AS n, status FROM consistencygroups WHERE source_cg_id = 'S'"    \
    " UNION ALL SELECT 2, status FROM volumes WHERE source_volid = 's1'"                           \
    " UNION ALL SELECT 3, status FROM volumes WHERE source_volid = 's2') x ORDER BY n"

static void
check_states(CgDb *db, const char *what, const char *expected)
{
    g_autofree char *states = cg_dbtest_rows(db, STATES);
    g_strdelimit(states, "\n", ' ');
    ck_assert_msg(strcmp(states, expected) == 0, "%s: %s", what, states);
}

static void
create_meddled(CgDb *mine, CgDb *other, const Case *one, const char *outcome)
{
    g_autofree char *plan = g_strdup_printf("array: \"%%s\"\nfrom_src: %s\n", outcome);
    g_autofree char *array = NULL, *id = NULL;
    g_autoptr(CgEngine) engine = cg_test_engine_new(mine, plan, &array);
    g_autoptr(GError) error = NULL;
    CgDriver driver = cg_driver_mock;
    driver.create_consistencygroup_from_src = clone_meddled;
    driver.delete_consistencygroup = delete_counted;
    engine->driver = &driver;
    meddling = (Meddling){ mine, other, one->meddle, NULL, 0 };
    const CgCreateFromSrc options = { .consistencygroup = "S" };
    bool ok = cg_engine_create_from_src(engine, &options, &id, &error);
    ck_assert_msg(!ok && id != NULL, "%s: it went well", one->what);
    ck_exit(error, CG_EXIT_HALF_DONE, one->part);
    ck_assert_msg(meddling.removals == 0, "%s: torn down", one->what);
    ck_assert_msg(cg_test_engine_count(array) == 3, "%s: %d lines", one->what,
                  cg_test_engine_count(array));
}

static void
meddle(int backend, size_t i, const char *outcome)
{
    g_autoptr(CgDb) mine = cg_test_engine_open(backend);
    g_autoptr(CgDb) other = cg_dbtest_again(CG_DB_WRITE);
    create_meddled(mine, other, &cases[i], outcome);
    check_states(other, cases[i].what, cases[i].states);
    g_clear_pointer(&mine, cg_db_close);
    g_autofree char *recovered = recover(other);
    ck_assert_msg(g_str_has_prefix(recovered, cases[i].recovered), "%s: %s", cases[i].what,
                  recovered);
    check_states(other, cases[i].what, cases[i].after);
    g_autofree char *again = recover(other);
    ck_assert_msg(*again == '\0' || *again == '3', "%s: %s", cases[i].what, again);
    g_clear_pointer(&other, cg_db_close);
    cg_test_engine_end();
    cg_dbtest_end();
}

START_TEST(the_array_is_not_touched)
{
    if (!cg_dbtest_has(_i))
        return;
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        meddle(_i, i, "ok");
        meddle(_i, i, "fail-after");
        meddle(_i, i, "group-error");
    }
}
END_TEST

/* A volume that is gone is for a person to decide: the group would be made without it. */
START_TEST(a_volume_is_gone_meanwhile)
{
    static const Case gone[] = {
        { "volume deleted", volume_deleted, "was deleted, or taken out of the group", NULL, NULL,
          NULL },
        { "volume taken out", volume_taken_out, "was deleted, or taken out of the group", NULL,
          NULL, NULL },
    };
    static const char *const outcomes[] = { "ok", "fail-after" };
    for (size_t i = 0; i < 4; i++) {
        g_autoptr(CgDb) mine = cg_test_engine_open(_i);
        if (mine == NULL)
            return;
        g_autoptr(CgDb) other = cg_dbtest_again(CG_DB_WRITE);
        create_meddled(mine, other, &gone[i % 2], outcomes[i / 2]);
        check_states(other, "volume gone", "creating creating creating ");
        g_autofree char *recovered = recover(other);
        ck_assert_msg(g_str_has_prefix(recovered, "3 "), "%s", recovered);
        cg_test_run_sql(other, "UPDATE consistencygroups SET status = 'error' WHERE source_cg_id ="
                               " 'S'; DELETE FROM cg_engine_request");
        g_autofree char *let_go = recover(other);
        ck_assert_str_eq(let_go, "");
        g_clear_pointer(&mine, cg_db_close);
        g_clear_pointer(&other, cg_db_close);
        cg_test_engine_end();
        cg_dbtest_end();
    }
}
END_TEST

/* ---- somebody commits while the worker waits for the row ---- */

static CgTx *late;

static void *
commit_late(void *data G_GNUC_UNUSED)
{
    g_usleep(300000);
    ck_assert(cg_tx_commit(late, NULL));
    return NULL;
}

static GThread *committer;

static void
begin_late(const char *sql, const char *id)
{
    late = cg_tx_begin(meddling.other, CG_TX_WRITE, NULL);
    ck_assert_ptr_nonnull(late);
    run_on_group("UPDATE volumes SET size = size WHERE consistencygroup_id = '%s'", id);
    run_on_group(sql, id);
    committer = g_thread_new("late", commit_late, NULL);
}

static void
taken_out_late(const char *id)
{
    begin_late("UPDATE volumes SET consistencygroup_id = NULL WHERE source_volid = 's1' AND"
               " consistencygroup_id = '%s'",
               id);
}

static void
put_in_late(const char *id)
{
    begin_late("INSERT INTO volumes (id, deleted, status, attach_status, size,"
               " consistencygroup_id) VALUES ('stranger', FALSE, 'creating', 'detached', 1, '%s')",
               id);
}

static void
meddle_late(int backend, const Case *one, const char *outcome)
{
    g_autoptr(CgDb) mine = cg_test_engine_open(backend);
    g_autoptr(CgDb) other = cg_dbtest_again(CG_DB_WRITE);
    create_meddled(mine, other, one, outcome);
    g_thread_join(committer);
    cg_tx_end(late);
    check_states(other, one->what, one->states);
    g_clear_pointer(&mine, cg_db_close);
    g_clear_pointer(&other, cg_db_close);
    cg_test_engine_end();
    cg_dbtest_end();
}

START_TEST(who_waits_for_a_row_looks_again)
{
    static const Case taken = {
        "taken out", taken_out_late, "by other hands", "creating creating creating ", NULL, NULL
    };
    static const Case put = {
        "put in", put_in_late, "volume stranger was put into it", "error error error ", NULL, NULL
    };
    if (!cg_dbtest_has(_i))
        return;
    meddle_late(_i, &taken, "ok");
    meddle_late(_i, &taken, "fail-after");
    meddle_late(_i, &put, "fail-after");
}
END_TEST

/* What others do to the source while a request waits for its row is what it finds. */
static const struct {
    const char *sql;
    CgCreateFromSrc options;
    const char *part;
} waited[] = {
    { "UPDATE consistencygroups SET status = 'deleting' WHERE id = 'S'",
      { .consistencygroup = "S" },
      "\"deleting\"" },
    { "UPDATE cgsnapshots SET status = 'deleting'", { .cgsnapshot = "K" }, "\"deleting\"" },
    { "UPDATE consistencygroups SET host = NULL WHERE id = 'S'", { .cgsnapshot = "K" }, "no host" },
};

START_TEST(the_source_is_looked_at_under_its_lock)
{
    for (size_t i = 0; i < G_N_ELEMENTS(waited); i++) {
        g_autoptr(CgDb) mine = cg_test_engine_open(_i);
        if (mine == NULL)
            return;
        g_autoptr(CgDb) other = cg_dbtest_again(CG_DB_WRITE);
        g_autoptr(CgEngine) engine = cg_test_engine_new(mine, NULL, NULL);
        g_autoptr(GError) error = NULL;
        g_autofree char *id = NULL;
        late = cg_tx_begin(other, CG_TX_WRITE, NULL);
        ck_assert_ptr_nonnull(late);
        cg_dbtest_exec(other, waited[i].sql);
        committer = g_thread_new("late", commit_late, NULL);
        ck_assert(!cg_engine_create_from_src(engine, &waited[i].options, &id, &error));
        ck_exit(error, CG_EXIT_REFUSED, waited[i].part);
        g_thread_join(committer);
        cg_tx_end(late);
        g_clear_pointer(&mine, cg_db_close);
        g_clear_pointer(&other, cg_db_close);
        cg_test_engine_end();
        cg_dbtest_end();
    }
}
END_TEST

/* An attached volume is somebody's even where its status is not: it is asked before the array is.
 */
START_TEST(what_is_attached_is_never_torn_down)
{
    g_autoptr(CgDb) mine = cg_test_engine_open(_i);
    if (mine == NULL)
        return;
    g_autoptr(CgDb) other = cg_dbtest_again(CG_DB_WRITE);
    const Case attached = {
        "attached", volume_attached, "was attached by other hands, nothing was touched", NULL, NULL,
        NULL
    };
    create_meddled(mine, other, &attached, "fail-after");
    g_autofree char *recovered = recover(other);
    ck_assert_msg(g_str_has_prefix(recovered, "3 "), "%s", recovered);
    check_states(other, "attached", "creating creating creating ");
}
END_TEST

/* Cinder lets a user make a volume in a group that is in `creating`. */
START_TEST(a_stranger_in_the_group_is_not_touched)
{
    g_autoptr(CgDb) mine = cg_test_engine_open(_i);
    if (mine == NULL)
        return;
    g_autoptr(CgDb) other = cg_dbtest_again(CG_DB_WRITE);
    const Case stranger = { "stranger", volume_put_in, "volume stranger was put into it",
                            NULL,       NULL,          NULL };
    create_meddled(mine, other, &stranger, "fail-after");
    check_states(other, "stranger", "error error error ");
    g_autofree char *left = recover(other);
    ck_assert_msg(g_str_has_prefix(left, "3 "), "%s", left);
    ck_query(other, "SELECT status, size FROM volumes WHERE id = 'stranger'", "creating|1\n");
    cg_test_run_sql(other, "DELETE FROM volumes WHERE id = 'stranger'");
    g_autofree char *undone = recover(other);
    ck_assert_msg(g_str_has_prefix(undone, "1 "), "%s", undone);
    check_states(other, "stranger", "error error error ");
}
END_TEST

START_TEST(a_group_is_finished_beside_a_stranger)
{
    g_autoptr(CgDb) mine = cg_test_engine_open(_i);
    if (mine == NULL)
        return;
    g_autoptr(CgDb) other = cg_dbtest_again(CG_DB_WRITE);
    g_autofree char *id = NULL;
    g_autoptr(CgEngine) engine = cg_test_engine_new(mine, NULL, NULL);
    g_autoptr(GError) error = NULL;
    CgDriver driver = cg_driver_mock;
    driver.create_consistencygroup_from_src = clone_meddled;
    engine->driver = &driver;
    meddling = (Meddling){ mine, other, volume_put_in, NULL, 0 };
    const CgCreateFromSrc options = { .consistencygroup = "S" };
    ck_ok(cg_engine_create_from_src(engine, &options, &id, &error), error);
    check_states(other, "stranger", "available available available ");
    ck_query(other, "SELECT status FROM volumes WHERE id = 'stranger'", "creating\n");
}
END_TEST

/* Given up as dead before its call, another worker finished the group: the call comes too late. */
START_TEST(a_late_removal_removes_nothing)
{
    g_autoptr(CgDb) mine = cg_test_engine_open(_i);
    if (mine == NULL)
        return;
    g_autoptr(CgDb) other = cg_dbtest_again(CG_DB_WRITE);
    const Case lost = { "lock lost", lose_lock, "did not finish", NULL, NULL, NULL };
    create_meddled(mine, other, &lost, "ok");
    g_autofree char *array = NULL;
    g_autoptr(CgEngine) engine = cg_test_engine_new(mine, "array: \"%s\"\n", &array);
    g_autoptr(GError) error = NULL;
    CgDriver driver = cg_driver_mock;
    driver.delete_consistencygroup = delete_counted;
    engine->driver = &driver;
    meddling = (Meddling){ mine, other, NULL, lose_lock_to_recover, 0 };
    g_autoptr(GPtrArray) all = cg_engine_recover(engine, &error);
    ck_ok(all != NULL, error);
    ck_assert_int_eq(meddling.removals, 1);
    const CgRecovered *one = g_ptr_array_index(all, 0);
    ck_assert_int_eq(one->state, CG_RECOVERED_LEFT);
    check_states(other, "late", "available available available ");
    ck_assert_int_eq(cg_test_engine_count(array), 3);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("engine and other hands");
    TCase *tcase = cg_dbtest_case(suite, "hands");
    tcase_add_checked_fixture(tcase, NULL, cg_test_engine_end);
    tcase_set_timeout(tcase, 60);
    cg_dbtest_add(tcase, the_array_is_not_touched);
    cg_dbtest_add(tcase, a_volume_is_gone_meanwhile);
    cg_dbtest_add(tcase, who_waits_for_a_row_looks_again);
    cg_dbtest_add(tcase, the_source_is_looked_at_under_its_lock);
    cg_dbtest_add(tcase, what_is_attached_is_never_torn_down);
    cg_dbtest_add(tcase, a_stranger_in_the_group_is_not_touched);
    cg_dbtest_add(tcase, a_group_is_finished_beside_a_stranger);
    cg_dbtest_add(tcase, a_late_removal_removes_nothing);
    return cg_dbtest_run(suite);
}
