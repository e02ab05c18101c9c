/*
 * Differences between two schema models, as data: which of them matters is the caller's to say.
 *
 * Models of one backend are compared in all they hold. Across backends types are compared by class,
 * and what only one of them has is left out: defaults, checks, names of foreign keys.
 */
#ifndef CG_SCHEMA_COMPARE_H
#define CG_SCHEMA_COMPARE_H

#include "schema/schema.h"

typedef enum {
    CG_DIFF_MISSING,  /* expected, not there: the table, or the column */
    CG_DIFF_EXTRA,    /* there, not expected */
    CG_DIFF_CLASS,    /* the column holds something else */
    CG_DIFF_TYPE,     /* same class, another type or length */
    CG_DIFF_NULLABLE, /* NULL is allowed in one only */
    CG_DIFF_DEFAULT,
    CG_DIFF_KEY, /* primary key */
    CG_DIFF_INDEX,
    CG_DIFF_FOREIGN_KEY,
    CG_DIFF_CHECK
} CgDiffKind;

typedef struct {
    CgDiffKind kind;
    char *table;
    char *column; /* NULL: the difference is not of one column */
    char *text;   /* for a person: "volumes.size is text, not integer" */
} CgSchemaDifference;

/*
 * What `actual` has otherwise than `expected`: a GPtrArray of CgSchemaDifference that owns them,
 * the caller's; empty if nothing. By table, in the order of the expected columns; tables nobody
 * expects come last. Tables whose name begins with `ignore_prefix` (NULL: none) are passed over.
 */
GPtrArray *cg_schema_compare(const CgSchema *expected, const CgSchema *actual,
                             const char *ignore_prefix);

/* "missing", "extra", "class", "type", "nullable", … as machine-readable output spells them. */
const char *cg_diff_kind_name(CgDiffKind kind);

#endif
