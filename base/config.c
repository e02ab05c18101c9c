/* The reader of oslo.config files; see config.h. */
#include "base/config.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    FILE_MAX_BYTES = 16 << 20,
    VALUE_MAX_BYTES = 1 << 16, /* of a substituted value */
    REFERENCES_MAX = 1000, /* in one substituted value: $a of $b$b of $c$c … doubles each time */
    NESTING_MAX = 32,
};

static const char default_section[] = "DEFAULT";

typedef struct {
    const CgText *text;
    char *section; /* normalised */
    char *key;
    GString *value;
    size_t line;     /* offset in the text of its first line … */
    size_t value_at; /* … of its value in that line … */
    size_t line_len; /* … and the length of that line */
    unsigned file;   /* 1, 2, … in the order of reading; 0: Cinder's own default */
} Assignment;

struct CgConfig {
    GPtrArray *texts;       /* of owned CgText, with owned bytes */
    GPtrArray *assignments; /* of owned Assignment, in the order of reading */
};

/* ---- errors that show no secret ---- */

/* Words in an option's name or in a line that make it one that may hold a password. */
static const char *const private_words[] = { "connection", "pass", "pwd", "secret",
                                             "token",      "_url", "://", "@" };

static bool
is_private(const char *s)
{
    for (size_t i = 0; i < G_N_ELEMENTS(private_words); i++)
        if (strcasestr(s, private_words[i]) != NULL)
            return true;
    return false;
}

static bool
is_plain_name(const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (!g_ascii_isalnum(s[i]) && strchr("_-.", s[i]) == NULL)
            return false;
    return len > 0;
}

/* "key = ***" where the key is the reason to hide the line, else "***". */
static char *
masked_line(const char *line)
{
    size_t key_len = strcspn(line, "=: \t");
    g_autofree char *key = g_strndup(line, key_len);
    bool is_assignment = strpbrk(line, "=:") == line + key_len + strspn(line + key_len, " \t");
    if (is_assignment && is_plain_name(key, key_len) && is_private(key))
        return g_strconcat(key, " = ***", NULL);
    return g_strdup("***");
}

/* An error at `offset`, which is in the line of `line_len` bytes at `line_at`. */
static void
line_error(GError **error, const CgText *text, size_t line_at, size_t line_len, size_t offset,
           bool private_context, const char *hint, const char *message)
{
    g_autofree char *line = g_strndup(text->data + line_at, line_len);
    if (!private_context && !is_private(line)) {
        cg_text_error(error, CG_EXIT_USAGE, text, offset, hint, "%s", message);
        return;
    }
    g_autofree char *mask = masked_line(line);
    g_autoptr(GString) shown = g_string_new_len(text->data, (gssize)line_at);
    g_string_append(shown, mask);
    CgText masked = { text->name, shown->str, shown->len };
    size_t column = offset > line_at ? strlen(mask) - strlen("***") : 0;
    cg_text_error(error, CG_EXIT_USAGE, &masked, line_at + column, hint, "%s", message);
}

/* ---- reading ---- */

typedef struct {
    CgConfig *config;
    const CgText *text;
    unsigned file;
    char *section;         /* NULL before the first header */
    Assignment *open;      /* takes continuation lines; NULL after a blank line, comment, header */
    bool after_private;    /* the last assignment was private: a stray line may be a piece of it */
    size_t line, line_len; /* the line being read, without blanks at its end */
} Reader;

static bool
refuse(const Reader *reader, size_t column, const char *hint, const char *message, GError **error)
{
    line_error(error, reader->text, reader->line, reader->line_len, reader->line + column,
               reader->after_private, hint, message);
    return false;
}

static char *
normalise_section(const char *name, size_t len)
{
    if (len == strlen(default_section) && memcmp(name, default_section, len) == 0)
        return g_strdup(default_section);
    return g_ascii_strdown(name, (gssize)len);
}

static bool
read_header(Reader *reader, const char *line, GError **error)
{
    size_t len = reader->line_len;
    if (line[len - 1] != ']')
        return refuse(reader, len, "a comment cannot follow on the same line",
                      "a section header must end with ]", error);
    if (len == strlen("[]"))
        return refuse(reader, 1, NULL, "the section has no name", error);
    g_free(reader->section);
    reader->section = normalise_section(line + 1, len - 2);
    reader->after_private = false;
    return true;
}

/* Trims `*start` and `*len` of blanks, and of one pair of quotes around what remains. */
static void
strip_value(const char **start, size_t *len)
{
    while (*len > 0 && g_ascii_isspace(**start)) {
        ++*start;
        --*len;
    }
    const char *s = *start;
    if (*len > 0 && (s[0] == '"' || s[0] == '\'') && s[*len - 1] == s[0]) {
        ++*start;
        *len -= MIN(*len, 2); /* oslo.config takes a lone quote for a pair */
    }
}

static bool
read_assignment(Reader *reader, const char *line, GError **error)
{
    const char *end = line + reader->line_len;
    const char *separator = line;
    while (separator < end && *separator != '=' && *separator != ':')
        separator++;
    if (separator == end)
        return refuse(reader, 0, "to continue a value, begin the line with a blank",
                      "expected \"key = value\", a [section] or a # comment", error);
    size_t key_len = (size_t)(separator - line);
    while (key_len > 0 && g_ascii_isspace(line[key_len - 1]))
        key_len--;
    if (key_len == 0)
        return refuse(reader, 0, NULL, "the assignment has no key", error);
    if (reader->section == NULL)
        return refuse(reader, 0, "put [DEFAULT] above it",
                      "an assignment before the first [section]", error);

    const char *value = separator + 1;
    size_t value_len = (size_t)(end - value);
    strip_value(&value, &value_len);
    Assignment *new = g_new0(Assignment, 1);
    new->text = reader->text;
    new->section = g_strdup(reader->section);
    new->key = g_strndup(line, key_len);
    new->value = g_string_new_len(value, (gssize)value_len);
    new->line = reader->line;
    new->line_len = reader->line_len;
    new->value_at = (size_t)(value - reader->text->data);
    new->file = reader->file;
    g_ptr_array_add(reader->config->assignments, new);
    reader->open = new;
    reader->after_private = is_private(new->key) || is_private(new->value->str);
    return true;
}

static bool
read_continuation(Reader *reader, const char *line, GError **error)
{
    size_t indent = 0;
    while (g_ascii_isspace(line[indent]))
        indent++;
    if (reader->open == NULL)
        return refuse(reader, indent, "remove the blanks before it",
                      "this line begins with a blank but continues nothing", error);
    GString *value = reader->open->value;
    size_t len = value->len;
    g_string_append_c(value, '\n');
    g_string_append_len(value, line + indent, (gssize)(reader->line_len - indent));
    reader->after_private = reader->after_private || is_private(value->str + len);
    return true;
}

static bool
read_line(Reader *reader, GError **error)
{
    const char *line = reader->text->data + reader->line;
    if (reader->line_len > 0 && (line[0] == ' ' || line[0] == '\t'))
        return read_continuation(reader, line, error);
    reader->open = NULL;
    if (reader->line_len == 0 || line[0] == '#' || line[0] == ';')
        return true;
    if (line[0] == '[')
        return read_header(reader, line, error);
    return read_assignment(reader, line, error);
}

static bool
read_lines(Reader *reader, GError **error)
{
    const CgText *text = reader->text;
    for (size_t at = 0; at < text->len;) {
        const char *newline = memchr(text->data + at, '\n', text->len - at);
        size_t end = newline != NULL ? (size_t)(newline - text->data) : text->len;
        reader->line = at;
        at = end + 1;
        while (end > reader->line && g_ascii_isspace(text->data[end - 1]))
            end--;
        reader->line_len = end - reader->line;
        if (!read_line(reader, error))
            return false;
    }
    return true;
}

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
    Reader reader = { .config = config, .text = copy, .file = config->texts->len };
    bool ok = read_lines(&reader, error);
    g_free(reader.section);
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

/* ---- substitution ---- */

typedef struct {
    const CgConfig *config;
    const char *section; /* of the option asked for, which may stand in another by an older name */
    const Assignment *stack[NESTING_MAX]; /* whose values are being substituted, outermost first */
    size_t depth;
    size_t references;
    GString *out;
} Expansion;

/* What a reference finds where no file sets it: Cinder's own default. */
static const struct {
    const char *key;
    const char *value;
} defaults[] = { { "state_path", "/var/lib/cinder" } };

static const Assignment *
find(const CgConfig *config, const char *section, const char *key)
{
    g_autofree char *wanted = normalise_section(section, strlen(section));
    for (guint i = config->assignments->len; i > 0; i--) {
        const Assignment *candidate = g_ptr_array_index(config->assignments, i - 1);
        if (strcmp(candidate->key, key) == 0 && strcmp(candidate->section, wanted) == 0)
            return candidate;
    }
    return NULL;
}

/* As oslo.config looks a name up: "group.name" there, "name" in the own group, else in DEFAULT. */
static const Assignment *
find_reference(const CgConfig *config, const char *own_section, const char *name)
{
    const char *dot = strchr(name, '.');
    g_autofree char *group = dot != NULL ? g_strndup(name, (gsize)(dot - name)) : NULL;
    const Assignment *found =
        dot != NULL ? find(config, group, dot + 1) : find(config, own_section, name);
    return found != NULL ? found : find(config, default_section, name);
}

/*
 * Length of the reference at `s`, which begins with '$', or 0 where that is a plain dollar. Its
 * name goes to *out_name, which the caller frees.
 */
static size_t
scan_reference(const char *s, char **out_name)
{
    size_t start = s[1] == '{' ? 2 : 1;
    size_t end = start;
    if (!g_ascii_isalpha(s[start]) && s[start] != '_')
        return 0;
    while (g_ascii_isalnum(s[end]) || s[end] == '_' || s[end] == '.')
        end++;
    if (start == 2 && s[end] != '}')
        return 0;
    *out_name = g_strndup(s + start, end - start);
    return end + start - 1;
}

static bool
is_private_assignment(const Assignment *assignment)
{
    return assignment->file != 0 &&
           (is_private(assignment->key) || is_private(assignment->value->str));
}

/*
 * An error about the reference at `offset` of the value on top of the stack. The name is given, and
 * the line shown, only if no value on the stack is private: `$ame` may be a piece of a password.
 */
static bool
reference_error(const Expansion *expansion, size_t offset, const char *name, const char *problem,
                GError **error)
{
    const Assignment *top = expansion->stack[expansion->depth - 1];
    bool hide = false;
    for (size_t i = 0; i < expansion->depth; i++)
        hide = hide || is_private_assignment(expansion->stack[i]);
    g_autofree char *message = hide ? g_strdup_printf("a $name in this value %s", problem)
                                    : g_strdup_printf("\"$%s\" %s", name, problem);
    /* Exact only in the first line: those that continue it have lost their blanks. */
    const char *value = top->value->str;
    bool in_first = memchr(value, '\n', offset) == NULL;
    line_error(error, top->text, top->line, top->line_len, top->value_at + (in_first ? offset : 0),
               hide, "write $$ for a dollar sign", message);
    return false;
}

static bool expand(Expansion *expansion, const Assignment *assignment, GError **error);

static bool
expand_reference(Expansion *expansion, size_t offset, const char *name, GError **error)
{
    const Assignment *top = expansion->stack[expansion->depth - 1];
    const char *section = expansion->depth == 1 ? expansion->section : top->section;
    const Assignment *found = find_reference(expansion->config, section, name);
    for (size_t i = 0; i < expansion->depth; i++)
        if (expansion->stack[i] == found)
            return reference_error(expansion, offset, name, "refers to itself", error);
    if (++expansion->references > REFERENCES_MAX || expansion->depth == NESTING_MAX ||
        expansion->out->len > VALUE_MAX_BYTES)
        return reference_error(expansion, offset, name, "makes the value too long", error);
    if (found != NULL)
        return expand(expansion, found, error);
    for (size_t i = 0; i < G_N_ELEMENTS(defaults); i++)
        if (strcmp(defaults[i].key, name) == 0) {
            g_string_append(expansion->out, defaults[i].value);
            return true;
        }
    return reference_error(expansion, offset, name, "is not set", error);
}

static bool
expand(Expansion *expansion, const Assignment *assignment, GError **error)
{
    expansion->stack[expansion->depth++] = assignment;
    g_autoptr(GString) value = g_string_new(assignment->value->str);
    g_string_replace(value, "\\$", "$$",
                     0); /* first and everywhere, as in oslo.config: \$$a is $ and $a */
    for (const char *s = value->str; *s != '\0';) {
        g_autofree char *name = NULL;
        size_t len = s[0] == '$' && s[1] != '$' ? scan_reference(s, &name) : 0;
        if (len > 0) {
            if (!expand_reference(expansion, (size_t)(s - value->str), name, error))
                return false;
            s += len;
        } else {
            g_string_append_c(expansion->out, *s);
            s += s[0] == '$' && s[1] == '$' ? 2 : 1;
        }
    }
    expansion->depth--;
    return true;
}

static char *
expanded(const CgConfig *config, const char *section, const Assignment *assignment, GError **error)
{
    g_autoptr(GString) out = g_string_new(NULL);
    Expansion expansion = { .config = config, .section = section, .out = out };
    if (!expand(&expansion, assignment, error))
        return NULL;
    return g_string_free(g_steal_pointer(&out), FALSE);
}

/* ---- the interface ---- */

static void
free_assignment(void *data)
{
    Assignment *assignment = data;
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

char *
cg_config_get(const CgConfig *config, const char *section, const char *key, GError **error)
{
    const Assignment *found = find(config, section, key);
    return found != NULL ? expanded(config, section, found, error) : NULL;
}

/* oslo.config looks for all the names in the last file, then in the one before it, and so on. */
static const Assignment *
find_connection(const CgConfig *config)
{
    static const struct {
        const char *section;
        const char *key;
    } names[] = { { "database", "connection" },
                  { "DEFAULT", "sql_connection" },
                  { "database", "sql_connection" },
                  { "sql", "connection" } };
    const Assignment *best = NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        const Assignment *found = find(config, names[i].section, names[i].key);
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
    Assignment assignment = { .text = &text, .value = value, .line_len = text.len };
    return expanded(config, "database", &assignment, error);
}

char *
cg_config_database_connection(const CgConfig *config, GError **error)
{
    const Assignment *found = find_connection(config);
    if (found == NULL)
        return default_connection(config, error);
    g_autofree char *address = expanded(config, "database", found, error);
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
