/*
 * Errors as the user meets them: one domain whose code is the exit code, with a hint.
 *
 * A GError of CG_ERROR carries what went wrong (message), how the program ends (code, a CgExit) and
 * what to type next (hint). Errors of a database come from db/ with their own domain, because there
 * a caller branches on more than the exit code. Nothing here prints: tools/ does that, once.
 */
#ifndef CG_BASE_ERROR_H
#define CG_BASE_ERROR_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

/* How a program ends. The manual has the table verb x condition; these are its columns. */
typedef enum {
    CG_EXIT_OK = 0,           /* done, or clean */
    CG_EXIT_DIFFERENCE = 1,   /* pending with --exit-code, drift, findings at or above --fail-on */
    CG_EXIT_USAGE = 2,        /* usage, configuration, malformed input, not found or ambiguous */
    CG_EXIT_CONNECT = 3,      /* cannot connect */
    CG_EXIT_LOCKED = 4,       /* locked by another run */
    CG_EXIT_FAILED = 5,       /* failed; the failing step left nothing, earlier steps stand */
    CG_EXIT_HALF_DONE = 6,    /* failed and something half done stands; the hint names the repair */
    CG_EXIT_HISTORY = 7,      /* edited, missing, out of order, broken chain */
    CG_EXIT_REFUSED = 8,      /* refused for safety or state */
    CG_EXIT_INCOMPLETE = 9,   /* something asked for could not be checked */
    CG_EXIT_INTERRUPTED = 130 /* interrupted cleanly */
} CgExit;

#define CG_ERROR (cg_error_quark())
GQuark cg_error_quark(void);

/*
 * Sets *error (which may be NULL) to a CG_ERROR that ends the program with `exit`. `hint`, which
 * may be NULL, is one sentence: the next command to type. Both are copied.
 */
void cg_error_set(GError **error, CgExit exit, const char *hint, const char *format, ...)
    G_GNUC_PRINTF(4, 5);

/*
 * Takes `cause`, an error of any domain, and sets *error to a CG_ERROR with the message
 * "<prefix>: <message of cause>", where the prefix names the noun that this layer alone knows. A
 * NULL hint keeps the hint of the cause.
 */
void cg_error_wrap(GError **error, GError *cause, CgExit exit, const char *hint,
                   const char *prefix_format, ...) G_GNUC_PRINTF(5, 6);

/* The hint, or NULL. Lent by the error. NULL for an error of another domain. */
const char *cg_error_hint(const GError *error);

/*
 * A finer word than the exit, for a caller that branches on more: a value of an enum of the layer
 * that made the error, above 0. cg_error_wrap() keeps it. For that layer alone to set and to read;
 * 0: none, and for errors of other domains.
 */
void cg_error_set_kind(GError *error, int kind);
int cg_error_kind(const GError *error);

/* True for a CG_ERROR of that exit code. */
bool cg_error_is(const GError *error, CgExit exit);

#endif
