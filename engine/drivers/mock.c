/* The scripted driver; see mock.h for its plans. */
#include "engine/drivers/mock.h"

#include "base/progress.h"
#include "base/suggest.h"
#include "base/yaml.h"
#include "engine/drivers/mock_array.h"

#include <signal.h>

typedef enum {
    FROM_OK,
    FAIL_BEFORE,
    FAIL_MEMBER,
    FAIL_AFTER,
    WRONG_COUNT,
    NO_ID,
    GROUP_ERROR,
    MEMBER_ERROR,
    CRASH_MEMBER,
    CRASH_AFTER,
    FROM_ABSENT
} FromSrc;

typedef enum { CLONE_OK, CLONE_FAIL, CLONE_ABSENT } Clone;
typedef enum { DELETE_OK, DELETE_FAIL } Delete;

static const char *const from_src_words[] = { "ok",          "fail-before",     "fail-member",
                                              "fail-after",  "wrong-count",     "no-id",
                                              "group-error", "member-error",    "crash-member",
                                              "crash-after", "not-implemented", NULL };
static const char *const clone_words[] = { "ok", "fail", "not-implemented", NULL };
static const char *const delete_words[] = { "ok", "fail", NULL };

typedef struct {
    CgMockArray *array;
    FromSrc from_src;
    Clone clone;
    Delete delete;
    int64_t member, latency_ms;
    bool location;
    char *message;
    int64_t cloned; /* calls of the generic loop so far */
} Mock;

static void
mock_close(void *data)
{
    Mock *mock = data;
    if (mock == NULL)
        return;
    cg_mock_array_free(mock->array);
    g_free(mock->message);
    g_free(mock);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Mock, mock_close)

/* ---- reading a plan ---- */

/* How the value of a key is read; the key itself for the error. */
typedef bool (*ReadFunc)(const CgYaml *yaml, const CgYamlNode *node, const char *key, void *out,
                         GError **error);

static bool
read_text(const CgYaml *yaml, const CgYamlNode *node, const char *key, void *out, GError **error)
{
    char **text = out;
    if (node->kind == CG_YAML_SCALAR && !cg_yaml_is_null(node) && *node->text != '\0') {
        *text = g_strdup(node->text);
        return true;
    }
    cg_yaml_error(yaml, node, NULL, error, "\"%s\" is a text that is not empty", key);
    return false;
}

/* Looked at here, where its place in the plan is known. */
static bool
read_array(const CgYaml *yaml, const CgYamlNode *node, const char *key, void *out, GError **error)
{
    CgMockArray **array = out;
    g_autofree char *path = NULL;
    g_autoptr(GError) cause = NULL;
    if (!read_text(yaml, node, key, &path, error))
        return false;
    cg_mock_array_free(*array);
    *array = cg_mock_array_new(path);
    if (cg_mock_array_check(*array, &cause))
        return true;
    cg_yaml_error(yaml, node, NULL, error, "%s", cause->message);
    return false;
}

static bool
read_count(const CgYaml *yaml, const CgYamlNode *node, const char *key, void *out, GError **error)
{
    int64_t *number = out;
    if (!cg_yaml_int(yaml, node, number, error))
        return false;
    if (*number >= 0 && *number <= G_MAXINT32)
        return true;
    cg_yaml_error(yaml, node, NULL, error, "\"%s\" is a number from 0 to %d", key, G_MAXINT32);
    return false;
}

static bool
read_member(const CgYaml *yaml, const CgYamlNode *node, const char *key, void *out, GError **error)
{
    int64_t *number = out;
    if (!read_count(yaml, node, key, out, error))
        return false;
    if (*number > 0)
        return true;
    cg_yaml_error(yaml, node, NULL, error, "\"%s\" is counted from 1", key);
    return false;
}

static bool
read_flag(const CgYaml *yaml, const CgYamlNode *node, const char *key G_GNUC_UNUSED, void *out,
          GError **error)
{
    return cg_yaml_bool(yaml, node, out, error);
}

static bool
read_word(const CgYaml *yaml, const CgYamlNode *node, const char *key, const char *const *words,
          unsigned *out, GError **error)
{
    for (unsigned i = 0; node->kind == CG_YAML_SCALAR && words[i] != NULL; i++)
        if (strcmp(node->text, words[i]) == 0) {
            *out = i;
            return true;
        }
    g_autofree char *list = g_strjoinv(", ", (char **)words);
    g_autofree char *hint = g_strconcat("one of ", list, NULL);
    cg_yaml_error(yaml, node, hint, error, "this is no outcome of \"%s\"", key);
    return false;
}

static bool
read_from_src(const CgYaml *yaml, const CgYamlNode *node, const char *key, void *out,
              GError **error)
{
    return read_word(yaml, node, key, from_src_words, out, error);
}

static bool
read_clone(const CgYaml *yaml, const CgYamlNode *node, const char *key, void *out, GError **error)
{
    return read_word(yaml, node, key, clone_words, out, error);
}

static bool
read_delete(const CgYaml *yaml, const CgYamlNode *node, const char *key, void *out, GError **error)
{
    return read_word(yaml, node, key, delete_words, out, error);
}

static bool
read_key(Mock *mock, const CgYaml *yaml, const CgYamlNode *key, const CgYamlNode *value,
         GError **error)
{
    const struct {
        const char *key;
        ReadFunc read;
        void *out;
    } known[] = {
        { "array", read_array, &mock->array },
        { "latency_ms", read_count, &mock->latency_ms },
        { "from_src", read_from_src, &mock->from_src },
        { "clone", read_clone, &mock->clone },
        { "member", read_member, &mock->member },
        { "delete", read_delete, &mock->delete },
        { "location", read_flag, &mock->location },
        { "message", read_text, &mock->message },
    };
    const char *names[G_N_ELEMENTS(known) + 1] = { NULL };
    for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
        if (strcmp(key->text, known[i].key) == 0)
            return known[i].read(yaml, value, key->text, known[i].out, error);
        names[i] = known[i].key;
    }
    const char *near = cg_suggest(key->text, names);
    g_autofree char *hint = near != NULL ? g_strdup_printf("did you mean \"%s\"?", near) : NULL;
    cg_yaml_error(yaml, key, hint, error, "a plan has no key \"%s\"", key->text);
    return false;
}

static bool
read_plan(Mock *mock, const char *path, GError **error)
{
    g_autoptr(CgYaml) yaml = cg_yaml_read_file(path, error);
    if (yaml == NULL)
        return false;
    const CgYamlNode *root = cg_yaml_root(yaml);
    if (root == NULL)
        return true;
    if (root->kind != CG_YAML_MAPPING) {
        cg_yaml_error(yaml, root, NULL, error, "a plan is a mapping of keys to values");
        return false;
    }
    for (size_t i = 0; i < root->n; i++)
        if (!read_key(mock, yaml, root->keys[i], root->values[i], error))
            return false;
    return true;
}

static void *
mock_open(const char *plan, GError **error)
{
    g_autoptr(Mock) mock = g_new0(Mock, 1);
    mock->member = 1;
    mock->array = cg_mock_array_new(NULL);
    return plan == NULL || read_plan(mock, plan, error) ? g_steal_pointer(&mock) : NULL;
}

static const char *
mock_name(void *data)
{
    return cg_mock_array_name(((const Mock *)data)->array);
}

/* ---- the array's work ---- */

static bool
fail(const Mock *mock, GError **error)
{
    g_set_error_literal(error, CG_DRIVER_ERROR, CG_DRIVER_ERROR_FAILED,
                        mock->message != NULL ? mock->message : "the plan says so");
    return false;
}

static bool
not_implemented(const char *call, GError **error)
{
    g_set_error(error, CG_DRIVER_ERROR, CG_DRIVER_ERROR_NOT_IMPLEMENTED, "%s is not implemented",
                call);
    return false;
}

static bool
put_group(Mock *mock, const CgDriverContext *context, const CgGroup *group, GError **error)
{
    g_autofree char *key = g_strconcat("group ", group->id, NULL);
    return cg_mock_array_put(mock->array, context, key, "", error);
}

static bool
put_volume(Mock *mock, const CgDriverContext *context, const CgVolume *volume, const char *source,
           GError **error)
{
    g_usleep((unsigned long)mock->latency_ms * 1000);
    g_autofree char *key = g_strconcat("volume ", volume->id, NULL);
    g_autofree char *rest = g_strdup_printf("%s %s", volume->consistencygroup_id, source);
    return cg_mock_array_put(mock->array, context, key, rest, error);
}

static const char *
source_id(const CgDriverClone *clone, guint i)
{
    if (clone->snapshots == NULL)
        return ((const CgVolume *)g_ptr_array_index(clone->src_volumes, i))->id;
    return ((const CgSnapshot *)g_ptr_array_index(clone->snapshots, i))->id;
}

static void
fill_location(const Mock *mock, const char *id, CgVolumeUpdate *update)
{
    if (mock->location)
        update->provider_location = g_strconcat("mock:", id, NULL);
}

static bool
is_member(const Mock *mock, guint i)
{
    return (int64_t)i + 1 == mock->member;
}

static bool
make_volumes(Mock *mock, const CgDriverContext *context, const CgDriverClone *clone,
             CgDriverUpdate *update, GError **error)
{
    g_autoptr(CgProgress) progress = cg_progress_begin("cloning", "volumes", clone->volumes->len);
    cg_driver_update_begin(update);
    for (guint i = 0; i < clone->volumes->len; i++) {
        const CgVolume *volume = g_ptr_array_index(clone->volumes, i);
        if (is_member(mock, i) && mock->from_src == FAIL_MEMBER)
            return fail(mock, error);
        bool broken = is_member(mock, i) && mock->from_src == MEMBER_ERROR;
        if (!broken && !put_volume(mock, context, volume, source_id(clone, i), error))
            return false;
        if (is_member(mock, i) && mock->from_src == CRASH_MEMBER)
            raise(SIGKILL);
        if (mock->from_src == WRONG_COUNT && i + 1 == clone->volumes->len)
            break;
        bool nameless = is_member(mock, i) && mock->from_src == NO_ID;
        CgVolumeUpdate *entry = cg_driver_update_add(update, nameless ? NULL : volume->id);
        entry->status = g_strdup(broken ? "error" : NULL);
        fill_location(mock, volume->id, entry);
        cg_progress_update(progress, i + 1);
    }
    return true;
}

static bool
check_member(const Mock *mock, const CgDriverClone *clone, GError **error)
{
    bool is_of_one = mock->from_src == FAIL_MEMBER || mock->from_src == NO_ID ||
                     mock->from_src == MEMBER_ERROR || mock->from_src == CRASH_MEMBER;
    if (!is_of_one || mock->member <= clone->volumes->len)
        return true;
    g_set_error(error, CG_DRIVER_ERROR, CG_DRIVER_ERROR_FAILED,
                "the plan is about member %" G_GINT64_FORMAT ", and there are %u volumes",
                mock->member, clone->volumes->len);
    return false;
}

static bool
mock_from_src(void *data, const CgDriverContext *context, const CgDriverClone *clone,
              CgDriverUpdate *update, GError **error)
{
    Mock *mock = data;
    if (mock->from_src == FROM_ABSENT)
        return not_implemented("create_consistencygroup_from_src", error);
    if (!check_member(mock, clone, error))
        return false;
    if (mock->from_src == FAIL_BEFORE)
        return fail(mock, error);
    if (!put_group(mock, context, clone->group, error) ||
        !make_volumes(mock, context, clone, update, error))
        return false;
    if (mock->from_src == CRASH_AFTER)
        raise(SIGKILL);
    if (mock->from_src == GROUP_ERROR)
        update->status = g_strdup("error");
    return mock->from_src != FAIL_AFTER || fail(mock, error);
}

/* ---- one by one ---- */

static bool
mock_create_group(void *data, const CgDriverContext *context, const CgGroup *group, GError **error)
{
    return put_group(data, context, group, error);
}

static bool
clone_one(Mock *mock, const CgDriverContext *context, const CgVolume *volume, const char *source,
          CgVolumeUpdate *update, GError **error)
{
    mock->cloned++;
    if (mock->clone == CLONE_ABSENT)
        return not_implemented("cloning volume by volume", error);
    if (mock->clone == CLONE_FAIL && mock->cloned == mock->member)
        return fail(mock, error);
    fill_location(mock, volume->id, update);
    return put_volume(mock, context, volume, source, error);
}

static bool
mock_from_snapshot(void *data, const CgDriverContext *context, const CgVolume *volume,
                   const CgSnapshot *snapshot, CgVolumeUpdate *update, GError **error)
{
    return clone_one(data, context, volume, snapshot->id, update, error);
}

static bool
mock_clone(void *data, const CgDriverContext *context, const CgVolume *volume,
           const CgVolume *src_volume, CgVolumeUpdate *update, GError **error)
{
    return clone_one(data, context, volume, src_volume->id, update, error);
}

static bool
mock_delete(void *data, const CgDriverContext *context, const CgGroup *group,
            const GPtrArray *volumes, GError **error)
{
    Mock *mock = data;
    if (mock->delete == DELETE_FAIL)
        return fail(mock, error);
    for (guint i = 0; i < volumes->len; i++) {
        const CgVolume *volume = g_ptr_array_index(volumes, i);
        g_autofree char *key = g_strconcat("volume ", volume->id, NULL);
        if (!cg_mock_array_remove(mock->array, context, key, error))
            return false;
    }
    g_autofree char *key = g_strconcat("group ", group->id, NULL);
    return cg_mock_array_remove(mock->array, context, key, error);
}

const CgDriver cg_driver_mock = {
    .name = "mock",
    .version = CG_DRIVER_VERSION,
    .open = mock_open,
    .close = mock_close,
    .array_name = mock_name,
    .create_consistencygroup_from_src = mock_from_src,
    .create_group = mock_create_group,
    .create_volume_from_snapshot = mock_from_snapshot,
    .create_cloned_volume = mock_clone,
    .delete_consistencygroup = mock_delete,
};
