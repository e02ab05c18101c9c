/* What recover did, a line or an object for each request; see show.h. */
#include "engine/show.h"

#include "base/json.h"
#include "base/term.h"

static const char *const words[] = {
    [CG_RECOVERED_FINISHED] = "finished", [CG_RECOVERED_FAILED] = "error",
    [CG_RECOVERED_BUSY] = "busy",         [CG_RECOVERED_LEFT] = "left",
    [CG_RECOVERED_DROPPED] = "dropped",
};

/* Where the state says that something is to be done the hint stands below. */
static void
print_one(FILE *file, const char *word, const CgRecovered *one)
{
    bool is_open = one->state == CG_RECOVERED_LEFT || one->state == CG_RECOVERED_DROPPED;
    g_autofree char *reason = cg_term_printable(one->reason != NULL ? one->reason : "", false);
    fprintf(file, "%-8s %s%s%s\n", word, one->group_id, *reason != '\0' ? "  " : "", reason);
    if (!is_open || one->hint == NULL)
        return;
    g_autofree char *hint = cg_term_printable(one->hint, false);
    fprintf(file, "%-8s hint: %s\n", "", hint);
}

void
cg_engine_show_recovered(const GPtrArray *recovered, CgShowOut out)
{
    g_autoptr(CgJson) json = out.json ? cg_json_begin(out.file) : NULL;
    if (json != NULL)
        cg_json_array(json, "recovered");
    else if (recovered->len == 0)
        fprintf(out.file, "nothing to recover\n");
    for (guint i = 0; i < recovered->len; i++) {
        const CgRecovered *one = g_ptr_array_index(recovered, i);
        const char *word = words[one->state];
        if (json == NULL) {
            print_one(out.file, word, one);
            continue;
        }
        cg_json_object(json, NULL);
        cg_json_text(json, "id", one->group_id);
        cg_json_text(json, "state", word);
        cg_json_text(json, "reason", one->reason);
        cg_json_text(json, "hint", one->hint);
        cg_json_close(json);
    }
}
