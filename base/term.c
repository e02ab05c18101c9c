/* Notes, warnings, colour and interruption; see term.h. */
#include "base/term.h"

#include "base/text.h"

#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static bool is_quiet = false;
static bool is_verbose = false;
static volatile sig_atomic_t was_interrupted = 0;

bool
cg_term_is_capable(FILE *out)
{
    const char *term = getenv("TERM");
    return isatty(fileno(out)) && term != NULL && strcmp(term, "dumb") != 0;
}

const char *
cg_style(FILE *out, CgStyle style)
{
    static const char *const sequences[] = {
        [CG_BOLD] = "\033[1m",   [CG_DIM] = "\033[2m",     [CG_RED] = "\033[31m",
        [CG_GREEN] = "\033[32m", [CG_YELLOW] = "\033[33m", [CG_CYAN] = "\033[36m",
        [CG_RESET] = "\033[0m",
    };
    const char *no_color = getenv("NO_COLOR");
    bool is_refused = no_color != NULL && no_color[0] != '\0';
    return is_refused || !cg_term_is_capable(out) ? "" : sequences[style];
}

int
cg_term_width(FILE *out, int otherwise)
{
    struct winsize size = { 0 };
    bool is_known = isatty(fileno(out)) && ioctl(fileno(out), TIOCGWINSZ, &size) == 0;
    return is_known && size.ws_col > 0 ? size.ws_col : otherwise;
}

void
cg_term_set_quiet(bool quiet)
{
    is_quiet = quiet;
}

void
cg_term_set_verbose(bool verbose)
{
    is_verbose = verbose;
}

bool
cg_term_is_quiet(void)
{
    return is_quiet;
}

char *
cg_term_printable(const char *text, bool lines)
{
    GString *out = g_string_new(NULL);
    while (*text != '\0') {
        gunichar c = g_utf8_get_char_validated(text, -1);
        bool is_text = c != (gunichar)-1 && c != (gunichar)-2;
        size_t n = is_text ? (size_t)(g_utf8_next_char(text) - text) : 1;
        bool is_shown = is_text && cg_text_is_plain(c);
        if (is_shown || (lines && (c == '\n' || c == '\t')))
            g_string_append_len(out, text, (gssize)n);
        else
            for (size_t i = 0; i < n; i++)
                g_string_append_printf(out, "\\x%02x", (unsigned char)text[i]);
        text += n;
    }
    return g_string_free(out, FALSE);
}

/* In one write, so that the lines of two programs on one terminal do not mix. */
static void G_GNUC_PRINTF(2, 0) say(const char *prefix, const char *format, va_list args)
{
    g_autofree char *text = g_strdup_vprintf(format, args);
    g_autofree char *shown = cg_term_printable(text, true);
    g_autofree char *line = g_strconcat(prefix, shown, "\n", NULL);
    cg_progress_hide();
    fputs(line, stderr);
}

void
cg_term_note(const char *format, ...)
{
    if (is_quiet)
        return;
    va_list args;
    va_start(args, format);
    say("", format, args);
    va_end(args);
}

void
cg_term_verbose(const char *format, ...)
{
    if (!is_verbose)
        return;
    va_list args;
    va_start(args, format);
    say("", format, args);
    va_end(args);
}

void
cg_term_warn(const char *format, ...)
{
    g_autofree char *prefix =
        g_strconcat(cg_style(stderr, CG_YELLOW), "warning:", cg_style(stderr, CG_RESET), " ", NULL);
    va_list args;
    va_start(args, format);
    say(prefix, format, args);
    va_end(args);
}

static void
set_handlers(void (*handler)(int))
{
    struct sigaction action = { .sa_handler = handler, .sa_flags = SA_RESTART };
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

/* Both signals at once: SIGTERM after SIGINT is a second signal too. */
static void
on_signal(int number)
{
    (void)number;
    was_interrupted = 1;
    set_handlers(SIG_DFL);
}

void
cg_interrupt_catch(void)
{
    set_handlers(on_signal);
}

bool
cg_interrupted(void)
{
    return was_interrupted != 0;
}
