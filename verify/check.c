/* Rows and findings for the rules; see check.h. */
#include "verify/check.h"

#include "base/time.h"

/* ---- rows ---- */

/* Flags of rows that are no rule's object. */
enum { OUT_OF_SIGHT = CG_ROW_DELETED | CG_ROW_EARLIER };

static bool
next_in_sight(const CgRowsOf *rows, uint32_t *row)
{
    while (*row < rows->n && (rows->flags[*row] & OUT_OF_SIGHT) != 0)
        ++*row;
    return *row < rows->n;
}

bool
cg_next_group(const CgModel *model, uint32_t *row)
{
    return next_in_sight(&model->groups.rows, row);
}

bool
cg_next_cgsnapshot(const CgModel *model, uint32_t *row)
{
    return next_in_sight(&model->cgsnapshots.rows, row);
}

bool
cg_next_volume(const CgModel *model, uint32_t *row)
{
    return next_in_sight(&model->volumes.rows, row);
}

bool
cg_next_member(const CgModel *model, uint32_t *row)
{
    for (; cg_next_volume(model, row); ++*row) {
        CgRef group = cg_ref_at(&model->volumes.group, *row);
        if (cg_ref_is_row(group) && (model->groups.rows.flags[group] & OUT_OF_SIGHT) == 0 &&
            !cg_volume_is_look_alike(&model->volumes, *row))
            return true;
    }
    return false;
}

CgId
cg_group_source_id(const CgModel *model, uint32_t group)
{
    return cg_refs_id(&model->groups.source, group, model->groups.rows.id);
}

CgId
cg_group_cgsnapshot_id(const CgModel *model, uint32_t group)
{
    return cg_refs_id(&model->groups.cgsnapshot, group, model->cgsnapshots.rows.id);
}

bool
cg_may_be_purged(const CgModel *model, CgTableName table, int64_t since)
{
    int64_t horizon = model->horizon[table];
    return horizon == CG_TIME_NONE || since == CG_TIME_NONE || since < horizon;
}

/* ---- findings ---- */

static CgFinding *
find_row(CgCheck *check, CgTableName table, const CgRowsOf *rows, uint32_t row)
{
    char buffer[CG_ID_TEXT_SIZE];
    const CgModel *model = check->model;
    CgFinding *finding = cg_finding_new(check->rule->id, check->rule->severity,
                                        cg_naming_table(model->naming, table),
                                        cg_id_text(model->strings, rows->id[row], buffer, NULL));
    finding->fix = check->rule->fix;
    g_ptr_array_add(check->findings, finding);
    return finding;
}

CgFinding *
cg_find_group(CgCheck *check, uint32_t row)
{
    return find_row(check, CG_TABLE_GROUPS, &check->model->groups.rows, row);
}

CgFinding *
cg_find_cgsnapshot(CgCheck *check, uint32_t row)
{
    return find_row(check, CG_TABLE_CGSNAPSHOTS, &check->model->cgsnapshots.rows, row);
}

CgFinding *
cg_find_volume(CgCheck *check, uint32_t row)
{
    return find_row(check, CG_TABLE_VOLUMES, &check->model->volumes.rows, row);
}

/* The naming whose tables the row stands in. */
static const CgNaming *
naming_of_row(const CgModel *model, CgTableName table, CgId id)
{
    const CgNaming *before = cg_naming_before(model->naming);
    if (before == NULL || (table != CG_TABLE_GROUPS && table != CG_TABLE_CGSNAPSHOTS))
        return model->naming;
    const CgRowsOf *rows =
        table == CG_TABLE_GROUPS ? &model->groups.rows : &model->cgsnapshots.rows;
    CgRef row = cg_row_find(rows, id);
    bool is_earlier = cg_ref_is_row(row) && (rows->flags[row] & CG_ROW_EARLIER) != 0;
    return is_earlier ? before : model->naming;
}

const char *
cg_relate(CgCheck *check, CgFinding *finding, CgTableName table, CgId id)
{
    char buffer[CG_ID_TEXT_SIZE];
    const CgModel *model = check->model;
    const char *name = cg_naming_table(naming_of_row(model, table, id), table);
    cg_finding_relate(finding, name, cg_id_text(model->strings, id, buffer, NULL));
    return g_array_index(finding->related, CgObject, finding->related->len - 1).id;
}

void
cg_note_word(CgCheck *check, CgFinding *finding, const char *key, const uint32_t *words,
             uint32_t row)
{
    const char *word = cg_row_word(check->model, words, row);
    cg_finding_note(finding, key, word[0] != '\0' ? word : NULL);
}

void
cg_note_time(CgFinding *finding, const char *key, int64_t time)
{
    cg_finding_note_time(finding, key, time != CG_TIME_NONE, time);
}

void
cg_say_missing(CgCheck *check, CgFinding *finding, CgTableName table, int64_t since,
               const char *what)
{
    int64_t horizon = check->model->horizon[table];
    cg_note_time(finding, "created_at", since);
    cg_note_time(finding, "purge_horizon", horizon);
    if (!cg_may_be_purged(check->model, table, since)) {
        cg_finding_say(finding, "%s has no row, and no purge explains it", what);
        return;
    }
    finding->severity = CG_SEVERITY_INFO;
    finding->fix = CG_FIX_NONE;
    cg_finding_say(finding, "%s has no row; a purge may explain it", what);
}
