/*
 * Databases that fail when told to.
 *
 * A wrapped one is a real database whose n-th call fails: run a flow for n = 1, 2, … until it
 * passes, and each of its error branches has been taken. A scripted one has no database at all: it
 * expects statements in order and answers what the script says.
 */
#ifndef CG_TESTS_LIB_FAKEDB_H
#define CG_TESTS_LIB_FAKEDB_H

#include "db/db.h"

/* ---- wrapped ---- */

/*
 * Takes `real` and passes everything on to it. A failure has `code`; one of CG_DB_ERROR_CONNECT
 * loses the session: its transaction is rolled back and each later call fails too. Sessions made by
 * cg_db_open_again() count together with this one.
 */
CgDb *cg_fakedb_wrap(CgDb *real, CgDbErrorCode code);

/* The n-th call from now fails, before it has done anything. 0: none does. Counted is each
 * operation of CgDbBackend that can fail, a step through rows too. */
void cg_fakedb_fail_at(CgDb *db, int n);

/* A commit that fails has been done all the same: only the answer was lost. */
void cg_fakedb_lose_answers(CgDb *db);

/* Calls since cg_fakedb_fail_at(), or since the start. */
int cg_fakedb_calls(const CgDb *db);

/* ---- scripted ---- */

/*
 * `sql` is a glob pattern ('*', '?') for the statement. Other operations are written
 *     BEGIN READ   BEGIN WRITE   COMMIT   ROLLBACK   SCAN from WHERE where   INSERT table
 *     UPDATE table   HAS table   HAS table.column   INDEX name
 * Locks, names and timeouts are granted without a step.
 */
typedef struct {
    const char *sql;       /* NULL ends the script */
    const CgValue *values; /* n_rows times n_columns: the answer of a query or scan */
    size_t n_columns, n_rows;
    int64_t
        number; /* rows changed; of an UPDATE the first so many are done; HAS: 0, 1; INDEX: state */
    const char *error; /* message: this step fails with `code` */
    CgDbErrorCode code;
} CgFakeStep;

/* Speaks the dialect of PostgreSQL. The steps are lent. A statement that is not the expected one
 * fails the test. */
CgDb *cg_fakedb_scripted(const CgFakeStep *steps);

/* Steps that were not asked for yet. */
int cg_fakedb_steps_left(const CgDb *db);

#endif
