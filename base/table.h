/* Tables and small trees for a terminal, by libsmartcols, whose only user this is. */
#ifndef CG_BASE_TABLE_H
#define CG_BASE_TABLE_H

#include "base/term.h"

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

typedef struct CgTable CgTable;
typedef struct CgTableRow CgTableRow; /* owned by the table */

enum {
    CG_TABLE_RIGHT = 1 << 0,
    CG_TABLE_TREE = 1 << 1,
    CG_TABLE_WRAP = 1 << 2,
    CG_TABLE_CUT = 1 << 3
};

typedef struct {
    const char *title;
    unsigned flags;
} CgTableColumn;

/* No column titles are printed when all are "". Width is the terminal's, or unlimited elsewhere. */
CgTable *cg_table_new(const CgTableColumn *columns, size_t n_columns);

/* Adds a row; as many cells (const char *, NULL: empty) as the table has columns. Copied. A NULL
 * that is written out needs its type: (char *)NULL. */
CgTableRow *cg_table_row(CgTable *table, ...);
CgTableRow *cg_table_child(CgTable *table, CgTableRow *parent, ...);

/* Colours a cell where the table is printed in colour; CG_RESET: none. */
void cg_table_colour(CgTableRow *row, size_t column, CgStyle style);

size_t cg_table_rows(const CgTable *table);
void cg_table_print(CgTable *table, FILE *out);
void cg_table_free(CgTable *table);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CgTable, cg_table_free)

/* "1,234,567", in a buffer of at least 32 bytes; returns it. */
char *cg_table_number(int64_t number, char *buffer);

#endif
