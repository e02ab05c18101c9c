/* A backend without a database, that answers from a script: see fakedb.h. */
#include "tests/lib/fakedb.h"

#include "db/backend.h"

#include <check.h>

typedef struct {
    const CgFakeStep *step; /* the next one */
} Script;

typedef struct {
    const CgFakeStep *step;
    size_t next; /* row to come */
} Cursor;

/* The step that `sql` is, or NULL with the error that it says. */
static const CgFakeStep *
take(CgDb *db, const char *sql, GError **error)
{
    Script *script = db->session;
    const CgFakeStep *step = script->step;
    ck_assert_msg(step->sql != NULL, "the script has ended, but there came: %s", sql);
    ck_assert_msg(g_pattern_match_simple(step->sql, sql), "the script has: %s\nbut there came: %s",
                  step->sql, sql);
    script->step++;
    if (step->error == NULL)
        return step;
    cg_db_error_set(error, step->code, NULL, NULL, NULL, -1, "%s", step->error);
    return NULL;
}

static bool
script_open(CgDb *db, GError **error G_GNUC_UNUSED)
{
    db->session = g_new0(Script, 1);
    db->server = g_strdup("script");
    return true;
}

static void
script_close(CgDb *db)
{
    g_free(db->session);
}

static bool
script_exec(CgDb *db, const char *sql, const CgValue *params G_GNUC_UNUSED, size_t n G_GNUC_UNUSED,
            int64_t *out_rows, GError **error)
{
    const CgFakeStep *step = take(db, sql, error);
    if (step != NULL)
        *out_rows = step->number;
    return step != NULL;
}

static void *
script_query(CgDb *db, const char *sql, const CgValue *params G_GNUC_UNUSED, size_t n G_GNUC_UNUSED,
             GError **error)
{
    const CgFakeStep *step = take(db, sql, error);
    if (step == NULL)
        return NULL;
    Cursor *cursor = g_new(Cursor, 1);
    *cursor = (Cursor){ .step = step };
    return cursor;
}

static int
script_next(CgDb *db G_GNUC_UNUSED, void *data, GError **error G_GNUC_UNUSED)
{
    Cursor *cursor = data;
    if (cursor->next == cursor->step->n_rows)
        return 0;
    cursor->next++;
    return 1;
}

static CgValue
script_value(CgDb *db G_GNUC_UNUSED, void *data, int column)
{
    const Cursor *cursor = data;
    return cursor->step->values[(cursor->next - 1) * cursor->step->n_columns + (size_t)column];
}

static int
script_columns(CgDb *db G_GNUC_UNUSED, void *data)
{
    return (int)((const Cursor *)data)->step->n_columns;
}

static void
script_close_rows(CgDb *db G_GNUC_UNUSED, void *cursor)
{
    g_free(cursor);
}

static bool
script_begin(CgDb *db, CgTxMode mode, GError **error)
{
    return take(db, mode == CG_TX_READ ? "BEGIN READ" : "BEGIN WRITE", error) != NULL;
}

static bool
script_commit(CgDb *db, GError **error)
{
    return take(db, "COMMIT", error) != NULL;
}

static void
script_rollback(CgDb *db)
{
    take(db, "ROLLBACK", NULL);
}

static bool
script_scan(CgDb *db, const CgScan *scan, CgRowFunc func, void *data, GError **error)
{
    g_autofree char *sql =
        g_strconcat("SCAN ", scan->from, scan->where != NULL ? " WHERE " : NULL, scan->where, NULL);
    const CgFakeStep *step = take(db, sql, error);
    for (size_t row = 0; step != NULL && row < step->n_rows; row++)
        if (!func(step->values + row * step->n_columns, data, error))
            return false;
    return step != NULL;
}

static bool
script_insert(CgDb *db, const char *table, const CgColumn *columns G_GNUC_UNUSED,
              size_t n_columns G_GNUC_UNUSED, const CgValue *values G_GNUC_UNUSED,
              size_t n_rows G_GNUC_UNUSED, GError **error)
{
    g_autofree char *sql = g_strconcat("INSERT ", table, NULL);
    return take(db, sql, error) != NULL;
}

static bool
script_update(CgDb *db, const CgUpdate *update, CgChange *changes, size_t n, GError **error)
{
    g_autofree char *sql = g_strconcat("UPDATE ", update->table, NULL);
    const CgFakeStep *step = take(db, sql, error);
    for (size_t i = 0; step != NULL && i < n; i++)
        changes[i].done = (int64_t)i < step->number;
    return step != NULL;
}

static bool
script_try_lock(CgDb *db G_GNUC_UNUSED, const char *name G_GNUC_UNUSED, void **out_held,
                char **out_holder G_GNUC_UNUSED, GError **error G_GNUC_UNUSED)
{
    *out_held = db;
    return true;
}

static bool
script_check_lock(CgDb *db G_GNUC_UNUSED, const char *name G_GNUC_UNUSED, void *held G_GNUC_UNUSED,
                  GError **error G_GNUC_UNUSED)
{
    return true;
}

static void
script_unlock(CgDb *db G_GNUC_UNUSED, const char *name G_GNUC_UNUSED, void *held G_GNUC_UNUSED)
{
}

static char *
script_lock_holder(CgDb *db G_GNUC_UNUSED, const char *name G_GNUC_UNUSED,
                   GError **error G_GNUC_UNUSED)
{
    return NULL;
}

static int
script_has(CgDb *db, const char *table, const char *column, GError **error)
{
    g_autofree char *sql = g_strconcat("HAS ", table, column != NULL ? "." : NULL, column, NULL);
    const CgFakeStep *step = take(db, sql, error);
    return step != NULL ? (int)step->number : -1;
}

static bool
script_index_state(CgDb *db, const char *schema G_GNUC_UNUSED, const char *index,
                   const char *table G_GNUC_UNUSED, CgIndexState *out_state, GError **error)
{
    g_autofree char *sql = g_strconcat("INDEX ", index, NULL);
    const CgFakeStep *step = take(db, sql, error);
    if (step != NULL)
        *out_state = (CgIndexState)step->number;
    return step != NULL;
}

static bool
script_set_timeouts(CgDb *db G_GNUC_UNUSED, int lock_ms G_GNUC_UNUSED,
                    int statement_ms G_GNUC_UNUSED, GError **error G_GNUC_UNUSED)
{
    return true;
}

static char *
script_position(CgDb *db G_GNUC_UNUSED, GError **error G_GNUC_UNUSED)
{
    return g_strdup("script");
}

static bool
script_is_read_only(CgDb *db G_GNUC_UNUSED)
{
    return false;
}

static const CgDbBackend backend = {
    .scheme = "script",
    .dialect = &cg_dialect_postgresql,
    .open = script_open,
    .close = script_close,
    .exec = script_exec,
    .query = script_query,
    .next = script_next,
    .value = script_value,
    .columns = script_columns,
    .close_rows = script_close_rows,
    .begin = script_begin,
    .commit = script_commit,
    .rollback = script_rollback,
    .scan = script_scan,
    .insert = script_insert,
    .update = script_update,
    .try_lock = script_try_lock,
    .check_lock = script_check_lock,
    .unlock = script_unlock,
    .lock_holder = script_lock_holder,
    .has = script_has,
    .index_state = script_index_state,
    .set_timeouts = script_set_timeouts,
    .position = script_position,
    .is_read_only = script_is_read_only,
};

CgDb *
cg_fakedb_scripted(const CgFakeStep *steps)
{
    CgDb *db = g_new0(CgDb, 1);
    db->backend = &backend;
    db->mode = CG_DB_WRITE;
    db->display = g_strdup("(script)");
    db->value = g_string_new(NULL);
    ck_assert(backend.open(db, NULL));
    ((Script *)db->session)->step = steps;
    return db;
}

int
cg_fakedb_steps_left(const CgDb *db)
{
    const CgFakeStep *step = ((const Script *)db->session)->step;
    int left = 0;
    while (step[left].sql != NULL)
        left++;
    return left;
}
