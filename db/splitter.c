/* The statement splitter; see splitter.h. */
#include "db/splitter.h"

#include <string.h>

/* What the leading words of a statement, at most four, have told so far. */
typedef enum {
    VERB_OPEN,    /* nothing of interest yet, more words may tell */
    VERB_OTHER,   /* nothing of interest */
    VERB_CREATE,  /* CREATE, perhaps with OR REPLACE or TEMP */
    VERB_EXPLAIN, /* SQLite, where a trigger may follow */
    VERB_TRIGGER,
    VERB_ROUTINE,
    VERB_COPY
} Verb;

typedef struct {
    CgLexer lexer;
    GArray *statements;
    CgStatement current; /* len 0: no statement has begun */
    Verb verb;
    unsigned depth;           /* of parentheses */
    size_t outer_parenthesis; /* where depth became 1 */
    bool in_body;             /* of a trigger, or between BEGIN ATOMIC and END */
    size_t body;              /* where that opens */
    CgToken before[2];        /* the tokens before the one in hand, the nearer first */
} Splitter;

static bool
refuse(const Splitter *splitter, size_t offset, const char *hint, const char *message,
       GError **error)
{
    cg_text_error(error, CG_EXIT_USAGE, splitter->lexer.text, offset, hint, "%s", message);
    return false;
}

static bool
is_word(const Splitter *splitter, CgToken token, const char *word)
{
    return cg_token_is_word(splitter->lexer.text, token, word);
}

static bool
is_byte(const Splitter *splitter, CgToken token, char byte)
{
    return token.kind == CG_TOKEN_OPERATOR && token.len == 1 &&
           splitter->lexer.text->data[token.offset] == byte;
}

/* ---- the verb ---- */

static const struct {
    CgSqlDialect dialect;
    Verb from;
    const char *word;
    Verb to;
} steps[] = {
    { CG_SQL_POSTGRESQL, VERB_OPEN, "COPY", VERB_COPY },
    { CG_SQL_POSTGRESQL, VERB_OPEN, "CREATE", VERB_CREATE },
    { CG_SQL_POSTGRESQL, VERB_CREATE, "OR", VERB_CREATE },
    { CG_SQL_POSTGRESQL, VERB_CREATE, "REPLACE", VERB_CREATE },
    { CG_SQL_POSTGRESQL, VERB_CREATE, "FUNCTION", VERB_ROUTINE },
    { CG_SQL_POSTGRESQL, VERB_CREATE, "PROCEDURE", VERB_ROUTINE },
    { CG_SQL_SQLITE, VERB_OPEN, "EXPLAIN", VERB_EXPLAIN },
    { CG_SQL_SQLITE, VERB_EXPLAIN, "QUERY", VERB_EXPLAIN },
    { CG_SQL_SQLITE, VERB_EXPLAIN, "PLAN", VERB_EXPLAIN },
    { CG_SQL_SQLITE, VERB_EXPLAIN, "CREATE", VERB_CREATE },
    { CG_SQL_SQLITE, VERB_OPEN, "CREATE", VERB_CREATE },
    { CG_SQL_SQLITE, VERB_CREATE, "TEMP", VERB_CREATE },
    { CG_SQL_SQLITE, VERB_CREATE, "TEMPORARY", VERB_CREATE },
    { CG_SQL_SQLITE, VERB_CREATE, "TRIGGER", VERB_TRIGGER },
};

static Verb
next_verb(const Splitter *splitter, CgToken token)
{
    for (size_t i = 0; i < G_N_ELEMENTS(steps); i++)
        if (steps[i].dialect == splitter->lexer.dialect && steps[i].from == splitter->verb &&
            is_word(splitter, token, steps[i].word))
            return steps[i].to;
    return VERB_OTHER;
}

static bool
verb_is_settled(Verb verb)
{
    return verb != VERB_OPEN && verb != VERB_CREATE && verb != VERB_EXPLAIN;
}

/* ---- one token ---- */

/*
 * A body ends with an END that follows a semicolon (or opens the body): the END of a CASE never
 * does. So does SQLite's own sqlite3_complete(), and PostgreSQL's grammar has a semicolon after
 * each statement of a body.
 */
static bool
body_has_ended(const Splitter *splitter)
{
    CgToken before_end = splitter->before[1];
    return is_word(splitter, splitter->before[0], "END") &&
           (before_end.kind == CG_TOKEN_SEMICOLON || is_word(splitter, before_end, "ATOMIC"));
}

static void
note_body(Splitter *splitter, CgToken token)
{
    if (splitter->in_body || splitter->depth > 0)
        return;
    CgToken before = splitter->before[0];
    if (splitter->verb == VERB_TRIGGER) {
        splitter->in_body = true;
        splitter->body = splitter->current.offset;
    } else if (splitter->verb == VERB_ROUTINE && is_word(splitter, token, "ATOMIC") &&
               is_word(splitter, before, "BEGIN")) {
        splitter->in_body = true;
        splitter->body = before.offset;
    }
}

static void
note_parenthesis(Splitter *splitter, CgToken token)
{
    if (is_byte(splitter, token, '(') && splitter->depth++ == 0)
        splitter->outer_parenthesis = token.offset;
    else if (is_byte(splitter, token, ')') && splitter->depth > 0)
        splitter->depth--;
}

/* What only a client understands, and a server would not. */
static bool
check_client_command(const Splitter *splitter, CgToken token, GError **error)
{
    bool postgresql = splitter->lexer.dialect == CG_SQL_POSTGRESQL;
    if (postgresql && is_byte(splitter, token, '\\'))
        return refuse(splitter, token.offset,
                      "write SQL instead: only psql knows backslash commands",
                      "a psql command is no SQL", error);
    if (!postgresql && splitter->current.len == 0 && is_byte(splitter, token, '.'))
        return refuse(splitter, token.offset,
                      "write SQL instead: only the sqlite3 shell knows dot commands",
                      "a command of the sqlite3 shell is no SQL", error);

    CgToken before = splitter->before[0];
    bool stream = is_word(splitter, token, "STDIN") || is_word(splitter, token, "STDOUT");
    bool direction = is_word(splitter, before, "FROM") || is_word(splitter, before, "TO");
    if (splitter->verb == VERB_COPY && splitter->depth == 0 && stream && direction)
        return refuse(splitter, token.offset, "write the rows as INSERT … VALUES",
                      "COPY with data beside the statement cannot be run from a file", error);
    return true;
}

static void
end_statement(Splitter *splitter)
{
    if (splitter->current.len > 0)
        g_array_append_val(splitter->statements, splitter->current);
    splitter->current.len = 0;
    splitter->verb = VERB_OPEN;
    splitter->in_body = false;
    memset(splitter->before, 0, sizeof splitter->before);
}

static bool
take(Splitter *splitter, CgToken token, GError **error)
{
    if (token.kind == CG_TOKEN_SEMICOLON && splitter->depth == 0 &&
        (!splitter->in_body || body_has_ended(splitter))) {
        end_statement(splitter);
        return true;
    }
    if (!check_client_command(splitter, token, error))
        return false;
    if (splitter->current.len == 0)
        splitter->current.offset = token.offset;
    splitter->current.len = token.offset + token.len - splitter->current.offset;
    if (!verb_is_settled(splitter->verb))
        splitter->verb = next_verb(splitter, token);
    note_parenthesis(splitter, token);
    note_body(splitter, token);
    splitter->before[1] = splitter->before[0];
    splitter->before[0] = token;
    return true;
}

static bool
finish(Splitter *splitter, GError **error)
{
    if (splitter->depth > 0)
        return refuse(splitter, splitter->outer_parenthesis, NULL,
                      "this parenthesis is never closed", error);
    if (splitter->in_body && !body_has_ended(splitter))
        return refuse(splitter, splitter->body, "a body ends with \"END\" after a semicolon",
                      "the body that begins here never ends", error);
    end_statement(splitter);
    return true;
}

/* ---- the text ---- */

bool
cg_split_range(const CgText *text, size_t from, size_t to, CgSqlDialect dialect,
               GArray **out_statements, GError **error)
{
    CgText part = { .name = text->name, .data = text->data, .len = MIN(to, text->len) };
    g_autoptr(GArray) statements = g_array_new(FALSE, FALSE, sizeof(CgStatement));
    Splitter splitter = { .lexer = { .text = &part, .dialect = dialect, .pos = from },
                          .statements = statements };
    CgToken token;
    do {
        if (!cg_lexer_next_code(&splitter.lexer, &token, error))
            return false;
        if (token.kind != CG_TOKEN_END && !take(&splitter, token, error))
            return false;
    } while (token.kind != CG_TOKEN_END);
    if (!finish(&splitter, error))
        return false;
    *out_statements = g_steal_pointer(&statements);
    return true;
}

bool
cg_split(const CgText *text, CgSqlDialect dialect, GArray **out_statements, GError **error)
{
    return cg_split_range(text, 0, text->len, dialect, out_statements, error);
}

char *
cg_statement_dup(const CgText *text, CgStatement statement)
{
    return g_strndup(text->data + statement.offset, statement.len);
}
