/*
 * A finding is data: which rule, how bad, which row, which other rows, what was seen.
 *
 * It copies every text that it is given, so that a report outlives the lineage it was made from.
 * The fingerprint says "the same finding as last time" and is therefore taken over the rule, the
 * table, the id and the related rows, never over a text that a later release words better.
 */
#ifndef CG_VERIFY_FINDING_H
#define CG_VERIFY_FINDING_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef enum {
    CG_SEVERITY_INFO,
    CG_SEVERITY_WARNING,
    CG_SEVERITY_ERROR,
    CG_N_SEVERITIES
} CgSeverity;

const char *cg_severity_name(CgSeverity severity); /* "error" */

/* What can be done about it: nothing by us, a statement for review, or by us on request. */
typedef enum { CG_FIX_NONE, CG_FIX_PLAN, CG_FIX_AUTOMATIC } CgFix;

const char *cg_fix_name(CgFix fix); /* NULL for CG_FIX_NONE */

enum { CG_FINGERPRINT_SIZE = 33 };

/* A row, by its physical table. */
typedef struct {
    const char *table; /* interned: lives as long as the process */
    char *id;
} CgObject;

typedef enum { CG_EVIDENCE_TEXT, CG_EVIDENCE_NUMBER, CG_EVIDENCE_NULL } CgEvidenceKind;

typedef struct {
    const char *key; /* a literal */
    CgEvidenceKind kind;
    char *text;
    int64_t number;
} CgEvidence;

typedef struct {
    const char *rule; /* the rule's id, lent by the table of rules */
    CgSeverity severity;
    CgObject object;
    GArray *related;  /* of CgObject, as the rule named them */
    GArray *evidence; /* of CgEvidence, in the order in which a person asks */
    char *message;
    CgFix fix;
    char fingerprint[CG_FINGERPRINT_SIZE]; /* set by cg_finding_seal() */
} CgFinding;

CgFinding *cg_finding_new(const char *rule, CgSeverity severity, const char *table, const char *id);
void cg_finding_free(CgFinding *finding);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CgFinding, cg_finding_free)

void cg_finding_relate(CgFinding *finding, const char *table, const char *id);
void cg_finding_say(CgFinding *finding, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* A NULL text is kept as null. */
void cg_finding_note(CgFinding *finding, const char *key, const char *text);
void cg_finding_note_number(CgFinding *finding, const char *key, int64_t number);
void cg_finding_note_time(CgFinding *finding, const char *key, bool known, int64_t us);

/* Takes the fingerprint: the order in which rows were related does not matter to it. */
void cg_finding_seal(CgFinding *finding);

/* For sorting pointers to findings: worst first, then rule, table, id, fingerprint. */
int cg_finding_compare(const void *a, const void *b);

#endif
