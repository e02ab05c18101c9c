/* See id.h. */
#include "lineage/id.h"

enum { UUID_LEN = 36, N_DIGITS = 32, IS_DIGIT = 0x10 };

/* A lower-case hexadecimal digit's value with the bit IS_DIGIT; 0 for any other byte. */
static const uint8_t hex_values[256] = {
    ['0'] = 0x10, ['1'] = 0x11, ['2'] = 0x12, ['3'] = 0x13, ['4'] = 0x14, ['5'] = 0x15,
    ['6'] = 0x16, ['7'] = 0x17, ['8'] = 0x18, ['9'] = 0x19, ['a'] = 0x1a, ['b'] = 0x1b,
    ['c'] = 0x1c, ['d'] = 0x1d, ['e'] = 0x1e, ['f'] = 0x1f,
};

/* Where the digits of a UUID stand. */
static const uint8_t places[N_DIGITS] = { 0,  1,  2,  3,  4,  5,  6,  7,  9,  10, 11,
                                          12, 14, 15, 16, 17, 19, 20, 21, 22, 24, 25,
                                          26, 27, 28, 29, 30, 31, 32, 33, 34, 35 };

static inline bool
is_dash_place(size_t i)
{
    return i == 8 || i == 13 || i == 18 || i == 23;
}

/* Half of the digits; *io_all keeps the bits that every byte has. */
static inline uint64_t
read_half(const char *text, const uint8_t *where, unsigned *io_all)
{
    uint64_t half = 0;
    for (size_t i = 0; i < N_DIGITS / 2; i++) {
        unsigned value = hex_values[(unsigned char)text[where[i]]];
        *io_all &= value;
        half = half << 4 | (value & 15);
    }
    return half;
}

bool
cg_id_pack(const char *text, size_t len, CgId *out_id)
{
    if (len != UUID_LEN || text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-')
        return false;
    unsigned all = IS_DIGIT;
    CgId id = { .hi = read_half(text, places, &all) };
    id.lo = read_half(text, places + N_DIGITS / 2, &all);
    if (all != IS_DIGIT || id.hi == CG_ID_TAG)
        return false;
    *out_id = id;
    return true;
}

bool
cg_id_is_uuid(const char *text, size_t len)
{
    if (len != UUID_LEN)
        return false;
    for (size_t i = 0; i < UUID_LEN; i++)
        if (is_dash_place(i) ? text[i] != '-' : !g_ascii_isxdigit(text[i]))
            return false;
    return true;
}

CgId
cg_id_make(CgStrings *strings, const char *text, size_t len)
{
    CgId id;
    if (len == 0)
        return CG_ID_NULL;
    if (cg_id_pack(text, len, &id))
        return id;
    return (CgId){ CG_ID_TAG, cg_strings_add(strings, text, len) };
}

const char *
cg_id_text(const CgStrings *strings, CgId id, char buffer[CG_ID_TEXT_SIZE], size_t *out_len)
{
    if (id.hi == CG_ID_TAG)
        return cg_strings_get(strings, (uint32_t)id.lo, out_len);
    static const char digits[] = "0123456789abcdef";
    unsigned shift = 64;
    for (size_t i = 0; i < UUID_LEN; i++) {
        if (is_dash_place(i)) {
            buffer[i] = '-';
            continue;
        }
        shift = shift == 0 ? 60 : shift - 4;
        buffer[i] = digits[(i < 18 ? id.hi : id.lo) >> shift & 15];
    }
    buffer[UUID_LEN] = '\0';
    if (out_len != NULL)
        *out_len = UUID_LEN;
    return buffer;
}

CgValue
cg_id_value(const CgStrings *strings, CgId id, char buffer[CG_ID_TEXT_SIZE])
{
    if (cg_id_is_null(id))
        return cg_null();
    size_t len;
    const char *text = cg_id_text(strings, id, buffer, &len);
    return cg_bytes(text, len);
}

int
cg_id_compare(const CgStrings *strings, CgId a, CgId b)
{
    if (a.hi != CG_ID_TAG && b.hi != CG_ID_TAG) {
        if (a.hi != b.hi)
            return a.hi < b.hi ? -1 : 1;
        return a.lo < b.lo ? -1 : a.lo > b.lo;
    }
    char buffers[2][CG_ID_TEXT_SIZE];
    size_t len_a, len_b;
    const char *text_a = cg_id_text(strings, a, buffers[0], &len_a);
    const char *text_b = cg_id_text(strings, b, buffers[1], &len_b);
    int order = memcmp(text_a, text_b, MIN(len_a, len_b));
    return order != 0 ? order : (len_a > len_b) - (len_a < len_b);
}

static inline uint32_t
hash_id(CgId id)
{
    uint64_t hash = id.hi * UINT64_C(0x9e3779b97f4a7c15) ^ id.lo;
    hash = (hash ^ hash >> 32) * UINT64_C(0xd6e8feb86659fd93);
    return (uint32_t)(hash >> 32);
}

static uint32_t
find_slot(const CgIdIndex *index, const CgId *ids, CgId id)
{
    uint32_t slot = hash_id(id) & index->mask;
    while (index->slots[slot] != 0 && !cg_id_equal(ids[index->slots[slot] - 1], id))
        slot = (slot + 1) & index->mask;
    return slot;
}

/* Makes room for n rows, all of which are then to be added again. */
static void
resize(CgIdIndex *index, uint32_t n)
{
    uint64_t size = 16;
    while (size * 7 < (uint64_t)n * 10)
        size *= 2;
    if (index->slots != NULL && size <= (uint64_t)index->mask + 1)
        return;
    g_free(index->slots);
    index->slots = g_new0(uint32_t, size);
    index->mask = (uint32_t)(size - 1);
    index->n = 0;
}

void
cg_id_index_build(CgIdIndex *index, const CgId *ids, uint32_t n)
{
    resize(index, n);
    for (uint32_t i = index->n; i < n; i++) {
        uint32_t slot = find_slot(index, ids, ids[i]);
        if (index->slots[slot] == 0)
            index->slots[slot] = i + 1;
    }
    index->n = n;
}

CgRef
cg_id_index_find(const CgIdIndex *index, const CgId *ids, CgId id)
{
    if (index->slots == NULL)
        return CG_REF_NONE;
    uint32_t found = index->slots[find_slot(index, ids, id)];
    return found == 0 ? CG_REF_NONE : found - 1;
}

void
cg_id_index_clear(CgIdIndex *index)
{
    g_free(index->slots);
    *index = (CgIdIndex){ 0 };
}
