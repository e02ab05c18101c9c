/* Common options, the database, errors; see tool.h. */
#include "tools/tool.h"

#include "base/config.h"
#include "base/term.h"

#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- options ---- */

static char **option_database;
static char **option_cinder_conf;
static char *option_format;
static char *option_progress;
static gboolean option_quiet;
static gboolean option_verbose;

static const GOptionEntry common_options[] = {
    { "database", 'd', 0, G_OPTION_ARG_FILENAME_ARRAY, &option_database,
      "The database: postgresql://user@host/name, sqlite:PATH, or any address libpq or SQLAlchemy "
      "knows",
      "URL" },
    { "cinder-conf", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &option_cinder_conf,
      "Take the address from this cinder.conf; repeat it for files read one after another",
      "FILE" },
    { "format", 0, 0, G_OPTION_ARG_STRING, &option_format, "How the result is written",
      "human|json" },
    { "progress", 0, 0, G_OPTION_ARG_STRING, &option_progress,
      "How progress is shown on standard error", "auto|none|json" },
    { "quiet", 'q', 0, G_OPTION_ARG_NONE, &option_quiet, "No notes, only warnings and errors",
      NULL },
    { "verbose", 'v', 0, G_OPTION_ARG_NONE, &option_verbose, "Say more of what is done", NULL },
    { NULL, 0, 0, 0, NULL, NULL, NULL },
};

/* The common options and a program's own, in one table. */
static GOptionEntry *
join_options(const GOptionEntry *own)
{
    GArray *joined = g_array_new(TRUE, TRUE, sizeof(GOptionEntry));
    g_array_append_vals(joined, common_options, G_N_ELEMENTS(common_options) - 1);
    for (const GOptionEntry *entry = own; entry != NULL && entry->long_name != NULL; entry++)
        g_array_append_vals(joined, entry, 1);
    return (GOptionEntry *)g_array_free(joined, FALSE);
}

static bool
check_word(const char *option, const char *value, const char *allowed, GError **error)
{
    g_auto(GStrv) words = g_strsplit(allowed, "|", -1);
    if (value == NULL || g_strv_contains((const char *const *)words, value))
        return true;
    cg_error_set(error, CG_EXIT_USAGE, NULL, "--%s is one of %s, not \"%s\"", option, allowed,
                 value);
    return false;
}

bool
cg_tool_apply_options(GError **error)
{
    static const struct {
        const char *word;
        CgProgressStyle style;
    } styles[] = { { "auto", CG_PROGRESS_AUTO },
                   { "none", CG_PROGRESS_NONE },
                   { "json", CG_PROGRESS_JSON } };
    if (!check_word("format", option_format, "human|json", error) ||
        !check_word("progress", option_progress, "auto|none|json", error))
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(styles); i++)
        if (g_strcmp0(option_progress, styles[i].word) == 0)
            cg_progress_set_style(styles[i].style);
    cg_term_set_quiet(option_quiet);
    cg_term_set_verbose(option_verbose);
    return true;
}

bool
cg_tool_wants_json(void)
{
    return g_strcmp0(option_format, "json") == 0;
}

bool
cg_tool_number(const char *text, const char *what, int64_t *out, GError **error)
{
    gint64 number = 0;
    if (g_ascii_string_to_signed(text, 10, 0, G_MAXINT64, &number, NULL)) {
        *out = number;
        return true;
    }
    cg_error_set(error, CG_EXIT_USAGE, NULL, "%s is a whole number, not \"%s\"", what, text);
    return false;
}

/* ---- the database ---- */

typedef struct {
    char *text; /* allocated */
    char *from; /* "-d", "cinder.conf …", "CG_DATABASE_URL"; allocated */
} Choice;

static void
choice_clear(Choice *choice)
{
    g_free(choice->text);
    g_free(choice->from);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Choice, choice_clear)

static bool
choose_from_conf(Choice *choice, GError **error)
{
    g_autoptr(CgConfig) config = cg_config_new();
    for (char **file = option_cinder_conf; *file != NULL; file++)
        if (!cg_config_read_file(config, *file, error))
            return false;
    choice->text = cg_config_database_connection(config, error);
    g_autofree char *files = g_strjoinv(", ", option_cinder_conf);
    choice->from = g_strdup(files);
    return choice->text != NULL;
}

static bool
choose_from_environment(Choice *choice, GError **error)
{
    static const char *const names[] = { "CG_DATABASE_URL", "DATABASE_URL" };
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        const char *value = getenv(names[i]);
        if (value == NULL || *value == '\0')
            continue;
        choice->text = g_strdup(value);
        choice->from = g_strdup(names[i]);
        return true;
    }
    cg_error_set(error, CG_EXIT_USAGE,
                 "name it with -d URL or --cinder-conf FILE, or set CG_DATABASE_URL",
                 "no database given");
    return false;
}

static bool
choose(Choice *choice, GError **error)
{
    guint n = option_database != NULL ? g_strv_length(option_database) : 0;
    if (n > 1 || (n == 1 && option_cinder_conf != NULL)) {
        cg_error_set(error, CG_EXIT_USAGE, "give -d or --cinder-conf, once", "two databases given");
        return false;
    }
    if (n == 0)
        return option_cinder_conf != NULL ? choose_from_conf(choice, error)
                                          : choose_from_environment(choice, error);
    choice->text = g_strdup(option_database[0]);
    choice->from = g_strdup("-d");
    return true;
}

/* *out_from is allocated. */
static CgAddress *
choose_address(char **out_from, GError **error)
{
    g_auto(Choice) choice = { NULL, NULL };
    if (!cg_tool_apply_options(error) || !choose(&choice, error))
        return NULL;
    CgAddress *address = cg_address_parse(choice.text, error);
    if (address == NULL && option_database == NULL)
        g_prefix_error(error, "%s: ", choice.from);
    if (address != NULL)
        *out_from = g_steal_pointer(&choice.from);
    return address;
}

const CgDialect *
cg_tool_dialect(GError **error)
{
    g_autofree char *from = NULL;
    g_autoptr(CgAddress) address = choose_address(&from, error);
    return address != NULL ? cg_dialect_find(cg_address_scheme(address)) : NULL;
}

CgDb *
cg_tool_open(CgDbMode mode, GError **error)
{
    g_autofree char *from = NULL;
    g_autoptr(CgAddress) address = choose_address(&from, error);
    if (address == NULL)
        return NULL;
    if (mode != CG_DB_READ)
        cg_term_note("database: %s (from %s)", cg_address_display(address), from);
    g_autoptr(CgDb) db = cg_db_open(address, mode, error);
    if (db == NULL || !cg_db_set_name(db, g_get_prgname(), error))
        return NULL;
    return g_steal_pointer(&db);
}

/* ---- errors ---- */

static CgExit
exit_of(const GError *error)
{
    if (error->domain == CG_ERROR)
        return (CgExit)error->code;
    if (error->domain == G_OPTION_ERROR)
        return CG_EXIT_USAGE;
    return error->domain == CG_DB_ERROR ? cg_db_error_exit(error) : CG_EXIT_FAILED;
}

static void
say(const char *label, CgStyle style, const char *text)
{
    if (text == NULL)
        return;
    g_autofree char *shown = cg_term_printable(text, true);
    fprintf(stderr, "%s%s:%s %s\n", cg_style(stderr, style), label, cg_style(stderr, CG_RESET),
            shown);
}

static void
report(const char *program, const GError *error)
{
    const char *sqlstate = cg_db_error_sqlstate(error);
    g_autofree char *message = cg_term_printable(error->message, true);
    fflush(stdout);
    fprintf(stderr, "%s%s:%s %s%s%s%s\n", cg_style(stderr, CG_RED), program,
            cg_style(stderr, CG_RESET), message, sqlstate != NULL ? " [" : "",
            sqlstate != NULL ? sqlstate : "", sqlstate != NULL ? "]" : "");
    say("detail", CG_BOLD, cg_db_error_detail(error));
    say("hint", CG_BOLD, cg_db_error_advice(error));
}

/* Whoever reads no further, as head(1), has what was wanted: that is no failure. */
static bool
reader_is_gone(void)
{
    struct pollfd fd = { .fd = STDOUT_FILENO };
    return poll(&fd, 1, 0) > 0 && (fd.revents & POLLERR) != 0;
}

CgExit
cg_tool_done(CgExit exit, GError **error)
{
    if ((fflush(stdout) == 0 && !ferror(stdout)) || reader_is_gone())
        return exit;
    cg_error_set(error, CG_EXIT_FAILED, "make room for the output; what the command did stands",
                 "cannot write the result: %s", g_strerror(errno));
    return CG_EXIT_FAILED;
}

/* ---- main ---- */

static bool
may_hold_password(const char *argument)
{
    return strstr(argument, "://") != NULL || strchr(argument, '@') != NULL ||
           strstr(argument, "pass") != NULL;
}

/* A mistyped argument is quoted back to the user, but never an address. */
static void
hide_addresses(char **arguments, GError *error)
{
    for (char **argument = arguments; *argument != NULL; argument++) {
        const char *value = g_str_has_prefix(*argument, "--") ? strchr(*argument, '=') : NULL;
        value = value != NULL ? value + 1 : *argument;
        if (!may_hold_password(value))
            continue;
        GString *message = g_string_new(error->message);
        g_string_replace(message, value, "***", 0);
        g_free(error->message);
        error->message = g_string_free(message, FALSE);
    }
}

/* Whoever lists processes must not read an address: the originals are blanked, a copy is parsed. */
static char **
take_arguments(int argc, char **argv)
{
    char **copy = g_new0(char *, (size_t)argc + 1);
    for (int i = 0; i < argc; i++) {
        copy[i] = g_strdup(argv[i]);
        if (i > 0 && may_hold_password(argv[i]))
            memset(argv[i], '*', strlen(argv[i]));
    }
    return copy;
}

/* A closed standard stream must not become the file or the socket that is opened next. What takes
 * its place cannot be used either: a result that goes nowhere is an error. */
static void
fill_standard_streams(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) >= 0 || errno != EBADF)
            continue;
        int taken = open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
        if (taken != fd) {
            fprintf(stderr, "a standard stream is closed, and /dev/null cannot be opened\n");
            _exit(CG_EXIT_FAILED);
        }
    }
}

/* The C locale, of cron and of services, knows ASCII alone, and all that is read and written here
 * is UTF-8. */
static void
set_locale(void)
{
    setlocale(LC_ALL, "");
    if (strcmp(nl_langinfo(CODESET), "ANSI_X3.4-1968") == 0)
        setlocale(LC_CTYPE, "C.UTF-8");
}

int
cg_tool_main(const CgProgram *program, int argc, char **argv)
{
    fill_standard_streams();
    set_locale();
    g_set_prgname(program->name);
    cg_interrupt_catch();
    /* A reader that goes away must not kill a command that writes to a database. */
    signal(SIGPIPE, SIG_IGN);
    g_auto(GStrv) arguments = take_arguments(argc, argv);
    /* The parser moves pointers about; the array is freed as it was. */
    g_autofree char **parsed = g_memdup2(arguments, sizeof *arguments * ((size_t)argc + 1));
    g_autofree GOptionEntry *options = join_options(program->options);
    CgProgram joined = *program;
    joined.options = options;
    g_autoptr(GError) error = NULL;
    CgExit exit = cg_cli_run(&joined, argc, parsed, &error);
    if (error == NULL)
        exit = cg_tool_done(exit, &error);
    if (error == NULL)
        return exit;
    hide_addresses(arguments, error);
    report(program->name, error);
    return exit_of(error);
}
