/* The contract of lock.h and blame.h: the run lock, between sessions and between processes, and who
 * blocks whom.
 */
#include "db/blame.h"
#include "db/lock.h"
#include "tests/lib/capture.h"
#include "tests/lib/dbtest.h"

#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static CgLock *
lock(CgDb *db, const char *name)
{
    g_autoptr(GError) error = NULL;
    CgLock *taken = cg_db_lock(db, name, 20, &error);
    ck_ok(taken != NULL, error);
    return taken;
}

static void
is_refused(CgDb *db, const char *name)
{
    g_autoptr(GError) error = NULL;
    ck_assert_ptr_null(cg_db_lock(db, name, 0, &error));
    ck_db_error(error, CG_DB_ERROR_BUSY);
    g_autofree char *holder = cg_db_lock_holder(db, name, NULL);
    ck_assert_ptr_nonnull(holder);
    ck_assert_msg(g_str_has_prefix(holder, "pid "), "%s", holder);
    ck_assert_msg(strstr(error->message, holder) != NULL, "%s: %s", error->message, holder);
}

/* ---- between sessions ---- */

START_TEST(one_session_at_a_time)
{
    g_autoptr(CgDb) db = cg_dbtest_open(_i);
    if (db == NULL)
        return;
    g_autoptr(GError) error = NULL;
    g_autoptr(CgDb) other = cg_dbtest_again(CG_DB_WRITE);
    ck_assert_ptr_null(cg_db_lock_holder(db, "run", &error));
    ck_assert_ptr_null(error);
    CgLock *held = lock(db, "run");
    ck_ok(cg_lock_check(held, &error), error);
    is_refused(other, "run");
    is_refused(db, "run");
    cg_lock_release(held);
    ck_assert_ptr_null(cg_db_lock_holder(other, "run", &error));
    g_autoptr(CgLock) theirs = lock(other, "run");
    is_refused(db, "run");
    ck_ok(cg_lock_check(theirs, &error), error);
}
END_TEST

START_TEST(names_do_not_collide)
{
    g_autoptr(CgDb) db = cg_dbtest_open(_i);
    if (db == NULL)
        return;
    g_autoptr(CgDb) other = cg_dbtest_again(CG_DB_WRITE);
    g_autoptr(CgLock) first = lock(db, "migrate");
    g_autoptr(CgLock) second = lock(other, "backfill");
    ck_assert_ptr_ne(first, second);
    is_refused(other, "migrate");
    is_refused(db, "backfill");
}
END_TEST

START_TEST(closing_the_session_releases)
{
    g_autoptr(CgDb) db = cg_dbtest_open(_i);
    if (db == NULL)
        return;
    CgDb *other = cg_dbtest_again(CG_DB_WRITE);
    CgLock *held = lock(other, "run");
    is_refused(db, "run");
    cg_lock_release(held);
    cg_db_close(other);
    cg_lock_release(lock(db, "run"));
}
END_TEST

START_TEST(the_lock_outlives_transactions)
{
    g_autoptr(CgDb) db = cg_dbtest_open(_i);
    if (db == NULL)
        return;
    g_autoptr(GError) error = NULL;
    g_autoptr(CgDb) other = cg_dbtest_again(CG_DB_WRITE);
    g_autoptr(CgLock) held = lock(db, "run");
    cg_dbtest_make_table(db, "t");
    CgTx *tx = cg_tx_begin(db, CG_TX_WRITE, &error);
    cg_dbtest_exec(db, "INSERT INTO t (id) VALUES ('a')");
    ck_ok(cg_lock_check(held, &error), error);
    cg_tx_end(tx);
    ck_ok(cg_lock_check(held, &error), error);
    is_refused(other, "run");
}
END_TEST

START_TEST(a_holder_that_cannot_be_seen_is_one)
{
    g_autoptr(CgDb) db = cg_dbtest_open(_i);
    if (db == NULL || cg_db_dialect(db)->sql != CG_SQL_POSTGRESQL)
        return;
    g_autoptr(GError) error = NULL;
    g_autoptr(CgDb) other = cg_dbtest_again(CG_DB_WRITE);
    g_autoptr(CgLock) held = lock(db, "run");
    cg_dbtest_exec(db, "REVOKE SELECT ON pg_catalog.pg_stat_activity FROM PUBLIC");
    cg_dbtest_exec(other, "SET ROLE pg_signal_backend");
    ck_assert_ptr_null(cg_db_lock(other, "run", 0, &error));
    ck_db_error(error, CG_DB_ERROR_BUSY);
    ck_assert_msg(strstr(error->message, "holder not known") != NULL, "%s", error->message);
    g_clear_error(&error);
    ck_ok(cg_lock_check(held, &error), error);
}
END_TEST

START_TEST(the_lock_file_has_the_rights_of_the_database)
{
    g_autoptr(CgDb) db = cg_dbtest_open(_i);
    if (db == NULL || cg_db_dialect(db)->sql != CG_SQL_SQLITE)
        return;
    const char *path = cg_address_path(cg_db_address(db));
    g_autofree char *beside = g_strconcat(path, "-cg-run.lock", NULL);
    struct stat st;
    mode_t before = umask(077);
    ck_assert_int_eq(chmod(path, 0664), 0);
    CgLock *held = lock(db, "run");
    umask(before);
    ck_assert_int_eq(stat(beside, &st), 0);
    ck_assert_int_eq(st.st_mode & 0777, 0664);
    cg_lock_release(held);
    ck_assert_int_ne(stat(beside, &st), 0);
}
END_TEST

typedef struct {
    CgDb *db;
    double waited;
    GError *error;
} Wait;

static void
wait_for_lock(void *data)
{
    Wait *wait = data;
    gint64 start = g_get_monotonic_time();
    ck_assert_ptr_null(cg_db_lock(wait->db, "run", 1.5, &wait->error));
    wait->waited = (double)(g_get_monotonic_time() - start) / G_USEC_PER_SEC;
}

START_TEST(waiting_is_bounded_and_told_once)
{
    g_autoptr(CgDb) db = cg_dbtest_open(_i);
    if (db == NULL)
        return;
    g_autoptr(GError) error = NULL;
    g_autoptr(CgDb) other = cg_dbtest_again(CG_DB_WRITE);
    g_autoptr(CgLock) held = lock(db, "run");
    Wait wait = { .db = other };
    g_autofree char *said = test_capture(stderr, 0, wait_for_lock, &wait);
    ck_db_error(wait.error, CG_DB_ERROR_BUSY);
    g_clear_error(&wait.error);
    ck_assert_msg(wait.waited >= 1.5 && wait.waited < 4, "waited %g s", wait.waited);
    ck_ok(cg_lock_check(held, &error), error);
    const char *first = strstr(said, "waiting for another run: pid ");
    ck_assert_ptr_nonnull(first);
    ck_assert_ptr_null(strstr(first + 1, "waiting for"));
}
END_TEST

START_TEST(a_lost_session_has_lost_the_lock)
{
    g_autoptr(CgDb) db = cg_dbtest_open(_i);
    if (db == NULL)
        return;
    g_autoptr(GError) error = NULL;
    g_autoptr(CgDb) victim = cg_dbtest_again(CG_DB_WRITE);
    g_autoptr(CgLock) held = lock(victim, "run");
    if (!cg_dbtest_kill(victim))
        return;
    ck_assert(!cg_lock_check(held, &error));
    ck_db_error(error, CG_DB_ERROR_CONNECT);
    cg_lock_release(lock(db, "run"));
}
END_TEST

/* ---- between processes ---- */

/* A child makes its own session: one that crosses fork() belongs to neither side. */
static pid_t
fork_holder(int ready[2])
{
    ck_assert_int_eq(pipe(ready), 0);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child > 0) {
        close(ready[1]);
        return child;
    }
    CgDb *db = cg_dbtest_again(CG_DB_WRITE);
    CgLock *held = cg_db_lock(db, "run", 10, NULL);
    ssize_t told = write(ready[1], held != NULL ? "y" : "n", 1);
    if (told != 1)
        _exit(1);
    for (;;)
        pause();
}

START_TEST(death_of_the_holder_releases)
{
    CgDb *first = cg_dbtest_open(_i);
    if (first == NULL)
        return;
    cg_dbtest_make_table(first, "t"); /* an empty file would not stay */
    cg_db_close(first);
    int ready[2];
    char answer = '?';
    pid_t child = fork_holder(ready);
    ck_assert_int_eq(read(ready[0], &answer, 1), 1);
    ck_assert_int_eq(answer, 'y');
    g_autoptr(CgDb) db = cg_dbtest_again(CG_DB_WRITE);
    is_refused(db, "run");
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    cg_lock_release(lock(db, "run"));
}
END_TEST

enum { CHILDREN = 3, ROUNDS = 4 };

/* Reads, dawdles, writes: without the lock, increments would be lost. */
static int
count_up(void)
{
    g_autoptr(CgDb) db = cg_dbtest_again(CG_DB_WRITE);
    for (int i = 0; i < ROUNDS; i++) {
        g_autoptr(CgLock) held = cg_db_lock(db, "run", 30, NULL);
        if (held == NULL)
            return 1;
        int64_t n = cg_dbtest_int(db, "SELECT i FROM t");
        g_usleep(2000);
        g_autofree char *sql = g_strdup_printf("UPDATE t SET i = %d", (int)n + 1);
        cg_dbtest_exec(db, sql);
        if (!cg_lock_check(held, NULL))
            return 1;
    }
    return 0;
}

START_TEST(no_process_overlaps_another)
{
    CgDb *first = cg_dbtest_open(_i);
    if (first == NULL)
        return;
    cg_dbtest_make_table(first, "t");
    cg_dbtest_exec(first, "INSERT INTO t (id, i) VALUES ('a', 0)");
    cg_db_close(first);
    fflush(NULL);
    for (int i = 0; i < CHILDREN; i++)
        if (fork() == 0)
            _exit(count_up());
    for (int i = 0; i < CHILDREN; i++) {
        int status = -1;
        ck_assert_int_gt(wait(&status), 0);
        ck_assert_int_eq(status, 0);
    }
    g_autoptr(CgDb) db = cg_dbtest_again(CG_DB_READ);
    ck_assert_int_eq(cg_dbtest_int(db, "SELECT i FROM t"), CHILDREN * ROUNDS);
}
END_TEST

/* ---- blockers ---- */

static void *
update_row(void *data)
{
    return GINT_TO_POINTER(cg_db_exec(data, "UPDATE t SET s = 'theirs'", NULL, 0, NULL, NULL));
}

static char *
wait_for_blockers(CgDb *watcher, const CgDb *blocked)
{
    g_autoptr(GError) error = NULL;
    char *blockers = NULL;
    for (int i = 0; i < 100 && blockers == NULL && error == NULL; i++) {
        g_usleep(10000);
        blockers = cg_db_blockers(watcher, blocked, &error);
    }
    ck_assert_ptr_null(error);
    return blockers;
}

START_TEST(tells_who_blocks_whom)
{
    g_autoptr(CgDb) db = cg_dbtest_open(_i);
    if (db == NULL)
        return;
    g_autoptr(GError) error = NULL;
    cg_dbtest_make_table(db, "t");
    cg_dbtest_exec(db, "INSERT INTO t (id) VALUES ('a')");
    ck_ok(cg_db_set_name(db, "the culprit", &error), error);
    g_autoptr(CgDb) blocked = cg_dbtest_again(CG_DB_WRITE);
    g_autoptr(CgDb) watcher = cg_dbtest_again(CG_DB_READ);
    ck_ok(cg_db_set_timeouts(blocked, 10000, 0, &error), error);
    ck_assert_ptr_null(cg_db_blockers(watcher, blocked, &error));
    g_autoptr(CgTx) tx = cg_tx_begin(db, CG_TX_WRITE, &error);
    cg_dbtest_exec(db, "UPDATE t SET s = 'mine'");
    GThread *thread = g_thread_new("blocked", update_row, blocked);
    g_autofree char *blockers = wait_for_blockers(watcher, blocked);
    ck_ok(cg_tx_commit(tx, &error), error);
    ck_assert_ptr_nonnull(g_thread_join(thread));
    if (blockers != NULL) {
        ck_assert_msg(strstr(blockers, "the culprit") != NULL, "%s", blockers);
        ck_assert_msg(g_str_has_suffix(blockers, ": UPDATE t SET"), "%s", blockers);
    }
    ck_assert_int_eq(blockers != NULL, (cg_db_dialect(db)->can & CG_CAN_NAME_BLOCKERS) != 0);
    ck_assert_ptr_null(cg_db_blockers(watcher, blocked, &error));
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("db lock");
    TCase *sessions = cg_dbtest_case(suite, "sessions");
    cg_dbtest_add(sessions, one_session_at_a_time);
    cg_dbtest_add(sessions, names_do_not_collide);
    cg_dbtest_add(sessions, closing_the_session_releases);
    cg_dbtest_add(sessions, the_lock_outlives_transactions);
    cg_dbtest_add(sessions, a_holder_that_cannot_be_seen_is_one);
    cg_dbtest_add(sessions, the_lock_file_has_the_rights_of_the_database);
    cg_dbtest_add(sessions, waiting_is_bounded_and_told_once);
    cg_dbtest_add(sessions, a_lost_session_has_lost_the_lock);
    TCase *processes = cg_dbtest_case(suite, "processes");
    cg_dbtest_add(processes, death_of_the_holder_releases);
    cg_dbtest_add(processes, no_process_overlaps_another);
    TCase *blockers = cg_dbtest_case(suite, "blockers");
    cg_dbtest_add(blockers, tells_who_blocks_whom);
    return cg_dbtest_run(suite);
}
