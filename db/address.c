/* The parser of database addresses; see address.h. */
#include "db/address_parse.h"

#include <stdarg.h>
#include <string.h>

enum { ADDRESS_MAX_BYTES = 16384, PORT_MAX = 65535 };

struct CgAddress {
    const char *scheme;
    char *path;
    bool is_relative;    /* sqlite:///PATH */
    GPtrArray *keywords; /* PostgreSQL only; owned strings, both with a NULL at the end */
    GPtrArray *values;
    char *display;
};

/* Of SQLAlchemy or a driver, without meaning for us. */
static const char *const dropped_sqlite[] = { "plugin",
                                              "timeout",
                                              "isolation_level",
                                              "check_same_thread",
                                              "detect_types",
                                              "cached_statements",
                                              NULL };

static const char supported[] =
    "write postgresql://USER:PASSWORD@HOST/NAME, \"host=… dbname=…\", or sqlite:PATH";

bool
cg_address_refuse(GError **error, const char *shown, size_t caret_back, const char *hint,
                  const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *message = g_strdup_vprintf(format, args);
    va_end(args);
    CgText text = { "database address", shown, strlen(shown) };
    cg_text_error(error, CG_EXIT_USAGE, &text, text.len - caret_back, hint, "%s", message);
    return false;
}

/* ---- the address as an object ---- */

static CgAddress *
new_address(const char *scheme)
{
    CgAddress *address = g_atomic_rc_box_new0(CgAddress);
    address->scheme = scheme;
    return address;
}

static void
clear_address(void *data)
{
    CgAddress *address = data;
    g_free(address->path);
    g_free(address->display);
    if (address->keywords != NULL)
        g_ptr_array_unref(address->keywords);
    if (address->values != NULL)
        g_ptr_array_unref(address->values);
}

CgAddress *
cg_address_dup(const CgAddress *address)
{
    return g_atomic_rc_box_acquire((void *)address);
}

void
cg_address_free(CgAddress *address)
{
    if (address != NULL)
        g_atomic_rc_box_release_full(address, clear_address);
}

const char *
cg_address_scheme(const CgAddress *address)
{
    return address->scheme;
}

const char *
cg_address_path(const CgAddress *address)
{
    return address->path;
}

bool
cg_address_is_sqlalchemy_relative(const CgAddress *address)
{
    return address->is_relative;
}

const char *const *
cg_address_keywords(const CgAddress *address)
{
    return address->keywords != NULL ? (const char *const *)address->keywords->pdata : NULL;
}

const char *const *
cg_address_values(const CgAddress *address)
{
    return address->values != NULL ? (const char *const *)address->values->pdata : NULL;
}

const char *
cg_address_display(const CgAddress *address)
{
    return address->display;
}

static char **
find_value(const CgAddress *address, const char *keyword)
{
    for (guint i = 0; address->keywords != NULL && i < address->keywords->len; i++) {
        const char *candidate = g_ptr_array_index(address->keywords, i);
        if (candidate != NULL && strcmp(candidate, keyword) == 0)
            return (char **)&g_ptr_array_index(address->values, i);
    }
    return NULL;
}

const char *
cg_address_value(const CgAddress *address, const char *keyword)
{
    char **value = find_value(address, keyword);
    return value != NULL ? *value : NULL;
}

void
cg_address_set(CgAddress *address, const char *keyword, char *value)
{
    char **place = find_value(address, keyword);
    if (place != NULL) {
        g_free(*place);
        *place = value;
        return;
    }
    g_ptr_array_add(address->keywords, g_strdup(keyword));
    g_ptr_array_add(address->values, value);
}

CgAddress *
cg_address_new_postgresql(void)
{
    CgAddress *address = new_address("postgresql");
    address->keywords = g_ptr_array_new_with_free_func(g_free);
    address->values = g_ptr_array_new_with_free_func(g_free);
    return address;
}

/* ---- the printable form ---- */

static void
append_escaped(GString *out, const char *s, const char *also_plain)
{
    for (; *s != '\0'; s++) {
        if (g_ascii_isalnum(*s) || strchr("-._~", *s) != NULL || strchr(also_plain, *s) != NULL)
            g_string_append_c(out, *s);
        else
            g_string_append_printf(out, "%%%02X", (unsigned char)*s);
    }
}

/* A socket's folder is unreadable with its slashes escaped, and libpq allows no others there. */
static bool
fits_authority(char *const *hosts, char *const *ports)
{
    guint n_hosts = g_strv_length((char **)hosts);
    guint n_ports = g_strv_length((char **)ports);
    for (char *const *host = hosts; *host != NULL; host++)
        if (**host == '@' || strchr(*host, '/') != NULL)
            return false;
    return n_ports <= 1 || n_ports == n_hosts;
}

static void
append_hosts(GString *out, char *const *hosts, char *const *ports)
{
    bool one_port = ports[0] == NULL || ports[1] == NULL; /* for all hosts */
    for (size_t i = 0; hosts[i] != NULL; i++) {
        bool is_ipv6 = strchr(hosts[i], ':') != NULL;
        const char *port = one_port ? ports[0] : ports[i];
        g_string_append(out, i > 0 ? "," : "");
        g_string_append(out, is_ipv6 ? "[" : "");
        append_escaped(out, hosts[i], is_ipv6 ? ":" : "");
        g_string_append(out, is_ipv6 ? "]" : "");
        if (port != NULL && *port != '\0')
            g_string_append_printf(out, ":%s", port);
    }
}

static void
append_parameter(GString *out, const char *keyword, const char *value)
{
    if (value == NULL || *value == '\0')
        return;
    g_string_append_printf(out, "%c%s=", strchr(out->str, '?') == NULL ? '?' : '&', keyword);
    append_escaped(out, value, "/,");
}

static char *
postgresql_display(const CgAddress *address)
{
    g_autoptr(GString) out = g_string_new("postgresql://");
    const char *user = cg_address_value(address, "user");
    const char *dbname = cg_address_value(address, "dbname");
    const char *host = cg_address_value(address, "host");
    const char *port = cg_address_value(address, "port");
    g_auto(GStrv) hosts = g_strsplit(host != NULL && *host != '\0' ? host : ",", ",", -1);
    g_auto(GStrv) ports = g_strsplit(port != NULL ? port : "", ",", -1);
    if (host == NULL || *host == '\0')
        g_clear_pointer(&hosts[1], g_free);

    bool in_authority = fits_authority(hosts, ports);
    if (user != NULL && *user != '\0') {
        append_escaped(out, user, "");
        g_string_append_c(out, '@');
    }
    if (in_authority)
        append_hosts(out, hosts, ports);
    if (dbname != NULL && *dbname != '\0') {
        g_string_append_c(out, '/');
        append_escaped(out, dbname, "");
    }
    if (!in_authority) {
        append_parameter(out, "host", host);
        append_parameter(out, "port", port);
    }
    append_parameter(out, "hostaddr", cg_address_value(address, "hostaddr"));
    append_parameter(out, "service", cg_address_value(address, "service"));
    return g_string_free(g_steal_pointer(&out), FALSE);
}

/* ---- what every PostgreSQL address must hold, however written ---- */

static bool
are_ports(const char *list)
{
    g_auto(GStrv) ports = g_strsplit(list, ",", -1);
    for (char **port = ports; *port != NULL; port++) {
        guint64 number = 0;
        if (**port != '\0' && !g_ascii_string_to_unsigned(*port, 10, 1, PORT_MAX, &number, NULL))
            return false;
    }
    return true;
}

CgAddress *
cg_address_finish_postgresql(CgAddress *unchecked, GError **error)
{
    g_autoptr(CgAddress) address = unchecked;
    const char *port = cg_address_value(address, "port");
    const char *dbname = cg_address_value(address, "dbname");
    if (port != NULL && !are_ports(port)) {
        /* It is not shown: who forgets "@host" has the password where the port stands. */
        cg_address_refuse(error, "port=***", 3, "write postgresql://USER:PASSWORD@HOST:PORT/NAME",
                          "a port is not a number from 1 to %d", PORT_MAX);
        return NULL;
    }
    if (dbname != NULL && (strstr(dbname, "://") != NULL || cg_address_is_conninfo(dbname))) {
        cg_address_refuse(error, "dbname=***", 3, "give it without \"dbname=\" before it",
                          "the name of the database is an address itself");
        return NULL;
    }
    address->display = postgresql_display(address);
    g_ptr_array_add(address->keywords, NULL);
    g_ptr_array_add(address->values, NULL);
    return g_steal_pointer(&address);
}

/* ---- SQLite ---- */

static CgAddress *
new_sqlite(const char *path, bool is_relative, GError **error)
{
    while (path[0] == '/' && path[1] == '/')
        path++;
    g_autoptr(CgAddress) address = new_address("sqlite");
    address->path = g_strdup(path);
    address->is_relative = is_relative;
    g_autofree char *printable = g_utf8_make_valid(path, -1);
    address->display = g_strconcat("sqlite:", printable, NULL);
    if (*path == '\0' || strcmp(path, ":memory:") == 0) {
        cg_address_refuse(error, "sqlite:", 0, "name a file: sqlite:PATH",
                          "a database in memory is empty, and gone when the program ends");
        return NULL;
    }
    if (g_str_has_prefix(path, "file:")) {
        cg_address_refuse(error, address->display, strlen(printable), "write sqlite:PATH",
                          "SQLite's own \"file:\" addresses are not supported");
        return NULL;
    }
    return g_steal_pointer(&address);
}

/* `rest` is what follows "sqlite:". */
static CgAddress *
parse_sqlite(const char *rest, GError **error)
{
    if (!g_str_has_prefix(rest, "//"))
        return new_sqlite(rest, false, error);
    if (rest[2] != '/' && rest[2] != '?' && rest[2] != '\0') {
        cg_address_refuse(
            error, "sqlite://***", 3,
            "write sqlite:PATH, or sqlite:///PATH (relative) or sqlite:////PATH (absolute)",
            "SQLite has no host: a third slash is missing");
        return NULL;
    }
    const char *path = rest + 2 + (rest[2] == '/');
    size_t path_len = strcspn(path, "?");
    g_autofree char *file = g_strndup(path, path_len);
    g_autoptr(CgAddress) address = new_sqlite(file, *file != '/', error);
    const char *query = path[path_len] == '?' ? path + path_len + 1 : NULL;
    if (address == NULL ||
        !cg_address_read_query(address, query, true, dropped_sqlite, address->display, error))
        return NULL;
    return g_steal_pointer(&address);
}

/* ---- which kind it is ---- */

/* Only what can be no piece of a password is repeated. */
static bool
is_path_like(const char *text)
{
    bool has_suffix = g_str_has_suffix(text, ".db") || g_str_has_suffix(text, ".sqlite") ||
                      g_str_has_suffix(text, ".sqlite3");
    bool has_prefix = g_str_has_prefix(text, "/") || g_str_has_prefix(text, "./") ||
                      g_str_has_prefix(text, "../");
    for (const char *s = text; *s != '\0'; s++)
        if (!g_ascii_isalnum(*s) && strchr("/._-", *s) == NULL)
            return false;
    return has_suffix || has_prefix;
}

static CgAddress *
refuse_without_scheme(const char *text, GError **error)
{
    if (is_path_like(text)) {
        g_autofree char *hint = g_strdup_printf("write sqlite:%s", text);
        cg_address_refuse(error, text, strlen(text), hint,
                          "a file is named with \"sqlite:\" before it");
    } else {
        cg_error_set(
            error, CG_EXIT_USAGE, supported,
            "the database address begins neither with a scheme nor with a parameter of libpq");
    }
    return NULL;
}

static bool
is_name(const char *candidate, const char *a, const char *b)
{
    return g_ascii_strcasecmp(candidate, a) == 0 || g_ascii_strcasecmp(candidate, b) == 0;
}

static CgAddress *
parse_url(const char *text, size_t scheme_len, GError **error)
{
    g_autofree char *scheme = g_strndup(text, scheme_len);
    g_autofree char *name = g_strndup(scheme, strcspn(scheme, "+"));
    const char *rest = text + scheme_len + 1;
    bool has_slashes = g_str_has_prefix(rest, "//");
    if (is_name(name, "sqlite", "sqlite3"))
        return parse_sqlite(rest, error);
    if (is_name(name, "postgresql", "postgres") && has_slashes)
        return cg_address_parse_url(rest + 2, strlen(name) < scheme_len, error);
    if (is_name(name, "postgresql", "postgres")) {
        cg_address_refuse(error, "postgresql:***", 3, supported,
                          "\"postgresql:\" must be followed by //");
        return NULL;
    }
    if (is_name(name, "mysql", "mariadb")) {
        g_autofree char *shown = g_strdup_printf("%s:***", name);
        cg_address_refuse(error, shown, strlen(shown), supported,
                          "MySQL and MariaDB are not supported yet (MariaDB is planned), "
                          "PostgreSQL and SQLite are");
        return NULL;
    }
    if (!has_slashes)
        return refuse_without_scheme(text, error);
    g_autofree char *shown = g_strdup_printf("%s://***", scheme);
    cg_address_refuse(error, shown, strlen(shown), supported,
                      "\"%s\" is no kind of database that is supported", scheme);
    return NULL;
}

CgAddress *
cg_address_parse(const char *text, GError **error)
{
    size_t len = strlen(text);
    if (text[strspn(text, CG_ADDRESS_BLANKS)] == '\0') {
        cg_error_set(error, CG_EXIT_USAGE, supported, "the database address is empty");
        return NULL;
    }
    if (len > ADDRESS_MAX_BYTES) {
        cg_error_set(error, CG_EXIT_USAGE, NULL, "the database address is longer than %d bytes",
                     ADDRESS_MAX_BYTES);
        return NULL;
    }
    if (cg_address_is_conninfo(text))
        return cg_address_parse_conninfo(text, error);
    for (const char *s = text; *s != '\0'; s++)
        if (g_ascii_iscntrl(*s)) {
            cg_error_set(error, CG_EXIT_USAGE, NULL,
                         "byte %zu of the database address is a control character, such as a line "
                         "break",
                         (size_t)(s - text) + 1);
            return NULL;
        }
    size_t scheme_len = 0;
    while (g_ascii_isalnum(text[scheme_len]) ||
           (scheme_len > 0 && text[scheme_len] != '\0' && strchr("+.-_", text[scheme_len]) != NULL))
        scheme_len++;
    return text[scheme_len] == ':' && scheme_len > 0 ? parse_url(text, scheme_len, error)
                                                     : refuse_without_scheme(text, error);
}
