/*
 * The report for a person who was woken up: what is wrong first, how much, and what to type next.
 *
 * Errors and warnings are listed, a table a rule. What is only information is counted, because on a
 * healthy cloud there is much of it and nothing to be done.
 */
#include "base/table.h"
#include "base/term.h"
#include "base/time.h"
#include "verify/report.h"

#include <string.h>

enum { LIMIT_FOR_A_PERSON = 10, NUMBER_SIZE = 32 };

static CgStyle
style_of(CgSeverity severity)
{
    static const CgStyle styles[CG_N_SEVERITIES] = { CG_CYAN, CG_YELLOW, CG_RED };
    return styles[severity];
}

/* "1 error", "2,000 errors". */
static void
print_count(FILE *out, int64_t n, const char *one, const char *many)
{
    char number[NUMBER_SIZE];
    fprintf(out, "%s %s", cg_table_number(n, number), n == 1 ? one : many);
}

/* ---- head ---- */

/* "1,204 consistencygroups, 310 cgsnapshots, …". */
static void
print_rows_read(FILE *out, const CgReport *report)
{
    char number[NUMBER_SIZE];
    for (size_t i = 0; i < CG_N_AUDITED_TABLES; i++)
        fprintf(out, "%s%s %s", i > 0 ? ", " : "", cg_table_number(report->tables[i].rows, number),
                report->tables[i].name);
}

/* By day: nobody remembers what was purged at which microsecond. */
static void
print_horizons(FILE *out, const CgReport *report)
{
    enum { DAY = 10 };
    char text[CG_TIME_TEXT_SIZE];
    unsigned n = 0;
    for (size_t i = 0; i < CG_N_AUDITED_TABLES; i++)
        if (report->tables[i].horizon != CG_TIME_NONE)
            fprintf(out, "%s %s %.*s",
                    n++ > 0 ? "," : "deleted rows reach back to:", report->tables[i].name, DAY,
                    cg_time_format(report->tables[i].horizon, text));
    fputs(n > 0 ? "\n" : "no deleted rows are left: a purge may explain what is missing\n", out);
}

static void
print_notice(FILE *out, const CgReport *report)
{
    if (report->notice != NULL)
        fprintf(out, "%snote:%s %s%s", cg_style(out, CG_YELLOW), cg_style(out, CG_RESET),
                report->notice, g_str_has_suffix(report->notice, "\n") ? "" : "\n");
}

static void
print_head(FILE *out, const CgReport *report)
{
    fprintf(out, "%s%s%s\n", cg_style(out, CG_BOLD),
            report->database != NULL ? report->database : "lineage in memory",
            cg_style(out, CG_RESET));
    fputs(cg_style(out, CG_DIM), out);
    if (report->server != NULL)
        fprintf(out, "%s, %s, ", report->server, report->position);
    fprintf(out, "naming %s, cg-verify %s, rule set %d\n", report->naming, CG_VERSION,
            CG_RULE_SET_VERSION);
    fputs("read ", out);
    print_rows_read(out, report);
    if (report->reloads > 0)
        fprintf(out, ", again after %d recovery conflict%s", report->reloads,
                report->reloads == 1 ? "" : "s");
    fputc('\n', out);
    print_horizons(out, report);
    fputs(cg_style(out, CG_RESET), out);
    print_notice(out, report);
}

/* ---- findings ---- */

/* Findings that share a table of the report: [from, to) of one rule, severity and database table.
 */
typedef struct {
    const GPtrArray *findings;
    unsigned from, to;
} Block;

static const CgFinding *
finding_at(const Block *block, unsigned i)
{
    return g_ptr_array_index(block->findings, i);
}

static bool
next_block(Block *block)
{
    block->from = block->to;
    if (block->from == block->findings->len)
        return false;
    const CgFinding *first = finding_at(block, block->from);
    for (block->to++; block->to < block->findings->len; block->to++) {
        const CgFinding *finding = finding_at(block, block->to);
        if (finding->severity != first->severity || finding->rule != first->rule ||
            finding->object.table != first->object.table)
            break;
    }
    return true;
}

static const CgRule *
rule_of(const CgReport *report, const CgFinding *finding)
{
    for (size_t i = 0; i < report->n_rules; i++)
        if (report->rules[i].rule->id == finding->rule)
            return report->rules[i].rule;
    g_assert_not_reached();
}

static void
print_rows(FILE *out, const Block *block, unsigned shown)
{
    g_autofree char *title = g_ascii_strup(finding_at(block, block->from)->object.table, -1);
    const CgTableColumn columns[] = { { "", 0 }, { title, 0 }, { "FINDING", CG_TABLE_WRAP } };
    g_autoptr(CgTable) table = cg_table_new(columns, G_N_ELEMENTS(columns));
    for (unsigned i = block->from; i < block->from + shown; i++)
        cg_table_row(table, " ", finding_at(block, i)->object.id, finding_at(block, i)->message);
    cg_table_print(table, out);
}

static void
print_block(FILE *out, const CgReport *report, const Block *block, int64_t limit)
{
    const CgFinding *first = finding_at(block, block->from);
    const CgRule *rule = rule_of(report, first);
    unsigned n = block->to - block->from;
    unsigned shown = limit > 0 && limit < n ? (unsigned)limit : n;
    fprintf(out, "\n%s%s%s%s  %s%s %s%s  ", cg_style(out, CG_BOLD),
            cg_style(out, style_of(first->severity)), cg_severity_name(first->severity),
            cg_style(out, CG_RESET), cg_style(out, CG_BOLD), rule->id, rule->name,
            cg_style(out, CG_RESET));
    print_count(out, n, "finding", "findings");
    fprintf(out, "\n%s\n", rule->sentence);
    print_rows(out, block, shown);
    char number[NUMBER_SIZE];
    if (shown < n)
        fprintf(out, "  … %s more (--limit 0 shows all)\n", cg_table_number(n - shown, number));
}

/* ---- information ---- */

static void
print_information(FILE *out, const CgReport *report)
{
    static const CgTableColumn columns[] = {
        { "", 0 }, { "", 0 }, { "", CG_TABLE_RIGHT }, { "", CG_TABLE_WRAP }
    };
    g_autoptr(CgTable) table = cg_table_new(columns, G_N_ELEMENTS(columns));
    unsigned n = 0;
    for (unsigned i = 0; i < report->findings->len; i++) {
        const CgFinding *finding = g_ptr_array_index(report->findings, i);
        const CgFinding *next =
            i + 1 < report->findings->len ? g_ptr_array_index(report->findings, i + 1) : NULL;
        if (finding->severity != CG_SEVERITY_INFO)
            continue;
        n++;
        if (next != NULL && next->rule == finding->rule)
            continue;
        char number[NUMBER_SIZE];
        cg_table_row(table, " ", finding->rule, cg_table_number(n, number),
                     rule_of(report, finding)->sentence);
        n = 0;
    }
    fprintf(out, "\n%sfor information%s  nothing to do; --info lists them\n",
            cg_style(out, CG_CYAN), cg_style(out, CG_RESET));
    cg_table_print(table, out);
}

static void
print_findings(FILE *out, const CgReport *report, const CgReportOptions *options)
{
    int64_t limit = options->limit < 0 ? LIMIT_FOR_A_PERSON : options->limit;
    Block block = { .findings = report->findings };
    while (next_block(&block))
        if (options->list_info || finding_at(&block, block.from)->severity > CG_SEVERITY_INFO)
            print_block(out, report, &block, limit);
    if (!options->list_info && report->summary[CG_SEVERITY_INFO] > 0)
        print_information(out, report);
}

/* ---- foot ---- */

static void
print_skipped(FILE *out, const CgReport *report)
{
    const char *before = "\n";
    for (size_t i = 0; i < report->n_rules; i++) {
        const CgRuleResult *result = &report->rules[i];
        if (result->skipped == NULL)
            continue;
        fprintf(out, "%s%snot checked%s  %s %s: %s\n", before, cg_style(out, CG_YELLOW),
                cg_style(out, CG_RESET), result->rule->id, result->rule->name, result->skipped);
        before = "";
    }
}

static void
print_counts(FILE *out, const CgReport *report)
{
    print_count(out, report->summary[CG_SEVERITY_ERROR], "error", "errors");
    fputs(", ", out);
    print_count(out, report->summary[CG_SEVERITY_WARNING], "warning", "warnings");
    char number[NUMBER_SIZE];
    fprintf(out, ", %s for information; ",
            cg_table_number(report->summary[CG_SEVERITY_INFO], number));
    print_count(out, cg_report_rules_ran(report), "rule ran", "rules ran");
    fputc('\n', out);
}

/* One line that says what was looked at, so that "clean" is worth something. */
static void
print_clean(FILE *out, const CgReport *report)
{
    fprintf(out, "%sclean%s  ", cg_style(out, CG_GREEN), cg_style(out, CG_RESET));
    print_count(out, cg_report_rules_ran(report), "rule", "rules");
    fputs(" found nothing wrong in ", out);
    print_rows_read(out, report);
    fputc('\n', out);
}

static void
print_foot(FILE *out, const CgReport *report)
{
    print_skipped(out, report);
    fputc('\n', out);
    bool is_clean = report->summary[CG_SEVERITY_ERROR] + report->summary[CG_SEVERITY_WARNING] == 0;
    if (is_clean && cg_report_rules_ran(report) > 0)
        print_clean(out, report);
    else
        print_counts(out, report);
    if (report->findings->len == 0)
        return;
    const CgFinding *worst = g_ptr_array_index(report->findings, 0);
    fprintf(out, "next: cg-verify explain %s\n", worst->rule);
}

bool
cg_report_human(const CgReport *report, const CgReportOptions *options, FILE *out)
{
    print_head(out, report);
    print_findings(out, report, options);
    print_foot(out, report);
    return fflush(out) == 0 && !ferror(out);
}
