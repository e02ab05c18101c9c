/*
 * --dump-options=mdoc: the tables of verbs and options for the manual; see cli_private.h.
 *
 * A fragment that stands under a heading of the page: a list of the common options, then a
 * subsection with the verbs. It is clean in `mandoc -T lint`, whatever the texts hold.
 */
#include "base/cli_private.h"

#include <string.h>

enum { LINE_WIDTH = 76 }; /* mandoc objects to lines of text over 80 bytes */

/* One word so that roff takes it literally; options with real minus signs, to be copied. */
static void
append_roff_word(GString *out, const char *word)
{
    bool is_option = word[0] == '-';
    for (const char *c = word; *c != '\0'; c = g_utf8_next_char(c)) {
        gunichar wide = g_utf8_get_char(c);
        if (*c == '\\')
            g_string_append(out, "\\e");
        else if (*c == '"')
            g_string_append(out, "\\(dq");
        else if (*c == '-' && is_option)
            g_string_append(out, "\\-");
        else if (wide >= 0x80)
            g_string_append_printf(out, "\\[u%04X]", wide);
        else if (g_ascii_isprint(*c))
            g_string_append_c(out, *c);
    }
}

/* The same behind a macro, where a word like "No" would be a macro too. */
static void
append_roff_argument(GString *out, const char *word)
{
    if (g_ascii_isupper(word[0]) && g_ascii_islower(word[1]) && strlen(word) <= 3)
        g_string_append(out, "\\&");
    append_roff_word(out, word);
}

/* Text in lines of one sentence at most, as mdoc wants it. */
static void
append_roff_text(GString *out, const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text != NULL ? text : "", -1);
    g_auto(GStrv) words = g_strsplit_set(valid, " \n\t", -1);
    size_t line_start = out->len;
    bool ends_sentence = false;
    for (char **word = words; *word != NULL; word++) {
        if (**word == '\0')
            continue;
        g_autoptr(GString) escaped = g_string_new(NULL);
        append_roff_word(escaped, *word);
        if (strchr(".'", escaped->str[0]) != NULL)
            g_string_prepend(escaped, "\\&"); /* it may come to stand first, as a request */
        bool is_first = out->len == line_start;
        if (!is_first && (ends_sentence || out->len - line_start + 1 + escaped->len > LINE_WIDTH)) {
            g_string_append_c(out, '\n');
            line_start = out->len;
        } else if (!is_first) {
            g_string_append_c(out, ' ');
        }
        g_string_append(out, escaped->str);
        ends_sentence = strchr(".!?", (*word)[strlen(*word) - 1]) != NULL;
    }
    if (out->len > line_start)
        g_string_append_c(out, '\n');
}

/* " Oo Ar N Oc" of "[N]": brackets and bars are kept, capitals are placeholders, the rest literal.
 */
static void
append_roff_arguments(GString *out, const char *arguments)
{
    const char *at = arguments != NULL ? arguments : "";
    while (*at != '\0') {
        size_t len = strcspn(at, "[]| ");
        g_autofree char *word = g_strndup(at, len);
        if (len == 0) {
            g_string_append(out, *at == '[' ? " Oo" : *at == ']' ? " Oc" : *at == '|' ? " |" : "");
            at++;
            continue;
        }
        bool is_list = g_str_has_suffix(word, "...");
        if (is_list)
            word[len - strlen("...")] = '\0';
        if (word[0] != '\0') {
            bool is_literal = g_ascii_islower(word[0]) || word[0] == '-';
            g_string_append(out, is_literal ? " Cm " : " Ar ");
            append_roff_argument(out, word);
        }
        g_string_append(out, is_list ? " ..." : "");
        at += len;
    }
}

static void
append_roff_option(GString *out, const GOptionEntry *entry)
{
    g_string_append(out, ".It");
    if (entry->short_name != 0)
        g_string_append_printf(out, " Fl %c ,", entry->short_name);
    g_string_append_printf(out, " Fl Fl %s", entry->long_name);
    if (cg_cli_takes_value(entry)) {
        g_string_append(out, " Ar ");
        append_roff_argument(out,
                             entry->arg_description != NULL ? entry->arg_description : "VALUE");
    }
    g_string_append_c(out, '\n');
    append_roff_text(out, entry->description);
}

static void
append_roff_options(GString *out, const GOptionEntry *options, const GOptionEntry *more)
{
    if (cg_cli_shown(options) == NULL && cg_cli_shown(more) == NULL)
        return;
    g_string_append(out, ".Bl -tag -width Ds\n");
    for (; (options = cg_cli_shown(options)) != NULL; options++)
        append_roff_option(out, options);
    for (; (more = cg_cli_shown(more)) != NULL; more++)
        append_roff_option(out, more);
    g_string_append(out, ".El\n");
}

static void
append_roff_verb(GString *out, const CgProgram *program, const CgVerb *verb)
{
    g_string_append_printf(out, ".It Cm %s", verb->name);
    if (verb->alias != NULL)
        g_string_append_printf(out, " | Cm %s", verb->alias);
    append_roff_arguments(out, verb->arguments);
    g_string_append_c(out, '\n');
    append_roff_text(out, verb->summary);
    if (cg_cli_is_default(program, verb))
        g_string_append(out, "(when no verb is given)\n");
    append_roff_options(out, verb->options, NULL);
}

char *
cg_cli_dump_mdoc(const CgProgram *program)
{
    GString *out = g_string_new(NULL);
    append_roff_options(out, program->options, cg_cli_builtin_options);
    g_string_append(out, ".Ss Verbs\n.Bl -tag -width Ds\n");
    const CgVerb *verb = NULL;
    for (size_t i = 0; (verb = cg_cli_verb_at(program, i)) != NULL; i++)
        append_roff_verb(out, program, verb);
    g_string_append(out, ".El\n");
    return g_string_free(out, FALSE);
}
