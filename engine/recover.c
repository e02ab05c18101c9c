/*
 * Takes up what killed processes left: every group whose record is unfinished.
 *
 * A group in `creating` without a record is Cinder's own, and not touched. What is found is decided
 * again by the worker under the group's lock.
 */
#include "base/term.h"
#include "engine/create.h"
#include "engine/record.h"

static void
free_recovered(void *data)
{
    CgRecovered *recovered = data;
    g_free(recovered->group_id);
    g_free(recovered->reason);
    g_free(recovered);
}

static const CgRecoveredState ends[] = {
    [CG_REQUEST_DONE] = CG_RECOVERED_FINISHED,
    [CG_REQUEST_FAILED] = CG_RECOVERED_FAILED,
    [CG_REQUEST_LEFT] = CG_RECOVERED_LEFT,
    [CG_REQUEST_DROPPED] = CG_RECOVERED_DROPPED,
};

/* Without its lock a request never gets under way. */
static CgRecoveredState
judge(const CgRequest *request, const GError *error)
{
    if (request->lock != NULL)
        return ends[request->state];
    return g_error_matches(error, CG_DB_ERROR, CG_DB_ERROR_BUSY) ? CG_RECOVERED_BUSY
                                                                 : CG_RECOVERED_LEFT;
}

static CgRecovered *
recover_one(CgEngine *engine, const char *group_id)
{
    g_autoptr(CgRequest) request = cg_request_new(engine, &cg_operation_create_from_src, group_id);
    g_autoptr(GError) error = NULL;
    /* The error is what is reported, not what ends the run. */
    if (cg_request_run(request, &error) && request->state == CG_REQUEST_OVER)
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
    g_autoptr(GPtrArray) ids = cg_record_unfinished(engine->db, error);
    if (ids == NULL)
        return NULL;
    GPtrArray *all = g_ptr_array_new_with_free_func(free_recovered);
    for (guint i = 0; i < ids->len && !cg_interrupted(); i++) {
        CgRecovered *recovered = recover_one(engine, g_ptr_array_index(ids, i));
        if (recovered != NULL)
            g_ptr_array_add(all, recovered);
    }
    return all;
}
