/*
 * SQLite: how a session is opened and set up, and what it can be asked about the catalog.
 *
 * Foreign keys stay off, as in Cinder's own sessions, so that what is read here is what Cinder
 * sees. The journal mode and `synchronous` belong to the operator and are never changed.
 */
#include "db/sqlite.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DEFAULT_LOCK_MS = 5000, PROGRESS_STEPS = 10000 };

/* ---- settings ---- */

static int
stop_at_deadline(void *data)
{
    return g_get_monotonic_time() >= ((CgSqlite *)data)->deadline;
}

bool
cg_sqlite_set_timeouts(CgDb *db, int lock_ms, int statement_ms, GError **error G_GNUC_UNUSED)
{
    CgSqlite *session = cg_sqlite(db);
    session->statement_ms = statement_ms;
    sqlite3_busy_timeout(session->handle, lock_ms > 0 ? lock_ms : G_MAXINT);
    sqlite3_progress_handler(session->handle, statement_ms > 0 ? PROGRESS_STEPS : 0,
                             stop_at_deadline, session);
    return true;
}

/* ---- opening ---- */

static bool
connect_error(const char *path, const char *hint, GError **error, const char *what)
{
    cg_db_error_set(error, CG_DB_ERROR_CONNECT, "SQLITE_CANTOPEN", NULL, hint, -1, "\"%s\" %s",
                    path, what);
    return false;
}

static char *
missing_hint(const CgAddress *address)
{
    const char *path = cg_address_path(address);
    g_autofree char *absolute = g_strconcat("/", path, NULL);
    if (cg_address_is_sqlalchemy_relative(address) && g_file_test(absolute, G_FILE_TEST_EXISTS))
        return g_strdup_printf("three slashes name a relative file; four name the one that is "
                               "there: sqlite:///%s",
                               absolute);
    return g_strdup("check the path; to make a new database: cg-fixtures load --create, or "
                    "cg-migrate up --create");
}

static bool
check_folder(const char *path, GError **error)
{
    g_autofree char *folder = g_path_get_dirname(path);
    return access(folder, W_OK | X_OK) == 0 ||
           connect_error(path, "make the folder, or name another one", error, g_strerror(errno));
}

/* Tells the usual mistakes apart, which SQLite answers with one "unable to open database file". */
static bool
check_path(CgDb *db, const char *path, GError **error)
{
    struct stat st;
    if (stat(path, &st) == 0) {
        if (S_ISDIR(st.st_mode))
            return connect_error(path, "name the database file in it", error, "is a folder");
        return access(path, R_OK) == 0 ||
               connect_error(path, "run as the user that Cinder runs as", error, "cannot be read");
    }
    if (errno != ENOENT)
        return connect_error(path, NULL, error, g_strerror(errno));
    if (db->mode == CG_DB_CREATE)
        return check_folder(path, error);
    g_autofree char *hint = missing_hint(db->address);
    return connect_error(path, hint, error, "does not exist");
}

static bool
open_handle(CgDb *db, const char *path, GError **error)
{
    static const int flags[] = {
        [CG_DB_READ] = SQLITE_OPEN_READONLY,
        [CG_DB_WRITE] = SQLITE_OPEN_READWRITE,
        [CG_DB_CREATE] = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
    };
    CgSqlite *session = cg_sqlite(db);
    /* A session belongs to one thread. */
    session->created = access(path, F_OK) != 0;
    int code = sqlite3_open_v2(path, &session->handle, flags[db->mode] | SQLITE_OPEN_NOMUTEX, NULL);
    if (code != SQLITE_OK)
        cg_sqlite_error(db, code, path, error);
    return code == SQLITE_OK;
}

/* SQLite opens anything; only the first read tells whether it is a database. */
static bool
check_is_database(CgDb *db, const char *path, GError **error)
{
    g_autoptr(GError) local = NULL;
    if (cg_sqlite_run(db, "SELECT count(*) FROM sqlite_schema", &local))
        return true;
    if (g_strcmp0(cg_db_error_sqlstate(local), "SQLITE_NOTADB") == 0)
        return connect_error(path, "name the file that Cinder's `connection` names", error,
                             "is not an SQLite database");
    if (sqlite3_extended_errcode(cg_sqlite(db)->handle) == SQLITE_READONLY_ROLLBACK)
        return connect_error(path, "the next command that writes rolls it back: cg-migrate up",
                             error, "was left amid a transaction by a program that died");
    if (g_strcmp0(cg_db_error_sqlstate(local), "SQLITE_CORRUPT") == 0)
        return connect_error(path, "restore a copy; PRAGMA integrity_check tells more", error,
                             "is damaged");
    if (local->code == CG_DB_ERROR_CONNECT || local->code == CG_DB_ERROR_READ_ONLY)
        return connect_error(path,
                             "a database in WAL mode needs a folder that can be written to: "
                             "copy it and its -wal file elsewhere",
                             error, local->message);
    g_propagate_error(error, g_steal_pointer(&local));
    return false;
}

static bool
check_writable(CgDb *db, const char *path, GError **error)
{
    if (db->mode == CG_DB_READ || db->address == NULL ||
        sqlite3_db_readonly(cg_sqlite(db)->handle, "main") == 0)
        return true;
    cg_db_error_set(error, CG_DB_ERROR_READ_ONLY, "SQLITE_READONLY", NULL,
                    "run as the user that Cinder runs as, or make the file writable", -1,
                    "\"%s\" cannot be written to", path);
    return false;
}

static void
finalize(void *stmt)
{
    sqlite3_finalize(stmt);
}

bool
cg_sqlite_open(CgDb *db, GError **error)
{
    const char *path = db->address != NULL ? cg_address_path(db->address) : ":memory:";
    CgSqlite *session = g_new0(CgSqlite, 1);
    db->session = session;
    session->statements = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, finalize);
    db->server = g_strdup_printf("SQLite %s", sqlite3_libversion());
    db->schema = g_strdup("main");
    if (db->address != NULL && !check_path(db, path, error))
        return false;
    if (!open_handle(db, path, error))
        return false;
    sqlite3_extended_result_codes(session->handle, 1);
    return cg_sqlite_set_timeouts(db, DEFAULT_LOCK_MS, 0, error) &&
           check_is_database(db, path, error) && check_writable(db, path, error) &&
           cg_sqlite_run(db, "PRAGMA foreign_keys=OFF", error);
}

/* A file that was made and never written to is nothing that the user asked for. */
static void
remove_if_unused(const CgDb *db)
{
    struct stat st;
    if (db->address == NULL || !cg_sqlite(db)->created)
        return;
    const char *path = cg_address_path(db->address);
    if (stat(path, &st) == 0 && st.st_size == 0)
        unlink(path);
}

void
cg_sqlite_close(CgDb *db)
{
    CgSqlite *session = cg_sqlite(db);
    if (session == NULL)
        return;
    g_hash_table_unref(session->statements);
    sqlite3_close_v2(session->handle);
    remove_if_unused(db);
    g_free(session);
}

/* ---- probes ---- */

int
cg_sqlite_has(CgDb *db, const char *table, const char *column, GError **error)
{
    const CgValue params[] = { cg_text(table), cg_text(column) };
    CgValue value;
    bool found = false;
    const char *sql = column != NULL
                          ? "SELECT 1 FROM pragma_table_xinfo($1) "
                            "WHERE name = $2 COLLATE NOCASE"
                          : "SELECT 1 FROM sqlite_schema WHERE type IN ('table', 'view') "
                            "AND name = $1 COLLATE NOCASE";
    if (!cg_db_query_value(db, sql, params, column != NULL ? 2 : 1, &value, &found, error))
        return -1;
    return found;
}

bool
cg_sqlite_index_state(CgDb *db, const char *schema G_GNUC_UNUSED, const char *index,
                      const char *table, CgIndexState *out_state, GError **error)
{
    CgValue value;
    bool found = false;
    const CgValue params[] = { cg_text(index), cg_text(table) };
    if (!cg_db_query_value(db,
                           "SELECT coalesce(tbl_name = $2 COLLATE NOCASE, 1) FROM sqlite_schema"
                           " WHERE type = 'index' AND name = $1 COLLATE NOCASE",
                           params, G_N_ELEMENTS(params), &value, &found, error))
        return false;
    *out_state = !found ? CG_INDEX_ABSENT : value.i != 0 ? CG_INDEX_VALID : CG_INDEX_ELSEWHERE;
    return true;
}

bool
cg_sqlite_is_read_only(CgDb *db)
{
    return sqlite3_db_readonly(cg_sqlite(db)->handle, "main") == 1;
}
