/*
 * What is said to a person beside the result: notes and warnings on stderr, colour, interruption.
 *
 * Colour only on a terminal, never with NO_COLOR (no-color.org) or TERM=dumb. Progress has a header
 * of its own, which this one includes.
 */
#ifndef CG_BASE_TERM_H
#define CG_BASE_TERM_H

#include "base/progress.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

typedef enum { CG_BOLD, CG_DIM, CG_RED, CG_GREEN, CG_YELLOW, CG_CYAN, CG_RESET } CgStyle;

/* The escape sequence, or "" where `out` shows no colour. */
const char *cg_style(FILE *out, CgStyle style);

/* Whether `out` is a terminal that understands escape sequences. */
bool cg_term_is_capable(FILE *out);

/* Columns of the terminal behind `out`; `otherwise` where it is none or does not tell. */
int cg_term_width(FILE *out, int otherwise);

/* How talkative; set once from -q and -v. Warnings are always printed. */
void cg_term_set_quiet(bool quiet);
void cg_term_set_verbose(bool verbose);
bool cg_term_is_quiet(void);
void cg_term_note(const char *format, ...) G_GNUC_PRINTF(1, 2);    /* a line, not with -q */
void cg_term_verbose(const char *format, ...) G_GNUC_PRINTF(1, 2); /* a line, only with -v */
void cg_term_warn(const char *format, ...) G_GNUC_PRINTF(1, 2);    /* "warning: …" */

/*
 * Somebody else's text, fit for a terminal and for a line of its own: control characters,
 * characters that turn the direction of writing and bytes that are not UTF-8 become \xNN, byte by
 * byte. With `lines` newlines and tabs stay. Tables do this by themselves, but not for direction.
 * Allocated.
 */
char *cg_term_printable(const char *text, bool lines);

/* SIGINT and SIGTERM set a flag that long work asks for between batches. A second signal kills. */
void cg_interrupt_catch(void);
bool cg_interrupted(void);

#endif
