/*
 * What an audit found, written to a stream.
 *
 * Nothing is decided here: what counts and how the program ends is the report's.
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

/* For a person, and as a document. False when the stream had an error, which the end of the
 * program tells anyway. */
bool cg_report_human(const CgReport *report, const CgReportOptions *options, FILE *out);
bool cg_report_json(const CgReport *report, const CgReportOptions *options, FILE *out);

#endif
