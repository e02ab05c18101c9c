/*
 * The line that opens a section of a migration file: `-- migrate:up lock_timeout:2s`. The language
 * is described in file.h; for that reader only. Whether a marker fits its surroundings is not told
 * here.
 */
#ifndef CG_MIGRATE_MARKER_H
#define CG_MIGRATE_MARKER_H

#include "migrate/file.h"

typedef struct {
    CgSectionKind kind;
    bool has_dialect;
    CgSqlDialect dialect;
    CgSection section; /* its options; no statements yet */
} CgMarker;

/* Whether a line comment is a marker, or was surely meant to be one. */
bool cg_marker_is_meant(const CgText *text, CgToken comment);

/*
 * Reads the comment. Fails with CG_EXIT_USAGE and a caret at what does not fit, and a hint with the
 * nearest right spelling. What out_marker->section owns is the caller's: cg_section_clear().
 */
bool cg_marker_parse(const CgText *text, CgToken comment, CgMarker *out_marker,
                     GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Makes an absent section with default options, and frees what a section owns. */
void cg_section_init(CgSection *section);
void cg_section_clear(CgSection *section);

#endif
