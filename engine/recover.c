/*
 * Takes up what killed processes left: every group whose record is unfinished.
 *
 * A group in `creating` without a record is Cinder's own, and not touched. What is found is decided
 * again by the worker under the group's lock.
 */
#include "base/term.h"
#include "engine/create.h"

static void
free_recovered(void *data)
{
    CgRecovered *recovered = data;
    g_free(recovered->group_id);
    g_free(recovered->reason);
    g_free(recovered->hint);
    g_free(recovered);
}

static CgRecoveredState
judge(const CgRequest *request, const GError *error)
{
    switch (request->state) {
    case CG_REQUEST_DONE:
        return CG_RECOVERED_FINISHED;
    case CG_REQUEST_FAILED:
        return CG_RECOVERED_FAILED;
    case CG_REQUEST_DROPPED:
        return CG_RECOVERED_DROPPED;
    case CG_REQUEST_UNDERWAY: /* not even: it has no lock */
        return g_error_matches(error, CG_DB_ERROR, CG_DB_ERROR_BUSY) ? CG_RECOVERED_BUSY
                                                                     : CG_RECOVERED_LEFT;
    case CG_REQUEST_LEFT:
    case CG_REQUEST_REFUSED:
    case CG_REQUEST_OVER:
        break;
    }
    return CG_RECOVERED_LEFT;
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
    *recovered =
        (CgRecovered){ .group_id = g_strdup(group_id),
                       .state = judge(request, error),
                       .reason = g_strdup(error != NULL ? error->message : NULL),
                       .hint = g_strdup(error != NULL ? cg_db_error_advice(error) : NULL) };
    return recovered;
}

static CgRecovered *
leave_one(const char *group_id)
{
    CgRecovered *recovered = g_new(CgRecovered, 1);
    *recovered = (CgRecovered){ .group_id = g_strdup(group_id),
                                .state = CG_RECOVERED_LEFT,
                                .reason = g_strdup("interrupted before its turn"),
                                .hint = g_strdup("cg-engine recover") };
    return recovered;
}

static bool
prune(CgEngine *engine, GError **error)
{
    g_autoptr(CgTx) tx = cg_tx_begin(engine->db, CG_TX_WRITE, error);
    return tx != NULL && cg_record_prune(engine->db, error) && cg_tx_commit(tx, error);
}

GPtrArray *
cg_engine_recover(CgEngine *engine, GError **error)
{
    g_autoptr(GPtrArray) ids =
        prune(engine, error) ? cg_record_unfinished(engine->db, error) : NULL;
    if (ids == NULL)
        return NULL;
    GPtrArray *all = g_ptr_array_new_with_free_func(free_recovered);
    for (guint i = 0; i < ids->len; i++) {
        const char *id = g_ptr_array_index(ids, i);
        CgRecovered *recovered = cg_interrupted() ? leave_one(id) : recover_one(engine, id);
        if (recovered != NULL)
            g_ptr_array_add(all, recovered);
    }
    return all;
}
