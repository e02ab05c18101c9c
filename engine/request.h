/*
 * A request on its way: a table of phases, and what runs them.
 *
 * A phase in a transaction is run again when the database asks for that (serialization, lock), so
 * it sets its results anew each time. The phases of CG_PART_ANSWER answer the caller; when one of
 * them fails nothing has happened. Those of CG_PART_WORK are the worker's: they begin from rows
 * alone, and so also where a process was killed. When one of them fails those of CG_PART_UNDO
 * compensate, unless the error says that the worker has to keep its hands off: the database is what
 * failed, a lock was lost, or somebody else changed the rows. Then all stays as it is, for
 * cg_engine_recover().
 *
 * The run lock "engine.<id of the group>" says that somebody is at work on it. It vanishes with the
 * process or its session, and is asked for before each phase and each commit.
 */
#ifndef CG_ENGINE_REQUEST_H
#define CG_ENGINE_REQUEST_H

#include "db/lock.h"
#include "engine/engine.h"
#include "engine/record.h"

typedef struct CgRequest CgRequest;

typedef enum { CG_PART_END, CG_PART_ANSWER, CG_PART_WORK, CG_PART_UNDO } CgPart;

/* A worker's phase that fails with CG_ENGINE_ERROR_OTHER_HANDS is not compensated. */
typedef struct {
    const char *name;
    CgPart part;
    bool transaction;
    bool (*run)(CgRequest *request, GError **error);
    const char *fault; /* the point behind it: "engine.create.accepted" */
} CgPhase;

typedef struct {
    const char *name;
    const CgPhase *phases; /* part by part, ended by an entry of CG_PART_END */
    size_t own_size;       /* of what its phases keep between them, see CgRequest.own */
    void (*own_clear)(void *own);
} CgOperation;

typedef enum {
    CG_REQUEST_UNDERWAY,
    CG_REQUEST_REFUSED, /* failed in the answer: nothing was changed, but see its error where the
                         * server was lost */
    CG_REQUEST_DONE,
    CG_REQUEST_FAILED,  /* its rows are in `error`, and its record says why */
    CG_REQUEST_LEFT,    /* unfinished, for cg_engine_recover() */
    CG_REQUEST_DROPPED, /* somebody else took the group out of `creating`: nothing was touched */
    CG_REQUEST_OVER     /* another worker has ended it meanwhile */
} CgRequestState;

struct CgRequest {
    CgEngine *engine;
    const CgOperation *operation;
    const void *options; /* of the operation; NULL in a worker */
    void *own;           /* the operation's state, zeroed at first */
    char *group_id;
    bool resumed; /* by its id, in a process that perhaps did not begin it */

    CgRequestState state;
    const CgPhase *next;
    CgRequestState ending; /* see cg_request_end() */
    GError *ending_error;
    GError *cause; /* what is being compensated */
    GError *flaw;  /* set by the work where it fails without a thing to compensate: the rows say so,
                    * and what was made stays */
    GError *error; /* of a request that has ended; NULL: well */

    int64_t now; /* one time for all rows of a transaction */
    CgLock *lock;
    CgLock *first_lock; /* held: what is made only once may be made; see first.h */
    CgRecord *record;   /* as the worker took it up; without it nothing is compensated */
};

/* A new request for the group of that id; NULL makes an id. */
CgRequest *cg_request_new(CgEngine *engine, const CgOperation *operation, const char *group_id);
void cg_request_free(CgRequest *request);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CgRequest, cg_request_free)

/* Before the first step. CG_DB_ERROR_BUSY when another process has the lock; nothing changes. */
bool cg_request_lock(CgRequest *request, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Runs the next phase of a request that is under way. */
void cg_request_step(CgRequest *request);

/* For a phase that finds nothing left to do: once it is committed the request ends in that state
 * (DROPPED, OVER). Takes the error; NULL: it ends well. */
void cg_request_end(CgRequest *request, CgRequestState state, GError *error);

/* Lock and all phases, or for a resumed request the worker's. Errors behind the answer are
 * CG_EXIT_HALF_DONE. */
bool cg_request_run(CgRequest *request, GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
