/* Migrations for tests: a folder of files, runs of them, and the ledger in a line. Failures that
 * are no error of a run fail the running test. */
#ifndef CG_TESTS_LIB_MIGRATIONS_H
#define CG_TESTS_LIB_MIGRATIONS_H

#include "migrate/runner.h"

/* The folder, made empty when first asked for; cg_test_folder_end() is a fixture's teardown. */
const char *cg_test_folder(void);
void cg_test_put(const char *name, const char *text);
void cg_test_take_away(const char *name);
void cg_test_folder_end(void);

/* One migration from its text, for the database's dialect; the caller's. */
CgMigration *cg_test_migration(const CgDb *db, const char *name, const char *text);

/* Runs what the folder holds, without a copy, up to or down to a version (-1: all, or one). */
bool cg_test_migrate(CgDb *db, CgDirection direction, int64_t to, GError **error);

/* The same, which must succeed. */
void cg_test_migrate_ok(CgDb *db, CgDirection direction, int64_t to);

/* A database of that backend with one migration applied; NULL: skipped. */
CgDb *cg_test_open_migrated(int backend, const char *name, const char *text);

/* "up 1, up 2, down 2": the events of a ledger, which is loaded, so that its chain is checked too.
 * The caller's. */
char *cg_test_history(CgDb *db);

#define ck_history(db, expected)                                                                   \
    do {                                                                                           \
        char *history_ = cg_test_history(db);                                                      \
        ck_assert_str_eq(history_, expected);                                                      \
        g_free(history_);                                                                          \
    } while (0)

/* An error of that exit code, with `part` in its message or hint. */
#define ck_exit(error, exit, part) cg_test_check_exit(__FILE__, __LINE__, error, exit, part)
void cg_test_check_exit(const char *file, int line, const GError *error, CgExit exit,
                        const char *part);

#endif
