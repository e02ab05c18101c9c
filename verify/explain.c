/* Rules in words; see explain.h. */
#include "verify/explain.h"

#include "base/json.h"
#include "base/table.h"
#include "base/term.h"

#include <string.h>

enum { TEXT_WIDTH = 78, INDENT = 4 };

static bool
is_written(FILE *out)
{
    return fflush(out) == 0 && !ferror(out);
}

/* ---- for a person ---- */

bool
cg_explain_list(FILE *out)
{
    static const CgTableColumn columns[] = {
        { "RULE", 0 }, { "SEVERITY", 0 }, { "NAME", 0 }, { "A FINDING SAYS", CG_TABLE_WRAP }
    };
    g_autoptr(CgTable) table = cg_table_new(columns, G_N_ELEMENTS(columns));
    for (size_t i = 0; i < cg_n_rules; i++)
        cg_table_row(table, cg_rules[i].id, cg_severity_name(cg_rules[i].severity),
                     cg_rules[i].name, cg_rules[i].sentence);
    cg_table_print(table, out);
    return is_written(out);
}

static void
print_title(FILE *out, const char *title)
{
    fprintf(out, "\n%s%s%s\n", cg_style(out, CG_BOLD), title, cg_style(out, CG_RESET));
}

/* Words are ASCII here, so that bytes are columns. */
static void
print_wrapped(FILE *out, const char *title, const char *text)
{
    print_title(out, title);
    g_auto(GStrv) words = g_strsplit_set(text, " \n", -1);
    size_t column = 0;
    for (char **word = words; *word != NULL; word++) {
        size_t len = strlen(*word);
        bool breaks = column > 0 && column + 1 + len > TEXT_WIDTH;
        if (column == 0 || breaks)
            column =
                (size_t)fprintf(out, "%s%*s%s", breaks ? "\n" : "", INDENT, "", *word) - breaks;
        else
            column += (size_t)fprintf(out, " %s", *word);
    }
    fputc('\n', out);
}

static void
print_sql(FILE *out, const char *sql)
{
    print_title(out, "To look by hand");
    g_auto(GStrv) lines = g_strsplit(sql, "\n", -1);
    for (char **line = lines; *line != NULL; line++)
        fprintf(out, "%*s%s\n", INDENT, "", *line);
    fprintf(
        out,
        "%s%*s(with the column of upstream's own lineage, read source_cgid for source_cg_id)%s\n",
        cg_style(out, CG_DIM), INDENT, "", cg_style(out, CG_RESET));
}

bool
cg_explain_rule(const CgRule *rule, FILE *out)
{
    fprintf(out, "%s%s %s%s  (%s)\n%s\n", cg_style(out, CG_BOLD), rule->id, rule->name,
            cg_style(out, CG_RESET), cg_severity_name(rule->severity), rule->sentence);
    print_wrapped(out, "Why it matters", rule->why);
    print_wrapped(out, "What is normal", rule->normal);
    print_sql(out, rule->look);
    print_wrapped(out, "What can be done", rule->repair);
    return is_written(out);
}

/* ---- for a program ---- */

static void
write_needs(CgJson *json, const CgRule *rule)
{
    const CgNaming *naming = cg_naming_by_name("spec", NULL);
    cg_json_array(json, "needs");
    for (unsigned field = 0; field < CG_N_FIELDS; field++) {
        if ((rule->needs & CG_FIELD_BIT(field)) == 0)
            continue;
        g_autofree char *column = cg_naming_column_dup(naming, field);
        cg_json_text(json, NULL, column);
    }
    cg_json_close(json);
}

static void
write_rule(CgJson *json, const char *key, const CgRule *rule)
{
    cg_json_object(json, key);
    cg_json_text(json, "id", rule->id);
    cg_json_text(json, "name", rule->name);
    cg_json_text(json, "severity", cg_severity_name(rule->severity));
    cg_json_text(json, "sentence", rule->sentence);
    cg_json_text(json, "why", rule->why);
    cg_json_text(json, "normal", rule->normal);
    cg_json_text(json, "look", rule->look);
    cg_json_text(json, "repair", rule->repair);
    cg_json_text(json, "fix", cg_fix_name(rule->fix));
    write_needs(json, rule);
    cg_json_close(json);
}

bool
cg_explain_list_json(FILE *out)
{
    CgJson *json = cg_json_begin(out);
    cg_json_array(json, "rules");
    for (size_t i = 0; i < cg_n_rules; i++)
        write_rule(json, NULL, &cg_rules[i]);
    return cg_json_end(json);
}

bool
cg_explain_rule_json(const CgRule *rule, FILE *out)
{
    CgJson *json = cg_json_begin(out);
    write_rule(json, "rule", rule);
    return cg_json_end(json);
}
