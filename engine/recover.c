/*
 * Takes up what killed processes left: every group whose record is unfinished.
 *
 * A group in `creating` without a record is Cinder's own, and not touched. What is found is decided
 * again by the worker under the group's lock.
 */
#include "base/term.h"
#include "engine/create.h"

/* All that a worker may have to finish. */
static const CgOperation *const operations[] = { &cg_operation_create_from_src };

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
recovered_new(const CgRecord *record, CgRecoveredState state, const char *reason, const char *hint)
{
    CgRecovered *recovered = g_new(CgRecovered, 1);
    *recovered = (CgRecovered){ .group_id = g_strdup(record->group_id),
                                .state = state,
                                .reason = g_strdup(reason),
                                .hint = g_strdup(hint) };
    return recovered;
}

static const CgOperation *
find_operation(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(operations); i++)
        if (g_strcmp0(operations[i]->name, name) == 0)
            return operations[i];
    return NULL;
}

/* NULL: another worker has ended it meanwhile. */
static CgRecovered *
recover_one(CgEngine *engine, const CgRecord *record)
{
    const CgOperation *operation = find_operation(record->operation);
    if (cg_interrupted()) {
        CgRecovered *left = recovered_new(record, CG_RECOVERED_LEFT, "interrupted before its turn",
                                          "cg-engine recover");
        left->untried = true;
        return left;
    }
    if (operation == NULL)
        return recovered_new(record, CG_RECOVERED_LEFT,
                             "it was begun by an operation that this version does not know",
                             "recover it with the version that began it");
    g_autoptr(CgRequest) request = cg_request_new(engine, operation, record->group_id);
    g_autoptr(GError) error = NULL;
    /* The error is what is reported, not what ends the run. */
    if (cg_request_run(request, &error))
        return request->state == CG_REQUEST_OVER
                   ? NULL
                   : recovered_new(record, judge(request, NULL), NULL, NULL);
    return recovered_new(record, judge(request, error), error->message, cg_db_error_advice(error));
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
    g_autoptr(GPtrArray) records =
        prune(engine, error) ? cg_record_unfinished(engine->db, error) : NULL;
    if (records == NULL)
        return NULL;
    GPtrArray *all = g_ptr_array_new_with_free_func(free_recovered);
    for (guint i = 0; i < records->len; i++) {
        CgRecovered *recovered = recover_one(engine, g_ptr_array_index(records, i));
        if (recovered != NULL)
            g_ptr_array_add(all, recovered);
    }
    return all;
}
