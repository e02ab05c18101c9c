/*
 * The files that are compiled into the programs: our migrations and the longer SQL texts.
 *
 * The table is written at build time by scripts/embed.sh, byte for byte as the files are, sorted by
 * path as strcmp() orders, so that it can be searched by halving.  Paths are relative to the top of
 * the source tree ("schema/migrations/0001_kilo.sql").  Nothing here reads files at run time.
 */
#ifndef CG_BASE_EMBED_H
#define CG_BASE_EMBED_H

#include <stddef.h>

typedef struct {
    const char *path;
    const char *data; /* len bytes and a NUL that does not count; may hold NULs itself */
    size_t len;
} CgEmbedded;

extern const CgEmbedded cg_embedded[]; /* cg_n_embedded entries and one of NULLs */
extern const size_t cg_n_embedded;

/* The file of that path, or NULL. */
const CgEmbedded *cg_embedded_find(const char *path);

#endif
