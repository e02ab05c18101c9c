/* Tables and documents of cg-migrate; see report.h. */
#include "migrate/report.h"

#include "base/json.h"
#include "base/table.h"
#include "base/term.h"
#include "base/time.h"
#include "migrate/kept.h"
#include "schema/compare.h"

static const CgStyle state_styles[CG_N_STATES] = {
    [CG_STATE_APPLIED] = CG_GREEN,  [CG_STATE_ADOPTED] = CG_GREEN, [CG_STATE_PENDING] = CG_YELLOW,
    [CG_STATE_WAITING] = CG_YELLOW, [CG_STATE_CHANGED] = CG_RED,   [CG_STATE_MISSING] = CG_RED,
};

static char *
version_text(int64_t version)
{
    return g_strdup_printf("%04" G_GINT64_FORMAT, version);
}

static CgJson *
begin_document(const CgDb *db)
{
    CgJson *json = cg_json_begin(stdout);
    cg_json_text(json, "database", cg_db_display(db));
    cg_json_text(json, "dialect", cg_db_dialect(db)->name);
    return json;
}

/* ---- status ---- */

static void
status_json(const CgDb *db, const CgPlan *plan)
{
    g_autoptr(CgJson) json = begin_document(db);
    cg_json_int(json, "current", cg_plan_current(plan));
    cg_json_text(json, "head", cg_ledger_head(plan->ledger));
    cg_json_bool(json, "needs_adopt", plan->needs_adopt);
    cg_json_array(json, "migrations");
    for (size_t i = 0; i < cg_plan_size(plan); i++) {
        const CgPlanItem *item = cg_plan_item(plan, i);
        cg_json_object(json, NULL);
        cg_json_int(json, "version", item->version);
        cg_json_text(json, "name", item->name);
        cg_json_text(json, "state", cg_state_name(item->state));
        cg_json_bool(json, "interrupted", item->interrupted);
        cg_json_close(json);
    }
}

static char *
when_text(const CgPlanItem *item)
{
    char text[CG_TIME_TEXT_SIZE];
    bool stands = item->state != CG_STATE_PENDING && item->state != CG_STATE_WAITING;
    if (item->event == NULL || !stands)
        return g_strdup("");
    return g_strdup_printf("%.16s", cg_time_format(item->event->at, text));
}

static char *
next_of_item(const CgPlanItem *item)
{
    if (item->interrupted)
        return g_strdup_printf("next: cg-migrate %s, to finish what was interrupted",
                               item->state == CG_STATE_APPLIED ? "down" : "up");
    if (item->state == CG_STATE_WAITING)
        return g_strdup_printf("%04" G_GINT64_FORMAT " waits: %s", item->version,
                               item->migration->sections[CG_SECTION_REQUIRE].message);
    if (item->state == CG_STATE_PENDING)
        return g_strdup("next: cg-migrate plan, cg-migrate up");
    return NULL;
}

/* What the operator does next, in one line; NULL when there is nothing to do. */
static char *
next_line(const CgPlan *plan)
{
    if (plan->needs_adopt)
        return g_strdup("next: cg-migrate adopt (these tables were not made by cg-migrate)");
    g_autoptr(GError) problem = NULL;
    if (!cg_plan_check_history(plan, &problem) || !cg_plan_check_adopted(plan, &problem))
        return g_strdup_printf("%s: %s", problem->message, cg_error_hint(problem));
    for (size_t i = 0; i < cg_plan_size(plan); i++) {
        char *next = next_of_item(cg_plan_item(plan, i));
        if (next != NULL)
            return next;
    }
    return NULL;
}

static void
status_human(const CgDb *db, const CgPlan *plan)
{
    static const CgTableColumn columns[] = {
        { "VERSION", 0 }, { "MIGRATION", 0 }, { "STATE", 0 }, { "SINCE (UTC)", 0 }
    };
    printf("%s, %s\n", cg_db_display(db), cg_db_server(db));
    g_autoptr(CgTable) table = cg_table_new(columns, G_N_ELEMENTS(columns));
    for (size_t i = 0; i < cg_plan_size(plan); i++) {
        const CgPlanItem *item = cg_plan_item(plan, i);
        g_autofree char *version = version_text(item->version);
        g_autofree char *state =
            g_strconcat(cg_state_name(item->state), item->interrupted ? ", interrupted" : "", NULL);
        g_autofree char *when = when_text(item);
        CgTableRow *row = cg_table_row(table, version, item->name, state, when);
        cg_table_colour(row, 2, state_styles[item->state]);
    }
    cg_table_print(table, stdout);
    g_autofree char *next = next_line(plan);
    if (next != NULL)
        printf("%s\n", next);
}

void
cg_report_status(const CgDb *db, const CgPlan *plan, bool json)
{
    if (json)
        status_json(db, plan);
    else
        status_human(db, plan);
}

/* ---- plan ---- */

static const CgSection *
up_section(const CgPlanItem *item)
{
    return &item->migration->sections[CG_SECTION_UP];
}

static void
plan_json(const CgDb *db, const CgPlan *plan, const GPtrArray *steps)
{
    g_autoptr(CgJson) json = begin_document(db);
    cg_json_int(json, "current", cg_plan_current(plan));
    cg_json_array(json, "steps");
    for (guint i = 0; i < steps->len; i++) {
        const CgPlanItem *item = g_ptr_array_index(steps, i);
        const CgSection *up = up_section(item);
        cg_json_object(json, NULL);
        cg_json_int(json, "version", item->version);
        cg_json_text(json, "name", item->name);
        cg_json_text(json, "state", cg_state_name(item->state));
        cg_json_bool(json, "transaction", up->transaction);
        cg_json_text(json, "require", item->migration->sections[CG_SECTION_REQUIRE].message);
        cg_json_array(json, "statements");
        for (guint j = 0; j < up->statements->len; j++) {
            CgStatement s = g_array_index(up->statements, CgStatement, j);
            cg_json_bytes(json, NULL, item->migration->text.data + s.offset, s.len);
        }
        cg_json_close(json);
        cg_json_close(json);
    }
}

static void
print_sql(const CgPlanItem *item)
{
    const CgSection *up = up_section(item);
    printf("\n-- %04" G_GINT64_FORMAT "_%s\n", item->version, item->name);
    for (guint j = 0; j < up->statements->len; j++) {
        CgStatement s = g_array_index(up->statements, CgStatement, j);
        printf("%.*s;\n", (int)s.len, item->migration->text.data + s.offset);
    }
}

static void
plan_human(const CgDb *db, const CgPlan *plan, const GPtrArray *steps, bool sql)
{
    static const CgTableColumn columns[] = {
        { "VERSION", 0 },
        { "MIGRATION", 0 },
        { "STATEMENTS", CG_TABLE_RIGHT },
        { "HOW", 0 },
        { "REQUIRES", CG_TABLE_WRAP },
    };
    if (steps->len == 0) {
        printf("nothing to do: %s is at version %" G_GINT64_FORMAT "\n", cg_db_display(db),
               cg_plan_current(plan));
        return;
    }
    g_autoptr(CgTable) table = cg_table_new(columns, G_N_ELEMENTS(columns));
    for (guint i = 0; i < steps->len; i++) {
        const CgPlanItem *item = g_ptr_array_index(steps, i);
        g_autofree char *version = version_text(item->version);
        g_autofree char *statements = g_strdup_printf("%u", up_section(item)->statements->len);
        cg_table_row(table, version, item->name, statements,
                     up_section(item)->transaction ? "one transaction" : "statement by statement",
                     item->migration->sections[CG_SECTION_REQUIRE].message);
    }
    cg_table_print(table, stdout);
    for (guint i = 0; sql && i < steps->len; i++)
        print_sql(g_ptr_array_index(steps, i));
}

void
cg_report_plan(const CgDb *db, const CgPlan *plan, const GPtrArray *steps, bool sql, bool json)
{
    if (json)
        plan_json(db, plan, steps);
    else
        plan_human(db, plan, steps, sql);
}

/* ---- adopt ---- */

static void
adoption_json(const CgDb *db, const CgAdoption *adoption)
{
    g_autoptr(CgJson) json = begin_document(db);
    cg_json_int(json, "adopted", adoption->version);
    cg_json_text(json, "name", adoption->name);
    cg_json_bool(json, "already", adoption->already);
    cg_json_text(json, "head", adoption->head);
    cg_json_array(json, "differences");
    for (guint i = 0; adoption->differences != NULL && i < adoption->differences->len; i++) {
        const CgSchemaDifference *d = g_ptr_array_index(adoption->differences, i);
        cg_json_object(json, NULL);
        cg_json_text(json, "table", d->table);
        cg_json_text(json, "column", d->column);
        cg_json_text(json, "kind", cg_diff_kind_name(d->kind));
        cg_json_text(json, "text", d->text);
        cg_json_close(json);
    }
}

static void
adoption_human(const CgAdoption *adoption)
{
    if (adoption->already) {
        printf("adopted already: version %04" G_GINT64_FORMAT "_%s\n", adoption->version,
               adoption->name);
        return;
    }
    printf("adopted %04" G_GINT64_FORMAT "_%s: %u of its tables are here\n", adoption->version,
           adoption->name, adoption->tables);
    guint n = adoption->differences->len;
    if (n > 0)
        printf("%u differences, none of which matters to the tools:\n", n);
    for (guint i = 0; i < n; i++) {
        const CgSchemaDifference *d = g_ptr_array_index(adoption->differences, i);
        printf("  %s\n", d->text);
    }
    printf("ledger head: %s\nnext: cg-migrate plan, cg-migrate up\n", adoption->head);
}

void
cg_report_adoption(const CgDb *db, const CgAdoption *adoption, bool json)
{
    if (json)
        adoption_json(db, adoption);
    else
        adoption_human(adoption);
}

/* ---- runs ---- */

static const char *
direction_name(CgDirection direction)
{
    return direction == CG_UP ? "up" : "down";
}

static char *
kept_text(const CgStepResult *step, const CgKeptResult *kept)
{
    GString *text = g_string_new(NULL);
    g_string_printf(text, "%s %" G_GINT64_FORMAT " %s of %s%s%s",
                    step->direction == CG_UP ? "put back" : "kept", kept->rows,
                    kept->column != NULL ? kept->rows == 1 ? "value" : "values"
                    : kept->rows == 1    ? "row"
                                         : "rows",
                    kept->table, kept->column != NULL ? "." : "",
                    kept->column != NULL ? kept->column : "");
    if (kept->vanished > 0)
        g_string_append_printf(text, "; %" G_GINT64_FORMAT " rows are gone", kept->vanished);
    if (kept->conflicts > 0)
        g_string_append_printf(text, "; %" G_GINT64_FORMAT " have another value now",
                               kept->conflicts);
    if (kept->vanished + kept->conflicts > 0)
        g_string_append(text, ": these stay in the copy");
    return g_string_free(text, FALSE);
}

static void
print_start(const CgRunResult *result)
{
    if (result->backup_path != NULL)
        printf("copied to %s\n", result->backup_path);
    if (result->position != NULL)
        printf("the server stands at %s\n", result->position);
}

void
cg_report_step(const CgRunResult *result, const CgStepResult *step, bool json)
{
    if (json)
        return;
    if (step == NULL) {
        print_start(result);
        return;
    }
    printf("%sok%s %s %04" G_GINT64_FORMAT "_%s, %u statement%s, %" G_GINT64_FORMAT " ms\n",
           cg_style(stdout, CG_GREEN), cg_style(stdout, CG_RESET), direction_name(step->direction),
           step->version, step->name, step->statements, step->statements == 1 ? "" : "s",
           step->duration_ms);
    for (guint i = 0; i < step->kept->len; i++) {
        g_autofree char *text = kept_text(step, g_ptr_array_index(step->kept, i));
        printf("   %s\n", text);
    }
    fflush(stdout);
}

static void
kept_json(CgJson *json, const CgStepResult *step)
{
    cg_json_array(json, "kept");
    for (guint i = 0; i < step->kept->len; i++) {
        const CgKeptResult *kept = g_ptr_array_index(step->kept, i);
        cg_json_object(json, NULL);
        cg_json_text(json, "table", kept->table);
        cg_json_text(json, "column", kept->column);
        cg_json_int(json, "rows", kept->rows);
        cg_json_int(json, "vanished", kept->vanished);
        cg_json_int(json, "conflicts", kept->conflicts);
        cg_json_close(json);
    }
    cg_json_close(json);
}

static void
run_json(const CgDb *db, const CgRunResult *result)
{
    g_autoptr(CgJson) json = begin_document(db);
    cg_json_int(json, "current", result->current);
    cg_json_text(json, "head", result->head);
    cg_json_text(json, "copy", result->backup_path);
    cg_json_text(json, "position", result->position);
    cg_json_array(json, "steps");
    for (guint i = 0; i < result->steps->len; i++) {
        const CgStepResult *step = g_ptr_array_index(result->steps, i);
        cg_json_object(json, NULL);
        cg_json_text(json, "direction", direction_name(step->direction));
        cg_json_int(json, "version", step->version);
        cg_json_text(json, "name", step->name);
        cg_json_int(json, "statements", step->statements);
        cg_json_int(json, "duration_ms", step->duration_ms);
        kept_json(json, step);
        cg_json_close(json);
    }
    cg_json_close(json);
    if (result->waiting == 0) {
        cg_json_null(json, "waiting");
        return;
    }
    cg_json_object(json, "waiting");
    cg_json_int(json, "version", result->waiting);
    cg_json_text(json, "message", result->waiting_message);
    cg_json_close(json);
}

void
cg_report_run(const CgDb *db, const CgRunResult *result, bool json)
{
    if (json) {
        run_json(db, result);
        return;
    }
    if (result->steps->len == 0 && result->waiting == 0)
        printf("nothing to do: version %" G_GINT64_FORMAT "\n", result->current);
    if (result->waiting != 0)
        printf("%04" G_GINT64_FORMAT " waits: %s\n", result->waiting, result->waiting_message);
    if (result->steps->len > 0)
        printf("ledger head: %s\n", result->head);
}
