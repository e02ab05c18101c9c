/* See record.h, and first.h. */
#include "engine/record.h"

#include "db/probe.h"
#include "engine/first.h"

/* Found by the search path like Cinder's own tables. */
#define TABLE "cg_engine_request"

static const char *const states[] = {
    [CG_RECORD_BEGUN] = "begun",
    [CG_RECORD_UNDOING] = "undoing",
    [CG_RECORD_FAILED] = "failed",
};

void
cg_record_free(CgRecord *record)
{
    if (record == NULL)
        return;
    g_free(record->group_id);
    g_free(record->operation);
    g_free(record->driver);
    g_free(record->array);
    g_strfreev(record->volumes);
    g_free(record->reason);
    g_free(record);
}

/* ---- a record's life ---- */

static bool
create_table(CgDb *db, GError **error)
{
    const CgDialect *d = cg_db_dialect(db);
    g_autofree char *sql = g_strdup_printf(
        "CREATE TABLE " TABLE " (group_id %s NOT NULL PRIMARY KEY, operation %s NOT NULL,"
        " driver %s NOT NULL, array_name TEXT NOT NULL, volumes TEXT NOT NULL, "
        "attempt %s NOT NULL, state %s NOT NULL,"
        " reason TEXT, begun_at %s NOT NULL, changed_at %s NOT NULL)",
        d->text_type, d->text_type, d->text_type, d->int_type, d->text_type, d->time_type,
        d->time_type);
    return cg_db_exec(db, sql, NULL, 0, NULL, error);
}

bool
cg_record_begin(CgDb *db, const CgRecord *record, bool may_make, int64_t now, GError **error)
{
    int has = cg_db_has(db, TABLE, NULL, error);
    if (has == 0 && !may_make)
        return cg_first_missing("table \"" TABLE "\"", error);
    if (has < 0 || (has == 0 && !create_table(db, error)))
        return false;
    g_autofree char *volumes = g_strjoinv(",", record->volumes);
    const CgValue values[] = { cg_text(record->group_id),
                               cg_text(record->operation),
                               cg_text(record->driver),
                               cg_text(record->array),
                               cg_text(volumes),
                               cg_text(states[CG_RECORD_BEGUN]),
                               cg_time(now) };
    return cg_db_exec(db,
                      "INSERT INTO " TABLE
                      " (group_id, operation, driver, array_name, volumes, attempt, state,"
                      " begun_at, changed_at) VALUES ($1, $2, $3, $4, $5, 0, $6, $7, $7)",
                      values, G_N_ELEMENTS(values), NULL, error);
}

/* One that is not known is of a later version, which leaves nothing to do for this one. */
static CgRecordState
state_of(const char *word)
{
    for (size_t i = 0; i < G_N_ELEMENTS(states); i++)
        if (g_strcmp0(word, states[i]) == 0)
            return (CgRecordState)i;
    return CG_RECORD_FAILED;
}

static CgRecord *
read_record(const char *group_id, const CgRows *rows)
{
    g_autofree char *volumes = cg_rows_text_dup(rows, 3);
    g_autofree char *state = cg_rows_text_dup(rows, 5);
    CgRecord *record = g_new(CgRecord, 1);
    *record = (CgRecord){ .group_id = g_strdup(group_id),
                          .operation = cg_rows_text_dup(rows, 0),
                          .driver = cg_rows_text_dup(rows, 1),
                          .array = cg_rows_text_dup(rows, 2),
                          .volumes = g_strsplit(volumes, ",", -1),
                          .attempt = cg_rows_int(rows, 4),
                          .state = state_of(state),
                          .reason = cg_rows_text_dup(rows, 6) };
    return record;
}

bool
cg_record_take(CgDb *db, const char *group_id, int64_t now, CgRecord **out_record, GError **error)
{
    const CgValue values[] = { cg_text(group_id), cg_time(now), cg_text(states[CG_RECORD_BEGUN]),
                               cg_text(states[CG_RECORD_UNDOING]) };
    int has = cg_db_has(db, TABLE, NULL, error);
    if (has <= 0)
        return has == 0;
    if (!cg_db_exec(db,
                    "UPDATE " TABLE " SET attempt = attempt + 1, changed_at = $2"
                    " WHERE group_id = $1 AND (state = $3 OR state = $4)",
                    values, 4, NULL, error))
        return false;
    g_autoptr(CgRows) rows =
        cg_db_query(db,
                    "SELECT operation, driver, array_name, volumes, attempt, state, reason"
                    " FROM " TABLE " WHERE group_id = $1",
                    values, 1, error);
    int more = rows != NULL ? cg_rows_next(rows, error) : -1;
    if (more > 0)
        *out_record = read_record(group_id, rows);
    return more >= 0;
}

static bool
change(CgDb *db, const char *sql, const CgValue *params, size_t n, GError **error)
{
    int64_t rows = 0;
    int has = cg_db_has(db, TABLE, NULL, error);
    if (has < 0 || (has > 0 && !cg_db_exec(db, sql, params, n, &rows, error)))
        return false;
    if (rows == 0)
        cg_error_set(error, CG_EXIT_HALF_DONE,
                     "cg-engine recover; where that knows nothing of it, set its status by hand",
                     "its record is gone, or another worker has taken it up");
    return rows > 0;
}

bool
cg_record_set(CgDb *db, const CgRecord *record, CgRecordState state, const char *reason,
              int64_t now, GError **error)
{
    const CgValue values[] = { cg_text(record->group_id), cg_int(record->attempt),
                               cg_text(states[state]), cg_text(reason), cg_time(now) };
    return change(db,
                  "UPDATE " TABLE " SET state = $3, reason = $4, changed_at = $5"
                  " WHERE group_id = $1 AND attempt = $2",
                  values, G_N_ELEMENTS(values), error);
}

bool
cg_record_remove(CgDb *db, const CgRecord *record, GError **error)
{
    const CgValue values[] = { cg_text(record->group_id), cg_int(record->attempt) };
    return change(db, "DELETE FROM " TABLE " WHERE group_id = $1 AND attempt = $2", values, 2,
                  error);
}

/* ---- all of them ---- */

bool
cg_record_prune(CgDb *db, GError **error)
{
    const CgValue failed = cg_text(states[CG_RECORD_FAILED]);
    int has = cg_db_has(db, TABLE, NULL, error);
    if (has <= 0)
        return has == 0;
    return cg_db_exec(
        db,
        "DELETE FROM " TABLE " WHERE state = $1 AND group_id NOT IN"
        " (SELECT id FROM consistencygroups WHERE status = 'error' AND deleted = FALSE)",
        &failed, 1, NULL, error);
}

GPtrArray *
cg_record_unfinished(CgDb *db, GError **error)
{
    g_autoptr(GPtrArray) ids = g_ptr_array_new_with_free_func(g_free);
    const CgValue values[] = { cg_text(states[CG_RECORD_BEGUN]),
                               cg_text(states[CG_RECORD_UNDOING]) };
    int has = cg_db_has(db, TABLE, NULL, error);
    if (has <= 0)
        return has == 0 ? g_steal_pointer(&ids) : NULL;
    g_autoptr(CgRows) rows = cg_db_query(
        db,
        "SELECT group_id FROM " TABLE " WHERE state = $1 OR state = $2 ORDER BY begun_at, group_id",
        values, 2, error);
    int more = rows != NULL ? cg_rows_next(rows, error) : -1;
    while (more > 0) {
        g_ptr_array_add(ids, cg_rows_text_dup(rows, 0));
        more = cg_rows_next(rows, error);
    }
    return more == 0 ? g_steal_pointer(&ids) : NULL;
}

char *
cg_record_reason(CgDb *db, const char *group_id)
{
    const CgValue values[] = { cg_text(group_id), cg_text(states[CG_RECORD_BEGUN]) };
    if (cg_db_has(db, TABLE, NULL, NULL) <= 0)
        return NULL;
    g_autoptr(CgRows) rows =
        cg_db_query(db,
                    "SELECT r.reason FROM " TABLE " r JOIN consistencygroups g"
                    " ON g.id = r.group_id WHERE r.group_id = $1 AND r.state <> $2"
                    " AND g.status = 'error' AND g.deleted = FALSE"
                    " AND (g.updated_at IS NULL OR g.updated_at <= r.changed_at)",
                    values, 2, NULL);
    bool found = rows != NULL && cg_rows_next(rows, NULL) > 0;
    return found ? cg_rows_text_dup(rows, 0) : NULL;
}
