/*
 * YAML into a tree, by libyaml's events; see yaml.h.
 *
 * libyaml counts characters where we count bytes: every mark is converted by a cursor that follows
 * the marks through the text, so that the whole costs one pass. What libyaml accepts and nobody
 * should write (anchors, foreign tags, a second document, duplicate keys) is refused here.
 */
#include "base/yaml.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <yaml.h>

enum { MAX_DEPTH = 32, MAX_MIB = 64 };
static const size_t max_size = (size_t)MAX_MIB << 20;

struct CgYaml {
    CgText text;
    GPtrArray *nodes; /* all of them, to be freed */
    const CgYamlNode *root;
};

typedef struct {
    yaml_parser_t parser;
    CgYaml *yaml;
    size_t start;             /* of what libyaml sees: behind a byte order mark */
    size_t characters, bytes; /* the cursor: so many characters from start end at byte offset */
} Reader;

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(yaml_event_t, yaml_event_delete)

static CgYamlNode *parse_node(Reader *reader, const yaml_event_t *event, unsigned depth,
                              GError **error);

static void
node_free(void *data)
{
    CgYamlNode *node = data;
    g_free((void *)node->text);
    g_free((void *)node->keys);
    g_free((void *)node->values);
    g_free(node);
}

static bool
is_character_start(const CgText *text, size_t byte)
{
    return byte >= text->len || ((unsigned char)text->data[byte] & 0xc0) != 0x80;
}

static size_t
byte_offset(Reader *reader, const yaml_mark_t *mark)
{
    const CgText *text = &reader->yaml->text;
    while (reader->characters > mark->index)
        reader->characters -= is_character_start(text, --reader->bytes);
    while (reader->characters < mark->index && reader->bytes < text->len)
        reader->characters += is_character_start(text, ++reader->bytes);
    return reader->bytes;
}

/* Where the text just ends, the place to look at is where the unfinished thing begins. */
static void
set_syntax_error(Reader *reader, GError **error)
{
    const yaml_parser_t *parser = &reader->parser;
    const CgText *text = &reader->yaml->text;
    if (parser->error == YAML_READER_ERROR) {
        cg_text_error(error, CG_EXIT_USAGE, text, reader->start + parser->problem_offset, NULL,
                      "%s", parser->problem);
        return;
    }
    size_t offset = byte_offset(reader, &parser->problem_mark);
    bool is_tab = offset < text->len && text->data[offset] == '\t';
    g_autoptr(GString) message = g_string_new(parser->problem);
    if (parser->context != NULL)
        g_string_append_printf(message, " %s", parser->context);
    if (parser->context != NULL && offset >= text->len)
        offset = byte_offset(reader, &parser->context_mark);
    else if (parser->context != NULL && parser->context_mark.line < parser->problem_mark.line)
        g_string_append_printf(message, " that begins in line %zu", parser->context_mark.line + 1);
    cg_text_error(error, CG_EXIT_USAGE, text, offset,
                  is_tab ? "YAML is indented by spaces, never by tabs" : NULL, "%s", message->str);
}

static bool
next_event(Reader *reader, yaml_event_t *event, GError **error)
{
    if (yaml_parser_parse(&reader->parser, event))
        return true;
    set_syntax_error(reader, error);
    return false;
}

static void G_GNUC_PRINTF(4, 5)
    set_error_at(Reader *reader, const yaml_event_t *event, GError **error, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *message = g_strdup_vprintf(format, args);
    va_end(args);
    cg_text_error(error, CG_EXIT_USAGE, &reader->yaml->text,
                  byte_offset(reader, &event->start_mark), NULL, "%s", message);
}

static CgYamlNode *
new_node(Reader *reader, CgYamlKind kind, const yaml_event_t *event)
{
    CgYamlNode *node = g_new0(CgYamlNode, 1);
    g_ptr_array_add(reader->yaml->nodes, node);
    node->kind = kind;
    node->offset = byte_offset(reader, &event->start_mark);
    return node;
}

static bool
is_core_tag(CgYamlKind kind, const char *tag)
{
    static const char prefix[] = "tag:yaml.org,2002:";
    static const char *const names[][6] = {
        [CG_YAML_SCALAR] = { "str", "int", "float", "bool", "null", NULL },
        [CG_YAML_SEQUENCE] = { "seq", NULL },
        [CG_YAML_MAPPING] = { "map", NULL },
    };
    return g_str_has_prefix(tag, prefix) && g_strv_contains(names[kind], tag + strlen(prefix));
}

static bool
check_properties(Reader *reader, CgYamlKind kind, const yaml_event_t *event,
                 const yaml_char_t *anchor, const yaml_char_t *tag, GError **error)
{
    if (anchor != NULL)
        set_error_at(reader, event, error, "anchors (&name) are not supported");
    else if (tag != NULL && !is_core_tag(kind, (const char *)tag))
        set_error_at(reader, event, error, "this tag cannot stand here");
    else
        return true;
    return false;
}

static CgYamlNode *
parse_scalar(Reader *reader, const yaml_event_t *event, GError **error)
{
    const char *tag = (const char *)event->data.scalar.tag;
    const char *value = (const char *)event->data.scalar.value;
    if (!check_properties(reader, CG_YAML_SCALAR, event, event->data.scalar.anchor,
                          event->data.scalar.tag, error))
        return NULL;
    if (strlen(value) != event->data.scalar.length) {
        set_error_at(reader, event, error, "a text cannot hold a NUL character");
        return NULL;
    }
    CgYamlNode *node = new_node(reader, CG_YAML_SCALAR, event);
    node->text = g_strdup(value);
    node->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE ||
                   (tag != NULL && g_str_has_suffix(tag, ":str"));
    return node;
}

static bool
check_key(Reader *reader, GHashTable *seen, const CgYamlNode *key, const yaml_event_t *event,
          GError **error)
{
    if (key->kind != CG_YAML_SCALAR) {
        set_error_at(reader, event, error, "a key must be a plain text");
        return false;
    }
    const CgYamlNode *first = g_hash_table_lookup(seen, key->text);
    if (first != NULL) {
        unsigned line = 0;
        unsigned column = 0;
        cg_text_position(&reader->yaml->text, first->offset, &line, &column);
        set_error_at(reader, event, error, "this key stands already in line %u", line);
        return false;
    }
    g_hash_table_insert(seen, (void *)key->text, (void *)key);
    return true;
}

/* Up to the event that ends `node`. */
static bool
parse_children(Reader *reader, CgYamlNode *node, unsigned depth, GError **error)
{
    g_autoptr(GPtrArray) keys = g_ptr_array_new();
    g_autoptr(GPtrArray) values = g_ptr_array_new();
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    for (;;) {
        g_auto(yaml_event_t) event = { 0 };
        if (!next_event(reader, &event, error))
            return false;
        if (event.type == YAML_SEQUENCE_END_EVENT || event.type == YAML_MAPPING_END_EVENT)
            break;
        CgYamlNode *child = parse_node(reader, &event, depth, error);
        if (child == NULL)
            return false;
        bool is_key = node->kind == CG_YAML_MAPPING && keys->len == values->len;
        if (is_key && !check_key(reader, seen, child, &event, error))
            return false;
        g_ptr_array_add(is_key ? keys : values, child);
    }
    node->n = values->len;
    node->keys = (const CgYamlNode *const *)g_ptr_array_steal(keys, NULL);
    node->values = (const CgYamlNode *const *)g_ptr_array_steal(values, NULL);
    return true;
}

static CgYamlNode *
parse_collection(Reader *reader, CgYamlKind kind, const yaml_event_t *event, unsigned depth,
                 GError **error)
{
    bool is_mapping = kind == CG_YAML_MAPPING;
    if (!check_properties(
            reader, kind, event,
            is_mapping ? event->data.mapping_start.anchor : event->data.sequence_start.anchor,
            is_mapping ? event->data.mapping_start.tag : event->data.sequence_start.tag, error))
        return NULL;
    if (depth == MAX_DEPTH) {
        set_error_at(reader, event, error, "nested more than %d deep", MAX_DEPTH);
        return NULL;
    }
    CgYamlNode *node = new_node(reader, kind, event);
    return parse_children(reader, node, depth + 1, error) ? node : NULL;
}

/* The node that `event` begins; `depth` collections are open around it. */
static CgYamlNode *
parse_node(Reader *reader, const yaml_event_t *event, unsigned depth, GError **error)
{
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        return parse_scalar(reader, event, error);
    case YAML_SEQUENCE_START_EVENT:
        return parse_collection(reader, CG_YAML_SEQUENCE, event, depth, error);
    case YAML_MAPPING_START_EVENT:
        return parse_collection(reader, CG_YAML_MAPPING, event, depth, error);
    default:
        set_error_at(reader, event, error, "aliases (*name) are not supported");
        return NULL;
    }
}

static bool
check_document(Reader *reader, const yaml_event_t *event, bool is_first, GError **error)
{
    if (!is_first)
        set_error_at(reader, event, error, "a second document begins here; one a file is read");
    else if (event->data.document_start.tag_directives.start !=
             event->data.document_start.tag_directives.end)
        set_error_at(reader, event, error, "%%TAG is not supported");
    else
        return true;
    return false;
}

static bool
parse_stream(Reader *reader, GError **error)
{
    for (bool is_first = true;;) {
        g_auto(yaml_event_t) event = { 0 };
        if (!next_event(reader, &event, error))
            return false;
        switch (event.type) {
        case YAML_STREAM_START_EVENT:
        case YAML_DOCUMENT_END_EVENT:
            break;
        case YAML_STREAM_END_EVENT:
            return true;
        case YAML_DOCUMENT_START_EVENT:
            if (!check_document(reader, &event, is_first, error))
                return false;
            is_first = false;
            break;
        default:
            reader->yaml->root = parse_node(reader, &event, 0, error);
            if (reader->yaml->root == NULL)
                return false;
        }
    }
}

/* Takes `data`, of `len` bytes; NULL where there are none. */
static CgYaml *
read_owned(const char *name, char *data, size_t len, GError **error)
{
    g_autoptr(CgYaml) yaml = g_new0(CgYaml, 1);
    data = data != NULL ? data : g_strdup("");
    yaml->text = (CgText){ .name = g_strdup(name), .data = data, .len = len };
    yaml->nodes = g_ptr_array_new_with_free_func(node_free);
    if (len > max_size) {
        cg_error_set(error, CG_EXIT_USAGE, NULL, "%s: larger than %d MiB", name, MAX_MIB);
        return NULL;
    }
    size_t start = len >= 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    Reader reader = { .yaml = yaml, .start = start, .bytes = start };
    if (!yaml_parser_initialize(&reader.parser))
        g_error("out of memory for a YAML parser");
    yaml_parser_set_encoding(&reader.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&reader.parser, (const unsigned char *)data + start, len - start);
    bool is_ok = parse_stream(&reader, error);
    yaml_parser_delete(&reader.parser);
    return is_ok ? g_steal_pointer(&yaml) : NULL;
}

CgYaml *
cg_yaml_read_text(const CgText *text, GError **error)
{
    return read_owned(text->name, g_memdup2(text->data, text->len), text->len, error);
}

/* Bounded, where g_file_get_contents() would read a device until memory ends. */
CgYaml *
cg_yaml_read_file(const char *path, GError **error)
{
    FILE *file = fopen(path, "rbe");
    int problem = file == NULL ? errno : 0;
    g_autoptr(GByteArray) content = g_byte_array_new();
    char chunk[16384];
    size_t n = 0;
    while (problem == 0 && content->len <= max_size &&
           (n = fread(chunk, 1, sizeof chunk, file)) > 0)
        g_byte_array_append(content, (const unsigned char *)chunk, (unsigned)n);
    if (file != NULL && ferror(file))
        problem = errno;
    if (file != NULL)
        fclose(file);
    if (problem != 0) {
        cg_error_set(error, CG_EXIT_USAGE, NULL, "cannot read \"%s\": %s", path,
                     g_strerror(problem));
        return NULL;
    }
    size_t len = 0;
    char *data = (char *)g_byte_array_steal(content, &len);
    return read_owned(path, data, len, error);
}

const CgYamlNode *
cg_yaml_root(const CgYaml *yaml)
{
    bool is_nothing = yaml->root != NULL && yaml->root->kind == CG_YAML_SCALAR &&
                      !yaml->root->quoted && yaml->root->text[0] == '\0';
    return is_nothing ? NULL : yaml->root;
}

const CgText *
cg_yaml_text(const CgYaml *yaml)
{
    return &yaml->text;
}

void
cg_yaml_free(CgYaml *yaml)
{
    if (yaml == NULL)
        return;
    g_ptr_array_unref(yaml->nodes);
    g_free((void *)yaml->text.name);
    g_free((void *)yaml->text.data);
    g_free(yaml);
}

const CgYamlNode *
cg_yaml_get(const CgYamlNode *mapping, const char *key)
{
    if (mapping->kind != CG_YAML_MAPPING)
        return NULL;
    for (size_t i = 0; i < mapping->n; i++)
        if (strcmp(mapping->keys[i]->text, key) == 0)
            return mapping->values[i];
    return NULL;
}

static bool
is_plain(const CgYamlNode *node)
{
    return node->kind == CG_YAML_SCALAR && !node->quoted;
}

bool
cg_yaml_is_null(const CgYamlNode *node)
{
    static const char *const nulls[] = { "", "~", "null", "Null", "NULL", NULL };
    return is_plain(node) && g_strv_contains(nulls, node->text);
}

bool
cg_yaml_int(const CgYaml *yaml, const CgYamlNode *node, int64_t *out, GError **error)
{
    const char *text = is_plain(node) ? node->text : "";
    const char *digits = text + (text[0] == '-' || text[0] == '+');
    g_autoptr(GError) cause = NULL;
    int64_t value = 0;
    if (digits[0] == '0' && g_ascii_isdigit(digits[1])) {
        cg_yaml_error(yaml, node, "some readers of YAML take it for an octal number", error,
                      "a number does not begin with 0");
        return false;
    }
    if (!g_ascii_string_to_signed(text, 10, INT64_MIN, INT64_MAX, &value, &cause)) {
        bool is_far =
            g_error_matches(cause, G_NUMBER_PARSER_ERROR, G_NUMBER_PARSER_ERROR_OUT_OF_BOUNDS);
        cg_yaml_error(yaml, node, NULL, error, "%s",
                      is_far ? "this number does not fit into 64 bits"
                             : "a whole number must stand here, without quotes");
        return false;
    }
    *out = value;
    return true;
}

bool
cg_yaml_bool(const CgYaml *yaml, const CgYamlNode *node, bool *out, GError **error)
{
    static const char *const trues[] = { "true", "True", "TRUE", NULL };
    static const char *const falses[] = { "false", "False", "FALSE", NULL };
    bool is_true = is_plain(node) && g_strv_contains(trues, node->text);
    if (!is_true && !(is_plain(node) && g_strv_contains(falses, node->text))) {
        cg_yaml_error(yaml, node, NULL, error, "true or false must stand here, without quotes");
        return false;
    }
    *out = is_true;
    return true;
}

void
cg_yaml_error(const CgYaml *yaml, const CgYamlNode *node, const char *hint, GError **error,
              const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *message = g_strdup_vprintf(format, args);
    va_end(args);
    cg_text_error(error, CG_EXIT_USAGE, &yaml->text, node->offset, hint, "%s", message);
}
