/* Runs the phases of a request; see request.h. */
#include "engine/request.h"

#include "base/fault.h"
#include "base/time.h"
#include "engine/first.h"

enum { RETRY_S = 30 };

/* ---- requests ---- */

/* The end, where it has none of that part. */
static const CgPhase *
first_phase(const CgOperation *operation, CgPart part)
{
    const CgPhase *phase = operation->phases;
    while (phase->part != part && phase->part != CG_PART_END)
        phase++;
    return phase;
}

CgRequest *
cg_request_new(CgEngine *engine, const CgOperation *operation, const char *group_id)
{
    CgRequest *request = g_new0(CgRequest, 1);
    request->engine = engine;
    request->operation = operation;
    request->own = g_malloc0(operation->own_size);
    request->resumed = group_id != NULL;
    request->group_id = request->resumed ? g_strdup(group_id) : g_uuid_string_random();
    request->next = first_phase(operation, request->resumed ? CG_PART_WORK : CG_PART_ANSWER);
    return request;
}

void
cg_request_free(CgRequest *request)
{
    if (request == NULL)
        return;
    cg_lock_release(request->lock);
    cg_record_free(request->record);
    if (request->operation->own_clear != NULL)
        request->operation->own_clear(request->own);
    g_free(request->own);
    g_clear_error(&request->ending_error);
    g_clear_error(&request->cause);
    g_clear_error(&request->flaw);
    g_clear_error(&request->error);
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
holds_locks(CgRequest *request, GError **error)
{
    return cg_lock_check(request->lock, error) &&
           (request->first_lock == NULL || cg_lock_check(request->first_lock, error));
}

static bool
try_transaction(CgRequest *request, bool (*run)(CgRequest *, GError **), GError **error)
{
    g_autoptr(CgTx) tx = cg_tx_begin(request->engine->db, CG_TX_WRITE, error);
    request->now = cg_time_now();
    request->ending = CG_REQUEST_UNDERWAY;
    g_clear_error(&request->ending_error);
    return tx != NULL && run(request, error) && holds_locks(request, error) &&
           cg_tx_commit(tx, error);
}

/* The session is in no transaction and nothing was written. A lock that was lost is not had again
 * by trying. */
static bool
may_try_again(CgRequest *request, const GError *cause)
{
    return (is_code(cause, CG_DB_ERROR_SERIALIZATION) || is_code(cause, CG_DB_ERROR_BUSY)) &&
           holds_locks(request, NULL);
}

static void
sleep_with_jitter(unsigned try_number)
{
    int ceiling_ms = (int)MIN(10u << MIN(try_number, 5u), 250u);
    g_usleep(1000UL * (unsigned long)g_random_int_range(ceiling_ms / 2, ceiling_ms));
}

static bool
try_until(CgRequest *request, bool (*run)(CgRequest *, GError **), gint64 deadline, GError **error)
{
    for (unsigned try_number = 0;; try_number++) {
        GError *cause = NULL;
        if (try_transaction(request, run, &cause))
            return true;
        if (g_get_monotonic_time() > deadline || !may_try_again(request, cause)) {
            g_propagate_error(error, cause);
            return false;
        }
        g_error_free(cause);
        sleep_with_jitter(try_number);
    }
}

static bool
transact(CgRequest *request, bool (*run)(CgRequest *, GError **), GError **error)
{
    gint64 deadline = g_get_monotonic_time() + RETRY_S * G_USEC_PER_SEC;
    GError *cause = NULL;
    if (try_until(request, run, deadline, &cause))
        return true;
    if (!g_error_matches(cause, CG_FIRST_ERROR, CG_FIRST_ERROR_MISSING)) {
        g_propagate_error(error, cause);
        return false;
    }
    g_error_free(cause);
    double left_s = (double)(deadline - g_get_monotonic_time()) / G_USEC_PER_SEC;
    g_autoptr(CgLock) lock =
        cg_db_lock(request->engine->db, CG_FIRST_LOCK, MAX(left_s, 0.0), error);
    if (lock == NULL)
        return false;
    CG_FAULT("engine.first.locked");
    request->first_lock = lock;
    bool ok = try_until(request, run, deadline, error);
    request->first_lock = NULL;
    return ok;
}

/* ---- how a request ends ---- */

static void
refuse(CgRequest *request, GError *cause)
{
    request->state = CG_REQUEST_REFUSED;
    /* When the server is lost during a commit nobody knows whether that was done. */
    if (is_code(cause, CG_DB_ERROR_CONNECT))
        cg_error_wrap(&request->error, cause, CG_EXIT_CONNECT, "cg-engine recover",
                      "group %s was perhaps begun", request->group_id);
    else
        request->error = cause;
}

static void
leave(CgRequest *request, GError *cause)
{
    bool has_hint = cg_engine_error(cause) == CG_ENGINE_ERROR_OTHER_HANDS;
    const GError *first = request->cause;
    if (first != NULL && strcmp(first->message, cause->message) == 0)
        first = NULL;
    request->state = CG_REQUEST_LEFT;
    cg_error_wrap(&request->error, cause, CG_EXIT_HALF_DONE, has_hint ? NULL : "cg-engine recover",
                  "this run did not finish group %s%s%s%s", request->group_id,
                  first != NULL ? " (" : "", first != NULL ? first->message : "",
                  first != NULL ? ")" : "");
}

static void
fail(CgRequest *request, GError *cause)
{
    g_autofree char *hint = g_strdup_printf("cg-engine show %s", request->group_id);
    request->state = CG_REQUEST_FAILED;
    cg_error_wrap(&request->error, cause, CG_EXIT_HALF_DONE, hint, "group %s is in \"error\"",
                  request->group_id);
    /* Of a kind that is refused nothing would have been changed. */
    cg_error_set_kind(request->error, CG_ENGINE_ERROR_NONE);
}

static void
finish(CgRequest *request)
{
    GError *cause =
        request->cause != NULL ? g_steal_pointer(&request->cause) : g_steal_pointer(&request->flaw);
    if (cause != NULL)
        fail(request, cause);
    else
        request->state = CG_REQUEST_DONE;
}

void
cg_request_end(CgRequest *request, CgRequestState state, GError *error)
{
    request->ending = state;
    g_clear_error(&request->ending_error);
    request->ending_error = error;
}

/* ---- phases ---- */

static bool
run_phase(CgRequest *request, const CgPhase *phase, GError **error)
{
    if (!holds_locks(request, error))
        return false;
    return phase->transaction ? transact(request, phase->run, error) : phase->run(request, error);
}

static void
go_on(CgRequest *request)
{
    CgPart part = request->next->part;
    request->next++;
    bool is_last = request->next->part != part &&
                   (part != CG_PART_ANSWER || request->next->part != CG_PART_WORK);
    request->state = request->ending;
    request->error = g_steal_pointer(&request->ending_error);
    if (request->state == CG_REQUEST_UNDERWAY && is_last)
        finish(request);
}

/* The worker's hands are off: it failed for the database's sake, which may well do it later, or
 * for somebody else's (a lock that was lost is BUSY, too). */
static bool
must_leave(const GError *error)
{
    static const CgDbErrorCode codes[] = {
        CG_DB_ERROR_CONNECT, CG_DB_ERROR_SERIALIZATION, CG_DB_ERROR_BUSY,
        CG_DB_ERROR_TIMEOUT, CG_DB_ERROR_FULL,          CG_DB_ERROR_READ_ONLY,
    };
    for (size_t i = 0; i < G_N_ELEMENTS(codes); i++)
        if (is_code(error, codes[i]))
            return true;
    return cg_engine_error(error) == CG_ENGINE_ERROR_OTHER_HANDS;
}

static void
turn_back(CgRequest *request, GError *cause)
{
    const CgPhase *undo = first_phase(request->operation, CG_PART_UNDO);
    if (request->next->part == CG_PART_ANSWER) {
        refuse(request, cause);
    } else if (request->next->part == CG_PART_UNDO || undo->part == CG_PART_END ||
               request->record == NULL || must_leave(cause)) {
        leave(request, cause);
    } else {
        request->cause = cause;
        request->next = undo;
    }
}

void
cg_request_step(CgRequest *request)
{
    const CgPhase *phase = request->next;
    GError *cause = NULL;
    if (!run_phase(request, phase, &cause)) {
        turn_back(request, cause);
        return;
    }
    CG_FAULT(phase->fault);
    go_on(request);
}

bool
cg_request_lock(CgRequest *request, GError **error)
{
    g_autofree char *name = g_strconcat("engine.", request->group_id, NULL);
    request->lock = cg_db_lock(request->engine->db, name, 0, error);
    if (request->lock == NULL)
        return false;
    CG_FAULT("engine.request.locked");
    return true;
}

bool
cg_request_run(CgRequest *request, GError **error)
{
    if (!cg_request_lock(request, error))
        return false;
    while (request->state == CG_REQUEST_UNDERWAY)
        cg_request_step(request);
    if (request->error == NULL)
        return true;
    g_propagate_error(error, g_steal_pointer(&request->error));
    return false;
}
