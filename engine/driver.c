/* The drivers there are, the generic loop, and the check of what a driver returned; see driver.h.
 */
#include "engine/driver.h"

#include "base/fault.h"
#include "base/progress.h"
#include "engine/drivers/mock.h"

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
        cg_error_set(error, CG_EXIT_REFUSED, NULL,
                     "the driver \"%s\" is of interface %u, the engine of %u", name,
                     drivers[i]->version, (unsigned)CG_DRIVER_VERSION);
        return NULL;
    }
    g_autofree char *list = g_strjoinv(", ", (char **)names);
    cg_error_set(error, CG_EXIT_USAGE, list, "there is no driver \"%s\"", name);
    return NULL;
}

/* ---- what a driver returns ---- */

static void
free_volume_update(void *data)
{
    CgVolumeUpdate *update = data;
    char *texts[] = { update->id,
                      update->status,
                      update->provider_location,
                      update->provider_id,
                      update->provider_auth,
                      update->host,
                      update->replication_status };
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        g_free(texts[i]);
    g_free(update);
}

void
cg_driver_update_clear(CgDriverUpdate *update)
{
    g_clear_pointer(&update->status, g_free);
    g_clear_pointer(&update->volumes, g_ptr_array_unref);
}

void
cg_driver_update_begin(CgDriverUpdate *update)
{
    if (update->volumes == NULL)
        update->volumes = g_ptr_array_new_with_free_func(free_volume_update);
}

CgVolumeUpdate *
cg_driver_update_add(CgDriverUpdate *update, const char *id)
{
    cg_driver_update_begin(update);
    CgVolumeUpdate *entry = g_new0(CgVolumeUpdate, 1);
    entry->id = g_strdup(id);
    g_ptr_array_add(update->volumes, entry);
    return entry;
}

const CgVolumeUpdate *
cg_driver_update_find(const CgDriverUpdate *update, const char *id)
{
    for (guint i = 0; update->volumes != NULL && i < update->volumes->len; i++) {
        const CgVolumeUpdate *entry = g_ptr_array_index(update->volumes, i);
        if (g_strcmp0(entry->id, id) == 0)
            return entry;
    }
    return NULL;
}

G_GNUC_PRINTF(2, 3)
static bool
bad_answer(GError **error, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *what = g_strdup_vprintf(format, args);
    va_end(args);
    g_set_error(error, CG_DRIVER_ERROR, CG_DRIVER_ERROR_FAILED, "it returned %s", what);
    return false;
}

static bool
check_status(const char *status, GError **error)
{
    return status == NULL || strcmp(status, "available") == 0 || strcmp(status, "error") == 0 ||
           bad_answer(error, "the status \"%s\"", status);
}

static bool
check_update(const CgDriverUpdate *update, const CgDriverClone *clone, GError **error)
{
    if (!check_status(update->status, error))
        return false;
    if (update->volumes == NULL)
        return true;
    if (update->volumes->len != clone->volumes->len)
        return bad_answer(error, "%u volumes, not %u", update->volumes->len, clone->volumes->len);
    for (guint i = 0; i < update->volumes->len; i++) {
        const CgVolumeUpdate *entry = g_ptr_array_index(update->volumes, i);
        if (entry->id == NULL)
            return bad_answer(error, "a volume without an id");
        if (!check_status(entry->status, error))
            return false;
    }
    /* As many entries as volumes and one for each: so none twice, and none that is a stranger. */
    for (guint i = 0; i < clone->volumes->len; i++) {
        const CgVolume *volume = g_ptr_array_index(clone->volumes, i);
        if (cg_driver_update_find(update, volume->id) == NULL)
            return bad_answer(error, "nothing for volume %s", volume->id);
    }
    return true;
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
    if (call(driver, array, context, clone, update, &cause) && check_update(update, clone, &cause))
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
