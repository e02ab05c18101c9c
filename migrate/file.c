/* Reading a migration file; see file.h. */
#include "migrate/file.h"

#include "db/statement.h"
#include "migrate/marker.h"

#include <string.h>

/* A section as it stands in the file, for whichever dialect. */
typedef struct {
    CgMarker marker;
    size_t begin; /* behind the marker */
    size_t end;   /* at the next marker, or the end of the file */
} Part;

typedef struct {
    const CgText *text;
    CgSqlDialect dialect;
    /* For which kinds the dialect is taken to have a section of its own, while the ends of the
     * sections are looked for: see guess_own(). */
    bool own[CG_N_SECTIONS];
    GArray *parts; /* Part */
} Parser;

/* ---- where the sections are ---- */

static CgSqlDialect
other_dialect(CgSqlDialect dialect)
{
    return dialect == CG_SQL_SQLITE ? CG_SQL_POSTGRESQL : CG_SQL_SQLITE;
}

static CgSqlDialect
lexed_under(const Parser *parser, const CgMarker *marker)
{
    if (marker->has_dialect)
        return marker->dialect;
    return parser->own[marker->kind] ? other_dialect(parser->dialect) : parser->dialect;
}

static void
part_clear(void *data)
{
    Part *part = data;
    cg_section_clear(&part->marker.section);
}

/* Lines end with LF or CRLF: a lone CR would part lines for PostgreSQL, but not for SQLite. */
static bool
has_own_line(const CgText *text, CgToken comment)
{
    size_t end = comment.offset + comment.len;
    if (end < text->len && text->data[end] == '\r' &&
        (end + 1 == text->len || text->data[end + 1] != '\n'))
        return false;
    size_t start = comment.offset;
    while (start > 0 && (text->data[start - 1] == ' ' || text->data[start - 1] == '\t'))
        start--;
    bool after_mark = start == 3 && memcmp(text->data, "\xef\xbb\xbf", 3) == 0;
    return start == 0 || after_mark || text->data[start - 1] == '\n';
}

static bool
check_no_twin(const Parser *parser, const CgMarker *marker, GError **error)
{
    for (unsigned i = 0; i < parser->parts->len; i++) {
        const CgMarker *other = &g_array_index(parser->parts, Part, i).marker;
        if (other->kind != marker->kind || other->has_dialect != marker->has_dialect ||
            (marker->has_dialect && other->dialect != marker->dialect))
            continue;
        unsigned line = 0;
        unsigned column = 0;
        cg_text_position(parser->text, other->section.marker, &line, &column);
        cg_text_error(error, CG_EXIT_USAGE, parser->text, marker->section.marker,
                      "a file has one section of a kind, or one for each dialect",
                      "a second section \"%s\"; the first is on line %u",
                      cg_section_kind_name(marker->kind), line);
        return false;
    }
    return true;
}

static bool
begin_part(Parser *parser, CgToken comment, GError **error)
{
    if (!has_own_line(parser->text, comment)) {
        cg_text_error(error, CG_EXIT_USAGE, parser->text, comment.offset,
                      "lines end with LF or CRLF", "a marker stands on a line of its own");
        return false;
    }
    Part part = { .begin = comment.offset + comment.len };
    if (!cg_marker_parse(parser->text, comment, &part.marker, error))
        return false;
    if (!check_no_twin(parser, &part.marker, error)) {
        part_clear(&part);
        return false;
    }
    if (parser->parts->len > 0)
        g_array_index(parser->parts, Part, parser->parts->len - 1).end = comment.offset;
    part.end = parser->text->len;
    g_array_append_val(parser->parts, part);
    return true;
}

static bool
take_token(Parser *parser, CgLexer *lexer, CgToken token, GError **error)
{
    if (token.kind == CG_TOKEN_LINE_COMMENT && cg_marker_is_meant(parser->text, token)) {
        if (!begin_part(parser, token, error))
            return false;
        const Part *part = &g_array_index(parser->parts, Part, parser->parts->len - 1);
        lexer->dialect = lexed_under(parser, &part->marker);
        return true;
    }
    if (parser->parts->len > 0 || cg_token_is_blank(token.kind) || token.kind == CG_TOKEN_END)
        return true;
    cg_text_error(error, CG_EXIT_USAGE, parser->text, token.offset,
                  "begin the file with the line: -- migrate:up",
                  "only comments may stand before the first marker");
    return false;
}

static bool
find_parts(Parser *parser, GError **error)
{
    g_array_set_size(parser->parts, 0);
    CgLexer lexer = { .text = parser->text, .dialect = parser->dialect };
    CgToken token;
    do {
        if (!cg_lexer_next(&lexer, &token, error) || !take_token(parser, &lexer, token, error))
            return false;
    } while (token.kind != CG_TOKEN_END);
    return true;
}

static Part *
find_part(const Parser *parser, CgSectionKind kind)
{
    Part *common = NULL;
    for (unsigned i = 0; i < parser->parts->len; i++) {
        Part *part = &g_array_index(parser->parts, Part, i);
        if (part->marker.kind != kind)
            continue;
        if (!part->marker.has_dialect)
            common = part;
        else if (part->marker.dialect == parser->dialect)
            return part;
    }
    return common;
}

/* Whether the line reads as a marker of the kind that names the dialect, wherever it stands. */
static bool
names_own(const char *line, size_t len, CgSectionKind kind, CgSqlDialect dialect)
{
    static const char prefix[] = "-- migrate:";
    const char *name = cg_section_kind_name(kind);
    const char *wanted = dialect == CG_SQL_SQLITE ? "sqlite" : "postgresql";
    size_t prefix_len = strlen(prefix);
    size_t name_len = strlen(name);
    return len > prefix_len + name_len && memcmp(line, prefix, prefix_len) == 0 &&
           memcmp(line + prefix_len, name, name_len) == 0 &&
           memmem(line, len, "dialect:", strlen("dialect:")) != NULL &&
           memmem(line, len, wanted, strlen(wanted)) != NULL;
}

/*
 * How a section without a dialect is to be lexed hangs on what may stand further down. So every
 * line that reads as a marker counts at first, even within a literal: the real ones are among them.
 */
static void
guess_own(Parser *parser)
{
    const char *line = parser->text->data;
    const char *end = line + parser->text->len;
    while (line < end) {
        const char *line_end = memchr(line, '\n', (size_t)(end - line));
        line_end = line_end != NULL ? line_end : end;
        while (line < line_end && strchr(" \t\xef\xbb\xbf", *line) != NULL)
            line++;
        for (int kind = 0; kind < CG_N_SECTIONS; kind++)
            parser->own[kind] |=
                names_own(line, (size_t)(line_end - line), (CgSectionKind)kind, parser->dialect);
        line = line_end + 1;
    }
}

/* Drops guesses that came from a literal. True if there were any. */
static bool
drop_false_guesses(Parser *parser)
{
    bool dropped = false;
    for (int kind = 0; kind < CG_N_SECTIONS; kind++) {
        const Part *part = find_part(parser, (CgSectionKind)kind);
        if (parser->own[kind] && (part == NULL || !part->marker.has_dialect)) {
            parser->own[kind] = false;
            dropped = true;
        }
    }
    return dropped;
}

static bool
find_sections(Parser *parser, GError **error)
{
    guess_own(parser);
    do {
        if (!find_parts(parser, error))
            return false;
    } while (drop_false_guesses(parser));
    return true;
}

/* ---- what a section may hold ---- */

enum { ON_POSTGRESQL = 1 << CG_SQL_POSTGRESQL, ON_SQLITE = 1 << CG_SQL_SQLITE, ON_ALL = 3 };

/* `pattern` as of cg_statement_matches(). */
typedef struct {
    unsigned dialects;
    const char *pattern;
} Rule;

static const Rule transaction_control[] = {
    { ON_ALL, "BEGIN|COMMIT|END|ROLLBACK|SAVEPOINT|RELEASE|ABORT|DISCARD" },
    { ON_ALL, "START|PREPARE TRANSACTION" },
};

/* The pragmas do not even fail within a transaction: they do nothing. */
static const Rule not_in_transaction[] = {
    { ON_ALL, "VACUUM" },
    { ON_POSTGRESQL, "CREATE [UNIQUE] INDEX CONCURRENTLY" },
    { ON_POSTGRESQL, "DROP INDEX CONCURRENTLY" },
    { ON_POSTGRESQL, "REINDEX * CONCURRENTLY" },
    { ON_POSTGRESQL, "REINDEX DATABASE|SYSTEM|SCHEMA" },
    { ON_POSTGRESQL, "CREATE|DROP DATABASE|TABLESPACE" },
    { ON_POSTGRESQL, "ALTER SYSTEM" },
    { ON_POSTGRESQL, "ALTER DATABASE * SET TABLESPACE" },
    { ON_POSTGRESQL, "ALTER TABLE * DETACH PARTITION * CONCURRENTLY" },
    { ON_SQLITE, "PRAGMA * FOREIGN_KEYS|JOURNAL_MODE|SYNCHRONOUS" },
};

static bool
matches_any(const CgMigration *migration, CgStatement statement, const Rule *rules, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if ((rules[i].dialects & 1u << migration->dialect) != 0 &&
            cg_statement_matches(&migration->text, migration->dialect, statement, rules[i].pattern))
            return true;
    return false;
}

static bool
check_statement(const CgMigration *migration, CgSectionKind kind, CgStatement statement,
                GError **error)
{
    const CgText *text = &migration->text;
    const char *section = cg_section_kind_name(kind);
    bool controls =
        matches_any(migration, statement, transaction_control, G_N_ELEMENTS(transaction_control));
    bool outside =
        migration->sections[kind].transaction &&
        matches_any(migration, statement, not_in_transaction, G_N_ELEMENTS(not_in_transaction));
    if (!controls && !outside)
        return true;
    g_autofree char *verb = cg_statement_keywords(text, migration->dialect, statement, 3);
    g_autofree char *shown = g_utf8_make_valid(verb, -1);
    bool has_option = kind == CG_SECTION_UP || kind == CG_SECTION_DOWN;
    g_autofree char *hint =
        controls ? g_strdup("leave it out: each section runs in a transaction of its own, "
                            "unless it says transaction:false")
        : has_option
            ? g_strdup_printf("write the marker as: -- migrate:%s transaction:false", section)
            : NULL;
    cg_text_error(error, CG_EXIT_USAGE, text, statement.offset, hint,
                  controls ? "\"%s\" is not allowed in a migration"
                           : "\"%s\" has no effect or fails in a transaction",
                  shown);
    return false;
}

static bool
check_count(const CgMigration *migration, CgSectionKind kind, GError **error)
{
    const CgSection *section = &migration->sections[kind];
    unsigned n = section->statements->len;
    bool too_many =
        (kind == CG_SECTION_REQUIRE && n > 1) || (section->irreversible != NULL && n > 0);
    if (!too_many && (kind != CG_SECTION_REQUIRE || n == 1))
        return true;
    size_t offset = section->marker;
    if (too_many)
        offset = g_array_index(section->statements, CgStatement, n - 1).offset;
    cg_text_error(error, CG_EXIT_USAGE, &migration->text, offset, NULL, "%s",
                  kind == CG_SECTION_REQUIRE ? "a section \"require\" has exactly one statement"
                                             : "a section that is irreversible has no statements");
    return false;
}

/* A copy that is not of the transaction that drops would be stale. */
static bool
check_preserve(const CgMigration *migration, CgSectionKind kind, GError **error)
{
    const CgSection *section = &migration->sections[kind];
    if (section->transaction || section->preserve->len == 0)
        return true;
    cg_text_error(error, CG_EXIT_USAGE, &migration->text, section->marker,
                  "drop what is preserved in a transaction, in a migration of its own",
                  "\"preserve:\" and \"transaction:false\" do not go together");
    return false;
}

/* ---- putting it together ---- */

static bool
fill_section(CgMigration *migration, const Parser *parser, CgSectionKind kind, GError **error)
{
    Part *part = find_part(parser, kind);
    if (part == NULL)
        return true;
    GArray *statements = NULL;
    if (!cg_split_range(&migration->text, part->begin, part->end, migration->dialect, &statements,
                        error))
        return false;
    cg_section_clear(&migration->sections[kind]);
    migration->sections[kind] = part->marker.section;
    memset(&part->marker.section, 0, sizeof part->marker.section);
    g_array_unref(migration->sections[kind].statements);
    migration->sections[kind].statements = statements;
    for (unsigned i = 0; i < statements->len; i++)
        if (!check_statement(migration, kind, g_array_index(statements, CgStatement, i), error))
            return false;
    return check_count(migration, kind, error) && check_preserve(migration, kind, error);
}

/* The ledger keeps the text, and no database takes other bytes as text. */
static bool
check_bytes(const CgText *text, GError **error)
{
    const char *end = NULL;
    if (g_utf8_validate(text->data, (gssize)text->len, &end))
        return true;
    cg_text_error(error, CG_EXIT_USAGE, text, (size_t)(end - text->data), "save the file as UTF-8",
                  *end == '\0' ? "a NUL byte, at which a server would stop reading"
                               : "a byte that is not UTF-8");
    return false;
}

static bool
fail_no_up(const CgMigration *migration, const Parser *parser, GError **error)
{
    bool sqlite = migration->dialect == CG_SQL_SQLITE;
    size_t offset = migration->text.len;
    if (parser->parts->len > 0)
        offset = g_array_index(parser->parts, Part, 0).marker.section.marker;
    g_autofree char *hint = g_strdup_printf(
        "if there is nothing to do, let the section -- migrate:up dialect:%s be empty",
        sqlite ? "sqlite" : "postgresql");
    cg_text_error(error, CG_EXIT_USAGE, &migration->text, offset, hint,
                  "the file has no section \"up\" for %s", sqlite ? "SQLite" : "PostgreSQL");
    return false;
}

static bool
parse_sections(CgMigration *migration, GError **error)
{
    g_autoptr(GArray) parts = g_array_new(FALSE, FALSE, sizeof(Part));
    g_array_set_clear_func(parts, part_clear);
    Parser parser = { .text = &migration->text, .dialect = migration->dialect, .parts = parts };
    if (!check_bytes(&migration->text, error) || !find_sections(&parser, error))
        return false;
    if (find_part(&parser, CG_SECTION_UP) == NULL)
        return fail_no_up(migration, &parser, error);
    for (int kind = 0; kind < CG_N_SECTIONS; kind++)
        if (!fill_section(migration, &parser, (CgSectionKind)kind, error))
            return false;
    return true;
}

CgMigration *
cg_migration_parse(const char *file_name, const char *data, size_t len, CgSqlDialect dialect,
                   GError **error)
{
    g_autoptr(CgMigration) migration = g_new0(CgMigration, 1);
    migration->dialect = dialect;
    if (!cg_migration_parse_name(file_name, &migration->version, &migration->name, error))
        return NULL;
    char *copy = g_malloc(len + 1);
    if (len > 0)
        memcpy(copy, data, len);
    copy[len] = '\0';
    migration->text =
        (CgText){ .name = g_utf8_make_valid(file_name, -1), .data = copy, .len = len };
    for (int kind = 0; kind < CG_N_SECTIONS; kind++)
        cg_section_init(&migration->sections[kind]);
    return parse_sections(migration, error) ? g_steal_pointer(&migration) : NULL;
}

void
cg_migration_free(CgMigration *migration)
{
    if (migration == NULL)
        return;
    for (int kind = 0; kind < CG_N_SECTIONS; kind++)
        cg_section_clear(&migration->sections[kind]);
    g_free(migration->name);
    g_free((char *)migration->text.name);
    g_free((char *)migration->text.data);
    g_free(migration);
}
