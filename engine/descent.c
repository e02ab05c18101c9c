/* See descent.h. */
#include "engine/descent.h"

void
cg_descent_free(CgDescent *descent)
{
    if (descent == NULL)
        return;
    g_clear_pointer(&descent->up, g_ptr_array_unref);
    g_clear_pointer(&descent->down, g_array_unref);
    g_clear_pointer(&descent->groups, g_ptr_array_unref);
    g_free(descent);
}

/* Rows of id and source. `where` is about the row g. */
static CgRows *
query_sources(CgEngine *engine, const char *where, const CgValue *params, size_t n, GError **error)
{
    g_autofree char *sql = g_strdup_printf(
        "SELECT g.id, coalesce(nullif(g.source_cg_id, ''),%s nullif(s.consistencygroup_id, ''))"
        " FROM consistencygroups g LEFT JOIN cgsnapshots s ON s.id = g.cgsnapshot_id"
        " WHERE %s ORDER BY g.id",
        engine->has_upstream ? " nullif(g.source_cgid, '')," : "", where);
    return cg_db_query(engine->db, sql, params, n, error);
}

/* ---- up ---- */

/* *out_source is allocated, NULL at the top. */
static bool
find_source(CgEngine *engine, const char *id, char **out_source, GError **error)
{
    const CgValue param = cg_text(id);
    g_autoptr(CgRows) rows = query_sources(engine, "g.id = $1", &param, 1, error);
    int more = rows != NULL ? cg_rows_next(rows, error) : -1;
    if (more > 0)
        *out_source = cg_rows_text_dup(rows, 1);
    return more >= 0;
}

static bool
read_up(CgDescent *descent, CgEngine *engine, const char *group_id, GError **error)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    const char *id = group_id;
    descent->up = g_ptr_array_new_with_free_func(g_free);
    while (g_hash_table_add(seen, (void *)id)) {
        char *source = NULL;
        if (!find_source(engine, id, &source, error))
            return false;
        if (source == NULL)
            break;
        g_ptr_array_add(descent->up, source);
        id = source;
    }
    return true;
}

/* ---- down ---- */

static GHashTable *
index_by_id(const GPtrArray *groups)
{
    GHashTable *by_id = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < groups->len; i++) {
        CgGroup *group = g_ptr_array_index(groups, i);
        g_hash_table_insert(by_id, group->id, group);
    }
    return by_id;
}

static void
add_child(GHashTable *children, char *source, CgGroup *child)
{
    GPtrArray *list = g_hash_table_lookup(children, source);
    if (list == NULL) {
        list = g_ptr_array_new();
        g_hash_table_insert(children, g_strdup(source), list);
    }
    g_ptr_array_add(list, child);
}

static void
free_list(void *list)
{
    g_ptr_array_unref(list);
}

/* By the id of their source: the live groups that name it, in the order of their ids. */
static GHashTable *
read_children(CgEngine *engine, const GPtrArray *groups, GError **error)
{
    g_autoptr(GHashTable) by_id = index_by_id(groups);
    g_autoptr(GHashTable) children =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_list);
    g_autoptr(CgRows) rows = query_sources(engine, "g.deleted = FALSE", NULL, 0, error);
    int more = rows != NULL ? cg_rows_next(rows, error) : -1;
    while (more > 0) {
        g_autofree char *id = cg_rows_text_dup(rows, 0);
        g_autofree char *source = cg_rows_text_dup(rows, 1);
        CgGroup *child = id != NULL ? g_hash_table_lookup(by_id, id) : NULL;
        if (source != NULL && child != NULL)
            add_child(children, source, child);
        more = cg_rows_next(rows, error);
    }
    return more == 0 ? g_steal_pointer(&children) : NULL;
}

/* The last child first: so the first is on top. */
static void
push(GArray *stack, GHashTable *children, const char *id, unsigned depth)
{
    const GPtrArray *list = g_hash_table_lookup(children, id);
    for (guint i = list != NULL ? list->len : 0; i > 0; i--) {
        const CgDescendant child = { g_ptr_array_index(list, i - 1), depth };
        g_array_append_val(stack, child);
    }
}

static bool
read_down(CgDescent *descent, CgEngine *engine, const char *group_id, GError **error)
{
    descent->groups = cg_group_load(engine->db, "1 = 1", NULL, 0, error);
    g_autoptr(GHashTable) children =
        descent->groups != NULL ? read_children(engine, descent->groups, error) : NULL;
    if (children == NULL)
        return false;
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GArray) stack = g_array_new(FALSE, FALSE, sizeof(CgDescendant));
    descent->down = g_array_new(FALSE, FALSE, sizeof(CgDescendant));
    g_hash_table_add(seen, (void *)group_id);
    push(stack, children, group_id, 1);
    while (stack->len > 0) {
        CgDescendant next = g_array_index(stack, CgDescendant, stack->len - 1);
        g_array_set_size(stack, stack->len - 1);
        g_array_append_val(descent->down, next);
        if (g_hash_table_add(seen, next.group->id))
            push(stack, children, next.group->id, next.depth + 1);
    }
    return true;
}

CgDescent *
cg_descent_read(CgEngine *engine, const char *group_id, GError **error)
{
    g_autoptr(CgDescent) descent = g_new0(CgDescent, 1);
    if (!read_up(descent, engine, group_id, error) || !read_down(descent, engine, group_id, error))
        return NULL;
    return g_steal_pointer(&descent);
}
