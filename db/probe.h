/* Questions to the catalog: which tables, columns and indexes there are. */
#ifndef CG_DB_PROBE_H
#define CG_DB_PROBE_H

#include "db/db.h"

/* 1 yes, 0 no, -1 error. Names as the catalog spells them; found through the session's search path.
 * `column` NULL asks for the table alone. */
int cg_db_has(CgDb *db, const char *table, const char *column, GError **error);

typedef enum {
    CG_INDEX_ABSENT,
    CG_INDEX_INVALID,
    CG_INDEX_VALID,
    CG_INDEX_ELSEWHERE /* one of that name, on another table than the one asked for */
} CgIndexState;

/* `schema` NULL: found through the search path; `table` NULL: on whichever table. */
bool cg_db_index_state(CgDb *db, const char *schema, const char *index, const char *table,
                       CgIndexState *out_state, GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
