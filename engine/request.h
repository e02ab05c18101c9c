/*
 * A request on its way: a table of phases, and what runs them.
 *
 * A phase in a transaction is run again when the database asks for that (serialization, lock), so
 * it sets its results anew each time. The phases before `first_worker_phase` answer the caller;
 * when one of them fails nothing has happened. The phases from there on are the worker's: they
 * begin from rows alone, and so also where a process was killed. When one of them fails the
 * operation compensates; only where the database itself is what failed the rows stay as they are,
 * for cg_engine_recover().
 *
 * The run lock "engine.<id of the group>" says that somebody is at work on it. It vanishes with the
 * process.
 */
#ifndef CG_ENGINE_REQUEST_H
#define CG_ENGINE_REQUEST_H

#include "engine/engine.h"
#include "engine/origin.h"
#include "engine/quota.h"

typedef struct CgRequest CgRequest;

typedef struct {
    const char *name;
    const char *fault; /* the point behind it: "engine.create.accepted" */
    bool transaction;
    bool (*run)(CgRequest *request, GError **error);
} CgPhase;

typedef struct {
    const char *name;
    const CgPhase *phases; /* ended by an entry without name */
    size_t first_worker_phase;
    /* After the last phase: whether what the driver returned is a failure, which the rows say too.
     */
    bool (*judge)(CgRequest *request, GError **error);
    /* When a worker's phase failed: takes back what was begun outside the database (what cannot be
     * taken back is noted in request->notes), then writes `error` states in a transaction. */
    void (*undo)(CgRequest *request);
    bool (*fail)(CgRequest *request, GError **error);
    const char *fault_failed; /* the point behind `fail` */
} CgOperation;

struct CgRequest {
    CgEngine *engine;
    const CgOperation *operation;
    const void *options; /* of the operation; NULL in a worker */
    char *group_id;
    bool resumed; /* a process may have begun the worker's phases before */
    bool over;    /* a phase found that there is nothing left to do */
    bool stands;  /* the rows of the request are committed */
    bool failed;  /* its `error` states are */
    int64_t now;  /* one time for all rows of a transaction */
    CgLock *lock;
    CgQuota *quota;
    bool may_create_usage;
    CgOrigin *source;
    CgGroup *group;     /* the new group and */
    GPtrArray *volumes; /* its volumes, as the worker read them */
    CgDriverUpdate update;
    char *notes; /* beside the cause of a failure; or NULL */
};

/* A new request for the group of that id; NULL makes an id. */
CgRequest *cg_request_new(CgEngine *engine, const CgOperation *operation, const char *group_id);
void cg_request_free(CgRequest *request);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CgRequest, cg_request_free)

/*
 * All phases; or for a resumed request the worker's. Takes the lock first: CG_DB_ERROR_BUSY when
 * another has it. Errors of the worker's phases are CG_EXIT_HALF_DONE, whether compensated or left.
 */
bool cg_request_run(CgRequest *request, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The one whose worker finishes groups that are in `creating` and name a source. */
extern const CgOperation cg_operation_create_from_src;

#endif
