/* See record.h, and first.h. */
#include "engine/record.h"

#include "db/probe.h"
#include "engine/error.h"
#include "engine/first.h"

/* In the schema of our own tables, the ledger's. */
#define TABLE "cg_engine_request"

/* A state that is not known is of a later version, whose worker is left alone. */
#define UNFINISHED "(state = 'begun' OR state = 'undoing')"

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
    g_free(record->array_name);
    g_strfreev(record->volumes);
    g_free(record->reason);
    g_free(record);
}

static int
is_there(CgDb *db, GError **error)
{
    return cg_db_has(db, TABLE, NULL, error);
}

/* ---- rows ---- */

static CgRecordState
state_of(const char *word)
{
    for (size_t i = 0; i < G_N_ELEMENTS(states); i++)
        if (g_strcmp0(word, states[i]) == 0)
            return (CgRecordState)i;
    return CG_RECORD_FAILED;
}

static CgRecord *
read_record(const CgRows *rows)
{
    g_autofree char *volumes = cg_rows_text_dup(rows, 4);
    g_autofree char *state = cg_rows_text_dup(rows, 6);
    CgRecord *record = g_new(CgRecord, 1);
    *record = (CgRecord){ .group_id = cg_rows_text_dup(rows, 0),
                          .operation = cg_rows_text_dup(rows, 1),
                          .driver = cg_rows_text_dup(rows, 2),
                          .array_name = cg_rows_text_dup(rows, 3),
                          .volumes = g_strsplit(volumes, ",", -1),
                          .attempt = cg_rows_int(rows, 5),
                          .state = state_of(state),
                          .reason = cg_rows_text_dup(rows, 7) };
    return record;
}

static void
free_record(void *record)
{
    cg_record_free(record);
}

/* Those that meet `where`, the oldest first. */
static GPtrArray *
load(CgDb *db, const char *where, const CgValue *params, size_t n, GError **error)
{
    g_autoptr(GPtrArray) records = g_ptr_array_new_with_free_func(free_record);
    g_autofree char *table = cg_db_qualified(db, TABLE);
    g_autofree char *sql =
        g_strdup_printf("SELECT group_id, operation, driver, array_name, volumes, attempt, state,"
                        " reason FROM %s WHERE %s ORDER BY begun_at, group_id",
                        table, where);
    g_autoptr(CgRows) rows = cg_db_query(db, sql, params, n, error);
    int more = rows != NULL ? cg_rows_next(rows, error) : -1;
    while (more > 0) {
        g_ptr_array_add(records, read_record(rows));
        more = cg_rows_next(rows, error);
    }
    return more == 0 ? g_steal_pointer(&records) : NULL;
}

/* ---- a record's life ---- */

static bool
create_table(CgDb *db, GError **error)
{
    const CgDialect *d = cg_db_dialect(db);
    g_autofree char *table = cg_db_qualified(db, TABLE);
    g_autofree char *sql = g_strdup_printf(
        "CREATE TABLE %s (group_id %s NOT NULL PRIMARY KEY, operation %s NOT NULL,"
        " driver %s NOT NULL, array_name TEXT NOT NULL, volumes TEXT NOT NULL,"
        " attempt %s NOT NULL, state %s NOT NULL, reason TEXT, begun_at %s NOT NULL, failed_at %s)",
        table, d->text_type, d->text_type, d->text_type, d->int_type, d->text_type, d->time_type,
        d->time_type);
    return cg_db_exec(db, sql, NULL, 0, NULL, error);
}

bool
cg_record_begin(CgDb *db, const CgRecord *record, bool may_make, int64_t now, GError **error)
{
    int has = is_there(db, error);
    if (has == 0 && !may_make)
        return cg_first_missing("table \"" TABLE "\"", error);
    if (has < 0 || (has == 0 && !create_table(db, error)))
        return false;
    g_autofree char *volumes = g_strjoinv(",", record->volumes);
    const CgValue values[] = { cg_text(record->group_id),
                               cg_text(record->operation),
                               cg_text(record->driver),
                               cg_text(record->array_name),
                               cg_text(volumes),
                               cg_text(states[CG_RECORD_BEGUN]),
                               cg_time(now) };
    g_autofree char *table = cg_db_qualified(db, TABLE);
    g_autofree char *sql =
        g_strdup_printf("INSERT INTO %s (group_id, operation, driver, array_name, volumes, attempt,"
                        " state, begun_at) VALUES ($1, $2, $3, $4, $5, 0, $6, $7)",
                        table);
    return cg_db_exec(db, sql, values, G_N_ELEMENTS(values), NULL, error);
}

bool
cg_record_take(CgDb *db, const char *group_id, CgRecord **out_record, GError **error)
{
    const CgValue id = cg_text(group_id);
    int has = is_there(db, error);
    if (has <= 0)
        return has == 0;
    g_autofree char *table = cg_db_qualified(db, TABLE);
    g_autofree char *sql = g_strdup_printf(
        "UPDATE %s SET attempt = attempt + 1 WHERE group_id = $1 AND " UNFINISHED, table);
    if (!cg_db_exec(db, sql, &id, 1, NULL, error))
        return false;
    g_autoptr(GPtrArray) records = load(db, "group_id = $1", &id, 1, error);
    if (records != NULL && records->len > 0)
        *out_record = g_ptr_array_steal_index(records, 0);
    return records != NULL;
}

/* `statement` is "UPDATE" or "DELETE FROM"; $1 and $2 are for the row and its attempt. */
static bool
change(CgDb *db, const char *statement, const char *set, const CgValue *params, size_t n,
       GError **error)
{
    int64_t rows = 0;
    g_autofree char *table = cg_db_qualified(db, TABLE);
    g_autofree char *sql =
        g_strdup_printf("%s %s%s WHERE group_id = $1 AND attempt = $2", statement, table, set);
    int has = is_there(db, error);
    if (has < 0 || (has > 0 && !cg_db_exec(db, sql, params, n, &rows, error)))
        return false;
    if (rows == 0)
        cg_engine_error_set(
            error, CG_ENGINE_ERROR_OTHER_HANDS,
            "cg-engine recover; where that knows nothing of it, set its status by hand",
            "its record is gone, or another worker has taken it up");
    return rows > 0;
}

bool
cg_record_fail(CgDb *db, const CgRecord *record, CgRecordState state, const char *reason,
               int64_t now, GError **error)
{
    const CgValue values[] = { cg_text(record->group_id), cg_int(record->attempt),
                               cg_text(states[state]), cg_text(reason), cg_time(now) };
    return change(db, "UPDATE", " SET state = $3, reason = $4, failed_at = $5", values,
                  G_N_ELEMENTS(values), error);
}

bool
cg_record_settle(CgDb *db, const CgRecord *record, GError **error)
{
    const CgValue values[] = { cg_text(record->group_id), cg_int(record->attempt),
                               cg_text(states[CG_RECORD_FAILED]) };
    return change(db, "UPDATE", " SET state = $3", values, G_N_ELEMENTS(values), error);
}

bool
cg_record_remove(CgDb *db, const CgRecord *record, GError **error)
{
    const CgValue values[] = { cg_text(record->group_id), cg_int(record->attempt) };
    return change(db, "DELETE FROM", "", values, G_N_ELEMENTS(values), error);
}

/* ---- all of them ---- */

bool
cg_record_prune(CgDb *db, GError **error)
{
    const CgValue failed = cg_text(states[CG_RECORD_FAILED]);
    int has = is_there(db, error);
    if (has <= 0)
        return has == 0;
    g_autofree char *table = cg_db_qualified(db, TABLE);
    g_autofree char *sql =
        g_strdup_printf("DELETE FROM %s WHERE state = $1 AND group_id NOT IN (SELECT id"
                        " FROM consistencygroups WHERE status = 'error' AND deleted = FALSE)",
                        table);
    return cg_db_exec(db, sql, &failed, 1, NULL, error);
}

GPtrArray *
cg_record_unfinished(CgDb *db, GError **error)
{
    int has = is_there(db, error);
    if (has > 0)
        return load(db, UNFINISHED, NULL, 0, error);
    return has == 0 ? g_ptr_array_new_with_free_func(free_record) : NULL;
}

char *
cg_record_reason(CgDb *db, const char *group_id)
{
    const CgValue id = cg_text(group_id);
    if (is_there(db, NULL) <= 0)
        return NULL;
    g_autofree char *table = cg_db_qualified(db, TABLE);
    g_autofree char *sql =
        g_strdup_printf("SELECT r.reason FROM %s r JOIN consistencygroups g ON g.id = r.group_id"
                        " WHERE r.group_id = $1 AND g.status = 'error'"
                        " AND g.deleted = FALSE AND g.updated_at = r.failed_at",
                        table);
    g_autoptr(CgRows) rows = cg_db_query(db, sql, &id, 1, NULL);
    bool found = rows != NULL && cg_rows_next(rows, NULL) > 0;
    return found ? cg_rows_text_dup(rows, 0) : NULL;
}
