/* Groups, volumes and lineage as tables and documents; see show.h. */
#include "engine/show.h"

#include "base/json.h"
#include "base/table.h"
#include "engine/origin.h"
#include "engine/record.h"

/* Deeper lines are cut: the table library prints no cycles, and quadratically. */
enum { MAX_DEPTH = 20, MAX_LINES = 200 };

typedef struct {
    CgGroup *group;
    char *reason; /* of its `error`; or NULL */
    GPtrArray *volumes;
    GPtrArray *up; /* of char *: ids, the nearest first; the last may be of a dead or absent row */
    GPtrArray *down; /* of Descendant, depth first */
} View;

typedef struct {
    CgGroup *group;
    unsigned depth; /* 1: made from the group itself */
} Descendant;

static void
free_descendant(void *data)
{
    Descendant *descendant = data;
    cg_group_free(descendant->group);
    g_free(descendant);
}

static void
view_clear(View *view)
{
    cg_group_free(view->group);
    g_free(view->reason);
    g_clear_pointer(&view->volumes, g_ptr_array_unref);
    g_clear_pointer(&view->up, g_ptr_array_unref);
    g_clear_pointer(&view->down, g_ptr_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(View, view_clear)

/* ---- reading ---- */

/* What the row names as its source group: directly, or as the group of its cgsnapshot, whatever
 * became of either. *out_parent is allocated, NULL at the top. */
static bool
find_parent(CgDb *db, const char *id, char **out_parent, GError **error)
{
    const CgValue param = cg_text(id);
    g_autoptr(CgRows) rows =
        cg_db_query(db,
                    "SELECT coalesce(g.source_cg_id, s.consistencygroup_id)"
                    " FROM consistencygroups g LEFT JOIN cgsnapshots s ON s.id = g.cgsnapshot_id"
                    " WHERE g.id = $1",
                    &param, 1, error);
    int more = rows != NULL ? cg_rows_next(rows, error) : -1;
    if (more > 0)
        *out_parent = cg_rows_text_dup(rows, 0);
    return more >= 0;
}

static bool
is_listed(GPtrArray *ids, const char *id)
{
    return g_ptr_array_find_with_equal_func(ids, id, g_str_equal, NULL);
}

static bool
read_up(View *view, CgDb *db, GError **error)
{
    view->up = g_ptr_array_new_with_free_func(g_free);
    const char *id = view->group->id;
    while (view->up->len < MAX_DEPTH) {
        g_autofree char *parent = NULL;
        if (!find_parent(db, id, &parent, error))
            return false;
        if (parent == NULL || *parent == '\0')
            return true;
        bool cycle = is_listed(view->up, parent) || strcmp(parent, view->group->id) == 0;
        id = parent;
        g_ptr_array_add(view->up, g_steal_pointer(&parent));
        if (cycle)
            return true;
    }
    return true;
}

/* Puts them behind their parent, whose place is `at`: so the list is in depth-first order. */
static bool
read_children(View *view, CgDb *db, const char *id, unsigned depth, guint at, GError **error)
{
    const CgValue param = cg_text(id);
    g_autoptr(GPtrArray) children =
        cg_group_load(db,
                      "source_cg_id = $1 OR cgsnapshot_id IN"
                      " (SELECT id FROM cgsnapshots WHERE consistencygroup_id = $1)",
                      &param, 1, error);
    while (children != NULL && children->len > 0 && view->down->len < MAX_LINES) {
        Descendant *descendant = g_new(Descendant, 1);
        *descendant = (Descendant){ g_ptr_array_steal_index(children, 0), depth };
        g_ptr_array_insert(view->down, (int)at++, descendant);
    }
    return children != NULL;
}

static bool
read_down(View *view, CgDb *db, GError **error)
{
    view->down = g_ptr_array_new_with_free_func(free_descendant);
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    g_hash_table_add(seen, view->group->id);
    if (!read_children(view, db, view->group->id, 1, 0, error))
        return false;
    for (guint i = 0; i < view->down->len; i++) {
        const Descendant *next = g_ptr_array_index(view->down, i);
        if (next->depth < MAX_DEPTH && g_hash_table_add(seen, next->group->id) &&
            !read_children(view, db, next->group->id, next->depth + 1, i + 1, error))
            return false;
    }
    return true;
}

static bool
read_view(View *view, CgDb *db, const char *group_id, bool lineage, GError **error)
{
    const CgValue id = cg_text(group_id);
    g_autoptr(CgTx) tx = cg_tx_begin(db, CG_TX_READ, error);
    g_autoptr(GPtrArray) groups = tx != NULL ? cg_group_load(db, "id = $1", &id, 1, error) : NULL;
    if (groups == NULL)
        return false;
    if (groups->len == 0) {
        cg_engine_error_set(error, CG_ENGINE_ERROR_NOT_FOUND, NULL,
                            "there is no consistency group \"%s\"", group_id);
        return false;
    }
    view->group = g_ptr_array_steal_index(groups, 0);
    view->volumes = cg_volume_load(db, "consistencygroup_id = $1", &id, 1, error);
    if (view->volumes == NULL ||
        (lineage && (!read_up(view, db, error) || !read_down(view, db, error))))
        return false;
    view->reason = cg_record_reason(db, group_id);
    return true;
}

/* ---- documents ---- */

static void
group_json(CgJson *json, const char *key, const CgGroup *group)
{
    cg_json_object(json, key);
    cg_json_text(json, "id", group->id);
    cg_json_text(json, "name", group->name);
    cg_json_text(json, "status", group->status);
    cg_json_text(json, "source_cg_id", group->source_cg_id);
    cg_json_text(json, "cgsnapshot_id", group->cgsnapshot_id);
}

static void
view_json(const View *view)
{
    g_autoptr(CgJson) json = cg_json_begin(stdout);
    group_json(json, "consistencygroup", view->group);
    cg_json_close(json);
    cg_json_array(json, "volumes");
    for (guint i = 0; i < view->volumes->len; i++) {
        const CgVolume *volume = g_ptr_array_index(view->volumes, i);
        cg_json_object(json, NULL);
        cg_json_text(json, "id", volume->id);
        cg_json_text(json, "source_volid", volume->source_volid);
        cg_json_text(json, "snapshot_id", volume->snapshot_id);
        cg_json_int(json, "size", volume->size);
        cg_json_text(json, "status", volume->status);
        cg_json_close(json);
    }
    cg_json_close(json);
    if (view->up == NULL)
        return;
    cg_json_text(json, "reason", view->reason);
    cg_json_array(json, "up");
    for (guint i = 0; i < view->up->len; i++)
        cg_json_text(json, NULL, g_ptr_array_index(view->up, i));
    cg_json_close(json);
    cg_json_array(json, "down");
    for (guint i = 0; i < view->down->len; i++) {
        const Descendant *descendant = g_ptr_array_index(view->down, i);
        group_json(json, NULL, descendant->group);
        cg_json_int(json, "depth", descendant->depth);
        cg_json_close(json);
    }
    cg_json_close(json);
}

/* ---- tables ---- */

static void
print_line(const char *label, const char *value)
{
    if (value != NULL)
        printf("%-12s %s\n", label, value);
}

static void
print_group(const View *view)
{
    const CgGroup *group = view->group;
    const char *const lines[][2] = {
        { "group", group->id },
        { "name", group->name },
        { "description", group->description },
        { "status", group->status },
        { "reason", view->reason },
        { "project", group->project_id },
        { "host", group->host },
        { "zone", group->availability_zone },
        { "created", group->created_at },
        { "source", group->source_cg_id },
        { "cgsnapshot", group->cgsnapshot_id },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(lines); i++)
        print_line(lines[i][0], lines[i][1]);
}

static void
print_volumes(const GPtrArray *volumes)
{
    static const CgTableColumn columns[] = {
        { "volume", 0 }, { "made from", 0 }, { "GiB", CG_TABLE_RIGHT }, { "status", 0 }
    };
    g_autoptr(CgTable) table = cg_table_new(columns, G_N_ELEMENTS(columns));
    for (guint i = 0; i < volumes->len; i++) {
        const CgVolume *volume = g_ptr_array_index(volumes, i);
        g_autofree char *size = g_strdup_printf("%" G_GINT64_FORMAT, volume->size);
        const char *from =
            volume->source_volid != NULL ? volume->source_volid : volume->snapshot_id;
        cg_table_row(table, volume->id, from, size, volume->status);
    }
    printf("\n");
    cg_table_print(table, stdout);
}

static void
print_lineage(const View *view)
{
    if (view->up->len + view->down->len > 0)
        printf("\nlineage\n");
    for (guint i = view->up->len; i > 0; i--)
        printf("  %s\n", (const char *)g_ptr_array_index(view->up, i - 1));
    if (view->up->len + view->down->len > 0)
        printf("> %s\n", view->group->id);
    for (guint i = 0; i < view->down->len; i++) {
        const Descendant *descendant = g_ptr_array_index(view->down, i);
        printf("  %*s%s  %s\n", (int)descendant->depth * 2, "", descendant->group->id,
               descendant->group->name != NULL ? descendant->group->name : "");
    }
}

static bool
show(CgEngine *engine, const char *group_id, bool lineage, bool json, GError **error)
{
    g_auto(View) view = { 0 };
    if (!read_view(&view, engine->db, group_id, lineage, error))
        return false;
    if (json) {
        view_json(&view);
        return true;
    }
    print_group(&view);
    print_volumes(view.volumes);
    if (lineage)
        print_lineage(&view);
    return true;
}

bool
cg_engine_show_created(CgEngine *engine, const char *group_id, bool json, GError **error)
{
    return show(engine, group_id, false, json, error);
}

bool
cg_engine_show(CgEngine *engine, const char *group_id, bool json, GError **error)
{
    return show(engine, group_id, true, json, error);
}

/* ---- lists ---- */

static void
list_json(const GPtrArray *groups)
{
    g_autoptr(CgJson) json = cg_json_begin(stdout);
    cg_json_array(json, "consistencygroups");
    for (guint i = 0; i < groups->len; i++) {
        group_json(json, NULL, g_ptr_array_index(groups, i));
        cg_json_close(json);
    }
    cg_json_close(json);
}

static void
list_table(const GPtrArray *groups)
{
    static const CgTableColumn columns[] = { { "group", 0 },
                                             { "name", CG_TABLE_CUT },
                                             { "status", 0 },
                                             { "project", 0 },
                                             { "made from", 0 } };
    g_autoptr(CgTable) table = cg_table_new(columns, G_N_ELEMENTS(columns));
    for (guint i = 0; i < groups->len; i++) {
        const CgGroup *group = g_ptr_array_index(groups, i);
        g_autofree char *from = group->source_cg_id != NULL ? g_strdup(group->source_cg_id)
                                : group->cgsnapshot_id != NULL
                                    ? g_strdup_printf("cgsnapshot %s", group->cgsnapshot_id)
                                    : NULL;
        cg_table_row(table, group->id, group->name, group->status, group->project_id, from);
    }
    cg_table_print(table, stdout);
}

bool
cg_engine_list(CgEngine *engine, const char *project_id, bool json, GError **error)
{
    const CgValue param = cg_text(project_id);
    g_autoptr(GPtrArray) groups =
        cg_group_load(engine->db, project_id != NULL ? "project_id = $1" : "1 = 1", &param,
                      project_id != NULL ? 1 : 0, error);
    if (groups == NULL)
        return false;
    if (json)
        list_json(groups);
    else if (groups->len == 0)
        printf("no consistency groups\n");
    else
        list_table(groups);
    return true;
}

/* ---- recover ---- */

static const char *const recovered_words[] = {
    [CG_RECOVERED_FINISHED] = "finished", [CG_RECOVERED_FAILED] = "error",
    [CG_RECOVERED_BUSY] = "busy",         [CG_RECOVERED_LEFT] = "left",
    [CG_RECOVERED_DROPPED] = "dropped",
};

/* Where the state says that something is to be done the hint stands below. */
static void
print_recovered(const char *word, const CgRecovered *one)
{
    bool is_open = one->state == CG_RECOVERED_LEFT || one->state == CG_RECOVERED_DROPPED;
    printf("%-8s %s%s%s\n", word, one->group_id, one->reason != NULL ? "  " : "",
           one->reason != NULL ? one->reason : "");
    if (is_open && one->hint != NULL)
        printf("%-8s hint: %s\n", "", one->hint);
}

void
cg_engine_print_recovered(const GPtrArray *recovered, bool json)
{
    g_autoptr(CgJson) out = json ? cg_json_begin(stdout) : NULL;
    if (json)
        cg_json_array(out, "recovered");
    else if (recovered->len == 0)
        printf("nothing to recover\n");
    for (guint i = 0; i < recovered->len; i++) {
        const CgRecovered *one = g_ptr_array_index(recovered, i);
        const char *word = recovered_words[one->state];
        if (!json) {
            print_recovered(word, one);
            continue;
        }
        cg_json_object(out, NULL);
        cg_json_text(out, "id", one->group_id);
        cg_json_text(out, "state", word);
        cg_json_text(out, "reason", one->reason);
        cg_json_text(out, "hint", one->hint);
        cg_json_close(out);
    }
}
