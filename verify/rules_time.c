/* CGL6xx: what cannot have been in that order. A time that is NULL proves nothing. */
#include "verify/check.h"

void
cg_check_source_younger_than_clone(CgCheck *check)
{
    const CgModel *model = check->model;
    const int64_t *created = model->groups.rows.created_at;
    for (uint32_t group = 0; cg_next_group(model, &group); group++) {
        CgRef source = cg_ref_at(&model->groups.source, group);
        if (!cg_ref_is_row(source) || !cg_time_is_well_after(created[source], created[group]))
            continue;
        uint64_t younger_us = (uint64_t)created[source] - (uint64_t)created[group];
        CgFinding *finding = cg_find_group(check, group);
        cg_finding_say(finding, "source group %s is younger, by %" G_GUINT64_FORMAT " seconds",
                       cg_relate(check, finding, CG_TABLE_GROUPS, model->groups.rows.id[source]),
                       younger_us / G_USEC_PER_SEC);
        cg_note_time(finding, "created_at", created[group]);
        cg_note_time(finding, "source_created_at", created[source]);
    }
}
