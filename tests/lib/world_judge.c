/*
 * The definitions of lineage read a second time, as plainly as they are written, without any
 * thought of speed. Nothing of lineage/ is used but the names of flags.
 */
#include "tests/lib/world.h"

#define MANY_ROWS(table, row)                                                                      \
    for (const WorldRow *row = (table).rows; row < (table).rows + (table).n; row++)

static const int64_t epsilon = INT64_C(300000000);

static bool
same(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

static bool
set(const char *text)
{
    return text[0] != '\0';
}

static bool
known(int64_t time)
{
    return time != CG_TIME_NONE;
}

static bool
live(const WorldRow *row)
{
    return row->deleted != 1;
}

static const WorldRow *
row_of(const WorldTable *table, const char *id)
{
    if (set(id))
        MANY_ROWS(*table, row)
    if (same(row->id, id))
        return row;
    return NULL;
}

static bool
is_member(const WorldRow *volume, const WorldRow *group)
{
    return live(volume) && volume->looks == 0 && same(volume->group, group->id);
}

/* The group that this snapshot proves, or NULL: its cgsnapshot has a row, which names a group. */
static const char *
proof(const World *world, const WorldRow *snapshot)
{
    const WorldRow *cgsnapshot = row_of(&world->cgsnapshots, snapshot->cgsnapshot);
    return cgsnapshot != NULL && set(cgsnapshot->group) ? cgsnapshot->group : NULL;
}

/* Newest before the member, or oldest since; of several at one time the one with the smallest id.
 */
static const char *
history(const World *world, const WorldRow *source, const WorldRow *member, bool since)
{
    const WorldRow *best = NULL;
    MANY_ROWS(world->snapshots, s)
    {
        if (!same(s->volume, source->id) || proof(world, s) == NULL || !known(s->created) ||
            !known(member->created) || (s->created >= member->created) != since)
            continue;
        bool nearer =
            best == NULL || (since ? s->created < best->created : s->created > best->created);
        if (nearer || (s->created == best->created && strcmp(s->id, best->id) < 0))
            best = s;
    }
    return best == NULL ? NULL : proof(world, best);
}

/* "" for no vote. */
static const char *
vote_of(const World *world, const WorldRow *group, const WorldRow *member, bool *out_disputed,
        bool *out_by_history)
{
    *out_disputed = *out_by_history = false;
    const WorldRow *source = row_of(&world->volumes, member->source);
    if (source == NULL)
        return "";
    const char *before = history(world, source, member, false);
    const char *since = history(world, source, member, true);
    if (!set(source->group)) {
        if (before == NULL || same(before, group->id))
            return "";
        *out_by_history = true;
        return before;
    }
    if (same(source->group, group->id))
        return "";
    *out_disputed = (before != NULL && !same(before, source->group)) ||
                    (since != NULL && !same(since, source->group));
    return source->group;
}

static int
at_birth(const World *world, const char *source, const WorldRow *group)
{
    int n = 0;
    MANY_ROWS(world->volumes, v)
    {
        if (!same(v->group, source) || v->looks != 0)
            continue;
        if (known(v->created) && known(group->created) && v->created > group->created)
            continue;
        if (v->deleted == 1 && !known(v->deleted_at))
            continue;
        if (v->deleted == 1 && known(group->created) && v->deleted_at < group->created)
            continue;
        n++;
    }
    return n;
}

static bool
is_conflict(const World *world, const WorldRow *group, const char *parent)
{
    bool disputed, by_history;
    MANY_ROWS(world->volumes, v)
    {
        if (!is_member(v, group))
            continue;
        vote_of(world, group, v, &disputed, &by_history);
        if (disputed)
            return true;
        MANY_ROWS(world->volumes, other)
        if (other != v && is_member(other, group) && set(v->source) &&
            same(v->source, other->source))
            return true;
    }
    const WorldRow *s = row_of(&world->groups, parent);
    if (s == NULL)
        return true;
    if (known(s->created) && known(group->created) && s->created > group->created + epsilon)
        return true;
    if (s->deleted == 1 && known(s->deleted_at) && known(group->created) &&
        s->deleted_at < group->created - epsilon)
        return true;
    return set(s->project) && set(group->project) && !same(s->project, group->project);
}

static bool
some_source_is_untouched(const World *world, const WorldRow *group)
{
    bool disputed, by_history;
    MANY_ROWS(world->volumes, v)
    {
        if (!is_member(v, group) || !set(vote_of(world, group, v, &disputed, &by_history)))
            continue;
        const WorldRow *source = row_of(&world->volumes, v->source);
        if (by_history || !known(source->updated) ||
            (known(v->created) && source->updated <= v->created))
            return true;
    }
    return false;
}

/* Every member without a vote is younger than every voter, has no snapshot and no outside source.
 */
static bool
others_came_later(const World *world, const WorldRow *group)
{
    bool disputed, by_history;
    MANY_ROWS(world->volumes, v)
    {
        if (!is_member(v, group) || set(vote_of(world, group, v, &disputed, &by_history)))
            continue;
        const WorldRow *source = row_of(&world->volumes, v->source);
        if (set(v->snapshot) ||
            (set(v->source) && (source == NULL || !same(source->group, group->id))))
            return false;
        MANY_ROWS(world->volumes, voter)
        if (is_member(voter, group) && set(vote_of(world, group, voter, &disputed, &by_history)) &&
            (!known(v->created) || !known(voter->created) || v->created <= voter->created))
            return false;
    }
    return true;
}

static void
count(WorldVerdict *verdict, const char *group)
{
    int i = 0;
    while (i < verdict->n_votes && !same(verdict->votes[i].group, group))
        i++;
    if (i == verdict->n_votes)
        verdict->votes[verdict->n_votes++].group = group;
    verdict->votes[i].n++;
}

static const char *
name_verdict(const World *world, const WorldRow *group, const WorldVerdict *votes)
{
    if (votes->n_votes == 0)
        return "none";
    if (votes->n_votes > 1)
        return "ambiguous";
    const char *parent = votes->votes[0].group;
    int voters = votes->votes[0].n, births = at_birth(world, parent, group);
    if (is_conflict(world, group, parent))
        return "conflict";
    if (voters == votes->members) {
        if (voters == births && known(group->created))
            return "exact";
        if (voters >= 2 && 2 * voters >= births && some_source_is_untouched(world, group))
            return "strong";
        return "weak";
    }
    if (voters >= 2 && voters == births && others_came_later(world, group))
        return "grown";
    return "partial";
}

WorldVerdict
world_judge(const World *world, int number)
{
    const WorldRow *group = &world->groups.rows[number];
    WorldVerdict verdict = { .source = "" };
    bool disputed, by_history;
    if (!live(group))
        return verdict;
    MANY_ROWS(world->volumes, v)
    {
        if (!is_member(v, group))
            continue;
        verdict.members++;
        const char *vote = vote_of(world, group, v, &disputed, &by_history);
        if (set(vote))
            count(&verdict, vote);
    }
    if (set(group->source) || set(group->cgsnapshot)) {
        verdict.verdict = "settled";
        verdict.source = group->source;
    } else if (set(group->recorded)) {
        bool self = same(group->recorded, group->id);
        verdict.verdict = self ? "conflict" : "recorded";
        verdict.source = self ? "" : group->recorded;
    } else {
        verdict.verdict = name_verdict(world, group, &verdict);
        verdict.source = verdict.n_votes == 1 ? verdict.votes[0].group : "";
    }
    return verdict;
}
