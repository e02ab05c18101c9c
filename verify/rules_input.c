/* CGL0xx: cells that are not what Cinder writes. */
#include "verify/check.h"

typedef struct {
    CgRowFlags flag;
    CgField field;
} EmptyColumn;

static const EmptyColumn group_columns[] = {
    { CG_ROW_EMPTY_SOURCE, CG_GROUP_SOURCE },
    { CG_ROW_EMPTY_SNAPSHOT, CG_GROUP_CGSNAPSHOT },
};
static const EmptyColumn volume_columns[] = {
    { CG_ROW_EMPTY_GROUP, CG_VOLUME_GROUP },
    { CG_ROW_EMPTY_SOURCE, CG_VOLUME_SOURCE },
    { CG_ROW_EMPTY_SNAPSHOT, CG_VOLUME_SNAPSHOT },
};

static void
say_columns(CgCheck *check, CgFinding *finding, CgRowFlags flags, const EmptyColumn *columns,
            size_t n)
{
    g_autoptr(GString) names = g_string_new(NULL);
    for (size_t i = 0; i < n; i++)
        if ((flags & columns[i].flag) != 0)
            g_string_append_printf(names, "%s%s", names->len > 0 ? ", " : "",
                                   cg_naming_column(check->model->naming, columns[i].field));
    cg_finding_say(finding, "empty string instead of NULL in %s", names->str);
    cg_finding_note(finding, "columns", names->str);
}

/* Only our own column, which has upstream's beside it, is trimmed without asking. */
static CgFix
fix_of_group(const CgCheck *check, CgRowFlags flags)
{
    bool is_ours = cg_naming_column(check->model->naming, CG_GROUP_RECORDED) != NULL;
    return is_ours && (flags & CG_ROW_EMPTY_SNAPSHOT) == 0 ? CG_FIX_AUTOMATIC : CG_FIX_PLAN;
}

void
cg_check_empty_string_reference(CgCheck *check)
{
    const CgModel *model = check->model;
    for (uint32_t group = 0; cg_next_group(model, &group); group++) {
        CgRowFlags flags = model->groups.rows.flags[group];
        if ((flags & (CG_ROW_EMPTY_SOURCE | CG_ROW_EMPTY_SNAPSHOT)) == 0)
            continue;
        CgFinding *finding = cg_find_group(check, group);
        finding->fix = fix_of_group(check, flags);
        say_columns(check, finding, flags, group_columns, G_N_ELEMENTS(group_columns));
    }
    for (uint32_t volume = 0; cg_next_volume(model, &volume); volume++) {
        CgRowFlags flags = model->volumes.rows.flags[volume];
        if ((flags & (CG_ROW_EMPTY_GROUP | CG_ROW_EMPTY_SOURCE | CG_ROW_EMPTY_SNAPSHOT)) == 0)
            continue;
        CgFinding *finding = cg_find_volume(check, volume);
        finding->fix = CG_FIX_PLAN;
        say_columns(check, finding, flags, volume_columns, G_N_ELEMENTS(volume_columns));
    }
}
