/*
 * Where each live group came from, as far as the rows prove it: one verdict a group, with its
 * votes.
 *
 * The definitions are exact and stand in the manual under the verdicts' names. Nothing here reads a
 * database or writes anything.
 */
#ifndef CG_LINEAGE_VERDICT_H
#define CG_LINEAGE_VERDICT_H

#include "base/digest.h"
#include "lineage/members.h"

/* In the order in which they are tried. CG_VERDICT_N is no verdict: dead groups have it. */
typedef enum {
    CG_VERDICT_SETTLED,
    CG_VERDICT_RECORDED,
    CG_VERDICT_NONE,
    CG_VERDICT_AMBIGUOUS,
    CG_VERDICT_CONFLICT,
    CG_VERDICT_EXACT,
    CG_VERDICT_STRONG,
    CG_VERDICT_WEAK,
    CG_VERDICT_GROWN,
    CG_VERDICT_PARTIAL,
    CG_VERDICT_N
} CgVerdict;

const char *cg_verdict_name(CgVerdict verdict);
bool cg_verdict_from_name(const char *name, size_t len, CgVerdict *out_verdict);

/* Verdicts as a set: which of them are written. */
typedef unsigned CgVerdictSet;
#define CG_VERDICT_BIT(verdict) (1U << (verdict))
#define CG_VERDICTS_DEFAULT                                                                        \
    (CG_VERDICT_BIT(CG_VERDICT_RECORDED) | CG_VERDICT_BIT(CG_VERDICT_EXACT) |                      \
     CG_VERDICT_BIT(CG_VERDICT_STRONG) | CG_VERDICT_BIT(CG_VERDICT_GROWN))

/* "recorded,exact,weak": the set itself; "+weak,-grown": changes to the default. Only a verdict
 * that names one source can be accepted. CG_EXIT_USAGE errors. */
bool cg_verdict_set_parse(const char *list, CgVerdictSet *out_set,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;
char *cg_verdict_set_dup(CgVerdictSet set); /* "recorded,exact" */

/* Why it is a conflict; the first that was met. */
typedef enum {
    CG_CONFLICT_NO,
    CG_CONFLICT_SELF,       /* upstream's column names the group itself */
    CG_CONFLICT_DISPUTED,   /* a snapshot proves another group for a voting source */
    CG_CONFLICT_NO_ROW,     /* the source group has no row */
    CG_CONFLICT_YOUNGER,    /* it is younger than the group */
    CG_CONFLICT_DELETED,    /* it was deleted before the group was made */
    CG_CONFLICT_PROJECT,    /* both projects are known and differ */
    CG_CONFLICT_SAME_VOLUME /* two members have one source volume */
} CgConflict;
const char *cg_conflict_reason(CgConflict conflict); /* half a sentence; NULL for CG_CONFLICT_NO */

#define CG_EPSILON_US (300 * INT64_C(1000000))

/* a is later than b by more than the tolerance; a time that is not known proves nothing. */
bool cg_time_is_well_after(int64_t a, int64_t b);

/* So many members vote for one group. */
typedef struct {
    CgId group;
    CgRef row; /* or CG_REF_NONE */
    uint32_t n;
} CgVoteCount;

typedef struct {
    CgVerdict verdict;
    CgConflict conflict;
    bool disputed; /* some vote is */
    uint32_t members;
    uint32_t first_vote; /* into CgVerdicts.votes; in order of the groups' ids */
    uint32_t n_votes;
    CgId source; /* settled: the value it has; else the one parent found or recorded; or CG_ID_NULL
                  */
    CgRef source_row; /* its row, or CG_REF_NONE */
} CgDecision;

typedef struct {
    const CgModel *model;
    CgMembers *members;
    CgDecision *of; /* by group row */
    CgVoteCount *votes;
    uint32_t n_votes;
    int64_t counts[CG_VERDICT_N];
    struct CgVerdictScratch *scratch;
} CgVerdicts;

/* Decides every live group. The model must outlive the result. */
CgVerdicts *cg_verdicts_new(const CgModel *model);
void cg_verdicts_free(CgVerdicts *verdicts);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CgVerdicts, cg_verdicts_free)

/* The verdict that a live group would have if its source column were NULL: for rules that look at
 * groups that have a value, and for a run that proves what it wrote. */
CgDecision cg_verdicts_rederive(const CgVerdicts *verdicts, uint32_t group);

/* SHA-256 over all that decided, independent of the order of loading: equal digests have equal
 * re-derived verdicts. */
void cg_verdicts_digest(const CgVerdicts *verdicts, uint32_t group, uint8_t out[CG_SHA256_SIZE]);

/* The groups' live rows in order of their ids by bytes; allocated. */
uint32_t *cg_verdicts_key_order(const CgVerdicts *verdicts, uint32_t *out_n);

#endif
