/* Files against events; see plan.h. */
#include "migrate/plan.h"

#include "base/digest.h"
#include "db/probe.h"
#include "db/statement.h"
#include "migrate/source.h"
#include "schema/schema.h"

static const char *const state_names[CG_N_STATES] = {
    [CG_STATE_APPLIED] = "applied", [CG_STATE_ADOPTED] = "adopted", [CG_STATE_PENDING] = "pending",
    [CG_STATE_WAITING] = "waiting", [CG_STATE_CHANGED] = "changed", [CG_STATE_MISSING] = "missing",
};

const char *
cg_state_name(CgState state)
{
    return state_names[state];
}

/* ---- states ---- */

static bool
is_same_text(const CgMigration *migration, const CgEvent *event)
{
    g_autofree char *normalised = cg_migration_normalise(migration);
    g_autofree char *sha = cg_sha256_hex(normalised, strlen(normalised));
    return g_strcmp0(sha, event->sql_sha256) == 0;
}

static CgState
state_of(const CgMigration *migration, const CgEvent *event)
{
    if (event == NULL || event->kind == CG_EVENT_DOWN || event->kind == CG_EVENT_BEGIN)
        return CG_STATE_PENDING;
    if (event->kind == CG_EVENT_ADOPT)
        return CG_STATE_ADOPTED;
    return is_same_text(migration, event) ? CG_STATE_APPLIED : CG_STATE_CHANGED;
}

static void
add_files(CgPlan *plan)
{
    for (guint i = 0; i < plan->migrations->len; i++) {
        const CgMigration *migration = g_ptr_array_index(plan->migrations, i);
        const CgEvent *event = cg_ledger_state(plan->ledger, migration->version);
        /* A statement of `down` that was begun left the version applied until it is done. */
        bool begun = event != NULL && event->kind == CG_EVENT_BEGIN;
        bool going_down = begun && g_str_has_prefix(event->note, "down ");
        CgPlanItem item = {
            .version = migration->version,
            .name = migration->name,
            .migration = migration,
            .event = event,
            .state = going_down ? CG_STATE_APPLIED : state_of(migration, event),
            .interrupted = begun,
            .refused = begun && cg_ledger_is_refused(plan->ledger, event),
        };
        g_array_append_val(plan->items, item);
    }
}

/* Versions that stand applied in the ledger and have no file. */
static void
add_missing(CgPlan *plan)
{
    const GPtrArray *events = cg_ledger_events(plan->ledger);
    for (guint i = 0; i < events->len; i++) {
        const CgEvent *event = g_ptr_array_index(events, i);
        if (cg_ledger_state(plan->ledger, event->version) != event ||
            event->kind == CG_EVENT_DOWN || cg_plan_find(plan, event->version) != NULL)
            continue;
        CgPlanItem item = { .version = event->version,
                            .name = event->name,
                            .event = event,
                            .state = CG_STATE_MISSING };
        g_array_append_val(plan->items, item);
    }
}

static int
compare_version(const void *a, const void *b)
{
    int64_t x = ((const CgPlanItem *)a)->version;
    int64_t y = ((const CgPlanItem *)b)->version;
    return (x > y) - (x < y);
}

/* ---- what is there without us ---- */

/* The tables that the migration makes and that exist already, as a list for a person; or NULL. */
static bool
find_existing(CgDb *db, const CgMigration *migration, char **out_tables, GError **error)
{
    g_autoptr(GString) tables = g_string_new(NULL);
    const CgSection *up = &migration->sections[CG_SECTION_UP];
    for (guint i = 0; i < up->statements->len; i++) {
        g_autofree char *table = cg_statement_created_table(
            &migration->text, migration->dialect, g_array_index(up->statements, CgStatement, i));
        int exists = table != NULL ? cg_db_has(db, table, NULL, error) : 0;
        if (exists < 0)
            return false;
        if (exists)
            g_string_append_printf(tables, "%s%s", tables->len > 0 ? ", " : "", table);
    }
    *out_tables = tables->len > 0 ? g_strdup(tables->str) : NULL;
    return true;
}

/* Names of all tables but our own, as a list for a person (at most five); NULL for an empty
 * database. */
static bool
list_tables(CgDb *db, char **out_tables, GError **error)
{
    g_autoptr(CgSchema) schema = cg_schema_read(db, error);
    if (schema == NULL)
        return false;
    g_autoptr(GString) tables = g_string_new(NULL);
    guint n = 0;
    for (guint i = 0; i < schema->tables->len; i++) {
        const CgSchemaTable *table = g_ptr_array_index(schema->tables, i);
        if (!g_str_has_prefix(table->name, "cg_") && n++ < 5)
            g_string_append_printf(tables, "%s%s", n > 1 ? ", " : "", table->name);
    }
    if (n > 5)
        g_string_append(tables, ", …");
    *out_tables = n > 0 ? g_strdup(tables->str) : NULL;
    return true;
}

/* What stands here without us, looked at as long as the ledger is empty. */
static bool
look_around(CgDb *db, CgPlan *plan, const char *dir, GError **error)
{
    if (!cg_ledger_is_empty(plan->ledger) || plan->migrations->len == 0)
        return true;
    if (!find_existing(db, g_ptr_array_index(plan->migrations, 0), &plan->existing_tables, error))
        return false;
    plan->needs_adopt = plan->existing_tables != NULL;
    return plan->needs_adopt || dir != NULL || list_tables(db, &plan->foreign_tables, error);
}

/* The next pending migration waits while its requirement is not met. Only the next: what later ones
 * ask may stand on what it makes. */
static bool
mark_waiting(CgDb *db, CgPlan *plan, GError **error)
{
    for (guint i = 0; i < plan->items->len; i++) {
        CgPlanItem *item = &g_array_index(plan->items, CgPlanItem, i);
        if (item->state != CG_STATE_PENDING)
            continue;
        bool met = true;
        g_autoptr(GError) cause = NULL;
        if (!cg_plan_requirement_met(db, item->migration, &met, &cause)) {
            /* A question that cannot be asked is up's to report: status and down still work. */
            if (g_error_matches(cause, CG_DB_ERROR, CG_DB_ERROR_QUERY))
                return true;
            g_propagate_error(error, g_steal_pointer(&cause));
            return false;
        }
        if (!met)
            item->state = CG_STATE_WAITING;
        return true;
    }
    return true;
}

static bool
read_plan(CgDb *db, CgPlan *plan, const char *dir, GError **error)
{
    plan->migrations = cg_source_load(dir, cg_db_dialect(db)->sql, error);
    if (plan->migrations == NULL)
        return false;
    plan->ledger = cg_ledger_load(db, error);
    if (plan->ledger == NULL)
        return false;
    add_files(plan);
    add_missing(plan);
    g_array_sort(plan->items, compare_version);
    if (!look_around(db, plan, dir, error))
        return false;
    return plan->needs_adopt || mark_waiting(db, plan, error);
}

CgPlan *
cg_plan_load(CgDb *db, const char *dir, GError **error)
{
    g_autoptr(CgPlan) plan = g_new0(CgPlan, 1);
    plan->items = g_array_new(FALSE, TRUE, sizeof(CgPlanItem));
    g_autoptr(CgTx) snapshot = cg_tx_begin(db, CG_TX_READ, error);
    return snapshot != NULL && read_plan(db, plan, dir, error) ? g_steal_pointer(&plan) : NULL;
}

void
cg_plan_free(CgPlan *plan)
{
    if (plan == NULL)
        return;
    g_array_unref(plan->items);
    cg_ledger_free(plan->ledger);
    if (plan->migrations != NULL)
        g_ptr_array_unref(plan->migrations);
    g_free(plan->existing_tables);
    g_free(plan->foreign_tables);
    g_free(plan);
}

size_t
cg_plan_size(const CgPlan *plan)
{
    return plan->items->len;
}

const CgPlanItem *
cg_plan_item(const CgPlan *plan, size_t i)
{
    return &g_array_index(plan->items, CgPlanItem, i);
}

const CgPlanItem *
cg_plan_find(const CgPlan *plan, int64_t version)
{
    for (size_t i = 0; i < cg_plan_size(plan); i++)
        if (cg_plan_item(plan, i)->version == version)
            return cg_plan_item(plan, i);
    return NULL;
}

static bool
is_standing(const CgPlanItem *item)
{
    return item->state != CG_STATE_PENDING && item->state != CG_STATE_WAITING;
}

int64_t
cg_plan_current(const CgPlan *plan)
{
    for (size_t i = cg_plan_size(plan); i > 0; i--)
        if (is_standing(cg_plan_item(plan, i - 1)))
            return cg_plan_item(plan, i - 1)->version;
    return 0;
}

/* ---- checks ---- */

/* What was begun with one text cannot be ended with another; where the server refused the text,
 * somebody has to mend it. */
static bool
check_begun(const CgPlanItem *item, GError **error)
{
    if (!item->interrupted || item->refused || is_same_text(item->migration, item->event))
        return true;
    cg_error_set(
        error, CG_EXIT_HISTORY,
        "put the file back as it was, and finish or undo the migration before it is edited",
        "migration %04" G_GINT64_FORMAT "_%s was edited while it is half done", item->version,
        item->name);
    return false;
}

static bool
check_item(const CgPlan *plan, const CgPlanItem *item, GError **error)
{
    if (!check_begun(item, error))
        return false;
    if (item->state == CG_STATE_CHANGED) {
        cg_error_set(
            error, CG_EXIT_HISTORY,
            "put the file back as it was applied and write what is new as a new migration, or "
            "name the folder that it came from (--migrations)",
            "migration %04" G_GINT64_FORMAT "_%s was edited after it was applied", item->version,
            item->name);
        return false;
    }
    if (item->state == CG_STATE_MISSING) {
        cg_error_set(error, CG_EXIT_HISTORY, "put the file back, or name its folder (--migrations)",
                     "migration %04" G_GINT64_FORMAT "_%s was applied and its file is missing",
                     item->version, item->name);
        return false;
    }
    if (!is_standing(item) && item->version < cg_plan_current(plan)) {
        cg_error_set(error, CG_EXIT_HISTORY, "give the file a version above the newest applied one",
                     "migration %04" G_GINT64_FORMAT "_%s is out of order: %" G_GINT64_FORMAT
                     " is applied already",
                     item->version, item->name, cg_plan_current(plan));
        return false;
    }
    return true;
}

bool
cg_plan_check_history(const CgPlan *plan, GError **error)
{
    for (size_t i = 0; i < cg_plan_size(plan); i++)
        if (!check_item(plan, cg_plan_item(plan, i), error))
            return false;
    return true;
}

bool
cg_plan_check_adopted(const CgPlan *plan, GError **error)
{
    if (plan->foreign_tables != NULL) {
        cg_error_set(error, CG_EXIT_REFUSED, "name Cinder's database, or an empty one",
                     "this database has tables and none of Cinder's: %s", plan->foreign_tables);
        return false;
    }
    if (!plan->needs_adopt)
        return true;
    cg_error_set(error, CG_EXIT_REFUSED, "take it over first: cg-migrate adopt",
                 "this database has tables that cg-migrate did not make: %s",
                 plan->existing_tables);
    return false;
}

bool
cg_plan_requirement_met(CgDb *db, const CgMigration *migration, bool *out_met, GError **error)
{
    const CgSection *require = &migration->sections[CG_SECTION_REQUIRE];
    *out_met = true;
    if (!require->present)
        return true;
    g_autofree char *sql =
        cg_statement_dup(&migration->text, g_array_index(require->statements, CgStatement, 0));
    g_autoptr(CgRows) rows = cg_db_query(db, sql, NULL, 0, error);
    int more = rows != NULL ? cg_rows_next(rows, error) : -1;
    if (more < 0) {
        g_prefix_error(error, "migration %04" G_GINT64_FORMAT ", require: ", migration->version);
        return false;
    }
    *out_met = more > 0 && cg_rows_bool(rows, 0);
    return true;
}

/* ---- steps ---- */

static bool
check_target(const CgPlan *plan, CgTarget target, GError **error)
{
    if (target.to <= 0 || cg_plan_find(plan, target.to) != NULL)
        return true;
    cg_error_set(error, CG_EXIT_USAGE, "see cg-migrate status",
                 "there is no migration %" G_GINT64_FORMAT, target.to);
    return false;
}

static bool
check_no_half_down(const CgPlanItem *item, GError **error)
{
    if (!is_standing(item) || !item->interrupted)
        return true;
    cg_error_set(error, CG_EXIT_HALF_DONE, "finish it first: cg-migrate down",
                 "a down of migration %04" G_GINT64_FORMAT "_%s was interrupted half way",
                 item->version, item->name);
    return false;
}

GPtrArray *
cg_plan_up(const CgPlan *plan, CgTarget target, GError **error)
{
    if (!check_target(plan, target, error))
        return NULL;
    if (target.to >= 0 && target.to < cg_plan_current(plan)) {
        cg_error_set(error, CG_EXIT_USAGE, "to go down: cg-migrate down --to VERSION",
                     "version %" G_GINT64_FORMAT " lies below the current one, %" G_GINT64_FORMAT,
                     target.to, cg_plan_current(plan));
        return NULL;
    }
    g_autoptr(GPtrArray) steps = g_ptr_array_new();
    for (size_t i = 0; i < cg_plan_size(plan); i++) {
        const CgPlanItem *item = cg_plan_item(plan, i);
        if (!check_no_half_down(item, error))
            return NULL;
        bool wanted = !is_standing(item) && (target.to < 0 || item->version <= target.to) &&
                      (target.count < 0 || (int64_t)steps->len < target.count);
        if (wanted)
            g_ptr_array_add(steps, (void *)item);
    }
    return g_steal_pointer(&steps);
}

static bool
check_down(const CgPlanItem *item, GError **error)
{
    if (item->state == CG_STATE_ADOPTED) {
        cg_error_set(error, CG_EXIT_REFUSED,
                     "these tables were there before cg-migrate and belong to Cinder",
                     "version %" G_GINT64_FORMAT " was adopted, and an adopted version is never "
                     "run down",
                     item->version);
        return false;
    }
    const CgSection *down = &item->migration->sections[CG_SECTION_DOWN];
    if (down->present && down->irreversible == NULL)
        return true;
    cg_error_set(error, CG_EXIT_REFUSED, "restore a backup to go behind it",
                 "migration %04" G_GINT64_FORMAT "_%s cannot be undone%s%s", item->version,
                 item->name, down->irreversible != NULL ? ": " : "",
                 down->irreversible != NULL ? down->irreversible : "");
    return false;
}

GPtrArray *
cg_plan_down(const CgPlan *plan, CgTarget target, GError **error)
{
    if (!check_target(plan, target, error))
        return NULL;
    if (target.to > cg_plan_current(plan)) {
        cg_error_set(error, CG_EXIT_USAGE, "to go up: cg-migrate up --to VERSION",
                     "version %" G_GINT64_FORMAT " lies above the current one, %" G_GINT64_FORMAT,
                     target.to, cg_plan_current(plan));
        return NULL;
    }
    int64_t limit = target.to >= 0 ? G_MAXINT64 : target.count >= 0 ? target.count : 1;
    g_autoptr(GPtrArray) steps = g_ptr_array_new();
    for (size_t i = cg_plan_size(plan); i > 0; i--) {
        const CgPlanItem *item = cg_plan_item(plan, i - 1);
        /* What an interrupted up may have left is taken down too. */
        bool there = is_standing(item) || item->interrupted;
        if (!there || item->version <= target.to || (int64_t)steps->len >= limit)
            continue;
        if (!check_down(item, error))
            return NULL;
        g_ptr_array_add(steps, (void *)item);
    }
    return g_steal_pointer(&steps);
}
