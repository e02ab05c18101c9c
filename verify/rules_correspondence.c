/* CGL5xx: a clone's members against those of its source. */
#include "verify/check.h"

/* A source group other than the group itself whose members can still be counted. */
static bool
has_countable_source(const CgModel *model, uint32_t group)
{
    CgRef source = cg_ref_at(&model->groups.source, group);
    const char *status = cg_row_word(model, model->groups.rows.status, group);
    return cg_ref_is_row(source) && source != group &&
           model->groups.rows.created_at[group] != CG_TIME_NONE && !g_str_equal(status, "creating");
}

void
cg_check_member_count_mismatch(CgCheck *check)
{
    const CgModel *model = check->model;
    const CgMembers *members = check->verdicts->members;
    for (uint32_t group = 0; cg_next_group(model, &group); group++) {
        if (!has_countable_source(model, group))
            continue;
        CgRef source = model->groups.source.at[group];
        uint32_t at_birth = cg_members_at_birth(members, source, group, UINT32_MAX);
        if (members->live[group] == at_birth)
            continue;
        CgFinding *finding = cg_find_group(check, group);
        const char *status = cg_row_word(model, model->groups.rows.status, group);
        if (!g_str_equal(status, "error"))
            finding->severity = CG_SEVERITY_INFO;
        cg_finding_say(
            finding, "%u members, source group %s had %u when it was made", members->live[group],
            cg_relate(check, finding, CG_TABLE_GROUPS, model->groups.rows.id[source]), at_birth);
        cg_finding_note_number(finding, "members", members->live[group]);
        cg_finding_note_number(finding, "source_members_at_birth", at_birth);
        cg_note_word(check, finding, "status", model->groups.rows.status, group);
    }
}

/* ---- members of one source ---- */

/* A member and the volume it was made from. */
typedef struct {
    CgId source;
    uint32_t volume;
} Origin;

static int
compare_origins(const void *a, const void *b, void *data)
{
    const Origin *left = a;
    const Origin *right = b;
    const CgModel *model = data;
    int order = cg_id_compare(model->strings, left->source, right->source);
    if (order != 0)
        return order;
    const CgId *ids = model->volumes.rows.id;
    return cg_id_compare(model->strings, ids[left->volume], ids[right->volume]);
}

/* Members that were made from a volume of no or another group, sorted by that volume. */
static void
collect_origins(const CgCheck *check, uint32_t group, GArray *out_origins)
{
    const CgModel *model = check->model;
    const CgRefs *sources = &model->volumes.source;
    const uint32_t *members = NULL;
    uint32_t n = cg_members_of(check->verdicts->members, group, &members);
    g_array_set_size(out_origins, 0);
    for (uint32_t i = 0; i < n; i++) {
        CgRef source = cg_ref_at(sources, members[i]);
        bool is_inside = cg_ref_is_row(source) && cg_ref_at(&model->volumes.group, source) == group;
        if (source == CG_REF_NONE || is_inside)
            continue;
        Origin origin = { cg_refs_id(sources, members[i], model->volumes.rows.id), members[i] };
        g_array_append_val(out_origins, origin);
    }
    if (out_origins->len > 1)
        g_array_sort_with_data(out_origins, compare_origins, (void *)model);
}

static bool
is_shared(const GArray *origins, unsigned i)
{
    const Origin *at = (const Origin *)origins->data;
    return (i > 0 && cg_id_equal(at[i - 1].source, at[i].source)) ||
           (i + 1 < origins->len && cg_id_equal(at[i + 1].source, at[i].source));
}

/* Relates each shared source before the members made from it; returns whether any of them votes. */
static bool
relate_shared(CgCheck *check, CgFinding *finding, const GArray *origins)
{
    const CgModel *model = check->model;
    int64_t n_sources = 0;
    int64_t n_members = 0;
    bool has_vote = false;
    for (unsigned i = 0; i < origins->len; i++) {
        const Origin *origin = &g_array_index(origins, Origin, i);
        if (!is_shared(origins, i))
            continue;
        if (i == 0 || !cg_id_equal(origin[-1].source, origin->source)) {
            cg_relate(check, finding, CG_TABLE_VOLUMES, origin->source);
            n_sources++;
        }
        cg_relate(check, finding, CG_TABLE_VOLUMES, model->volumes.rows.id[origin->volume]);
        n_members++;
        CgVote vote = cg_members_vote(check->verdicts->members, origin->volume);
        has_vote = has_vote || !cg_id_is_null(vote.group);
    }
    cg_finding_note_number(finding, "members", n_members);
    cg_finding_note_number(finding, "source_volumes", n_sources);
    if (n_sources == 1)
        cg_finding_say(finding, "%d members come from one volume, %s", (int)n_members,
                       g_array_index(finding->related, CgObject, 0).id);
    else
        cg_finding_say(finding, "%d members come from %d volumes", (int)n_members, (int)n_sources);
    return has_vote;
}

void
cg_check_duplicate_source_volume(CgCheck *check)
{
    const CgModel *model = check->model;
    g_autoptr(GArray) origins = g_array_new(FALSE, FALSE, sizeof(Origin));
    for (uint32_t group = 0; cg_next_group(model, &group); group++) {
        collect_origins(check, group, origins);
        unsigned i = 0;
        while (i < origins->len && !is_shared(origins, i))
            i++;
        if (i == origins->len)
            continue;
        CgFinding *finding = cg_find_group(check, group);
        bool is_clone = cg_ref_at(&model->groups.source, group) != CG_REF_NONE;
        if (!relate_shared(check, finding, origins) && !is_clone)
            finding->severity = CG_SEVERITY_INFO;
    }
}
