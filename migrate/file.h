/*
 * One migration file: `NNNN_name.sql`, sections between markers, read for one dialect.
 *
 *     -- migrate:up lock_timeout:2s
 *     -- migrate:verify
 *     -- migrate:require "run cg-backfill first"
 *     -- migrate:down preserve:consistencygroups.source_cg_id
 *
 * A marker is a line comment at top level that has its line to itself. Options:
 *     transaction:true|false             up, down
 *     dialect:postgresql|sqlite          all; see below
 *     lock_timeout: statement_timeout:   up, down; 0, or a whole number with ms, s, min or h
 *     preserve:table[.column]            down, repeatable; names as the catalog spells them; not
 *                                        with transaction:false
 *     irreversible:"reason"              down, which then has no statements
 * A value, and the message of a require, may stand in double quotes, with "" for a quote inside.
 *
 * A section without a dialect serves each dialect that has no section of that kind of its own.
 * Where a section ends is found under the lexer of the section's own dialect. A section without one
 * (and the text before the first marker) is lexed under the dialect asked for, unless the file has
 * a section of the kind for that dialect: then under the other, which is the one it serves.
 *
 * Nothing is executed or hashed here; which files there are is source.h's.
 */
#ifndef CG_MIGRATE_FILE_H
#define CG_MIGRATE_FILE_H

#include "db/splitter.h"

#include <stdint.h>

typedef enum {
    CG_SECTION_UP,
    CG_SECTION_DOWN,
    CG_SECTION_VERIFY,
    CG_SECTION_REQUIRE,
    CG_N_SECTIONS
} CgSectionKind;

typedef struct {
    char *table;
    char *column; /* NULL: the whole table */
} CgPreserve;

typedef struct {
    bool present;                 /* all else is empty if not */
    size_t marker;                /* offset of the marker, for errors */
    bool transaction;             /* true unless transaction:false */
    int64_t lock_timeout_ms;      /* -1: not given; 0: none */
    int64_t statement_timeout_ms; /* likewise */
    GArray *statements;           /* CgStatement, within the text; never NULL */
    GArray *preserve;             /* CgPreserve; never NULL */
    char *irreversible;           /* the reason, or NULL */
    char *message;                /* of a require, else NULL */
} CgSection;

/*
 * To show an error at byte k of a statement s of the migration m:
 * cg_text_error(error, exit, &m->text, s.offset + k, …)
 */
typedef struct {
    int64_t version; /* above 0 */
    char *name;      /* what stands between the underscore and ".sql" */
    CgSqlDialect dialect;
    CgText text; /* the raw bytes, owned, and a NUL behind them; offsets count from here */
    CgSection sections[CG_N_SECTIONS];
} CgMigration;

/*
 * Reads `len` bytes (copied) as the migration `file_name` (a path or a bare name; shown in errors).
 * All errors are CG_EXIT_USAGE with line and caret: a name or marker that does not fit, no `up` for
 * the dialect, statements that end or need their own transaction, a require without exactly one
 * statement, NUL bytes. The result is the caller's.
 */
CgMigration *cg_migration_parse(const char *file_name, const char *data, size_t len,
                                CgSqlDialect dialect, GError **error);
void cg_migration_free(CgMigration *migration);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CgMigration, cg_migration_free)

/* "up", "down", "verify", "require". */
const char *cg_section_kind_name(CgSectionKind kind);

/*
 * The text whose digest is the normalised one: the sections that serve the dialect, in fixed order,
 * each with what changes its effect (transaction, preserve, irreversible) and its normalised
 * statements. Timeouts, messages, reasons and sections for other dialects do not count. The
 * caller's.
 */
char *cg_migration_normalise(const CgMigration *migration);

/* Reads "NNNN_name.sql" (of a path: its last part). The name is the caller's. */
bool cg_migration_parse_name(const char *file_name, int64_t *out_version, char **out_name,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
