/*
 * A backend around another session, that counts calls and fails one of them: see fakedb.h.
 *
 * Each operation asks fails() first and then hands over to the real session's backend, so the front
 * (db.c, bulk.c, lock.c, probe.c) is the same as in a program.
 */
#include "tests/lib/fakedb.h"

#include "db/backend.h"

/* Shared by all sessions that came from one wrap; the vtable is in it, because open() is given
 * nothing else to find it by. */
typedef struct {
    CgDbBackend backend; /* first: a backend of ours is cast to its family */
    int refs, calls, fail_at;
    CgDbErrorCode code;
    bool lose_answers;
} Family;

typedef struct {
    CgDb *real;
    bool lost;
} Wrapped;

static Family *
family_of(const CgDb *db)
{
    return (Family *)db->backend;
}

static CgDb *
real_of(const CgDb *db)
{
    return ((const Wrapped *)db->session)->real;
}

static bool
fails(CgDb *db, const char *operation, GError **error)
{
    Family *family = family_of(db);
    Wrapped *wrapped = db->session;
    if (++family->calls != family->fail_at && !wrapped->lost)
        return false;
    cg_db_error_set(error, family->code, NULL, NULL, NULL, -1, "call %d (%s) was made to fail",
                    family->calls, operation);
    if (family->code == CG_DB_ERROR_CONNECT && !wrapped->lost) {
        wrapped->lost = true;
        wrapped->real->backend->rollback(wrapped->real);
    }
    return true;
}

/* ---- sessions ---- */

static void
adopt(CgDb *db, CgDb *real)
{
    Wrapped *wrapped = g_new(Wrapped, 1);
    *wrapped = (Wrapped){ .real = real };
    db->session = wrapped;
    db->server = g_strdup(real->server);
    family_of(db)->refs++;
}

static bool
fake_open(CgDb *db, GError **error)
{
    Family *family = family_of(db);
    if (++family->calls == family->fail_at) {
        cg_db_error_set(error, family->code, NULL, NULL, NULL, -1,
                        "call %d (open) was made to fail", family->calls);
        return false;
    }
    CgDb *real = cg_db_open(db->address, db->mode, error);
    if (real == NULL)
        return false;
    adopt(db, real);
    return true;
}

static void
fake_close(CgDb *db)
{
    Family *family = family_of(db);
    if (db->session == NULL)
        return;
    cg_db_close(real_of(db));
    g_free(db->session);
    if (--family->refs == 0)
        g_free(family);
}

static bool
fake_set_timeouts(CgDb *db, int lock_ms, int statement_ms, GError **error)
{
    CgDb *real = real_of(db);
    return !fails(db, "set_timeouts", error) &&
           real->backend->set_timeouts(real, lock_ms, statement_ms, error);
}

static bool
fake_set_name(CgDb *db, const char *name, GError **error)
{
    CgDb *real = real_of(db);
    return !fails(db, "set_name", error) && real->backend->set_name(real, name, error);
}

static char *
fake_position(CgDb *db, GError **error)
{
    CgDb *real = real_of(db);
    return fails(db, "position", error) ? NULL : real->backend->position(real, error);
}

static bool
fake_is_read_only(CgDb *db)
{
    CgDb *real = real_of(db);
    return real->backend->is_read_only(real);
}

static bool
fake_backup(CgDb *db, const char *label, char **out_path, GError **error)
{
    CgDb *real = real_of(db);
    return !fails(db, "backup", error) && real->backend->backup(real, label, out_path, error);
}

/* ---- statements and rows ---- */

static bool
fake_exec(CgDb *db, const char *sql, const CgValue *params, size_t n, int64_t *out_rows,
          GError **error)
{
    CgDb *real = real_of(db);
    return !fails(db, sql, error) && real->backend->exec(real, sql, params, n, out_rows, error);
}

static void *
fake_query(CgDb *db, const char *sql, const CgValue *params, size_t n, GError **error)
{
    CgDb *real = real_of(db);
    return fails(db, sql, error) ? NULL : real->backend->query(real, sql, params, n, error);
}

static int
fake_next(CgDb *db, void *cursor, GError **error)
{
    CgDb *real = real_of(db);
    return fails(db, "next", error) ? -1 : real->backend->next(real, cursor, error);
}

static CgValue
fake_value(CgDb *db, void *cursor, int column)
{
    CgDb *real = real_of(db);
    return real->backend->value(real, cursor, column);
}

static int
fake_columns(CgDb *db, void *cursor)
{
    CgDb *real = real_of(db);
    return real->backend->columns(real, cursor);
}

static void
fake_close_rows(CgDb *db, void *cursor)
{
    CgDb *real = real_of(db);
    real->backend->close_rows(real, cursor);
}

/* ---- transactions ---- */

static bool
fake_begin(CgDb *db, CgTxMode mode, GError **error)
{
    CgDb *real = real_of(db);
    return !fails(db, "BEGIN", error) && real->backend->begin(real, mode, error);
}

static bool
fake_commit(CgDb *db, GError **error)
{
    CgDb *real = real_of(db);
    Family *family = family_of(db);
    const Wrapped *wrapped = db->session;
    bool is_next = family->calls + 1 == family->fail_at;
    if (is_next && family->lose_answers && !wrapped->lost && !real->backend->commit(real, error))
        return false;
    return !fails(db, "COMMIT", error) && real->backend->commit(real, error);
}

static void
fake_rollback(CgDb *db)
{
    CgDb *real = real_of(db);
    real->backend->rollback(real);
}

/* ---- bulk ---- */

static bool
fake_scan(CgDb *db, const CgScan *scan, CgRowFunc func, void *data, GError **error)
{
    CgDb *real = real_of(db);
    if (fails(db, scan->from, error))
        return false;
    bool ok = real->backend->scan(real, scan, func, data, error);
    db->unreadable = real->unreadable;
    g_free(db->unreadable_example);
    db->unreadable_example = g_strdup(real->unreadable_example);
    return ok;
}

static bool
fake_insert(CgDb *db, const char *table, const CgColumn *columns, size_t n_columns,
            const CgValue *values, size_t n_rows, GError **error)
{
    CgDb *real = real_of(db);
    return !fails(db, table, error) &&
           real->backend->insert(real, table, columns, n_columns, values, n_rows, error);
}

static bool
fake_update(CgDb *db, const CgUpdate *update, CgChange *changes, size_t n, GError **error)
{
    CgDb *real = real_of(db);
    return !fails(db, update->table, error) &&
           real->backend->update(real, update, changes, n, error);
}

/* ---- locks ---- */

static bool
fake_try_lock(CgDb *db, const char *name, void **out_held, char **out_holder, GError **error)
{
    CgDb *real = real_of(db);
    return !fails(db, "lock", error) &&
           real->backend->try_lock(real, name, out_held, out_holder, error);
}

static bool
fake_check_lock(CgDb *db, const char *name, void *held, GError **error)
{
    CgDb *real = real_of(db);
    return !fails(db, "check_lock", error) && real->backend->check_lock(real, name, held, error);
}

static void
fake_unlock(CgDb *db, const char *name, void *held)
{
    CgDb *real = real_of(db);
    real->backend->unlock(real, name, held);
}

static char *
fake_lock_holder(CgDb *db, const char *name, GError **error)
{
    CgDb *real = real_of(db);
    return fails(db, "lock_holder", error) ? NULL : real->backend->lock_holder(real, name, error);
}

static char *
fake_blockers(CgDb *db, const CgDb *blocked, GError **error)
{
    CgDb *real = real_of(db);
    return fails(db, "blockers", error) ? NULL
                                        : real->backend->blockers(real, real_of(blocked), error);
}

/* ---- probes ---- */

static int
fake_has(CgDb *db, const char *table, const char *column, GError **error)
{
    CgDb *real = real_of(db);
    return fails(db, "has", error) ? -1 : real->backend->has(real, table, column, error);
}

static bool
fake_index_state(CgDb *db, const char *schema, const char *index, const char *table,
                 CgIndexState *out_state, GError **error)
{
    CgDb *real = real_of(db);
    return !fails(db, "index_state", error) &&
           real->backend->index_state(real, schema, index, table, out_state, error);
}

/* ---- wrapping ---- */

static const CgDbBackend operations = {
    .open = fake_open,
    .close = fake_close,
    .exec = fake_exec,
    .query = fake_query,
    .next = fake_next,
    .value = fake_value,
    .columns = fake_columns,
    .close_rows = fake_close_rows,
    .begin = fake_begin,
    .commit = fake_commit,
    .rollback = fake_rollback,
    .scan = fake_scan,
    .insert = fake_insert,
    .update = fake_update,
    .try_lock = fake_try_lock,
    .check_lock = fake_check_lock,
    .unlock = fake_unlock,
    .lock_holder = fake_lock_holder,
    .has = fake_has,
    .index_state = fake_index_state,
    .set_timeouts = fake_set_timeouts,
    .position = fake_position,
    .is_read_only = fake_is_read_only,
};

static Family *
family_new(const CgDbBackend *real, CgDbErrorCode code)
{
    Family *family = g_new0(Family, 1);
    family->backend = operations;
    family->backend.scheme = real->scheme;
    family->backend.dialect = real->dialect;
    family->backend.set_name = real->set_name != NULL ? fake_set_name : NULL;
    family->backend.blockers = real->blockers != NULL ? fake_blockers : NULL;
    family->backend.backup = real->backup != NULL ? fake_backup : NULL;
    family->code = code;
    return family;
}

CgDb *
cg_fakedb_wrap(CgDb *real, CgDbErrorCode code)
{
    CgDb *db = g_new0(CgDb, 1);
    db->backend = &family_new(real->backend, code)->backend;
    db->address = real->address != NULL ? cg_address_dup(real->address) : NULL;
    db->mode = real->mode;
    db->display = g_strdup(real->display);
    db->value = g_string_new(NULL);
    adopt(db, real);
    return db;
}

void
cg_fakedb_fail_at(CgDb *db, int n)
{
    Family *family = family_of(db);
    family->calls = 0;
    family->fail_at = n;
}

void
cg_fakedb_lose_answers(CgDb *db)
{
    family_of(db)->lose_answers = true;
}

int
cg_fakedb_calls(const CgDb *db)
{
    return family_of(db)->calls;
}
