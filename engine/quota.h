/*
 * Cinder's quotas: limits, usages, reservations, as the rows of four tables.
 *
 * One CgQuota is what one request takes, all of it or nothing. The rows of quota_usages are its
 * locks: they are taken in the order of the resources' names, by an UPDATE that changes nothing,
 * which a second session waits for on every database. Nothing keeps two rows of one resource from
 * being made (there is no unique constraint, and Cinder has made such pairs): see first.h. Of a
 * pair that stands the newest row counts, as in Cinder.
 */
#ifndef CG_ENGINE_QUOTA_H
#define CG_ENGINE_QUOTA_H

#include "db/db.h"

typedef enum {
    CG_QUOTA_GROUPS,
    CG_QUOTA_VOLUMES,
    CG_QUOTA_GIGABYTES,
    CG_N_QUOTA_KINDS
} CgQuotaKind;

typedef struct CgQuota CgQuota;

CgQuota *cg_quota_new(const char *project_id);
void cg_quota_free(CgQuota *quota);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CgQuota, cg_quota_free)

/* Asks for `delta` (above 0; GiB of CG_QUOTA_GIGABYTES) more of a resource, or with a type's id and
 * name of its part of it
 * ("volumes_gold"). Asked for twice, it is the sum. */
void cg_quota_add(CgQuota *quota, CgQuotaKind kind, const char *type_id, const char *type_name,
                  int64_t delta);

/*
 * Inside a write transaction: locks the usages, counts anew those that are negative, compares with
 * the limits, and takes what was asked for, by reservations that are committed at once. Errors:
 * CG_ENGINE_ERROR_QUOTA, which names each limit that is hit; only when all limits leave room,
 * CG_FIRST_ERROR where a row of usage is missing and not `may_make` it.
 */
bool cg_quota_take(CgQuota *quota, CgDb *db, bool may_make, int64_t now,
                   GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The limit of single volumes, per_volume_gigabytes. CG_ENGINE_ERROR_QUOTA. */
bool cg_quota_check_volume(CgDb *db, const char *project_id, int64_t size,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
