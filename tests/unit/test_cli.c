/* The command line of a made-up program: parsing, mistakes, help, manual fragment, completion. */
#include "base/cli.h"

#include "tests/lib/capture.h"

#include <check.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char *database, *conf, *format;
static char **outputs;
static gboolean quiet, strict;
static int to;
static GString *ran; /* what the verb was given */

static CgExit
run(int argc, char **argv, GError **error)
{
    g_string_append_printf(ran, "d=%s to=%d", database != NULL ? database : "-", to);
    for (char **output = outputs; output != NULL && *output != NULL; output++)
        g_string_append_printf(ran, " o=%s", *output);
    if (quiet)
        g_string_append(ran, " q");
    for (int i = 0; i < argc; i++)
        g_string_append_printf(ran, " <%s>", argv[i]);
    ck_assert_ptr_null(argv[argc]);
    if (argc > 0 && strcmp(argv[0], "fail") == 0)
        cg_error_set(error, CG_EXIT_LOCKED, NULL, "failed");
    return argc > 0 && strcmp(argv[0], "differ") == 0 ? CG_EXIT_DIFFERENCE : CG_EXIT_OK;
}

static const GOptionEntry common[] = {
    { "database", 'd', 0, G_OPTION_ARG_STRING, &database,
      "address of the database, in any of the forms that the manual lists for addresses", "URL" },
    { "cinder-conf", 0, 0, G_OPTION_ARG_FILENAME, &conf, "read it from cinder.conf", "FILE" },
    { "format", 0, 0, G_OPTION_ARG_STRING, &format, "how results are written", "human|json" },
    { "quiet", 'q', 0, G_OPTION_ARG_NONE, &quiet, "say less", NULL },
    { "secret", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_NONE, &quiet, "not shown", NULL },
    { 0 },
};
static const GOptionEntry up_options[] = {
    { "to", 0, 0, G_OPTION_ARG_INT, &to, "stop there. No \"more\" — \\fBnot bold\\fR", "No" },
    { "output", 'o', 0, G_OPTION_ARG_STRING_ARRAY, &outputs, ".Dd 'write' here", "KIND:FILE" },
    { 0 },
};
static const GOptionEntry lint_options[] = {
    { "strict", 0, 0, G_OPTION_ARG_NONE, &strict, "with --to as well", NULL },
    { "rules", 'r', 0, G_OPTION_ARG_FILENAME, &conf, "rules to use", "FILE" },
    { "to", 0, 0, G_OPTION_ARG_INT, &to, "as for up", "No" },
    { 0 },
};
static const CgVerb verbs[] = {
    { "up", "upgrade", "[N|all]", "apply what is pending", "A paragraph.", up_options, 0, 2, run },
    { "lint", NULL, "FILE...", "look at files", NULL, lint_options, 1, -1, run },
    { "kept", NULL, "show|purge", "kept data", NULL, NULL, 1, 1, run },
    { "status", NULL, "", "where it stands", NULL, NULL, 0, 0, run },
    { 0 },
};
static const CgProgram program = {
    "cg-demo", "Demonstrates.", "Examples:\n  cg-demo up", common, verbs, NULL,
};
static const CgProgram defaulting = {
    "cg-demo", "Demonstrates.", NULL, common, verbs, &verbs[0],
};

static void
set_up(void)
{
    g_clear_pointer(&database, g_free);
    g_clear_pointer(&conf, g_free);
    g_clear_pointer(&format, g_free);
    g_clear_pointer(&outputs, g_strfreev);
    quiet = strict = FALSE;
    to = -1;
    ran = g_string_new(NULL);
}

static void
tear_down(void)
{
    g_string_free(ran, TRUE);
    ran = NULL;
}

static CgExit
run_line(const CgProgram *which, const char *line, GError **error)
{
    g_autofree char *whole = g_strconcat("cg-demo ", line, NULL);
    g_auto(GStrv) argv = NULL;
    int argc = 0;
    ck_assert(g_shell_parse_argv(whole, &argc, &argv, NULL));
    return cg_cli_run(which, argc, argv, error);
}

static const struct {
    const char *line;
    const char *ran;
} right[] = {
    { "up", "d=- to=-1" },
    { "-d URL up 2 --to 3", "d=URL to=3 <2>" },
    { "up -d URL", "d=URL to=-1" },
    { "--to=3 up -qd URL", "d=URL to=3 q" },
    { "--to 3 up 2", "d=- to=3 <2>" },
    { "--to 3 lint 2", "d=- to=3 <2>" },
    { "-o a up -o b", "d=- to=-1 o=a o=b" },
    { "-d one up -d two", "d=two to=-1" },
    { "-d up up", "d=up to=-1" },
    { "upgrade 2", "d=- to=-1 <2>" },
    { "up -- --to -3", "d=- to=-1 <--to> <-3>" },
    { "up -- a", "d=- to=-1 <a>" },
    { "up -- -", "d=- to=-1 <->" },
    { "-- up --to", "d=- to=-1 <--to>" },
    { "lint a b c d", "d=- to=-1 <a> <b> <c> <d>" },
    { "lint --strict 'a b' ''", "d=- to=-1 <a b> <>" },
    { "lint \xff", "d=- to=-1 <\xff>" },
    { "status --secret", "d=- to=-1 q" },
};

START_TEST(options_stand_on_both_sides)
{
    g_autoptr(GError) error = NULL;
    CgExit exit = run_line(&program, right[_i].line, &error);
    ck_assert_msg(error == NULL, "%s: %s", right[_i].line, error != NULL ? error->message : "");
    ck_assert_int_eq(exit, CG_EXIT_OK);
    ck_assert_str_eq(ran->str, right[_i].ran);
}
END_TEST

static const struct {
    const char *line;
    const char *message;
    const char *hint;
} wrong[] = {
    { "", "no verb is given", "one of up, lint, kept, status; cg-demo --help explains them" },
    { "-q --to 3", "no verb is given",
      "one of up, lint, kept, status; cg-demo --help explains them" },
    { "upp", "\"upp\" is not a verb of cg-demo; did you mean \"up\"?", "cg-demo --help" },
    { "frob", "\"frob\" is not a verb of cg-demo", "cg-demo --help" },
    { "help frob", "\"frob\" is not a verb of cg-demo", "cg-demo --help" },
    { "--bogus up", "unknown option --bogus", "cg-demo --help" },
    { "up --bogus", "unknown option --bogus", "cg-demo up --help" },
    { "up --databse x", "unknown option --databse; did you mean \"--database\"?",
      "cg-demo up --help" },
    { "up -x", "unknown option -x", "cg-demo up --help" },
    { "up --strict", "unknown option --strict", "cg-demo up --help" },
    { "--strict up", "unknown option --strict", "cg-demo up --help" },
    { "up --to", "missing argument for --to", "cg-demo up --help" },
    { "up --to x", NULL, "cg-demo up --help" },
    { "up 1 2 3", "unexpected argument \"3\" of \"up\"", "cg-demo up --help" },
    { "status x", "unexpected argument \"x\" of \"status\"", "cg-demo status --help" },
    { "lint", "an argument is missing: cg-demo lint FILE...", "cg-demo lint --help" },
    { "--dump-options=x", "--dump-options knows mdoc and bash, not \"x\"", NULL },
};

START_TEST(mistakes_name_what_to_type)
{
    g_autoptr(GError) error = NULL;
    ck_assert_int_eq(run_line(&program, wrong[_i].line, &error), CG_EXIT_USAGE);
    ck_assert(cg_error_is(error, CG_EXIT_USAGE));
    if (wrong[_i].message != NULL)
        ck_assert_str_eq(error->message, wrong[_i].message);
    ck_assert_int_eq(g_strcmp0(cg_error_hint(error), wrong[_i].hint), 0);
    ck_assert_uint_eq(ran->len, 0);
}
END_TEST

START_TEST(a_verb_decides_the_exit)
{
    g_autoptr(GError) error = NULL;
    ck_assert_int_eq(run_line(&program, "up differ", &error), CG_EXIT_DIFFERENCE);
    ck_assert_ptr_null(error);
    ck_assert_int_eq(run_line(&program, "up fail", &error), CG_EXIT_LOCKED);
    ck_assert(cg_error_is(error, CG_EXIT_LOCKED));
    ck_assert_int_eq(run_line(&program, "up fail", NULL), CG_EXIT_LOCKED);
}
END_TEST

START_TEST(a_default_verb_needs_no_name)
{
    g_autoptr(GError) error = NULL;
    ck_assert_int_eq(run_line(&defaulting, "-d URL --to 3", &error), CG_EXIT_OK);
    ck_assert_str_eq(ran->str, "d=URL to=3");
    ck_assert_int_eq(run_line(&defaulting, "--strict", &error), CG_EXIT_USAGE);
    g_clear_error(&error);
    ck_assert_int_eq(run_line(&defaulting, "2", &error), CG_EXIT_USAGE);
}
END_TEST

typedef struct {
    const CgProgram *program;
    const char *line;
    CgExit exit;
} Call;

static void
call(void *data)
{
    Call *one = data;
    g_autoptr(GError) error = NULL;
    one->exit = run_line(one->program, one->line, &error);
}

static char *
output_of(const CgProgram *which, const char *line, unsigned columns)
{
    Call one = { which, line, CG_EXIT_FAILED };
    char *text = test_capture(stdout, columns, call, &one);
    ck_assert_int_eq(one.exit, CG_EXIT_OK);
    return text;
}

START_TEST(the_programs_help)
{
    g_autofree char *text = output_of(&program, "--help", 0);
    ck_assert_str_eq(text,
                     "Usage: cg-demo [OPTION]... VERB [ARGUMENT]...\n"
                     "\n"
                     "Demonstrates.\n"
                     "\n"
                     "Verbs:\n"
                     "  up [N|all]       apply what is pending\n"
                     "  lint FILE...     look at files\n"
                     "  kept show|purge  kept data\n"
                     "  status           where it stands\n"
                     "  help [VERB]      explain the program, or a verb\n"
                     "\n"
                     "Options:\n"
                     "  -d, --database=URL       address of the database, in any of the forms "
                     "that the\n"
                     "                           manual lists for addresses\n"
                     "      --cinder-conf=FILE   read it from cinder.conf\n"
                     "      --format=human|json  how results are written\n"
                     "  -q, --quiet              say less\n"
                     "  -h, --help               show this help\n"
                     "  -V, --version            show the version\n"
                     "\n"
                     "Examples:\n"
                     "  cg-demo up\n");
}
END_TEST

START_TEST(a_verbs_help)
{
    g_autofree char *text = output_of(&program, "lint --help", 0);
    ck_assert(g_str_has_prefix(text, "Usage: cg-demo lint [OPTION]... FILE...\n"
                                     "\n"
                                     "look at files\n"
                                     "\n"
                                     "Options:\n"
                                     "      --strict      with --to as well\n"
                                     "  -r, --rules=FILE  rules to use\n"
                                     "      --to=No       as for up\n"
                                     "\n"
                                     "Common options:\n"
                                     "  -d, --database=URL "));
    g_autofree char *up = output_of(&program, "up -h", 0);
    ck_assert_ptr_nonnull(strstr(up, "\nA paragraph.\n\nAlso spelled: upgrade\n"));
}
END_TEST

static const char *const spellings[][2] = {
    { "--help", "help" },
    { "--help", "-h" },
    { "lint --help", "help lint" },
    { "lint --help", "--help lint" },
    { "lint --help", "lint -h x y" },
    { "up --help", "help upgrade" },
};

START_TEST(help_has_several_spellings)
{
    g_autofree char *expected = output_of(&program, spellings[_i][0], 0);
    g_autofree char *found = output_of(&program, spellings[_i][1], 0);
    ck_assert_str_eq(found, expected);
}
END_TEST

START_TEST(help_fits_the_terminal)
{
    g_autofree char *narrow = output_of(&program, "--help", 60);
    g_auto(GStrv) lines = g_strsplit(narrow, "\n", -1);
    for (char **line = lines; *line != NULL; line++)
        ck_assert_uint_le(strlen(*line), 60);
    g_autofree char *text = output_of(&defaulting, "--help", 0);
    ck_assert_ptr_nonnull(strstr(text, "Usage: cg-demo [OPTION]... [VERB] [ARGUMENT]..."));
    ck_assert_ptr_nonnull(strstr(text, "apply what is pending (when no verb is given)\n"));
}
END_TEST

START_TEST(the_version)
{
    g_autofree char *text = output_of(&program, "--version", 0);
    ck_assert(g_str_has_prefix(text, "cg-demo (cinder-cg-tools) "));
    ck_assert(g_str_has_suffix(text, "\n"));
}
END_TEST

START_TEST(a_full_disk_is_an_error)
{
    g_autoptr(GError) error = NULL;
    fflush(stdout);
    int saved = dup(STDOUT_FILENO);
    FILE *full = fopen("/dev/full", "w");
    dup2(fileno(full), STDOUT_FILENO);
    CgExit exit = run_line(&program, "--help", &error);
    dup2(saved, STDOUT_FILENO);
    clearerr(stdout);
    fclose(full);
    close(saved);
    ck_assert_int_eq(exit, CG_EXIT_FAILED);
    ck_assert(g_str_has_prefix(error->message, "cannot write: "));
}
END_TEST

/* Runs a program on `text` in a file; its output, and its exit status in *out_status. */
static char *
run_on_file(const char *format_of_command, const char *text, int *out_status)
{
    g_autofree char *path = NULL;
    g_autoptr(GError) error = NULL;
    char *output = NULL;
    int fd = g_file_open_tmp("cg-test-XXXXXX", &path, &error);
    ck_assert_int_ge(fd, 0);
    close(fd);
    ck_assert(g_file_set_contents(path, text, -1, NULL));
    g_auto(GStrv) parts = g_strsplit(format_of_command, "@", -1);
    g_autofree char *command = g_strjoinv(path, parts);
    bool is_run = g_spawn_command_line_sync(command, &output, NULL, out_status, &error);
    ck_assert_msg(is_run, "%s", error != NULL ? error->message : command);
    g_unlink(path);
    return output;
}

START_TEST(the_manual_fragment_is_clean)
{
    g_autofree char *fragment = output_of(&program, "--dump-options=mdoc", 0);
    ck_assert(g_str_has_prefix(fragment, ".Bl -tag -width Ds\n"
                                         ".It Fl d , Fl Fl database Ar URL\n"));
    ck_assert_ptr_nonnull(strstr(fragment, "\n.It Cm up | Cm upgrade Oo Ar N | Cm all Oc\n"));
    ck_assert_ptr_nonnull(strstr(fragment, "\n.It Fl Fl to Ar \\&No\nstop there.\n"));
    ck_assert_ptr_nonnull(strstr(fragment, "\n\\&.Dd \\&'write' here\n"));
    ck_assert_ptr_null(strstr(fragment, "secret"));

    g_autofree char *mandoc = g_find_program_in_path("mandoc");
    if (mandoc == NULL) {
        printf("# skip no mandoc\n");
        return;
    }
    g_autofree char *page = g_strconcat(".Dd January 1, 2026\n.Dt CG-DEMO 1\n.Os\n.Sh NAME\n"
                                        ".Nm cg-demo\n.Nd demonstrates\n.Sh OPTIONS\n",
                                        fragment, NULL);
    int status = 0;
    g_autofree char *complaints = run_on_file("mandoc -T lint -W style @", page, &status);
    ck_assert_str_eq(complaints, "");
    g_autofree char *shown = run_on_file("mandoc -T utf8 @", page, &status);
    ck_assert_ptr_nonnull(strstr(shown, "\\fBnot bold\\fR"));
    ck_assert_ptr_nonnull(strstr(shown, "with --to as well"));
}
END_TEST

/* The words after the program's name, the last one being completed; what is offered. */
static const struct {
    const char *line;
    const char *offered;
} completions[] = {
    { "", "up lint kept status help" },
    { "s", "status" },
    { "-d postgresql://u:p@h/db ", "up lint kept status help" },
    { "--database=sqlite:x.db u", "up" },
    { "--to 3 k", "kept" },
    { "help l", "lint" },
    { "up --t", "--to" },
    { "upgrade --o", "--output" },
    { "lint --",
      "--strict --rules --to --database --cinder-conf --format --quiet --help --version" },
    { "up --format ", "human json" },
    { "up --format=j", "json" },
    { "--format h", "human" },
    { "up -d ", "" },
    { "up a", "all" },
    { "kept ", "show purge" },
    { "status ", "" },
    { "lint -r /dev/nul", "/dev/null" },
    { "lint --rules=/dev/nul", "/dev/null" },
    { "lint /dev/nul", "/dev/null" },
    { "--sec", "" },
};

START_TEST(bash_completes)
{
    g_autofree char *script = output_of(&program, "--dump-options=bash", 0);
    g_autofree char *test = g_strdup_printf("%s\nCOMP_LINE='cg-demo %s'; COMP_POINT=${#COMP_LINE}; "
                                            "_cg_demo; echo \"${COMPREPLY[*]}\"\n",
                                            script, completions[_i].line);
    int status = 0;
    g_autofree char *offered = run_on_file("bash -u @", test, &status);
    ck_assert_int_eq(status, 0);
    g_strchomp(offered);
    ck_assert_msg(strcmp(offered, completions[_i].offered) == 0, "%s: %s", completions[_i].line,
                  offered);
}
END_TEST

START_TEST(bash_knows_the_default_verb)
{
    g_autofree char *script = output_of(&defaulting, "--dump-options=bash", 0);
    g_autofree char *test = g_strconcat(script,
                                        "COMP_LINE='cg-demo --t'; COMP_POINT=${#COMP_LINE}\n"
                                        "_cg_demo; echo \"${COMPREPLY[*]}\"\n",
                                        NULL);
    int status = 0;
    g_autofree char *offered = run_on_file("bash -u @", test, &status);
    ck_assert_str_eq(offered, "--to\n");
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("cli");
    TCase *tcase = tcase_create("cli");
    SRunner *runner = srunner_create(suite);

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase, options_stand_on_both_sides, 0, G_N_ELEMENTS(right));
    tcase_add_loop_test(tcase, mistakes_name_what_to_type, 0, G_N_ELEMENTS(wrong));
    tcase_add_test(tcase, a_verb_decides_the_exit);
    tcase_add_test(tcase, a_default_verb_needs_no_name);
    tcase_add_test(tcase, the_programs_help);
    tcase_add_test(tcase, a_verbs_help);
    tcase_add_loop_test(tcase, help_has_several_spellings, 0, G_N_ELEMENTS(spellings));
    tcase_add_test(tcase, help_fits_the_terminal);
    tcase_add_test(tcase, the_version);
    tcase_add_test(tcase, a_full_disk_is_an_error);
    tcase_add_test(tcase, the_manual_fragment_is_clean);
    tcase_add_loop_test(tcase, bash_completes, 0, G_N_ELEMENTS(completions));
    tcase_add_test(tcase, bash_knows_the_default_verb);
    suite_add_tcase(suite, tcase);

    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
