/* See descent.h. */
#include "engine/descent.h"

static void
free_descendant(void *data)
{
    CgDescendant *descendant = data;
    cg_group_free(descendant->group);
    g_free(descendant);
}

/* *out_parent is allocated, NULL at the top. */
static bool
find_parent(CgEngine *engine, const char *id, char **out_parent, GError **error)
{
    const CgValue param = cg_text(id);
    const char *upstream = engine->has_upstream ? " nullif(g.source_cgid, '')," : "";
    g_autofree char *sql = g_strdup_printf(
        "SELECT coalesce(nullif(g.source_cg_id, ''),%s nullif(s.consistencygroup_id, ''))"
        " FROM consistencygroups g LEFT JOIN cgsnapshots s ON s.id = g.cgsnapshot_id"
        " WHERE g.id = $1",
        upstream);
    g_autoptr(CgRows) rows = cg_db_query(engine->db, sql, &param, 1, error);
    int more = rows != NULL ? cg_rows_next(rows, error) : -1;
    if (more > 0)
        *out_parent = cg_rows_text_dup(rows, 0);
    return more >= 0;
}

GPtrArray *
cg_descent_up(CgEngine *engine, const char *group_id, GError **error)
{
    g_autoptr(GPtrArray) up = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    const char *id = group_id;
    while (g_hash_table_add(seen, (void *)id)) {
        char *parent = NULL;
        if (!find_parent(engine, id, &parent, error))
            return NULL;
        if (parent == NULL)
            break;
        g_ptr_array_add(up, parent);
        id = parent;
    }
    return g_steal_pointer(&up);
}

/* The last child first: so the first is on top. */
static bool
push_children(CgEngine *engine, GPtrArray *stack, const char *id, unsigned depth, GError **error)
{
    const CgValue param = cg_text(id);
    g_autofree char *where = g_strconcat(
        "source_cg_id = $1 OR cgsnapshot_id IN"
        " (SELECT id FROM cgsnapshots WHERE consistencygroup_id = $1)",
        engine->has_upstream ? " OR (coalesce(source_cg_id, '') = '' AND source_cgid = $1)" : NULL,
        NULL);
    g_autoptr(GPtrArray) children = cg_group_load(engine->db, where, &param, 1, error);
    while (children != NULL && children->len > 0) {
        CgDescendant *child = g_new(CgDescendant, 1);
        *child = (CgDescendant){ g_ptr_array_steal_index(children, children->len - 1), depth };
        g_ptr_array_add(stack, child);
    }
    return children != NULL;
}

GPtrArray *
cg_descent_down(CgEngine *engine, const char *group_id, GError **error)
{
    g_autoptr(GPtrArray) down = g_ptr_array_new_with_free_func(free_descendant);
    g_autoptr(GPtrArray) stack = g_ptr_array_new_with_free_func(free_descendant);
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    g_hash_table_add(seen, (void *)group_id);
    if (!push_children(engine, stack, group_id, 1, error))
        return NULL;
    while (stack->len > 0) {
        CgDescendant *next = g_ptr_array_steal_index(stack, stack->len - 1);
        g_ptr_array_add(down, next);
        if (g_hash_table_add(seen, next->group->id) &&
            !push_children(engine, stack, next->group->id, next->depth + 1, error))
            return NULL;
    }
    return g_steal_pointer(&down);
}
