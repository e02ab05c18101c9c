/* Taking over a live database; see adopt.h. */
#include "migrate/adopt.h"

#include "base/fault.h"
#include "db/lock.h"
#include "migrate/baseline.h"
#include "migrate/plan.h"
#include "migrate/runner.h"
#include "migrate/source.h"
#include "schema/compare.h"

void
cg_adoption_free(CgAdoption *adoption)
{
    if (adoption == NULL)
        return;
    g_free(adoption->name);
    g_free(adoption->head);
    if (adoption->differences != NULL)
        g_ptr_array_unref(adoption->differences);
    g_free(adoption);
}

/* What the tools read and cannot do without. Of somebody else's migrations every column counts. */
static const struct {
    const char *table;
    const char *columns[12];
} needed[] = {
    { "consistencygroups",
      { "id", "created_at", "deleted_at", "deleted", "project_id", "status", "cgsnapshot_id",
        "name", "host", "availability_zone", "volume_type_id" } },
    { "cgsnapshots",
      { "id", "created_at", "deleted", "consistencygroup_id", "project_id", "status" } },
    { "volumes",
      { "id", "created_at", "updated_at", "deleted_at", "deleted", "project_id", "size", "status",
        "source_volid", "snapshot_id", "consistencygroup_id" } },
    { "snapshots",
      { "id", "created_at", "deleted", "project_id", "status", "volume_id", "cgsnapshot_id" } },
};

static bool
is_needed_column(const char *table, const char *column)
{
    for (size_t i = 0; i < G_N_ELEMENTS(needed); i++) {
        if (strcmp(needed[i].table, table) != 0)
            continue;
        for (size_t j = 0; needed[i].columns[j] != NULL; j++)
            if (column == NULL || strcmp(needed[i].columns[j], column) == 0)
                return true;
    }
    return false;
}

static bool
is_fatal(const CgSchemaDifference *difference, bool ours)
{
    bool breaks = difference->kind == CG_DIFF_MISSING || difference->kind == CG_DIFF_CLASS;
    return breaks && (!ours || is_needed_column(difference->table, difference->column));
}

/* ---- the comparison ---- */

/* Tables of the database that the model does not speak of are none of our business. */
static GPtrArray *
compare(const CgSchema *model, const CgSchema *live)
{
    GPtrArray *differences = cg_schema_compare(model, live, "cg_");
    for (guint i = differences->len; i > 0; i--) {
        const CgSchemaDifference *d = g_ptr_array_index(differences, i - 1);
        if (d->kind == CG_DIFF_EXTRA && d->column == NULL &&
            cg_schema_find_table(model, d->table) == NULL)
            g_ptr_array_remove_index(differences, i - 1);
    }
    return differences;
}

static bool
refuse_fatal(const CgSchema *live, const GPtrArray *differences, bool ours, GError **error)
{
    g_autoptr(GString) found = g_string_new(NULL);
    for (guint i = 0; i < differences->len; i++) {
        const CgSchemaDifference *d = g_ptr_array_index(differences, i);
        if (is_fatal(d, ours))
            g_string_append_printf(found, "\n    %s", d->text);
    }
    if (found->len == 0)
        return true;
    bool empty = live->tables->len == 0;
    cg_error_set(error, CG_EXIT_REFUSED,
                 empty ? "to make the tables from nothing: cg-migrate up"
                       : "is it the database of Cinder, at Kilo or later?",
                 "this database cannot be adopted:%s", found->str);
    return false;
}

/* ---- adopting ---- */

static bool
record(CgLock *lock, CgDb *db, CgPlan *plan, const CgSchema *live, CgAdoption *adoption,
       GError **error)
{
    g_autofree char *fingerprint = cg_schema_fingerprint(live, "cg_");
    const CgNewEvent event = { .kind = CG_EVENT_ADOPT,
                               .migration = g_ptr_array_index(plan->migrations, 0),
                               .fingerprint = fingerprint };
    g_autoptr(CgTx) tx = cg_tx_begin(db, CG_TX_WRITE, error);
    if (tx == NULL || !cg_ledger_append(plan->ledger, &event, error) || !cg_lock_check(lock, error))
        return false;
    CG_FAULT("migrate.adopt.recorded");
    if (!cg_tx_commit(tx, error))
        return false;
    CG_FAULT("migrate.adopt.committed");
    adoption->head = g_strdup(cg_ledger_head(plan->ledger));
    return true;
}

static CgAdoption *
adoption_new(const CgPlan *plan)
{
    const CgMigration *first = g_ptr_array_index(plan->migrations, 0);
    CgAdoption *adoption = g_new0(CgAdoption, 1);
    adoption->version = first->version;
    adoption->name = g_strdup(first->name);
    return adoption;
}

static guint
count_found(const CgSchema *model, const CgSchema *live)
{
    guint found = 0;
    for (guint i = 0; i < model->tables->len; i++) {
        const CgSchemaTable *table = g_ptr_array_index(model->tables, i);
        found += cg_schema_find_table(live, table->name) != NULL;
    }
    return found;
}

static bool
compare_and_record(CgLock *lock, CgDb *db, const char *dir, CgPlan *plan, CgAdoption *adoption,
                   GError **error)
{
    g_autoptr(CgSchema) model = cg_baseline_schema(dir, error);
    g_autoptr(CgSchema) live = model != NULL ? cg_schema_read(db, error) : NULL;
    if (live == NULL)
        return false;
    adoption->tables = count_found(model, live);
    adoption->differences = compare(model, live);
    return refuse_fatal(live, adoption->differences, dir == NULL, error) &&
           record(lock, db, plan, live, adoption, error);
}

/* True when there is nothing to adopt any more; *error is set when that is not well. */
static bool
is_taken(const CgPlan *plan, CgAdoption *adoption, GError **error)
{
    if (cg_ledger_is_empty(plan->ledger))
        return false;
    const CgPlanItem *first = cg_plan_find(plan, adoption->version);
    adoption->already = first != NULL && first->state == CG_STATE_ADOPTED;
    adoption->head = g_strdup(cg_ledger_head(plan->ledger));
    if (!adoption->already)
        cg_error_set(error, CG_EXIT_REFUSED, "see cg-migrate status",
                     "there is nothing to adopt: cg-migrate made the tables of this database");
    return true;
}

CgAdoption *
cg_migrate_adopt(CgDb *db, const char *dir, double lock_wait_s, GError **error)
{
    g_autoptr(CgLock) lock = cg_migrate_lock(db, lock_wait_s, error);
    g_autoptr(CgPlan) plan = lock != NULL ? cg_plan_load(db, dir, error) : NULL;
    if (plan == NULL)
        return NULL;
    if (plan->migrations->len == 0) {
        cg_error_set(error, CG_EXIT_USAGE, NULL, "there are no migrations to adopt");
        return NULL;
    }
    g_autoptr(CgAdoption) adoption = adoption_new(plan);
    if (is_taken(plan, adoption, error))
        return adoption->already ? g_steal_pointer(&adoption) : NULL;
    return compare_and_record(lock, db, dir, plan, adoption, error) ? g_steal_pointer(&adoption)
                                                                    : NULL;
}
