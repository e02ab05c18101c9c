/* The forest of recorded lineage; see tree.h. */
#include "verify/tree.h"

#include "base/json.h"
#include "base/table.h"
#include "base/time.h"
#include "lineage/graph.h"

enum { MAX_LINES = 200, MAX_LEVELS = 20 };

typedef enum { BY_NOTHING, BY_SOURCE, BY_CGSNAPSHOT } By;
static const char *const by_names[] = { "", "group", "cgsnapshot" };

/* The group that a row was made from: a row, missing, or CG_REF_NONE. */
static CgRef
parent_of(const CgModel *model, uint32_t group, By *out_by)
{
    const CgGroups *groups = &model->groups;
    CgRef source = groups->source.at != NULL ? groups->source.at[group] : CG_REF_NONE;
    CgRef snapshot = groups->cgsnapshot.at != NULL ? groups->cgsnapshot.at[group] : CG_REF_NONE;
    *out_by = source != CG_REF_NONE     ? BY_SOURCE
              : snapshot != CG_REF_NONE ? BY_CGSNAPSHOT
                                        : BY_NOTHING;
    if (*out_by != BY_CGSNAPSHOT)
        return source;
    return cg_ref_is_row(snapshot) ? model->cgsnapshots.group.at[snapshot] : CG_REF_MISSING;
}

/* ---- the forest ---- */

typedef struct {
    const CgModel *model;
    uint32_t n;
    CgRef *parent;
    By *by;
    uint32_t *start; /* n + 1 entries into `child`: live groups by parent row */
    uint32_t *child;
    bool *drawn;
    CgTable *table;
    int64_t left_out;
} Forest;

static void
forest_clear(Forest *forest)
{
    g_free(forest->parent);
    g_free(forest->by);
    g_free(forest->start);
    g_free(forest->child);
    g_free(forest->drawn);
    cg_table_free(forest->table);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Forest, forest_clear)

static bool
is_child(const Forest *forest, uint32_t group)
{
    return cg_row_is_live(&forest->model->groups.rows, group) &&
           cg_ref_is_row(forest->parent[group]) && forest->parent[group] != group;
}

static void
sort_children(Forest *forest)
{
    for (uint32_t i = 0; i < forest->n; i++)
        if (is_child(forest, i))
            forest->start[forest->parent[i] + 1]++;
    for (uint32_t i = 0; i < forest->n; i++)
        forest->start[i + 1] += forest->start[i];
    g_autofree uint32_t *next = g_memdup2(forest->start, (forest->n + 1) * sizeof *next);
    for (uint32_t i = 0; i < forest->n; i++)
        if (is_child(forest, i))
            forest->child[next[forest->parent[i]]++] = i;
}

static void
forest_init(Forest *forest, const CgModel *model)
{
    uint32_t n = model->groups.rows.n;
    *forest = (Forest){ .model = model, .n = n };
    forest->parent = g_new(CgRef, n + 1);
    forest->by = g_new(By, n + 1);
    forest->start = g_new0(uint32_t, n + 2);
    forest->child = g_new(uint32_t, n + 1);
    forest->drawn = g_new0(bool, n + 1);
    for (uint32_t i = 0; i < n; i++)
        forest->parent[i] = parent_of(model, i, &forest->by[i]);
    sort_children(forest);
}

/* ---- lines ---- */

static const char *
note_of(const Forest *forest, uint32_t group)
{
    const CgRef parent = forest->parent[group];
    if (!cg_row_is_live(&forest->model->groups.rows, group))
        return "deleted";
    if (parent == group)
        return "names itself as its source";
    return cg_ref_is_missing(parent) ? "its source has no row" : NULL;
}

static CgTableRow *
draw_group(Forest *forest, CgTableRow *above, uint32_t group)
{
    const CgModel *model = forest->model;
    char id[CG_ID_TEXT_SIZE], made[CG_TIME_TEXT_SIZE] = "";
    int64_t created_at = cg_row_time(model->groups.rows.created_at, group);
    if (created_at != CG_TIME_NONE)
        cg_time_format(created_at, made)[strlen("2015-01-01 00:00")] = '\0';
    const char *name = cg_row_word(model, model->groups.name, group);
    const char *text = cg_id_text(model->strings, model->groups.rows.id[group], id, NULL);
    const char *label = *name != '\0' ? name : "(no name)";
    const char *by = by_names[forest->by[group]];
    forest->drawn[group] = true;
    return above == NULL
               ? cg_table_row(forest->table, label, text, made, by, note_of(forest, group))
               : cg_table_child(forest->table, above, label, text, made, by,
                                note_of(forest, group));
}

static void
draw_back_edge(Forest *forest, CgTableRow *above, uint32_t group)
{
    char id[CG_ID_TEXT_SIZE];
    const CgModel *model = forest->model;
    const char *text = cg_id_text(model->strings, model->groups.rows.id[group], id, NULL);
    cg_table_child(forest->table, above, "↺", text, "", "", "a cycle");
}

typedef struct {
    uint32_t group;
    CgTableRow *above;
    unsigned level;
} Visit;

static void
draw_children(Forest *forest, const Visit *visit, CgTableRow *row, GArray *stack)
{
    uint32_t from = forest->start[visit->group];
    /* The stack turns the order round: the last child goes on it first. */
    for (uint32_t i = forest->start[visit->group + 1]; i > from; i--) {
        Visit next = { forest->child[i - 1], row, visit->level + 1 };
        if (!forest->drawn[next.group])
            g_array_append_val(stack, next);
        else if (row != NULL)
            draw_back_edge(forest, row, next.group);
    }
}

static void
draw_from(Forest *forest, uint32_t root)
{
    g_autoptr(GArray) stack = g_array_new(FALSE, FALSE, sizeof(Visit));
    Visit first = { root, NULL, 0 };
    g_array_append_val(stack, first);
    while (stack->len > 0) {
        Visit visit = g_array_index(stack, Visit, stack->len - 1);
        g_array_set_size(stack, stack->len - 1);
        CgTableRow *row = visit.above;
        bool shown = cg_table_rows(forest->table) < MAX_LINES && visit.level < MAX_LEVELS;
        if (shown)
            row = draw_group(forest, visit.above, visit.group);
        else
            forest->left_out++;
        forest->drawn[visit.group] = true;
        draw_children(forest, &visit, row, stack);
    }
}

static bool
is_root(const Forest *forest, uint32_t group)
{
    bool has_children = forest->start[group + 1] > forest->start[group];
    if (is_child(forest, group))
        return false;
    bool live = cg_row_is_live(&forest->model->groups.rows, group);
    return has_children || (live && forest->parent[group] != CG_REF_NONE);
}

static void
draw_cycles(Forest *forest)
{
    CgCycles *cycles = cg_cycles_of_groups(forest->model);
    for (uint32_t i = 0; i < cycles->n; i++)
        if (!forest->drawn[cycles->row[cycles->start[i]]])
            draw_from(forest, cycles->row[cycles->start[i]]);
    cg_cycles_free(cycles);
}

void
cg_tree_print(const CgModel *model, FILE *out)
{
    static const CgTableColumn columns[] = {
        { "GROUP", CG_TABLE_TREE }, { "ID", 0 }, { "MADE (UTC)", 0 }, { "FROM A", 0 }, { "NOTE", 0 }
    };
    g_auto(Forest) forest;
    forest_init(&forest, model);
    forest.table = cg_table_new(columns, G_N_ELEMENTS(columns));
    for (uint32_t i = 0; i < forest.n; i++)
        if (is_root(&forest, i))
            draw_from(&forest, i);
    draw_cycles(&forest);
    if (cg_table_rows(forest.table) == 0)
        fputs("no group has a recorded source\n", out);
    else
        cg_table_print(forest.table, out);
    if (forest.left_out > 0)
        fprintf(out, "… and %" G_GINT64_FORMAT " more; --format json has all\n", forest.left_out);
}

bool
cg_tree_json(const CgModel *model, FILE *out)
{
    g_auto(Forest) forest;
    forest_init(&forest, model);
    CgJson *json = cg_json_begin(out);
    cg_json_text(json, "naming", cg_naming_name(model->naming));
    cg_json_array(json, "edges");
    for (uint32_t i = 0; i < forest.n; i++) {
        if (!cg_row_is_live(&model->groups.rows, i) || forest.by[i] == BY_NOTHING)
            continue;
        char id[CG_ID_TEXT_SIZE];
        CgRef parent = forest.parent[i];
        cg_json_object(json, NULL);
        cg_json_text(json, "group", cg_id_text(model->strings, model->groups.rows.id[i], id, NULL));
        cg_json_text(json, "name", cg_row_word(model, model->groups.name, i));
        CgId above = cg_ref_is_row(parent) ? model->groups.rows.id[parent]
                     : forest.by[i] == BY_SOURCE
                         ? cg_refs_id(&model->groups.source, i, model->groups.rows.id)
                         : CG_ID_NULL;
        cg_json_text(json, "parent",
                     cg_id_is_null(above) ? NULL : cg_id_text(model->strings, above, id, NULL));
        cg_json_text(json, "by", by_names[forest.by[i]]);
        cg_json_close(json);
    }
    return cg_json_end(json);
}
