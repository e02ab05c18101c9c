/*
 * What a rule's function works with: the model, the verdicts, and how to say what was found.
 *
 * For verify/ alone. "Live" is `deleted` not true; a member is a live volume of a live group
 * without look-alikes; rows that only stand in the table of the era before are no rule's object.
 */
#ifndef CG_VERIFY_CHECK_H
#define CG_VERIFY_CHECK_H

#include "lineage/verdict.h"
#include "verify/rule.h"

struct CgCheck {
    const CgModel *model;
    CgVerdicts *verdicts;
    const CgRule *rule;
    GPtrArray *findings; /* of CgFinding, owned */
};

/* ---- rows ---- */

/* Moves *row on to the next row to look at, from *row itself; false at the end:
 *     for (uint32_t group = 0; cg_next_group(model, &group); group++) */
bool cg_next_group(const CgModel *model, uint32_t *row);      /* live */
bool cg_next_cgsnapshot(const CgModel *model, uint32_t *row); /* live */
bool cg_next_volume(const CgModel *model, uint32_t *row);     /* live, look-alikes too */
bool cg_next_member(const CgModel *model, uint32_t *row);     /* of a live group */

/* A reference whose column may not have been read. */
static inline CgRef
cg_ref_at(const CgRefs *refs, uint32_t row)
{
    return refs->at == NULL ? CG_REF_NONE : refs->at[row];
}

/* Words are equal when their numbers are; 0 stands for NULL, '' and what was not read. */
static inline uint32_t
cg_word_at(const uint32_t *words, uint32_t row)
{
    return words == NULL ? 0 : words[row];
}

/* The ids that a group row names: CG_ID_NULL for none. */
CgId cg_group_source_id(const CgModel *model, uint32_t group);
CgId cg_group_cgsnapshot_id(const CgModel *model, uint32_t group);

/*
 * Whether a row that is not in `table` may just have been purged: it was there when the row that
 * names it was made, at `since`, and rows deleted so long ago are gone. True also where that cannot
 * be told: no soft-deleted row is left, or `since` is CG_TIME_NONE.
 */
bool cg_may_be_purged(const CgModel *model, CgTableName table, int64_t since);

/* ---- findings ---- */

/* A finding about a row, with the rule's severity and repair. Lent: it stands in the report
 * already. */
CgFinding *cg_find_group(CgCheck *check, uint32_t row);
CgFinding *cg_find_cgsnapshot(CgCheck *check, uint32_t row);
CgFinding *cg_find_volume(CgCheck *check, uint32_t row);

/* Relates a row of `table`, present or not, and returns the text of its id, lent by the finding. */
const char *cg_relate(CgCheck *check, CgFinding *finding, CgTableName table, CgId id);

/* Notes a word of the model, NULL when it is empty. */
void cg_note_word(CgCheck *check, CgFinding *finding, const char *key, const uint32_t *words,
                  uint32_t row);
void cg_note_time(CgFinding *finding, const char *key, int64_t time);

/* Says what the horizon of `table` makes of a missing row, and lowers the finding to info if it may
 * have been purged. `what` names the missing row: "source group 1b…". */
void cg_say_missing(CgCheck *check, CgFinding *finding, CgTableName table, int64_t since,
                    const char *what);

/* ---- the rules' functions ---- */

void cg_check_empty_string_reference(CgCheck *check);
void cg_check_source_group_missing(CgCheck *check);
void cg_check_source_group_deleted(CgCheck *check);
void cg_check_cgsnapshot_missing(CgCheck *check);
void cg_check_cgsnapshot_orphan(CgCheck *check);
void cg_check_member_group_missing(CgCheck *check);
void cg_check_live_member_of_deleted_group(CgCheck *check);
void cg_check_source_volume_missing(CgCheck *check);
void cg_check_both_sources_disagree(CgCheck *check);
void cg_check_both_sources_agree(CgCheck *check);
void cg_check_self_source(CgCheck *check);
void cg_check_source_contradicted(CgCheck *check);
void cg_check_source_ambiguous(CgCheck *check);
void cg_check_source_inferable_but_empty(CgCheck *check);
void cg_check_group_cycle(CgCheck *check);
void cg_check_cross_project_source(CgCheck *check);
void cg_check_cross_project_member(CgCheck *check);
void cg_check_member_count_mismatch(CgCheck *check);
void cg_check_duplicate_source_volume(CgCheck *check);
void cg_check_source_younger_than_clone(CgCheck *check);

#endif
