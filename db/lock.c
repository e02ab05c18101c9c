/*
 * The run lock's patience: polling with jitter until it is had or the time is up.
 *
 * Polling, never a blocking wait: a session that waits inside the server holds a snapshot, and with
 * CREATE INDEX CONCURRENTLY of the holder that is a deadlock.
 */
#include "db/backend.h"

#include "base/term.h"

static void
sleep_with_jitter(unsigned try_number)
{
    unsigned ceiling_ms = MIN(20u << MIN(try_number, 5u), 500u);
    g_usleep(1000UL * (ceiling_ms / 2 + (unsigned)g_random_int_range(0, (gint32)ceiling_ms / 2)));
}

/* A wait that is worth a word; less is over before it is read. */
enum { TELL_AFTER_MS = 100 };

/* Said once for each holder. */
static void
tell(const char *holder, char **told)
{
    if (g_strcmp0(*told, holder) == 0)
        return;
    cg_term_note("waiting for another run: %s", holder);
    g_free(*told);
    *told = g_strdup(holder);
}

CgLock *
cg_db_lock(CgDb *db, const char *name, double timeout_s, GError **error)
{
    gint64 start = g_get_monotonic_time();
    g_autofree char *told = NULL;
    for (unsigned try_number = 0;; try_number++) {
        void *held = NULL;
        g_autofree char *holder = NULL;
        if (!db->backend->try_lock(db, name, &held, &holder, error))
            return NULL;
        if (held != NULL) {
            CgLock *lock = g_new(CgLock, 1);
            *lock = (CgLock){ .db = db, .name = g_strdup(name), .held = held };
            return lock;
        }
        double waited = (double)(g_get_monotonic_time() - start) / G_USEC_PER_SEC;
        if (timeout_s >= 0 && waited >= timeout_s) {
            cg_db_error_set(error, CG_DB_ERROR_BUSY, NULL, NULL, NULL, -1,
                            "another run holds the lock \"%s\": %s", name,
                            holder != NULL ? holder : "holder not known");
            return NULL;
        }
        if (cg_interrupted()) {
            cg_error_set(error, CG_EXIT_INTERRUPTED, "nothing was changed",
                         "interrupted while waiting for another run");
            return NULL;
        }
        if (waited * 1000 >= TELL_AFTER_MS)
            tell(holder != NULL ? holder : "holder not known", &told);
        sleep_with_jitter(try_number);
    }
}

bool
cg_lock_check(CgLock *lock, GError **error)
{
    return lock->db->backend->check_lock(lock->db, lock->name, lock->held, error);
}

char *
cg_db_lock_holder(CgDb *db, const char *name, GError **error)
{
    return db->backend->lock_holder(db, name, error);
}

void
cg_lock_release(CgLock *lock)
{
    if (lock == NULL)
        return;
    lock->db->backend->unlock(lock->db, lock->name, lock->held);
    g_free(lock->name);
    g_free(lock);
}
