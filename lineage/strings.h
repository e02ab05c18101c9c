/*
 * A pool of distinct byte strings, numbered from 0 in the order of their first appearance.
 *
 * It keeps what is repeated (projects, statuses, hosts) and the rare ids that are no UUID. Number 0
 * is the empty string, which stands for NULL too: lineage does not tell them apart.
 */
#ifndef CG_LINEAGE_STRINGS_H
#define CG_LINEAGE_STRINGS_H

#include <glib.h>
#include <stddef.h>
#include <stdint.h>

typedef struct CgStrings CgStrings;

CgStrings *cg_strings_new(void);
void cg_strings_free(CgStrings *strings);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CgStrings, cg_strings_free)

/* The number of these bytes, which are copied when they are new. */
uint32_t cg_strings_add(CgStrings *strings, const char *text, size_t len);

/* Lent until the next add; NUL-terminated. *out_len may be NULL. */
const char *cg_strings_get(const CgStrings *strings, uint32_t number, size_t *out_len);

uint32_t cg_strings_count(const CgStrings *strings);

#endif
