/*
 * What the files of the address parser share. For db/address*.c only.
 *
 * address.c holds the object and decides which kind of address it is, address_url.c and
 * address_conninfo.c read PostgreSQL's two forms. An address is changed only until its parser
 * returns.
 */
#ifndef CG_DB_ADDRESS_PARSE_H
#define CG_DB_ADDRESS_PARSE_H

#include "base/text.h"
#include "db/address.h"

#define CG_ADDRESS_BLANKS " \t\n\v\f\r" /* isspace() of the C locale, as in libpq */

/*
 * Returns false with an error about `shown`: the address, or as much of it as holds no secret. The
 * caret stands `caret_back` bytes before its end.
 */
bool cg_address_refuse(GError **error, const char *shown, size_t caret_back, const char *hint,
                       const char *format, ...) G_GNUC_PRINTF(5, 6);

/* An address without keywords; cg_address_finish_postgresql() must follow. */
CgAddress *cg_address_new_postgresql(void);

/* Takes `value`; the last one of a keyword wins, as in libpq. */
void cg_address_set(CgAddress *address, const char *keyword, char *value);

/* Takes the address, checks what all forms must hold, makes its printable form. */
CgAddress *cg_address_finish_postgresql(CgAddress *unchecked, GError **error);

bool cg_address_is_libpq_keyword(const char *name);

/* Does it begin with a keyword of libpq and "="? */
bool cg_address_is_conninfo(const char *text);

CgAddress *cg_address_parse_conninfo(const char *text, GError **error);

/* `authority` is what follows "postgresql://". With a driver (+psycopg2) SQLAlchemy is meant. */
CgAddress *cg_address_parse_url(const char *authority, bool has_driver, GError **error);

/*
 * Reads what follows the '?' of a URL (NULL: nothing). `dropped` are parameters without meaning
 * here, all other ones must be libpq's, or unknown where the address is not PostgreSQL's. `shown`
 * is the address without its query, for errors.
 */
bool cg_address_read_query(CgAddress *address, const char *query, bool plus_is_blank,
                           const char *const *dropped, const char *shown,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
