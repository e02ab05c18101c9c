/* Groups, volumes and lineage as tables and documents; see show.h. */
#include "engine/show.h"

#include "base/json.h"
#include "base/table.h"
#include "base/term.h"
#include "engine/descent.h"
#include "engine/origin.h"
#include "engine/record.h"

/* Of text: no more lines of a group's ancestors, and of its descendants; nor further to the right.
 */
enum { MAX_UP = 20, MAX_DOWN = 200, MAX_INDENT = 20 };

typedef struct {
    CgGroup *group;
    char *reason; /* of its `error`; or NULL */
    GPtrArray *volumes;
    CgDescent *descent; /* NULL: not asked for */
} View;

static void
view_clear(View *view)
{
    cg_group_free(view->group);
    g_free(view->reason);
    g_clear_pointer(&view->volumes, g_ptr_array_unref);
    cg_descent_free(view->descent);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(View, view_clear)

/* ---- reading ---- */

static bool
read_view(View *view, CgEngine *engine, const char *word, const char *scope, bool lineage,
          GError **error)
{
    g_autoptr(CgTx) tx = cg_tx_begin(engine->db, CG_TX_READ, error);
    view->group = tx != NULL ? cg_origin_find_group(engine->db, word, scope, error) : NULL;
    if (view->group == NULL)
        return false;
    const CgValue id = cg_text(view->group->id);
    view->volumes = cg_volume_load(engine->db, "consistencygroup_id = $1", &id, 1, error);
    if (view->volumes == NULL)
        return false;
    view->descent = lineage ? cg_descent_read(engine, view->group->id, error) : NULL;
    if (lineage && view->descent == NULL)
        return false;
    view->reason = cg_record_reason(engine->db, view->group->id);
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
view_json(const View *view, FILE *file)
{
    g_autoptr(CgJson) json = cg_json_begin(file);
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
    if (view->descent == NULL)
        return;
    cg_json_text(json, "reason", view->reason);
    cg_json_array(json, "up");
    const CgDescent *descent = view->descent;
    for (guint i = 0; i < descent->up->len; i++)
        cg_json_text(json, NULL, g_ptr_array_index(descent->up, i));
    cg_json_close(json);
    cg_json_array(json, "down");
    for (guint i = 0; i < descent->down->len; i++) {
        const CgDescendant *descendant = &g_array_index(descent->down, CgDescendant, i);
        group_json(json, NULL, descendant->group);
        cg_json_int(json, "depth", descendant->depth);
        cg_json_close(json);
    }
    cg_json_close(json);
}

/* ---- tables ---- */

static void
print_line(FILE *file, const char *label, const char *value)
{
    if (value == NULL)
        return;
    g_autofree char *text = cg_term_printable(value, false);
    fprintf(file, "%-12s %s\n", label, text);
}

static void
print_group(const View *view, FILE *file)
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
        print_line(file, lines[i][0], lines[i][1]);
}

static void
print_volumes(const GPtrArray *volumes, FILE *file)
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
    fprintf(file, "\n");
    cg_table_print(table, file);
}

static void
print_up(const GPtrArray *up, FILE *file)
{
    if (up->len > MAX_UP)
        fprintf(file, "  … and %u more above; --format json has them all\n", up->len - MAX_UP);
    for (guint i = MIN(up->len, MAX_UP); i > 0; i--) {
        g_autofree char *id = cg_term_printable(g_ptr_array_index(up, i - 1), false);
        fprintf(file, "  %s\n", id);
    }
}

static void
print_down(const GArray *down, FILE *file)
{
    for (guint i = 0; i < MIN(down->len, MAX_DOWN); i++) {
        const CgDescendant *descendant = &g_array_index(down, CgDescendant, i);
        const CgGroup *group = descendant->group;
        g_autofree char *id = cg_term_printable(group->id, false);
        g_autofree char *name = cg_term_printable(group->name != NULL ? group->name : "", false);
        fprintf(file, "  %*s%s  %s\n", (int)MIN(descendant->depth, MAX_INDENT) * 2, "", id, name);
    }
    if (down->len > MAX_DOWN)
        fprintf(file, "  … and %u more below; --format json has them all\n", down->len - MAX_DOWN);
}

static void
print_lineage(const View *view, FILE *file)
{
    const CgDescent *descent = view->descent;
    if (descent->up->len + descent->down->len == 0)
        return;
    fprintf(file, "\nlineage\n");
    print_up(descent->up, file);
    g_autofree char *id = cg_term_printable(view->group->id, false);
    fprintf(file, "> %s\n", id);
    print_down(descent->down, file);
}

static bool
show(CgEngine *engine, const char *word, const char *scope, bool lineage, CgShowOut out,
     GError **error)
{
    g_auto(View) view = { 0 };
    if (!read_view(&view, engine, word, scope, lineage, error))
        return false;
    if (out.json) {
        view_json(&view, out.file);
        return true;
    }
    print_group(&view, out.file);
    print_volumes(view.volumes, out.file);
    if (lineage)
        print_lineage(&view, out.file);
    return true;
}

bool
cg_engine_show_created(CgEngine *engine, const char *group_id, CgShowOut out, GError **error)
{
    return show(engine, group_id, NULL, false, out, error);
}

bool
cg_engine_show(CgEngine *engine, const char *word, const char *scope, CgShowOut out, GError **error)
{
    return show(engine, word, scope, true, out, error);
}

/* ---- lists ---- */

static void
list_json(const GPtrArray *groups, FILE *file)
{
    g_autoptr(CgJson) json = cg_json_begin(file);
    cg_json_array(json, "consistencygroups");
    for (guint i = 0; i < groups->len; i++) {
        group_json(json, NULL, g_ptr_array_index(groups, i));
        cg_json_close(json);
    }
    cg_json_close(json);
}

static void
list_table(const GPtrArray *groups, FILE *file)
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
    cg_table_print(table, file);
}

bool
cg_engine_list(CgEngine *engine, const char *scope, CgShowOut out, GError **error)
{
    const CgValue param = cg_text(scope);
    g_autoptr(GPtrArray) groups = cg_group_load(
        engine->db, scope != NULL ? "project_id = $1" : "1 = 1", &param, scope != NULL, error);
    if (groups == NULL)
        return false;
    if (out.json)
        list_json(groups, out.file);
    else if (groups->len == 0)
        fprintf(out.file, "no consistency groups\n");
    else
        list_table(groups, out.file);
    return true;
}
