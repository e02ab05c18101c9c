/* See members.h. */
#include "lineage/members.h"

/* The group a volume is listed under, or CG_REF_NONE. */
static CgRef
listed_under(const CgModel *model, uint32_t volume)
{
    CgRef group = model->volumes.group.at[volume];
    bool counts = cg_ref_is_row(group) && !cg_volume_is_look_alike(&model->volumes, volume);
    return counts ? group : CG_REF_NONE;
}

/* The group that a snapshot proves its volume to have been in; CG_ID_NULL when it proves nothing.
 */
static CgId
proven_group(const CgModel *model, uint32_t snapshot, CgRef *out_row)
{
    CgRef cgsnapshot = model->snapshots.cgsnapshot.at[snapshot];
    *out_row = CG_REF_NONE;
    if (!cg_ref_is_row(cgsnapshot))
        return CG_ID_NULL;
    CgRef group = model->cgsnapshots.group.at[cgsnapshot];
    if (cg_ref_is_row(group))
        *out_row = group;
    return cg_refs_id(&model->cgsnapshots.group, cgsnapshot, model->groups.rows.id);
}

static CgRef
evidence_for(const CgModel *model, uint32_t snapshot)
{
    CgRef row;
    CgRef volume = model->snapshots.volume.at[snapshot];
    bool proves = cg_ref_is_row(volume) && !cg_id_is_null(proven_group(model, snapshot, &row));
    return proves ? volume : CG_REF_NONE;
}

/* Turns counts in start[1..n] into where each list begins, shifted by one, so that filling the
 * lists leaves start[i] at the beginning of list i. */
static void
counts_to_starts(uint32_t *start, uint32_t n)
{
    uint32_t sum = 0;
    for (uint32_t i = 1; i <= n; i++) {
        uint32_t count = start[i];
        start[i] = sum;
        sum += count;
    }
}

static void
sort_by_group(CgMembers *members)
{
    const CgModel *model = members->model;
    uint32_t n_groups = model->groups.rows.n, n_volumes = model->volumes.rows.n, total = 0;
    members->start = g_new0(uint32_t, n_groups + 1);
    members->live = g_new0(uint32_t, n_groups + 1);
    for (uint32_t v = 0; v < n_volumes; v++) {
        CgRef group = listed_under(model, v);
        if (group == CG_REF_NONE)
            continue;
        total++;
        members->start[group + 1]++;
        members->live[group] += cg_row_is_live(&model->volumes.rows, v);
    }
    counts_to_starts(members->start, n_groups);
    members->volume = g_new(uint32_t, MAX(total, 1));
    for (int dead = 0; dead <= 1; dead++)
        for (uint32_t v = 0; v < n_volumes; v++) {
            CgRef group = listed_under(model, v);
            if (group != CG_REF_NONE && cg_row_is_live(&model->volumes.rows, v) != (bool)dead)
                members->volume[members->start[group + 1]++] = v;
        }
}

static void
sort_by_volume(CgMembers *members)
{
    const CgModel *model = members->model;
    uint32_t n_volumes = model->volumes.rows.n, n_snapshots = model->snapshots.rows.n, total = 0;
    members->history_start = g_new0(uint32_t, n_volumes + 1);
    for (uint32_t s = 0; s < n_snapshots; s++) {
        CgRef volume = evidence_for(model, s);
        if (volume == CG_REF_NONE)
            continue;
        total++;
        members->history_start[volume + 1]++;
    }
    counts_to_starts(members->history_start, n_volumes);
    members->history = g_new(uint32_t, MAX(total, 1));
    for (uint32_t s = 0; s < n_snapshots; s++) {
        CgRef volume = evidence_for(model, s);
        if (volume != CG_REF_NONE)
            members->history[members->history_start[volume + 1]++] = s;
    }
}

CgMembers *
cg_members_new(const CgModel *model)
{
    CgMembers *members = g_new0(CgMembers, 1);
    members->model = model;
    sort_by_group(members);
    sort_by_volume(members);
    return members;
}

void
cg_members_free(CgMembers *members)
{
    if (members == NULL)
        return;
    g_free(members->start);
    g_free(members->live);
    g_free(members->volume);
    g_free(members->history_start);
    g_free(members->history);
    g_free(members);
}

/* ---- votes ---- */

/* True when snapshot `a` is to be looked at rather than `b`: earlier, or later, by time; the id
 * breaks a tie, so that the order of loading never decides. */
static bool
goes_before(const CgModel *model, CgRef a, CgRef b, bool earlier)
{
    if (b == CG_REF_NONE)
        return true;
    const CgRowsOf *rows = &model->snapshots.rows;
    if (rows->created_at[a] != rows->created_at[b])
        return (rows->created_at[a] < rows->created_at[b]) == earlier;
    return cg_id_compare(model->strings, rows->id[a], rows->id[b]) < 0;
}

/* The newest snapshot of `volume` made before `time`, and the oldest made since. */
static void
find_history(const CgMembers *members, uint32_t volume, int64_t time, CgRef *out_before,
             CgRef *out_since)
{
    const int64_t *created_at = members->model->snapshots.rows.created_at;
    *out_before = *out_since = CG_REF_NONE;
    if (time == CG_TIME_NONE)
        return;
    for (uint32_t i = members->history_start[volume]; i < members->history_start[volume + 1]; i++) {
        CgRef s = members->history[i];
        if (created_at[s] == CG_TIME_NONE)
            continue;
        bool since = created_at[s] >= time;
        CgRef *best = since ? out_since : out_before;
        if (goes_before(members->model, s, *best, since))
            *best = s;
    }
}

static bool
proves_another(const CgModel *model, CgRef snapshot, CgId group)
{
    CgRef row;
    return snapshot != CG_REF_NONE && !cg_id_equal(proven_group(model, snapshot, &row), group);
}

CgVote
cg_members_vote(const CgMembers *members, uint32_t volume)
{
    const CgModel *model = members->model;
    const CgVolumes *volumes = &model->volumes;
    CgVote vote = { CG_ID_NULL, CG_REF_NONE, false, false };
    CgRef source = volumes->source.at[volume], before, since;
    if (!cg_ref_is_row(source))
        return vote;
    CgId own = cg_refs_id(&volumes->group, volume, model->groups.rows.id);
    CgId group = cg_refs_id(&volumes->group, source, model->groups.rows.id);
    CgRef row = cg_ref_is_row(volumes->group.at[source]) ? volumes->group.at[source] : CG_REF_NONE;
    if (cg_id_equal(group, own))
        return vote;
    find_history(members, source, volumes->rows.created_at[volume], &before, &since);
    if (!cg_id_is_null(group)) {
        bool disputed = proves_another(model, before, group) || proves_another(model, since, group);
        return (CgVote){ group, row, false, disputed };
    }
    if (before == CG_REF_NONE)
        return vote;
    group = proven_group(model, before, &row);
    return cg_id_equal(group, own) ? vote : (CgVote){ group, row, true, false };
}

/* Was the volume in its group, as far as is known, when something was made at `time`? */
static bool
was_there(const CgRowsOf *volumes, uint32_t volume, int64_t time)
{
    int64_t created = volumes->created_at[volume];
    if (created != CG_TIME_NONE && time != CG_TIME_NONE && created > time)
        return false;
    if (cg_row_is_live(volumes, volume))
        return true;
    int64_t deleted = cg_row_time(volumes->deleted_at, volume);
    return deleted != CG_TIME_NONE && (time == CG_TIME_NONE || deleted >= time);
}

uint32_t
cg_members_at_birth(const CgMembers *members, uint32_t source, uint32_t group, uint32_t limit)
{
    const CgRowsOf *volumes = &members->model->volumes.rows;
    int64_t time = members->model->groups.rows.created_at[group];
    uint32_t n = 0;
    for (uint32_t i = members->start[source]; i < members->start[source + 1] && n < limit; i++)
        n += was_there(volumes, members->volume[i], time);
    return n;
}
