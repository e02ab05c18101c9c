/*
 * Which volumes belong to a group, and what each of them says about where its group came from.
 *
 * One counting sort for all groups; no table a group. Look-alikes are in no list.
 */
#ifndef CG_LINEAGE_MEMBERS_H
#define CG_LINEAGE_MEMBERS_H

#include "lineage/model.h"

/* Volume rows by group row: the live ones (members) first, then the dead ones. */
typedef struct {
    const CgModel *model;
    uint32_t *start; /* groups + 1 entries into `volume` */
    uint32_t *live;  /* how many of a group's volumes are members */
    uint32_t *volume;
    /* snapshots that lead to a cgsnapshot with a group, by volume row */
    uint32_t *history_start;
    uint32_t *history;
} CgMembers;

CgMembers *cg_members_new(const CgModel *model); /* the model must outlive it */
void cg_members_free(CgMembers *members);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CgMembers, cg_members_free)

/* The members of a group row: their number, and the first of their volume rows, lent. */
static inline uint32_t
cg_members_of(const CgMembers *members, uint32_t group, const uint32_t **out_rows)
{
    *out_rows = members->volume + members->start[group];
    return members->live[group];
}

typedef struct {
    CgId group; /* voted for; CG_ID_NULL: no vote */
    CgRef row;  /* its row, or CG_REF_NONE when it has none */
    bool by_history;
    bool disputed;
} CgVote;

/* The vote of a volume as a member of its group; only source_volid votes: cg-lineage(7). */
CgVote cg_members_vote(const CgMembers *members, uint32_t volume);

/* S at birth: how many volumes of `source` had been there when `group` was made. Stops at `limit`.
 */
uint32_t cg_members_at_birth(const CgMembers *members, uint32_t source, uint32_t group,
                             uint32_t limit);

#endif
