/*
 * SQLite: many rows at once. All of it is one prepared statement and a loop, which inside one
 * transaction is as fast as this database gets; rows come and go in rowid order.
 */
#include "db/sqlite.h"

/* ---- scan ---- */

static char *
scan_sql(const CgScan *scan)
{
    GString *sql = g_string_new("SELECT ");
    for (size_t i = 0; i < scan->n_columns; i++)
        g_string_append_printf(sql, "%s%s", i > 0 ? ", " : "", scan->columns[i].name);
    g_string_append_printf(sql, " FROM %s", scan->from);
    if (scan->where != NULL)
        g_string_append_printf(sql, " WHERE %s", scan->where);
    return g_string_free(sql, FALSE);
}

static CgValue
unreadable(CgDb *db, const CgScan *scan, sqlite3_stmt *stmt, size_t column)
{
    const char *text = (const char *)sqlite3_column_text(stmt, (int)column);
    size_t len = (size_t)sqlite3_column_bytes(stmt, (int)column);
    cg_db_note_unreadable(db, scan, column, text, len);
    return cg_null();
}

static CgValue
read_cell(CgDb *db, const CgScan *scan, sqlite3_stmt *stmt, size_t column)
{
    int i = (int)column;
    int stored = sqlite3_column_type(stmt, i);
    if (stored == SQLITE_NULL)
        return cg_null();
    switch (scan->columns[column].type) {
    case CG_INT:
        if (stored == SQLITE_INTEGER)
            return cg_int(sqlite3_column_int64(stmt, i));
        break;
    case CG_BOOL:
        if (stored == SQLITE_INTEGER)
            return cg_bool(sqlite3_column_int64(stmt, i) != 0);
        break;
    case CG_TIME: {
        int64_t us;
        if (cg_sqlite_time(stmt, i, &us))
            return cg_time(us);
        break;
    }
    default: {
        const char *text = (const char *)sqlite3_column_text(stmt, i);
        return cg_bytes(text, (size_t)sqlite3_column_bytes(stmt, i));
    }
    }
    return unreadable(db, scan, stmt, column);
}

static bool
scan_rows(CgDb *db, const CgScan *scan, sqlite3_stmt *stmt, CgRowFunc func, void *data,
          GError **error)
{
    g_autofree CgValue *row = g_new(CgValue, scan->n_columns);
    int code;
    while ((code = cg_sqlite_step(db, stmt, error)) == SQLITE_ROW) {
        for (size_t i = 0; i < scan->n_columns; i++)
            row[i] = read_cell(db, scan, stmt, i);
        if (!func(row, data, error))
            return false;
    }
    return code == SQLITE_DONE;
}

bool
cg_sqlite_scan(CgDb *db, const CgScan *scan, CgRowFunc func, void *data, GError **error)
{
    g_autofree char *sql = scan_sql(scan);
    sqlite3_stmt *stmt = cg_sqlite_prepare(db, sql, 0, error);
    if (stmt == NULL)
        return false;
    bool ok = scan_rows(db, scan, stmt, func, data, error);
    sqlite3_finalize(stmt);
    return ok;
}

/* ---- insert ---- */

static char *
insert_sql(const char *table, const CgColumn *columns, size_t n)
{
    g_autofree char *quoted = cg_dialect_ident(&cg_dialect_sqlite, table);
    GString *sql = g_string_new(NULL);
    g_string_printf(sql, "INSERT INTO %s (", quoted);
    for (size_t i = 0; i < n; i++) {
        g_autofree char *name = cg_dialect_ident(&cg_dialect_sqlite, columns[i].name);
        g_string_append_printf(sql, "%s%s", i > 0 ? ", " : "", name);
    }
    g_string_append(sql, ") VALUES (");
    for (size_t i = 0; i < n; i++)
        g_string_append_printf(sql, "%s$%zu", i > 0 ? ", " : "", i + 1);
    g_string_append(sql, ")");
    return g_string_free(sql, FALSE);
}

/* Runs a cached statement that gives no rows; *out_changed (may be NULL): it changed a row. */
static bool
run_row(CgDb *db, sqlite3_stmt *stmt, const CgValue *values, size_t n, bool *out_changed,
        GError **error)
{
    if (!cg_sqlite_bind(db, stmt, values, n, error))
        return false;
    int code = cg_sqlite_step(db, stmt, error);
    if (code == SQLITE_DONE && out_changed != NULL)
        *out_changed = sqlite3_changes64(cg_sqlite(db)->handle) > 0;
    sqlite3_reset(stmt);
    return code == SQLITE_DONE;
}

static bool
insert_rows(CgDb *db, const char *sql, size_t n_columns, const CgValue *values, size_t n_rows,
            GError **error)
{
    sqlite3_stmt *stmt = cg_sqlite_prepare_cached(db, sql, error);
    if (stmt == NULL)
        return false;
    bool ok = true;
    for (size_t i = 0; ok && i < n_rows; i++)
        ok = run_row(db, stmt, values + i * n_columns, n_columns, NULL, error);
    cg_sqlite_put_back(db, sql, stmt);
    return ok;
}

bool
cg_sqlite_insert(CgDb *db, const char *table, const CgColumn *columns, size_t n_columns,
                 const CgValue *values, size_t n_rows, GError **error)
{
    g_autofree char *sql = insert_sql(table, columns, n_columns);
    if (!sqlite3_get_autocommit(cg_sqlite(db)->handle))
        return insert_rows(db, sql, n_columns, values, n_rows, error);
    g_autoptr(CgTx) tx = cg_tx_begin(db, CG_TX_WRITE, error);
    return tx != NULL && insert_rows(db, sql, n_columns, values, n_rows, error) &&
           cg_tx_commit(tx, error);
}

/* ---- compare and set ---- */

static char *
update_sql(const CgUpdate *update)
{
    g_autofree char *table = cg_dialect_ident(&cg_dialect_sqlite, update->table);
    g_autofree char *key = cg_dialect_ident(&cg_dialect_sqlite, update->key);
    g_autofree char *column = cg_dialect_ident(&cg_dialect_sqlite, update->column);
    return g_strdup_printf("UPDATE %s AS t SET %s = input.value "
                           "FROM (SELECT $1 AS key, $2 AS value) AS input "
                           "WHERE t.%s = $1 AND (%s)",
                           table, column, key, update->guard);
}

static bool
update_rows(CgDb *db, const CgUpdate *update, sqlite3_stmt *set, sqlite3_stmt *journal,
            CgChange *changes, size_t n, GError **error)
{
    for (size_t i = 0; i < n; i++) {
        const CgValue values[] = { changes[i].key, changes[i].value };
        if (!run_row(db, set, values, G_N_ELEMENTS(values), &changes[i].done, error))
            return false;
        if (changes[i].done &&
            !run_row(db, journal, changes[i].journal, update->n_journal, NULL, error))
            return false;
    }
    return true;
}

bool
cg_sqlite_update(CgDb *db, const CgUpdate *update, CgChange *changes, size_t n, GError **error)
{
    g_autofree char *set_text = update_sql(update);
    g_autofree char *journal_text =
        insert_sql(update->journal, update->journal_columns, update->n_journal);
    sqlite3_stmt *set = cg_sqlite_prepare_cached(db, set_text, error);
    if (set == NULL)
        return false;
    sqlite3_stmt *journal = cg_sqlite_prepare(db, journal_text, 0, error);
    bool ok = journal != NULL && update_rows(db, update, set, journal, changes, n, error);
    cg_sqlite_put_back(db, set_text, set);
    sqlite3_finalize(journal);
    return ok;
}
