/*
 * See load.h.
 *
 * Groups come first, so that a volume's group is a row number as soon as the volume is read; all
 * other references wait for cg_model_resolve(). Under a naming with an era before, the older tables
 * are read after the newer ones and joined to them by id.
 */
#include "lineage/loader.h"

#include "base/progress.h"
#include "base/time.h"
#include "db/bulk.h"
#include "db/probe.h"

enum { RELOADS = 3, LIST_LENGTH = 500, MOST_LISTED = 50000 };

#define BIT CG_FIELD_BIT

/* What is read for every purpose; a few of these only for the flags they give. */
#define READ_ALWAYS                                                                                \
    (BIT(CG_GROUP_ID) | BIT(CG_GROUP_CREATED_AT) | BIT(CG_GROUP_DELETED) | BIT(CG_GROUP_KIND) |    \
     BIT(CG_GROUP_SOURCE) | BIT(CG_GROUP_RECORDED) | BIT(CG_GROUP_CGSNAPSHOT) |                    \
     BIT(CG_CGSNAPSHOT_ID) | BIT(CG_CGSNAPSHOT_DELETED) | BIT(CG_CGSNAPSHOT_GROUP) |               \
     BIT(CG_VOLUME_ID) | BIT(CG_VOLUME_CREATED_AT) | BIT(CG_VOLUME_DELETED) |                      \
     BIT(CG_VOLUME_GROUP) | BIT(CG_VOLUME_SOURCE) | BIT(CG_VOLUME_SNAPSHOT) |                      \
     BIT(CG_VOLUME_NAME) | BIT(CG_VOLUME_DESCRIPTION) | BIT(CG_VOLUME_MIGRATION) |                 \
     BIT(CG_SNAPSHOT_ID) | BIT(CG_SNAPSHOT_CREATED_AT) | BIT(CG_SNAPSHOT_DELETED) |                \
     BIT(CG_SNAPSHOT_VOLUME) | BIT(CG_SNAPSHOT_CGSNAPSHOT) | BIT(CG_CACHE_VOLUME) |                \
     BIT(CG_BACKUP_VOLUME))
#define READ_BEFORE (BIT(CG_VOLUME_OTHER_GROUP) | BIT(CG_SNAPSHOT_OTHER_CGSNAPSHOT))

/* Without these there is nothing to look at. */
#define REQUIRED                                                                                   \
    (BIT(CG_GROUP_ID) | BIT(CG_GROUP_DELETED) | BIT(CG_VOLUME_ID) | BIT(CG_VOLUME_DELETED) |       \
     BIT(CG_VOLUME_GROUP) | BIT(CG_VOLUME_SOURCE))

/* ---- what is there ---- */

static bool
refuse_missing(const CgNaming *naming, CgField field, GError **error)
{
    g_autofree char *column = cg_naming_column_dup(naming, field);
    cg_error_set(error, CG_EXIT_REFUSED, "is this the database of a Cinder with groups?",
                 "column \"%s\" is not there", column);
    return false;
}

static bool
probe_table(CgLoader *loader, const CgNaming *naming, CgTableName table, uint64_t *io_present,
            GError **error)
{
    const char *name = cg_naming_table(naming, table);
    int there = name == NULL ? 0 : cg_db_has(loader->db, name, NULL, error);
    if (there < 0)
        return false;
    for (CgField field = 0; there > 0 && field < CG_N_FIELDS; field++) {
        const char *column = cg_naming_column(naming, field);
        if (cg_field_table(field) != table || column == NULL || (loader->read & BIT(field)) == 0)
            continue;
        int has = cg_db_has(loader->db, name, column, error);
        if (has < 0)
            return false;
        *io_present |= has > 0 ? BIT(field) : 0;
    }
    return true;
}

static bool
probe(CgLoader *loader, GError **error)
{
    CgModel *model = loader->model;
    for (CgTableName table = 0; table < CG_N_TABLES; table++)
        if (!probe_table(loader, model->naming, table, &model->present, error))
            return false;
    for (CgField field = 0; field < CG_N_FIELDS; field++)
        if ((REQUIRED & ~model->present & BIT(field)) != 0)
            return refuse_missing(model->naming, field, error);
    return true;
}

/* ---- scans ---- */

static void
choose_columns(CgLoader *loader, const CgNaming *naming, CgTableName table, uint64_t present)
{
    loader->n_columns = 0;
    for (CgField field = 0; field < CG_N_FIELDS; field++) {
        loader->slot[field] = -1;
        if (cg_field_table(field) != table || (present & loader->read & BIT(field)) == 0)
            continue;
        loader->slot[field] = (int)loader->n_columns;
        loader->columns[loader->n_columns++] =
            (CgColumn){ cg_naming_column(naming, field), cg_field_type(field) };
    }
}

/* Scans the rows that meet `where`, by default all; a table that is not there has none. */
static bool
scan(CgLoader *loader, const CgNaming *naming, CgTableName table, uint64_t present,
     const char *where, CgRowFunc func, GError **error)
{
    choose_columns(loader, naming, table, present);
    if (loader->n_columns == 0)
        return true;
    const CgScan what = { loader->columns, loader->n_columns, cg_naming_table(naming, table),
                          where };
    GError *failure = NULL; /* the row functions look at it */
    bool ok = cg_db_scan(loader->db, &what, func, loader, &failure);
    if (!ok)
        g_propagate_error(error, failure);
    return ok;
}

/* The same, for a person to watch. */
static bool
scan_table(CgLoader *loader, const CgNaming *naming, CgTableName table, uint64_t present,
           const char *where, CgRowFunc func, GError **error)
{
    g_autofree char *what = g_strdup_printf("reading %s", cg_naming_table(naming, table));
    g_autoptr(CgProgress) progress =
        loader->options->quiet ? NULL : cg_progress_begin(what, "rows", 0);
    loader->progress = progress;
    loader->rows = 0;
    bool ok = scan(loader, naming, table, present, where, func, error);
    loader->progress = NULL;
    return ok;
}

static bool
reads(const CgLoader *loader, CgField field)
{
    return (loader->model->present & BIT(field)) != 0;
}

static bool
wants(const CgLoader *loader, CgField field)
{
    return (loader->options->fields & BIT(field)) != 0 && reads(loader, field);
}

/* Volumes with a group, in an audit those with '' too. */
static char *
grouped_condition(const CgLoader *loader)
{
    const CgNaming *naming = loader->model->naming;
    GString *text = g_string_new(NULL);
    g_string_append_printf(text, "%s IS NOT NULL", cg_naming_column(naming, CG_VOLUME_GROUP));
    if (cg_naming_before(naming) != NULL && reads(loader, CG_VOLUME_OTHER_GROUP))
        g_string_append_printf(text, " OR deleted IS TRUE AND %s IS NOT NULL",
                               cg_naming_column(naming, CG_VOLUME_OTHER_GROUP));
    if (wants(loader, CG_VOLUME_SNAPSHOT))
        g_string_append(text, " OR source_volid = '' OR snapshot_id = ''");
    return g_string_free(text, FALSE);
}

/* Snapshots that belong to a cgsnapshot. */
static char *
taken_condition(const CgLoader *loader)
{
    const CgNaming *naming = loader->model->naming;
    GString *text = g_string_new(NULL);
    g_string_append_printf(text, "%s IS NOT NULL",
                           cg_naming_column(naming, CG_SNAPSHOT_CGSNAPSHOT));
    if (reads(loader, CG_SNAPSHOT_OTHER_CGSNAPSHOT))
        g_string_append_printf(text, " OR deleted IS TRUE AND %s IS NOT NULL",
                               cg_naming_column(naming, CG_SNAPSHOT_OTHER_CGSNAPSHOT));
    return g_string_free(text, FALSE);
}

/* Whether snapshots can be told by their cgsnapshot at all. */
static bool
has_snapshots(const CgLoader *loader)
{
    return reads(loader, CG_SNAPSHOT_ID) && reads(loader, CG_SNAPSHOT_VOLUME) &&
           reads(loader, CG_SNAPSHOT_CGSNAPSHOT);
}

/* ---- rows that others name ---- */

/*
 * The second reading of a table: rows that references lead to and the first one, for `first`, did
 * not bring. Few UUIDs are asked for by name. Many, or odd ones, are left to the database: `among`
 * selects the ids. (Both in one query, joined by OR, would make PostgreSQL search the list for each
 * row once it is too long for a hash table.)
 */
typedef struct {
    CgTableName table;
    const CgRowsOf *rows;
    const CgRefs *refs[2];
    const char *first, *among;
    CgRowFunc func;
} Named;

static int
compare_ids(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(CgId));
}

/* The ids without a row, each once. */
static GArray *
missing_ids(const Named *named)
{
    GArray *ids = g_array_new(FALSE, FALSE, sizeof(CgId));
    for (size_t i = 0; i < G_N_ELEMENTS(named->refs); i++)
        for (uint32_t k = 0; named->refs[i] != NULL && k < named->refs[i]->n_missing; k++)
            if (cg_row_find(named->rows, named->refs[i]->missing[k]) == CG_REF_NONE)
                g_array_append_val(ids, named->refs[i]->missing[k]);
    g_array_sort(ids, compare_ids);
    guint kept = 0;
    for (guint i = 0; i < ids->len; i++)
        if (i == 0 || !cg_id_equal(g_array_index(ids, CgId, i), g_array_index(ids, CgId, i - 1)))
            g_array_index(ids, CgId, kept++) = g_array_index(ids, CgId, i);
    g_array_set_size(ids, kept);
    return ids;
}

static bool
can_be_listed(const GArray *ids)
{
    for (guint i = 0; i < ids->len; i++)
        if (cg_id_is_odd(g_array_index(ids, CgId, i)))
            return false;
    return ids->len <= MOST_LISTED;
}

/* A packed id is nothing but hexadecimal digits and dashes: it needs no quoting. */
static char *
list_ids(const CgStrings *strings, const GArray *ids, guint from, guint to)
{
    GString *text = g_string_new("id IN (");
    char buffer[CG_ID_TEXT_SIZE];
    for (guint i = from; i < to; i++)
        g_string_append_printf(text, "%s'%s'", i > from ? ", " : "",
                               cg_id_text(strings, g_array_index(ids, CgId, i), buffer, NULL));
    g_string_append_c(text, ')');
    return g_string_free(text, FALSE);
}

static bool
scan_named(CgLoader *loader, const Named *named, GError **error)
{
    const CgModel *model = loader->model;
    g_autoptr(GArray) ids = missing_ids(named);
    if (!can_be_listed(ids)) {
        g_autofree char *where =
            g_strdup_printf("(%s) IS NOT TRUE AND id IN (%s)", named->first, named->among);
        return scan(loader, model->naming, named->table, model->present, where, named->func, error);
    }
    for (guint from = 0; from < ids->len; from += LIST_LENGTH) {
        g_autofree char *where =
            list_ids(model->strings, ids, from, MIN(from + LIST_LENGTH, ids->len));
        if (!scan(loader, model->naming, named->table, model->present, where, named->func, error))
            return false;
    }
    return true;
}

/* The first reading of a table. */
static bool
scan_first(CgLoader *loader, CgTableName table, const char *where, CgRowsOf *rows, CgRowFunc func,
           GError **error)
{
    const CgModel *model = loader->model;
    if (!scan_table(loader, model->naming, table, model->present, where, func, error))
        return false;
    cg_id_index_build(&rows->index, rows->id, rows->n);
    return true;
}

static bool
scan_volumes_and_snapshots(CgLoader *loader, GError **error)
{
    CgModel *model = loader->model;
    CgRowsOf *volumes = &model->volumes.rows, *snapshots = &model->snapshots.rows;
    bool all = loader->options->all_volumes, with_snapshots = has_snapshots(loader);
    bool full = wants(loader, CG_VOLUME_SNAPSHOT);
    const char *group = cg_naming_column(model->naming, CG_VOLUME_GROUP);
    g_autofree char *grouped = grouped_condition(loader);
    g_autofree char *taken = taken_condition(loader);
    g_autofree char *snapshots_of_members =
        g_strdup_printf("SELECT snapshot_id FROM volumes WHERE %s IS NOT NULL", group);
    g_autofree char *sources_of_members =
        g_strdup_printf("SELECT source_volid FROM volumes WHERE %s", grouped);
    g_autofree char *volumes_of_both = g_strdup_printf(
        "%s UNION ALL SELECT volume_id FROM snapshots WHERE %s", sources_of_members, taken);
    bool also = full && with_snapshots;
    const Named of_members = { CG_TABLE_SNAPSHOTS,           snapshots,
                               { &model->volumes.snapshot }, taken,
                               snapshots_of_members,         cg_load_snapshot };
    const Named sources = { CG_TABLE_VOLUMES,
                            volumes,
                            { &model->volumes.source, also ? &model->snapshots.volume : NULL },
                            grouped,
                            also ? volumes_of_both : sources_of_members,
                            cg_load_volume };
    return scan_first(loader, CG_TABLE_VOLUMES, all ? NULL : grouped, volumes, cg_load_volume,
                      error) &&
           (!with_snapshots ||
            scan_first(loader, CG_TABLE_SNAPSHOTS, taken, snapshots, cg_load_snapshot, error)) &&
           (!also || scan_named(loader, &of_members, error)) &&
           (all || scan_named(loader, &sources, error));
}

static bool
scan_listed(CgLoader *loader, CgTableName table, CgRowFlags flag, GError **error)
{
    g_array_set_size(loader->listed, 0);
    if (!scan(loader, loader->model->naming, table, loader->model->present, NULL, cg_load_listed,
              error))
        return false;
    cg_model_mark_volumes(loader->model, (const CgId *)(void *)loader->listed->data,
                          loader->listed->len, flag);
    return true;
}

/* ---- the era before ---- */

static bool
find_moved_kinds(CgLoader *loader, GError **error)
{
    const char *sql = cg_naming_moved_kind_sql(loader->model->naming);
    int there = sql == NULL ? 0 : cg_db_has(loader->db, "group_types", "name", error);
    if (there <= 0)
        return there == 0;
    g_autoptr(CgRows) rows = cg_db_query(loader->db, sql, NULL, 0, error);
    if (rows == NULL)
        return false;
    int more;
    while ((more = cg_rows_next(rows, error)) > 0) {
        CgValue value = cg_rows_value(rows, 0);
        if (value.type != CG_BYTES || value.s.n == 0)
            continue;
        CgId id = cg_id_make(loader->model->strings, value.s.p, value.s.n);
        g_array_append_val(loader->kinds, id);
    }
    return more == 0;
}

static bool
scan_earlier(CgLoader *loader, CgTableName table, CgRowsOf *rows, CgRowFunc func, GError **error)
{
    cg_id_index_build(&rows->index, rows->id, rows->n);
    const CgNaming *before = cg_naming_before(loader->model->naming);
    if (before == NULL)
        return true;
    uint64_t present = 0;
    if (!probe_table(loader, before, table, &present, error) ||
        !scan_table(loader, before, table, present, NULL, func, error))
        return false;
    cg_id_index_build(&rows->index, rows->id, rows->n);
    return true;
}

/* Times that only say when a row was moved prove nothing. */
static void
forget_lost_times(CgModel *model)
{
    CgRowsOf *groups = &model->groups.rows, *cgsnapshots = &model->cgsnapshots.rows;
    for (uint32_t i = 0; i < groups->n; i++)
        if ((groups->flags[i] & CG_ROW_TIME_LOST) != 0)
            groups->created_at[i] = CG_TIME_NONE;
    for (uint32_t i = 0; cgsnapshots->created_at != NULL && i < cgsnapshots->n; i++) {
        CgRef group = model->cgsnapshots.group.at[i];
        bool moved = cg_ref_is_row(group) &&
                     (groups->flags[group] & (CG_ROW_TIME_LOST | CG_ROW_TWIN_TIME)) != 0;
        if (moved && (cgsnapshots->flags[i] & (CG_ROW_TWIN_TIME | CG_ROW_EARLIER)) == 0)
            cgsnapshots->created_at[i] = CG_TIME_NONE;
    }
}

/* ---- the whole ---- */

static bool
read_horizon(const CgValue *row, void *data, GError **error)
{
    (void)error;
    if (row[0].type == CG_TIME)
        *(int64_t *)data = row[0].i;
    return true;
}

static bool
find_horizons(CgLoader *loader, GError **error)
{
    static const CgField deleted_at[] = { CG_GROUP_DELETED_AT, CG_CGSNAPSHOT_DELETED_AT,
                                          CG_VOLUME_DELETED_AT, CG_SNAPSHOT_DELETED_AT };
    static const CgColumn oldest = { "min(deleted_at)", CG_TIME };
    for (size_t i = 0; loader->options->horizon && i < G_N_ELEMENTS(deleted_at); i++) {
        CgTableName table = cg_field_table(deleted_at[i]);
        CgScan one = { &oldest, 1, cg_naming_table(loader->model->naming, table),
                       "deleted IS TRUE" };
        if (reads(loader, deleted_at[i]) &&
            !cg_db_scan(loader->db, &one, read_horizon, &loader->model->horizon[table], error))
            return false;
    }
    return true;
}

static bool
load_tables(CgLoader *loader, GError **error)
{
    CgModel *model = loader->model;
    const CgNaming *naming = model->naming;
    uint64_t present = model->present;
    if (!find_moved_kinds(loader, error) ||
        !scan_table(loader, naming, CG_TABLE_GROUPS, present, NULL, cg_load_group, error) ||
        !scan_earlier(loader, CG_TABLE_GROUPS, &model->groups.rows, cg_load_earlier_group, error) ||
        !scan_table(loader, naming, CG_TABLE_CGSNAPSHOTS, present, NULL, cg_load_cgsnapshot,
                    error) ||
        !scan_earlier(loader, CG_TABLE_CGSNAPSHOTS, &model->cgsnapshots.rows,
                      cg_load_earlier_cgsnapshot, error) ||
        !scan_volumes_and_snapshots(loader, error))
        return false;
    cg_id_index_build(&model->volumes.rows.index, model->volumes.rows.id, model->volumes.rows.n);
    return scan_listed(loader, CG_TABLE_CACHE, CG_ROW_CACHE, error) &&
           scan_listed(loader, CG_TABLE_BACKUPS, CG_ROW_BACKUP, error) &&
           find_horizons(loader, error);
}

static bool
load_head(CgLoader *loader, GError **error)
{
    CgModel *model = loader->model;
    model->server = g_strdup(cg_db_server(loader->db));
    model->loaded_at = cg_time_now();
    model->position = cg_db_position(loader->db, error);
    return model->position != NULL &&
           cg_naming_moved_away(loader->db, model->naming, &model->moved_away, error);
}

static bool
load_in_snapshot(CgLoader *loader, GError **error)
{
    const char *example;
    int64_t unreadable = cg_db_unreadable(loader->db, NULL);
    g_autoptr(CgTx) tx = cg_tx_begin(loader->db, CG_TX_READ, error);
    if (tx == NULL)
        return false;
    CgModel *model = loader->model;
    model->naming = loader->options->naming != NULL ? loader->options->naming
                                                    : cg_naming_detect(loader->db, error);
    if (model->naming == NULL)
        return false;
    loader->read |= cg_naming_before(model->naming) != NULL ? READ_BEFORE : 0;
    if (!probe(loader, error) || !load_head(loader, error) || !load_tables(loader, error))
        return false;
    model->unreadable = cg_db_unreadable(loader->db, &example) - unreadable;
    model->unreadable_example = model->unreadable > 0 ? g_strdup(example) : NULL;
    return cg_tx_commit(tx, error);
}

static CgModel *
load_once(CgDb *db, const CgLoadOptions *options, GError **error)
{
    g_autoptr(CgModel) model = cg_model_new(options->naming);
    g_autoptr(GArray) kinds = g_array_new(FALSE, FALSE, sizeof(CgId));
    g_autoptr(GArray) listed = g_array_new(FALSE, FALSE, sizeof(CgId));
    CgLoader loader = { .db = db,
                        .options = options,
                        .model = model,
                        .kinds = kinds,
                        .listed = listed,
                        .read = READ_ALWAYS | options->fields };
    cg_model_want(model, options->fields);
    model->all_volumes = options->all_volumes;
    if (!load_in_snapshot(&loader, error))
        return NULL;
    cg_model_resolve(model);
    forget_lost_times(model);
    return g_steal_pointer(&model);
}

CgModel *
cg_model_load(CgDb *db, const CgLoadOptions *options, GError **error)
{
    for (int reloads = 0;; reloads++) {
        GError *failure = NULL;
        CgModel *model = load_once(db, options, &failure);
        if (model != NULL) {
            model->reloads = reloads;
            return model;
        }
        if (reloads == RELOADS ||
            !g_error_matches(failure, CG_DB_ERROR, CG_DB_ERROR_SERIALIZATION)) {
            g_propagate_error(error, failure);
            return NULL;
        }
        g_error_free(failure);
    }
}
