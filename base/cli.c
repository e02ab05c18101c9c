/*
 * The command line of all programs: finds the verb, parses, runs; see cli.h.
 *
 * Parsed twice. The first time every option of every verb is known and its value thrown away, to
 * see which word is the verb; the second time the options are the verb's and the common ones,
 * wherever they stand. So an option that is given twice, once on each side of the verb, is parsed
 * as one.
 */
#include "base/cli_private.h"

#include "base/suggest.h"
#include "base/term.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#ifndef CG_VERSION
#define CG_VERSION "0"
#endif

const GOptionEntry cg_cli_builtin_options[] = {
    { "help", 'h', 0, G_OPTION_ARG_NONE, NULL, "show this help", NULL },
    { "version", 'V', 0, G_OPTION_ARG_NONE, NULL, "show the version", NULL },
    { 0 },
};

static const CgVerb help_verb = {
    .name = "help",
    .arguments = "[VERB]",
    .summary = "explain the program, or a verb",
    .max_arguments = 1,
};

typedef struct {
    gboolean help, version;
    char *dump;
    char **arguments; /* what is no option; NULL: nothing */
} Parsed;

static void
parsed_clear(Parsed *parsed)
{
    g_free(parsed->dump);
    g_strfreev(parsed->arguments);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Parsed, parsed_clear)

const CgVerb *
cg_cli_verb_at(const CgProgram *program, size_t index)
{
    for (size_t i = 0; i <= index; i++)
        if (program->verbs[i].name == NULL)
            return i == index ? &help_verb : NULL;
    return &program->verbs[index];
}

bool
cg_cli_is_default(const CgProgram *program, const CgVerb *verb)
{
    return program->default_verb != NULL && strcmp(program->default_verb->name, verb->name) == 0;
}

const GOptionEntry *
cg_cli_shown(const GOptionEntry *entry)
{
    if (entry == NULL)
        return NULL;
    while (entry->long_name != NULL &&
           (entry->long_name[0] == '\0' || (entry->flags & G_OPTION_FLAG_HIDDEN)))
        entry++;
    return entry->long_name != NULL ? entry : NULL;
}

bool
cg_cli_takes_value(const GOptionEntry *entry)
{
    return entry->arg != G_OPTION_ARG_NONE && !(entry->flags & G_OPTION_FLAG_NO_ARG);
}

static const CgVerb *
find_verb(const CgProgram *program, const char *name)
{
    const CgVerb *verb = NULL;
    for (size_t i = 0; (verb = cg_cli_verb_at(program, i)) != NULL; i++)
        if (strcmp(verb->name, name) == 0 || g_strcmp0(verb->alias, name) == 0)
            return verb;
    return NULL;
}

static bool
parse(GOptionContext *context, int argc, char **argv, Parsed *parsed, GError **error)
{
    const GOptionEntry own[] = {
        { "help", 'h', 0, G_OPTION_ARG_NONE, &parsed->help, NULL, NULL },
        { "version", 'V', 0, G_OPTION_ARG_NONE, &parsed->version, NULL, NULL },
        { "dump-options", 0, 0, G_OPTION_ARG_STRING, &parsed->dump, NULL, NULL },
        { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &parsed->arguments, NULL, NULL },
        { 0 },
    };
    g_option_context_add_main_entries(context, own, NULL);
    g_option_context_set_help_enabled(context, FALSE);
    g_autofree char **words = g_new0(char *, (size_t)argc + 1);
    memcpy(words, argv, (size_t)argc * sizeof *argv); /* GOption moves the words it leaves */
    return g_option_context_parse(context, &argc, &words, error);
}

/* An option of two verbs is added once: GOption would give each of the two a value of its own. */
static void
add_ignored(GOptionContext *context, const GOptionEntry *entries, GHashTable *added, gboolean *flag,
            char **value)
{
    for (; entries != NULL && entries->long_name != NULL; entries++) {
        if (!g_hash_table_add(added, (void *)entries->long_name))
            continue;
        GOptionEntry ignored[] = { *entries, { 0 } };
        bool takes_value = cg_cli_takes_value(entries);
        ignored->flags = 0;
        ignored->arg = takes_value ? G_OPTION_ARG_FILENAME : G_OPTION_ARG_NONE;
        ignored->arg_data = takes_value ? (void *)value : (void *)flag;
        g_option_context_add_main_entries(context, ignored, NULL);
    }
}

/* Afterwards parsed->arguments begins with the verb and holds all that stands behind it. */
static bool
parse_up_to_verb(const CgProgram *program, int argc, char **argv, Parsed *parsed, GError **error)
{
    gboolean flag = FALSE;
    g_autofree char *value = NULL;
    g_autoptr(GHashTable) added = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GOptionContext) context = g_option_context_new(NULL);
    g_option_context_set_strict_posix(context, TRUE);
    add_ignored(context, program->options, added, &flag, &value);
    for (const CgVerb *verb = program->verbs; verb->name != NULL; verb++)
        add_ignored(context, verb->options, added, &flag, &value);
    return parse(context, argc, argv, parsed, error);
}

static bool
parse_all(const CgProgram *program, const CgVerb *verb, int argc, char **argv, Parsed *parsed,
          GError **error)
{
    g_autoptr(GOptionContext) context = g_option_context_new(NULL);
    if (verb->options != NULL)
        g_option_context_add_main_entries(context, verb->options, NULL);
    if (program->options != NULL)
        g_option_context_add_main_entries(context, program->options, NULL);
    return parse(context, argc, argv, parsed, error);
}

static const char *
suggest_verb(const CgProgram *program, const char *word)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    const CgVerb *verb = NULL;
    for (size_t i = 0; (verb = cg_cli_verb_at(program, i)) != NULL; i++)
        g_ptr_array_add(names, (void *)verb->name);
    g_ptr_array_add(names, NULL);
    return cg_suggest(word, (const char *const *)names->pdata);
}

static const char *
suggest_option(const CgProgram *program, const CgVerb *verb, const char *word)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    const GOptionEntry *lists[] = { verb != NULL ? verb->options : NULL, program->options,
                                    cg_cli_builtin_options };
    for (size_t i = 0; i < G_N_ELEMENTS(lists); i++)
        for (const GOptionEntry *entry = lists[i]; (entry = cg_cli_shown(entry)) != NULL; entry++)
            g_ptr_array_add(names, (void *)entry->long_name);
    g_ptr_array_add(names, NULL);
    return cg_suggest(word, (const char *const *)names->pdata);
}

static char *
help_command(const CgProgram *program, const CgVerb *verb)
{
    return verb != NULL ? g_strdup_printf("%s %s --help", program->name, verb->name)
                        : g_strdup_printf("%s --help", program->name);
}

/* Takes GOption's error and makes ours of it, in lower case and with what to type. */
static void
set_option_error(const CgProgram *program, const CgVerb *verb, GError *cause, GError **error)
{
    if (cause->domain == G_CONVERT_ERROR) {
        cg_error_set(error, CG_EXIT_USAGE, "locale charmap tells which that is",
                     "an argument is not text in the encoding of the locale");
        g_error_free(cause);
        return;
    }
    if (cause->domain != G_OPTION_ERROR) {
        g_propagate_error(error, cause);
        return;
    }
    g_autofree char *hint = help_command(program, verb);
    g_autofree char *message = g_strdup(cause->message);
    message[0] = g_ascii_tolower(message[0]);
    const char *word = cause->code == G_OPTION_ERROR_UNKNOWN_OPTION ? strstr(message, "--") : NULL;
    const char *near = word != NULL ? suggest_option(program, verb, word + 2) : NULL;
    if (near != NULL)
        cg_error_set(error, CG_EXIT_USAGE, hint, "%s; did you mean \"--%s\"?", message, near);
    else
        cg_error_set(error, CG_EXIT_USAGE, hint, "%s", message);
    g_error_free(cause);
}

static const CgVerb *
find_verb_or_fail(const CgProgram *program, const char *word, GError **error)
{
    const CgVerb *verb = find_verb(program, word);
    if (verb != NULL)
        return verb;
    g_autofree char *hint = help_command(program, NULL);
    const char *near = suggest_verb(program, word);
    g_autofree char *question =
        near != NULL ? g_strdup_printf("; did you mean \"%s\"?", near) : g_strdup("");
    cg_error_set(error, CG_EXIT_USAGE, hint, "\"%s\" is not a verb of %s%s", word, program->name,
                 question);
    return NULL;
}

static void
set_no_verb_error(const CgProgram *program, GError **error)
{
    g_autoptr(GString) hint = g_string_new("one of ");
    for (const CgVerb *verb = program->verbs; verb->name != NULL; verb++)
        g_string_append_printf(hint, "%s%s", verb == program->verbs ? "" : ", ", verb->name);
    g_string_append_printf(hint, "; %s --help explains them", program->name);
    cg_error_set(error, CG_EXIT_USAGE, hint->str, "no verb is given");
}

static bool
check_arguments(const CgProgram *program, const CgVerb *verb, char **arguments, GError **error)
{
    int n = arguments != NULL ? (int)g_strv_length(arguments) : 0;
    g_autofree char *hint = help_command(program, verb);
    if (n < verb->min_arguments)
        cg_error_set(error, CG_EXIT_USAGE, hint, "an argument is missing: %s %s %s", program->name,
                     verb->name, verb->arguments);
    else if (verb->max_arguments >= 0 && n > verb->max_arguments)
        cg_error_set(error, CG_EXIT_USAGE, hint, "unexpected argument \"%s\" of \"%s\"",
                     arguments[verb->max_arguments], verb->name);
    else
        return true;
    return false;
}

static CgExit
print(const char *text, GError **error)
{
    if (fputs(text, stdout) == EOF || fflush(stdout) != 0) {
        cg_error_set(error, CG_EXIT_FAILED, NULL, "cannot write: %s", g_strerror(errno));
        return CG_EXIT_FAILED;
    }
    return CG_EXIT_OK;
}

static CgExit
print_help(const CgProgram *program, const CgVerb *verb, GError **error)
{
    int width = CLAMP(cg_term_width(stdout, 80), 60, 100);
    g_autofree char *text = cg_cli_help(program, verb, width);
    return print(text, error);
}

static CgExit
print_dump(const CgProgram *program, const char *kind, GError **error)
{
    g_autofree char *text = NULL;
    if (strcmp(kind, "mdoc") == 0)
        text = cg_cli_dump_mdoc(program);
    else if (strcmp(kind, "bash") == 0)
        text = cg_cli_dump_bash(program);
    if (text != NULL)
        return print(text, error);
    cg_error_set(error, CG_EXIT_USAGE, NULL, "--dump-options knows mdoc and bash, not \"%s\"",
                 kind);
    return CG_EXIT_USAGE;
}

static bool
asks_about_program(const Parsed *parsed)
{
    return parsed->help || parsed->version || parsed->dump != NULL;
}

static CgExit
answer(const CgProgram *program, const CgVerb *verb, const Parsed *parsed, GError **error)
{
    if (parsed->help)
        return print_help(program, verb, error);
    if (parsed->dump != NULL)
        return print_dump(program, parsed->dump, error);
    g_autofree char *text = g_strdup_printf("%s (cinder-cg-tools) %s\n", program->name, CG_VERSION);
    return print(text, error);
}

static CgExit
run_help(const CgProgram *program, char **arguments, GError **error)
{
    const CgVerb *verb = NULL;
    if (arguments != NULL && (verb = find_verb_or_fail(program, arguments[0], error)) == NULL)
        return CG_EXIT_USAGE;
    return print_help(program, verb, error);
}

/* `argv` without the verb. */
static CgExit
run_verb(const CgProgram *program, const CgVerb *verb, int argc, char **argv, GError **error)
{
    GError *cause = NULL;
    g_auto(Parsed) parsed = { 0 };
    if (!parse_all(program, verb, argc, argv, &parsed, &cause)) {
        set_option_error(program, verb, cause, error);
        return CG_EXIT_USAGE;
    }
    if (asks_about_program(&parsed))
        return answer(program, verb, &parsed, error);
    if (!check_arguments(program, verb, parsed.arguments, error))
        return CG_EXIT_USAGE;
    if (verb == &help_verb)
        return run_help(program, parsed.arguments, error);
    char *none[] = { NULL };
    char **arguments = parsed.arguments != NULL ? parsed.arguments : none;
    return verb->run((int)g_strv_length(arguments), arguments, error);
}

static CgExit
run(const CgProgram *program, int argc, char **argv, GError **error)
{
    GError *cause = NULL;
    g_auto(Parsed) parsed = { 0 };
    if (!parse_up_to_verb(program, argc, argv, &parsed, &cause)) {
        set_option_error(program, NULL, cause, error);
        return CG_EXIT_USAGE;
    }
    if (parsed.arguments == NULL) {
        if (asks_about_program(&parsed))
            return answer(program, NULL, &parsed, error);
        if (program->default_verb != NULL)
            return run_verb(program, program->default_verb, argc, argv, error);
        set_no_verb_error(program, error);
        return CG_EXIT_USAGE;
    }
    const CgVerb *verb = find_verb_or_fail(program, parsed.arguments[0], error);
    if (verb == NULL)
        return CG_EXIT_USAGE;
    int before = argc - (int)g_strv_length(parsed.arguments);
    g_autofree char **rest = g_new0(char *, (size_t)argc);
    for (int i = 0; i < argc - 1; i++)
        rest[i] = argv[i < before ? i : i + 1];
    return run_verb(program, verb, argc - 1, rest, error);
}

CgExit
cg_cli_run(const CgProgram *program, int argc, char **argv, GError **error)
{
    GError *own = NULL;
    CgExit exit = run(program, argc, argv, &own);
    if (own == NULL)
        return exit;
    exit = own->domain == CG_ERROR ? (CgExit)own->code : CG_EXIT_FAILED;
    g_propagate_error(error, own);
    return exit;
}
