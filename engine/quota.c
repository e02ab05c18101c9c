/* Limits, usages, reservations; see quota.h. */
#include "engine/quota.h"

#include "engine/error.h"
#include "engine/first.h"

#define RESERVATION_US (G_TIME_SPAN_DAY) /* as Cinder's option reservation_expire */
#define UNLIMITED (-1)
#define MOST G_MAXINT32 /* that the columns of Cinder hold */

typedef struct {
    char *resource, *type_id;
    CgQuotaKind kind;
    int64_t delta;
    int64_t usage_id; /* 0: there is no row */
    int64_t in_use, reserved, limit;
} Item;

struct CgQuota {
    char *project_id;
    GPtrArray *items; /* of Item, by resource */
};

/* Names, limits where no row says otherwise, and the count of live rows: $1 the project, $2 the
 * type where there is one. A snapshot is of its volume's type. */
static const struct {
    const char *resource;
    int64_t limit;
    const char *count_all, *count_type;
} kinds[CG_N_QUOTA_KINDS] = {
    [CG_QUOTA_GROUPS] = { "consistencygroups", 10,
                          "SELECT count(*) FROM consistencygroups"
                          " WHERE deleted = FALSE AND project_id = $1",
                          NULL },
    [CG_QUOTA_VOLUMES] = { "volumes", 10,
                           "SELECT count(*) FROM volumes"
                           " WHERE deleted = FALSE AND project_id = $1",
                           "SELECT count(*) FROM volumes WHERE deleted = FALSE"
                           " AND project_id = $1 AND volume_type_id = $2" },
    [CG_QUOTA_GIGABYTES] = { "gigabytes", 1000,
                             "SELECT (SELECT coalesce(sum(size), 0) FROM volumes"
                             " WHERE deleted = FALSE AND project_id = $1)"
                             " + (SELECT coalesce(sum(volume_size), 0) FROM snapshots"
                             " WHERE deleted = FALSE AND project_id = $1)",
                             "SELECT (SELECT coalesce(sum(size), 0) FROM volumes"
                             " WHERE deleted = FALSE AND project_id = $1 AND volume_type_id = $2)"
                             " + (SELECT coalesce(sum(s.volume_size), 0) FROM snapshots s"
                             " JOIN volumes v ON v.id = s.volume_id"
                             " WHERE s.deleted = FALSE AND s.project_id = $1 AND v.volume_type_id "
                             "= $2)" },
};

/* ---- what is asked for ---- */

static void
free_item(void *data)
{
    Item *item = data;
    g_free(item->resource);
    g_free(item->type_id);
    g_free(item);
}

CgQuota *
cg_quota_new(const char *project_id)
{
    CgQuota *quota = g_new(CgQuota, 1);
    *quota = (CgQuota){ g_strdup(project_id), g_ptr_array_new_with_free_func(free_item) };
    return quota;
}

void
cg_quota_free(CgQuota *quota)
{
    if (quota == NULL)
        return;
    g_free(quota->project_id);
    g_ptr_array_unref(quota->items);
    g_free(quota);
}

static int
compare_items(const void *a, const void *b)
{
    const Item *const *x = a, *const *y = b;
    return strcmp((*x)->resource, (*y)->resource);
}

void
cg_quota_add(CgQuota *quota, CgQuotaKind kind, const char *type_id, const char *type_name,
             int64_t delta)
{
    g_autofree char *resource =
        g_strconcat(kinds[kind].resource, type_id != NULL ? "_" : NULL, type_name, NULL);
    for (guint i = 0; i < quota->items->len; i++) {
        Item *item = g_ptr_array_index(quota->items, i);
        if (strcmp(item->resource, resource) == 0) {
            item->delta += delta;
            return;
        }
    }
    Item *item = g_new0(Item, 1);
    item->resource = g_steal_pointer(&resource);
    item->type_id = g_strdup(type_id);
    item->kind = kind;
    item->delta = delta;
    g_ptr_array_add(quota->items, item);
    g_ptr_array_sort(quota->items, compare_items);
}

/* ---- limits ---- */

/* A NULL in hard_limit means no limit, as -1 does. */
static bool
read_limit(CgDb *db, const char *sql, const CgValue *params, size_t n, int64_t *out,
           bool *out_found, GError **error)
{
    CgValue value;
    if (!cg_db_query_value(db, sql, params, n, &value, out_found, error))
        return false;
    if (*out_found)
        *out = value.type == CG_INT ? value.i : UNLIMITED;
    return true;
}

/* The project's own, else the default class's, else the built-in one. */
static bool
find_limit(CgDb *db, const char *project_id, const char *resource, int64_t otherwise, int64_t *out,
           GError **error)
{
    bool found = false;
    const CgValue params[] = { cg_text(resource), cg_text(project_id) };
    if (!read_limit(db,
                    "SELECT hard_limit FROM quotas WHERE deleted = FALSE AND resource = $1"
                    " AND project_id = $2 ORDER BY id DESC",
                    params, 2, out, &found, error))
        return false;
    if (found)
        return true;
    if (!read_limit(db,
                    "SELECT hard_limit FROM quota_classes WHERE deleted = FALSE"
                    " AND resource = $1 AND class_name = 'default' ORDER BY id DESC",
                    params, 1, out, &found, error))
        return false;
    if (!found)
        *out = otherwise;
    return true;
}

bool
cg_quota_check_volume(CgDb *db, const char *project_id, int64_t size, GError **error)
{
    int64_t limit = UNLIMITED;
    if (!find_limit(db, project_id, "per_volume_gigabytes", UNLIMITED, &limit, error))
        return false;
    if (limit < 0 || size <= limit)
        return true;
    cg_engine_error_set(error, CG_ENGINE_ERROR_QUOTA, NULL,
                        "a volume of %" G_GINT64_FORMAT " GiB is over the limit of project \"%s\""
                        " (per_volume_gigabytes %" G_GINT64_FORMAT ")",
                        size, project_id, limit);
    return false;
}

/* ---- usages ---- */

static bool
recount(const CgQuota *quota, Item *item, CgDb *db, GError **error)
{
    const CgValue params[] = { cg_text(quota->project_id), cg_text(item->type_id) };
    bool typed = item->type_id != NULL;
    g_autoptr(CgRows) rows =
        cg_db_query(db, typed ? kinds[item->kind].count_type : kinds[item->kind].count_all, params,
                    typed ? 2 : 1, error);
    if (rows == NULL || cg_rows_next(rows, error) < 0)
        return false;
    item->in_use = MIN(cg_rows_int(rows, 0), MOST);
    return true;
}

/* An UPDATE, for its lock: under it the SELECT sees what the session before has committed. */
static bool
lock_usage(const CgQuota *quota, Item *item, CgDb *db, GError **error)
{
    const CgValue params[] = { cg_text(quota->project_id), cg_text(item->resource) };
    if (!cg_db_exec(db,
                    "UPDATE quota_usages SET until_refresh = until_refresh"
                    " WHERE project_id = $1 AND resource = $2 AND deleted = FALSE",
                    params, 2, NULL, error))
        return false;
    g_autoptr(CgRows) rows =
        cg_db_query(db,
                    "SELECT id, in_use, reserved FROM quota_usages WHERE project_id = $1"
                    " AND resource = $2 AND deleted = FALSE ORDER BY id DESC LIMIT 1",
                    params, 2, error);
    int more = rows != NULL ? cg_rows_next(rows, error) : -1;
    if (more < 0)
        return false;
    item->usage_id = more > 0 ? cg_rows_int(rows, 0) : 0;
    item->in_use = more > 0 ? MIN(cg_rows_int(rows, 1), MOST) : -1;
    item->reserved = more > 0 ? MIN(cg_rows_int(rows, 2), MOST) : 0;
    g_clear_pointer(&rows, cg_rows_close);
    return item->in_use >= 0 || recount(quota, item, db, error);
}

static int64_t
limit_of(const Item *item)
{
    return item->limit >= 0 ? MIN(item->limit, MOST) : MOST;
}

static bool
is_over(const Item *item)
{
    return item->in_use + item->reserved + item->delta > limit_of(item);
}

static bool
check_limits(const CgQuota *quota, GError **error)
{
    g_autoptr(GString) over = g_string_new(NULL);
    for (guint i = 0; i < quota->items->len; i++) {
        const Item *item = g_ptr_array_index(quota->items, i);
        if (is_over(item))
            g_string_append_printf(over,
                                   "%s%s: %" G_GINT64_FORMAT " of %" G_GINT64_FORMAT
                                   " taken, %" G_GINT64_FORMAT " asked for",
                                   over->len > 0 ? "; " : "", item->resource,
                                   item->in_use + item->reserved, limit_of(item), item->delta);
    }
    if (over->len == 0)
        return true;
    cg_engine_error_set(
        error, CG_ENGINE_ERROR_QUOTA, "raise the quota, or delete what is not needed",
        "the quota of project \"%s\" leaves no room: %s", quota->project_id, over->str);
    return false;
}

static bool
create_usage(const CgQuota *quota, Item *item, CgDb *db, bool may_make, int64_t now, GError **error)
{
    if (!may_make) {
        g_autofree char *what = g_strdup_printf("usage \"%s\"", item->resource);
        return cg_first_missing(what, error);
    }
    const CgValue params[] = { cg_time(now), cg_text(quota->project_id), cg_text(item->resource),
                               cg_int(item->in_use) };
    return cg_db_exec(db,
                      "INSERT INTO quota_usages (created_at, deleted, project_id, resource,"
                      " in_use, reserved) VALUES ($1, FALSE, $2, $3, $4, 0)",
                      params, G_N_ELEMENTS(params), NULL, error) &&
           lock_usage(quota, item, db, error);
}

/* ---- reservations ---- */

/* As Cinder leaves them once they are committed. */
static bool
note_reservation(const CgQuota *quota, const Item *item, CgDb *db, int64_t now, GError **error)
{
    g_autofree char *uuid = g_uuid_string_random();
    const CgValue row[] = { cg_time(now),
                            cg_text(uuid),
                            cg_int(item->usage_id),
                            cg_text(quota->project_id),
                            cg_text(item->resource),
                            cg_int(item->delta),
                            cg_time(now + RESERVATION_US) };
    return cg_db_exec(db,
                      "INSERT INTO reservations (created_at, deleted, deleted_at, uuid, usage_id,"
                      " project_id, resource, delta, expire)"
                      " VALUES ($1, TRUE, $1, $2, $3, $4, $5, $6, $7)",
                      row, G_N_ELEMENTS(row), NULL, error);
}

static bool
take_item(const CgQuota *quota, const Item *item, CgDb *db, int64_t now, GError **error)
{
    const CgValue usage[] = { cg_int(item->usage_id), cg_int(item->in_use + item->delta),
                              cg_int(item->delta), cg_time(now) };
    return cg_db_exec(db,
                      "UPDATE quota_usages SET updated_at = $4, in_use ="
                      " CASE WHEN in_use < 0 THEN $2 ELSE in_use + $3 END WHERE id = $1",
                      usage, G_N_ELEMENTS(usage), NULL, error) &&
           note_reservation(quota, item, db, now, error);
}

bool
cg_quota_take(CgQuota *quota, CgDb *db, bool may_make, int64_t now, GError **error)
{
    for (guint i = 0; i < quota->items->len; i++) {
        Item *item = g_ptr_array_index(quota->items, i);
        int64_t otherwise = item->type_id != NULL ? UNLIMITED : kinds[item->kind].limit;
        if (!lock_usage(quota, item, db, error) ||
            !find_limit(db, quota->project_id, item->resource, otherwise, &item->limit, error))
            return false;
    }
    if (!check_limits(quota, error))
        return false;
    for (guint i = 0; i < quota->items->len; i++) {
        Item *item = g_ptr_array_index(quota->items, i);
        if ((item->usage_id == 0 && !create_usage(quota, item, db, may_make, now, error)) ||
            !take_item(quota, item, db, now, error))
            return false;
    }
    return true;
}
