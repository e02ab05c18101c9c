/*
 * What one statement is, told by its tokens: which verb, which index. No parser: what it cannot
 * tell by a few leading tokens it does not tell. The statements come from the splitter.
 */
#ifndef CG_DB_STATEMENT_H
#define CG_DB_STATEMENT_H

#include "db/splitter.h"

/*
 * The leading words, at most `max`, upper-cased and joined by one space: "CREATE UNIQUE INDEX".
 * Ends before the first token that is no word; "" if that is the first. The caller's.
 */
char *cg_statement_keywords(const CgText *text, CgSqlDialect dialect, CgStatement statement,
                            unsigned max);

/*
 * Whether the statement begins with `pattern`: upper-case words with single spaces between, of
 * which "A|B" is either, "[A]" may be missing, and "*" (not the last) skips any tokens: "CREATE
 * [UNIQUE] INDEX CONCURRENTLY", "REINDEX * CONCURRENTLY".
 */
bool cg_statement_matches(const CgText *text, CgSqlDialect dialect, CgStatement statement,
                          const char *pattern);

/* The name of the table, as the catalog spells it, if the statement is a CREATE TABLE of one that
 * stays (not TEMPORARY); else NULL. The caller's. */
char *cg_statement_created_table(const CgText *text, CgSqlDialect dialect, CgStatement statement);

typedef enum { CG_INDEX_CREATE, CG_INDEX_DROP } CgIndexVerb;

/*
 * Names are as the catalog spells them: quotes undone, and on PostgreSQL bare names lower-cased and
 * all cut to 63 bytes.
 */
typedef struct {
    CgIndexVerb verb;
    bool unique;
    bool concurrently;
    bool if_exists;     /* IF NOT EXISTS of a create, IF EXISTS of a drop */
    char *schema;       /* of the index, if written */
    char *name;         /* NULL: PostgreSQL is to choose one */
    char *table_schema; /* of the table, if written */
    char *table;        /* NULL for a drop */
} CgIndexStatement;

/*
 * NULL if the statement is no CREATE INDEX or DROP INDEX, or one that cannot be read (a U&"" name,
 * a drop of several). The caller's.
 */
CgIndexStatement *cg_index_statement_parse(const CgText *text, CgSqlDialect dialect,
                                           CgStatement statement);
void cg_index_statement_free(CgIndexStatement *index);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CgIndexStatement, cg_index_statement_free)

#endif
