/*
 * PostgreSQL: the run lock, and who keeps whom waiting.
 *
 * The lock is a session's advisory lock, which the server lets go when the session ends. Behind a
 * connection pooler the session of the next statement may be another one, so that two runs could
 * both have it: a pooler is therefore recognised by the process id it makes up, and refused.
 */
#include "db/postgres.h"

#include "base/digest.h"

/* One session for a person to find: "pid 123, cg-migrate on host x, user y, since 12:00:01 UTC". */
#define SESSION                                                                                    \
    "pg_catalog.concat('pid ', a.pid, ', ' || nullif(a.application_name, ''),"                     \
    " ' on ' || coalesce(a.client_hostname, pg_catalog.host(a.client_addr)),"                      \
    " ', user ' || a.usename,"                                                                     \
    " ', since ' || pg_catalog.to_char(a.backend_start, 'HH24:MI:SS') || ' UTC')"

/* The first words of its statement, and no more: what follows may hold a password. */
#define LEADING_WORDS                                                                              \
    "pg_catalog.regexp_replace(pg_catalog.\"substring\"(a.query,"                                  \
    " '^\\s*([[:alpha:]_]+(?:\\s+[[:alpha:]_]+){0,2})'), '\\s+', ' ', 'g')"

/* A 64-bit key shows as two halves in the catalog. */
#define LOCK_ROW                                                                                   \
    "l.locktype = 'advisory' AND l.granted AND l.objsubid = 1"                                     \
    " AND l.database = (SELECT oid FROM pg_catalog.pg_database"                                    \
    " WHERE datname = pg_catalog.current_database())"                                              \
    " AND (l.classid::int8 << 32 | l.objid::int8) = $1"

/* The same for every program and release. The server keeps the keys of databases apart. */
static CgValue
lock_key(const char *name)
{
    g_autofree char *text = g_strconcat("cinder-cg-tools/", name, NULL);
    uint8_t digest[CG_SHA256_SIZE];
    uint64_t key;
    cg_sha256(text, strlen(text), digest);
    memcpy(&key, digest, sizeof key);
    return cg_int((int64_t)GUINT64_FROM_BE(key));
}

char *
cg_pg_lock_holder(CgDb *db, const char *name, GError **error)
{
    CgValue key = lock_key(name);
    return cg_pg_run_text(db,
                          "SELECT " SESSION " FROM pg_catalog.pg_locks l"
                          " JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid WHERE " LOCK_ROW,
                          &key, 1, error);
}

/* *out_ours: this very server process has the lock, and is the one we connected to. */
static bool
is_ours(CgDb *db, CgValue key, bool *out_ours, GError **error)
{
    CgValue params[] = { key, cg_int(PQbackendPID(cg_pg(db)->conn)) };
    g_autofree char *answer =
        cg_pg_run_text(db,
                       "SELECT pg_catalog.pg_backend_pid() = $2 AND EXISTS (SELECT FROM"
                       " pg_catalog.pg_locks l WHERE l.pid = $2 AND " LOCK_ROW ")",
                       params, G_N_ELEMENTS(params), error);
    *out_ours = g_strcmp0(answer, "t") == 0;
    return answer != NULL;
}

static bool
is_pooled(CgDb *db, bool *out_pooled, GError **error)
{
    g_autofree char *pid = cg_pg_run_text(db, "SELECT pg_catalog.pg_backend_pid()", NULL, 0, error);
    if (pid == NULL)
        return false;
    *out_pooled = g_ascii_strtoll(pid, NULL, 10) != PQbackendPID(cg_pg(db)->conn);
    return true;
}

static bool
refuse_pooler(GError **error)
{
    cg_db_error_set(error, CG_DB_ERROR_UNSUPPORTED, NULL,
                    "the server's process is not the one that answered when connecting, so the lock"
                    " of a run could pass to another run",
                    "give the address of the server itself", -1,
                    "a connection pooler stands before the server");
    return false;
}

static void
release(CgDb *db, CgValue key)
{
    PQclear(cg_pg_run(db, "SELECT pg_catalog.pg_advisory_unlock($1)", &key, 1, NULL));
}

/* Where the catalog cannot be read, somebody has the lock all the same. */
static bool
tell_holder(CgDb *db, const char *name, char **out_holder, GError **error)
{
    g_autoptr(GError) local = NULL;
    *out_holder = cg_pg_lock_holder(db, name, &local);
    if (local == NULL || PQstatus(cg_pg(db)->conn) == CONNECTION_OK)
        return true;
    g_propagate_error(error, g_steal_pointer(&local));
    return false;
}

static bool
take(CgDb *db, CgValue key, bool *out_taken, GError **error)
{
    /* The server would grant it to the same session a second time. */
    bool ours;
    *out_taken = false;
    if (!is_ours(db, key, &ours, error))
        return false;
    if (ours)
        return true;
    g_autofree char *answer =
        cg_pg_run_text(db, "SELECT pg_catalog.pg_try_advisory_lock($1)", &key, 1, error);
    *out_taken = g_strcmp0(answer, "t") == 0;
    return answer != NULL;
}

bool
cg_pg_try_lock(CgDb *db, const char *name, void **out_held, char **out_holder, GError **error)
{
    CgValue key = lock_key(name);
    bool pooled, taken, ours;
    if (!is_pooled(db, &pooled, error))
        return false;
    if (pooled)
        return refuse_pooler(error);
    if (!take(db, key, &taken, error))
        return false;
    if (!taken)
        return tell_holder(db, name, out_holder, error);
    if (!is_ours(db, key, &ours, error))
        return false;
    if (!ours) {
        release(db, key);
        return refuse_pooler(error);
    }
    *out_held = g_strdup(name);
    return true;
}

bool
cg_pg_check_lock(CgDb *db, const char *name, void *held G_GNUC_UNUSED, GError **error)
{
    bool ours;
    if (!is_ours(db, lock_key(name), &ours, error))
        return false;
    if (!ours)
        cg_db_error_set(error, CG_DB_ERROR_BUSY, NULL, NULL, NULL, -1,
                        "the lock \"%s\" is no longer held", name);
    return ours;
}

void
cg_pg_unlock(CgDb *db, const char *name, void *held)
{
    release(db, lock_key(name));
    g_free(held);
}

char *
cg_pg_blockers(CgDb *watcher, const CgDb *blocked, GError **error)
{
    if (blocked->backend != watcher->backend)
        return NULL;
    CgValue pid = cg_int(PQbackendPID(cg_pg(blocked)->conn));
    return cg_pg_run_text(
        watcher,
        "SELECT pg_catalog.string_agg(CASE WHEN b.pid = 0 THEN 'a prepared transaction' ELSE"
        " pg_catalog.concat(" SESSION ", ', ' || a.state,"
        " ', transaction since ' || pg_catalog.to_char(a.xact_start, 'HH24:MI:SS') || ' UTC',"
        " ': ' || " LEADING_WORDS ") END,"
        " '; ' ORDER BY b.pid)"
        " FROM (SELECT DISTINCT p FROM pg_catalog.unnest(pg_catalog.pg_blocking_pids($1::int4)) p)"
        " AS b (pid) LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = b.pid",
        &pid, 1, error);
}
