/* The list of reporters; see report.h. */
#include "verify/report.h"

static const CgReporter *const reporters[] = { &cg_reporter_human, &cg_reporter_json };

const CgReporter *
cg_reporter_find(const char *name, GError **error)
{
    g_autoptr(GString) names = g_string_new("the formats are:");
    for (size_t i = 0; i < G_N_ELEMENTS(reporters); i++) {
        if (g_str_equal(reporters[i]->name, name))
            return reporters[i];
        g_string_append_printf(names, "%s %s", i > 0 ? "," : "", reporters[i]->name);
    }
    cg_error_set(error, CG_EXIT_USAGE, names->str, "there is no format \"%s\"", name);
    return NULL;
}
