/*
 * The address of a database as users write it: parsed here, opened elsewhere.
 *
 *   postgresql://user:password@host:port,host:port/name?parameter=value     also postgres://
 *   host=… dbname=… service=…                                                as libpq reads it
 *   postgresql+psycopg2://…    sqlite:///relative    sqlite:////absolute     as SQLAlchemy does
 *   sqlite:PATH                                                              also sqlite3:PATH
 *
 * In a URL the user and password end at the last '@' whose rest reads as
 * host[:port][,…][/name][?…], the user at the first ':'; so a password may hold # ? % @ / : as they
 * are. "%" and two hex digits are an escape, any other '%' is itself. Two cases are read otherwise,
 * since libpq's own spellings need it: an '@' in the value of a known parameter stays there
 * (?user=me@corp), and no user holds a raw '/' or '?'.
 *
 * Parameters are libpq's. SQLAlchemy's and its drivers' that do not change which database is meant
 * are dropped (plugin, async_fallback, prepared_statement_*; for SQLite timeout, isolation_level,
 * check_same_thread, detect_types, cached_statements), ssl is read as sslmode, several
 * host=NAME:PORT as several hosts; any other is an error, since what it asked for would silently
 * not happen.
 *
 * Nothing is resolved, looked up or opened, and libpq is not needed. A password, or what could be a
 * piece of one, is in no error message and not in the printable form.
 */
#ifndef CG_DB_ADDRESS_H
#define CG_DB_ADDRESS_H

#include "base/error.h"

typedef struct CgAddress CgAddress; /* immutable, counted */

/* NULL: CG_EXIT_USAGE with a hint (malformed, unknown or unsupported kind, a file without
 * "sqlite:"). */
CgAddress *cg_address_parse(const char *text, GError **error);

CgAddress *cg_address_dup(const CgAddress *address);
void cg_address_free(CgAddress *address);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CgAddress, cg_address_free)

/* The name of the backend: "postgresql" or "sqlite". */
const char *cg_address_scheme(const CgAddress *address);

/* SQLite: the file, never empty nor ":memory:"; else NULL. Lent, as all below. */
const char *cg_address_path(const CgAddress *address);

/*
 * SQLite: was written sqlite:///PATH, so that PATH is relative. Whoever finds no such file, but one
 * at
 * "/PATH", can say that four slashes name it.
 */
bool cg_address_is_sqlalchemy_relative(const CgAddress *address);

/*
 * PostgreSQL: what was given, for PQconnectdbParams() with expand_dbname 0; both end with NULL, no
 * keyword is there twice. NULL for another scheme.
 */
const char *const *cg_address_keywords(const CgAddress *address);
const char *const *cg_address_values(const CgAddress *address);

/* The value of one of these keywords, NULL where it was not given. */
const char *cg_address_value(const CgAddress *address, const char *keyword);

/*
 * The address for messages and reports: in one spelling for all ways to write it, printable ASCII
 * but for a file's name, without password and without parameters but those that say which server.
 * cg_address_parse() reads it.
 */
const char *cg_address_display(const CgAddress *address);

#endif
