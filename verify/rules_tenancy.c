/* CGL4xx: whose the rows are. NULL against a value is a difference. */
#include "verify/check.h"

static const char *
or_none(const char *word)
{
    return word[0] != '\0' ? word : "none";
}

void
cg_check_cross_project_source(CgCheck *check)
{
    const CgModel *model = check->model;
    const uint32_t *project = model->groups.rows.project;
    for (uint32_t group = 0; cg_next_group(model, &group); group++) {
        CgRef source = cg_ref_at(&model->groups.source, group);
        if (!cg_ref_is_row(source) || cg_word_at(project, group) == cg_word_at(project, source))
            continue;
        CgFinding *finding = cg_find_group(check, group);
        cg_finding_say(finding, "project %s, source group %s is of project %s",
                       or_none(cg_row_word(model, project, group)),
                       cg_relate(check, finding, CG_TABLE_GROUPS, model->groups.rows.id[source]),
                       or_none(cg_row_word(model, project, source)));
        cg_note_word(check, finding, "project", project, group);
        cg_note_word(check, finding, "source_project", project, source);
    }
}

void
cg_check_cross_project_member(CgCheck *check)
{
    const CgModel *model = check->model;
    const uint32_t *of_groups = model->groups.rows.project;
    const uint32_t *of_volumes = model->volumes.rows.project;
    for (uint32_t volume = 0; cg_next_member(model, &volume); volume++) {
        CgRef group = model->volumes.group.at[volume];
        if (cg_word_at(of_volumes, volume) == cg_word_at(of_groups, group))
            continue;
        CgFinding *finding = cg_find_volume(check, volume);
        cg_finding_say(finding, "project %s, its group %s is of project %s",
                       or_none(cg_row_word(model, of_volumes, volume)),
                       cg_relate(check, finding, CG_TABLE_GROUPS, model->groups.rows.id[group]),
                       or_none(cg_row_word(model, of_groups, group)));
        cg_note_word(check, finding, "project", of_volumes, volume);
        cg_note_word(check, finding, "group_project", of_groups, group);
    }
}
