/* The mock's array; see mock_array.h. */
#include "engine/drivers/mock_array.h"

#include "base/fault.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

/* The first line of the file, so that no other file is taken for one and written over. */
#define HEADER "cinder-cg-tools mock array 1"

struct CgMockArray {
    char *path;       /* NULL: in memory */
    GPtrArray *lines; /* in the order they came */
};

CgMockArray *
cg_mock_array_new(const char *path)
{
    CgMockArray *array = g_new(CgMockArray, 1);
    *array = (CgMockArray){ path != NULL ? g_canonicalize_filename(path, NULL) : NULL,
                            g_ptr_array_new_with_free_func(g_free) };
    return array;
}

void
cg_mock_array_free(CgMockArray *array)
{
    if (array == NULL)
        return;
    g_free(array->path);
    g_ptr_array_unref(array->lines);
    g_free(array);
}

static bool
fail(const char *path, GError **error)
{
    g_set_error(error, CG_DRIVER_ERROR, CG_DRIVER_ERROR_FAILED, "the array \"%s\": %s", path,
                g_strerror(errno));
    return false;
}

/* ---- the file ---- */

static bool
fail_with(const char *path, GError *cause, GError **error)
{
    g_set_error(error, CG_DRIVER_ERROR, CG_DRIVER_ERROR_FAILED, "the array \"%s\": %s", path,
                cause->message);
    g_error_free(cause);
    return false;
}

static bool
refuse_file(const char *path, GError **error)
{
    g_set_error(error, CG_DRIVER_ERROR, CG_DRIVER_ERROR_FAILED,
                "the file \"%s\" is not a mock array, and is left as it is", path);
    return false;
}

static bool
read_file(CgMockArray *array, GError **error)
{
    g_autofree char *text = NULL;
    GError *cause = NULL;
    g_ptr_array_set_size(array->lines, 0);
    bool is_special = g_file_test(array->path, G_FILE_TEST_EXISTS) &&
                      !g_file_test(array->path, G_FILE_TEST_IS_REGULAR);
    if (is_special)
        return refuse_file(array->path, error);
    if (!g_file_get_contents(array->path, &text, NULL, &cause)) {
        if (!g_error_matches(cause, G_FILE_ERROR, G_FILE_ERROR_NOENT))
            return fail_with(array->path, cause, error);
        g_error_free(cause);
        return true;
    }
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    if (*text != '\0' && strcmp(lines[0], HEADER) != 0)
        return refuse_file(array->path, error);
    for (char **line = *text != '\0' ? lines + 1 : lines; *line != NULL; line++)
        if (**line != '\0')
            g_ptr_array_add(array->lines, g_strdup(*line));
    return true;
}

static bool
write_file(CgMockArray *array, GError **error)
{
    g_autoptr(GString) text = g_string_new(HEADER "\n");
    GError *cause = NULL;
    for (guint i = 0; i < array->lines->len; i++)
        g_string_append_printf(text, "%s\n", (char *)g_ptr_array_index(array->lines, i));
    /* It is written beside the file and renamed. */
    return g_file_set_contents(array->path, text->str, (gssize)text->len, &cause) ||
           fail_with(array->path, cause, error);
}

static int
lock_file(CgMockArray *array, GError **error)
{
    g_autofree char *lock_path = g_strconcat(array->path, ".lock", NULL);
    int fd = open(lock_path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (fd >= 0 && flock(fd, LOCK_EX) == 0)
        return fd;
    fail(lock_path, error);
    if (fd >= 0)
        close(fd);
    return -1;
}

const char *
cg_mock_array_name(const CgMockArray *array)
{
    return array->path != NULL ? array->path : "memory";
}

bool
cg_mock_array_check(CgMockArray *array, GError **error)
{
    if (array->path == NULL)
        return true;
    int fd = lock_file(array, error);
    if (fd < 0)
        return false;
    bool ok = read_file(array, error);
    close(fd);
    return ok;
}

/* ---- changes ---- */

static bool
is_of(const char *line, const char *key)
{
    size_t n = strlen(key);
    return strncmp(line, key, n) == 0 && (line[n] == ' ' || line[n] == '\0');
}

static void
replace(GPtrArray *lines, const char *key, const char *rest)
{
    for (guint i = lines->len; i > 0; i--)
        if (is_of(g_ptr_array_index(lines, i - 1), key))
            g_ptr_array_remove_index(lines, i - 1);
    if (rest != NULL)
        g_ptr_array_add(lines, g_strconcat(key, *rest != '\0' ? " " : "", rest, NULL));
}

/* Keeps out a worker that others have given up as dead. */
static bool
fence(CgMockArray *array, const CgDriverContext *context, GError **error)
{
    g_autofree char *key = g_strconcat("attempt ", context->request_id, NULL);
    g_autofree char *attempt = g_strdup_printf("%" G_GINT64_FORMAT, context->attempt);
    for (guint i = 0; i < array->lines->len; i++) {
        const char *line = g_ptr_array_index(array->lines, i);
        if (!is_of(line, key) || g_ascii_strtoll(line + strlen(key), NULL, 10) <= context->attempt)
            continue;
        g_set_error(error, CG_DRIVER_ERROR, CG_DRIVER_ERROR_FAILED,
                    "a later attempt is at work on request %s", context->request_id);
        return false;
    }
    replace(array->lines, key, attempt);
    return true;
}

static bool
change(CgMockArray *array, const CgDriverContext *context, const char *key, const char *rest,
       GError **error)
{
    int fd = array->path != NULL ? lock_file(array, error) : -1;
    if (array->path != NULL && fd < 0)
        return false;
    bool ok = (fd < 0 || read_file(array, error)) && fence(array, context, error);
    if (ok) {
        replace(array->lines, key, rest);
        ok = fd < 0 || write_file(array, error);
    }
    if (fd >= 0)
        close(fd);
    return ok;
}

bool
cg_mock_array_put(CgMockArray *array, const CgDriverContext *context, const char *key,
                  const char *rest, GError **error)
{
    bool ok = change(array, context, key, rest, error);
    CG_FAULT("engine.mock.put");
    return ok;
}

bool
cg_mock_array_remove(CgMockArray *array, const CgDriverContext *context, const char *key,
                     GError **error)
{
    bool ok = change(array, context, key, NULL, error);
    CG_FAULT("engine.mock.removed");
    return ok;
}
