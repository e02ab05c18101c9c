/* What a driver returned, and the check of it; see driver_update.h. */
#include "engine/driver_update.h"

#include "engine/driver.h"

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

const CgVolumeUpdate *
cg_driver_update_find_error(const CgDriverUpdate *update)
{
    for (guint i = 0; update->volumes != NULL && i < update->volumes->len; i++) {
        const CgVolumeUpdate *entry = g_ptr_array_index(update->volumes, i);
        if (g_strcmp0(entry->status, "error") == 0)
            return entry;
    }
    return NULL;
}

/* ---- the check ---- */

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

bool
cg_driver_update_check(const CgDriverUpdate *update, const GPtrArray *volumes, GError **error)
{
    if (!check_status(update->status, error))
        return false;
    if (update->volumes == NULL)
        return true;
    if (update->volumes->len != volumes->len)
        return bad_answer(error, "%u volumes, not %u", update->volumes->len, volumes->len);
    for (guint i = 0; i < update->volumes->len; i++) {
        const CgVolumeUpdate *entry = g_ptr_array_index(update->volumes, i);
        if (entry->id == NULL)
            return bad_answer(error, "a volume without an id");
        if (!check_status(entry->status, error))
            return false;
    }
    /* As many entries as volumes and one for each: so none twice, and none that is a stranger. */
    for (guint i = 0; i < volumes->len; i++) {
        const CgVolume *volume = g_ptr_array_index(volumes, i);
        if (cg_driver_update_find(update, volume->id) == NULL)
            return bad_answer(error, "nothing for volume %s", volume->id);
    }
    return true;
}
