/*
 * --dump-options=bash: a completion function, made from the tables; see cli_private.h.
 *
 * It needs bash 4 alone, no library of completions. It splits the line at spaces by itself, because
 * bash's COMP_WORDS are cut at every = : @ too, which an address is full of.
 */
#include "base/cli_private.h"

#include <string.h>

/* The words of `text` that are to be typed as they stand: "human json" of "human|json|FILE". */
static char *
literal_words(const char *text)
{
    static const char literal[] = "abcdefghijklmnopqrstuvwxyz0123456789-_";
    GString *found = g_string_new(NULL);
    g_auto(GStrv) words = g_strsplit_set(text != NULL ? text : "", "[]| ", -1);
    for (char **word = words; *word != NULL; word++)
        if (g_ascii_islower(**word) && strspn(*word, literal) == strlen(*word))
            g_string_append_printf(found, "%s%s", found->len > 0 ? " " : "", *word);
    return g_string_free(found, FALSE);
}

static char *
option_values(const GOptionEntry *entry)
{
    bool is_choice = entry->arg_description != NULL && strchr(entry->arg_description, '|') != NULL;
    return is_choice ? literal_words(entry->arg_description) : g_strdup("");
}

static bool
names_file(const GOptionEntry *entry)
{
    return entry->arg == G_OPTION_ARG_FILENAME || entry->arg == G_OPTION_ARG_FILENAME_ARRAY;
}

static void
append_names(GString *out, const GOptionEntry *entry, const char *separator)
{
    if (entry->short_name != 0)
        g_string_append_printf(out, "-%c%s", entry->short_name, separator);
    g_string_append_printf(out, "--%s", entry->long_name);
}

/* "|-d|--database…" of the options whose value is the next word. */
static void
append_value_options(GString *out, const GOptionEntry *entry)
{
    for (; (entry = cg_cli_shown(entry)) != NULL; entry++) {
        if (!cg_cli_takes_value(entry))
            continue;
        g_string_append_c(out, '|');
        append_names(out, entry, "|");
    }
}

static void
append_split(GString *out, const CgProgram *program)
{
    g_string_append(out,
                    "    local line=${COMP_LINE:0:COMP_POINT} verb='' scope values='' files='' i\n"
                    "    local -a words\n"
                    "    COMPREPLY=()\n"
                    "    read -ra words <<<\"$line\"\n"
                    "    [[ $line == *[[:space:]] ]] && words+=('')\n"
                    "    local last=$((${#words[@]} - 1))\n"
                    "    for ((i = 1; i < last; i++)); do\n"
                    "        case ${words[i]} in\n"
                    "        --dump-options");
    append_value_options(out, program->options);
    for (const CgVerb *verb = program->verbs; verb->name != NULL; verb++)
        append_value_options(out, verb->options);
    g_string_append(out, ") i=$((i + 1)) ;;\n"
                         "        -*) ;;\n"
                         "        *) verb=${words[i]}; break ;;\n"
                         "        esac\n"
                         "    done\n"
                         "    local cur=${words[last]} option=${words[last - 1]}\n"
                         "    if [[ $cur == --*=* ]]; then\n"
                         "        option=${cur%%=*}\n"
                         "        cur=${cur#*=}\n"
                         "    fi\n");
}

/* Whose options are meant: a second spelling is its verb, no verb is the default one. */
static void
append_scope(GString *out, const CgProgram *program)
{
    g_string_append(out, "    case $verb in\n");
    for (const CgVerb *verb = program->verbs; verb->name != NULL; verb++)
        if (verb->alias != NULL)
            g_string_append_printf(out, "    %s) scope=%s ;;\n", verb->alias, verb->name);
    const CgVerb *otherwise = program->default_verb;
    g_string_append_printf(out, "    *) scope=${verb:-%s} ;;\n    esac\n",
                           otherwise != NULL ? otherwise->name : "none");
}

static void
append_value_cases(GString *out, const char *scope, const GOptionEntry *entry)
{
    for (; (entry = cg_cli_shown(entry)) != NULL; entry++) {
        if (!cg_cli_takes_value(entry))
            continue;
        g_autofree char *values = option_values(entry);
        if (entry->short_name != 0)
            g_string_append_printf(out, "    %s:-%c | ", scope, entry->short_name);
        else
            g_string_append(out, "    ");
        g_string_append_printf(out, "%s:--%s) ", scope, entry->long_name);
        if (values[0] != '\0')
            g_string_append_printf(out, "values='%s' ;;\n", values);
        else
            g_string_append(out, names_file(entry) ? "files=yes ;;\n" : "return ;;\n");
    }
}

static void
append_option_case(GString *out, const CgVerb *verb)
{
    const GOptionEntry *entry = verb->options;
    if (cg_cli_shown(entry) == NULL)
        return;
    g_string_append_printf(out, "        %s:-*) values='", verb->name);
    for (; (entry = cg_cli_shown(entry)) != NULL; entry++) {
        append_names(out, entry, " ");
        g_string_append_c(out, ' ');
    }
    g_string_append(out, "' ;;\n");
}

static void
append_argument_case(GString *out, const CgVerb *verb)
{
    const char *arguments = verb->arguments != NULL ? verb->arguments : "";
    g_autofree char *values = literal_words(arguments);
    if (strstr(arguments, "FILE") != NULL || strstr(arguments, "DIR") != NULL)
        g_string_append_printf(out, "        %s:*) files=yes ;;\n", verb->name);
    else if (values[0] != '\0')
        g_string_append_printf(out, "        %s:*) values='%s' ;;\n", verb->name, values);
}

static void
append_common_options(GString *out, const GOptionEntry *entry)
{
    for (; (entry = cg_cli_shown(entry)) != NULL; entry++) {
        g_string_append_c(out, ' ');
        append_names(out, entry, " ");
    }
}

/* What is no value: the options behind a "-", else the verb, else its arguments. */
static void
append_word_cases(GString *out, const CgProgram *program)
{
    g_string_append(out, "    *)\n        case $scope:$cur in\n");
    for (const CgVerb *verb = program->verbs; verb->name != NULL; verb++)
        append_option_case(out, verb);
    g_string_append(out, "        esac\n        case $verb:$cur in\n        *:-*) values+='");
    append_common_options(out, program->options);
    append_common_options(out, cg_cli_builtin_options);
    g_string_append(out, "' ;;\n        :* | help:*) values='");
    const CgVerb *verb = NULL;
    for (size_t i = 0; (verb = cg_cli_verb_at(program, i)) != NULL; i++)
        g_string_append_printf(out, "%s%s", i > 0 ? " " : "", verb->name);
    g_string_append(out, "' ;;\n");
    for (verb = program->verbs; verb->name != NULL; verb++)
        append_argument_case(out, verb);
    g_string_append(out, "        esac\n        ;;\n");
}

char *
cg_cli_dump_bash(const CgProgram *program)
{
    GString *out = g_string_new(NULL);
    g_autofree char *function = g_strdelimit(g_strconcat("_", program->name, NULL), "-", '_');
    g_string_append_printf(out, "# bash completion for %s\n\n%s()\n{\n", program->name, function);
    append_split(out, program);
    append_scope(out, program);
    g_string_append(out, "    case $scope:$option in\n");
    for (const CgVerb *verb = program->verbs; verb->name != NULL; verb++)
        append_value_cases(out, verb->name, verb->options);
    append_value_cases(out, "*", program->options);
    append_word_cases(out, program);
    g_string_append_printf(out,
                           "    esac\n"
                           "    if [[ $files ]]; then\n"
                           "        compopt -o filenames 2>/dev/null\n"
                           "        mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
                           "    else\n"
                           "        mapfile -t COMPREPLY < <(compgen -W \"$values\" -- \"$cur\")\n"
                           "    fi\n"
                           "}\n"
                           "complete -F %s %s\n",
                           function, program->name);
    return g_string_free(out, FALSE);
}
