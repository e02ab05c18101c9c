/*
 * Any bytes through the lexer, the splitter, the statement helpers and the canonical text, as both
 * dialects. The first byte picks the dialect, so that corpora serve one each.
 */
#include "db/normalise.h"
#include "db/statement.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool
is_lexable(const CgText *text, CgSqlDialect dialect)
{
    CgLexer lexer = { .text = text, .dialect = dialect };
    size_t pos = 0;
    for (;;) {
        CgToken token;
        g_autoptr(GError) error = NULL;
        if (!cg_lexer_next(&lexer, &token, &error)) {
            g_assert(lexer.pos == pos && cg_error_is(error, CG_EXIT_USAGE));
            return false;
        }
        g_assert(token.offset == pos && token.len <= text->len - pos);
        g_assert((token.kind == CG_TOKEN_END) == (token.len == 0));
        pos += token.len;
        if (token.kind == CG_TOKEN_END)
            break;
    }
    g_assert(pos == text->len);
    return true;
}

/* The part splits into `n` statements, and if it is one, that is the whole part. */
static void
check_part(const CgText *text, CgSqlDialect dialect, size_t from, size_t to, unsigned n)
{
    g_autoptr(GArray) again = NULL;
    g_assert(cg_split_range(text, from, to, dialect, &again, NULL) && again->len == n);
    if (n == 0)
        return;
    CgStatement only = g_array_index(again, CgStatement, 0);
    g_assert(only.offset == from && only.len == to - from);
}

static void
look_into(const CgText *text, CgSqlDialect dialect, CgStatement statement)
{
    g_free(cg_statement_dup(text, statement));
    g_free(cg_statement_keywords(text, dialect, statement, 3));
    g_autoptr(CgIndexStatement) index = cg_index_statement_parse(text, dialect, statement);
    g_assert(index == NULL || index->name != NULL || index->table != NULL);
    cg_statement_matches(text, dialect, statement, "CREATE [UNIQUE] INDEX * CONCURRENTLY|IF");
}

static void
check_split(const CgText *text, CgSqlDialect dialect)
{
    g_autoptr(GArray) statements = NULL;
    if (!cg_split(text, dialect, &statements, NULL))
        return;
    g_assert(is_lexable(text, dialect));
    size_t pos = 0;
    for (unsigned i = 0; i < statements->len; i++) {
        CgStatement next = g_array_index(statements, CgStatement, i);
        g_assert(next.len > 0 && next.offset >= pos && next.len <= text->len - next.offset);
        check_part(text, dialect, pos, next.offset, 0);
        pos = next.offset + next.len;
        check_part(text, dialect, next.offset, pos, 1);
        look_into(text, dialect, next);
    }
    check_part(text, dialect, pos, text->len, 0);
}

/* The canonical text is its own; not so after a second byte order mark, or with a NUL. */
static void
check_normalised(const CgText *text, CgSqlDialect dialect)
{
    g_autofree char *once = cg_sql_normalise(text, dialect);
    if (!is_lexable(text, dialect) || g_str_has_prefix(once, "\xef\xbb\xbf") ||
        (text->len > 0 && memchr(text->data, '\0', text->len) != NULL))
        return;
    CgText canonical = { "once", once, strlen(once) };
    g_autofree char *twice = cg_sql_normalise(&canonical, dialect);
    g_assert(strcmp(once, twice) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    CgText text = { "fuzz", (const char *)data + 1, size - 1 };
    CgSqlDialect dialect = data[0] % 2 == 0 ? CG_SQL_POSTGRESQL : CG_SQL_SQLITE;
    is_lexable(&text, dialect);
    check_split(&text, dialect);
    check_normalised(&text, dialect);
    return 0;
}
