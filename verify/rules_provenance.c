/* CGL2xx: what the rows say about where a group came from, against what is recorded. */
#include "verify/check.h"

enum { VOTES_SHOWN = 5 };

/* ---- both kinds of source ---- */

static bool
has_both_sources(const CgModel *model, uint32_t group)
{
    return cg_ref_at(&model->groups.source, group) != CG_REF_NONE &&
           cg_ref_at(&model->groups.cgsnapshot, group) != CG_REF_NONE;
}

/* The group that the group's cgsnapshot was taken of; CG_ID_NULL when that row is not there. */
static CgId
group_of_cgsnapshot(const CgModel *model, uint32_t group)
{
    CgRef cgsnapshot = cg_ref_at(&model->groups.cgsnapshot, group);
    if (!cg_ref_is_row(cgsnapshot))
        return CG_ID_NULL;
    return cg_refs_id(&model->cgsnapshots.group, cgsnapshot, model->groups.rows.id);
}

static void
check_both_sources(CgCheck *check, bool wanted_agreement)
{
    const CgModel *model = check->model;
    for (uint32_t group = 0; cg_next_group(model, &group); group++) {
        if (!has_both_sources(model, group))
            continue;
        CgId source = cg_group_source_id(model, group);
        CgId parent = group_of_cgsnapshot(model, group);
        if (cg_id_equal(source, parent) != wanted_agreement)
            continue;
        CgFinding *finding = cg_find_group(check, group);
        const char *source_text = cg_relate(check, finding, CG_TABLE_GROUPS, source);
        const char *cgsnapshot_text =
            cg_relate(check, finding, CG_TABLE_CGSNAPSHOTS, cg_group_cgsnapshot_id(model, group));
        char buffer[CG_ID_TEXT_SIZE];
        const char *parent_text = cg_id_text(model->strings, parent, buffer, NULL);
        if (wanted_agreement)
            cg_finding_say(finding, "has source group %s and also a cgsnapshot of it, %s",
                           source_text, cgsnapshot_text);
        else if (cg_id_is_null(parent))
            cg_finding_say(finding,
                           "has source group %s and also cgsnapshot %s, which leads nowhere",
                           source_text, cgsnapshot_text);
        else
            cg_finding_say(finding, "has source group %s and also cgsnapshot %s, which is of %s",
                           source_text, cgsnapshot_text, parent_text);
        cg_finding_note(finding, "cgsnapshot_group", cg_id_is_null(parent) ? NULL : parent_text);
    }
}

void
cg_check_both_sources_disagree(CgCheck *check)
{
    check_both_sources(check, false);
}

void
cg_check_both_sources_agree(CgCheck *check)
{
    check_both_sources(check, true);
}

void
cg_check_self_source(CgCheck *check)
{
    const CgModel *model = check->model;
    for (uint32_t group = 0; cg_next_group(model, &group); group++) {
        if (cg_ref_at(&model->groups.source, group) != group)
            continue;
        CgFinding *finding = cg_find_group(check, group);
        cg_finding_say(finding, "is its own source group");
        cg_note_time(finding, "created_at", model->groups.rows.created_at[group]);
    }
}

/* ---- votes ---- */

/* Relates the groups voted for and notes "<id> 3, <id> 1". Returns the text, lent by the finding.
 */
static const char *
note_votes(CgCheck *check, CgFinding *finding, const CgDecision *decision)
{
    const CgVoteCount *votes = check->verdicts->votes + decision->first_vote;
    g_autoptr(GString) text = g_string_new(NULL);
    for (uint32_t i = 0; i < decision->n_votes; i++) {
        const char *id = cg_relate(check, finding, CG_TABLE_GROUPS, votes[i].group);
        if (i < VOTES_SHOWN)
            g_string_append_printf(text, "%s%s (%u)", i > 0 ? ", " : "", id, votes[i].n);
    }
    if (decision->n_votes > VOTES_SHOWN)
        g_string_append_printf(text, " and %u more", decision->n_votes - VOTES_SHOWN);
    cg_finding_note_number(finding, "members", decision->members);
    cg_finding_note(finding, "votes", text->str);
    return g_array_index(finding->evidence, CgEvidence, finding->evidence->len - 1).text;
}

/* Whether a volume's vote may only look like one: its source has been written to since the group
 * was made, so it may have joined its present group later; or it is disputed anyway. */
static bool
is_doubtful(const CgModel *model, uint32_t volume, uint32_t group, CgVote vote)
{
    int64_t made = model->groups.rows.created_at[group];
    CgRef source = cg_ref_at(&model->volumes.source, volume);
    bool is_known = (model->present & CG_FIELD_BIT(CG_VOLUME_UPDATED_AT)) != 0;
    if (vote.disputed || made == CG_TIME_NONE || !is_known || !cg_ref_is_row(source))
        return true;
    int64_t updated = cg_row_time(model->volumes.rows.updated_at, source);
    return updated != CG_TIME_NONE && updated > made;
}

/* True when members vote, none of them for `source`; *out_doubtful: and every vote is doubtful. */
static bool
is_contradicted(const CgCheck *check, uint32_t group, CgId source, bool *out_doubtful)
{
    const uint32_t *members = NULL;
    uint32_t n = cg_members_of(check->verdicts->members, group, &members);
    bool has_votes = false;
    *out_doubtful = true;
    for (uint32_t i = 0; i < n; i++) {
        CgVote vote = cg_members_vote(check->verdicts->members, members[i]);
        if (cg_id_is_null(vote.group))
            continue;
        if (cg_id_equal(vote.group, source))
            return false;
        has_votes = true;
        *out_doubtful = *out_doubtful && is_doubtful(check->model, members[i], group, vote);
    }
    return has_votes;
}

void
cg_check_source_contradicted(CgCheck *check)
{
    const CgModel *model = check->model;
    for (uint32_t group = 0; cg_next_group(model, &group); group++) {
        CgId source = cg_group_source_id(model, group);
        bool is_all_doubtful = false;
        if (cg_id_is_null(source) || !is_contradicted(check, group, source, &is_all_doubtful))
            continue;
        CgFinding *finding = cg_find_group(check, group);
        if (is_all_doubtful)
            finding->severity = CG_SEVERITY_WARNING;
        const char *source_text = cg_relate(check, finding, CG_TABLE_GROUPS, source);
        const char *votes_text = note_votes(check, finding, &check->verdicts->of[group]);
        cg_finding_say(finding, "no member comes from source group %s; they come from %s",
                       source_text, votes_text);
    }
}

void
cg_check_source_ambiguous(CgCheck *check)
{
    const CgModel *model = check->model;
    for (uint32_t group = 0; cg_next_group(model, &group); group++) {
        const CgDecision *decision = &check->verdicts->of[group];
        if (decision->n_votes < 2)
            continue;
        CgFinding *finding = cg_find_group(check, group);
        const char *votes_text = note_votes(check, finding, decision);
        cg_finding_say(finding, "members come from %u groups: %s", decision->n_votes, votes_text);
    }
}

void
cg_check_source_inferable_but_empty(CgCheck *check)
{
    const CgVerdictSet wanted = CG_VERDICT_BIT(CG_VERDICT_EXACT) |
                                CG_VERDICT_BIT(CG_VERDICT_STRONG) |
                                CG_VERDICT_BIT(CG_VERDICT_GROWN);
    const CgModel *model = check->model;
    for (uint32_t group = 0; cg_next_group(model, &group); group++) {
        const CgDecision *decision = &check->verdicts->of[group];
        if ((wanted & CG_VERDICT_BIT(decision->verdict)) == 0)
            continue;
        CgFinding *finding = cg_find_group(check, group);
        note_votes(check, finding, decision);
        cg_finding_note(finding, "verdict", cg_verdict_name(decision->verdict));
        cg_finding_say(finding, "names no source, but its members prove %s (%s)",
                       g_array_index(finding->related, CgObject, 0).id,
                       cg_verdict_name(decision->verdict));
    }
}
