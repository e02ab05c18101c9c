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

enum { RELOADS = 3 };

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

/* Names and descriptions are long, and seldom of interest: the database leaves the others out. */
static const char *
expression(CgField field, const char *column)
{
    if (field == CG_VOLUME_NAME)
        return "CASE WHEN substr(display_name, 1, 6) = '" CACHE_NAME
               "' OR substr(display_name, 1, 11) = '" BACKUP_NAME "' THEN display_name END";
    if (field == CG_VOLUME_DESCRIPTION)
        return "CASE WHEN substr(display_description, 1, 17) = '" GHOST_DESCRIPTION
               "' THEN '" GHOST_DESCRIPTION "' END";
    return column;
}

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
            (CgColumn){ expression(field, cg_naming_column(naming, field)), cg_field_type(field) };
    }
}

/* Scans `from`, by default the table itself; a table that is not there has no rows. */
static bool
scan(CgLoader *loader, const CgNaming *naming, CgTableName table, uint64_t present,
     const char *from, CgRowFunc func, GError **error)
{
    choose_columns(loader, naming, table, present);
    if (loader->n_columns == 0)
        return true;
    const char *name = cg_naming_table(naming, table);
    g_autofree char *what = g_strdup_printf("reading %s", name);
    g_autoptr(CgProgress) progress =
        loader->options->quiet ? NULL : cg_progress_begin(what, "rows", 0);
    loader->progress = progress;
    loader->rows = 0;
    CgScan what_to_scan = { loader->columns, loader->n_columns, from != NULL ? from : name, NULL };
    GError *failure = NULL; /* the row functions look at it */
    bool ok = cg_db_scan(loader->db, &what_to_scan, func, loader, &failure);
    loader->progress = NULL;
    if (!ok)
        g_propagate_error(error, failure);
    return ok;
}

/*
 * One query for rows that meet `first` and those that `then` adds. An OR of the two would make
 * PostgreSQL search a list for each row once it thinks the list too long for a hash table.
 */
static char *
from_either(const char *table, const char *first, const char *then)
{
    return g_strdup_printf("(SELECT * FROM %s WHERE %s UNION ALL "
                           "SELECT * FROM %s WHERE (%s) IS NOT TRUE AND id IN (%s)) AS wanted",
                           table, first, table, first, then);
}

static bool
reads(const CgLoader *loader, CgField field)
{
    return (loader->model->present & BIT(field)) != 0;
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
    if ((loader->options->fields & BIT(CG_VOLUME_SNAPSHOT)) != 0) {
        g_string_append(text, " OR source_volid = ''");
        if (reads(loader, CG_VOLUME_SNAPSHOT))
            g_string_append(text, " OR snapshot_id = ''");
    }
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

static bool
scan_volumes(CgLoader *loader, GError **error)
{
    CgModel *model = loader->model;
    const char *group = cg_naming_column(model->naming, CG_VOLUME_GROUP);
    if (loader->options->all_volumes)
        return scan(loader, model->naming, CG_TABLE_VOLUMES, model->present, NULL, cg_load_volume,
                    error);
    g_autofree char *grouped = grouped_condition(loader);
    g_autoptr(GString) then = g_string_new(NULL);
    g_string_printf(then, "SELECT source_volid FROM volumes WHERE %s IS NOT NULL", group);
    if (has_snapshots(loader) && (loader->options->fields & BIT(CG_VOLUME_SNAPSHOT)) != 0) {
        g_autofree char *taken = taken_condition(loader);
        g_string_append_printf(then, " UNION ALL SELECT volume_id FROM snapshots WHERE %s", taken);
    }
    g_autofree char *from = from_either("volumes", grouped, then->str);
    return scan(loader, model->naming, CG_TABLE_VOLUMES, model->present, from, cg_load_volume,
                error);
}

static bool
scan_snapshots(CgLoader *loader, GError **error)
{
    CgModel *model = loader->model;
    if (!has_snapshots(loader))
        return true;
    g_autofree char *taken = taken_condition(loader);
    g_autofree char *from = NULL;
    if ((loader->options->fields & BIT(CG_VOLUME_SNAPSHOT)) != 0 &&
        reads(loader, CG_VOLUME_SNAPSHOT)) {
        g_autofree char *then =
            g_strdup_printf("SELECT snapshot_id FROM volumes WHERE %s IS NOT NULL",
                            cg_naming_column(model->naming, CG_VOLUME_GROUP));
        from = from_either("snapshots", taken, then);
    } else {
        from = g_strdup_printf("(SELECT * FROM snapshots WHERE %s) AS wanted", taken);
    }
    return scan(loader, model->naming, CG_TABLE_SNAPSHOTS, model->present, from, cg_load_snapshot,
                error);
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
        !scan(loader, before, table, present, NULL, func, error))
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
        !scan(loader, naming, CG_TABLE_GROUPS, present, NULL, cg_load_group, error) ||
        !scan_earlier(loader, CG_TABLE_GROUPS, &model->groups.rows, cg_load_earlier_group, error) ||
        !scan(loader, naming, CG_TABLE_CGSNAPSHOTS, present, NULL, cg_load_cgsnapshot, error) ||
        !scan_earlier(loader, CG_TABLE_CGSNAPSHOTS, &model->cgsnapshots.rows,
                      cg_load_earlier_cgsnapshot, error) ||
        !scan_volumes(loader, error))
        return false;
    cg_id_index_build(&model->volumes.rows.index, model->volumes.rows.id, model->volumes.rows.n);
    return scan_snapshots(loader, error) &&
           scan_listed(loader, CG_TABLE_CACHE, CG_ROW_CACHE, error) &&
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
