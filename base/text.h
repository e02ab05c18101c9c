/*
 * A named piece of text that a user wrote, and errors that point into it.
 *
 * Every reader of user files (migrations, cinder.conf, YAML, addresses) reports through this, so
 * that all errors look alike: file:line:column, the message, the line, a caret.
 */
#ifndef CG_BASE_TEXT_H
#define CG_BASE_TEXT_H

#include "base/error.h"

/* Lent bytes with the name to show for them. Not NUL-terminated as far as readers are concerned. */
typedef struct {
    const char *name;
    const char *data;
    size_t len;
} CgText;

/* Line and column (both from 1; the column counts UTF-8 characters) of a byte offset. */
void cg_text_position(const CgText *text, size_t offset, unsigned *out_line, unsigned *out_column);

/* Neither a control character nor one that turns the direction of writing (Unicode Standard Annex
 * 9, 2): it takes one place in a line, and leaves the others theirs. */
bool cg_text_is_plain(gunichar c);

/*
 * Sets a CG_ERROR with the message
 *     name:line:column: message
 *         the line
 *            ^
 * `offset` past the end points behind the last character. Characters of the line that are not plain
 * are shown as '?', tabs are kept in the caret line, so that it stands right; a line longer than
 * 160 bytes is cut around the caret.
 */
void cg_text_error(GError **error, CgExit exit, const CgText *text, size_t offset, const char *hint,
                   const char *format, ...) G_GNUC_PRINTF(6, 7);

#endif
