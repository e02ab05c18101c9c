/*
 * The engine's own notes on requests that are under way or failed: table cg_engine_request, one row
 * for each group, made by the first request of a database.
 *
 * They tell cg_engine_recover() which groups and volumes in `creating` are its own and not
 * Cinder's, and keep why a group is in `error`, for which Cinder's tables have no place. A request
 * that ended well leaves no record.
 *
 * Each worker that takes up a record has a higher `attempt` than all before it, and writes it only
 * while that is the highest: so a worker that was given up as dead, and is not, commits nothing.
 */
#ifndef CG_ENGINE_RECORD_H
#define CG_ENGINE_RECORD_H

#include "db/db.h"

typedef enum {
    CG_RECORD_BEGUN,   /* the group is in `creating` */
    CG_RECORD_UNDOING, /* it is in `error`; what was begun on the array is being removed */
    CG_RECORD_FAILED   /* it is in `error`, and that is the end */
} CgRecordState;

typedef struct {
    char *group_id, *operation;
    char *driver, *array_name; /* what it was begun on */
    char **volumes;            /* the ids of the new volumes; ended by NULL */
    int64_t attempt;
    CgRecordState state;
    char *reason; /* why it failed; or NULL */
} CgRecord;

void cg_record_free(CgRecord *record);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CgRecord, cg_record_free)

/* ---- inside a write transaction ---- */

/* A new record, attempt 0. CG_FIRST_ERROR where the table is missing and not `may_make` it. */
bool cg_record_begin(CgDb *db, const CgRecord *record, bool may_make, int64_t now,
                     GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Takes the record up, with the next attempt; one that has ended is only read. *out_record is
 * allocated, and left as it is where there is none. */
bool cg_record_take(CgDb *db, const char *group_id, CgRecord **out_record,
                    GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* These fail with CG_ENGINE_ERROR_OTHER_HANDS where the record is gone or was taken up by another
 * worker. */

/* The group is in `error` since `now`, which its updated_at is set to, too: UNDOING or FAILED. */
bool cg_record_fail(CgDb *db, const CgRecord *record, CgRecordState state, const char *reason,
                    int64_t now, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* From UNDOING to FAILED; the reason stays. */
bool cg_record_settle(CgDb *db, const CgRecord *record, GError **error) G_GNUC_WARN_UNUSED_RESULT;

bool cg_record_remove(CgDb *db, const CgRecord *record, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Removes the records of groups that failed and are no longer in `error`. */
bool cg_record_prune(CgDb *db, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* ---- reading ---- */

/* The records that say that there is something left to do, the oldest first: an array of CgRecord
 * that owns them. */
GPtrArray *cg_record_unfinished(CgDb *db, GError **error);

/* Why the group is in `error`, if nobody has changed its row (updated_at) since; else NULL.
 * Allocated. NULL too where it cannot be read: the table is missing, or the right to read it. */
char *cg_record_reason(CgDb *db, const char *group_id);

#endif
