/* The mock's array; see mock_array.h. */
#include "engine/drivers/mock_array.h"

#include "base/fault.h"
#include "engine/driver.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/file.h>
#include <unistd.h>

struct CgMockArray {
    char *path;       /* NULL: in memory */
    GPtrArray *lines; /* sorted by nothing: in the order they came */
};

CgMockArray *
cg_mock_array_new(const char *path)
{
    CgMockArray *array = g_new(CgMockArray, 1);
    *array = (CgMockArray){ g_strdup(path), g_ptr_array_new_with_free_func(g_free) };
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
read_file(CgMockArray *array, GError **error)
{
    g_autofree char *text = NULL;
    g_ptr_array_set_size(array->lines, 0);
    if (!g_file_get_contents(array->path, &text, NULL, NULL))
        return errno == ENOENT || fail(array->path, error);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line != NULL; line++)
        if (**line != '\0')
            g_ptr_array_add(array->lines, g_strdup(*line));
    return true;
}

static bool
write_file(CgMockArray *array, GError **error)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; i < array->lines->len; i++)
        g_string_append_printf(text, "%s\n", (char *)g_ptr_array_index(array->lines, i));
    g_autofree char *new_path = g_strconcat(array->path, ".new", NULL);
    if (!g_file_set_contents(new_path, text->str, (gssize)text->len, NULL) ||
        g_rename(new_path, array->path) != 0)
        return fail(array->path, error);
    return true;
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

/* ---- changes ---- */

static void
replace(GPtrArray *lines, const char *key, const char *rest)
{
    size_t n = strlen(key);
    for (guint i = lines->len; i > 0; i--) {
        const char *line = g_ptr_array_index(lines, i - 1);
        if (strncmp(line, key, n) == 0 && (line[n] == ' ' || line[n] == '\0'))
            g_ptr_array_remove_index(lines, i - 1);
    }
    if (rest != NULL)
        g_ptr_array_add(lines, g_strconcat(key, *rest != '\0' ? " " : "", rest, NULL));
}

static bool
change(CgMockArray *array, const char *key, const char *rest, GError **error)
{
    if (array->path == NULL) {
        replace(array->lines, key, rest);
        return true;
    }
    int fd = lock_file(array, error);
    if (fd < 0)
        return false;
    bool ok = read_file(array, error);
    if (ok) {
        replace(array->lines, key, rest);
        ok = write_file(array, error);
    }
    close(fd);
    return ok;
}

bool
cg_mock_array_put(CgMockArray *array, const char *key, const char *rest, GError **error)
{
    bool ok = change(array, key, rest, error);
    CG_FAULT("engine.mock.put");
    return ok;
}

bool
cg_mock_array_remove(CgMockArray *array, const char *key, GError **error)
{
    bool ok = change(array, key, NULL, error);
    CG_FAULT("engine.mock.removed");
    return ok;
}
