/*
 * SQLite's part of the introspection: types by their declared name, and what no pragma tells
 * (checks, expressions and conditions of indexes), read token by token from the text of the
 * statements.
 */
#include "schema/introspect.h"

#include "db/normalise.h"

#include <string.h>

/* ---- type classes ---- */

/* Tried in this order, as SQLite finds a column's affinity; times and booleans, which SQLite does
 * not know, before those that their names contain. */
static const struct {
    const char *part;
    CgTypeClass type_class;
} classes[] = {
    { "bool", CG_CLASS_BOOL }, { "date", CG_CLASS_TIME },    { "timestamp", CG_CLASS_TIME },
    { "int", CG_CLASS_INT },   { "char", CG_CLASS_TEXT },    { "clob", CG_CLASS_TEXT },
    { "text", CG_CLASS_TEXT }, { "blob", CG_CLASS_BLOB },    { "binary", CG_CLASS_BLOB },
    { "real", CG_CLASS_REAL }, { "floa", CG_CLASS_REAL },    { "doub", CG_CLASS_REAL },
    { "num", CG_CLASS_REAL },  { "decimal", CG_CLASS_REAL },
};

static CgTypeClass
classify(const char *type)
{
    for (size_t i = 0; i < G_N_ELEMENTS(classes); i++)
        if (strstr(type, classes[i].part) != NULL)
            return classes[i].type_class;
    return CG_CLASS_OTHER;
}

/* ---- walking a statement ---- */

typedef struct {
    CgLexer lexer;
    CgToken token;
    int depth; /* of parentheses around the token; an opening one counts as outside */
} Walk;

/* False at the end. Text that SQLite took is text that our lexer takes; if not, that is the end. */
static bool
step(Walk *walk)
{
    const char *data = walk->lexer.text->data;
    if (walk->token.len == 1 && data[walk->token.offset] == '(')
        walk->depth++;
    if (!cg_lexer_next_code(&walk->lexer, &walk->token, NULL) || walk->token.kind == CG_TOKEN_END)
        return false;
    if (walk->token.len == 1 && data[walk->token.offset] == ')')
        walk->depth--;
    return true;
}

static bool
is_mark(const Walk *walk, char mark)
{
    return walk->token.len == 1 && walk->lexer.text->data[walk->token.offset] == mark;
}

static char *
normalise_range(const CgText *text, size_t from, size_t to)
{
    CgText part = { .name = text->name, .data = text->data + from, .len = to - from };
    return cg_sql_normalise(&part, CG_SQL_SQLITE);
}

/* At an opening parenthesis: steps to its closing one and gives what is between. NULL at the end.
 */
static char *
take_parenthesis(Walk *walk)
{
    size_t from = walk->token.offset + 1;
    int depth = walk->depth;
    while (step(walk))
        if (is_mark(walk, ')') && walk->depth == depth)
            return normalise_range(walk->lexer.text, from, walk->token.offset);
    return NULL;
}

/* ---- CREATE TABLE: checks ---- */

static void
read_checks(CgSchemaTable *table, const CgText *text)
{
    Walk walk = { .lexer = { .text = text, .dialect = CG_SQL_SQLITE } };
    while (step(&walk)) {
        if (walk.depth != 1 || !cg_token_is_word(text, walk.token, "CHECK"))
            continue;
        if (!step(&walk) || !is_mark(&walk, '('))
            continue;
        char *check = take_parenthesis(&walk);
        if (check != NULL)
            g_ptr_array_add(table->checks, check);
    }
}

/* ---- CREATE INDEX: expressions, condition ---- */

static void
fill_key(CgSchemaIndex *index, size_t i, const CgText *text, size_t from, size_t to)
{
    if (i >= g_strv_length(index->keys) || index->keys[i][0] != '\0')
        return;
    g_free(index->keys[i]);
    index->keys[i] = normalise_range(text, from, to);
}

/* At the opening parenthesis of the key list. */
static void
read_index_keys(CgSchemaIndex *index, Walk *walk)
{
    const CgText *text = walk->lexer.text;
    size_t from = walk->token.offset + 1;
    size_t n = 0;
    while (step(walk)) {
        bool is_end = is_mark(walk, ')') && walk->depth == 0;
        if (!is_end && !(is_mark(walk, ',') && walk->depth == 1))
            continue;
        fill_key(index, n++, text, from, walk->token.offset);
        from = walk->token.offset + 1;
        if (is_end)
            return;
    }
}

static void
read_index(CgSchemaIndex *index, const CgText *text)
{
    Walk walk = { .lexer = { .text = text, .dialect = CG_SQL_SQLITE } };
    while (step(&walk) && !is_mark(&walk, '('))
        continue;
    read_index_keys(index, &walk);
    if (step(&walk) && cg_token_is_word(text, walk.token, "WHERE")) {
        size_t from = walk.token.offset + walk.token.len;
        index->where = normalise_range(text, from, text->len);
    }
}

/* ---- the statements ---- */

static void
refine_index(CgSchemaTable *table, const char *name, const CgText *text)
{
    for (unsigned i = 0; i < table->indexes->len; i++) {
        CgSchemaIndex *index = table->indexes->pdata[i];
        if (g_strcmp0(index->name, name) == 0)
            read_index(index, text);
    }
}

static void
refine_row(CgSchema *schema, const CgRows *rows)
{
    g_autofree char *type = cg_rows_text_dup(rows, 0);
    g_autofree char *name = cg_rows_text_dup(rows, 1);
    g_autofree char *table_name = cg_rows_text_dup(rows, 2);
    g_autofree char *sql = cg_rows_text_dup(rows, 3);
    CgSchemaTable *table = (CgSchemaTable *)cg_schema_find_table(schema, table_name);
    CgText text = { .name = name, .data = sql, .len = strlen(sql) };

    if (table == NULL)
        return;
    if (strcmp(type, "table") == 0)
        read_checks(table, &text);
    else
        refine_index(table, name, &text);
}

static bool
refine(CgDb *db, CgSchema *schema, GError **error)
{
    g_autoptr(CgRows) rows = cg_db_query(db,
                                         "SELECT type, name, tbl_name, sql FROM main.sqlite_master"
                                         " WHERE type IN ('table', 'index') AND sql IS NOT NULL",
                                         NULL, 0, error);
    int more = rows != NULL ? 1 : -1;
    while (more > 0 && (more = cg_rows_next(rows, error)) > 0)
        refine_row(schema, rows);
    return more == 0;
}

const CgIntrospection cg_introspection_sqlite = {
    .dialect = &cg_dialect_sqlite,
    .columns = "schema/sql/columns.sqlite.sql",
    .indexes = "schema/sql/indexes.sqlite.sql",
    .foreign_keys = "schema/sql/foreign_keys.sqlite.sql",
    .classify = classify,
    .refine = refine,
};
