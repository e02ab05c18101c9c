/* Files and options of oslo.config; see config.h and config_parts.h. */
#include "base/config.h"

#include "base/config_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MAX_BYTES = 16 << 20 };

/* ---- texts and their assignments ---- */

static void
free_text(void *data)
{
    CgText *text = data;
    g_free((char *)text->name);
    g_free((char *)text->data);
    g_free(text);
}

static CgText *
copy_text(const CgText *text)
{
    CgText *copy = g_new(CgText, 1);
    copy->name = g_strdup(text->name);
    copy->data = g_strndup(text->data, text->len);
    copy->len = text->len;
    return copy;
}

static void
free_assignment(void *data)
{
    CgAssignment *assignment = data;
    g_free(assignment->section);
    g_free(assignment->key);
    g_string_free(assignment->value, TRUE);
    g_free(assignment);
}

CgConfig *
cg_config_new(void)
{
    CgConfig *config = g_new(CgConfig, 1);
    config->texts = g_ptr_array_new_with_free_func(free_text);
    config->assignments = g_ptr_array_new_with_free_func(free_assignment);
    return config;
}

void
cg_config_free(CgConfig *config)
{
    if (config == NULL)
        return;
    g_ptr_array_unref(config->assignments);
    g_ptr_array_unref(config->texts);
    g_free(config);
}

bool
cg_config_read_text(CgConfig *config, const CgText *text, GError **error)
{
    const char *nul = text->len > 0 ? memchr(text->data, '\0', text->len) : NULL;
    if (nul != NULL) {
        unsigned line = 0, column = 0;
        cg_text_position(text, (size_t)(nul - text->data), &line, &column);
        cg_error_set(error, CG_EXIT_USAGE, NULL, "%s:%u:%u: a NUL byte: this is not a text file",
                     text->name, line, column);
        return false;
    }
    guint n_before = config->assignments->len;
    CgText *copy = copy_text(text);
    g_ptr_array_add(config->texts, copy);
    bool ok = cg_config_read_lines(config, copy, config->texts->len, error);
    if (!ok) {
        g_ptr_array_set_size(config->assignments, (int)n_before);
        g_ptr_array_set_size(config->texts, (int)config->texts->len - 1);
    }
    return ok;
}

/* ---- files ---- */

/* All bytes of a file or pipe. Sets errno and returns NULL on failure, EFBIG past the limit. */
static GString *
read_bytes(int fd)
{
    g_autoptr(GString) bytes = g_string_new(NULL);
    char buffer[1 << 14];
    ssize_t n = 0;
    while ((n = read(fd, buffer, sizeof buffer)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n > 0 && bytes->len + (size_t)n > FILE_MAX_BYTES)
            errno = EFBIG;
        if (n < 0 || bytes->len + (size_t)n > FILE_MAX_BYTES)
            return NULL;
        g_string_append_len(bytes, buffer, n);
    }
    return g_steal_pointer(&bytes);
}

static void
unreadable(const char *path, int why, GError **error)
{
    g_autofree char *hint = NULL;
    if (why == EISDIR)
        hint = g_strdup_printf("name the file in it, such as \"%s%scinder.conf\"", path,
                               g_str_has_suffix(path, "/") ? "" : "/");
    else if (why == EACCES)
        hint = g_strdup("run as a user who may read it, such as the one that Cinder runs as");
    cg_error_set(error, CG_EXIT_USAGE, hint, "cannot read \"%s\": %s", path, g_strerror(why));
}

bool
cg_config_read_file(CgConfig *config, const char *path, GError **error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        unreadable(path, errno, error);
        return false;
    }
    g_autoptr(GString) bytes = read_bytes(fd);
    int why = errno;
    close(fd);
    if (bytes == NULL) {
        unreadable(path, why, error);
        return false;
    }
    CgText text = { path, bytes->str, bytes->len };
    return cg_config_read_text(config, &text, error);
}

/* ---- options ---- */

const CgAssignment *
cg_config_find(const CgConfig *config, const char *section, const char *key)
{
    g_autofree char *wanted = cg_config_section(section, strlen(section));
    for (guint i = config->assignments->len; i > 0; i--) {
        const CgAssignment *candidate = g_ptr_array_index(config->assignments, i - 1);
        if (strcmp(candidate->key, key) == 0 && strcmp(candidate->section, wanted) == 0)
            return candidate;
    }
    return NULL;
}

char *
cg_config_get(const CgConfig *config, const char *section, const char *key, GError **error)
{
    const CgAssignment *found = cg_config_find(config, section, key);
    return found != NULL ? cg_config_expand(config, section, found, error) : NULL;
}

/* oslo.config looks for all the names in the last file, then in the one before it, and so on. */
static const CgAssignment *
find_connection(const CgConfig *config)
{
    static const struct {
        const char *section;
        const char *key;
    } names[] = { { "database", "connection" },
                  { "DEFAULT", "sql_connection" },
                  { "database", "sql_connection" },
                  { "sql", "connection" } };
    const CgAssignment *best = NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        const CgAssignment *found = cg_config_find(config, names[i].section, names[i].key);
        if (found != NULL && (best == NULL || found->file > best->file))
            best = found;
    }
    return best;
}

static char *
default_connection(const CgConfig *config, GError **error)
{
    static const char address[] = "sqlite:///$state_path/cinder.sqlite";
    static const CgText text = { "default of [database] connection", address, sizeof address - 1 };
    g_autoptr(GString) value = g_string_new(address);
    CgAssignment assignment = { .text = &text, .value = value, .line_len = text.len };
    return cg_config_expand(config, "database", &assignment, error);
}

char *
cg_config_database_connection(const CgConfig *config, GError **error)
{
    const CgAssignment *found = find_connection(config);
    if (found == NULL)
        return default_connection(config, error);
    g_autofree char *address = cg_config_expand(config, "database", found, error);
    if (address == NULL)
        return NULL;
    GError *problem = NULL;
    g_autofree char *parameters =
        cg_config_get(config, "database", "connection_parameters", &problem);
    if (problem != NULL) {
        g_propagate_error(error, problem);
        return NULL;
    }
    if (parameters == NULL || *parameters == '\0')
        return g_steal_pointer(&address);
    const char *at = strrchr(address, '@');
    bool has_some = strchr(at != NULL ? at : address, '?') != NULL;
    return g_strconcat(address, has_some ? "&" : "?", parameters, NULL);
}
