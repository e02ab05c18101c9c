/*
 * The SQL lexer: cuts lent bytes into tokens, and nothing more.
 *
 * It knows exactly as much of each dialect as is needed to tell code from literals and comments, as
 * the database itself would. It allocates nothing, judges no grammar, and takes any bytes: a NUL, a
 * lone CR or broken UTF-8 is a token like another. The tokens of a text, laid end to end, are the
 * text.
 *
 * What differs: E'', U&'', U&"", $tag$…$tag$, nested block comments, a line comment ended by a lone
 * CR are PostgreSQL's (with standard_conforming_strings on); [name], `name`, ?1, :a, @a, $a are
 * SQLite's.
 */
#ifndef CG_DB_LEXER_H
#define CG_DB_LEXER_H

#include "base/text.h"
#include "db/dialect.h"

typedef enum {
    CG_TOKEN_END,
    CG_TOKEN_SPACE,        /* also a byte order mark at the very start */
    CG_TOKEN_LINE_COMMENT, /* without its line end */
    CG_TOKEN_BLOCK_COMMENT,
    CG_TOKEN_WORD,   /* keyword or bare identifier */
    CG_TOKEN_QUOTED, /* quoted identifier, with its quotes */
    CG_TOKEN_STRING, /* string, blob or dollar body, with prefix and quotes */
    CG_TOKEN_NUMBER,
    CG_TOKEN_PARAMETER,
    CG_TOKEN_SEMICOLON,
    CG_TOKEN_OPERATOR /* operator, punctuation, or a byte that means nothing */
} CgTokenKind;

typedef struct {
    CgTokenKind kind;
    size_t offset;
    size_t len;
} CgToken;

/*
 * Made on the stack: CgLexer lexer = { .text = &text, .dialect = dialect }. To lex the part [from,
 * to) of a file with true positions in errors, lend a copy of the CgText with len = to and set pos
 * = from.
 */
typedef struct {
    const CgText *text; /* lent */
    CgSqlDialect dialect;
    size_t pos; /* where the next token begins */
} CgLexer;

/*
 * The next token; CG_TOKEN_END, of length 0, at the end and ever after. A literal or block comment
 * without its end is a CG_EXIT_USAGE that points to where it opens; the lexer then stays where it
 * was.
 */
bool cg_lexer_next(CgLexer *lexer, CgToken *out_token, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* As cg_lexer_next, but passes over white space and comments. */
bool cg_lexer_next_code(CgLexer *lexer, CgToken *out_token,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* True for white space and comments. */
bool cg_token_is_blank(CgTokenKind kind);

/* True for a word that reads `word` in any letter case (ASCII). */
bool cg_token_is_word(const CgText *text, CgToken token, const char *word);

#endif
