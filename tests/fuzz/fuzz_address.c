/*
 * Any text as an address: it is refused, or its printable form reads as itself; and a password that
 * stands before it is in no message and no printable form, whatever the text makes of the address.
 */
#include "db/address.h"

#include <stdint.h>
#include <string.h>

static const char marker[] = "S3CRET";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_printable_form(const CgAddress *address)
{
    const char *display = cg_address_display(address);
    g_assert_true(g_utf8_validate(display, -1, NULL));
    for (const char *s = display; *s != '\0'; s++)
        g_assert_true(!g_ascii_iscntrl(*s));
    const char *path = cg_address_path(address);
    if (path != NULL && !g_utf8_validate(path, -1, NULL))
        return;
    g_autoptr(CgAddress) again = cg_address_parse(display, NULL);
    g_assert_nonnull(again);
    g_assert_cmpstr(cg_address_display(again), ==, display);
}

static void
check_keywords(const CgAddress *address)
{
    const char *const *keywords = cg_address_keywords(address);
    const char *const *values = cg_address_values(address);
    for (size_t i = 0; keywords != NULL && keywords[i] != NULL; i++) {
        g_assert_nonnull(values[i]);
        g_assert_true(cg_address_value(address, keywords[i]) == values[i]);
    }
}

static void
check_secret(const char *before, const char *text)
{
    g_autofree char *whole = g_strconcat(before, marker, text, NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(CgAddress) address = cg_address_parse(whole, &error);
    const char *shown = address != NULL ? cg_address_display(address) : error->message;
    g_assert_null(strstr(shown, marker));
    const char *hint = cg_error_hint(error);
    g_assert_true(hint == NULL || strstr(hint, marker) == NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const befores[] = {
        "postgresql://u:",           "postgresql+psycopg2://a@b:",
        "mysql+pymysql://u:",        "x://u:",
        "host=h password=",          "password='",
        "postgresql://h/d?password="
    };
    g_autofree char *text = g_strndup((const char *)data, size);
    g_autoptr(GError) error = NULL;
    g_autoptr(CgAddress) address = cg_address_parse(text, &error);
    g_assert_true((address == NULL) == cg_error_is(error, CG_EXIT_USAGE));
    if (address != NULL) {
        check_printable_form(address);
        check_keywords(address);
    }
    if (strstr(text, marker) != NULL)
        return 0;
    for (size_t i = 0; i < G_N_ELEMENTS(befores); i++)
        check_secret(befores[i], text);
    return 0;
}
