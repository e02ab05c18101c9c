/* cg-backfill: infers and writes the source of groups that were copied by hand. */
#include "backfill/report.h"
#include "tools/tool.h"

static char *option_names;
static char *option_accept;
static char *option_acknowledge;
static double option_lock_wait = 60;
static gint64 option_batch = 1000;

#define NAMING_OPTIONS                                                                             \
    { "names",                                                                                     \
      0,                                                                                           \
      0,                                                                                           \
      G_OPTION_ARG_STRING,                                                                         \
      &option_names,                                                                               \
      "Where lineage stands in this database",                                                     \
      "groups|spec|liberty" },                                                                     \
    {                                                                                              \
        "accept", 0, 0, G_OPTION_ARG_STRING, &option_accept,                                       \
            "Which verdicts are written: a list, or changes to the default such as +weak,-grown",  \
            "LIST"                                                                                 \
    }

static const GOptionEntry plan_options[] = {
    NAMING_OPTIONS,
    { NULL, 0, 0, 0, NULL, NULL, NULL },
};

static const GOptionEntry run_options[] = {
    NAMING_OPTIONS,
    { "acknowledge", 0, 0, G_OPTION_ARG_STRING, &option_acknowledge,
      "Leave a poisoned run behind, for this reason", "REASON" },
    { "lock-wait", 0, 0, G_OPTION_ARG_DOUBLE, &option_lock_wait,
      "Wait this long for another run to end (default 60)", "SECONDS" },
    { "batch", 0, 0, G_OPTION_ARG_INT64, &option_batch,
      "Write at most N groups in one transaction (default 1000)", "N" },
    { NULL, 0, 0, 0, NULL, NULL, NULL },
};

/* More than this in one transaction changes the server's plan for the worse. */
enum { LARGEST_BATCH = 10000 };

static bool
read_batch(unsigned *out, GError **error)
{
    if (option_batch >= 1 && option_batch <= LARGEST_BATCH) {
        *out = (unsigned)option_batch;
        return true;
    }
    cg_error_set(error, CG_EXIT_USAGE, NULL, "--batch is between 1 and %d, not %" G_GINT64_FORMAT,
                 LARGEST_BATCH, option_batch);
    return false;
}

static bool
read_options(CgBackfillOptions *options, GError **error)
{
    *options = (CgBackfillOptions){ .wait_s = option_lock_wait, .acknowledge = option_acknowledge };
    if (option_names != NULL && (options->naming = cg_naming_by_name(option_names, error)) == NULL)
        return false;
    if (!read_batch(&options->batch, error))
        return false;
    return option_accept == NULL || cg_verdict_set_parse(option_accept, &options->accept, error);
}

static CgExit
run_plan(int argc G_GNUC_UNUSED, char **argv G_GNUC_UNUSED, GError **error)
{
    CgBackfillOptions options;
    if (!read_options(&options, error))
        return CG_EXIT_USAGE;
    g_autoptr(CgDb) db = cg_tool_open(CG_DB_READ, error);
    g_autoptr(CgBackfillPlan) plan = db != NULL ? cg_backfill_plan(db, &options, error) : NULL;
    if (plan == NULL)
        return CG_EXIT_FAILED;
    if (!cg_tool_wants_json()) {
        printf("%s, %s\n", cg_db_display(db), cg_db_server(db));
        cg_backfill_plan_print(plan, stdout);
    } else if (!cg_backfill_plan_json(plan, stdout))
        return cg_tool_done(CG_EXIT_FAILED, error);
    return CG_EXIT_OK;
}

static CgExit
run_run(int argc G_GNUC_UNUSED, char **argv G_GNUC_UNUSED, GError **error)
{
    CgBackfillOptions options;
    if (!read_options(&options, error))
        return CG_EXIT_USAGE;
    g_autoptr(CgDb) db = cg_tool_open(CG_DB_WRITE, error);
    if (db == NULL)
        return CG_EXIT_FAILED;
    g_autoptr(CgBackfillResult) result = NULL;
    bool ok = cg_backfill_run(db, &options, &result, error);
    if (result == NULL)
        return CG_EXIT_FAILED;
    if (!cg_tool_wants_json())
        cg_backfill_result_print(result, stdout);
    else if (!cg_backfill_result_json(result, stdout) && ok)
        return cg_tool_done(CG_EXIT_FAILED, error);
    return ok ? CG_EXIT_OK : CG_EXIT_FAILED;
}

static const CgVerb verbs[] = {
    { .name = "plan",
      .arguments = "",
      .summary = "what a run would write, and why not the rest",
      .description = "Reads one snapshot and gives every live group a verdict. Writes nothing; a "
                     "hot standby will do.",
      .options = plan_options,
      .run = run_plan },
    { .name = "run",
      .arguments = "",
      .summary = "write the sources that the rows prove",
      .description = "Writes in small transactions, each with its journal. A run that was "
                     "interrupted or killed is gone on with by the next. At the end all that was "
                     "written is proved again from a second snapshot.",
      .options = run_options,
      .run = run_run },
    { 0 },
};

static const CgProgram program = {
    .name = "cg-backfill",
    .summary = "Fills in where consistency groups were copied from.",
    .epilogue = "Examples:\n"
                "  cg-backfill --cinder-conf /etc/cinder/cinder.conf plan\n"
                "  cg-backfill -d postgresql:///cinder run\n"
                "  cg-backfill -d sqlite:cinder.sqlite run --accept +weak",
    .verbs = verbs,
};

int
main(int argc, char **argv)
{
    return cg_tool_main(&program, argc, argv);
}
