/*
 * A fresh database of each backend for a test, and the few assertions that tests of db/ share.
 *
 * A test of the conformance suite runs once for each number below CG_DBTEST_COUNT. Only here is it
 * known which backend a number stands for. Where a backend cannot be had (no server), the line
 * "# skip reason" is printed for the runner to count.
 */
#ifndef CG_TESTS_LIB_DBTEST_H
#define CG_TESTS_LIB_DBTEST_H

#include "db/db.h"

#include <check.h>

enum { CG_DBTEST_COUNT = 3 };

/* Makes an empty database and opens it for writing; the session is the caller's. NULL: skipped. */
CgDb *cg_dbtest_open(int backend);

/* Whether there is such a backend here; says so where it is skipped. */
bool cg_dbtest_has(int backend);

/* Another session to the database of this test. */
CgDb *cg_dbtest_again(CgDbMode mode);

/* Drops it; a checked fixture's teardown. Sessions must be closed before. */
void cg_dbtest_end(void);

/* Addresses that cannot be opened, and one that can. */
typedef enum {
    CG_DBTEST_ABSENT,         /* no such database */
    CG_DBTEST_UNREACHABLE,    /* nothing there that is a server or a database */
    CG_DBTEST_WRONG_PASSWORD, /* the password is in *out_secret */
    CG_DBTEST_PASSWORD        /* opens; its password is all punctuation */
} CgDbTestPlace;

/* NULL: there is no such thing for this backend. To be called after cg_dbtest_open(). */
CgAddress *cg_dbtest_address(CgDbTestPlace place, const char **out_secret);

/* Ends the session from outside. False: this backend's sessions cannot be lost. */
bool cg_dbtest_kill(CgDb *victim);

/* The same in two steps, for a session that will be busy: its number (0: cannot be lost), its end.
 */
int64_t cg_dbtest_session(CgDb *db);
void cg_dbtest_kill_session(int64_t session);

/* An SQL literal that a time column takes, and that no CgValue can hold. */
const char *cg_dbtest_unreadable_time(void);

/* Statements that must succeed. The text is the caller's. */
int64_t cg_dbtest_exec(CgDb *db, const char *sql);
int64_t cg_dbtest_int(CgDb *db, const char *sql);
char *cg_dbtest_text(CgDb *db, const char *sql);

/* The rows of a query as text, "a|b" a line. The caller's. */
char *cg_dbtest_rows(CgDb *db, const char *sql);
#define ck_query(db, sql, expected)                                                                \
    do {                                                                                           \
        g_autofree char *queried_ = cg_dbtest_rows(db, sql);                                       \
        ck_assert_str_eq(queried_, expected);                                                      \
    } while (0)

/* CREATE TABLE name (id …, i …, b …, d …, s …): a text key, then a column of each type. */
void cg_dbtest_make_table(CgDb *db, const char *name);

/* Runs the suite: what main returns. */
int cg_dbtest_run(Suite *suite);

/* A looped case of the suite, for the test to be run on each backend. */
TCase *cg_dbtest_case(Suite *suite, const char *name);
#define cg_dbtest_add(tcase, test) tcase_add_loop_test(tcase, test, 0, CG_DBTEST_COUNT)

#define ck_ok(condition, error)                                                                    \
    ck_assert_msg(condition, "%s", (error) != NULL ? (error)->message : "failed without an error")

bool cg_dbtest_equal(CgValue value, CgValue expected);

#define ck_same_value(value, expected) cg_dbtest_same(__FILE__, __LINE__, value, expected)
void cg_dbtest_same(const char *file, int line, CgValue value, CgValue expected);

#define ck_db_error(error, wanted)                                                                 \
    do {                                                                                           \
        ck_assert_msg((error) != NULL, "no error");                                                \
        ck_assert_msg(g_error_matches(error, CG_DB_ERROR, wanted), "code %d, not " #wanted ": %s", \
                      (error)->code, (error)->message);                                            \
    } while (0)

#endif
