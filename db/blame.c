/* The watcher's thread; see blame.h. */
#include "db/blame.h"

#include "base/term.h"
#include "db/backend.h"

enum { FIRST_LOOK_MS = 500, NEXT_LOOK_MS = 2000 };

struct CgBlame {
    CgDb *db;
    GThread *thread;
    GMutex mutex;
    GCond ended;
    bool end;
    char *told;
    char *answer; /* the watcher's until it has been joined */
};

char *
cg_db_blockers(CgDb *watcher, const CgDb *blocked, GError **error)
{
    return watcher->backend->blockers != NULL ? watcher->backend->blockers(watcher, blocked, error)
                                              : NULL;
}

/* False once the watched statement is done. */
static bool
still_running_after(CgBlame *blame, int ms)
{
    gint64 until = g_get_monotonic_time() + ms * G_TIME_SPAN_MILLISECOND;
    g_mutex_lock(&blame->mutex);
    while (!blame->end && g_cond_wait_until(&blame->ended, &blame->mutex, until))
        ;
    bool running = !blame->end;
    g_mutex_unlock(&blame->mutex);
    return running;
}

/* Who cannot be asked is not worth failing for: the statement itself tells in the end. */
static void *
watch(void *data)
{
    CgBlame *blame = data;
    if (!still_running_after(blame, FIRST_LOOK_MS))
        return NULL;
    g_autoptr(CgDb) watcher = cg_db_open_again(blame->db, NULL);
    while (watcher != NULL) {
        g_autofree char *blockers = cg_db_blockers(watcher, blame->db, NULL);
        if (blockers != NULL && g_strcmp0(blockers, blame->told) != 0) {
            cg_term_note("waiting for %s", blockers);
            g_free(blame->told);
            blame->told = g_strdup(blockers);
        }
        if (blockers != NULL) {
            g_free(blame->answer);
            blame->answer = g_steal_pointer(&blockers);
        }
        if (!still_running_after(blame, NEXT_LOOK_MS))
            return NULL;
    }
    return NULL;
}

CgBlame *
cg_blame_begin(CgDb *db, const char *told)
{
    if ((cg_db_dialect(db)->can & CG_CAN_NAME_BLOCKERS) == 0)
        return NULL;
    CgBlame *blame = g_new0(CgBlame, 1);
    blame->db = db;
    blame->told = g_strdup(told);
    g_mutex_init(&blame->mutex);
    g_cond_init(&blame->ended);
    blame->thread = g_thread_new("blame", watch, blame);
    return blame;
}

char *
cg_blame_end(CgBlame *blame)
{
    if (blame == NULL)
        return NULL;
    g_mutex_lock(&blame->mutex);
    blame->end = true;
    g_cond_signal(&blame->ended);
    g_mutex_unlock(&blame->mutex);
    g_thread_join(blame->thread);
    char *answer = blame->answer;
    g_mutex_clear(&blame->mutex);
    g_cond_clear(&blame->ended);
    g_free(blame->told);
    g_free(blame);
    return answer;
}
