/* Tables by libsmartcols; see table.h. Control characters in cells come out as \xNN. */
#include "base/table.h"

#include "base/term.h"

#include <libsmartcols.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

struct CgTable {
    struct libscols_table *scols;
};

/* libsmartcols fails only for lack of memory, where GLib ends the program too. */
static void *
must(void *made)
{
    if (made == NULL)
        g_error("out of memory for a table");
    return made;
}

static int
scols_flags(unsigned flags)
{
    return (flags & CG_TABLE_RIGHT ? SCOLS_FL_RIGHT : 0) |
           (flags & CG_TABLE_TREE ? SCOLS_FL_TREE : 0) |
           (flags & CG_TABLE_WRAP ? SCOLS_FL_WRAP : 0) |
           (flags & CG_TABLE_CUT ? SCOLS_FL_TRUNC : 0);
}

CgTable *
cg_table_new(const CgTableColumn *columns, size_t n_columns)
{
    CgTable *table = g_new(CgTable, 1);
    table->scols = must(scols_new_table());
    bool has_titles = false;
    for (size_t i = 0; i < n_columns; i++) {
        must(scols_table_new_column(table->scols, columns[i].title, 0,
                                    scols_flags(columns[i].flags)));
        has_titles |= columns[i].title[0] != '\0';
    }
    scols_table_enable_noheadings(table->scols, !has_titles);
    return table;
}

static CgTableRow *
add_row(CgTable *table, CgTableRow *parent, va_list cells)
{
    struct libscols_line *line =
        must(scols_table_new_line(table->scols, (struct libscols_line *)parent));
    for (size_t i = 0; i < scols_table_get_ncols(table->scols); i++) {
        const char *cell = va_arg(cells, const char *);
        if (cell != NULL && scols_line_set_data(line, i, cell) != 0)
            must(NULL);
    }
    return (CgTableRow *)line;
}

CgTableRow *
cg_table_row(CgTable *table, ...)
{
    va_list cells;
    va_start(cells, table);
    CgTableRow *row = add_row(table, NULL, cells);
    va_end(cells);
    return row;
}

CgTableRow *
cg_table_child(CgTable *table, CgTableRow *parent, ...)
{
    va_list cells;
    va_start(cells, parent);
    CgTableRow *row = add_row(table, parent, cells);
    va_end(cells);
    return row;
}

void
cg_table_colour(CgTableRow *row, size_t column, CgStyle style)
{
    static const char *const names[] = {
        [CG_RED] = "red",   [CG_GREEN] = "green", [CG_YELLOW] = "yellow",
        [CG_CYAN] = "cyan", [CG_RESET] = NULL,
    };
    struct libscols_cell *cell = scols_line_get_cell((struct libscols_line *)row, column);
    if (names[style] != NULL && scols_cell_set_color(cell, names[style]) != 0)
        g_error("out of memory");
}

size_t
cg_table_rows(const CgTable *table)
{
    return scols_table_get_nlines(table->scols);
}

/* libsmartcols looks at stdout by itself, wherever it prints to: so it is told. */
static void
set_width(struct libscols_table *scols, FILE *out)
{
    int width = cg_term_width(out, 0);
    scols_table_set_termforce(scols, width > 0 ? SCOLS_TERMFORCE_ALWAYS : SCOLS_TERMFORCE_NEVER);
    scols_table_set_termwidth(scols, width > 0 ? (size_t)width : 80);
}

/* libsmartcols fills up lines that end with an empty cell. */
static void
print_lines(const char *text, FILE *out)
{
    for (const char *line = text; *line != '\0';) {
        size_t len = strcspn(line, "\n");
        const char *next = line + len + (line[len] == '\n');
        while (len > 0 && line[len - 1] == ' ')
            len--;
        fprintf(out, "%.*s\n", (int)len, line);
        line = next;
    }
}

/* `text` in lines of at most `width` characters, broken between words where that is possible. */
static char *
wrap_words(const char *text, long width)
{
    GString *out = g_string_new(NULL);
    g_auto(GStrv) words = g_strsplit_set(text, " \n", -1);
    long at = 0;
    for (char **word = words; *word != NULL; word++) {
        long len = g_utf8_strlen(*word, -1);
        bool fits = at + 1 + len <= width;
        if (word != words)
            g_string_append_c(out, fits ? ' ' : '\n');
        at = fits && word != words ? at + 1 : 0;
        const char *rest = *word;
        for (; len > width; len -= width) {
            const char *next = g_utf8_offset_to_pointer(rest, width);
            g_string_append_len(out, rest, next - rest);
            g_string_append_c(out, '\n');
            rest = next;
        }
        g_string_append(out, rest);
        at += len;
    }
    return g_string_free(out, FALSE);
}

static void
wrap_column(struct libscols_table *scols, size_t number)
{
    struct libscols_column *column = scols_table_get_column(scols, number);
    long width = (long)MAX(scols_column_get_width(column), 1);
    for (size_t i = 0; i < scols_table_get_nlines(scols); i++) {
        struct libscols_line *line = scols_table_get_line(scols, i);
        const char *cell = scols_cell_get_data(scols_line_get_cell(line, number));
        if (cell == NULL || !g_utf8_validate(cell, -1, NULL))
            continue;
        g_autofree char *wrapped = wrap_words(cell, width);
        if (scols_line_set_data(line, number, wrapped) != 0)
            must(NULL);
    }
    scols_column_set_safechars(column, "\n");
    scols_column_set_wrapfunc(column, scols_wrapnl_chunksize, scols_wrapnl_nextchunk, NULL);
}

static char *
layout(struct libscols_table *scols)
{
    char *text = NULL;
    if (scols_print_table_to_string(scols, &text) != 0)
        must(NULL);
    return text;
}

/* Widths are known only after a first layout; libsmartcols by itself breaks in the middle of words.
 */
void
cg_table_print(CgTable *table, FILE *out)
{
    set_width(table->scols, out);
    scols_table_enable_colors(table->scols, *cg_style(out, CG_RED) != '\0');
    char *text = layout(table->scols);
    if (cg_term_width(out, 0) > 0) {
        free(text);
        for (size_t i = 0; i < scols_table_get_ncols(table->scols); i++)
            if (scols_column_is_wrap(scols_table_get_column(table->scols, i)))
                wrap_column(table->scols, i);
        text = layout(table->scols);
    }
    print_lines(text != NULL ? text : "", out);
    free(text);
}

void
cg_table_free(CgTable *table)
{
    if (table == NULL)
        return;
    scols_unref_table(table->scols);
    g_free(table);
}

char *
cg_table_number(int64_t number, char *buffer)
{
    char digits[32];
    g_snprintf(digits, sizeof digits, "%" G_GINT64_FORMAT, number);
    const char *from = digits;
    char *to = buffer;
    if (*from == '-')
        *to++ = *from++;
    for (size_t left = strlen(from); left > 0; left--) {
        *to++ = *from++;
        if (left > 1 && left % 3 == 1)
            *to++ = ',';
    }
    *to = '\0';
    return buffer;
}
