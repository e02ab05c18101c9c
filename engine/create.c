/*
 * create-from-src: a consistency group from another one, or from a cgsnapshot.
 *
 * The one operation of the proposal, as a table of phases. What Cinder does and where this differs
 * on purpose is in docs/engine.md.
 */
#include "engine/create.h"

enum { MAX_NAME = 255 };

static const CgPhase phases[] = {
    { "accept", CG_PART_ANSWER, true, cg_create_accept, "engine.create.accepted" },
    { "take", CG_PART_WORK, true, cg_create_take, "engine.create.taken" },
    { "load", CG_PART_WORK, true, cg_create_load, "engine.create.loaded" },
    { "clear", CG_PART_WORK, false, cg_create_clear, "engine.create.cleared" },
    { "drive", CG_PART_WORK, false, cg_create_drive, "engine.create.driven" },
    { "finish", CG_PART_WORK, true, cg_create_finish, "engine.create.finished" },
    { "fail", CG_PART_UNDO, true, cg_create_fail, "engine.create.failed" },
    { "undo", CG_PART_UNDO, false, cg_create_undo, "engine.create.undone" },
    { "settle", CG_PART_UNDO, true, cg_create_settle, "engine.create.settled" },
    { NULL, CG_PART_END, false, NULL, NULL },
};

static void
create_clear(void *own)
{
    CgCreate *create = own;
    cg_quota_free(create->quota);
    cg_origin_free(create->origin);
    cg_group_free(create->group);
    g_clear_pointer(&create->volumes, g_ptr_array_unref);
    g_free(create->stranger);
    cg_driver_update_clear(&create->update);
}

const CgOperation cg_operation_create_from_src = {
    .name = "create-from-src",
    .phases = phases,
    .own_size = sizeof(CgCreate),
    .own_clear = create_clear,
};

/* ---- what the caller says ---- */

static bool
has_text(const char *text)
{
    return text != NULL && *text != '\0';
}

/* Of a name, as Cinder takes it. */
static char *
stripped(const char *text)
{
    return text != NULL ? g_strstrip(g_strdup(text)) : NULL;
}

static bool
check_length(const char *what, const char *text, GError **error)
{
    if (text == NULL)
        return true;
    if (!g_utf8_validate(text, -1, NULL)) {
        cg_engine_error_set(error, CG_ENGINE_ERROR_INVALID, NULL, "the %s is not UTF-8", what);
        return false;
    }
    long n = g_utf8_strlen(text, -1);
    if (n <= MAX_NAME)
        return true;
    cg_engine_error_set(error, CG_ENGINE_ERROR_INVALID, NULL,
                        "the %s has %ld characters, at most %d are allowed", what, n, MAX_NAME);
    return false;
}

static bool
check_caller(const char *what, const char *id, GError **error)
{
    if (id == NULL || *id != '\0')
        return check_length(what, id, error);
    cg_engine_error_set(error, CG_ENGINE_ERROR_INVALID, NULL, "the %s is empty", what);
    return false;
}

/* An empty source is none, as in Cinder. */
bool
cg_engine_check_create(const CgCreateFromSrc *options, GError **error)
{
    int sources = has_text(options->consistencygroup) + has_text(options->cgsnapshot);
    if (sources != 1) {
        cg_engine_error_set(error, CG_ENGINE_ERROR_INVALID,
                            "give --consistencygroup or --cgsnapshot",
                            sources == 0 ? "no source is given" : "two sources are given");
        return false;
    }
    g_autofree char *name = stripped(options->name);
    return check_length("name", name, error) &&
           check_length("description", options->description, error) &&
           check_caller("project", options->project_id, error) &&
           check_caller("project", options->scope, error) &&
           check_caller("user", options->user_id, error);
}

bool
cg_engine_create_from_src(CgEngine *engine, const CgCreateFromSrc *options, char **out_id,
                          GError **error)
{
    if (!cg_engine_check_create(options, error))
        return false;
    CgCreateFromSrc cleaned = *options;
    g_autofree char *name = stripped(options->name);
    cleaned.name = name;
    if (!has_text(cleaned.cgsnapshot))
        cleaned.cgsnapshot = NULL;
    g_autoptr(CgRequest) request = cg_request_new(engine, &cg_operation_create_from_src, NULL);
    request->options = &cleaned;
    bool ok = cg_request_run(request, error);
    if (request->state != CG_REQUEST_UNDERWAY && request->state != CG_REQUEST_REFUSED)
        *out_id = g_steal_pointer(&request->group_id);
    return ok;
}
