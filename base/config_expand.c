/* Substitution in values of oslo.config files; see config_parts.h. */
#include "base/config_parts.h"

#include <string.h>

enum {
    VALUE_MAX_BYTES = 1 << 16, /* of a substituted value */
    REFERENCES_MAX = 1000, /* in one substituted value: $a of $b$b of $c$c … doubles each time */
    NESTING_MAX = 32,
};

typedef struct {
    const CgConfig *config;
    const char *section; /* of the option asked for, which may stand in another by an older name */
    const CgAssignment
        *stack[NESTING_MAX]; /* whose values are being substituted, outermost first */
    size_t depth;
    size_t references;
    GString *out;
} Expansion;

/* What a reference finds where no file sets it: Cinder's own default. */
static const struct {
    const char *key;
    const char *value;
} defaults[] = { { "state_path", "/var/lib/cinder" } };

/* As oslo.config looks a name up: "group.name" there, "name" in the own group, else in DEFAULT. */
static const CgAssignment *
find_reference(const CgConfig *config, const char *own_section, const char *name)
{
    const char *dot = strchr(name, '.');
    g_autofree char *group = dot != NULL ? g_strndup(name, (gsize)(dot - name)) : NULL;
    const CgAssignment *found = dot != NULL ? cg_config_find(config, group, dot + 1)
                                            : cg_config_find(config, own_section, name);
    return found != NULL ? found : cg_config_find(config, CG_CONFIG_DEFAULT, name);
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
is_private_assignment(const CgAssignment *assignment)
{
    return assignment->file != 0 &&
           (cg_config_is_private(assignment->key) || cg_config_is_private(assignment->value->str));
}

/*
 * An error about the reference at `offset` of the value on top of the stack. The name is given, and
 * the line shown, only if no value on the stack is private: `$ame` may be a piece of a password.
 */
static bool
reference_error(const Expansion *expansion, size_t offset, const char *name, const char *problem,
                GError **error)
{
    const CgAssignment *top = expansion->stack[expansion->depth - 1];
    bool hide = false;
    for (size_t i = 0; i < expansion->depth; i++)
        hide = hide || is_private_assignment(expansion->stack[i]);
    g_autofree char *message = hide ? g_strdup_printf("a $name in this value %s", problem)
                                    : g_strdup_printf("\"$%s\" %s", name, problem);
    /* Exact only in the first line: those that continue it have lost their blanks. */
    const char *value = top->value->str;
    bool in_first = memchr(value, '\n', offset) == NULL;
    cg_config_error(error, top->text, top->line, top->line_len,
                    top->value_at + (in_first ? offset : 0), hide, "write $$ for a dollar sign",
                    message);
    return false;
}

static bool expand(Expansion *expansion, const CgAssignment *assignment, GError **error);

static bool
expand_reference(Expansion *expansion, size_t offset, const char *name, GError **error)
{
    const CgAssignment *top = expansion->stack[expansion->depth - 1];
    const char *section = expansion->depth == 1 ? expansion->section : top->section;
    const CgAssignment *found = find_reference(expansion->config, section, name);
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
expand(Expansion *expansion, const CgAssignment *assignment, GError **error)
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

char *
cg_config_expand(const CgConfig *config, const char *section, const CgAssignment *assignment,
                 GError **error)
{
    g_autoptr(GString) out = g_string_new(NULL);
    Expansion expansion = { .config = config, .section = section, .out = out };
    if (!expand(&expansion, assignment, error))
        return NULL;
    return g_string_free(g_steal_pointer(&out), FALSE);
}
