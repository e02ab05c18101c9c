/* See plan.h. */
#include "backfill/plan.h"

#include "lineage/load.h"

static bool
refuse_without_column(const CgModel *model, const char *column, GError **error)
{
    if ((model->present & CG_FIELD_BIT(CG_GROUP_SOURCE)) != 0)
        return true;
    cg_error_set(error, CG_EXIT_REFUSED, "run cg-migrate up, which adds it",
                 "there is no column \"%s\" to write", column);
    return false;
}

CgBackfillPlan *
cg_backfill_plan(CgDb *db, const CgBackfillOptions *options, GError **error)
{
    CgLoadOptions load = { .naming = options->naming,
                           .fields = CG_LOAD_BACKFILL,
                           .quiet = options->quiet };
    g_autoptr(CgBackfillPlan) plan = g_new0(CgBackfillPlan, 1);
    plan->accept = options->accept != 0 ? options->accept : CG_VERDICTS_DEFAULT;
    plan->model = cg_model_load(db, &load, error);
    if (plan->model == NULL)
        return NULL;
    plan->column = cg_naming_column_dup(plan->model->naming, CG_GROUP_SOURCE);
    if (!refuse_without_column(plan->model, plan->column, error))
        return NULL;
    plan->verdicts = cg_verdicts_new(plan->model);
    return g_steal_pointer(&plan);
}

void
cg_backfill_plan_free(CgBackfillPlan *plan)
{
    if (plan == NULL)
        return;
    cg_verdicts_free(plan->verdicts);
    cg_model_free(plan->model);
    g_free(plan->column);
    g_free(plan);
}

bool
cg_backfill_accepts(const CgBackfillPlan *plan, const CgDecision *decision)
{
    return decision->verdict < CG_VERDICT_N &&
           (plan->accept & CG_VERDICT_BIT(decision->verdict)) != 0;
}

int64_t
cg_backfill_to_write(const CgBackfillPlan *plan)
{
    int64_t n = 0;
    for (CgVerdict verdict = 0; verdict < CG_VERDICT_N; verdict++)
        if ((plan->accept & CG_VERDICT_BIT(verdict)) != 0)
            n += plan->verdicts->counts[verdict];
    return n;
}
