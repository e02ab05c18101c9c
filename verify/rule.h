/*
 * What a rule is: one const entry of data and one function over the loaded lineage.
 *
 * Rules never query. They read the model through lineage/ and say what they found through check.h;
 * whether a rule can run at all is told from the columns it needs, before it is called. A new rule
 * is an entry in rules.c and a function in the file of its family.
 */
#ifndef CG_VERIFY_RULE_H
#define CG_VERIFY_RULE_H

#include "lineage/naming.h"
#include "verify/finding.h"

/* Raised when a rule is added, or finds other rows than before. */
#define CG_RULE_SET_VERSION 1

typedef struct CgCheck CgCheck;

typedef struct {
    const char *id;       /* "CGL101" */
    const char *name;     /* "source-group-missing" */
    CgSeverity severity;  /* unless the function knows better */
    CgFix fix;            /* the best that can be done about any of its findings */
    uint64_t needs;       /* CgField bits: without one of these columns it is skipped */
    uint64_t reads;       /* … and columns read where they are there, also for a horizon */
    const char *sentence; /* what a finding says */
    const char *why;      /* why it matters; one paragraph, wrapped when shown */
    const char *normal;   /* what is normal, and how the rule reads its doubtful cases */
    const char *look; /* SQL to look by hand, naming `spec`; its first column is the row at fault */
    const char *repair; /* what a person can do */
    void (*check)(CgCheck *check);
} CgRule;

extern const CgRule cg_rules[]; /* in the order of their ids */
extern const size_t cg_n_rules;

/* By id or by name, in any letter case. NULL with a CG_EXIT_USAGE error that says which was meant.
 */
const CgRule *cg_rule_find(const char *word, GError **error);

#endif
