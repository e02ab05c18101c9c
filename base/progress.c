/*
 * Progress on stderr; see progress.h.
 *
 * An update costs a few instructions: the clock is asked only at every n-th call, n following the
 * speed of the work but bounded, so that work that suddenly slows down is not left without a sign.
 */
#include "base/progress.h"

#include "base/json.h"
#include "base/table.h"
#include "base/term.h"

#include <stdio.h>
#include <stdlib.h>

enum { MAX_CALLS = 256, BAR_WIDTH = 24, MIN_BAR_WIDTH = 8 };
static const int64_t ms = 1000;
static const int64_t second = 1000000;

struct CgProgress {
    char *what;
    char *unit;
    CgProgressStyle style; /* AUTO here: a bar */
    int64_t total, done;
    unsigned calls, calls_per_look; /* since the last look at the clock; until the next */
    int64_t looked;                 /* when */
    int64_t shown, shown_done;      /* when bar or event was last written, and `done` then */
    double rate;                    /* units a second, smoothed; < 0: not known yet */
};

static CgProgressStyle wanted_style = CG_PROGRESS_AUTO;
static bool is_bar_drawn = false;

void
cg_progress_set_style(CgProgressStyle style)
{
    wanted_style = style;
}

void
cg_progress_hide(void)
{
    if (is_bar_drawn)
        fputs("\r\033[K", stderr);
    is_bar_drawn = false;
}

static CgProgressStyle
style_now(void)
{
    bool is_without_bar = cg_term_is_quiet() || !cg_term_is_capable(stderr);
    return wanted_style == CG_PROGRESS_AUTO && is_without_bar ? CG_PROGRESS_NONE : wanted_style;
}

CgProgress *
cg_progress_begin(const char *what, const char *unit, int64_t total)
{
    CgProgress *progress = g_new0(CgProgress, 1);
    progress->what = g_strdup(what);
    progress->unit = g_strdup(unit);
    progress->total = total;
    progress->style = style_now();
    progress->calls_per_look = 1;
    progress->looked = progress->shown = g_get_monotonic_time();
    progress->rate = -1;
    return progress;
}

static void
write_event(const CgProgress *progress)
{
    char *line = NULL;
    size_t len = 0;
    FILE *memory = open_memstream(&line, &len); /* stderr is unbuffered: one write, not twenty */
    if (memory == NULL)
        return;
    CgJson *json = cg_json_begin_event(memory);
    cg_json_text(json, "event", "progress");
    cg_json_text(json, "what", progress->what);
    cg_json_int(json, "done", progress->done);
    if (progress->total > 0)
        cg_json_int(json, "total", progress->total);
    else
        cg_json_null(json, "total");
    cg_json_end(json);
    fclose(memory);
    fwrite(line, 1, len, stderr);
    free(line);
}

/* The mean of the last seconds rather than of the whole: a resumed run begins far from 0. */
static void
update_rate(CgProgress *progress, int64_t now)
{
    double elapsed = (double)(now - progress->shown) / (double)second;
    double rate = (double)(progress->done - progress->shown_done) / MAX(elapsed, 1e-6);
    double weight = elapsed / (elapsed + 3);
    progress->rate = progress->rate < 0 ? rate : progress->rate + weight * (rate - progress->rate);
}

static void
append_eta(GString *line, const CgProgress *progress)
{
    if (progress->rate <= 0 || progress->done >= progress->total)
        return;
    double left = (double)(progress->total - progress->done) / progress->rate;
    if (left > 100 * 3600)
        return;
    int seconds = (int)(left + 0.5);
    if (seconds >= 3600)
        g_string_append_printf(line, "  ETA %d:%02d:%02d", seconds / 3600, seconds / 60 % 60,
                               seconds % 60);
    else
        g_string_append_printf(line, "  ETA %d:%02d", seconds / 60, seconds % 60);
}

/* "  42 %  1,234/5,678 rows  210 rows/s  ETA 0:21", as far as known. */
static GString *
figures(const CgProgress *progress)
{
    char number[32];
    GString *line = g_string_new(NULL);
    if (progress->total > 0)
        g_string_append_printf(
            line, "%3d %%  ",
            (int)(100 * MIN(1.0, (double)progress->done / (double)progress->total)));
    g_string_append(line, cg_table_number(progress->done, number));
    if (progress->total > 0)
        g_string_append_printf(line, "/%s", cg_table_number(progress->total, number));
    g_string_append_printf(line, " %s", progress->unit);
    if (progress->rate >= 0)
        g_string_append_printf(line, "  %s %s/s",
                               cg_table_number((int64_t)(progress->rate + 0.5), number),
                               progress->unit);
    if (progress->total > 0)
        append_eta(line, progress);
    return line;
}

static void
append_bar(GString *line, const CgProgress *progress, int width)
{
    int filled = (int)(width * MIN(1.0, (double)progress->done / (double)progress->total));
    g_string_append_c(line, '[');
    for (int i = 0; i < width; i++)
        g_string_append_c(line, i < filled ? '#' : '.');
    g_string_append(line, "] ");
}

/* What does not fit is left out, never wrapped: a wrapped line cannot be erased. */
static void
draw_bar(const CgProgress *progress)
{
    int width = cg_term_width(stderr, 80) - 1;
    g_autoptr(GString) numbers = figures(progress);
    g_autoptr(GString) line = g_string_new(NULL);
    g_string_append_printf(line, "%s: ", progress->what);
    int room = width - (int)(g_utf8_strlen(line->str, -1) + g_utf8_strlen(numbers->str, -1)) - 3;
    if (progress->total > 0 && room >= MIN_BAR_WIDTH)
        append_bar(line, progress, MIN(room, BAR_WIDTH));
    g_string_append(line, numbers->str);
    g_autofree char *shown =
        g_utf8_substring(line->str, 0, MIN(width, g_utf8_strlen(line->str, -1)));
    fprintf(stderr, "\r%s\033[K", shown);
    is_bar_drawn = true;
}

static void
show(CgProgress *progress, int64_t now)
{
    update_rate(progress, now);
    progress->shown = now;
    progress->shown_done = progress->done;
    if (progress->style == CG_PROGRESS_JSON)
        write_event(progress);
    else if (progress->style == CG_PROGRESS_AUTO)
        draw_bar(progress);
}

static void
look_at_clock(CgProgress *progress)
{
    int64_t now = g_get_monotonic_time();
    if (now - progress->looked < 10 * ms)
        progress->calls_per_look = MIN(2 * progress->calls_per_look, MAX_CALLS);
    else if (now - progress->looked > 100 * ms)
        progress->calls_per_look = 1;
    progress->calls = 0;
    progress->looked = now;
    bool is_moving_bar = progress->style == CG_PROGRESS_AUTO && progress->rate >= 0;
    if (now - progress->shown >= (is_moving_bar ? 200 * ms : second))
        show(progress, now);
}

void
cg_progress_update(CgProgress *progress, int64_t done)
{
    progress->done = done;
    if (++progress->calls >= progress->calls_per_look)
        look_at_clock(progress);
}

void
cg_progress_end(CgProgress *progress)
{
    if (progress == NULL)
        return;
    cg_progress_hide();
    if (progress->style == CG_PROGRESS_JSON)
        write_event(progress);
    g_free(progress->what);
    g_free(progress->unit);
    g_free(progress);
}
