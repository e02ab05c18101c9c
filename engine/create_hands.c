/*
 * Rows as a worker leaves them, and how it tells that somebody else has changed them.
 *
 * The record says which volumes are its own. Removing storage is what cannot be taken back: so it
 * is asked about as late as can be, and whatever is not as it was left is for a person to decide.
 */
#include "engine/create.h"

#include <string.h>

/* Whatever it is, it is for a person to decide. */
bool
cg_create_keep_off(const CgRequest *request, GError **error, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *what = g_strdup_vprintf(format, args);
    va_end(args);
    const char *id = request->group_id;
    g_autofree char *hint =
        g_strdup_printf("when you have seen to its volumes: UPDATE consistencygroups SET status ="
                        " 'error' WHERE id = '%s'; DELETE FROM cg_engine_request WHERE group_id ="
                        " '%s'",
                        id, id);
    cg_engine_error_set(error, CG_ENGINE_ERROR_OTHER_HANDS, hint,
                        "%s by other hands, nothing was touched", what);
    return false;
}

/* Cinder lets a user put a new volume into a group in `creating`. */
static void
set_strangers_apart(const CgRecord *record, CgCreate *create)
{
    g_clear_pointer(&create->stranger, g_free);
    for (guint i = create->volumes->len; i > 0; i--) {
        const CgVolume *volume = g_ptr_array_index(create->volumes, i - 1);
        if (g_strv_contains((const char *const *)record->volumes, volume->id))
            continue;
        g_free(create->stranger);
        create->stranger = g_strdup(volume->id);
        g_ptr_array_remove_index(create->volumes, i - 1);
    }
}

bool
cg_create_find_rows(CgRequest *request, GError **error)
{
    CgCreate *create = request->own;
    const CgValue id = cg_text(request->group_id);
    g_clear_pointer(&create->group, cg_group_free);
    g_clear_pointer(&create->volumes, g_ptr_array_unref);
    g_autoptr(GPtrArray) groups = cg_group_load(request->engine->db, "id = $1", &id, 1, error);
    if (groups == NULL)
        return false;
    if (groups->len == 1)
        create->group = g_ptr_array_steal_index(groups, 0);
    create->volumes =
        cg_volume_load(request->engine->db, "consistencygroup_id = $1", &id, 1, error);
    if (create->volumes == NULL)
        return false;
    set_strangers_apart(request->record, create);
    return true;
}

static bool
is_attached(const CgVolume *volume)
{
    return volume->attach_status != NULL && strcmp(volume->attach_status, "detached") != 0;
}

static bool
is_there(const CgCreate *create, const char *id)
{
    for (guint i = 0; i < create->volumes->len; i++)
        if (strcmp(((const CgVolume *)g_ptr_array_index(create->volumes, i))->id, id) == 0)
            return true;
    return false;
}

bool
cg_create_check_members(const CgRequest *request, const char *status, GError **error)
{
    const CgCreate *create = request->own;
    if (request->record->volumes[0] == NULL)
        return cg_create_keep_off(request, error, "its record was emptied");
    for (char **id = request->record->volumes; *id != NULL; id++)
        if (!is_there(create, *id))
            return cg_create_keep_off(request, error,
                                      "volume %s was deleted, or taken out of the group,", *id);
    for (guint i = 0; i < create->volumes->len; i++) {
        const CgVolume *volume = g_ptr_array_index(create->volumes, i);
        if (is_attached(volume))
            return cg_create_keep_off(request, error, "volume %s was attached", volume->id);
        if (g_strcmp0(volume->status, status) != 0)
            return cg_create_keep_off(request, error, "volume %s was set to %s%s%s", volume->id,
                                      volume->status != NULL ? "\"" : "",
                                      volume->status != NULL ? volume->status : "NULL",
                                      volume->status != NULL ? "\"" : "");
    }
    return true;
}

/* With it goes the group on the array, in which nobody else's volume must be. */
bool
cg_create_check_removal(CgRequest *request, const char *status, GError **error)
{
    const CgCreate *create = request->own;
    if (!cg_create_find_rows(request, error))
        return false;
    if (!cg_group_is_in(create->group, status))
        return cg_create_keep_off(request, error,
                                  "the group was deleted, or set to another status,");
    if (!cg_create_check_members(request, status, error))
        return false;
    if (create->stranger == NULL)
        return true;
    cg_engine_error_set(error, CG_ENGINE_ERROR_OTHER_HANDS,
                        "delete that volume or take it out of the group, then cg-engine recover",
                        "volume %s was put into it by other hands, nothing was removed",
                        create->stranger);
    return false;
}
