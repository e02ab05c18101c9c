/* See first.h. */
#include "engine/first.h"

G_DEFINE_QUARK(cg - first - error, cg_first_error)

bool
cg_first_missing(const char *what, GError **error)
{
    g_set_error(error, CG_FIRST_ERROR, CG_FIRST_ERROR_MISSING, "%s is not there yet", what);
    return false;
}
