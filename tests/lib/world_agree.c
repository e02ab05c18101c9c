/* Both readings of the definitions side by side. */
#include "tests/lib/world.h"

#include <check.h>
#include <stdio.h>

static bool
votes_agree(const CgVerdicts *verdicts, const CgDecision *decision, const WorldVerdict *naive)
{
    if ((int)decision->n_votes != naive->n_votes)
        return false;
    for (uint32_t i = 0; i < decision->n_votes; i++) {
        const CgVoteCount *vote = &verdicts->votes[decision->first_vote + i];
        char buffer[CG_ID_TEXT_SIZE];
        const char *group = cg_id_text(verdicts->model->strings, vote->group, buffer, NULL);
        int k = 0;
        while (k < naive->n_votes && strcmp(naive->votes[k].group, group) != 0)
            k++;
        if (k == naive->n_votes || (int)vote->n != naive->votes[k].n)
            return false;
        if (i > 0 && cg_id_compare(verdicts->model->strings, vote[-1].group, vote->group) >= 0)
            return false;
    }
    return true;
}

static const CgDecision *
decision_of(const CgVerdicts *verdicts, const char *name)
{
    const CgModel *model = verdicts->model;
    CgRef row = cg_row_find(&model->groups.rows, cg_id_make(model->strings, name, strlen(name)));
    ck_assert(row != CG_REF_NONE);
    return &verdicts->of[row];
}

bool
world_agrees(const World *world, const CgVerdicts *verdicts, int64_t *counts)
{
    for (int i = 0; i < world->groups.n; i++) {
        const CgDecision *decision = decision_of(verdicts, world->groups.rows[i].id);
        WorldVerdict naive = world_judge(world, i);
        char buffer[CG_ID_TEXT_SIZE];
        if ((naive.verdict == NULL) != (decision->verdict == CG_VERDICT_N))
            return false;
        if (naive.verdict == NULL)
            continue;
        counts[decision->verdict]++;
        if (strcmp(naive.verdict, cg_verdict_name(decision->verdict)) != 0 ||
            strcmp(naive.source,
                   cg_id_text(verdicts->model->strings, decision->source, buffer, NULL)) != 0 ||
            naive.members != (int)decision->members || !votes_agree(verdicts, decision, &naive)) {
            printf("group %s: %s naively, %s really\n", world->groups.rows[i].id, naive.verdict,
                   cg_verdict_name(decision->verdict));
            return false;
        }
    }
    return true;
}
