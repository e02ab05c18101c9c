/* cg-migrate: versioned migrations, up and down, with a ledger. */
#include "base/term.h"
#include "migrate/report.h"
#include "tools/tool.h"

static char *option_migrations;
static double option_lock_wait = -1;
static char *option_to;
static gboolean option_sql;
static gboolean option_exit_code;
static gboolean option_no_backup;
static gboolean option_create;

static const GOptionEntry common_options[] = {
    { "migrations", 0, 0, G_OPTION_ARG_FILENAME, &option_migrations,
      "Take the migrations from this folder, not the built-in ones", "DIR" },
    { "lock-wait", 0, 0, G_OPTION_ARG_DOUBLE, &option_lock_wait,
      "Wait this long for another run to end (default 60)", "SECONDS" },
    { NULL, 0, 0, 0, NULL, NULL, NULL },
};

static const GOptionEntry up_options[] = {
    { "to", 0, 0, G_OPTION_ARG_STRING, &option_to, "End with this version as the newest applied",
      "VERSION" },
    { "no-backup", 0, 0, G_OPTION_ARG_NONE, &option_no_backup,
      "Do not copy an SQLite database before the first change", NULL },
    { "create", 0, 0, G_OPTION_ARG_NONE, &option_create,
      "Make the SQLite file when it does not exist", NULL },
    { NULL, 0, 0, 0, NULL, NULL, NULL },
};

static const GOptionEntry down_options[] = {
    { "to", 0, 0, G_OPTION_ARG_STRING, &option_to, "End with this version as the newest applied",
      "VERSION" },
    { "no-backup", 0, 0, G_OPTION_ARG_NONE, &option_no_backup,
      "Do not copy an SQLite database before the first change", NULL },
    { NULL, 0, 0, 0, NULL, NULL, NULL },
};

static const GOptionEntry plan_options[] = {
    { "sql", 0, 0, G_OPTION_ARG_NONE, &option_sql, "Print the statements too", NULL },
    { NULL, 0, 0, 0, NULL, NULL, NULL },
};

static const GOptionEntry status_options[] = {
    { "exit-code", 0, 0, G_OPTION_ARG_NONE, &option_exit_code,
      "End with 1 when something is pending", NULL },
    { NULL, 0, 0, 0, NULL, NULL, NULL },
};

static double
lock_wait(void)
{
    return option_lock_wait >= 0 ? option_lock_wait : cg_run_defaults.lock_wait_s;
}

static CgExit
run_adopt(int argc G_GNUC_UNUSED, char **argv G_GNUC_UNUSED, GError **error)
{
    g_autoptr(CgDb) db = cg_tool_open(CG_DB_WRITE, error);
    if (db == NULL)
        return CG_EXIT_FAILED;
    g_autoptr(CgAdoption) adoption = cg_migrate_adopt(db, option_migrations, lock_wait(), error);
    if (adoption == NULL)
        return CG_EXIT_FAILED;
    cg_report_adoption(db, adoption, cg_tool_wants_json());
    return CG_EXIT_OK;
}

static void
report_step(const CgRunResult *result, const CgStepResult *step, void *data G_GNUC_UNUSED)
{
    cg_report_step(result, step, cg_tool_wants_json());
}

static CgExit
run_direction(CgDirection direction, int argc, char **argv, GError **error)
{
    CgRunOptions options = cg_run_defaults;
    options.dir = option_migrations;
    options.lock_wait_s = lock_wait();
    options.backup = !option_no_backup;
    if (argc > 0 &&
        !cg_tool_number(argv[0], "the number of migrations", &options.target.count, error))
        return CG_EXIT_USAGE;
    if (option_to != NULL && !cg_tool_number(option_to, "--to", &options.target.to, error))
        return CG_EXIT_USAGE;
    if (argc > 0 && option_to != NULL) {
        cg_error_set(error, CG_EXIT_USAGE, NULL, "give a number of migrations or --to, not both");
        return CG_EXIT_USAGE;
    }
    g_autoptr(CgDb) db = cg_tool_open(option_create ? CG_DB_CREATE : CG_DB_WRITE, error);
    if (db == NULL)
        return CG_EXIT_FAILED;
    g_autoptr(CgRunResult) result = cg_run_result_new();
    if (!cg_migrate_run(db, direction, &options, result, report_step, NULL, error))
        return CG_EXIT_FAILED;
    cg_report_run(db, result, cg_tool_wants_json());
    return CG_EXIT_OK;
}

static CgExit
run_up(int argc, char **argv, GError **error)
{
    return run_direction(CG_UP, argc, argv, error);
}

static CgExit
run_down(int argc, char **argv, GError **error)
{
    return run_direction(CG_DOWN, argc, argv, error);
}

static bool
is_pending(const CgPlan *plan)
{
    for (size_t i = 0; i < cg_plan_size(plan); i++) {
        CgState state = cg_plan_item(plan, i)->state;
        if (state != CG_STATE_APPLIED && state != CG_STATE_ADOPTED)
            return true;
    }
    return false;
}

static CgExit
run_status(int argc G_GNUC_UNUSED, char **argv G_GNUC_UNUSED, GError **error)
{
    g_autoptr(CgDb) db = cg_tool_open(CG_DB_READ, error);
    g_autoptr(CgPlan) plan = db != NULL ? cg_plan_load(db, option_migrations, error) : NULL;
    if (plan == NULL)
        return CG_EXIT_FAILED;
    cg_report_status(db, plan, cg_tool_wants_json());
    return option_exit_code && is_pending(plan) ? CG_EXIT_DIFFERENCE : CG_EXIT_OK;
}

static CgExit
run_plan(int argc G_GNUC_UNUSED, char **argv G_GNUC_UNUSED, GError **error)
{
    g_autoptr(CgDb) db = cg_tool_open(CG_DB_READ, error);
    g_autoptr(CgPlan) plan = db != NULL ? cg_plan_load(db, option_migrations, error) : NULL;
    if (plan == NULL || !cg_plan_check_history(plan, error) || !cg_plan_check_adopted(plan, error))
        return CG_EXIT_FAILED;
    g_autoptr(GPtrArray) steps = cg_plan_up(plan, cg_run_defaults.target, error);
    if (steps == NULL)
        return CG_EXIT_FAILED;
    cg_report_plan(db, plan, steps, option_sql, cg_tool_wants_json());
    return CG_EXIT_OK;
}

static const CgVerb verbs[] = {
    { .name = "adopt",
      .arguments = "",
      .summary = "take over a live database",
      .description =
          "Compares the tables of this database with those of the first migration, lists "
          "what differs, and notes in the ledger that they were here before. Nothing but "
          "the ledger is written. An adopted version is never run down.",
      .run = run_adopt },
    { .name = "status",
      .arguments = "",
      .summary = "which migrations are applied, pending or waiting",
      .options = status_options,
      .run = run_status },
    { .name = "plan",
      .arguments = "",
      .summary = "what `up` would do",
      .options = plan_options,
      .run = run_plan },
    { .name = "up",
      .arguments = "[N]",
      .summary = "apply all pending migrations, or the next N",
      .description =
          "Each migration and its entry in the ledger are one transaction: a failure "
          "leaves nothing of it. A migration that requires something which is not so yet "
          "waits, and the run ends well before it.",
      .options = up_options,
      .max_arguments = 1,
      .run = run_up },
    { .name = "down",
      .alias = "rollback",
      .arguments = "[N]",
      .summary = "undo the newest migration, or the newest N",
      .description =
          "What a migration is told to preserve is copied before it is dropped, and comes "
          "back with the next `up`.",
      .options = down_options,
      .max_arguments = 1,
      .run = run_down },
    { 0 },
};

static const CgProgram program = {
    .name = "cg-migrate",
    .summary = "Versioned migrations of a database, up and down, with a ledger.",
    .epilogue = "Examples:\n"
                "  cg-migrate --cinder-conf /etc/cinder/cinder.conf adopt\n"
                "  cg-migrate -d sqlite:cinder.sqlite plan --sql\n"
                "  cg-migrate -d postgresql:///cinder up\n"
                "  cg-migrate -d postgresql:///cinder down --to 1",
    .options = common_options,
    .verbs = verbs,
};

int
main(int argc, char **argv)
{
    return cg_tool_main(&program, argc, argv);
}
