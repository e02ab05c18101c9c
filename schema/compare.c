/* Differences between two models, table by table. */
#include "schema/compare.h"

#include "schema/facts.h"

#include <string.h>

static const char *const kind_names[] = {
    [CG_DIFF_MISSING] = "missing",   [CG_DIFF_EXTRA] = "extra",
    [CG_DIFF_CLASS] = "class",       [CG_DIFF_TYPE] = "type",
    [CG_DIFF_NULLABLE] = "nullable", [CG_DIFF_DEFAULT] = "default",
    [CG_DIFF_KEY] = "key",           [CG_DIFF_INDEX] = "index",
    [CG_DIFF_CHECK] = "check",       [CG_DIFF_FOREIGN_KEY] = "foreign-key",
};

const char *
cg_diff_kind_name(CgDiffKind kind)
{
    return kind_names[kind];
}

typedef struct {
    GPtrArray *list;
    const char *table;
    bool exact; /* both models come from one backend */
} Differences;

static void
free_difference(void *data)
{
    CgSchemaDifference *difference = data;
    g_free(difference->table);
    g_free(difference->column);
    g_free(difference->text);
    g_free(difference);
}

static void G_GNUC_PRINTF(4, 5)
    add(Differences *out, CgDiffKind kind, const char *column, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *what = g_strdup_vprintf(format, arguments);
    va_end(arguments);

    CgSchemaDifference *difference = g_new(CgSchemaDifference, 1);
    *difference = (CgSchemaDifference){
        .kind = kind,
        .table = g_strdup(out->table),
        .column = g_strdup(column),
        .text = column != NULL ? g_strdup_printf("%s.%s %s", out->table, column, what)
                               : g_strdup_printf("%s %s", out->table, what),
    };
    g_ptr_array_add(out->list, difference);
}

/* A key column never holds NULL, whether its declaration says so or not. */
static void
compare_columns(Differences *out, const CgSchemaColumn *expected, const CgSchemaColumn *actual)
{
    const char *name = expected->name;
    if (expected->type_class != actual->type_class)
        add(out, CG_DIFF_CLASS, name, "is %s, not %s", actual->type, expected->type);
    else if (strcmp(expected->type, actual->type) != 0)
        add(out, CG_DIFF_TYPE, name, "is %s, not %s", actual->type, expected->type);
    if (expected->nullable != actual->nullable && (expected->key == 0 || actual->key == 0))
        add(out, CG_DIFF_NULLABLE, name, actual->nullable ? "may be NULL" : "may not be NULL");
    if (out->exact && g_strcmp0(expected->default_text, actual->default_text) != 0)
        add(out, CG_DIFF_DEFAULT, name, "has the default %s, not %s",
            actual->default_text != NULL ? actual->default_text : "NULL",
            expected->default_text != NULL ? expected->default_text : "NULL");
    if (expected->key == actual->key)
        return;
    add(out, CG_DIFF_KEY, name,
        actual->key == 0     ? "is not part of the primary key"
        : expected->key == 0 ? "is part of the primary key"
                             : "has another place in the primary key");
}

static void
compare_all_columns(Differences *out, const CgSchemaTable *expected, const CgSchemaTable *actual)
{
    for (unsigned i = 0; i < expected->columns->len; i++) {
        const CgSchemaColumn *column = expected->columns->pdata[i];
        const CgSchemaColumn *other = cg_schema_table_column(actual, column->name);
        if (other != NULL)
            compare_columns(out, column, other);
        else
            add(out, CG_DIFF_MISSING, column->name, "is missing (%s)", column->type);
    }
    for (unsigned i = 0; i < actual->columns->len; i++) {
        const CgSchemaColumn *column = actual->columns->pdata[i];
        if (cg_schema_table_column(expected, column->name) == NULL)
            add(out, CG_DIFF_EXTRA, column->name, "is not expected (%s)", column->type);
    }
}

/* Both lists are sorted: a merge shows what one of them has alone. */
static void
compare_facts(Differences *out, CgDiffKind kind, const char *noun, const GPtrArray *expected,
              const GPtrArray *actual)
{
    unsigned i = 0, j = 0;
    while (i < expected->len || j < actual->len) {
        int order = i == expected->len ? 1
                    : j == actual->len ? -1
                                       : strcmp(expected->pdata[i], actual->pdata[j]);
        if (order < 0)
            add(out, kind, NULL, "lacks the %s %s", noun, (const char *)expected->pdata[i]);
        else if (order > 0)
            add(out, kind, NULL, "has an unexpected %s %s", noun, (const char *)actual->pdata[j]);
        i += order <= 0;
        j += order >= 0;
    }
}

static void
compare_lists(Differences *out, CgDiffKind kind, const char *noun,
              GPtrArray *(*facts)(const CgSchemaTable *, bool), const CgSchemaTable *expected,
              const CgSchemaTable *actual)
{
    g_autoptr(GPtrArray) left = facts(expected, out->exact);
    g_autoptr(GPtrArray) right = facts(actual, out->exact);
    compare_facts(out, kind, noun, left, right);
}

static void
compare_tables(Differences *out, const CgSchemaTable *expected, const CgSchemaTable *actual)
{
    compare_all_columns(out, expected, actual);
    compare_lists(out, CG_DIFF_INDEX, "index", cg_facts_indexes, expected, actual);
    compare_lists(out, CG_DIFF_FOREIGN_KEY, "foreign key", cg_facts_foreign_keys, expected, actual);
    compare_lists(out, CG_DIFF_CHECK, "check", cg_facts_checks, expected, actual);
}

static bool
is_ignored(const char *table, const char *ignore_prefix)
{
    return ignore_prefix != NULL && g_str_has_prefix(table, ignore_prefix);
}

static void
find_missing(Differences *out, const CgSchema *expected, const CgSchema *actual,
             const char *ignore_prefix)
{
    for (unsigned i = 0; i < expected->tables->len; i++) {
        const CgSchemaTable *table = expected->tables->pdata[i];
        const CgSchemaTable *other = cg_schema_find_table(actual, table->name);
        out->table = table->name;
        if (is_ignored(table->name, ignore_prefix))
            continue;
        if (other != NULL)
            compare_tables(out, table, other);
        else
            add(out, CG_DIFF_MISSING, NULL, "is missing");
    }
}

static void
find_extra(Differences *out, const CgSchema *expected, const CgSchema *actual,
           const char *ignore_prefix)
{
    for (unsigned i = 0; i < actual->tables->len; i++) {
        const CgSchemaTable *table = actual->tables->pdata[i];
        out->table = table->name;
        if (!is_ignored(table->name, ignore_prefix) &&
            cg_schema_find_table(expected, table->name) == NULL)
            add(out, CG_DIFF_EXTRA, NULL, "is not expected");
    }
}

GPtrArray *
cg_schema_compare(const CgSchema *expected, const CgSchema *actual, const char *ignore_prefix)
{
    Differences out = {
        .list = g_ptr_array_new_with_free_func(free_difference),
        .exact = strcmp(expected->dialect, actual->dialect) == 0,
    };
    find_missing(&out, expected, actual, ignore_prefix);
    find_extra(&out, expected, actual, ignore_prefix);
    return out.list;
}
