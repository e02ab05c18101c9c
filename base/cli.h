/*
 * Verbs and options of a program, as tables: the parser, --help, the manual's OPTIONS block and the
 * shell completion all read the same ones.
 *
 * Options stand before or behind the verb; "--" ends them. A verb is one const entry: adding one
 * edits no switch. Help, "help [VERB]", --version and --dump-options are added to every program.
 * Where two verbs share the name of an option, it takes a value in both or in neither.
 *
 * Written for the reader of --help: summaries and descriptions in lower case without full stop; an
 * argument's name in capitals, or "human|json" for a choice, which the completion then offers.
 */
#ifndef CG_BASE_CLI_H
#define CG_BASE_CLI_H

#include "base/error.h"

typedef struct CgVerb CgVerb;
typedef struct CgProgram CgProgram;

struct CgVerb {
    const char *name;            /* "up" */
    const char *alias;           /* NULL, or a second spelling */
    const char *arguments;       /* "[N]"; "" for none */
    const char *summary;         /* one line of the program's --help */
    const char *description;     /* paragraphs under the verb's own --help, examples too; or NULL */
    const GOptionEntry *options; /* of this verb alone, NULL-terminated; or NULL */
    int min_arguments, max_arguments; /* -1: any number */
    /* argv[0..argc) are the arguments behind the verb. The result is the exit code when it returns
     * with *error unset; with *error set the error decides. */
    CgExit (*run)(int argc, char **argv, GError **error);
};

struct CgProgram {
    const char *name;            /* "cg-migrate" */
    const char *summary;         /* one sentence */
    const char *epilogue;        /* examples, "see also"; or NULL */
    const GOptionEntry *options; /* common to all verbs, NULL-terminated */
    const CgVerb *verbs;         /* ended by an entry without name */
    const CgVerb *default_verb;  /* run when no verb is given; or NULL: that is an error */
};

/*
 * Parses, handles --help, --version and --dump-options=mdoc|bash, runs the verb. Usage mistakes are
 * CG_EXIT_USAGE errors that name the option and the nearest verb ("did you mean"). Called once.
 */
CgExit cg_cli_run(const CgProgram *program, int argc, char **argv, GError **error);

#endif
