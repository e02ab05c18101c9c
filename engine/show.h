/* Groups as a person or a program wants to see them. */
#ifndef CG_ENGINE_SHOW_H
#define CG_ENGINE_SHOW_H

#include "engine/engine.h"

/* The group with its volumes: what create-from-src answers. */
bool cg_engine_show_created(CgEngine *engine, const char *group_id, bool json, GError **error);

/* The same for a person, with its lineage: what it was made from, up to the first of its line, and
 * what was made from it, down to the last. `json` adds them to the document. */
bool cg_engine_show(CgEngine *engine, const char *group_id, bool json, GError **error);

/* All live groups, of that project where one is given. */
bool cg_engine_list(CgEngine *engine, const char *project_id, bool json, GError **error);

/* What cg_engine_recover() did. */
void cg_engine_print_recovered(const GPtrArray *recovered, bool json);

#endif
