/* Runs the phases of a request; see request.h. */
#include "engine/request.h"

#include "base/fault.h"
#include "base/time.h"

enum { RETRY_S = 30 };

/* ---- requests ---- */

CgRequest *
cg_request_new(CgEngine *engine, const CgOperation *operation, const char *group_id)
{
    CgRequest *request = g_new0(CgRequest, 1);
    request->engine = engine;
    request->operation = operation;
    request->group_id = group_id != NULL ? g_strdup(group_id) : g_uuid_string_random();
    request->resumed = request->stands = group_id != NULL;
    return request;
}

void
cg_request_free(CgRequest *request)
{
    if (request == NULL)
        return;
    cg_lock_release(request->lock);
    cg_quota_free(request->quota);
    cg_origin_free(request->source);
    cg_group_free(request->group);
    g_clear_pointer(&request->volumes, g_ptr_array_unref);
    cg_driver_update_clear(&request->update);
    g_free(request->notes);
    g_free(request->group_id);
    g_free(request);
}

/* ---- transactions ---- */

static bool
is_code(const GError *error, CgDbErrorCode code)
{
    return g_error_matches(error, CG_DB_ERROR, (int)code);
}

static bool
try_transaction(CgRequest *request, bool (*run)(CgRequest *, GError **), GError **error)
{
    g_autoptr(CgTx) tx = cg_tx_begin(request->engine->db, CG_TX_WRITE, error);
    request->now = cg_time_now();
    return tx != NULL && run(request, error) && cg_tx_commit(tx, error);
}

static void
sleep_with_jitter(unsigned try_number)
{
    int ceiling_ms = (int)MIN(10u << MIN(try_number, 5u), 250u);
    g_usleep(1000UL * (unsigned long)g_random_int_range(ceiling_ms / 2, ceiling_ms));
}

/* The caller may try again: the session is in no transaction and nothing was written. */
static bool
transact(CgRequest *request, bool (*run)(CgRequest *, GError **), GError **error)
{
    gint64 deadline = g_get_monotonic_time() + RETRY_S * G_USEC_PER_SEC;
    for (unsigned try_number = 0;; try_number++) {
        GError *cause = NULL;
        if (try_transaction(request, run, &cause))
            return true;
        bool again = is_code(cause, CG_DB_ERROR_SERIALIZATION) || is_code(cause, CG_DB_ERROR_BUSY);
        if (!again || g_get_monotonic_time() > deadline) {
            g_propagate_error(error, cause);
            return false;
        }
        g_error_free(cause);
        sleep_with_jitter(try_number);
    }
}

/* Usage rows are made only by who holds the lock since before the transaction; see quota.h. */
static bool
transact_with_usages(CgRequest *request, bool (*run)(CgRequest *, GError **), GError **error)
{
    GError *cause = NULL;
    if (transact(request, run, &cause))
        return true;
    if (!g_error_matches(cause, CG_QUOTA_ERROR, CG_QUOTA_ERROR_NO_USAGE)) {
        g_propagate_error(error, cause);
        return false;
    }
    g_error_free(cause);
    g_autoptr(CgLock) lock = cg_db_lock(request->engine->db, CG_QUOTA_LOCK, RETRY_S, error);
    if (lock == NULL)
        return false;
    CG_FAULT("engine.quota.locked");
    request->may_create_usage = true;
    bool ok = transact(request, run, error);
    request->may_create_usage = false;
    return ok;
}

/* ---- phases ---- */

static bool
run_phase(CgRequest *request, const CgPhase *phase, GError **error)
{
    bool ok = phase->transaction ? transact_with_usages(request, phase->run, error)
                                 : phase->run(request, error);
    if (ok)
        CG_FAULT(phase->fault);
    return ok;
}

static bool
run_phases(CgRequest *request, size_t from, size_t to, GError **error)
{
    const CgPhase *phases = request->operation->phases;
    for (size_t i = from; i < to && phases[i].name != NULL && !request->over; i++)
        if (!run_phase(request, &phases[i], error))
            return false;
    return true;
}

/* The database failed, not the request: it may well succeed when there is a database again. */
static bool
may_pass_later(const GError *error)
{
    static const CgDbErrorCode codes[] = {
        CG_DB_ERROR_CONNECT, CG_DB_ERROR_SERIALIZATION, CG_DB_ERROR_BUSY,
        CG_DB_ERROR_TIMEOUT, CG_DB_ERROR_FULL,          CG_DB_ERROR_READ_ONLY,
    };
    for (size_t i = 0; i < G_N_ELEMENTS(codes); i++)
        if (is_code(error, codes[i]))
            return true;
    return false;
}

static void
report_left(CgRequest *request, GError *cause, GError **error)
{
    cg_error_wrap(error, cause, CG_EXIT_HALF_DONE, "cg-engine recover",
                  "group %s may still be in \"creating\"", request->group_id);
}

static void
report_failed(CgRequest *request, GError *cause, GError **error)
{
    g_autofree char *hint = g_strdup_printf("cg-engine show %s", request->group_id);
    cg_error_wrap(error, cause, CG_EXIT_HALF_DONE, hint, "group %s is in \"error\"%s%s",
                  request->group_id, request->notes != NULL ? ", " : "",
                  request->notes != NULL ? request->notes : "");
}

static bool
compensate(CgRequest *request, GError *cause, GError **error)
{
    GError *second = NULL;
    /* Nor can be taken back what was not even read. */
    if (may_pass_later(cause) || request->volumes == NULL) {
        report_left(request, cause, error);
        return false;
    }
    request->operation->undo(request);
    if (!transact(request, request->operation->fail, &second)) {
        g_error_free(cause);
        report_left(request, second, error);
        return false;
    }
    CG_FAULT(request->operation->fault_failed);
    request->failed = true;
    report_failed(request, cause, error);
    return false;
}

static bool
judge(CgRequest *request, GError **error)
{
    GError *cause = NULL;
    if (request->over || request->operation->judge(request, &cause))
        return true;
    request->failed = true;
    report_failed(request, cause, error);
    return false;
}

static bool
take_lock(CgRequest *request, GError **error)
{
    g_autofree char *name = g_strconcat("engine.", request->group_id, NULL);
    request->lock = cg_db_lock(request->engine->db, name, 0, error);
    if (request->lock == NULL)
        return false;
    CG_FAULT("engine.request.locked");
    return true;
}

/* When the server is lost during a commit nobody knows whether that was done. */
static bool
answer(CgRequest *request, GError **error)
{
    GError *cause = NULL;
    size_t worker = request->operation->first_worker_phase;
    if (request->resumed || run_phases(request, 0, worker, &cause)) {
        request->stands = true;
        return true;
    }
    if (is_code(cause, CG_DB_ERROR_CONNECT))
        cg_error_wrap(error, cause, CG_EXIT_CONNECT,
                      "cg-engine recover: it finishes the group if there is one",
                      "group %s was perhaps begun", request->group_id);
    else
        g_propagate_error(error, cause);
    return false;
}

bool
cg_request_run(CgRequest *request, GError **error)
{
    if (!take_lock(request, error) || !answer(request, error))
        return false;
    GError *cause = NULL;
    if (!run_phases(request, request->operation->first_worker_phase, SIZE_MAX, &cause))
        return compensate(request, cause, error);
    return judge(request, error);
}
