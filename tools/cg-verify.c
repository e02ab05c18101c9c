/* cg-verify: audits the lineage of a database. */
#include "lineage/load.h"
#include "tools/tool.h"
#include "verify/explain.h"
#include "verify/report.h"
#include "verify/tree.h"

static char **option_rules;
static char *option_names;
static char *option_fail_on;
static gint64 option_limit = CG_LIMIT_DEFAULT;
static gboolean option_list_info;

static const GOptionEntry audit_options[] = {
    { "rule", 0, 0, G_OPTION_ARG_STRING_ARRAY, &option_rules,
      "Run only these rules, by id or name; repeat it or separate by commas", "RULE" },
    { "names", 0, 0, G_OPTION_ARG_STRING, &option_names, "Where lineage stands in this database",
      "groups|spec|liberty" },
    { "fail-on", 0, 0, G_OPTION_ARG_STRING, &option_fail_on,
      "End with 1 for findings of this severity or worse (default error)",
      "error|warning|info|never" },
    { "limit", 0, 0, G_OPTION_ARG_INT64, &option_limit,
      "Print at most N findings of a rule; 0 for all. Counts are always full", "N" },
    { "info", 0, 0, G_OPTION_ARG_NONE, &option_list_info,
      "List findings of severity info too, not just their number", NULL },
    { NULL, 0, 0, 0, NULL, NULL, NULL },
};

static CgExit
run_audit(int argc G_GNUC_UNUSED, char **argv G_GNUC_UNUSED, GError **error)
{
    CgSeverity fail_on = CG_SEVERITY_ERROR;
    if (option_fail_on != NULL && !cg_fail_on_parse(option_fail_on, &fail_on, error))
        return CG_EXIT_USAGE;
    CgAuditOptions options = { .rules = (const char *const *)option_rules };
    if (option_limit < CG_LIMIT_DEFAULT) {
        cg_error_set(error, CG_EXIT_USAGE, "--limit 0 prints all", "--limit is not negative");
        return CG_EXIT_USAGE;
    }
    if (option_names != NULL && (options.naming = cg_naming_by_name(option_names, error)) == NULL)
        return CG_EXIT_USAGE;
    g_autoptr(CgDb) db = cg_tool_open(CG_DB_READ, error);
    g_autoptr(CgReport) report = db != NULL ? cg_audit_run(db, &options, error) : NULL;
    if (report == NULL)
        return CG_EXIT_FAILED;
    const CgReportOptions print = { .limit = option_limit,
                                    .list_info = option_list_info || option_rules != NULL ||
                                                 fail_on == CG_SEVERITY_INFO };
    if (cg_tool_wants_json())
        cg_report_json(report, &print, stdout);
    else
        cg_report_human(report, &print, stdout);
    return cg_tool_done(cg_report_exit(report, fail_on), error);
}

static CgExit
run_rules(int argc G_GNUC_UNUSED, char **argv G_GNUC_UNUSED, GError **error)
{
    if (!cg_tool_apply_options(error))
        return CG_EXIT_USAGE;
    if (cg_tool_wants_json())
        cg_explain_list_json(stdout);
    else
        cg_explain_list(stdout);
    return cg_tool_done(CG_EXIT_OK, error);
}

static CgExit
run_explain(int argc G_GNUC_UNUSED, char **argv, GError **error)
{
    if (!cg_tool_apply_options(error))
        return CG_EXIT_USAGE;
    const CgRule *rule = cg_rule_find(argv[0], error);
    if (rule == NULL)
        return CG_EXIT_USAGE;
    if (cg_tool_wants_json())
        cg_explain_rule_json(rule, stdout);
    else
        cg_explain_rule(rule, stdout);
    return cg_tool_done(CG_EXIT_OK, error);
}

static const GOptionEntry tree_options[] = {
    { "names", 0, 0, G_OPTION_ARG_STRING, &option_names, "Where lineage stands in this database",
      "groups|spec|liberty" },
    { NULL, 0, 0, 0, NULL, NULL, NULL },
};

static CgExit
run_tree(int argc G_GNUC_UNUSED, char **argv G_GNUC_UNUSED, GError **error)
{
    CgLoadOptions options = { .fields = CG_LOAD_TREE };
    if (option_names != NULL && (options.naming = cg_naming_by_name(option_names, error)) == NULL)
        return CG_EXIT_USAGE;
    g_autoptr(CgDb) db = cg_tool_open(CG_DB_READ, error);
    g_autoptr(CgModel) model = db != NULL ? cg_model_load(db, &options, error) : NULL;
    if (model == NULL)
        return CG_EXIT_FAILED;
    if (!cg_tool_wants_json())
        cg_tree_print(model, stdout);
    else if (!cg_tree_json(model, stdout))
        return cg_tool_done(CG_EXIT_FAILED, error);
    return CG_EXIT_OK;
}

static const CgVerb verbs[] = {
    { .name = "audit",
      .arguments = "",
      .summary = "look for faults in the lineage",
      .description = "Reads one snapshot, lets go of it, and runs the rules. Never writes; a hot "
                     "standby will do.",
      .options = audit_options,
      .run = run_audit },
    { .name = "tree",
      .arguments = "",
      .summary = "draw which groups came from which, as it is recorded",
      .options = tree_options,
      .run = run_tree },
    { .name = "rules", .arguments = "", .summary = "list the rules", .run = run_rules },
    { .name = "explain",
      .arguments = "RULE",
      .summary = "why a rule matters, what is normal, what can be done",
      .min_arguments = 1,
      .max_arguments = 1,
      .run = run_explain },
    { 0 },
};

static const CgProgram program = {
    .name = "cg-verify",
    .summary = "Audits where consistency groups came from.",
    .epilogue = "Examples:\n"
                "  cg-verify --cinder-conf /etc/cinder/cinder.conf\n"
                "  cg-verify -d postgresql:///cinder --rule CGL101,CGL201 --format json\n"
                "  cg-verify explain CGL209",
    .verbs = verbs,
    .default_verb = &verbs[0],
};

int
main(int argc, char **argv)
{
    return cg_tool_main(&program, argc, argv);
}
