/* The name of a migration file; see file.h. */
#include "migrate/file.h"

#include <string.h>

static bool
is_printable(const char *name)
{
    for (const char *c = name; *c != '\0'; c++)
        if (g_ascii_iscntrl(*c))
            return false;
    return g_utf8_validate(name, -1, NULL);
}

static bool
fail_name(const char *file_name, const char *message, GError **error)
{
    g_autofree char *shown = g_utf8_make_valid(file_name, -1);
    cg_error_set(error, CG_EXIT_USAGE,
                 "a migration is named by its version and what it does: 0007_add_index.sql",
                 "\"%s\": %s", shown, message);
    return false;
}

bool
cg_migration_parse_name(const char *file_name, int64_t *out_version, char **out_name,
                        GError **error)
{
    const char *slash = strrchr(file_name, '/');
    const char *base = slash != NULL ? slash + 1 : file_name;
    size_t digits = strspn(base, "0123456789");
    size_t len = strlen(base);
    if (digits == 0 || base[digits] != '_')
        return fail_name(file_name, "the name of a migration begins with digits and an underscore",
                         error);
    if (len < digits + 1 + strlen("x.sql") || !g_str_has_suffix(base, ".sql"))
        return fail_name(file_name,
                         "the name of a migration has a part after the underscore and "
                         "ends in \".sql\"",
                         error);
    if (!is_printable(base))
        return fail_name(file_name, "a name with control characters or broken UTF-8", error);
    uint64_t version = g_ascii_strtoull(base, NULL, 10);
    if (version == 0 || version > INT64_MAX)
        return fail_name(file_name,
                         "the version is 0, which stands for an empty database, or too "
                         "large",
                         error);
    *out_version = (int64_t)version;
    *out_name = g_strndup(base + digits + 1, len - digits - 1 - strlen(".sql"));
    return true;
}
