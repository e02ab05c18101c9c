/* CGL3xx: the shape of the lineage. */
#include "lineage/graph.h"
#include "verify/check.h"

enum { STEPS_SHOWN = 8 };

/* The next group on the way: the source, or else the group of the cgsnapshot, in the same cycle. */
static CgRef
next_on_walk(const CgModel *model, const uint32_t *cycle_of, uint32_t group)
{
    CgRef source = cg_ref_at(&model->groups.source, group);
    if (cg_ref_is_row(source) && cycle_of[source] == cycle_of[group])
        return source;
    CgRef cgsnapshot = cg_ref_at(&model->groups.cgsnapshot, group);
    return cg_ref_is_row(cgsnapshot) ? cg_ref_at(&model->cgsnapshots.group, cgsnapshot)
                                     : CG_REF_NONE;
}

/* "a -> b -> a" from the first group of the cycle, cut after a few steps. */
static char *
describe_walk(const CgModel *model, const uint32_t *cycle_of, uint32_t first)
{
    GString *text = g_string_new(NULL);
    char buffer[CG_ID_TEXT_SIZE];
    g_string_append(text, cg_id_text(model->strings, model->groups.rows.id[first], buffer, NULL));
    CgRef group = first;
    for (int step = 0; step < STEPS_SHOWN; step++) {
        group = next_on_walk(model, cycle_of, group);
        if (!cg_ref_is_row(group) || cycle_of[group] != cycle_of[first])
            break;
        g_string_append_printf(
            text, " -> %s", cg_id_text(model->strings, model->groups.rows.id[group], buffer, NULL));
        if (group == first)
            return g_string_free(text, FALSE);
    }
    g_string_append(text, " -> …");
    return g_string_free(text, FALSE);
}

static void
find_cycle(CgCheck *check, const uint32_t *cycle_of, const uint32_t *rows, uint32_t n)
{
    const CgModel *model = check->model;
    CgFinding *finding = cg_find_group(check, rows[0]);
    for (uint32_t i = 1; i < n; i++)
        cg_relate(check, finding, CG_TABLE_GROUPS, model->groups.rows.id[rows[i]]);
    g_autofree char *walk = describe_walk(model, cycle_of, rows[0]);
    cg_finding_note_number(finding, "groups", n);
    cg_finding_note(finding, "walk", walk);
    if (n == 2)
        cg_finding_say(finding, "is its own ancestor, through %s",
                       g_array_index(finding->related, CgObject, 0).id);
    else
        cg_finding_say(finding, "is its own ancestor, in a cycle of %u groups", n);
}

void
cg_check_group_cycle(CgCheck *check)
{
    g_autoptr(CgCycles) cycles = cg_cycles_of_groups(check->model);
    if (cycles->n == 0)
        return;
    g_autofree uint32_t *cycle_of = g_new0(uint32_t, check->model->groups.rows.n);
    for (uint32_t cycle = 0; cycle < cycles->n; cycle++)
        for (uint32_t i = cycles->start[cycle]; i < cycles->start[cycle + 1]; i++)
            cycle_of[cycles->row[i]] = cycle + 1;
    for (uint32_t cycle = 0; cycle < cycles->n; cycle++) {
        uint32_t start = cycles->start[cycle];
        find_cycle(check, cycle_of, cycles->row + start, cycles->start[cycle + 1] - start);
    }
}
