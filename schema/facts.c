/* Columns, indexes, keys and checks as texts, and the canonical listing made of them. */
#include "schema/facts.h"

#include "base/digest.h"

#include <string.h>

static int
compare_texts(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static GPtrArray *
sorted(GPtrArray *texts)
{
    g_ptr_array_sort(texts, compare_texts);
    return texts;
}

static void
append_list(GString *text, char **names)
{
    g_autofree char *joined = g_strjoinv(", ", names);
    g_string_append_printf(text, "(%s)", joined);
}

char *
cg_fact_column(const CgSchemaColumn *column)
{
    GString *text = g_string_new(column->type);
    if (!column->nullable)
        g_string_append(text, ", not null");
    if (column->default_text != NULL)
        g_string_append_printf(text, ", default %s", column->default_text);
    if (column->key > 0)
        g_string_append_printf(text, ", key %u", column->key);
    return g_string_free(text, FALSE);
}

/* Conditions are spelt differently by each backend: between two only that there is one is compared.
 */
static void
append_where(GString *text, const char *where, bool exact)
{
    if (where == NULL)
        return;
    g_string_append(text, exact ? ", where " : ", partial");
    if (exact)
        g_string_append(text, where);
}

GPtrArray *
cg_facts_indexes(const CgSchemaTable *table, bool exact)
{
    GPtrArray *facts = g_ptr_array_new_with_free_func(g_free);
    for (unsigned i = 0; i < table->indexes->len; i++) {
        const CgSchemaIndex *index = table->indexes->pdata[i];
        GString *text = g_string_new(NULL);
        if (exact && index->name != NULL)
            g_string_append_printf(text, "%s ", index->name);
        append_list(text, index->keys);
        if (index->unique)
            g_string_append(text, ", unique");
        if (!index->valid)
            g_string_append(text, ", invalid");
        append_where(text, index->where, exact);
        g_ptr_array_add(facts, g_string_free(text, FALSE));
    }
    return sorted(facts);
}

GPtrArray *
cg_facts_foreign_keys(const CgSchemaTable *table, bool exact)
{
    GPtrArray *facts = g_ptr_array_new_with_free_func(g_free);
    for (unsigned i = 0; i < table->foreign_keys->len; i++) {
        const CgSchemaForeignKey *key = table->foreign_keys->pdata[i];
        GString *text = g_string_new(NULL);
        if (exact && key->name != NULL)
            g_string_append_printf(text, "%s ", key->name);
        append_list(text, key->columns);
        g_string_append_printf(text, " to %s ", key->parent);
        append_list(text, key->parent_columns);
        if (key->actions[0] != '\0')
            g_string_append_printf(text, " %s", key->actions);
        g_ptr_array_add(facts, g_string_free(text, FALSE));
    }
    return sorted(facts);
}

GPtrArray *
cg_facts_checks(const CgSchemaTable *table, bool exact)
{
    GPtrArray *facts = g_ptr_array_new_with_free_func(g_free);
    for (unsigned i = 0; exact && i < table->checks->len; i++)
        g_ptr_array_add(facts, g_strdup(table->checks->pdata[i]));
    return sorted(facts);
}

/* ---- the canonical listing ---- */

/* A line break within a name or an expression must not look like the end of a fact. */
static void
append_line(GPtrArray *lines, const char *table, const char *what, const char *fact)
{
    GString *line = g_string_new(table);
    g_string_append_printf(line, " %s %s", what, fact);
    g_string_replace(line, "\\", "\\\\", 0);
    g_string_replace(line, "\n", "\\n", 0);
    g_ptr_array_add(lines, g_string_free(line, FALSE));
}

static void
append_facts(GPtrArray *lines, const CgSchemaTable *table, const char *what,
             GPtrArray *(*list)(const CgSchemaTable *, bool))
{
    g_autoptr(GPtrArray) facts = list(table, true);
    for (unsigned i = 0; i < facts->len; i++)
        append_line(lines, table->name, what, facts->pdata[i]);
}

static void
append_table(GPtrArray *lines, const CgSchemaTable *table)
{
    for (unsigned i = 0; i < table->columns->len; i++) {
        const CgSchemaColumn *column = table->columns->pdata[i];
        g_autofree char *fact = cg_fact_column(column);
        g_autofree char *named = g_strdup_printf("%s %s", column->name, fact);
        append_line(lines, table->name, "column", named);
    }
    append_facts(lines, table, "index", cg_facts_indexes);
    append_facts(lines, table, "foreign key", cg_facts_foreign_keys);
    append_facts(lines, table, "check", cg_facts_checks);
}

char *
cg_schema_canonical(const CgSchema *schema, const char *ignore_prefix)
{
    g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
    for (unsigned i = 0; i < schema->tables->len; i++) {
        const CgSchemaTable *table = schema->tables->pdata[i];
        if (ignore_prefix == NULL || !g_str_has_prefix(table->name, ignore_prefix))
            append_table(lines, table);
    }
    sorted(lines);
    GString *text = g_string_new(NULL);
    for (unsigned i = 0; i < lines->len; i++)
        g_string_append_printf(text, "%s\n", (const char *)lines->pdata[i]);
    return g_string_free(text, FALSE);
}

char *
cg_schema_fingerprint(const CgSchema *schema, const char *ignore_prefix)
{
    g_autofree char *text = cg_schema_canonical(schema, ignore_prefix);
    return cg_sha256_hex(text, strlen(text));
}
