/*
 * An audit: load once, run rules, keep what they found. Printing is the reporters' (report.h).
 *
 * Everything comes from one snapshot, which is released before the first rule runs. A rule that
 * lacks a column is skipped and says so; nothing is ever left out silently.
 */
#ifndef CG_VERIFY_AUDIT_H
#define CG_VERIFY_AUDIT_H

#include "lineage/model.h"
#include "verify/rule.h"

typedef struct {
    const char *const *rules; /* ids or names, each word may be a comma list; NULL: all rules */
    const CgNaming *naming;   /* NULL: detect */
    bool quiet;               /* no progress bar */
} CgAuditOptions;

typedef struct {
    const CgRule *rule;
    char *skipped;     /* why it could not run; NULL: it ran */
    bool is_requested; /* by name */
    int64_t n_findings;
} CgRuleResult;

typedef struct {
    const char *name; /* of the physical table */
    int64_t rows;     /* read, of this era */
    int64_t horizon;  /* oldest deletion that still has its row, or CG_TIME_NONE */
} CgTableResult;

enum { CG_N_AUDITED_TABLES = CG_TABLE_SNAPSHOTS + 1 };

typedef struct {
    char *database; /* NULL for an audit of a model; so are the next three */
    char *server;
    char *role; /* "primary", "standby"; NULL where there is no such thing */
    char *position;
    int64_t read_at; /* this machine's clock */
    int reloads;     /* recovery conflicts met while reading from a standby */
    const char *naming;
    CgTableResult tables[CG_N_AUDITED_TABLES];
    int64_t unreadable; /* cells read as NULL because they are not of their column's type */
    char *unreadable_example;
    char *notice; /* lines to read before believing the rest; or NULL */

    CgRuleResult *rules;
    size_t n_rules;
    GPtrArray *findings; /* of CgFinding, worst first, then by rule, table and id */
    int64_t summary[CG_N_SEVERITIES];
} CgReport;

/*
 * Audits a database. Errors: CG_EXIT_USAGE for a rule that there is not (before anything is read),
 * those of cg_model_load().
 */
CgReport *cg_audit_run(CgDb *db, const CgAuditOptions *options, GError **error);

/* Audits a loaded model. */
CgReport *cg_audit_model(const CgModel *model, const CgAuditOptions *options, GError **error);

void cg_report_free(CgReport *report);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CgReport, cg_report_free)

int64_t cg_report_rules_ran(const CgReport *report);

/* CG_FAIL_ON_NEVER as a severity: nothing is as bad as that. */
#define CG_FAIL_ON_NEVER CG_N_SEVERITIES

/* "error", "warning", "info", "never"; CG_EXIT_USAGE errors. */
bool cg_fail_on_parse(const char *word, CgSeverity *out_fail_on,
                      GError **error) G_GNUC_WARN_UNUSED_RESULT;

/*
 * How the program ends. CG_EXIT_INCOMPLETE when a rule that was asked for by name could not run,
 * whatever the others found; else CG_EXIT_DIFFERENCE when a finding is at or above `fail_on`.
 */
CgExit cg_report_exit(const CgReport *report, CgSeverity fail_on);

#endif
