/* Lookup in the table of built-in files; see embed.h. */
#include "base/embed.h"

#include <stdlib.h>
#include <string.h>

static int
compare_path(const void *path, const void *entry)
{
    return strcmp(path, ((const CgEmbedded *)entry)->path);
}

const CgEmbedded *
cg_embedded_find(const char *path)
{
    return bsearch(path, cg_embedded, cg_n_embedded, sizeof cg_embedded[0], compare_path);
}
