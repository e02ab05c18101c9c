/*
 * The engine's own notes on requests that are under way or failed: table cg_engine_request, one row
 * for each group, made by the first request of a database.
 *
 * They tell cg_engine_recover() which groups in `creating` are its own and not Cinder's, and keep
 * why a group is in `error`, for which Cinder's tables have no place. A request that ended well
 * leaves no record.
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
    CgRecordState state;
    char *reason; /* why it failed; or NULL */
} CgRecord;

void cg_record_free(CgRecord *record);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CgRecord, cg_record_free)

/* Inside a write transaction. CG_FIRST_ERROR where the table is missing and not `may_make` it. */
bool cg_record_begin(CgDb *db, const char *group_id, const char *operation, bool may_make,
                     int64_t now, GError **error) G_GNUC_WARN_UNUSED_RESULT;
bool cg_record_set(CgDb *db, const char *group_id, CgRecordState state, const char *reason,
                   int64_t now, GError **error) G_GNUC_WARN_UNUSED_RESULT;
bool cg_record_remove(CgDb *db, const char *group_id, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* *out_record is allocated; NULL where there is none. */
bool cg_record_find(CgDb *db, const char *group_id, CgRecord **out_record,
                    GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The groups whose record says that there is something left to do, the oldest first: an array of
 * char * that owns them. */
GPtrArray *cg_record_unfinished(CgDb *db, GError **error);

#endif
