/*
 * Splits SQL text into single statements, as psql and the sqlite3 shell would, but only into what
 * can be sent to a server: psql's backslash commands, the shell's dot commands and COPY from stdin
 * are refused. Looking into a statement is statement.h's.
 *
 * A semicolon does not end a statement inside parentheses (CREATE RULE), in the body of a SQLite
 * CREATE TRIGGER, or between BEGIN ATOMIC and END of a PostgreSQL routine.
 */
#ifndef CG_DB_SPLITTER_H
#define CG_DB_SPLITTER_H

#include "db/lexer.h"

/* From the first token to the last that is no comment, without the semicolon. Never empty. */
typedef struct {
    size_t offset;
    size_t len;
} CgStatement;

/*
 * *out_statements becomes a new GArray of CgStatement in the order of the text, the caller's.
 * Between them stands nothing but semicolons, white space and comments. Fails with CG_EXIT_USAGE
 * and a caret where something opens that never ends, and at what is refused (see above).
 */
bool cg_split(const CgText *text, CgSqlDialect dialect, GArray **out_statements,
              GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same for the part [from, to) of the text; offsets still count from the start of the text. */
bool cg_split_range(const CgText *text, size_t from, size_t to, CgSqlDialect dialect,
                    GArray **out_statements, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The statement as a string of its own, the caller's. */
char *cg_statement_dup(const CgText *text, CgStatement statement);

#endif
