/* See strings.h. Bytes lie one after the other, each string with a NUL that does not count. */
#include "lineage/strings.h"

#include <string.h>

struct CgStrings {
    char *bytes;
    size_t used, size;
    size_t *start; /* count + 1 entries */
    uint32_t count, room;
    uint32_t *slots; /* number + 1; open addressing */
    uint32_t mask;
};

static uint64_t
hash_bytes(const char *text, size_t len)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325) ^ len;
    for (; len >= 8; text += 8, len -= 8) {
        uint64_t word;
        memcpy(&word, text, 8);
        hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
        hash ^= hash >> 32;
    }
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ (unsigned char)text[i]) * UINT64_C(0x100000001b3);
    return (hash ^ hash >> 32) * UINT64_C(0xd6e8feb86659fd93) >> 16;
}

const char *
cg_strings_get(const CgStrings *strings, uint32_t number, size_t *out_len)
{
    if (out_len != NULL)
        *out_len = strings->start[number + 1] - strings->start[number] - 1;
    return strings->bytes + strings->start[number];
}

/* The slot that holds the string, or the empty one where it belongs. */
static uint32_t
find_slot(const CgStrings *strings, const char *text, size_t len)
{
    uint32_t slot = (uint32_t)hash_bytes(text, len) & strings->mask;
    while (strings->slots[slot] != 0) {
        size_t held;
        const char *other = cg_strings_get(strings, strings->slots[slot] - 1, &held);
        if (held == len && memcmp(other, text, len) == 0)
            break;
        slot = (slot + 1) & strings->mask;
    }
    return slot;
}

static void
grow_slots(CgStrings *strings)
{
    uint32_t size = strings->slots == NULL ? 64 : (strings->mask + 1) * 2;
    g_free(strings->slots);
    strings->slots = g_new0(uint32_t, size);
    strings->mask = size - 1;
    for (uint32_t i = 0; i < strings->count; i++) {
        size_t len;
        const char *text = cg_strings_get(strings, i, &len);
        strings->slots[find_slot(strings, text, len)] = i + 1;
    }
}

static void
append(CgStrings *strings, const char *text, size_t len)
{
    if (strings->used + len + 1 > strings->size) {
        strings->size = MAX(strings->size * 2, strings->used + len + 1024);
        strings->bytes = g_realloc(strings->bytes, strings->size);
    }
    if (strings->count + 1 >= strings->room) {
        strings->room = MAX(strings->room * 2, 64);
        strings->start = g_renew(size_t, strings->start, strings->room);
    }
    memcpy(strings->bytes + strings->used, text, len);
    strings->bytes[strings->used + len] = '\0';
    strings->start[strings->count++] = strings->used;
    strings->used += len + 1;
    strings->start[strings->count] = strings->used;
}

uint32_t
cg_strings_add(CgStrings *strings, const char *text, size_t len)
{
    uint32_t slot = find_slot(strings, text, len);
    if (strings->slots[slot] != 0)
        return strings->slots[slot] - 1;
    append(strings, text, len);
    strings->slots[slot] = strings->count;
    if (strings->count > strings->mask / 2)
        grow_slots(strings);
    return strings->count - 1;
}

uint32_t
cg_strings_count(const CgStrings *strings)
{
    return strings->count;
}

CgStrings *
cg_strings_new(void)
{
    CgStrings *strings = g_new0(CgStrings, 1);
    grow_slots(strings);
    cg_strings_add(strings, "", 0);
    return strings;
}

void
cg_strings_free(CgStrings *strings)
{
    if (strings == NULL)
        return;
    g_free(strings->bytes);
    g_free(strings->start);
    g_free(strings->slots);
    g_free(strings);
}
