/*
 * The run lock: one program at a time, for as long as its session lives. An advisory lock of the
 * server, or a lock file beside the database.
 */
#ifndef CG_DB_LOCK_H
#define CG_DB_LOCK_H

#include "db/db.h"

typedef struct CgLock CgLock;

/*
 * Takes the lock `name` of this database for this session, polling for at most `timeout_s` seconds
 * (negative: for ever) and saying on stderr whom it waits for. It is released by cg_lock_release()
 * or by the kernel or server when the process dies. Errors: CG_DB_ERROR_BUSY, whose message names
 * the holder; CG_DB_ERROR_UNSUPPORTED behind a connection pooler, where such a lock would mean
 * nothing; CG_DB_ERROR_READ_ONLY where no lock file can be made; CG_EXIT_INTERRUPTED.
 */
CgLock *cg_db_lock(CgDb *db, const char *name, double timeout_s, GError **error);

/* True while the lock is still held; to be asked before each commit under it. */
bool cg_lock_check(CgLock *lock, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Who holds lock `name` now: allocated, or NULL without error when nobody does. */
char *cg_db_lock_holder(CgDb *db, const char *name, GError **error);

void cg_lock_release(CgLock *lock);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CgLock, cg_lock_release)

#endif
