/* See graph.h. Tarjan's algorithm with its stack in an array; a row has two edges at most. */
#include "lineage/graph.h"

enum { MAX_EDGES = 2 };

typedef struct {
    const CgModel *model;
    const CgRowsOf *rows;
    uint32_t *order; /* when a row was met, from 1; 0: not yet */
    uint32_t *low;   /* the earliest row on the stack that it leads to; UINT32_MAX: off the stack */
    uint8_t *next;   /* the edge to follow next */
    uint32_t *path;  /* from the root of the walk to where it is */
    uint32_t *stack; /* rows whose set is not complete */
    uint32_t n_path, n_stack, met;
    GArray *start, *found; /* uint32_t */
} Walk;

static CgRef
edge_of(const CgModel *model, uint32_t row, unsigned edge)
{
    if (edge == 0)
        return model->groups.source.at[row];
    CgRef cgsnapshot = model->groups.cgsnapshot.at[row];
    return cg_ref_is_row(cgsnapshot) ? model->cgsnapshots.group.at[cgsnapshot] : CG_REF_NONE;
}

static void
enter(Walk *walk, uint32_t row)
{
    walk->order[row] = walk->low[row] = ++walk->met;
    walk->path[walk->n_path++] = row;
    walk->stack[walk->n_stack++] = row;
}

/* Takes the set whose first row is `root` off the stack; keeps it when it is a cycle. */
static void
close_set(Walk *walk, uint32_t root)
{
    uint32_t first = walk->n_stack;
    do
        walk->low[walk->stack[--first]] = UINT32_MAX;
    while (walk->stack[first] != root);
    uint32_t n = walk->n_stack - first;
    if (n > 1) {
        g_array_append_vals(walk->found, walk->stack + first, n);
        g_array_append_val(walk->start, walk->found->len);
    }
    walk->n_stack = first;
}

/* Back from `row` to the row before it on the path. */
static void
leave(Walk *walk, uint32_t row)
{
    uint32_t low = walk->low[row];
    walk->n_path--;
    if (low == walk->order[row])
        close_set(walk, row);
    else
        walk->low[walk->path[walk->n_path - 1]] = MIN(walk->low[walk->path[walk->n_path - 1]], low);
}

static void
walk_from(Walk *walk, uint32_t root)
{
    enter(walk, root);
    while (walk->n_path > 0) {
        uint32_t row = walk->path[walk->n_path - 1];
        if (walk->next[row] == MAX_EDGES) {
            leave(walk, row);
            continue;
        }
        CgRef target = edge_of(walk->model, row, walk->next[row]++);
        if (!cg_ref_is_row(target) || !cg_row_is_live(walk->rows, target))
            continue;
        if (walk->order[target] == 0)
            enter(walk, target);
        else if (walk->low[target] != UINT32_MAX)
            walk->low[row] = MIN(walk->low[row], walk->order[target]);
    }
}

static int
compare_rows(const void *a, const void *b, void *data)
{
    const Walk *walk = data;
    return cg_id_compare(walk->model->strings, walk->rows->id[*(const uint32_t *)a],
                         walk->rows->id[*(const uint32_t *)b]);
}

static CgCycles *
collect(Walk *walk)
{
    CgCycles *cycles = g_new0(CgCycles, 1);
    cycles->n = walk->start->len - 1;
    cycles->start = (uint32_t *)(void *)g_array_free(walk->start, FALSE);
    cycles->row = (uint32_t *)(void *)g_array_free(walk->found, FALSE);
    for (uint32_t i = 0; i < cycles->n; i++)
        qsort_r(cycles->row + cycles->start[i], cycles->start[i + 1] - cycles->start[i],
                sizeof(uint32_t), compare_rows, walk);
    return cycles;
}

CgCycles *
cg_cycles_of_groups(const CgModel *model)
{
    const CgRowsOf *rows = &model->groups.rows;
    const uint32_t zero = 0;
    g_autofree uint32_t *order = g_new0(uint32_t, rows->n);
    g_autofree uint32_t *low = g_new0(uint32_t, rows->n);
    g_autofree uint8_t *next = g_new0(uint8_t, rows->n);
    g_autofree uint32_t *path = g_new(uint32_t, rows->n);
    g_autofree uint32_t *stack = g_new(uint32_t, rows->n);
    Walk walk = { .model = model,
                  .rows = rows,
                  .order = order,
                  .low = low,
                  .next = next,
                  .path = path,
                  .stack = stack,
                  .start = g_array_new(FALSE, FALSE, sizeof(uint32_t)),
                  .found = g_array_new(FALSE, FALSE, sizeof(uint32_t)) };
    g_array_append_val(walk.start, zero);
    for (uint32_t row = 0; row < rows->n; row++)
        if (order[row] == 0 && cg_row_is_live(rows, row))
            walk_from(&walk, row);
    return collect(&walk);
}

void
cg_cycles_free(CgCycles *cycles)
{
    if (cycles == NULL)
        return;
    g_free(cycles->start);
    g_free(cycles->row);
    g_free(cycles);
}
