/* Looking into one statement; see statement.h. */
#include "db/statement.h"

#include <string.h>

enum { POSTGRESQL_NAME_MAX = 63 };

/* A token of look-ahead over one statement. */
typedef struct {
    CgText text; /* ends where the statement does */
    CgLexer lexer;
    CgToken token;
} Cursor;

/* A statement of the splitter has no lexical error; should one be handed in, it ends there. */
static void
advance(Cursor *cursor)
{
    if (!cg_lexer_next_code(&cursor->lexer, &cursor->token, NULL))
        cursor->token = (CgToken){ .kind = CG_TOKEN_END, .offset = cursor->lexer.pos };
}

static void
cursor_init(Cursor *cursor, const CgText *text, CgSqlDialect dialect, CgStatement statement)
{
    cursor->text = *text;
    cursor->text.len = MIN(text->len, statement.offset + statement.len);
    cursor->lexer = (CgLexer){ .text = &cursor->text, .dialect = dialect, .pos = statement.offset };
    advance(cursor);
}

static bool
accept_word(Cursor *cursor, const char *word)
{
    bool found = cg_token_is_word(&cursor->text, cursor->token, word);
    if (found)
        advance(cursor);
    return found;
}

/* ---- keywords and patterns ---- */

char *
cg_statement_keywords(const CgText *text, CgSqlDialect dialect, CgStatement statement, unsigned max)
{
    Cursor cursor;
    cursor_init(&cursor, text, dialect, statement);
    GString *words = g_string_new(NULL);
    for (unsigned n = 0; n < max && cursor.token.kind == CG_TOKEN_WORD; n++) {
        if (n > 0)
            g_string_append_c(words, ' ');
        g_string_append_len(words, text->data + cursor.token.offset, (gssize)cursor.token.len);
        advance(&cursor);
    }
    g_string_ascii_up(words);
    return g_string_free(words, FALSE);
}

/* Whether the token is one of the words "A|B|C" of `len` bytes. */
static bool
is_one_of(const Cursor *cursor, const char *words, size_t len)
{
    const char *token = cursor->text.data + cursor->token.offset;
    const char *end = words + len;
    while (cursor->token.kind == CG_TOKEN_WORD && words < end) {
        const char *bar = memchr(words, '|', (size_t)(end - words));
        size_t word_len = (size_t)((bar != NULL ? bar : end) - words);
        if (word_len == cursor->token.len && g_ascii_strncasecmp(words, token, word_len) == 0)
            return true;
        words += word_len + 1;
    }
    return false;
}

bool
cg_statement_matches(const CgText *text, CgSqlDialect dialect, CgStatement statement,
                     const char *pattern)
{
    Cursor cursor;
    cursor_init(&cursor, text, dialect, statement);
    bool skipping = false;
    for (const char *next = pattern; *next != '\0'; next += *next == ' ') {
        const char *element = next;
        size_t len = strcspn(element, " ");
        next += len;
        bool optional = *element == '[';
        if (*element == '*') {
            skipping = true;
            continue;
        }
        if (optional) {
            element++;
            len -= 2;
        }
        while (skipping && !optional && cursor.token.kind != CG_TOKEN_END &&
               !is_one_of(&cursor, element, len))
            advance(&cursor);
        if (is_one_of(&cursor, element, len))
            advance(&cursor);
        else if (!optional)
            return false;
        skipping = false;
    }
    return true;
}

/* ---- names ---- */

/* What stands between the quotes, where a doubled quote is one. */
static char *
unquote(const char *quoted, size_t len)
{
    char close = *quoted == '[' ? ']' : *quoted;
    GString *name = g_string_sized_new(len);
    for (size_t i = 1; i + 1 < len; i++) {
        g_string_append_c(name, quoted[i]);
        if (quoted[i] == close)
            i++;
    }
    return g_string_free(name, FALSE);
}

/* PostgreSQL cuts a name that is too long, never within a character. */
static void
cut_name(char *name)
{
    size_t len = strlen(name);
    if (len <= POSTGRESQL_NAME_MAX)
        return;
    len = POSTGRESQL_NAME_MAX;
    while (len > 0 && ((unsigned char)name[len] & 0xc0) == 0x80)
        len--;
    name[len] = '\0';
}

/* NULL if the token is no name that can be read. SQLite takes a string for one too. */
static char *
read_name(const Cursor *cursor)
{
    bool postgresql = cursor->lexer.dialect == CG_SQL_POSTGRESQL;
    const char *from = cursor->text.data + cursor->token.offset;
    bool quoted = cursor->token.kind == CG_TOKEN_QUOTED ||
                  (cursor->token.kind == CG_TOKEN_STRING && !postgresql);
    if (cursor->token.kind != CG_TOKEN_WORD && (!quoted || g_ascii_isalpha(*from)))
        return NULL;
    g_autofree char *name =
        quoted ? unquote(from, cursor->token.len) : g_strndup(from, cursor->token.len);
    if (!postgresql)
        return g_steal_pointer(&name);
    cut_name(name);
    return quoted ? g_steal_pointer(&name) : g_ascii_strdown(name, -1);
}

/* name or schema.name */
static bool
accept_name(Cursor *cursor, char **out_schema, char **out_name)
{
    *out_name = read_name(cursor);
    if (*out_name == NULL)
        return false;
    advance(cursor);
    if (cursor->token.len != 1 || cursor->text.data[cursor->token.offset] != '.')
        return true;
    advance(cursor);
    *out_schema = *out_name;
    *out_name = read_name(cursor);
    advance(cursor);
    return *out_name != NULL;
}

/* ---- index statements ---- */

static bool
parse_create_index(Cursor *cursor, CgIndexStatement *index)
{
    if (accept_word(cursor, "IF")) {
        index->if_exists = accept_word(cursor, "NOT") && accept_word(cursor, "EXISTS");
        if (!index->if_exists)
            return false;
    }
    if (!cg_token_is_word(&cursor->text, cursor->token, "ON") &&
        !accept_name(cursor, &index->schema, &index->name))
        return false;
    if (!accept_word(cursor, "ON"))
        return false;
    if (cursor->lexer.dialect == CG_SQL_POSTGRESQL)
        accept_word(cursor, "ONLY");
    return accept_name(cursor, &index->table_schema, &index->table);
}

static bool
parse_drop_index(Cursor *cursor, CgIndexStatement *index)
{
    index->verb = CG_INDEX_DROP;
    if (accept_word(cursor, "IF")) {
        index->if_exists = accept_word(cursor, "EXISTS");
        if (!index->if_exists)
            return false;
    }
    if (!accept_name(cursor, &index->schema, &index->name))
        return false;
    if (!accept_word(cursor, "CASCADE"))
        accept_word(cursor, "RESTRICT");
    return cursor->token.kind == CG_TOKEN_END;
}

static bool
parse_index(Cursor *cursor, CgIndexStatement *index)
{
    bool create = accept_word(cursor, "CREATE");
    if (!create && !accept_word(cursor, "DROP"))
        return false;
    index->unique = create && accept_word(cursor, "UNIQUE");
    if (!accept_word(cursor, "INDEX"))
        return false;
    if (cursor->lexer.dialect == CG_SQL_POSTGRESQL)
        index->concurrently = accept_word(cursor, "CONCURRENTLY");
    return create ? parse_create_index(cursor, index) : parse_drop_index(cursor, index);
}

CgIndexStatement *
cg_index_statement_parse(const CgText *text, CgSqlDialect dialect, CgStatement statement)
{
    Cursor cursor;
    cursor_init(&cursor, text, dialect, statement);
    g_autoptr(CgIndexStatement) index = g_new0(CgIndexStatement, 1);
    return parse_index(&cursor, index) ? g_steal_pointer(&index) : NULL;
}

void
cg_index_statement_free(CgIndexStatement *index)
{
    if (index == NULL)
        return;
    g_free(index->schema);
    g_free(index->name);
    g_free(index->table_schema);
    g_free(index->table);
    g_free(index);
}

/* ---- table statements ---- */

char *
cg_statement_created_table(const CgText *text, CgSqlDialect dialect, CgStatement statement)
{
    Cursor cursor;
    cursor_init(&cursor, text, dialect, statement);
    if (!accept_word(&cursor, "CREATE") || !accept_word(&cursor, "TABLE"))
        return NULL;
    if (accept_word(&cursor, "IF") &&
        !(accept_word(&cursor, "NOT") && accept_word(&cursor, "EXISTS")))
        return NULL;
    g_autofree char *schema = NULL;
    char *name = NULL;
    return accept_name(&cursor, &schema, &name) ? name : NULL;
}
