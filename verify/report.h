/*
 * Reporters: one const entry each, which writes a CgReport to a stream.
 *
 * They decide nothing: what counts and how the program ends is the report's. A new reporter is a
 * file with an entry and a line in report.c.
 */
#ifndef CG_VERIFY_REPORT_H
#define CG_VERIFY_REPORT_H

#include "verify/audit.h"

#include <stdio.h>

enum { CG_LIMIT_DEFAULT = -1, CG_LIMIT_NONE = 0 };

typedef struct {
    /* Findings to print of each rule and severity, CG_LIMIT_NONE for all; by default 10 for a
     * person, all for a program. Counts are always full. */
    int64_t limit;
    bool list_info; /* human: rows of findings of severity info, not just their number */
} CgReportOptions;

typedef struct {
    const char *name; /* "json" */
    /* False when the stream had an error. */
    bool (*write)(const CgReport *report, const CgReportOptions *options, FILE *out);
} CgReporter;

extern const CgReporter cg_reporter_human;
extern const CgReporter cg_reporter_json;

/* By name; NULL with a CG_EXIT_USAGE error that lists them. */
const CgReporter *cg_reporter_find(const char *name, GError **error);

#endif
