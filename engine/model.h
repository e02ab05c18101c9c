/*
 * Rows of Cinder's tables as the engine and its drivers pass them on, and how they are read.
 *
 * A field is NULL where the column is. Only rows with `deleted` false are ever read: that is all
 * that Cinder sees, too.
 */
#ifndef CG_ENGINE_MODEL_H
#define CG_ENGINE_MODEL_H

#include "db/db.h"

typedef struct {
    char *id, *user_id, *project_id, *host, *availability_zone, *name, *description, *status;
    char *volume_type_id; /* Cinder's name: a list of ids, each followed by a comma */
    char *cgsnapshot_id, *source_cg_id;
    char *created_at;
} CgGroup;

typedef struct {
    char *id, *consistencygroup_id, *user_id, *project_id, *name, *status, *created_at;
} CgCgsnapshot;

typedef struct {
    char *id, *user_id, *project_id, *host, *availability_zone, *status, *display_name;
    char *volume_type_id, *source_volid, *snapshot_id, *consistencygroup_id;
    char *provider_location, *provider_id, *encryption_key_id, *attach_status;
    int64_t size; /* GiB */
    bool bootable, multiattach;
} CgVolume;

typedef struct {
    char *id, *volume_id, *project_id, *status, *volume_type_id, *cgsnapshot_id;
    char *provider_location, *provider_id, *encryption_key_id;
    int64_t volume_size; /* GiB */
} CgSnapshot;

/* Live rows that meet `where`, in the order of their ids: arrays that own them. The columns are
 * those of the table, without a prefix. */
GPtrArray *cg_group_load(CgDb *db, const char *where, const CgValue *params, size_t n_params,
                         GError **error);
GPtrArray *cg_cgsnapshot_load(CgDb *db, const char *where, const CgValue *params, size_t n_params,
                              GError **error);
GPtrArray *cg_volume_load(CgDb *db, const char *where, const CgValue *params, size_t n_params,
                          GError **error);
GPtrArray *cg_snapshot_load(CgDb *db, const char *where, const CgValue *params, size_t n_params,
                            GError **error);

/* Whether there is a group (it may be NULL) and it is in that status. */
bool cg_group_is_in(const CgGroup *group, const char *status);

void cg_group_free(CgGroup *group);
void cg_cgsnapshot_free(CgCgsnapshot *cgsnapshot);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CgGroup, cg_group_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CgCgsnapshot, cg_cgsnapshot_free)

#endif
