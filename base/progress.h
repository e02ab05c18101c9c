/*
 * How far long work has come, on stderr: a bar for a person, event lines for a program.
 *
 * The bar shows only on a terminal and not with -q. It occupies one line, which is erased before
 * anything else is said and when the work ends.
 */
#ifndef CG_BASE_PROGRESS_H
#define CG_BASE_PROGRESS_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef enum { CG_PROGRESS_AUTO, CG_PROGRESS_NONE, CG_PROGRESS_JSON } CgProgressStyle;
void cg_progress_set_style(CgProgressStyle style);

typedef struct CgProgress CgProgress;

/* `what` names the work ("reading volumes"), `unit` what is counted ("rows"); total 0: not known. A
 * terminal shows a bar with rate and ETA once the work has lasted a second; JSON style writes event
 * lines {"event":"progress","what":…,"done":…,"total":…}, one a second at most and one at the end;
 * a total that is not known is null there. */
CgProgress *cg_progress_begin(const char *what, const char *unit, int64_t total);
void cg_progress_update(CgProgress *progress,
                        int64_t done); /* cheap: may be called for every row */
void cg_progress_end(CgProgress *progress);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CgProgress, cg_progress_end)

/* Erases the bar, if one is drawn; the next update draws it again. For those who write to the
 * terminal by themselves; the notes and warnings of term.h do it already. */
void cg_progress_hide(void);

#endif
