/*
 * What all programs of the suite share: the common options, the choice of the database, how an
 * error is said and which exit code it has.
 */
#ifndef CG_TOOLS_TOOL_H
#define CG_TOOLS_TOOL_H

#include "base/cli.h"
#include "db/db.h"

/* The whole of a main(): locale, signals, the common options (-d, --cinder-conf, --format,
 * --progress, -q, -v) before the program's own, verb, error report. Returns the exit code. */
int cg_tool_main(const CgProgram *program, int argc, char **argv);

/*
 * The database that the user means: -d or --cinder-conf, else CG_DATABASE_URL, else DATABASE_URL.
 * For a mode that writes, says on stderr which one that is and where its address came from. Errors:
 * CG_EXIT_USAGE for none or two, and those of cg_address_parse() and cg_db_open().
 */
CgDb *cg_tool_open(CgDbMode mode, GError **error);

/* The dialect of that database, before it is opened (and perhaps made). */
const CgDialect *cg_tool_dialect(GError **error);

/* Checks and applies the common options; cg_tool_open() does it too. For verbs without a database.
 */
bool cg_tool_apply_options(GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* --format json was given. */
bool cg_tool_wants_json(void);

/* CG_EXIT_OK, or an error when stdout could not be written (a full disk, a closed pipe). */
CgExit cg_tool_done(CgExit exit, GError **error);

/* Reads a whole number argument; CG_EXIT_USAGE otherwise. */
bool cg_tool_number(const char *text, const char *what, int64_t *out,
                    GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
