/*
 * cinder.conf and its kin, read by the grammar of oslo.config.
 *
 * Sections at column 0, `key = value` or `key: value`, comments only at column 0, lines that begin
 * with a blank continue the value above; sections may repeat, the last assignment wins. Values are
 * substituted ($name, ${name}, $group.name) when asked for, not when read. It knows no options:
 * types, defaults (but state_path's) and which names are valid stay with whoever asks.
 *
 * These files hold passwords. An error shows the line it is about only where neither the line nor
 * the option it belongs to can hold one; else the line is printed as "***".
 */
#ifndef CG_BASE_CONFIG_H
#define CG_BASE_CONFIG_H

#include "base/text.h"

typedef struct CgConfig CgConfig;

CgConfig *cg_config_new(void);
void cg_config_free(CgConfig *config);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CgConfig, cg_config_free)

/*
 * Read one more file; what it assigns wins over the files read before. On failure (CG_EXIT_USAGE:
 * unreadable, not text, malformed) the config is as it was. The text is copied.
 */
bool cg_config_read_file(CgConfig *config, const char *path,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;
bool cg_config_read_text(CgConfig *config, const CgText *text,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

/*
 * The value of an option, substituted; the caller frees it. NULL without an error where it is
 * unset, NULL with CG_EXIT_USAGE where it refers to a name that is not set, or to itself. The
 * section matches in any letter case (but DEFAULT, which is no other spelling of "default"), the
 * key exactly.
 */
char *cg_config_get(const CgConfig *config, const char *section, const char *key, GError **error);

/*
 * The address of Cinder's database as SQLAlchemy spells it: [database] connection, or one of its
 * older names where a file has only that, with connection_parameters appended; where nothing is set
 * Cinder's default, sqlite:///$state_path/cinder.sqlite. The caller frees it. NULL: CG_EXIT_USAGE,
 * as above.
 */
char *cg_config_database_connection(const CgConfig *config, GError **error);

#endif
