/*
 * Fills the model from the answers of the catalog queries. The same for every backend: what differs
 * is in the CgIntrospection entries.
 */
#include "schema/introspect.h"

#include "base/embed.h"

#include <string.h>

static const CgIntrospection *const introspections[] = {
    &cg_introspection_postgresql,
    &cg_introspection_sqlite,
};

/* ---- destructors ---- */

static void
free_column(void *data)
{
    CgSchemaColumn *column = data;
    g_free(column->name);
    g_free(column->type);
    g_free(column->default_text);
    g_free(column);
}

static void
free_index(void *data)
{
    CgSchemaIndex *index = data;
    g_free(index->name);
    g_strfreev(index->keys);
    g_free(index->where);
    g_free(index);
}

static void
free_foreign_key(void *data)
{
    CgSchemaForeignKey *key = data;
    g_free(key->name);
    g_strfreev(key->columns);
    g_free(key->parent);
    g_strfreev(key->parent_columns);
    g_free(key->actions);
    g_free(key);
}

static void
free_table(void *data)
{
    CgSchemaTable *table = data;
    g_free(table->name);
    g_ptr_array_unref(table->columns);
    g_ptr_array_unref(table->indexes);
    g_ptr_array_unref(table->foreign_keys);
    g_ptr_array_unref(table->checks);
    g_free(table);
}

/* ---- the queries ---- */

static const char *
embedded_text(const char *path)
{
    const CgEmbedded *file = cg_embedded_find(path);
    g_assert(file != NULL);
    return file->data;
}

/* What the row functions share: the rows of one thing follow each other, so the last is kept. */
typedef struct {
    const CgIntrospection *how;
    CgSchema *schema;
    CgSchemaTable *table;
    void *last; /* index or foreign key that the next row may continue */
    char *last_id;
} Reader;

typedef void (*RowFunc)(Reader *reader, const CgRows *rows);

static bool
read_rows(CgDb *db, const char *path, RowFunc read_row, Reader *reader, GError **error)
{
    g_autoptr(CgRows) rows = cg_db_query(db, embedded_text(path), NULL, 0, error);
    if (rows == NULL)
        return false;
    reader->last = NULL;
    int more = 0;
    while ((more = cg_rows_next(rows, error)) > 0)
        read_row(reader, rows);
    return more == 0;
}

/* The table that the row is about: NULL for one that the columns query did not tell of. */
static CgSchemaTable *
find_table(Reader *reader, const CgRows *rows)
{
    g_autofree char *name = cg_rows_text_dup(rows, 0);
    if (reader->table == NULL || strcmp(reader->table->name, name) != 0) {
        reader->table = (CgSchemaTable *)cg_schema_find_table(reader->schema, name);
        reader->last = NULL;
    }
    return reader->table;
}

/* True if the row continues the index or foreign key of the row before. */
static bool
continues(Reader *reader, const CgRows *rows)
{
    char *id = cg_rows_text_dup(rows, 1);
    bool same = reader->last != NULL && strcmp(id, reader->last_id) == 0;
    g_free(reader->last_id);
    reader->last_id = id;
    return same;
}

static void
append_text(char ***list, char *text)
{
    unsigned n = *list != NULL ? g_strv_length(*list) : 0;
    *list = g_renew(char *, *list, n + 2);
    (*list)[n] = text;
    (*list)[n + 1] = NULL;
}

/* ---- columns ---- */

/* Names for one type, of both backends, and the one that the model uses. */
static const struct {
    const char *name, *synonym;
} type_names[] = {
    { "varchar", "character varying" },
    { "char", "character" },
    { "timestamp", "timestamp without time zone" },
    { "timestamp", "datetime" },
    { "timestamptz", "timestamp with time zone" },
    { "time", "time without time zone" },
    { "double", "double precision" },
    { "integer", "int" },
    { "boolean", "bool" },
};

/* "timestamp(6) without time zone" becomes "timestamp(6)": the length stays behind the short name.
 */
static char *
normalise_type(const char *declared)
{
    g_autofree char *lower = g_ascii_strdown(declared, -1);
    const char *open = strchr(lower, '(');
    const char *close = open != NULL ? strchr(open, ')') : NULL;
    g_autofree char *length = close != NULL ? g_strndup(open, (size_t)(close + 1 - open)) : NULL;
    g_autofree char *name = close != NULL
                                ? g_strdup_printf("%.*s%s", (int)(open - lower), lower, close + 1)
                                : g_strdup(lower);
    const char *known = g_strchomp(name);
    for (size_t i = 0; i < G_N_ELEMENTS(type_names); i++)
        if (strcmp(type_names[i].synonym, name) == 0)
            known = type_names[i].name;
    return g_strconcat(known, length, NULL);
}

static CgSchemaTable *
add_table(Reader *reader, const CgRows *rows)
{
    CgSchemaTable *table = find_table(reader, rows);
    if (table != NULL)
        return table;
    table = g_new(CgSchemaTable, 1);
    *table = (CgSchemaTable){
        .name = cg_rows_text_dup(rows, 0),
        .columns = g_ptr_array_new_with_free_func(free_column),
        .indexes = g_ptr_array_new_with_free_func(free_index),
        .foreign_keys = g_ptr_array_new_with_free_func(free_foreign_key),
        .checks = g_ptr_array_new_with_free_func(g_free),
    };
    g_ptr_array_add(reader->schema->tables, table);
    return reader->table = table;
}

static void
read_column(Reader *reader, const CgRows *rows)
{
    g_autofree char *declared = cg_rows_text_dup(rows, 2);
    g_autofree char *base = cg_rows_text_dup(rows, 6);
    g_autofree char *base_type = normalise_type(base);
    CgSchemaColumn *column = g_new(CgSchemaColumn, 1);

    *column = (CgSchemaColumn){
        .name = cg_rows_text_dup(rows, 1),
        .type_class = reader->how->classify(base_type),
        .type = normalise_type(declared),
        .nullable = cg_rows_bool(rows, 3),
        .default_text = cg_rows_text_dup(rows, 4),
        .key = (unsigned)cg_rows_int(rows, 5),
    };
    g_ptr_array_add(add_table(reader, rows)->columns, column);
}

/* ---- indexes, foreign keys, checks ---- */

static CgSchemaIndex *
add_index(Reader *reader, const CgRows *rows)
{
    CgSchemaIndex *index = g_new(CgSchemaIndex, 1);
    *index = (CgSchemaIndex){
        .name = cg_rows_bool(rows, 2) ? NULL : cg_rows_text_dup(rows, 1),
        .unique = cg_rows_bool(rows, 3),
        .valid = cg_rows_bool(rows, 4),
        .where = cg_rows_text_dup(rows, 7),
    };
    g_ptr_array_add(reader->table->indexes, index);
    return index;
}

static void
read_index(Reader *reader, const CgRows *rows)
{
    if (find_table(reader, rows) == NULL)
        return;
    if (!continues(reader, rows))
        reader->last = add_index(reader, rows);
    g_autofree char *key = cg_rows_text_dup(rows, 5);
    g_autofree char *suffix = cg_rows_text_dup(rows, 6);
    CgSchemaIndex *index = reader->last;
    append_text(&index->keys, key != NULL ? g_strconcat(key, suffix, NULL) : g_strdup(""));
}

static void
append_action(GString *actions, const char *event, const CgRows *rows, int column)
{
    g_autofree char *action = cg_rows_text_dup(rows, column);
    g_autofree char *lower = g_ascii_strdown(action, -1);
    if (strcmp(lower, "no action") != 0)
        g_string_append_printf(actions, "%son %s %s", actions->len > 0 ? " " : "", event, lower);
}

static CgSchemaForeignKey *
add_foreign_key(Reader *reader, const CgRows *rows)
{
    GString *actions = g_string_new(NULL);
    append_action(actions, "update", rows, 5);
    append_action(actions, "delete", rows, 6);
    CgSchemaForeignKey *key = g_new(CgSchemaForeignKey, 1);
    *key = (CgSchemaForeignKey){
        .name = cg_rows_bool(rows, 7) ? cg_rows_text_dup(rows, 1) : NULL,
        .parent = cg_rows_text_dup(rows, 3),
        .actions = g_string_free(actions, FALSE),
    };
    g_ptr_array_add(reader->table->foreign_keys, key);
    return key;
}

static void
read_foreign_key(Reader *reader, const CgRows *rows)
{
    if (find_table(reader, rows) == NULL)
        return;
    if (!continues(reader, rows))
        reader->last = add_foreign_key(reader, rows);
    CgSchemaForeignKey *key = reader->last;
    char *parent_column = cg_rows_text_dup(rows, 4);
    append_text(&key->columns, cg_rows_text_dup(rows, 2));
    append_text(&key->parent_columns, parent_column != NULL ? parent_column : g_strdup(""));
}

static void
read_check(Reader *reader, const CgRows *rows)
{
    if (find_table(reader, rows) != NULL)
        g_ptr_array_add(reader->table->checks, cg_rows_text_dup(rows, 1));
}

/* ---- order ---- */

static int
compare_tables(const void *a, const void *b)
{
    return strcmp((*(const CgSchemaTable *const *)a)->name,
                  (*(const CgSchemaTable *const *)b)->name);
}

static int
compare_indexes(const void *a, const void *b)
{
    const CgSchemaIndex *left = *(const CgSchemaIndex *const *)a;
    const CgSchemaIndex *right = *(const CgSchemaIndex *const *)b;
    int by_name = g_strcmp0(left->name, right->name);
    return by_name != 0 ? by_name : strcmp(left->keys[0], right->keys[0]);
}

static int
compare_texts(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* SQLite repeats a check at each rebuild of a table by Cinder's migrations. */
static void
sort_checks(GPtrArray *checks)
{
    g_ptr_array_sort(checks, compare_texts);
    for (unsigned i = checks->len; i > 1; i--)
        if (strcmp(checks->pdata[i - 1], checks->pdata[i - 2]) == 0)
            g_ptr_array_remove_index(checks, i - 1);
}

static void
sort(CgSchema *schema)
{
    g_ptr_array_sort(schema->tables, compare_tables);
    for (unsigned i = 0; i < schema->tables->len; i++) {
        CgSchemaTable *table = schema->tables->pdata[i];
        g_ptr_array_sort(table->indexes, compare_indexes);
        sort_checks(table->checks);
    }
}

/* ---- the whole ---- */

static const CgIntrospection *
find_introspection(const CgDialect *dialect)
{
    for (size_t i = 0; i < G_N_ELEMENTS(introspections); i++)
        if (strcmp(introspections[i]->dialect->name, dialect->name) == 0)
            return introspections[i];
    g_error("no introspection for dialect \"%s\"", dialect->name);
}

static bool
read_all(CgDb *db, Reader *reader, GError **error)
{
    const CgIntrospection *how = reader->how;
    return read_rows(db, how->columns, read_column, reader, error) &&
           read_rows(db, how->indexes, read_index, reader, error) &&
           read_rows(db, how->foreign_keys, read_foreign_key, reader, error) &&
           (how->checks == NULL || read_rows(db, how->checks, read_check, reader, error)) &&
           (how->refine == NULL || how->refine(db, reader->schema, error));
}

CgSchema *
cg_schema_read(CgDb *db, GError **error)
{
    const CgIntrospection *how = find_introspection(cg_db_dialect(db));
    g_autoptr(CgSchema) schema = g_new(CgSchema, 1);
    *schema = (CgSchema){
        .dialect = how->dialect->name,
        .tables = g_ptr_array_new_with_free_func(free_table),
    };
    Reader reader = { .how = how, .schema = schema };
    bool ok = read_all(db, &reader, error);
    g_free(reader.last_id);
    if (!ok)
        return NULL;
    sort(schema);
    return g_steal_pointer(&schema);
}
