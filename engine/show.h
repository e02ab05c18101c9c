/* Groups as a person or a program wants to see them: text, or one JSON document, on `out`. */
#ifndef CG_ENGINE_SHOW_H
#define CG_ENGINE_SHOW_H

#include "engine/engine.h"

#include <stdio.h>

typedef struct {
    FILE *file; /* lent */
    bool json;
} CgShowOut;

/* The group with its volumes: what create-from-src answers. */
bool cg_engine_show_created(CgEngine *engine, const char *group_id, CgShowOut out,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;

/*
 * A group by its id or name (within `scope`, a project, where that is not NULL), with its volumes
 * and its lineage: what it was made from, up to the first of its line, and what was made from it.
 * The document has all of it; text is cut where it gets long, and says so. Errors:
 * CG_ENGINE_ERROR_NOT_FOUND, AMBIGUOUS.
 */
bool cg_engine_show(CgEngine *engine, const char *word, const char *scope, CgShowOut out,
                    GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* All live groups, of that project where one is given. */
bool cg_engine_list(CgEngine *engine, const char *scope, CgShowOut out,
                    GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* What cg_engine_recover() did. */
void cg_engine_show_recovered(const GPtrArray *recovered, CgShowOut out);

#endif
