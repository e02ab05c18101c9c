/* The drivers there are, their call, and the generic loop; see driver.h. */
#include "engine/driver.h"

#include "base/fault.h"
#include "base/progress.h"
#include "engine/drivers/mock.h"
#include "engine/error.h"

G_DEFINE_QUARK(cg - driver - error, cg_driver_error)

static const CgDriver *const drivers[] = { &cg_driver_mock };

const CgDriver *
cg_driver_find(const char *name, GError **error)
{
    const char *names[G_N_ELEMENTS(drivers) + 1] = { NULL };
    for (size_t i = 0; i < G_N_ELEMENTS(drivers); i++) {
        names[i] = drivers[i]->name;
        if (strcmp(name, names[i]) != 0)
            continue;
        if (drivers[i]->version == CG_DRIVER_VERSION)
            return drivers[i];
        cg_engine_error_set(error, CG_ENGINE_ERROR_STATE, NULL,
                            "the driver \"%s\" is of interface %u, the engine of %u", name,
                            drivers[i]->version, (unsigned)CG_DRIVER_VERSION);
        return NULL;
    }
    g_autofree char *list = g_strjoinv(", ", (char **)names);
    cg_engine_error_set(error, CG_ENGINE_ERROR_INVALID, list, "there is no driver \"%s\"", name);
    return NULL;
}

/* ---- the generic loop ---- */

static bool
clone_one(const CgDriver *driver, void *array, const CgDriverContext *context,
          const CgDriverClone *clone, guint i, CgVolumeUpdate *update, GError **error)
{
    const CgVolume *volume = g_ptr_array_index(clone->volumes, i);
    if (clone->snapshots != NULL && driver->create_volume_from_snapshot != NULL)
        return driver->create_volume_from_snapshot(
            array, context, volume, g_ptr_array_index(clone->snapshots, i), update, error);
    if (clone->src_volumes != NULL && driver->create_cloned_volume != NULL)
        return driver->create_cloned_volume(
            array, context, volume, g_ptr_array_index(clone->src_volumes, i), update, error);
    g_set_error(error, CG_DRIVER_ERROR, CG_DRIVER_ERROR_NOT_IMPLEMENTED,
                "it has no call for this kind of source");
    return false;
}

static bool
clone_each(const CgDriver *driver, void *array, const CgDriverContext *context,
           const CgDriverClone *clone, CgDriverUpdate *update, GError **error)
{
    if (driver->create_group != NULL && !driver->create_group(array, context, clone->group, error))
        return false;
    g_autoptr(CgProgress) progress = cg_progress_begin("cloning", "volumes", clone->volumes->len);
    for (guint i = 0; i < clone->volumes->len; i++) {
        const CgVolume *volume = g_ptr_array_index(clone->volumes, i);
        CgVolumeUpdate *entry = cg_driver_update_add(update, volume->id);
        if (!clone_one(driver, array, context, clone, i, entry, error))
            return false;
        CG_FAULT("engine.driver.member-cloned");
        cg_progress_update(progress, i + 1);
    }
    return true;
}

static bool
call(const CgDriver *driver, void *array, const CgDriverContext *context,
     const CgDriverClone *clone, CgDriverUpdate *update, GError **error)
{
    if (driver->create_consistencygroup_from_src == NULL)
        return clone_each(driver, array, context, clone, update, error);
    GError *cause = NULL;
    if (driver->create_consistencygroup_from_src(array, context, clone, update, &cause))
        return true;
    if (!g_error_matches(cause, CG_DRIVER_ERROR, CG_DRIVER_ERROR_NOT_IMPLEMENTED)) {
        g_propagate_error(error, cause);
        return false;
    }
    g_error_free(cause);
    cg_driver_update_clear(update);
    return clone_each(driver, array, context, clone, update, error);
}

/* Whatever it failed with: the caller knows it by its domain. False, always. */
static bool
failed(const CgDriver *driver, const char *what, GError *cause, GError **error)
{
    g_set_error(error, CG_DRIVER_ERROR, CG_DRIVER_ERROR_FAILED, "the driver \"%s\" %s: %s",
                driver->name, what, cause->message);
    g_error_free(cause);
    return false;
}

bool
cg_driver_clone(const CgDriver *driver, void *array, const CgDriverContext *context,
                const CgDriverClone *clone, CgDriverUpdate *update, GError **error)
{
    GError *cause = NULL;
    if (call(driver, array, context, clone, update, &cause) &&
        cg_driver_update_check(update, clone->volumes, &cause))
        return true;
    return failed(driver, "failed", cause, error);
}

bool
cg_driver_remove(const CgDriver *driver, void *array, const CgDriverContext *context,
                 const CgGroup *group, const GPtrArray *volumes, GError **error)
{
    GError *cause = NULL;
    return driver->delete_consistencygroup(array, context, group, volumes, &cause) ||
           failed(driver, "could not remove it", cause, error);
}
