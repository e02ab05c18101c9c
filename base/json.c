/*
 * JSON out; see json.h. Nesting and layout are kept here, escaping is jansson's.
 *
 * Layout of a document: each member of the outermost object on a line, each element of an array
 * that is such a member on a line, all that is deeper on that line. So grep, head and diff work on
 * it.
 */
#include "base/json.h"

#include <jansson.h>
#include <string.h>

struct CgJson {
    FILE *out;
    GString *open; /* the closing bracket of each open container, the innermost last */
    bool is_event;
    bool is_empty; /* nothing stands in the innermost container yet */
};

/* Whether what stands directly in the innermost container gets lines of its own. */
static bool
is_on_lines(const CgJson *json)
{
    return !json->is_event &&
           (json->open->len == 1 || (json->open->len == 2 && json->open->str[1] == ']'));
}

static void
write_text(CgJson *json, const char *text)
{
    fputs(text, json->out);
}

static void
break_line(CgJson *json, size_t depth)
{
    fprintf(json->out, "\n%*s", (int)(2 * depth), "");
}

static int
write_piece(const char *piece, size_t len, void *data)
{
    return fwrite(piece, 1, len, (FILE *)data) == len ? 0 : -1;
}

static bool
needs_no_escape(const char *value, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (!g_ascii_isprint(value[i]) || value[i] == '"' || value[i] == '\\')
            return false;
    return true;
}

/* A failing stream keeps its error flag, which cg_json_end() reads: nothing is checked here. */
static void
write_string(CgJson *json, const char *value, size_t len)
{
    if (needs_no_escape(value, len)) { /* keys, ids: nearly all there is */
        fputc('"', json->out);
        fwrite(value, 1, len, json->out);
        fputc('"', json->out);
        return;
    }
    json_t *string = json_stringn(value, len);
    if (string == NULL) { /* not UTF-8 */
        g_autofree char *valid = g_utf8_make_valid(value, (gssize)len);
        string = json_string(valid);
    }
    g_assert(string != NULL);
    json_dump_callback(string, write_piece, json->out, JSON_ENCODE_ANY);
    json_decref(string);
}

static void
begin_value(CgJson *json, const char *key)
{
    bool is_in_array = json->open->str[json->open->len - 1] == ']';
    g_assert(is_in_array == (key == NULL));
    if (!json->is_empty)
        write_text(json, json->is_event || is_on_lines(json) ? "," : ", ");
    if (is_on_lines(json))
        break_line(json, json->open->len);
    json->is_empty = false;
    if (key == NULL)
        return;
    write_string(json, key, strlen(key));
    write_text(json, json->is_event ? ":" : ": ");
}

static void
open_container(CgJson *json, char opening, char closing)
{
    fputc(opening, json->out);
    g_string_append_c(json->open, closing);
    json->is_empty = true;
}

static CgJson *
new_outermost(FILE *out, bool is_event)
{
    CgJson *json = g_new0(CgJson, 1);
    json->out = out;
    json->open = g_string_new(NULL);
    json->is_event = is_event;
    open_container(json, '{', '}');
    return json;
}

CgJson *
cg_json_begin(FILE *out)
{
    CgJson *json = new_outermost(out, false);
    cg_json_int(json, "schema", 1);
    return json;
}

CgJson *
cg_json_begin_event(FILE *out)
{
    return new_outermost(out, true);
}

void
cg_json_object(CgJson *json, const char *key)
{
    begin_value(json, key);
    open_container(json, '{', '}');
}

void
cg_json_array(CgJson *json, const char *key)
{
    begin_value(json, key);
    open_container(json, '[', ']');
}

static void
close_container(CgJson *json)
{
    size_t depth = json->open->len - 1;
    if (!json->is_empty && is_on_lines(json))
        break_line(json, depth);
    fputc(json->open->str[depth], json->out);
    g_string_truncate(json->open, depth);
    json->is_empty = false;
}

void
cg_json_close(CgJson *json)
{
    g_assert(json->open->len > 1); /* the outermost is cg_json_end()'s */
    close_container(json);
}

void
cg_json_text(CgJson *json, const char *key, const char *value)
{
    if (value == NULL)
        cg_json_null(json, key);
    else
        cg_json_bytes(json, key, value, strlen(value));
}

void
cg_json_bytes(CgJson *json, const char *key, const char *value, size_t len)
{
    begin_value(json, key);
    write_string(json, value, len);
}

void
cg_json_int(CgJson *json, const char *key, int64_t value)
{
    begin_value(json, key);
    fprintf(json->out, "%" G_GINT64_FORMAT, value);
}

void
cg_json_bool(CgJson *json, const char *key, bool value)
{
    begin_value(json, key);
    write_text(json, value ? "true" : "false");
}

void
cg_json_null(CgJson *json, const char *key)
{
    begin_value(json, key);
    write_text(json, "null");
}

bool
cg_json_end(CgJson *json)
{
    if (json == NULL)
        return true;
    while (json->open->len > 0)
        close_container(json);
    fputc('\n', json->out);
    bool is_ok = fflush(json->out) == 0 && !ferror(json->out);
    g_string_free(json->open, TRUE);
    g_free(json);
    return is_ok;
}
