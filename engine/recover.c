/*
 * Takes up what killed processes left: every live group in `creating` that names a source.
 *
 * A group in `creating` without a source is Cinder's own, on its way through the scheduler, and not
 * touched. What is found is decided again by the worker under the group's lock.
 */
#include "base/term.h"
#include "engine/request.h"

static void
free_recovered(void *data)
{
    CgRecovered *recovered = data;
    g_free(recovered->group_id);
    g_free(recovered->reason);
    g_free(recovered);
}

static CgRecoveredState
judge(const CgRequest *request, const GError *error)
{
    if (error == NULL)
        return CG_RECOVERED_FINISHED;
    if (request->lock == NULL && g_error_matches(error, CG_DB_ERROR, CG_DB_ERROR_BUSY))
        return CG_RECOVERED_BUSY;
    return request->failed ? CG_RECOVERED_FAILED : CG_RECOVERED_LEFT;
}

static CgRecovered *
recover_one(CgEngine *engine, const char *group_id)
{
    g_autoptr(CgRequest) request = cg_request_new(engine, &cg_operation_create_from_src, group_id);
    g_autoptr(GError) error = NULL;
    /* The error is what is reported, not what ends the run. */
    if (cg_request_run(request, &error) && request->over)
        return NULL;
    CgRecovered *recovered = g_new(CgRecovered, 1);
    *recovered = (CgRecovered){ .group_id = g_strdup(group_id),
                                .state = judge(request, error),
                                .reason = g_strdup(error != NULL ? error->message : NULL) };
    return recovered;
}

GPtrArray *
cg_engine_recover(CgEngine *engine, GError **error)
{
    g_autoptr(GPtrArray) groups = cg_group_load(
        engine->db,
        "status = 'creating' AND (source_cg_id IS NOT NULL OR cgsnapshot_id IS NOT NULL)", NULL, 0,
        error);
    if (groups == NULL)
        return NULL;
    GPtrArray *all = g_ptr_array_new_with_free_func(free_recovered);
    for (guint i = 0; i < groups->len && !cg_interrupted(); i++) {
        const CgGroup *group = g_ptr_array_index(groups, i);
        CgRecovered *recovered = recover_one(engine, group->id);
        if (recovered != NULL)
            g_ptr_array_add(all, recovered);
    }
    return all;
}
