/*
 * PostgreSQL: compare and set with a journal, all changes in one round trip.
 *
 * One prepared statement of fixed shape takes the changes as arrays, one a column. Its plan is
 * forced to be generic: a plan made for the arrays at hand flips to a scan of the whole table once
 * they grow.
 */
#include "db/postgres.h"

enum { FIXED_COLUMNS = 2, KNOWS_PLAN_MODE = 120000 };

/* Numbered, because an aborted transaction cannot deallocate the one before. */
static char *
statement_name(const CgPg *pg)
{
    return g_strdup_printf("cg_update_%u", pg->update_number);
}

static CgColumn
column_of(const CgUpdate *update, size_t i)
{
    if (i >= FIXED_COLUMNS)
        return update->journal_columns[i - FIXED_COLUMNS];
    return (CgColumn){ i == 0 ? update->key : update->column, CG_BYTES };
}

static const CgValue *
value_of(const CgChange *change, size_t i)
{
    return i == 0 ? &change->key : i == 1 ? &change->value : &change->journal[i - FIXED_COLUMNS];
}

/* ---- the statement ---- */

static char *
update_sql(const CgUpdate *update)
{
    const CgDialect *dialect = &cg_dialect_postgresql;
    g_autofree char *table = cg_dialect_ident(dialect, update->table);
    g_autofree char *key = cg_dialect_ident(dialect, update->key);
    g_autofree char *column = cg_dialect_ident(dialect, update->column);
    g_autofree char *journal = cg_dialect_ident(dialect, update->journal);
    g_autoptr(GString) arrays = g_string_new("pg_catalog.unnest($1::text[]),"
                                             " pg_catalog.unnest($2::text[])");
    g_autoptr(GString) inputs = g_string_new(NULL);
    g_autoptr(GString) targets = g_string_new(NULL);
    for (size_t i = 0; i < update->n_journal; i++) {
        const CgColumn *c = &update->journal_columns[i];
        g_autofree char *name = cg_dialect_ident(dialect, c->name);
        g_string_append_printf(arrays, ", pg_catalog.unnest($%zu::%s[])", i + 1 + FIXED_COLUMNS,
                               cg_pg_type_name(c->type));
        g_string_append_printf(inputs, "%sj%zu", i > 0 ? ", " : "", i);
        g_string_append_printf(targets, "%s%s", i > 0 ? ", " : "", name);
    }
    return g_strdup_printf(
        "WITH input AS (SELECT * FROM ROWS FROM (%s) WITH ORDINALITY AS i (key, value, %s, nr)),"
        " changed AS (UPDATE %s AS t SET %s = input.value FROM input"
        " WHERE t.%s = input.key AND (%s) RETURNING input.*),"
        " journalled AS (INSERT INTO %s (%s) SELECT %s FROM changed)"
        " SELECT nr FROM changed",
        arrays->str, inputs->str, table, column, key, update->guard, journal, targets->str,
        inputs->str);
}

/* Should the server not forget it too, it does when the session ends. */
static void
forget(CgPg *pg)
{
    g_autofree char *name = statement_name(pg);
    g_autofree char *sql = g_strconcat("DEALLOCATE ", name, NULL);
    PQclear(PQexec(pg->conn, sql));
    g_clear_pointer(&pg->update_sql, g_free);
}

/* A session rarely has more than one shape of update: the last one is kept. */
static bool
prepare(CgDb *db, const CgUpdate *update, GError **error)
{
    CgPg *pg = cg_pg(db);
    g_autofree char *sql = update_sql(update);
    if (g_strcmp0(sql, pg->update_sql) == 0)
        return true;
    if (pg->update_sql != NULL)
        forget(pg);
    pg->update_number++;
    g_autofree char *name = statement_name(pg);
    g_autoptr(PGresult) result = PQprepare(pg->conn, name, sql, 0, NULL);
    if (PQresultStatus(result) != PGRES_COMMAND_OK)
        return cg_pg_error(db, result, NULL, error);
    pg->update_sql = g_steal_pointer(&sql);
    return true;
}

/* Until the end of the transaction, so that no other statement is planned so. */
static bool
force_generic_plan(CgDb *db, GError **error)
{
    CgPg *pg = cg_pg(db);
    if (pg->plans_are_generic || PQserverVersion(pg->conn) < KNOWS_PLAN_MODE)
        return true;
    g_autoptr(PGresult) result =
        PQexec(pg->conn, "SET LOCAL plan_cache_mode TO force_generic_plan");
    if (PQresultStatus(result) != PGRES_COMMAND_OK)
        return cg_pg_error(db, result, NULL, error);
    pg->plans_are_generic = true;
    return true;
}

/* ---- arrays ---- */

static void
append_int32(GByteArray *array, int64_t number)
{
    uint32_t big_endian = GUINT32_TO_BE((uint32_t)number);
    g_byte_array_append(array, (const guint8 *)&big_endian, sizeof big_endian);
}

static bool
append_element(GByteArray *array, const CgValue *value, CgType type, GError **error)
{
    char buffer[8];
    const char *bytes;
    size_t len;
    if (value->type == CG_NULL) {
        append_int32(array, -1);
        return true;
    }
    if (value->type != type) {
        cg_db_error_set(error, CG_DB_ERROR_QUERY, NULL, NULL, NULL, -1,
                        "the value is not of the stated type");
        return false;
    }
    if (!cg_pg_encode(value, buffer, &bytes, &len, error))
        return false;
    append_int32(array, (int64_t)len);
    g_byte_array_append(array, (const guint8 *)bytes, (guint)len);
    return true;
}

/* One column of all changes in the binary form of a one-dimensional array. */
static GByteArray *
column_array(const CgUpdate *update, const CgChange *changes, size_t n, size_t i, GError **error)
{
    CgColumn column = column_of(update, i);
    g_autoptr(GByteArray) array = g_byte_array_new();
    append_int32(array, 1); /* dimensions */
    append_int32(array, 1); /* there may be NULLs */
    append_int32(array, cg_pg_type_oid(column.type));
    append_int32(array, (int64_t)n);
    append_int32(array, 1); /* lower bound */
    for (size_t row = 0; row < n; row++)
        if (!append_element(array, value_of(&changes[row], i), column.type, error)) {
            g_prefix_error(error, "change %zu, column \"%s\": ", row + 1, column.name);
            return NULL;
        }
    return g_steal_pointer(&array);
}

static void
free_array(void *array)
{
    g_byte_array_unref(array);
}

/* ---- the update ---- */

static PGresult *
run(CgDb *db, GPtrArray *arrays)
{
    guint n = arrays->len;
    g_autofree const char **values = g_new(const char *, n);
    g_autofree int *lengths = g_new(int, n);
    g_autofree int *formats = g_new(int, n);
    for (guint i = 0; i < n; i++) {
        const GByteArray *array = g_ptr_array_index(arrays, i);
        values[i] = (const char *)array->data;
        lengths[i] = (int)array->len;
        formats[i] = 1;
    }
    g_autofree char *name = statement_name(cg_pg(db));
    return PQexecPrepared(cg_pg(db)->conn, name, (int)n, values, lengths, formats, 0);
}

static void
mark_done(const PGresult *result, CgChange *changes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        changes[i].done = false;
    for (int row = 0; row < PQntuples(result); row++)
        changes[g_ascii_strtoull(PQgetvalue(result, row, 0), NULL, 10) - 1].done = true;
}

bool
cg_pg_update(CgDb *db, const CgUpdate *update, CgChange *changes, size_t n, GError **error)
{
    g_autoptr(GPtrArray) arrays = g_ptr_array_new_with_free_func(free_array);
    for (size_t i = 0; i < FIXED_COLUMNS + update->n_journal; i++) {
        GByteArray *array = column_array(update, changes, n, i, error);
        if (array == NULL)
            return false;
        g_ptr_array_add(arrays, array);
    }
    if (!prepare(db, update, error) || !force_generic_plan(db, error))
        return false;
    g_autoptr(PGresult) result = run(db, arrays);
    if (PQresultStatus(result) != PGRES_TUPLES_OK)
        return cg_pg_error(db, result, NULL, error);
    mark_done(result, changes, n);
    return true;
}
