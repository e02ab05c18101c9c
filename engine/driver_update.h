/* What a driver returns of a group that it made: the two results of the proposal's call. */
#ifndef CG_ENGINE_DRIVER_UPDATE_H
#define CG_ENGINE_DRIVER_UPDATE_H

#include <glib.h>
#include <stdbool.h>

/* What a driver says of one volume. NULL leaves a column as it is; all are owned. */
typedef struct {
    char *id;     /* required: the new volume's */
    char *status; /* NULL: available; else "available" or "error" */
    char *provider_location, *provider_id, *provider_auth, *host, *replication_status;
} CgVolumeUpdate;

/* The two results of the proposal's call, (model_update, volumes_model_update). */
typedef struct {
    char *status;       /* model_update's status; NULL: none was given */
    GPtrArray *volumes; /* of CgVolumeUpdate; NULL: None, plain success of all */
} CgDriverUpdate;

void cg_driver_update_clear(CgDriverUpdate *update);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(CgDriverUpdate, cg_driver_update_clear)

/* ---- for drivers ---- */

/* There will be entries: without one that is another answer than None. */
void cg_driver_update_begin(CgDriverUpdate *update);

/* Adds an entry for the volume (NULL: without an id) and lends it. */
CgVolumeUpdate *cg_driver_update_add(CgDriverUpdate *update, const char *id);

/* ---- for the engine ---- */

/* That it can be used: of `volumes` (of CgVolume) each has one entry, and there are no others.
 * CG_DRIVER_ERROR_FAILED. */
bool cg_driver_update_check(const CgDriverUpdate *update, const GPtrArray *volumes,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The entry of that volume, or NULL. */
const CgVolumeUpdate *cg_driver_update_find(const CgDriverUpdate *update, const char *id);

/* The first entry with the status "error", or NULL. */
const CgVolumeUpdate *cg_driver_update_find_error(const CgDriverUpdate *update);

#endif
