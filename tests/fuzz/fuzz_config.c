/*
 * Any text as cinder.conf: it is refused, or its options can be asked for; and a password in the
 * middle of it is in no message.
 */
#include "base/config.h"

#include <stdint.h>
#include <string.h>

static const char marker[] = "S3CRET";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_error(const GError *error)
{
    if (error == NULL)
        return;
    g_assert_true(cg_error_is(error, CG_EXIT_USAGE));
    g_assert_null(strstr(error->message, marker));
}

static void
check_text(const char *text, size_t len)
{
    static const struct {
        const char *section;
        const char *key;
    } options[] = { { "database", "connection" }, { "DEFAULT", "k" }, { "x", "k" } };
    CgText named = { "fuzz.conf", text, len };
    g_autoptr(CgConfig) config = cg_config_new();
    g_autoptr(GError) error = NULL;
    bool ok = cg_config_read_text(config, &named, &error);
    g_assert_true(ok == (error == NULL));
    check_error(error);
    for (size_t i = 0; i < G_N_ELEMENTS(options); i++) {
        g_autoptr(GError) problem = NULL;
        g_autofree char *value =
            cg_config_get(config, options[i].section, options[i].key, &problem);
        g_assert_true(value == NULL || problem == NULL);
        check_error(problem);
    }
    g_autoptr(GError) problem = NULL;
    g_autofree char *address = cg_config_database_connection(config, &problem);
    g_assert_true((address == NULL) == (problem != NULL));
    check_error(problem);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    if (g_strstr_len(text, (gssize)size, marker) != NULL)
        return 0;
    check_text(text, size);
    g_autoptr(GString) around = g_string_new_len(text, (gssize)size);
    g_string_append_printf(around, "\nconnection = %s", marker);
    g_string_append_len(around, text, (gssize)size);
    check_text(around->str, around->len);
    return 0;
}
