/*
 * Where migrations come from: those built into the program, or the files of a directory. Both go
 * through one loader, so that they are held to the same rules.
 */
#ifndef CG_MIGRATE_SOURCE_H
#define CG_MIGRATE_SOURCE_H

#include "base/embed.h"
#include "migrate/file.h"

/*
 * All migrations, read for the dialect, by ascending version: a GPtrArray of CgMigration that owns
 * them, the caller's. `dir` NULL means the built-in ones. In a directory only names that end in
 * .sql (in any letter case) and do not begin with a dot count. CG_EXIT_USAGE: directory or file
 * cannot be read, a name does not fit, two files have one version, or the error of
 * cg_migration_parse.
 */
GPtrArray *cg_source_load(const char *dir, CgSqlDialect dialect, GError **error);

/* The same from a table; entries outside of schema/migrations/ are passed over. */
GPtrArray *cg_source_load_embedded(const CgEmbedded *table, size_t n, CgSqlDialect dialect,
                                   GError **error);

/* The migration of that version, lent, or NULL. */
const CgMigration *cg_source_find(const GPtrArray *migrations, int64_t version);

#endif
