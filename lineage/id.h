/*
 * Ids of rows in 16 bytes, and an index from id to row number in 4 bytes a slot.
 *
 * A canonical lower-case UUID is packed; any other text, and a UUID of all ones in its first half,
 * goes to the string pool and is known by its number there. Two ids are the same when their texts
 * are, byte by byte, which is when hi and lo are. Nothing is trimmed or folded; '' is NULL.
 */
#ifndef CG_LINEAGE_ID_H
#define CG_LINEAGE_ID_H

#include "db/value.h"
#include "lineage/strings.h"

typedef struct {
    uint64_t hi, lo;
} CgId;

enum { CG_ID_TEXT_SIZE = 37 };

#define CG_ID_TAG UINT64_MAX /* hi of an id whose text is string number lo */
#define CG_ID_NULL ((CgId){ CG_ID_TAG, 0 })

static inline bool
cg_id_equal(CgId a, CgId b)
{
    return a.hi == b.hi && a.lo == b.lo;
}

static inline bool
cg_id_is_null(CgId id)
{
    return cg_id_equal(id, CG_ID_NULL);
}

/* True for an id that is no canonical lower-case UUID (or begins with 16 digits f). */
static inline bool
cg_id_is_odd(CgId id)
{
    return id.hi == CG_ID_TAG && id.lo != 0;
}

/* Packs 36 bytes of a canonical lower-case UUID; false for any other text. */
bool cg_id_pack(const char *text, size_t len, CgId *out_id);

/* True for 36 bytes of a dashed UUID in either case. */
bool cg_id_is_uuid(const char *text, size_t len);

/* Any text; `strings` keeps it when it cannot be packed. */
CgId cg_id_make(CgStrings *strings, const char *text, size_t len);

/* The text: in `buffer` or lent by `strings`, NUL-terminated; "" for NULL. *out_len may be NULL. */
const char *cg_id_text(const CgStrings *strings, CgId id, char buffer[CG_ID_TEXT_SIZE],
                       size_t *out_len);

/* As a parameter of a statement: bytes, or CG_NULL. Lent as the text is. */
CgValue cg_id_value(const CgStrings *strings, CgId id, char buffer[CG_ID_TEXT_SIZE]);

/* Order of the texts by bytes. */
int cg_id_compare(const CgStrings *strings, CgId a, CgId b);

/* ---- references ---- */

/* Where a reference leads: to a row number, nowhere (NULL), or to an id that has no row here. */
typedef uint32_t CgRef;

enum { CG_REF_MAX_ROWS = 0x7fffffff };
#define CG_REF_NONE UINT32_MAX
#define CG_REF_MISSING UINT32_C(0x80000000) /* the bit of an id without a row */

static inline bool
cg_ref_is_row(CgRef ref)
{
    return ref < CG_REF_MISSING;
}

static inline bool
cg_ref_is_missing(CgRef ref)
{
    return ref >= CG_REF_MISSING && ref != CG_REF_NONE;
}

/* A column of references, one a row. at[row] & ~CG_REF_MISSING numbers `missing` where it is one.
 */
typedef struct {
    CgRef *at;     /* NULL when the column was not loaded */
    CgId *missing; /* raw ids, in the order of their rows, repeated as they are there */
    uint32_t n_missing;
} CgRefs;

/* The id that row `row` of the column holds; `targets` are the ids of the table it leads to. */
static inline CgId
cg_refs_id(const CgRefs *refs, uint32_t row, const CgId *targets)
{
    CgRef ref = refs->at == NULL ? CG_REF_NONE : refs->at[row];
    if (ref == CG_REF_NONE)
        return CG_ID_NULL;
    return cg_ref_is_row(ref) ? targets[ref] : refs->missing[ref & ~CG_REF_MISSING];
}

/* ---- index ---- */

/* Open addressing over ids[0..n): slots hold row number + 1. The first row of an id wins. */
typedef struct {
    uint32_t *slots;
    uint32_t mask, n;
} CgIdIndex;

/* Adds the rows that it does not know yet, those from index->n on. */
void cg_id_index_build(CgIdIndex *index, const CgId *ids, uint32_t n);
CgRef cg_id_index_find(const CgIdIndex *index, const CgId *ids,
                       CgId id); /* a row, or CG_REF_NONE */
void cg_id_index_clear(CgIdIndex *index);

#endif
