/*
 * See verdict.h.
 *
 * A group is decided in two steps: its members' votes are taken and counted, then the verdicts are
 * tried in order. Both use one scratch space, so that nothing is allocated for a group.
 */
#include "lineage/verdict.h"

/* A member with its vote. */
typedef struct {
    uint32_t volume;
    CgId source; /* source_volid */
    CgVote vote;
} Ballot;

struct CgVerdictScratch {
    Ballot *ballots;
    uint32_t n, size;
    CgId *ids; /* as many */
    GByteArray *text;
};

/* ---- the ballot ---- */

static void
take_votes(const CgVerdicts *verdicts, uint32_t group)
{
    struct CgVerdictScratch *scratch = verdicts->scratch;
    const CgVolumes *volumes = &verdicts->model->volumes;
    const uint32_t *rows;
    scratch->n = cg_members_of(verdicts->members, group, &rows);
    if (scratch->n > scratch->size) {
        scratch->size = MAX(scratch->n, scratch->size * 2);
        scratch->ballots = g_renew(Ballot, scratch->ballots, scratch->size);
        scratch->ids = g_renew(CgId, scratch->ids, scratch->size);
    }
    for (uint32_t i = 0; i < scratch->n; i++)
        scratch->ballots[i] =
            (Ballot){ rows[i], cg_refs_id(&volumes->source, rows[i], volumes->rows.id),
                      cg_members_vote(verdicts->members, rows[i]) };
}

static int
compare_votes(const void *a, const void *b, void *strings)
{
    return cg_id_compare(strings, ((const CgVoteCount *)a)->group, ((const CgVoteCount *)b)->group);
}

static void
append_vote(CgVerdicts *verdicts, CgVote vote)
{
    if ((verdicts->n_votes & (verdicts->n_votes - 1)) == 0) /* 0 and powers of two: full */
        verdicts->votes = g_renew(CgVoteCount, verdicts->votes, MAX(1024, verdicts->n_votes * 2));
    verdicts->votes[verdicts->n_votes++] = (CgVoteCount){ vote.group, vote.row, 1 };
}

/* Adds up equal votes in [first, n_votes), which it sorts. */
static void
merge_votes(CgVerdicts *verdicts, uint32_t first)
{
    CgVoteCount *votes = verdicts->votes + first;
    uint32_t n = verdicts->n_votes - first, kept = 0;
    if (n < 2)
        return;
    qsort_r(votes, n, sizeof *votes, compare_votes, verdicts->model->strings);
    for (uint32_t i = 1; i < n; i++)
        if (cg_id_equal(votes[i].group, votes[kept].group))
            votes[kept].n += votes[i].n;
        else
            votes[++kept] = votes[i];
    verdicts->n_votes = first + kept + 1;
}

static void
count_votes(CgVerdicts *verdicts, CgDecision *decision)
{
    const struct CgVerdictScratch *scratch = verdicts->scratch;
    uint32_t first = verdicts->n_votes;
    decision->members = scratch->n;
    for (uint32_t i = 0; i < scratch->n; i++) {
        CgVote vote = scratch->ballots[i].vote;
        if (cg_id_is_null(vote.group))
            continue;
        decision->disputed |= vote.disputed;
        if (verdicts->n_votes > first &&
            cg_id_equal(verdicts->votes[verdicts->n_votes - 1].group, vote.group))
            verdicts->votes[verdicts->n_votes - 1].n++;
        else
            append_vote(verdicts, vote);
    }
    merge_votes(verdicts, first);
    decision->first_vote = first;
    decision->n_votes = verdicts->n_votes - first;
}

/* ---- what forbids a parent ---- */

static bool
is_known(int64_t time)
{
    return time != CG_TIME_NONE;
}

bool
cg_time_is_well_after(int64_t a, int64_t b)
{
    return is_known(a) && is_known(b) && a > b && (uint64_t)a - (uint64_t)b > CG_EPSILON_US;
}

static int
compare_raw(const void *a, const void *b)
{
    const CgId *left = a, *right = b;
    if (left->hi != right->hi)
        return left->hi < right->hi ? -1 : 1;
    return left->lo < right->lo ? -1 : left->lo > right->lo;
}

static bool
share_a_source(const struct CgVerdictScratch *scratch)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < scratch->n; i++)
        if (!cg_id_is_null(scratch->ballots[i].source))
            scratch->ids[n++] = scratch->ballots[i].source;
    qsort(scratch->ids, n, sizeof(CgId), compare_raw);
    for (uint32_t i = 1; i < n; i++)
        if (cg_id_equal(scratch->ids[i - 1], scratch->ids[i]))
            return true;
    return false;
}

static bool
are_of_two_projects(const CgRowsOf *groups, uint32_t a, uint32_t b)
{
    return groups->project != NULL && groups->project[a] != 0 && groups->project[b] != 0 &&
           groups->project[a] != groups->project[b];
}

static CgConflict
find_conflict(const CgVerdicts *verdicts, uint32_t group, const CgDecision *decision)
{
    const CgRowsOf *groups = &verdicts->model->groups.rows;
    CgRef source = decision->source_row;
    if (decision->disputed)
        return CG_CONFLICT_DISPUTED;
    if (source == CG_REF_NONE)
        return CG_CONFLICT_NO_ROW;
    int64_t made = groups->created_at[group];
    if (cg_time_is_well_after(groups->created_at[source], made))
        return CG_CONFLICT_YOUNGER;
    if (!cg_row_is_live(groups, source) &&
        cg_time_is_well_after(made, cg_row_time(groups->deleted_at, source)))
        return CG_CONFLICT_DELETED;
    if (are_of_two_projects(groups, source, group))
        return CG_CONFLICT_PROJECT;
    return share_a_source(verdicts->scratch) ? CG_CONFLICT_SAME_VOLUME : CG_CONFLICT_NO;
}

/* ---- how sure a parent is ---- */

/* The voting source was not written to since the clone was made, as far as its row tells. */
static bool
is_untouched(const CgVolumes *volumes, const Ballot *ballot)
{
    if (cg_id_is_null(ballot->vote.group))
        return false;
    int64_t updated = cg_row_time(volumes->rows.updated_at, volumes->source.at[ballot->volume]);
    int64_t made = volumes->rows.created_at[ballot->volume];
    return ballot->vote.by_history || !is_known(updated) || (is_known(made) && updated <= made);
}

static CgVerdict
judge_unanimous(const CgVerdicts *verdicts, uint32_t group, const CgDecision *decision)
{
    const struct CgVerdictScratch *scratch = verdicts->scratch;
    uint32_t n = decision->members;
    uint32_t at_birth =
        cg_members_at_birth(verdicts->members, decision->source_row, group, 2 * n + 1);
    if (at_birth == n && is_known(verdicts->model->groups.rows.created_at[group]))
        return CG_VERDICT_EXACT;
    if (n < 2 || at_birth > 2 * n)
        return CG_VERDICT_WEAK;
    for (uint32_t i = 0; i < n; i++)
        if (is_untouched(&verdicts->model->volumes, &scratch->ballots[i]))
            return CG_VERDICT_STRONG;
    return CG_VERDICT_WEAK;
}

/* Could the member have been added empty, or from inside the group, after all voters were there? */
static bool
was_added(const CgVolumes *volumes, uint32_t group, uint32_t volume, int64_t newest_voter)
{
    int64_t made = volumes->rows.created_at[volume];
    if (!is_known(made) || made <= newest_voter)
        return false;
    if ((volumes->rows.flags[volume] & CG_ROW_HAS_SNAPSHOT) != 0)
        return false;
    CgRef source = volumes->source.at[volume];
    return source == CG_REF_NONE || (cg_ref_is_row(source) && volumes->group.at[source] == group);
}

static CgVerdict
judge_divided(const CgVerdicts *verdicts, uint32_t group, const CgDecision *decision,
              uint32_t voters)
{
    const struct CgVerdictScratch *scratch = verdicts->scratch;
    const CgVolumes *volumes = &verdicts->model->volumes;
    if (voters < 2 ||
        cg_members_at_birth(verdicts->members, decision->source_row, group, voters + 1) != voters)
        return CG_VERDICT_PARTIAL;
    int64_t newest = INT64_MIN;
    for (uint32_t i = 0; i < scratch->n; i++) {
        int64_t made = volumes->rows.created_at[scratch->ballots[i].volume];
        if (cg_id_is_null(scratch->ballots[i].vote.group))
            continue;
        if (!is_known(made))
            return CG_VERDICT_PARTIAL;
        newest = MAX(newest, made);
    }
    for (uint32_t i = 0; i < scratch->n; i++)
        if (cg_id_is_null(scratch->ballots[i].vote.group) &&
            !was_added(volumes, group, scratch->ballots[i].volume, newest))
            return CG_VERDICT_PARTIAL;
    return CG_VERDICT_GROWN;
}

/* ---- a group ---- */

static CgVerdict
judge_votes(const CgVerdicts *verdicts, uint32_t group, CgDecision *decision)
{
    if (decision->n_votes == 0)
        return CG_VERDICT_NONE;
    if (decision->n_votes > 1)
        return CG_VERDICT_AMBIGUOUS;
    const CgVoteCount *vote = &verdicts->votes[decision->first_vote];
    decision->source = vote->group;
    decision->source_row = vote->row;
    decision->conflict = find_conflict(verdicts, group, decision);
    if (decision->conflict != CG_CONFLICT_NO)
        return CG_VERDICT_CONFLICT;
    if (vote->n == decision->members)
        return judge_unanimous(verdicts, group, decision);
    return judge_divided(verdicts, group, decision, vote->n);
}

static CgVerdict
judge_recorded(const CgModel *model, uint32_t group, CgId recorded, CgDecision *decision)
{
    if (cg_id_equal(recorded, model->groups.rows.id[group])) {
        decision->conflict = CG_CONFLICT_SELF;
        return CG_VERDICT_CONFLICT;
    }
    decision->source = recorded;
    decision->source_row = cg_row_find(&model->groups.rows, recorded);
    return CG_VERDICT_RECORDED;
}

/* Needs the votes of the group in scratch and counted. */
static void
judge(const CgVerdicts *verdicts, uint32_t group, bool with_value, CgDecision *decision)
{
    const CgModel *model = verdicts->model;
    const CgId *ids = model->groups.rows.id;
    CgId value = with_value ? cg_refs_id(&model->groups.source, group, ids) : CG_ID_NULL;
    CgId recorded = cg_refs_id(&model->groups.recorded, group, ids);
    decision->conflict = CG_CONFLICT_NO;
    decision->source = value;
    decision->source_row = cg_row_find(&model->groups.rows, value);
    if (!cg_id_is_null(value) || model->groups.cgsnapshot.at[group] != CG_REF_NONE)
        decision->verdict = CG_VERDICT_SETTLED;
    else if (!cg_id_is_null(recorded))
        decision->verdict = judge_recorded(model, group, recorded, decision);
    else
        decision->verdict = judge_votes(verdicts, group, decision);
}

CgDecision
cg_verdicts_rederive(const CgVerdicts *verdicts, uint32_t group)
{
    CgDecision decision = verdicts->of[group];
    take_votes(verdicts, group);
    judge(verdicts, group, false, &decision);
    return decision;
}

CgVerdicts *
cg_verdicts_new(const CgModel *model)
{
    CgVerdicts *verdicts = g_new0(CgVerdicts, 1);
    const CgRowsOf *groups = &model->groups.rows;
    verdicts->model = model;
    verdicts->members = cg_members_new(model);
    verdicts->scratch = g_new0(struct CgVerdictScratch, 1);
    verdicts->scratch->text = g_byte_array_new();
    verdicts->of = g_new0(CgDecision, MAX(groups->n, 1));
    for (uint32_t group = 0; group < groups->n; group++) {
        CgDecision *decision = &verdicts->of[group];
        decision->verdict = CG_VERDICT_N;
        decision->source = CG_ID_NULL;
        decision->source_row = CG_REF_NONE;
        if (!cg_row_is_live(groups, group))
            continue;
        take_votes(verdicts, group);
        count_votes(verdicts, decision);
        judge(verdicts, group, true, decision);
        verdicts->counts[decision->verdict]++;
    }
    return verdicts;
}

void
cg_verdicts_free(CgVerdicts *verdicts)
{
    if (verdicts == NULL)
        return;
    g_free(verdicts->scratch->ballots);
    g_free(verdicts->scratch->ids);
    g_byte_array_unref(verdicts->scratch->text);
    g_free(verdicts->scratch);
    cg_members_free(verdicts->members);
    g_free(verdicts->of);
    g_free(verdicts->votes);
    g_free(verdicts);
}

static int
compare_rows(const void *a, const void *b, void *data)
{
    const CgModel *model = data;
    const CgId *ids = model->groups.rows.id;
    return cg_id_compare(model->strings, ids[*(const uint32_t *)a], ids[*(const uint32_t *)b]);
}

uint32_t *
cg_verdicts_key_order(const CgVerdicts *verdicts, uint32_t *out_n)
{
    const CgRowsOf *groups = &verdicts->model->groups.rows;
    uint32_t *rows = g_new(uint32_t, MAX(groups->n, 1)), n = 0;
    for (uint32_t group = 0; group < groups->n; group++)
        if (cg_row_is_live(groups, group))
            rows[n++] = group;
    qsort_r(rows, n, sizeof *rows, compare_rows, (void *)verdicts->model);
    *out_n = n;
    return rows;
}

/* ---- the digest ---- */

static void
put(GByteArray *text, const void *bytes, size_t n)
{
    g_byte_array_append(text, bytes, (guint)n);
}

/* With its length, so that neighbours cannot run into each other. */
static void
put_text(GByteArray *text, const char *bytes, size_t len)
{
    uint32_t size = GUINT32_TO_LE((uint32_t)len);
    put(text, &size, sizeof size);
    put(text, bytes, len);
}

static void
put_id(GByteArray *text, const CgStrings *strings, CgId id)
{
    char buffer[CG_ID_TEXT_SIZE];
    size_t len;
    const char *bytes = cg_id_text(strings, id, buffer, &len);
    put_text(text, bytes, len);
}

static void
put_number(GByteArray *text, int64_t number)
{
    uint64_t bytes = GUINT64_TO_LE((uint64_t)number);
    put(text, &bytes, sizeof bytes);
}

static void
put_group(GByteArray *text, const CgModel *model, uint32_t group)
{
    const CgRowsOf *groups = &model->groups.rows;
    const char *project = cg_row_word(model, groups->project, group);
    bool live = cg_row_is_live(groups, group);
    put_number(text, live);
    put_number(text, groups->created_at[group]);
    put_number(text, live ? CG_TIME_NONE : cg_row_time(groups->deleted_at, group));
    put_text(text, project, strlen(project));
}

static void
put_ballot(GByteArray *text, const CgModel *model, const Ballot *ballot)
{
    const CgVolumes *volumes = &model->volumes;
    CgRef source = volumes->source.at[ballot->volume];
    bool voting = !cg_id_is_null(ballot->vote.group);
    put_id(text, model->strings, volumes->rows.id[ballot->volume]);
    put_id(text, model->strings, ballot->source);
    put_id(text, model->strings, ballot->vote.group);
    put_number(text, volumes->rows.created_at[ballot->volume]);
    put_number(text, voting ? cg_row_time(volumes->rows.updated_at, source) : CG_TIME_NONE);
    const uint8_t facts[] = {
        ballot->vote.by_history,
        ballot->vote.disputed,
        (volumes->rows.flags[ballot->volume] & CG_ROW_HAS_SNAPSHOT) != 0,
        cg_ref_is_row(source) && volumes->group.at[source] == volumes->group.at[ballot->volume],
    };
    put(text, facts, sizeof facts);
}

static int
compare_ballots(const void *a, const void *b, void *data)
{
    const CgModel *model = data;
    const CgId *ids = model->volumes.rows.id;
    return cg_id_compare(model->strings, ids[((const Ballot *)a)->volume],
                         ids[((const Ballot *)b)->volume]);
}

/* The source, where there is one, and how many were there at birth, as far as it can matter. */
static void
put_source(const CgVerdicts *verdicts, uint32_t group, const CgDecision *decision)
{
    GByteArray *text = verdicts->scratch->text;
    CgRef row = decision->n_votes == 1 ? verdicts->votes[decision->first_vote].row : CG_REF_NONE;
    put_number(text, row != CG_REF_NONE);
    if (row == CG_REF_NONE)
        return;
    put_group(text, verdicts->model, row);
    put_number(text, cg_members_at_birth(verdicts->members, row, group, 2 * decision->members + 1));
}

void
cg_verdicts_digest(const CgVerdicts *verdicts, uint32_t group, uint8_t out[CG_SHA256_SIZE])
{
    const CgModel *model = verdicts->model;
    const CgId *ids = model->groups.rows.id;
    struct CgVerdictScratch *scratch = verdicts->scratch;
    take_votes(verdicts, group);
    if (scratch->n > 0)
        qsort_r(scratch->ballots, scratch->n, sizeof(Ballot), compare_ballots, (void *)model);
    g_byte_array_set_size(scratch->text, 0);
    put_id(scratch->text, model->strings, ids[group]);
    put_id(scratch->text, model->strings, cg_refs_id(&model->groups.recorded, group, ids));
    put_number(scratch->text, model->groups.cgsnapshot.at[group] != CG_REF_NONE);
    put_group(scratch->text, model, group);
    put_source(verdicts, group, &verdicts->of[group]);
    put_number(scratch->text, scratch->n);
    for (uint32_t i = 0; i < scratch->n; i++)
        put_ballot(scratch->text, model, &scratch->ballots[i]);
    cg_sha256(scratch->text->data, scratch->text->len, out);
}
