/* cg-engine: Cinder's consistency group operations on its own tables, against a driver. */
#include "base/term.h"
#include "engine/show.h"
#include "tools/tool.h"

static char *option_driver;
static char *option_plan;
static char *option_project;
static char *option_user;
static char *option_name;
static char *option_description;
static char *option_source;
static char *option_source_alias;
static char *option_cgsnapshot;

#define DRIVER_OPTIONS                                                                             \
    {                                                                                              \
        "driver", 0, 0, G_OPTION_ARG_STRING, &option_driver, "What stands for the storage", "mock" \
    },                                                                                             \
    {                                                                                              \
        "plan", 0, 0, G_OPTION_ARG_FILENAME, &option_plan, "What the driver is to do (YAML)",      \
            "FILE"                                                                                 \
    }

#define PROJECT_OPTION                                                                             \
    {                                                                                              \
        "project", 0, 0, G_OPTION_ARG_STRING, &option_project,                                     \
            "The caller's project (default: the source's)", "ID"                                   \
    }

static const GOptionEntry create_options[] = {
    { "name", 0, 0, G_OPTION_ARG_STRING, &option_name, "Name of the new group", "NAME" },
    { "description", 0, 0, G_OPTION_ARG_STRING, &option_description, "Its description", "TEXT" },
    { "consistencygroup", 0, 0, G_OPTION_ARG_STRING, &option_source,
      "Make it from this consistency group", "GROUP" },
    { "source-cg", 0, 0, G_OPTION_ARG_STRING, &option_source_alias,
      "The same, in the spelling of Cinder's client", "GROUP" },
    { "cgsnapshot", 0, 0, G_OPTION_ARG_STRING, &option_cgsnapshot, "Make it from this cgsnapshot",
      "SNAPSHOT" },
    PROJECT_OPTION,
    { "user", 0, 0, G_OPTION_ARG_STRING, &option_user, "The caller (default: the source's user)",
      "ID" },
    DRIVER_OPTIONS,
    { NULL, 0, 0, 0, NULL, NULL, NULL },
};

static const GOptionEntry find_options[] = {
    { "project", 0, 0, G_OPTION_ARG_STRING, &option_project, "Only groups of this project", "ID" },
    { NULL, 0, 0, 0, NULL, NULL, NULL },
};

static const GOptionEntry recover_options[] = {
    DRIVER_OPTIONS,
    { NULL, 0, 0, 0, NULL, NULL, NULL },
};

static CgEngine *
open_engine(CgDb **out_db, CgDbMode mode, GError **error)
{
    const char *driver = option_driver != NULL ? option_driver : "mock";
    bool writes = mode != CG_DB_READ;
    *out_db = cg_tool_open(mode, error);
    if (*out_db == NULL)
        return NULL;
    return cg_engine_new(*out_db, writes ? driver : NULL, option_plan, error);
}

static bool
read_create(CgCreateFromSrc *options, GError **error)
{
    *options = (CgCreateFromSrc){
        .name = option_name,
        .description = option_description,
        .consistencygroup = option_source != NULL ? option_source : option_source_alias,
        .cgsnapshot = option_cgsnapshot,
        .scope = option_project,
        .project_id = option_project,
        .user_id = option_user,
    };
    if (option_source == NULL || option_source_alias == NULL)
        return cg_engine_check_create(options, error);
    cg_error_set(error, CG_EXIT_USAGE, NULL, "--consistencygroup and --source-cg are one option");
    return false;
}

static CgShowOut
out(void)
{
    return (CgShowOut){ stdout, cg_tool_wants_json() };
}

/* A group that stands is shown even when it failed; its failure is what is reported. */
static void
show_created(CgEngine *engine, const char *id, bool ok, GError **error)
{
    GError *cause = NULL;
    if (cg_engine_show_created(engine, id, out(), &cause) &&
        cg_tool_done(CG_EXIT_OK, &cause) == CG_EXIT_OK)
        return;
    if (ok)
        cg_error_wrap(error, cause, CG_EXIT_FAILED, NULL, "group %s is made, but cannot be shown",
                      id);
    else
        g_error_free(cause);
}

static CgExit
run_create(int argc G_GNUC_UNUSED, char **argv G_GNUC_UNUSED, GError **error)
{
    CgCreateFromSrc options;
    if (!read_create(&options, error))
        return CG_EXIT_USAGE;
    g_autoptr(CgDb) db = NULL;
    g_autoptr(CgEngine) engine = open_engine(&db, CG_DB_WRITE, error);
    if (engine == NULL)
        return CG_EXIT_FAILED;
    g_autofree char *id = NULL;
    bool ok = cg_engine_create_from_src(engine, &options, &id, error);
    if (id != NULL)
        show_created(engine, id, ok, error);
    return ok ? CG_EXIT_OK : CG_EXIT_HALF_DONE;
}

static CgExit
run_show(int argc G_GNUC_UNUSED, char **argv, GError **error)
{
    g_autoptr(CgDb) db = NULL;
    g_autoptr(CgEngine) engine = open_engine(&db, CG_DB_READ, error);
    if (engine == NULL || !cg_engine_show(engine, argv[0], option_project, out(), error))
        return CG_EXIT_FAILED;
    return CG_EXIT_OK;
}

static CgExit
run_list(int argc G_GNUC_UNUSED, char **argv G_GNUC_UNUSED, GError **error)
{
    g_autoptr(CgDb) db = NULL;
    g_autoptr(CgEngine) engine = open_engine(&db, CG_DB_READ, error);
    if (engine == NULL || !cg_engine_list(engine, option_project, out(), error))
        return CG_EXIT_FAILED;
    return CG_EXIT_OK;
}

/* A group that could not be finished is one more in `error`: done, and said. One that is left needs
 * another recover; one that is busy is somebody else's. An interruption that came after the last
 * has interrupted nothing. */
static CgExit
recovered_exit(const GPtrArray *recovered)
{
    CgExit exit = CG_EXIT_OK;
    for (guint i = 0; i < recovered->len; i++) {
        const CgRecovered *one = g_ptr_array_index(recovered, i);
        if (one->state == CG_RECOVERED_LEFT && !one->untried)
            return CG_EXIT_HALF_DONE;
        if (one->untried)
            exit = CG_EXIT_INTERRUPTED;
    }
    return exit;
}

static CgExit
run_recover(int argc G_GNUC_UNUSED, char **argv G_GNUC_UNUSED, GError **error)
{
    g_autoptr(CgDb) db = NULL;
    g_autoptr(CgEngine) engine = open_engine(&db, CG_DB_WRITE, error);
    g_autoptr(GPtrArray) recovered = engine != NULL ? cg_engine_recover(engine, error) : NULL;
    if (recovered == NULL)
        return CG_EXIT_FAILED;
    cg_engine_show_recovered(recovered, out());
    return recovered_exit(recovered);
}

static const CgVerb verbs[] = {
    { .name = "create-from-src",
      .alias = "consisgroup-create-from-src",
      .arguments = "",
      .summary = "make a consistency group from another one, or from a cgsnapshot",
      .description = "Checks the source, takes the quota, writes the rows, calls the driver and "
                     "makes the group available. When the driver fails the group is in status "
                     "error, and the exit code is 6; every earlier failure leaves nothing.",
      .options = create_options,
      .run = run_create },
    { .name = "show",
      .arguments = "GROUP",
      .summary = "a group, its volumes, what it was made from and what was made from it",
      .options = find_options,
      .min_arguments = 1,
      .max_arguments = 1,
      .run = run_show },
    { .name = "list",
      .arguments = "",
      .summary = "all consistency groups",
      .options = find_options,
      .run = run_list },
    { .name = "recover",
      .arguments = "",
      .summary = "finish what a killed process left in status creating",
      .description = "Each group that cg-engine began is made anew on the storage, or ends in "
                     "status error. Groups that a living cg-engine works on are left to it, and "
                     "Cinder's own are not touched.",
      .options = recover_options,
      .run = run_recover },
    { 0 },
};

static const CgProgram program = {
    .name = "cg-engine",
    .summary = "Consistency group operations on Cinder's tables, against a storage driver.",
    .epilogue = "Examples:\n"
                "  cg-engine -d sqlite:cinder.sqlite create-from-src --name copy "
                "--consistencygroup prod\n"
                "  cg-engine -d postgresql:///cinder show copy\n"
                "  cg-engine -d postgresql:///cinder recover",
    .verbs = verbs,
};

int
main(int argc, char **argv)
{
    return cg_tool_main(&program, argc, argv);
}
