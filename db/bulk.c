/* The front of the bulk calls: what is the same on every backend. */
#include "db/backend.h"

bool
cg_db_scan(CgDb *db, const CgScan *scan, CgRowFunc func, void *data, GError **error)
{
    return db->backend->scan(db, scan, func, data, error);
}

void
cg_db_note_unreadable(CgDb *db, const CgScan *scan, size_t column, const char *text, size_t len)
{
    if (db->unreadable++ == 0)
        db->unreadable_example = g_strdup_printf(
            "%s, %s: '%.*s'", scan->from, scan->columns[column].name, (int)MIN(len, 60), text);
}

int64_t
cg_db_unreadable(const CgDb *db, const char **out_example)
{
    if (out_example != NULL)
        *out_example = db->unreadable_example;
    return db->unreadable;
}

bool
cg_db_insert(CgDb *db, const char *table, const CgColumn *columns, size_t n_columns,
             const CgValue *values, size_t n_rows, GError **error)
{
    return n_rows == 0 || db->backend->insert(db, table, columns, n_columns, values, n_rows, error);
}

bool
cg_db_update(CgDb *db, const CgUpdate *update, CgChange *changes, size_t n_changes, GError **error)
{
    for (size_t i = 0; i < n_changes; i++)
        changes[i].done = false;
    return n_changes == 0 || db->backend->update(db, update, changes, n_changes, error);
}
