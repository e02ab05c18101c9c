/* The front of the probes. */
#include "db/backend.h"

int
cg_db_has(CgDb *db, const char *table, const char *column, GError **error)
{
    return db->backend->has(db, table, column, error);
}

bool
cg_db_index_state(CgDb *db, const char *schema, const char *index, const char *table,
                  CgIndexState *out_state, GError **error)
{
    return db->backend->index_state(db, schema, index, table, out_state, error);
}
