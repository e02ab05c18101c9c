/*
 * What the parser, the help and the dumps of the command line share. For base/cli*.c alone.
 *
 * Help and dumps are made as one text, so that the parser alone writes and checks for errors.
 */
#ifndef CG_BASE_CLI_PRIVATE_H
#define CG_BASE_CLI_PRIVATE_H

#include "base/cli.h"

/* --help and --version, as every program has them; for showing, not for parsing. */
extern const GOptionEntry cg_cli_builtin_options[];

/* The verbs in order, behind them "help", then NULL. */
const CgVerb *cg_cli_verb_at(const CgProgram *program, size_t index);

bool cg_cli_is_default(const CgProgram *program, const CgVerb *verb);

/* Lists of entries may be NULL. The first entry to be shown at or after `entry`, or NULL. */
const GOptionEntry *cg_cli_shown(const GOptionEntry *entry);
bool cg_cli_takes_value(const GOptionEntry *entry);

/* The help of the verb, or with NULL of the program. Allocated, as are the dumps. */
char *cg_cli_help(const CgProgram *program, const CgVerb *verb, int width);

/* --dump-options: a fragment of a manual page; a completion script. */
char *cg_cli_dump_mdoc(const CgProgram *program);
char *cg_cli_dump_bash(const CgProgram *program);

#endif
