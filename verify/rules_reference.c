/* CGL1xx: references that lead nowhere, or to a row that should not be led to. */
#include "verify/check.h"

void
cg_check_source_group_missing(CgCheck *check)
{
    const CgModel *model = check->model;
    for (uint32_t group = 0; cg_next_group(model, &group); group++) {
        if (!cg_ref_is_missing(cg_ref_at(&model->groups.source, group)))
            continue;
        CgFinding *finding = cg_find_group(check, group);
        const char *source =
            cg_relate(check, finding, CG_TABLE_GROUPS, cg_group_source_id(model, group));
        g_autofree char *what = g_strdup_printf("source group %s", source);
        cg_say_missing(check, finding, CG_TABLE_GROUPS, model->groups.rows.created_at[group], what);
    }
}

void
cg_check_source_group_deleted(CgCheck *check)
{
    const CgModel *model = check->model;
    for (uint32_t group = 0; cg_next_group(model, &group); group++) {
        CgRef source = cg_ref_at(&model->groups.source, group);
        if (!cg_ref_is_row(source) || cg_row_is_live(&model->groups.rows, source))
            continue;
        CgFinding *finding = cg_find_group(check, group);
        const char *id = cg_relate(check, finding, CG_TABLE_GROUPS, model->groups.rows.id[source]);
        bool is_creating =
            g_str_equal(cg_row_word(model, model->groups.rows.status, group), "creating");
        if (is_creating)
            finding->severity = CG_SEVERITY_WARNING;
        cg_finding_say(finding, "source group %s is deleted%s", id,
                       is_creating ? " while this one is still creating" : "");
        cg_note_word(check, finding, "status", model->groups.rows.status, group);
        cg_note_time(finding, "source_deleted_at",
                     cg_row_time(model->groups.rows.deleted_at, source));
    }
}

void
cg_check_cgsnapshot_missing(CgCheck *check)
{
    const CgModel *model = check->model;
    for (uint32_t group = 0; cg_next_group(model, &group); group++) {
        if (!cg_ref_is_missing(cg_ref_at(&model->groups.cgsnapshot, group)))
            continue;
        CgFinding *finding = cg_find_group(check, group);
        const char *id =
            cg_relate(check, finding, CG_TABLE_CGSNAPSHOTS, cg_group_cgsnapshot_id(model, group));
        g_autofree char *what = g_strdup_printf("cgsnapshot %s", id);
        cg_say_missing(check, finding, CG_TABLE_CGSNAPSHOTS, model->groups.rows.created_at[group],
                       what);
    }
}

void
cg_check_cgsnapshot_orphan(CgCheck *check)
{
    const CgModel *model = check->model;
    for (uint32_t row = 0; cg_next_cgsnapshot(model, &row); row++) {
        if (cg_ref_is_row(cg_ref_at(&model->cgsnapshots.group, row)))
            continue;
        CgFinding *finding = cg_find_cgsnapshot(check, row);
        CgId group = cg_refs_id(&model->cgsnapshots.group, row, model->groups.rows.id);
        if (cg_id_is_null(group))
            cg_finding_say(finding, "names no group");
        else
            cg_finding_say(finding, "group %s has no row",
                           cg_relate(check, finding, CG_TABLE_GROUPS, group));
    }
}

void
cg_check_member_group_missing(CgCheck *check)
{
    const CgModel *model = check->model;
    for (uint32_t volume = 0; cg_next_volume(model, &volume); volume++) {
        if (!cg_ref_is_missing(cg_ref_at(&model->volumes.group, volume)))
            continue;
        CgFinding *finding = cg_find_volume(check, volume);
        CgId group = cg_refs_id(&model->volumes.group, volume, model->groups.rows.id);
        cg_finding_say(finding, "group %s has no row",
                       cg_relate(check, finding, CG_TABLE_GROUPS, group));
        cg_note_word(check, finding, "status", model->volumes.rows.status, volume);
    }
}

static bool
is_on_its_way_out(const CgModel *model, uint32_t volume)
{
    const char *status = cg_row_word(model, model->volumes.rows.status, volume);
    return g_str_equal(status, "deleting") || g_str_equal(status, "error_deleting");
}

void
cg_check_live_member_of_deleted_group(CgCheck *check)
{
    const CgModel *model = check->model;
    for (uint32_t volume = 0; cg_next_volume(model, &volume); volume++) {
        CgRef group = cg_ref_at(&model->volumes.group, volume);
        if (!cg_ref_is_row(group) || cg_row_is_live(&model->groups.rows, group) ||
            is_on_its_way_out(model, volume))
            continue;
        CgFinding *finding = cg_find_volume(check, volume);
        cg_finding_say(finding, "group %s is deleted",
                       cg_relate(check, finding, CG_TABLE_GROUPS, model->groups.rows.id[group]));
        cg_note_word(check, finding, "status", model->volumes.rows.status, volume);
        cg_note_time(finding, "group_deleted_at",
                     cg_row_time(model->groups.rows.deleted_at, group));
    }
}

void
cg_check_source_volume_missing(CgCheck *check)
{
    const CgModel *model = check->model;
    for (uint32_t volume = 0; cg_next_member(model, &volume); volume++) {
        if (!cg_ref_is_missing(cg_ref_at(&model->volumes.source, volume)))
            continue;
        CgFinding *finding = cg_find_volume(check, volume);
        CgId source = cg_refs_id(&model->volumes.source, volume, model->volumes.rows.id);
        g_autofree char *what = g_strdup_printf(
            "source volume %s", cg_relate(check, finding, CG_TABLE_VOLUMES, source));
        cg_say_missing(check, finding, CG_TABLE_VOLUMES, model->volumes.rows.created_at[volume],
                       what);
    }
}
