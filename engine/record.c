/* See record.h, and first.h. */
#include "engine/record.h"

#include "engine/first.h"

#define TABLE "cg_engine_request"

G_DEFINE_QUARK(cg - first - error, cg_first_error)

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
    g_free(record->reason);
    g_free(record);
}

static bool
create_table(CgDb *db, GError **error)
{
    g_autofree char *table = cg_db_qualified(db, TABLE);
    const CgDialect *d = cg_db_dialect(db);
    g_autofree char *sql = g_strdup_printf(
        "CREATE TABLE %s (group_id %s NOT NULL PRIMARY KEY, operation %s NOT NULL,"
        " state %s NOT NULL, reason TEXT, begun_at %s NOT NULL, changed_at %s NOT NULL)",
        table, d->text_type, d->text_type, d->text_type, d->time_type, d->time_type);
    return cg_db_exec(db, sql, NULL, 0, NULL, error);
}

bool
cg_record_begin(CgDb *db, const char *group_id, const char *operation, bool may_make, int64_t now,
                GError **error)
{
    int has = cg_db_has(db, TABLE, NULL, error);
    if (has == 0 && !may_make)
        g_set_error(error, CG_FIRST_ERROR, CG_FIRST_ERROR_MISSING, "there is no table \"%s\" yet",
                    TABLE);
    if (has < 0 || (has == 0 && (!may_make || !create_table(db, error))))
        return false;
    g_autofree char *table = cg_db_qualified(db, TABLE);
    g_autofree char *sql =
        g_strdup_printf("INSERT INTO %s (group_id, operation, state, begun_at, changed_at)"
                        " VALUES ($1, $2, $3, $4, $4)",
                        table);
    const CgValue values[] = { cg_text(group_id), cg_text(operation),
                               cg_text(states[CG_RECORD_BEGUN]), cg_time(now) };
    return cg_db_exec(db, sql, values, G_N_ELEMENTS(values), NULL, error);
}

bool
cg_record_set(CgDb *db, const char *group_id, CgRecordState state, const char *reason, int64_t now,
              GError **error)
{
    g_autofree char *table = cg_db_qualified(db, TABLE);
    g_autofree char *sql = g_strdup_printf(
        "UPDATE %s SET state = $2, reason = $3, changed_at = $4 WHERE group_id = $1", table);
    const CgValue values[] = { cg_text(group_id), cg_text(states[state]), cg_text(reason),
                               cg_time(now) };
    return cg_db_exec(db, sql, values, G_N_ELEMENTS(values), NULL, error);
}

bool
cg_record_remove(CgDb *db, const char *group_id, GError **error)
{
    g_autofree char *table = cg_db_qualified(db, TABLE);
    g_autofree char *sql = g_strdup_printf("DELETE FROM %s WHERE group_id = $1", table);
    const CgValue id = cg_text(group_id);
    return cg_db_exec(db, sql, &id, 1, NULL, error);
}

static CgRecordState
state_of(const char *word)
{
    for (size_t i = 0; i < G_N_ELEMENTS(states); i++)
        if (g_strcmp0(word, states[i]) == 0)
            return (CgRecordState)i;
    return CG_RECORD_FAILED;
}

bool
cg_record_find(CgDb *db, const char *group_id, CgRecord **out_record, GError **error)
{
    int has = cg_db_has(db, TABLE, NULL, error);
    if (has <= 0)
        return has == 0;
    g_autofree char *table = cg_db_qualified(db, TABLE);
    g_autofree char *sql =
        g_strdup_printf("SELECT state, reason FROM %s WHERE group_id = $1", table);
    const CgValue id = cg_text(group_id);
    g_autoptr(CgRows) rows = cg_db_query(db, sql, &id, 1, error);
    int more = rows != NULL ? cg_rows_next(rows, error) : -1;
    if (more <= 0)
        return more == 0;
    g_autofree char *word = cg_rows_text_dup(rows, 0);
    *out_record = g_new(CgRecord, 1);
    **out_record = (CgRecord){ state_of(word), cg_rows_text_dup(rows, 1) };
    return true;
}

GPtrArray *
cg_record_unfinished(CgDb *db, GError **error)
{
    g_autoptr(GPtrArray) ids = g_ptr_array_new_with_free_func(g_free);
    int has = cg_db_has(db, TABLE, NULL, error);
    if (has <= 0)
        return has == 0 ? g_steal_pointer(&ids) : NULL;
    g_autofree char *table = cg_db_qualified(db, TABLE);
    g_autofree char *sql = g_strdup_printf(
        "SELECT group_id FROM %s WHERE state <> $1 ORDER BY begun_at, group_id", table);
    const CgValue failed = cg_text(states[CG_RECORD_FAILED]);
    g_autoptr(CgRows) rows = cg_db_query(db, sql, &failed, 1, error);
    int more = rows != NULL ? cg_rows_next(rows, error) : -1;
    while (more > 0) {
        g_ptr_array_add(ids, cg_rows_text_dup(rows, 0));
        more = cg_rows_next(rows, error);
    }
    return more == 0 ? g_steal_pointer(&ids) : NULL;
}
