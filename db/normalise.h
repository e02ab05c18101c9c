/*
 * The canonical text of SQL, for digests that a re-formatting does not change.
 *
 * Comments, white space, line ends, a byte order mark and letter case are gone, except in literals
 * and quoted identifiers; there only CRs before an LF go, because a checkout on another system is
 * no edit. The form is part of the ledger's hash format: a change of it needs a new format version.
 */
#ifndef CG_DB_NORMALISE_H
#define CG_DB_NORMALISE_H

#include "db/lexer.h"

/*
 * The tokens with single spaces between, words and numbers lower-cased. Text that the lexer refuses
 * is kept as it is from there on; a NUL byte becomes the bytes C0 80. The caller's, never NULL.
 */
char *cg_sql_normalise(const CgText *text, CgSqlDialect dialect);

#endif
