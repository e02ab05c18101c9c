/*
 * What a storage backend has to do, and what it may say: C's spelling of the proposal's
 * create_consistencygroup_from_src(context, group, volumes, cgsnapshot, snapshots, src_group,
 * src_volumes), with what setting up and tearing down need.
 *
 * A driver is one const CgDriver in engine/drivers/<name>.c. It never sees the database: all that
 * it may know is in its arguments. One open driver belongs to one thread; several processes may
 * have the same array open at once.
 */
#ifndef CG_ENGINE_DRIVER_H
#define CG_ENGINE_DRIVER_H

#include "engine/driver_update.h"
#include "engine/model.h"

#define CG_DRIVER_ERROR (cg_driver_error_quark())
GQuark cg_driver_error_quark(void);

typedef enum {
    CG_DRIVER_ERROR_FAILED,         /* the backend could not; what it left half made is torn down */
    CG_DRIVER_ERROR_NOT_IMPLEMENTED /* as if the call were absent: the generic loop takes over */
} CgDriverErrorCode;

/*
 * Of one request, all attempts to fulfil it have the same request_id and each a higher number than
 * all before it. A worker that was given up as dead may still be at work: so a driver remembers the
 * highest attempt it has seen, and refuses to change anything for a lower one.
 */
typedef struct {
    const char *user_id, *project_id;
    const char *request_id;
    int64_t attempt;
} CgDriverContext;

/*
 * The proposal's arguments but for the context, by name. Exactly one of (cgsnapshot, snapshots) and
 * (src_group, src_volumes) is there. `volumes` are the rows of the new group in `creating`, and
 * volumes[i] is to be made from snapshots[i] or src_volumes[i]. Sources may stand in any other
 * order on the array: match by id. All lent.
 */
typedef struct {
    const CgGroup *group;
    const GPtrArray *volumes;       /* of CgVolume; never empty */
    const CgCgsnapshot *cgsnapshot; /* or NULL */
    const GPtrArray *snapshots;     /* of CgSnapshot; or NULL */
    const CgGroup *src_group;       /* or NULL */
    const GPtrArray *src_volumes;   /* of CgVolume; or NULL */
} CgDriverClone;

typedef struct CgDriver CgDriver;

struct CgDriver {
    const char *name;
    /* Of this interface: a driver built for another one is refused by name, not called with
     * arguments that it does not expect. CG_DRIVER_VERSION. */
    unsigned version;

    /* Required. `plan` is the user's file for this driver, or NULL; errors in it are CG_EXIT_USAGE
     * with file:line:column. close() takes what open() returned. */
    void *(*open)(const char *plan, GError **error);
    void (*close)(void *array);

    /* Required. Which array it is, in a word that stays the same from run to run; lent. A request
     * is gone on with only on the array on which it was begun. */
    const char *(*array_name)(void *array);

    /*
     * Optional; absent or NOT_IMPLEMENTED: create_group, then for each volume
     * create_volume_from_snapshot or create_cloned_volume, the first failure ending it; without
     * those too the request fails.
     *
     * Failure is an error, never a value of *update. On success *update may stay empty. What is
     * returned is checked before it is used: as many entries as volumes, each with the id of
     * another one of them. A returned status "error" is respected: that volume, and with it the
     * group, ends in `error`; the rest stays.
     *
     * Must clean up its temporary objects by itself, whether it fails or not.
     */
    bool (*create_consistencygroup_from_src)(void *array, const CgDriverContext *context,
                                             const CgDriverClone *clone, CgDriverUpdate *update,
                                             GError **error);

    /* Optional, for the generic loop; `update` has its id already. */
    bool (*create_group)(void *array, const CgDriverContext *context, const CgGroup *group,
                         GError **error);
    bool (*create_volume_from_snapshot)(void *array, const CgDriverContext *context,
                                        const CgVolume *volume, const CgSnapshot *snapshot,
                                        CgVolumeUpdate *update, GError **error);
    bool (*create_cloned_volume)(void *array, const CgDriverContext *context,
                                 const CgVolume *volume, const CgVolume *src_volume,
                                 CgVolumeUpdate *update, GError **error);

    /*
     * Required. Removes the group and these volumes, and what a killed process may have left of
     * them: what is not there is no error. The engine calls it after a failure, and before it does
     * over what a killed process had begun.
     */
    bool (*delete_consistencygroup)(void *array, const CgDriverContext *context,
                                    const CgGroup *group, const GPtrArray *volumes, GError **error);
};

enum { CG_DRIVER_VERSION = 1 };

/* By name; CG_ENGINE_ERROR_INVALID with the names there are; STATE: of another interface. */
const CgDriver *cg_driver_find(const char *name, GError **error);

/* ---- for the engine ---- */

/* The driver's call, or the generic loop, and then the check of what it returned. A failure leaves
 * *update as it may be; the error is of CG_DRIVER_ERROR. */
bool cg_driver_clone(const CgDriver *driver, void *array, const CgDriverContext *context,
                     const CgDriverClone *clone, CgDriverUpdate *update,
                     GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* delete_consistencygroup(); the error is of CG_DRIVER_ERROR. */
bool cg_driver_remove(const CgDriver *driver, void *array, const CgDriverContext *context,
                      const CgGroup *group, const GPtrArray *volumes,
                      GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
