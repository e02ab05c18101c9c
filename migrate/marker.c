/* Markers and their options; see marker.h. */
#include "migrate/marker.h"

#include "base/suggest.h"

#include <string.h>

static const char *const kind_names[CG_N_SECTIONS] = {
    [CG_SECTION_UP] = "up",
    [CG_SECTION_DOWN] = "down",
    [CG_SECTION_VERIFY] = "verify",
    [CG_SECTION_REQUIRE] = "require",
};

const char *
cg_section_kind_name(CgSectionKind kind)
{
    return kind_names[kind];
}

/* ---- sections ---- */

static void
preserve_clear(void *data)
{
    CgPreserve *preserve = data;
    g_free(preserve->table);
    g_free(preserve->column);
}

void
cg_section_init(CgSection *section)
{
    *section = (CgSection){ .transaction = true,
                            .lock_timeout_ms = -1,
                            .statement_timeout_ms = -1,
                            .statements = g_array_new(FALSE, FALSE, sizeof(CgStatement)),
                            .preserve = g_array_new(FALSE, FALSE, sizeof(CgPreserve)) };
    g_array_set_clear_func(section->preserve, preserve_clear);
}

void
cg_section_clear(CgSection *section)
{
    g_clear_pointer(&section->statements, g_array_unref);
    g_clear_pointer(&section->preserve, g_array_unref);
    g_clear_pointer(&section->irreversible, g_free);
    g_clear_pointer(&section->message, g_free);
}

/* ---- near misses ---- */

/* In any letter case: one slip in a short word, two in a longer one; in two letters, only a swap.
 */
static bool
is_near(const char *word, const char *right)
{
    size_t len = strlen(word);
    if (len == 0)
        return false;
    g_autofree char *lower = g_ascii_strdown(word, -1);
    if (strlen(right) < 3)
        return len <= 3 && strpbrk(lower, "up") != NULL && cg_edit_distance(lower, right) <= 1;
    return cg_edit_distance(lower, right) <= (strlen(right) > 4 ? 2 : 1);
}

static const char *
nearest_kind(const char *word)
{
    for (int kind = 0; kind < CG_N_SECTIONS; kind++)
        if (is_near(word, kind_names[kind]))
            return kind_names[kind];
    return NULL;
}

/* ---- reading ---- */

typedef struct {
    const CgText *text;
    size_t pos;
    size_t end; /* of the comment, without trailing blanks */
} Reader;

static Reader
reader_at(const CgText *text, CgToken comment)
{
    Reader reader = { .text = text,
                      .pos = comment.offset + 2,
                      .end = comment.offset + comment.len };
    while (reader.end > reader.pos && strchr(" \t\r", text->data[reader.end - 1]) != NULL)
        reader.end--;
    return reader;
}

static bool
at_end(const Reader *reader)
{
    return reader->pos >= reader->end;
}

static char
peek(const Reader *reader)
{
    return at_end(reader) ? '\0' : reader->text->data[reader->pos];
}

static void
skip_blanks(Reader *reader)
{
    while (!at_end(reader) && (peek(reader) == ' ' || peek(reader) == '\t'))
        reader->pos++;
}

static bool
accept(Reader *reader, const char *text)
{
    size_t len = strlen(text);
    if (len > reader->end - reader->pos || memcmp(reader->text->data + reader->pos, text, len) != 0)
        return false;
    reader->pos += len;
    return true;
}

/* To a blank or one of `stops`. */
static void
skip_word(Reader *reader, const char *stops)
{
    while (!at_end(reader) && peek(reader) != ' ' && peek(reader) != '\t' &&
           (peek(reader) == '\0' || strchr(stops, peek(reader)) == NULL))
        reader->pos++;
}

/* For lookup and for messages: valid UTF-8. */
static char *
read_word(Reader *reader, const char *stops)
{
    size_t from = reader->pos;
    skip_word(reader, stops);
    return g_utf8_make_valid(reader->text->data + from, (gssize)(reader->pos - from));
}

static bool fail_at(const Reader *reader, size_t offset, const char *hint, GError **error,
                    const char *format, ...) G_GNUC_PRINTF(5, 6);

static bool
fail_at(const Reader *reader, size_t offset, const char *hint, GError **error, const char *format,
        ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *message = g_strdup_vprintf(format, args);
    va_end(args);
    cg_text_error(error, CG_EXIT_USAGE, reader->text, offset, hint, "%s", message);
    return false;
}

bool
cg_marker_is_meant(const CgText *text, CgToken comment)
{
    Reader reader = reader_at(text, comment);
    skip_blanks(&reader);
    g_autofree char *word = read_word(&reader, ":");
    skip_blanks(&reader);
    if (!accept(&reader, ":"))
        return false;
    if (g_ascii_strcasecmp(word, "migrate") == 0)
        return true;
    /* "-- migrated: in 2015" is prose, "-- migrat:up" is not. */
    skip_blanks(&reader);
    g_autofree char *kind = read_word(&reader, "");
    return is_near(word, "migrate") && nearest_kind(kind) != NULL;
}

/* A value: up to a blank, or in quotes. NULL with error. */
static char *
read_value(Reader *reader, GError **error)
{
    if (peek(reader) != '"')
        return read_word(reader, "");
    size_t open = reader->pos++;
    g_autoptr(GString) value = g_string_new(NULL);
    while (!at_end(reader)) {
        char c = peek(reader);
        reader->pos++;
        if (c == '"' && peek(reader) == '"')
            reader->pos++;
        else if (c == '"' && (at_end(reader) || peek(reader) == ' ' || peek(reader) == '\t'))
            return g_utf8_make_valid(value->str, (gssize)value->len);
        else if (c == '"')
            break;
        g_string_append_c(value, c);
    }
    fail_at(reader, at_end(reader) ? open : reader->pos, "a quote inside is written twice", error,
            at_end(reader) ? "this quote is never closed"
                           : "a blank must follow the closing quote");
    return NULL;
}

/* ---- options ---- */

static bool
set_transaction(CgMarker *marker, const char *value)
{
    marker->section.transaction = strcmp(value, "true") == 0;
    return marker->section.transaction || strcmp(value, "false") == 0;
}

static bool
set_dialect(CgMarker *marker, const char *value)
{
    static const char *const names[] = {
        [CG_SQL_POSTGRESQL] = "postgresql", [CG_SQL_SQLITE] = "sqlite"
    };
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        if (strcmp(value, names[i]) == 0) {
            marker->has_dialect = true;
            marker->dialect = (CgSqlDialect)i;
            return true;
        }
    return false;
}

/* The servers take no more than INT_MAX milliseconds. */
static bool
parse_duration(const char *value, int64_t *out_ms)
{
    static const struct {
        const char *name;
        unsigned ms;
    } units[] = { { "ms", 1 }, { "s", 1000 }, { "min", 60000 }, { "h", 3600000 } };
    char *unit = NULL;
    if (!g_ascii_isdigit(*value))
        return false;
    uint64_t n = g_ascii_strtoull(value, &unit, 10);
    if (n == 0 && *unit == '\0') {
        *out_ms = 0;
        return true;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(units); i++)
        if (strcmp(unit, units[i].name) == 0 && n <= (uint64_t)G_MAXINT / units[i].ms) {
            *out_ms = (int64_t)(n * units[i].ms);
            return true;
        }
    return false;
}

static bool
set_lock_timeout(CgMarker *marker, const char *value)
{
    return parse_duration(value, &marker->section.lock_timeout_ms);
}

static bool
set_statement_timeout(CgMarker *marker, const char *value)
{
    return parse_duration(value, &marker->section.statement_timeout_ms);
}

static bool
has_preserve(const CgSection *section, const char *table, const char *column)
{
    for (unsigned i = 0; i < section->preserve->len; i++) {
        const CgPreserve *other = &g_array_index(section->preserve, CgPreserve, i);
        if (strcmp(other->table, table) == 0 && g_strcmp0(other->column, column) == 0)
            return true;
    }
    return false;
}

static bool
add_preserve(CgMarker *marker, const char *value)
{
    g_auto(GStrv) parts = g_strsplit(value, ".", -1);
    unsigned n = g_strv_length(parts);
    if (n < 1 || n > 2 || *parts[0] == '\0' || (n == 2 && *parts[1] == '\0') ||
        has_preserve(&marker->section, parts[0], parts[1]))
        return false;
    CgPreserve preserve = { .table = g_strdup(parts[0]), .column = g_strdup(parts[1]) };
    g_array_append_val(marker->section.preserve, preserve);
    return true;
}

static bool
set_irreversible(CgMarker *marker, const char *value)
{
    marker->section.irreversible = g_strdup(value);
    return *value != '\0';
}

enum {
    IN_UP = 1 << CG_SECTION_UP,
    IN_DOWN = 1 << CG_SECTION_DOWN,
    IN_ALL = (1 << CG_N_SECTIONS) - 1
};

static const struct {
    const char *name;
    unsigned kinds;
    bool repeats;
    bool (*set)(CgMarker *marker, const char *value);
    const char *expects;
} options[] = {
    { "transaction", IN_UP | IN_DOWN, false, set_transaction, "true or false" },
    { "dialect", IN_ALL, false, set_dialect, "postgresql or sqlite" },
    { "lock_timeout", IN_UP | IN_DOWN, false, set_lock_timeout,
      "a duration such as 500ms, 2s, 1min, 1h" },
    { "statement_timeout", IN_UP | IN_DOWN, false, set_statement_timeout,
      "a duration such as 500ms, 2s, 1min, 1h" },
    { "preserve", IN_DOWN, true, add_preserve, "table or table.column, each once" },
    { "irreversible", IN_DOWN, false, set_irreversible, "a reason" },
};

static char *
hint_for_option(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(options); i++)
        if (is_near(name, options[i].name))
            return g_strdup_printf("did you mean \"%s:\"?", options[i].name);
    return g_strdup("the options are transaction, dialect, lock_timeout, statement_timeout, "
                    "preserve and irreversible");
}

static bool
parse_option_value(Reader *reader, size_t option, CgMarker *marker, GError **error)
{
    size_t offset = reader->pos;
    g_autofree char *value = read_value(reader, error);
    if (value == NULL)
        return false;
    if (options[option].set(marker, value))
        return true;
    return fail_at(reader, offset, NULL, error, "\"%s:\" takes %s, not \"%s\"",
                   options[option].name, options[option].expects, value);
}

static bool
parse_option(Reader *reader, CgMarker *marker, unsigned *seen, GError **error)
{
    size_t offset = reader->pos;
    g_autofree char *name = read_word(reader, ":\"");
    size_t i = 0;
    while (i < G_N_ELEMENTS(options) && strcmp(options[i].name, name) != 0)
        i++;
    bool known = i < G_N_ELEMENTS(options);
    if (!known || !accept(reader, ":")) {
        g_autofree char *hint =
            known ? g_strdup_printf("write \"%s:\" and its value, without a blank", name)
                  : hint_for_option(name);
        return fail_at(reader, offset, hint, error, "unknown option \"%s\"", name);
    }
    if ((options[i].kinds & 1u << marker->kind) == 0)
        return fail_at(reader, offset, NULL, error, "a section \"%s\" takes no option \"%s\"",
                       kind_names[marker->kind], name);
    if ((*seen & 1u << i) != 0 && !options[i].repeats)
        return fail_at(reader, offset, NULL, error, "option \"%s\" is given twice", name);
    *seen |= 1u << i;
    return parse_option_value(reader, i, marker, error);
}

static bool
parse_message(Reader *reader, CgMarker *marker, GError **error)
{
    size_t offset = reader->pos;
    if (marker->kind != CG_SECTION_REQUIRE)
        return fail_at(reader, offset, NULL, error, "only a section \"require\" has a message");
    if (marker->section.message != NULL)
        return fail_at(reader, offset, NULL, error, "a second message");
    marker->section.message = read_value(reader, error);
    if (marker->section.message == NULL)
        return false;
    return *marker->section.message != '\0' ||
           fail_at(reader, offset, NULL, error, "the message is empty");
}

static bool
parse_options(Reader *reader, CgMarker *marker, GError **error)
{
    unsigned seen = 0;
    size_t kind_end = reader->pos;
    for (skip_blanks(reader); !at_end(reader); skip_blanks(reader)) {
        bool ok = peek(reader) == '"' ? parse_message(reader, marker, error)
                                      : parse_option(reader, marker, &seen, error);
        if (!ok)
            return false;
    }
    if (marker->kind == CG_SECTION_REQUIRE && marker->section.message == NULL)
        return fail_at(reader, kind_end, "write -- migrate:require \"what the operator is to do\"",
                       error, "a section \"require\" needs a message in double quotes");
    return true;
}

/* ---- the marker ---- */

static char *
hint_for_kind(const char *word)
{
    const char *nearest = nearest_kind(word);
    return nearest != NULL ? g_strdup_printf("did you mean \"-- migrate:%s\"?", nearest)
                           : g_strdup("a section is one of up, down, verify, require");
}

static bool
fail_misspelt(Reader reader, size_t offset, GError **error)
{
    skip_blanks(&reader);
    skip_word(&reader, ":");
    skip_blanks(&reader);
    accept(&reader, ":");
    skip_blanks(&reader);
    g_autofree char *kind = read_word(&reader, "");
    g_autofree char *hint = hint_for_kind(kind);
    return fail_at(&reader, offset, hint, error,
                   "misspelt marker: it is written \"-- migrate:\" and the section");
}

static bool
parse_kind(Reader *reader, CgSectionKind *out_kind, GError **error)
{
    size_t offset = reader->pos;
    g_autofree char *word = read_word(reader, "");
    for (int kind = 0; kind < CG_N_SECTIONS; kind++)
        if (strcmp(word, kind_names[kind]) == 0) {
            *out_kind = (CgSectionKind)kind;
            return true;
        }
    g_autofree char *hint = hint_for_kind(word);
    return fail_at(reader, offset, hint, error, "unknown section \"%s\"", word);
}

bool
cg_marker_parse(const CgText *text, CgToken comment, CgMarker *out_marker, GError **error)
{
    Reader start = reader_at(text, comment);
    Reader reader = start;
    const char *cr = memchr(text->data + start.pos, '\r', start.end - start.pos);
    if (cr != NULL)
        return fail_at(&start, (size_t)(cr - text->data), "let lines end with LF or CRLF", error,
                       "a lone carriage return in a marker");
    if (!accept(&reader, " migrate:") || strchr(" \t", peek(&reader)) != NULL)
        return fail_misspelt(start, comment.offset, error);

    CgMarker marker = { .kind = CG_SECTION_UP };
    if (!parse_kind(&reader, &marker.kind, error))
        return false;
    cg_section_init(&marker.section);
    marker.section.present = true;
    marker.section.marker = comment.offset;
    if (!parse_options(&reader, &marker, error)) {
        cg_section_clear(&marker.section);
        return false;
    }
    *out_marker = marker;
    return true;
}
