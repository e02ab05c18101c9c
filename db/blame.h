/*
 * Says who keeps a statement waiting, while it waits: a second session asks the server.
 *
 * A statement that is done within half a second costs neither the session nor the question. On a
 * backend that cannot name blockers nothing is started at all.
 */
#ifndef CG_DB_BLAME_H
#define CG_DB_BLAME_H

#include "db/db.h"

/* Who keeps `blocked` waiting right now, asked through another session: allocated text for a
 * person, or NULL without error when nobody does, or the backend cannot tell. */
char *cg_db_blockers(CgDb *watcher, const CgDb *blocked, GError **error);

typedef struct CgBlame CgBlame;

/* Begins to watch `db`, which must not be closed before the end. `told` is an earlier answer, which
 * is not told again; or NULL. It is copied. */
CgBlame *cg_blame_begin(CgDb *db, const char *told);

/* Ends it; the last answer, allocated, or NULL if nobody was found in the way. */
char *cg_blame_end(CgBlame *blame);

#endif
