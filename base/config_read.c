/* The grammar of oslo.config files, and errors that show no secret; see config_parts.h. */
#include "base/config_parts.h"

#include <string.h>

/* ---- errors that show no secret ---- */

/* Words in an option's name or in a line that make it one that may hold a password. */
static const char *const private_words[] = { "connection", "pass", "pwd", "secret",
                                             "token",      "_url", "://", "@" };

bool
cg_config_is_private(const char *s)
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
    if (is_assignment && is_plain_name(key, key_len) && cg_config_is_private(key))
        return g_strconcat(key, " = ***", NULL);
    return g_strdup("***");
}

void
cg_config_error(GError **error, const CgText *text, size_t line_at, size_t line_len, size_t offset,
                bool private_context, const char *hint, const char *message)
{
    g_autofree char *line = g_strndup(text->data + line_at, line_len);
    if (!private_context && !cg_config_is_private(line)) {
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
    CgAssignment *open;    /* takes continuation lines; NULL after a blank line, comment, header */
    bool after_private;    /* the last assignment was private: a stray line may be a piece of it */
    size_t line, line_len; /* the line being read, without blanks at its end */
} Reader;

static bool
refuse(const Reader *reader, size_t column, const char *hint, const char *message, GError **error)
{
    cg_config_error(error, reader->text, reader->line, reader->line_len, reader->line + column,
                    reader->after_private, hint, message);
    return false;
}

char *
cg_config_section(const char *name, size_t len)
{
    if (len == strlen(CG_CONFIG_DEFAULT) && memcmp(name, CG_CONFIG_DEFAULT, len) == 0)
        return g_strdup(CG_CONFIG_DEFAULT);
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
    reader->section = cg_config_section(line + 1, len - 2);
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
    CgAssignment *new = g_new0(CgAssignment, 1);
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
    reader->after_private = cg_config_is_private(new->key) || cg_config_is_private(new->value->str);
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
    reader->after_private = reader->after_private || cg_config_is_private(value->str + len);
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

bool
cg_config_read_lines(CgConfig *config, const CgText *text, unsigned file, GError **error)
{
    Reader reader = { .config = config, .text = text, .file = file };
    bool ok = read_lines(&reader, error);
    g_free(reader.section);
    return ok;
}
