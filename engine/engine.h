/*
 * The engine as programs see it: what can be asked of it, and what came of it.
 *
 * Each request is a table of phases (engine/request.h), one transaction each. Whatever kills the
 * process, cg_engine_recover() finishes the request from what the rows say.
 */
#ifndef CG_ENGINE_ENGINE_H
#define CG_ENGINE_ENGINE_H

#include "engine/driver.h"
#include "engine/error.h"

typedef struct {
    CgDb *db; /* lent */
    const CgDriver *driver;
    void *array;             /* the open driver */
    bool has_upstream;       /* consistencygroups.source_cgid is there too */
    bool has_image_metadata; /* table volume_glance_metadata, which 0001 does not make */
    bool has_frozen;         /* column services.frozen, since Mitaka */
} CgEngine;

/*
 * `driver` by name, `plan` its file or NULL; a NULL driver makes an engine that only reads. Errors:
 * CG_EXIT_USAGE for the driver and its plan; CG_ENGINE_ERROR_STATE where tables or the column
 * source_cg_id are missing.
 */
CgEngine *cg_engine_new(CgDb *db, const char *driver, const char *plan, GError **error);
void cg_engine_free(CgEngine *engine);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CgEngine, cg_engine_free)

typedef struct {
    const char *name, *description;            /* NULL: none */
    const char *consistencygroup, *cgsnapshot; /* the source, by id or name: exactly one */
    const char *scope;                /* the project in which it is looked for; NULL: in all */
    const char *project_id, *user_id; /* whose the new group is; NULL: the source's */
} CgCreateFromSrc;

/* What can be said without a database: one source, lengths. CG_ENGINE_ERROR_INVALID. */
bool cg_engine_check_create(const CgCreateFromSrc *options,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;

/*
 * Makes a group from a source, to the end. *out_id (allocated) is set as soon as the group stands,
 * also when it then failed. Errors: CG_ENGINE_ERROR_INVALID (no source or two, a text that is too
 * long), NOT_FOUND, AMBIGUOUS, STATE, QUOTA, and those of CG_DB_ERROR: nothing was changed.
 * CG_EXIT_INTERRUPTED, while it waited for another one: nothing was changed either.
 * CG_EXIT_CONNECT: the server was lost while the rows were committed. CG_EXIT_HALF_DONE: the
 * group is in `error`, or left as it is; the message says which, the hint what to do.
 */
bool cg_engine_create_from_src(CgEngine *engine, const CgCreateFromSrc *options, char **out_id,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

typedef enum {
    CG_RECOVERED_FINISHED, /* available */
    CG_RECOVERED_FAILED,   /* in `error`; `reason` says why */
    CG_RECOVERED_BUSY,     /* another process is at work on it */
    CG_RECOVERED_LEFT,     /* unfinished still; `reason` says why */
    CG_RECOVERED_DROPPED   /* somebody else took it out of `creating`: theirs now */
} CgRecoveredState;

typedef struct {
    char *group_id;
    CgRecoveredState state;
    char *reason, *hint; /* or NULL */
    bool untried;        /* LEFT because an interruption came before its turn */
} CgRecovered;

/* Takes every request that was left unfinished to its end; after an interruption all others are
 * CG_RECOVERED_LEFT. An array of CgRecovered, the oldest first, without those that another worker
 * has ended meanwhile; NULL where the database could not be read. */
GPtrArray *cg_engine_recover(CgEngine *engine, GError **error);

#endif
