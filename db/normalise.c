/* The canonical text of SQL; see normalise.h. */
#include "db/normalise.h"

#include <string.h>

static void
append_lower(GString *out, const char *from, size_t len)
{
    for (size_t i = 0; i < len; i++)
        g_string_append_c(out, g_ascii_tolower(from[i]));
}

/* Bytes of a literal: as they are, but for CRs before an LF; a NUL, which would end the result, is
 * disguised. */
static void
append_literal(GString *out, const char *from, size_t len)
{
    size_t crs = 0;
    for (size_t i = 0; i < len; i++) {
        if (from[i] == '\r') {
            crs++;
            continue;
        }
        for (; crs > 0; crs--)
            if (from[i] != '\n')
                g_string_append_c(out, '\r');
        if (from[i] == '\0')
            g_string_append(out, "\xc0\x80");
        else
            g_string_append_c(out, from[i]);
    }
    for (; crs > 0; crs--)
        g_string_append_c(out, '\r');
}

/* The prefix of a literal (E, U&, …) is code still, a dollar tag is not. */
static size_t
code_len(CgToken token, const char *from)
{
    if (token.kind == CG_TOKEN_WORD || token.kind == CG_TOKEN_NUMBER)
        return token.len;
    bool prefixed = token.kind == CG_TOKEN_STRING || token.kind == CG_TOKEN_QUOTED;
    size_t len = 0;
    while (prefixed && len < token.len && strchr("$'\"`[", from[len]) == NULL)
        len++;
    return len;
}

static void
append_token(GString *out, const CgText *text, CgToken token)
{
    if (cg_token_is_blank(token.kind))
        return;
    if (out->len > 0)
        g_string_append_c(out, ' ');
    const char *from = text->data + token.offset;
    size_t lower = code_len(token, from);
    append_lower(out, from, lower);
    append_literal(out, from + lower, token.len - lower);
}

char *
cg_sql_normalise(const CgText *text, CgSqlDialect dialect)
{
    GString *out = g_string_sized_new(text->len);
    CgLexer lexer = { .text = text, .dialect = dialect };
    CgToken token;
    do {
        if (!cg_lexer_next(&lexer, &token, NULL)) {
            token = (CgToken){ CG_TOKEN_OPERATOR, lexer.pos, text->len - lexer.pos };
            lexer.pos = text->len;
        }
        if (token.kind != CG_TOKEN_END)
            append_token(out, text, token);
    } while (token.kind != CG_TOKEN_END);
    return g_string_free(out, FALSE);
}
