/* The SQL lexer; see lexer.h. Where the dialects differ, the scanners of the databases are
 * followed. */
#include "db/lexer.h"

#include <string.h>

static bool
is_digit(char c)
{
    return g_ascii_isdigit(c);
}

static bool
is_word_start(char c)
{
    return g_ascii_isalpha(c) || c == '_' || (unsigned char)c >= 0x80;
}

static bool
is_word_part(char c)
{
    return is_word_start(c) || is_digit(c) || c == '$';
}

static bool
is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

/* The byte at `pos`, or NUL behind the end: no scanner below takes a NUL for its own. */
static char
at(const CgLexer *lexer, size_t pos)
{
    return pos < lexer->text->len ? lexer->text->data[pos] : '\0';
}

static bool
unterminated(const CgLexer *lexer, const char *what, GError **error)
{
    cg_text_error(error, CG_EXIT_USAGE, lexer->text, lexer->pos, NULL, "unterminated %s", what);
    return false;
}

/* ---- scanners: from lexer->pos; each sets *end behind the token ---- */

static size_t
skip_spaces(const CgLexer *lexer, size_t pos)
{
    while (pos < lexer->text->len && is_space(lexer->text->data[pos]))
        pos++;
    return pos;
}

static size_t
skip_word(const CgLexer *lexer, size_t pos)
{
    while (pos < lexer->text->len && is_word_part(lexer->text->data[pos]))
        pos++;
    return pos;
}

/* A lone CR ends the comment for PostgreSQL; SQLite reads on to the LF. */
static size_t
skip_line_comment(const CgLexer *lexer, size_t pos)
{
    const char *data = lexer->text->data;
    size_t len = lexer->text->len;
    bool cr_ends = lexer->dialect == CG_SQL_POSTGRESQL;
    while (pos < len && data[pos] != '\n' && !(cr_ends && data[pos] == '\r'))
        pos++;
    if (pos < len && data[pos] == '\n' && data[pos - 1] == '\r')
        pos--;
    return pos;
}

static bool
scan_block_comment(const CgLexer *lexer, size_t *end, GError **error)
{
    bool nests = lexer->dialect == CG_SQL_POSTGRESQL;
    unsigned depth = 1;
    size_t pos = lexer->pos + 2;
    while (pos < lexer->text->len) {
        char c = at(lexer, pos);
        char next = at(lexer, pos + 1);
        bool closes = c == '*' && next == '/';
        bool opens = nests && c == '/' && next == '*';
        pos += closes || opens ? 2 : 1;
        depth += opens;
        depth -= closes;
        if (depth == 0) {
            *end = pos;
            return true;
        }
    }
    return unterminated(lexer, "block comment", error);
}

/* Behind the quote that closes the one at `pos`, or 0. A doubled quote does not close. */
static size_t
skip_quoted(const CgLexer *lexer, size_t pos, bool backslashes)
{
    char quote = at(lexer, pos++);
    while (pos < lexer->text->len) {
        char c = at(lexer, pos);
        if (c == '\\' && backslashes)
            pos += 2;
        else if (c != quote)
            pos++;
        else if (at(lexer, pos + 1) == quote)
            pos += 2;
        else
            return pos + 1;
    }
    return 0;
}

/*
 * PostgreSQL goes on with a string when only white space with a line end in it, and line comments,
 * come before the next quote. For E'' it matters, as the backslashes of the next part count too.
 */
static size_t
find_continuation(const CgLexer *lexer, size_t pos)
{
    bool new_line = false;
    for (;;) {
        char c = at(lexer, pos);
        if (c == '-' && at(lexer, pos + 1) == '-')
            pos = skip_line_comment(lexer, pos);
        else if (is_space(c))
            pos++;
        else
            return c == '\'' && new_line ? pos : 0;
        new_line |= c == '\n' || c == '\r';
    }
}

static bool
scan_string(const CgLexer *lexer, size_t quote, bool backslashes, size_t *end, GError **error)
{
    size_t pos = quote;
    do {
        *end = skip_quoted(lexer, pos, backslashes);
        if (*end == 0)
            return unterminated(lexer, "string", error);
        pos = backslashes ? find_continuation(lexer, *end) : 0;
    } while (pos != 0);
    return true;
}

static bool
scan_identifier(const CgLexer *lexer, size_t quote, size_t *end, GError **error)
{
    *end = skip_quoted(lexer, quote, false);
    return *end != 0 || unterminated(lexer, "quoted identifier", error);
}

/* [name], which knows no escape. */
static bool
scan_bracket(const CgLexer *lexer, size_t *end, GError **error)
{
    const char *from = lexer->text->data + lexer->pos;
    const char *close = memchr(from, ']', lexer->text->len - lexer->pos);
    if (close == NULL)
        return unterminated(lexer, "quoted identifier", error);
    *end = (size_t)(close - lexer->text->data) + 1;
    return true;
}

/* The length of $tag$ at lexer->pos, or 0. */
static size_t
dollar_delimiter_len(const CgLexer *lexer)
{
    size_t pos = lexer->pos + 1;
    if (is_word_start(at(lexer, pos)))
        while (is_word_part(at(lexer, pos)) && at(lexer, pos) != '$')
            pos++;
    return at(lexer, pos) == '$' ? pos + 1 - lexer->pos : 0;
}

static bool
scan_dollar_body(const CgLexer *lexer, size_t delimiter_len, size_t *end, GError **error)
{
    const char *delimiter = lexer->text->data + lexer->pos;
    const char *from = delimiter + delimiter_len;
    size_t left = lexer->text->len - lexer->pos - delimiter_len;
    const char *close = memmem(from, left, delimiter, delimiter_len);
    if (close == NULL)
        return unterminated(lexer, "dollar-quoted string", error);
    *end = (size_t)(close - lexer->text->data) + delimiter_len;
    return true;
}

/* Digits, a fraction, an exponent, or 0x and the like; what follows without a break belongs to it.
 */
static size_t
skip_number(const CgLexer *lexer, size_t pos)
{
    for (;;) {
        char c = at(lexer, pos);
        bool exponent =
            g_ascii_tolower(c) == 'e' && g_ascii_tolower(at(lexer, lexer->pos + 1)) != 'x';
        char sign = at(lexer, pos + 1);
        if (exponent && (sign == '+' || sign == '-') && is_digit(at(lexer, pos + 2)))
            pos += 2;
        else if (c == '.' ? sign == '.' : !is_word_part(c) || c == '$')
            return pos;
        else
            pos++;
    }
}

/* PostgreSQL: the longest run of operator characters that neither holds a comment's start nor ends
 * in
 * + or - without one of ~!@#^&|`?% before it. */
static size_t
skip_operator_run(const CgLexer *lexer, size_t pos)
{
    static const char operators[] = "+-*/<>=~!@#%^&|`?";
    size_t start = pos;
    bool special = false;
    for (; at(lexer, pos) != '\0' && strchr(operators, at(lexer, pos)) != NULL; pos++) {
        char c = at(lexer, pos);
        char next = at(lexer, pos + 1);
        if ((c == '-' && next == '-') || (c == '/' && next == '*'))
            break;
        special |= strchr("~!@#^&|`?%", c) != NULL;
    }
    while (!special && pos > start + 1 && strchr("+-", at(lexer, pos - 1)) != NULL)
        pos--;
    return pos;
}

static size_t
skip_operator(const CgLexer *lexer)
{
    static const char *const shared[] = { "::", ":=", ".." };
    static const char *const sqlite[] = { "->>", "->", "||", "<<", ">>",
                                          "<=",  ">=", "<>", "==", "!=" };
    const char *from = lexer->text->data + lexer->pos;
    size_t left = lexer->text->len - lexer->pos;
    bool is_sqlite = lexer->dialect == CG_SQL_SQLITE;
    const char *const *list = is_sqlite ? sqlite : shared;
    size_t n = is_sqlite ? G_N_ELEMENTS(sqlite) : G_N_ELEMENTS(shared);
    for (size_t i = 0; i < n; i++) {
        size_t len = strlen(list[i]);
        if (len <= left && memcmp(from, list[i], len) == 0)
            return lexer->pos + len;
    }
    size_t end = is_sqlite ? lexer->pos : skip_operator_run(lexer, lexer->pos);
    return MAX(end, lexer->pos + 1);
}

/* ---- words that are prefixes of literals ---- */

static bool
has_letter(char c, const char *letters)
{
    return c != '\0' && strchr(letters, g_ascii_tolower(c)) != NULL;
}

/* The offset of the quote that a prefix at lexer->pos leads to, or 0: E'', B'', X'', N'', U&'',
 * U&"". */
static size_t
find_prefixed_quote(const CgLexer *lexer)
{
    char c = at(lexer, lexer->pos);
    char next = at(lexer, lexer->pos + 1);
    if (lexer->dialect == CG_SQL_SQLITE)
        return has_letter(c, "x") && next == '\'' ? lexer->pos + 1 : 0;
    if (has_letter(c, "ebxn") && next == '\'')
        return lexer->pos + 1;
    char quote = at(lexer, lexer->pos + 2);
    return has_letter(c, "u") && next == '&' && (quote == '\'' || quote == '"') ? lexer->pos + 2
                                                                                : 0;
}

static bool
scan_word(const CgLexer *lexer, CgTokenKind *kind, size_t *end, GError **error)
{
    size_t quote = find_prefixed_quote(lexer);
    if (quote == 0) {
        *kind = CG_TOKEN_WORD;
        *end = skip_word(lexer, lexer->pos);
        return true;
    }
    bool identifier = at(lexer, quote) == '"';
    *kind = identifier ? CG_TOKEN_QUOTED : CG_TOKEN_STRING;
    if (identifier)
        return scan_identifier(lexer, quote, end, error);
    return scan_string(lexer, quote, has_letter(at(lexer, lexer->pos), "e"), end, error);
}

/* ---- what the dialects do not share ---- */

/* $1 and $tag$. Leaves *end alone if it is neither. */
static bool
scan_postgresql(const CgLexer *lexer, CgTokenKind *kind, size_t *end, GError **error)
{
    if (at(lexer, lexer->pos) != '$')
        return true;
    size_t pos = lexer->pos + 1;
    while (is_digit(at(lexer, pos)))
        pos++;
    if (pos > lexer->pos + 1) {
        *kind = CG_TOKEN_PARAMETER;
        *end = pos;
        return true;
    }
    size_t delimiter_len = dollar_delimiter_len(lexer);
    if (delimiter_len == 0)
        return true;
    *kind = CG_TOKEN_STRING;
    return scan_dollar_body(lexer, delimiter_len, end, error);
}

/* [name], `name`, ?, ?1, :name, @name, $name. Leaves *end alone if it is none. */
static bool
scan_sqlite(const CgLexer *lexer, CgTokenKind *kind, size_t *end, GError **error)
{
    char c = at(lexer, lexer->pos);
    if (c == '[' || c == '`') {
        *kind = CG_TOKEN_QUOTED;
        return c == '[' ? scan_bracket(lexer, end, error)
                        : scan_identifier(lexer, lexer->pos, end, error);
    }
    size_t pos = lexer->pos + 1;
    if (c == '?')
        while (is_digit(at(lexer, pos)))
            pos++;
    else if (c == ':' || c == '@' || c == '$')
        pos = skip_word(lexer, pos);
    if (c == '?' || pos > lexer->pos + 1) {
        *kind = CG_TOKEN_PARAMETER;
        *end = pos;
    }
    return true;
}

static bool
scan_rest(const CgLexer *lexer, CgTokenKind *kind, size_t *end, GError **error)
{
    *kind = CG_TOKEN_OPERATOR;
    *end = 0;
    bool ok = lexer->dialect == CG_SQL_SQLITE ? scan_sqlite(lexer, kind, end, error)
                                              : scan_postgresql(lexer, kind, end, error);
    if (ok && *end == 0)
        *end = skip_operator(lexer);
    return ok;
}

/* ---- the lexer ---- */

static bool
has_byte_order_mark(const CgLexer *lexer)
{
    return lexer->pos == 0 && lexer->text->len >= 3 &&
           memcmp(lexer->text->data, "\xef\xbb\xbf", 3) == 0;
}

static bool
scan(const CgLexer *lexer, CgTokenKind *kind, size_t *end, GError **error)
{
    size_t pos = lexer->pos;
    char c = at(lexer, pos);
    char next = at(lexer, pos + 1);
    if (is_space(c) || has_byte_order_mark(lexer)) {
        *kind = CG_TOKEN_SPACE;
        *end = skip_spaces(lexer, is_space(c) ? pos : pos + 3);
    } else if (c == '-' && next == '-') {
        *kind = CG_TOKEN_LINE_COMMENT;
        *end = skip_line_comment(lexer, pos + 2);
    } else if (c == '/' && next == '*') {
        *kind = CG_TOKEN_BLOCK_COMMENT;
        return scan_block_comment(lexer, end, error);
    } else if (is_word_start(c)) {
        return scan_word(lexer, kind, end, error);
    } else if (c == '\'') {
        *kind = CG_TOKEN_STRING;
        return scan_string(lexer, pos, false, end, error);
    } else if (c == '"') {
        *kind = CG_TOKEN_QUOTED;
        return scan_identifier(lexer, pos, end, error);
    } else if (is_digit(c) || (c == '.' && is_digit(next))) {
        *kind = CG_TOKEN_NUMBER;
        *end = skip_number(lexer, pos);
    } else if (c == ';') {
        *kind = CG_TOKEN_SEMICOLON;
        *end = pos + 1;
    } else {
        return scan_rest(lexer, kind, end, error);
    }
    return true;
}

bool
cg_lexer_next(CgLexer *lexer, CgToken *out_token, GError **error)
{
    CgTokenKind kind = CG_TOKEN_END;
    size_t end = lexer->pos;
    if (lexer->pos < lexer->text->len && !scan(lexer, &kind, &end, error))
        return false;
    *out_token = (CgToken){ .kind = kind, .offset = lexer->pos, .len = end - lexer->pos };
    lexer->pos = end;
    return true;
}

bool
cg_lexer_next_code(CgLexer *lexer, CgToken *out_token, GError **error)
{
    CgToken token;
    do {
        if (!cg_lexer_next(lexer, &token, error))
            return false;
    } while (cg_token_is_blank(token.kind));
    *out_token = token;
    return true;
}

bool
cg_token_is_blank(CgTokenKind kind)
{
    return kind == CG_TOKEN_SPACE || kind == CG_TOKEN_LINE_COMMENT ||
           kind == CG_TOKEN_BLOCK_COMMENT;
}

bool
cg_token_is_word(const CgText *text, CgToken token, const char *word)
{
    return token.kind == CG_TOKEN_WORD && strlen(word) == token.len &&
           g_ascii_strncasecmp(text->data + token.offset, word, token.len) == 0;
}
