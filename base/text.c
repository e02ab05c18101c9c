/* Positions and carets; see text.h. */
#include "base/text.h"

#include <stdarg.h>
#include <string.h>

enum { SHOWN_BEFORE = 100, SHOWN_AFTER = 60 };

static bool
is_continuation(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

static size_t
line_start(const CgText *text, size_t offset)
{
    while (offset > 0 && text->data[offset - 1] != '\n')
        offset--;
    return offset;
}

static size_t
line_end(const CgText *text, size_t offset)
{
    while (offset < text->len && text->data[offset] != '\n')
        offset++;
    if (offset > 0 && offset <= text->len && text->data[offset - 1] == '\r')
        offset--;
    return offset;
}

void
cg_text_position(const CgText *text, size_t offset, unsigned *out_line, unsigned *out_column)
{
    offset = MIN(offset, text->len);
    unsigned line = 1;
    for (size_t i = 0; i < offset; i++)
        line += text->data[i] == '\n';
    unsigned column = 1;
    for (size_t i = line_start(text, offset); i < offset; i++)
        column += !is_continuation(text->data[i]);
    *out_line = line;
    *out_column = column;
}

bool
cg_text_is_plain(gunichar c)
{
    bool turns = (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0x200e ||
                 c == 0x200f || c == 0x061c;
    return !turns && !g_unichar_iscntrl(c);
}

/* The shown part of the line of `offset` and a second line with the caret below it. */
static void
append_excerpt(GString *out, const CgText *text, size_t offset)
{
    size_t start = line_start(text, offset);
    size_t end = MAX(line_end(text, offset), offset);
    if (offset - start > SHOWN_BEFORE)
        start = offset - SHOWN_BEFORE;
    while (start < offset && is_continuation(text->data[start]))
        start++;
    end = MIN(end, offset + SHOWN_AFTER);
    while (end < text->len && end > offset && is_continuation(text->data[end]))
        end--;

    g_autofree char *shown = g_utf8_make_valid(text->data + start, (gssize)(end - start));
    g_string_append(out, "\n    ");
    for (const char *c = shown; *c != '\0'; c = g_utf8_next_char(c)) {
        gunichar character = g_utf8_get_char(c);
        bool is_shown = character == '\t' || cg_text_is_plain(character);
        g_string_append_unichar(out, is_shown ? character : '?');
    }
    g_string_append(out, "\n    ");
    for (size_t i = start; i < offset; i++)
        if (text->data[i] == '\t' || !is_continuation(text->data[i]))
            g_string_append_c(out, text->data[i] == '\t' ? '\t' : ' ');
    g_string_append_c(out, '^');
}

void
cg_text_error(GError **error, CgExit exit, const CgText *text, size_t offset, const char *hint,
              const char *format, ...)
{
    offset = MIN(offset, text->len);
    unsigned line = 0;
    unsigned column = 0;
    cg_text_position(text, offset, &line, &column);
    g_autoptr(GString) message = g_string_new(NULL);
    g_string_append_printf(message, "%s:%u:%u: ", text->name, line, column);
    va_list args;
    va_start(args, format);
    g_string_append_vprintf(message, format, args);
    va_end(args);
    append_excerpt(message, text, offset);
    cg_error_set(error, exit, hint, "%s", message->str);
}
