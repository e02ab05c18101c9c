/* The text of --help, made from the tables of verbs and options; see cli_private.h. */
#include "base/cli_private.h"

#include <string.h>

enum { MAX_LEFT = 30, INDENT = 2, GAP = 2 };

/* Words from `at` on, wrapped to begin at `column`. */
static void
append_words(GString *out, const char *text, size_t at, size_t column, size_t width)
{
    g_auto(GStrv) words = g_strsplit(text, " ", -1);
    for (char **word = words; *word != NULL; word++) {
        size_t len = (size_t)g_utf8_strlen(*word, -1);
        if (at > column && at + 1 + len > width) {
            g_string_append_printf(out, "\n%*s", (int)column, "");
            at = column;
        } else if (word != words) {
            g_string_append_c(out, ' ');
            at++;
        }
        g_string_append(out, *word);
        at += len;
    }
    g_string_append_c(out, '\n');
}

/* "  left   right", the right side wrapped in a column of its own. */
static void
append_pair(GString *out, const char *left, const char *right, size_t column, size_t width)
{
    g_string_append_printf(out, "%*s%s", INDENT, "", left);
    size_t at = INDENT + (size_t)g_utf8_strlen(left, -1);
    if (at + GAP > column) { /* no room beside it: the text begins on the next line */
        g_string_append_c(out, '\n');
        at = 0;
    }
    g_string_append_printf(out, "%*s", (int)(column - at), "");
    append_words(out, right, column, column, width);
}

typedef struct {
    char *left;
    char *right;
} Pair;

static void
pair_clear(void *data)
{
    Pair *pair = data;
    g_free(pair->left);
    g_free(pair->right);
}

static GArray *
new_pairs(void)
{
    GArray *pairs = g_array_new(FALSE, FALSE, sizeof(Pair));
    g_array_set_clear_func(pairs, pair_clear);
    return pairs;
}

static void
append_section(GString *out, const char *title, const GArray *pairs, int width)
{
    if (pairs->len == 0)
        return;
    size_t longest = 0;
    for (unsigned i = 0; i < pairs->len; i++) {
        size_t len = (size_t)g_utf8_strlen(g_array_index(pairs, Pair, i).left, -1);
        if (len <= MAX_LEFT)
            longest = MAX(longest, len);
    }
    g_string_append_printf(out, "\n%s:\n", title);
    for (unsigned i = 0; i < pairs->len; i++) {
        const Pair *pair = &g_array_index(pairs, Pair, i);
        append_pair(out, pair->left, pair->right, INDENT + longest + GAP, (size_t)width);
    }
}

static char *
option_spelling(const GOptionEntry *entry)
{
    char letter[] = { '-', entry->short_name, ',', ' ', '\0' };
    const char *value = entry->arg_description != NULL ? entry->arg_description : "VALUE";
    bool takes_value = cg_cli_takes_value(entry);
    return g_strconcat(entry->short_name != 0 ? letter : "    ", "--", entry->long_name,
                       takes_value ? "=" : "", takes_value ? value : "", NULL);
}

static void
add_options(GArray *pairs, const GOptionEntry *entry)
{
    for (; (entry = cg_cli_shown(entry)) != NULL; entry++) {
        const char *description = entry->description != NULL ? entry->description : "";
        Pair pair = { option_spelling(entry), g_strdup(description) };
        g_array_append_val(pairs, pair);
    }
}

static void
append_options(GString *out, const char *title, const GOptionEntry *options,
               const GOptionEntry *more, int width)
{
    g_autoptr(GArray) pairs = new_pairs();
    add_options(pairs, options);
    add_options(pairs, more);
    append_section(out, title, pairs, width);
}

static void
append_verbs(GString *out, const CgProgram *program, int width)
{
    g_autoptr(GArray) pairs = new_pairs();
    const CgVerb *verb = NULL;
    for (size_t i = 0; (verb = cg_cli_verb_at(program, i)) != NULL; i++) {
        bool has_arguments = verb->arguments != NULL && verb->arguments[0] != '\0';
        Pair pair = {
            g_strconcat(verb->name, has_arguments ? " " : "", has_arguments ? verb->arguments : "",
                        NULL),
            g_strconcat(verb->summary,
                        cg_cli_is_default(program, verb) ? " (when no verb is given)" : "", NULL)
        };
        g_array_append_val(pairs, pair);
    }
    append_section(out, "Verbs", pairs, width);
}

/* Paragraphs behind an empty line. What begins with a blank is laid out by its author. */
static void
append_prose(GString *out, const char *text, int width)
{
    if (text == NULL || text[0] == '\0')
        return;
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    g_string_append_c(out, '\n');
    for (char **line = lines; *line != NULL && (**line != '\0' || line[1] != NULL); line++)
        append_words(out, *line, 0, 0, **line == ' ' ? G_MAXSIZE : (size_t)width);
}

static void
append_program(GString *out, const CgProgram *program, int width)
{
    g_string_append_printf(out, "Usage: %s [OPTION]... %s [ARGUMENT]...\n", program->name,
                           program->default_verb != NULL ? "[VERB]" : "VERB");
    append_prose(out, program->summary, width);
    append_verbs(out, program, width);
    append_options(out, "Options", program->options, cg_cli_builtin_options, width);
    append_prose(out, program->epilogue, width);
}

static void
append_verb(GString *out, const CgProgram *program, const CgVerb *verb, int width)
{
    g_string_append_printf(out, "Usage: %s %s [OPTION]...%s%s\n", program->name, verb->name,
                           verb->arguments != NULL && verb->arguments[0] != '\0' ? " " : "",
                           verb->arguments != NULL ? verb->arguments : "");
    append_prose(out, verb->summary, width);
    append_prose(out, verb->description, width);
    if (verb->alias != NULL)
        g_string_append_printf(out, "\nAlso spelled: %s\n", verb->alias);
    append_options(out, "Options", verb->options, NULL, width);
    append_options(out, "Common options", program->options, cg_cli_builtin_options, width);
}

char *
cg_cli_help(const CgProgram *program, const CgVerb *verb, int width)
{
    GString *out = g_string_new(NULL);
    if (verb == NULL)
        append_program(out, program, width);
    else
        append_verb(out, program, verb, width);
    return g_string_free(out, FALSE);
}
