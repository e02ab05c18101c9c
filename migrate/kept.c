/* Copies of what a down drops; see kept.h. */
#include "migrate/kept.h"

#include "db/probe.h"
#include "schema/schema.h"

#define CATALOG "cg_kept"

/* What the copies of one down have in common. */
typedef struct {
    int64_t version;
    int64_t at;
} Down;

typedef struct {
    int64_t id;
    char *table;
    char *column; /* NULL: the whole table */
    char *copy;   /* name of the table that holds it */
} Copy;

static void
free_copy(void *data)
{
    Copy *copy = data;
    g_free(copy->table);
    g_free(copy->column);
    g_free(copy->copy);
    g_free(copy);
}

static Copy *
copy_new(int64_t id, const char *table, const char *column)
{
    Copy *copy = g_new(Copy, 1);
    *copy = (Copy){ .id = id,
                    .table = g_strdup(table),
                    .column = g_strdup(column),
                    .copy = g_strdup_printf(CATALOG "_%" G_GINT64_FORMAT, id) };
    return copy;
}

void
cg_kept_result_free(void *data)
{
    CgKeptResult *result = data;
    g_free(result->table);
    g_free(result->column);
    g_free(result);
}

static CgKeptResult *
add_result(GPtrArray *results, const Copy *copy)
{
    CgKeptResult *result = g_new0(CgKeptResult, 1);
    result->table = g_strdup(copy->table);
    result->column = g_strdup(copy->column);
    g_ptr_array_add(results, result);
    return result;
}

/* ---- pieces of SQL ---- */

/* `prefix` before each name, joined: t."a", t."b". */
static char *
join_columns(const CgDb *db, const GPtrArray *names, const char *prefix, const char *separator)
{
    GString *out = g_string_new(NULL);
    for (guint i = 0; i < names->len; i++) {
        g_autofree char *name = cg_dialect_ident(cg_db_dialect(db), g_ptr_array_index(names, i));
        g_string_append_printf(out, "%s%s%s", i > 0 ? separator : "", prefix, name);
    }
    return g_string_free(out, FALSE);
}

/* k."id" = t."id" AND … over the primary key. */
static char *
match_key(const CgDb *db, const GPtrArray *key)
{
    GString *out = g_string_new(NULL);
    for (guint i = 0; i < key->len; i++) {
        g_autofree char *name = cg_dialect_ident(cg_db_dialect(db), g_ptr_array_index(key, i));
        g_string_append_printf(out, "%sk.%s = t.%s", i > 0 ? " AND " : "", name, name);
    }
    return g_string_free(out, FALSE);
}

/* Whether t and k hold the same in each of these columns: as text, since there are types that the
 * server cannot compare. */
static char *
match_content(const CgDb *db, const GPtrArray *names)
{
    GString *out = g_string_new("1 = 1");
    for (guint i = 0; i < names->len; i++) {
        g_autofree char *name = cg_dialect_ident(cg_db_dialect(db), g_ptr_array_index(names, i));
        g_string_append_printf(out,
                               " AND (CAST(t.%s AS TEXT) = CAST(k.%s AS TEXT)"
                               " OR t.%s IS NULL AND k.%s IS NULL)",
                               name, name, name, name);
    }
    return g_string_free(out, FALSE);
}

static GPtrArray *
key_columns(const CgSchemaTable *table)
{
    GPtrArray *key = g_ptr_array_new();
    for (guint i = 0; i < table->columns->len; i++) {
        const CgSchemaColumn *column = g_ptr_array_index(table->columns, i);
        if (column->key > 0)
            g_ptr_array_add(key, column->name);
    }
    return key;
}

/* The table to copy from or to put back into. SQLite would read the name of a column that is not
 * there as a text, so that is asked before. */
static const CgSchemaTable *
find_place(const CgSchema *schema, const char *name, const char *column, GPtrArray **out_key,
           GError **error)
{
    const CgSchemaTable *table = cg_schema_find_table(schema, name);
    if (table == NULL) {
        cg_error_set(error, CG_EXIT_REFUSED, NULL, "kept data: there is no table \"%s\"", name);
        return NULL;
    }
    if (column != NULL && cg_schema_table_column(table, column) == NULL) {
        cg_error_set(error, CG_EXIT_REFUSED, NULL,
                     "kept data: there is no column \"%s\" in table \"%s\"", column, name);
        return NULL;
    }
    *out_key = key_columns(table);
    if ((*out_key)->len > 0)
        return table;
    cg_error_set(error, CG_EXIT_REFUSED, "leave it out of preserve:, and save it in another way",
                 "kept data: table \"%s\" has no primary key to put rows back by", name);
    return NULL;
}

G_GNUC_PRINTF(4, 5)
static bool
run(CgDb *db, int64_t *out_rows, GError **error, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *sql = g_strdup_vprintf(format, args);
    va_end(args);
    if (cg_db_exec(db, sql, NULL, 0, out_rows, error))
        return true;
    g_prefix_error(error, "kept data: ");
    return false;
}

G_GNUC_PRINTF(4, 5)
static bool
count(CgDb *db, int64_t *out, GError **error, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *sql = g_strdup_vprintf(format, args);
    va_end(args);
    CgValue value;
    if (!cg_db_query_value(db, sql, NULL, 0, &value, NULL, error))
        return false;
    *out = value.type == CG_INT ? value.i : 0;
    return true;
}

/* ---- the catalog of copies ---- */

static bool
create_catalog(CgDb *db, GError **error)
{
    int exists = cg_db_has(db, CATALOG, NULL, error);
    if (exists != 0)
        return exists > 0;
    g_autofree char *catalog = cg_db_qualified(db, CATALOG);
    const CgDialect *d = cg_db_dialect(db);
    return run(db, NULL, error,
               "CREATE TABLE %s (id %s NOT NULL PRIMARY KEY, version %s NOT NULL, "
               "table_name %s NOT NULL, column_name %s, kept_rows %s NOT NULL, at %s NOT NULL)",
               catalog, d->int_type, d->int_type, d->text_type, d->text_type, d->int_type,
               d->time_type);
}

static bool
register_copy(CgDb *db, const Copy *copy, const Down *down, int64_t rows, GError **error)
{
    g_autofree char *catalog = cg_db_qualified(db, CATALOG);
    g_autofree char *sql = g_strdup_printf("INSERT INTO %s (id, version, table_name, column_name, "
                                           "kept_rows, at) VALUES ($1, $2, $3, $4, $5, $6)",
                                           catalog);
    const CgValue values[] = { cg_int(copy->id),      cg_int(down->version), cg_text(copy->table),
                               cg_text(copy->column), cg_int(rows),          cg_time(down->at) };
    return cg_db_exec(db, sql, values, G_N_ELEMENTS(values), NULL, error);
}

/* The newest down first, since what was kept last is what the tables held last; of one down in the
 * order of its preserve:, so that rows which others refer to can be named before those. */
static GPtrArray *
find_copies(CgDb *db, int64_t version, GError **error)
{
    g_autoptr(GPtrArray) copies = g_ptr_array_new_with_free_func(free_copy);
    int exists = cg_db_has(db, CATALOG, NULL, error);
    if (exists <= 0)
        return exists == 0 ? g_steal_pointer(&copies) : NULL;
    g_autofree char *catalog = cg_db_qualified(db, CATALOG);
    g_autofree char *sql = g_strdup_printf(
        "SELECT id, table_name, column_name FROM %s AS k WHERE version = $1 ORDER BY "
        "(SELECT max(d.id) FROM %s AS d WHERE d.version = k.version AND d.at = k.at) DESC, id",
        catalog, catalog);
    const CgValue param = cg_int(version);
    g_autoptr(CgRows) rows = cg_db_query(db, sql, &param, 1, error);
    int more = -1;
    while (rows != NULL && (more = cg_rows_next(rows, error)) > 0) {
        g_autofree char *table = cg_rows_text_dup(rows, 1);
        g_autofree char *column = cg_rows_text_dup(rows, 2);
        g_ptr_array_add(copies, copy_new(cg_rows_int(rows, 0), table, column));
    }
    return more == 0 ? g_steal_pointer(&copies) : NULL;
}

/* ---- keeping ---- */

/* What others commit between the copy and the statement that drops would be lost. */
static bool
keep_others_out(CgDb *db, const char *table, GError **error)
{
    return !(cg_db_dialect(db)->can & CG_CAN_LOCK_TABLE) ||
           run(db, NULL, error, "LOCK TABLE %s IN ACCESS EXCLUSIVE MODE", table);
}

static bool
save_one(CgDb *db, const CgSchema *schema, const CgPreserve *preserve, const Down *down,
         GPtrArray *results, GError **error)
{
    g_autoptr(GPtrArray) key = NULL;
    g_autofree char *table = cg_db_qualified(db, preserve->table);
    if (find_place(schema, preserve->table, preserve->column, &key, error) == NULL ||
        !keep_others_out(db, table, error))
        return false;
    g_autofree char *catalog = cg_db_qualified(db, CATALOG);
    int64_t newest = 0;
    if (!count(db, &newest, error, "SELECT max(id) FROM %s", catalog))
        return false;
    Copy *copy = copy_new(newest + 1, preserve->table, preserve->column);
    g_autoptr(GPtrArray) owner = g_ptr_array_new_with_free_func(free_copy);
    g_ptr_array_add(owner, copy);
    CgKeptResult *result = add_result(results, copy);

    g_autofree char *target = cg_db_qualified(db, copy->copy);
    bool ok;
    if (preserve->column == NULL) {
        ok = run(db, NULL, error, "CREATE TABLE %s AS SELECT * FROM %s", target, table);
    } else {
        g_autofree char *keys = join_columns(db, key, "", ", ");
        g_autofree char *column = cg_dialect_ident(cg_db_dialect(db), preserve->column);
        ok = run(db, NULL, error, "CREATE TABLE %s AS SELECT %s, %s FROM %s WHERE %s IS NOT NULL",
                 target, keys, column, table, column);
    }
    return ok && count(db, &result->rows, error, "SELECT count(*) FROM %s", target) &&
           register_copy(db, copy, down, result->rows, error);
}

bool
cg_kept_save(CgDb *db, const CgMigration *migration, GPtrArray *results, GError **error)
{
    const GArray *preserve = migration->sections[CG_SECTION_DOWN].preserve;
    if (preserve->len == 0)
        return true;
    g_autoptr(CgSchema) schema = cg_schema_read(db, error);
    if (schema == NULL || !create_catalog(db, error))
        return false;
    const Down down = { .version = migration->version, .at = g_get_real_time() };
    for (guint i = 0; i < preserve->len; i++)
        if (!save_one(db, schema, &g_array_index(preserve, CgPreserve, i), &down, results, error))
            return false;
    return true;
}

/* ---- restoring ---- */

static bool
restore_column(CgDb *db, const Copy *copy, const GPtrArray *key, CgKeptResult *result,
               GError **error)
{
    g_autofree char *kept = cg_db_qualified(db, copy->copy);
    g_autofree char *table = cg_db_qualified(db, copy->table);
    g_autofree char *column = cg_dialect_ident(cg_db_dialect(db), copy->column);
    g_autofree char *match = match_key(db, key);
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    g_ptr_array_add(names, copy->column);
    g_autofree char *content = match_content(db, names);
    return run(db, &result->rows, error,
               "UPDATE %s AS t SET %s = k.%s FROM %s AS k WHERE %s AND t.%s IS NULL", table, column,
               column, kept, match, column) &&
           run(db, NULL, error,
               "DELETE FROM %s AS k WHERE EXISTS (SELECT 1 FROM %s AS t WHERE %s AND %s)", kept,
               table, match, content) &&
           count(db, &result->vanished, error,
                 "SELECT count(*) FROM %s AS k WHERE NOT EXISTS (SELECT 1 FROM %s AS t WHERE %s)",
                 kept, table, match);
}

/* The columns that the copy and the table of now have in common. */
static GPtrArray *
common_columns(const CgSchemaTable *table, const CgSchemaTable *copy)
{
    GPtrArray *names = g_ptr_array_new();
    for (guint i = 0; i < table->columns->len; i++) {
        const CgSchemaColumn *column = g_ptr_array_index(table->columns, i);
        if (cg_schema_table_column(copy, column->name) != NULL)
            g_ptr_array_add(names, column->name);
    }
    return names;
}

static bool
restore_table(CgDb *db, const CgSchema *schema, const Copy *copy, const GPtrArray *key,
              CgKeptResult *result, GError **error)
{
    const CgSchemaTable *there = cg_schema_find_table(schema, copy->table);
    const CgSchemaTable *saved = cg_schema_find_table(schema, copy->copy);
    g_autoptr(GPtrArray) names = common_columns(there, saved);
    g_autofree char *kept = cg_db_qualified(db, copy->copy);
    g_autofree char *table = cg_db_qualified(db, copy->table);
    g_autofree char *columns = join_columns(db, names, "", ", ");
    g_autofree char *from = join_columns(db, names, "k.", ", ");
    g_autofree char *match = match_key(db, key);
    g_autofree char *content = match_content(db, names);
    return run(db, &result->rows, error,
               "INSERT INTO %s (%s) SELECT %s FROM %s AS k "
               "WHERE NOT EXISTS (SELECT 1 FROM %s AS t WHERE %s)",
               table, columns, from, kept, table, match) &&
           run(db, NULL, error,
               "DELETE FROM %s AS k WHERE EXISTS (SELECT 1 FROM %s AS t WHERE %s AND %s)", kept,
               table, match, content);
}

static bool
drop_if_empty(CgDb *db, const Copy *copy, int64_t *out_left, GError **error)
{
    g_autofree char *kept = cg_db_qualified(db, copy->copy);
    g_autofree char *catalog = cg_db_qualified(db, CATALOG);
    if (!count(db, out_left, error, "SELECT count(*) FROM %s", kept))
        return false;
    if (*out_left > 0)
        return true;
    return run(db, NULL, error, "DROP TABLE %s", kept) &&
           run(db, NULL, error, "DELETE FROM %s WHERE id = %" G_GINT64_FORMAT, catalog, copy->id);
}

static bool
restore_one(CgDb *db, const CgSchema *schema, const Copy *copy, GPtrArray *results, GError **error)
{
    g_autoptr(GPtrArray) key = NULL;
    if (find_place(schema, copy->table, copy->column, &key, error) == NULL)
        return false;
    CgKeptResult *result = add_result(results, copy);
    bool ok = copy->column != NULL ? restore_column(db, copy, key, result, error)
                                   : restore_table(db, schema, copy, key, result, error);
    int64_t left = 0;
    if (!ok || !drop_if_empty(db, copy, &left, error))
        return false;
    result->conflicts = left - result->vanished;
    return true;
}

bool
cg_kept_restore(CgDb *db, const CgMigration *migration, GPtrArray *results, GError **error)
{
    g_autoptr(GPtrArray) copies = find_copies(db, migration->version, error);
    if (copies == NULL)
        return false;
    if (copies->len == 0)
        return true;
    g_autoptr(CgSchema) schema = cg_schema_read(db, error);
    if (schema == NULL)
        return false;
    for (guint i = 0; i < copies->len; i++)
        if (!restore_one(db, schema, g_ptr_array_index(copies, i), results, error))
            return false;
    return true;
}
