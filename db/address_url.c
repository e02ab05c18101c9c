/* Addresses of the form postgresql://…; the rules stand in address.h. */
#include "db/address_parse.h"

#include <string.h>

/* Of SQLAlchemy or a driver, without meaning for us. */
static const char *const dropped_postgresql[] = { "plugin", "async_fallback",
                                                  "prepared_statement_cache_size",
                                                  "prepared_statement_name_func", NULL };

/* ---- where its parts are ---- */

typedef struct {
    const char *user; /* to `hosts` less the '@'; NULL where there is none */
    const char *hosts;
    size_t hosts_len;
    const char *dbname; /* NULL where there is none; else to `dbname_len` */
    size_t dbname_len;
    const char *query; /* behind '?', to the end; NULL where there is none */
} UrlParts;

/* Length of one host with its port, at most up to `end`; -1 where it is none. May be empty. */
static ssize_t
scan_host(const char *s, const char *end)
{
    const char *start = s;
    if (s < end && *s == '[') {
        const char *inside = ++s;
        while (s < end && (g_ascii_isalnum(*s) || strchr(":.-_~%", *s) != NULL))
            s++;
        if (s == inside || s == end || *s++ != ']')
            return -1;
    } else {
        while (s < end && (g_ascii_isalnum(*s) || (*s & 0x80) != 0 || strchr(".-_~%", *s) != NULL))
            s++;
    }
    if (s < end && *s == ':')
        for (s++; s < end && g_ascii_isdigit(*s);)
            s++;
    return s - start;
}

static bool
are_hosts(const char *s, size_t len)
{
    const char *end = s + len;
    for (;;) {
        ssize_t host_len = scan_host(s, end);
        if (host_len < 0)
            return false;
        s += host_len;
        if (s == end)
            return true;
        if (*s++ != ',')
            return false;
    }
}

/*
 * Reads hosts[/name][?query]. No raw '@' in the name: in an address with a mistake in its host,
 * that would be a password cut at an earlier '@', and the rest of it would be shown as the name.
 */
static bool
scan_tail(const char *s, UrlParts *parts)
{
    parts->hosts = s;
    parts->hosts_len = strcspn(s, "/?");
    s += parts->hosts_len;
    parts->dbname = *s == '/' ? s + 1 : NULL;
    parts->dbname_len = *s == '/' ? strcspn(s + 1, "?") : 0;
    if (*s == '/')
        s += 1 + parts->dbname_len;
    parts->query = *s == '?' ? s + 1 : NULL;
    return memchr(parts->hosts, '@', (size_t)(s - parts->hosts)) == NULL &&
           are_hosts(parts->hosts, parts->hosts_len);
}

static bool
is_known_query(const char *query)
{
    g_auto(GStrv) pairs = g_strsplit(query, "&", -1);
    for (char **pair = pairs; *pair != NULL; pair++) {
        g_autofree char *name = g_strndup(*pair, strcspn(*pair, "="));
        if (strchr(*pair, '=') == NULL || !cg_address_is_libpq_keyword(name))
            return false;
    }
    return pairs[0] != NULL;
}

/* The parts where the user and password end at `at`, an '@', or do not exist (NULL). */
static bool
split_at(const char *authority, const char *at, UrlParts *parts)
{
    parts->user = at != NULL ? authority : NULL;
    if (at == NULL)
        return scan_tail(authority, parts);
    size_t user_len = strcspn(authority, "/?:");
    bool user_ok = authority + user_len >= at || authority[user_len] == ':';
    return user_ok && scan_tail(at + 1, parts);
}

/* Two passes, as address.h has it: first what libpq's spellings need, then the last '@'. */
static bool
split_url(const char *authority, UrlParts *parts)
{
    const char *at = NULL;
    do {
        if (split_at(authority, at, parts) && parts->query != NULL && is_known_query(parts->query))
            return true;
        at = strchr(at != NULL ? at + 1 : authority, '@');
    } while (at != NULL);

    const char *end = authority + strlen(authority);
    while ((at = memrchr(authority, '@', (size_t)(end - authority))) != NULL) {
        if (split_at(authority, at, parts))
            return true;
        end = at;
    }
    return split_at(authority, NULL, parts);
}

/* ---- what its parts mean ---- */

typedef struct {
    CgAddress *address;
    const char *const *dropped;
    bool has_libpq;     /* takes libpq's parameters */
    bool plus_is_blank; /* as SQLAlchemy reads it */
    unsigned n_hosts;   /* of all host= in the query … */
    GString *hosts;     /* … listed, … */
    GString *ports;     /* … and their ports */
} Query;

static int
hex_byte(const char *s, const char *end)
{
    if (end - s < 3 || !g_ascii_isxdigit(s[1]) || !g_ascii_isxdigit(s[2]))
        return -1;
    return g_ascii_xdigit_value(s[1]) << 4 | g_ascii_xdigit_value(s[2]);
}

/* There is no %00 in it. */
static char *
unescape(const char *s, size_t len, bool plus_is_blank)
{
    g_autoptr(GString) out = g_string_new(NULL);
    const char *end = s + len;
    while (s < end) {
        int byte = *s == '%' ? hex_byte(s, end) : -1;
        if (byte > 0)
            g_string_append_c(out, (char)byte);
        else
            g_string_append_c(out, *s == '+' && plus_is_blank ? ' ' : *s);
        s += byte > 0 ? 3 : 1;
    }
    return g_string_free(g_steal_pointer(&out), FALSE);
}

static void
set_nonempty(CgAddress *address, const char *keyword, const char *s, size_t len)
{
    if (len > 0)
        cg_address_set(address, keyword, unescape(s, len, false));
}

static void
set_user(CgAddress *address, const UrlParts *parts)
{
    if (parts->user == NULL)
        return;
    size_t len = (size_t)(parts->hosts - 1 - parts->user);
    const char *colon = memchr(parts->user, ':', len);
    size_t user_len = colon != NULL ? (size_t)(colon - parts->user) : len;
    set_nonempty(address, "user", parts->user, user_len);
    if (colon != NULL)
        set_nonempty(address, "password", colon + 1, len - user_len - 1);
}

/* "a:1,[::1],c" as host "a,::1,c" and port "1,,". */
static void
set_hosts(CgAddress *address, const char *s, size_t len)
{
    g_autofree char *list = g_strndup(s, len);
    g_auto(GStrv) entries = g_strsplit(list, ",", -1);
    g_autoptr(GString) hosts = g_string_new(NULL);
    g_autoptr(GString) ports = g_string_new(NULL);
    bool has_port = false;
    for (char **entry = entries; *entry != NULL; entry++) {
        bool is_ipv6 = **entry == '[';
        const char *name = *entry + is_ipv6;
        size_t name_len = strcspn(name, is_ipv6 ? "]" : ":");
        const char *port = name + name_len + is_ipv6;
        const char *comma = entry == entries ? "" : ",";
        g_string_append_printf(hosts, "%s%.*s", comma, (int)name_len, name);
        g_string_append_printf(ports, "%s%s", comma, *port == ':' ? port + 1 : "");
        has_port = has_port || (*port == ':' && port[1] != '\0');
    }
    set_nonempty(address, "host", hosts->str, hosts->len);
    if (has_port)
        set_nonempty(address, "port", ports->str, ports->len);
}

/* "name:1234" is SQLAlchemy's way to give a host's port. */
static void
add_query_host(Query *query, const char *host, size_t len)
{
    const char *colon = memchr(host, ':', len);
    size_t name_len = colon != NULL ? (size_t)(colon - host) : len;
    size_t n_digits = colon != NULL ? strspn(colon + 1, "0123456789") : 0;
    bool has_port =
        n_digits > 0 && name_len + 1 + n_digits == len && memchr(host, '/', name_len) == NULL;
    g_autofree char *name = unescape(host, has_port ? name_len : len, query->plus_is_blank);
    const char *comma = query->n_hosts++ > 0 ? "," : "";
    g_string_append_printf(query->hosts, "%s%s", comma, name);
    g_string_append_printf(query->ports, "%s%.*s", comma, has_port ? (int)n_digits : 0,
                           has_port ? colon + 1 : "");
}

/* Each host= adds to those before it. */
static void
add_query_hosts(Query *query, const char *list)
{
    size_t len = strcspn(list, ",");
    add_query_host(query, list, len);
    for (const char *host = list + len; *host == ','; host += len) {
        host++;
        len = strcspn(host, ",");
        add_query_host(query, host, len);
    }
}

/*
 * An error about a parameter. Its name is shown unless an '@' follows: then it may be a piece of a
 * password whose end was not found.
 */
static bool
refuse_parameter(const char *shown, const char *pair, size_t name_len, GError **error)
{
    bool show = strchr(pair, '@') == NULL && name_len > 0 && pair[name_len] == '=';
    for (size_t i = 0; i < name_len; i++)
        show = show && (g_ascii_isalnum(pair[i]) || pair[i] == '_');
    g_autoptr(GString) line = g_string_new(shown);
    g_string_append_c(line, strchr(shown, '?') == NULL ? '?' : '&');
    if (!show) {
        g_string_append(line, "***");
        return cg_address_refuse(error, line->str, 3, "write %40 for an @ in a password",
                                 "what follows the ? is not known parameters");
    }
    g_string_append_printf(line, "%.*s=***", (int)name_len, pair);
    return cg_address_refuse(error, line->str, name_len + strlen("=***"),
                             "remove it from the address", "the parameter \"%.*s\" is not known",
                             (int)name_len, pair);
}

static bool
read_query_pair(Query *query, const char *pair, const char *shown, GError **error)
{
    size_t len = strcspn(pair, "&");
    if (len == 0)
        return true;
    size_t name_len = MIN(strcspn(pair, "="), len);
    g_autofree char *name = unescape(pair, name_len, false);
    bool is_ssl = strcmp(name, "ssl") == 0;
    if (name_len < len && g_strv_contains(query->dropped, name))
        return true;
    if (name_len == len || !query->has_libpq || (!is_ssl && !cg_address_is_libpq_keyword(name)))
        return refuse_parameter(shown, pair, name_len, error);
    g_autofree char *raw = g_strndup(pair + name_len + 1, len - name_len - 1);
    if (strcmp(name, "host") == 0) {
        add_query_hosts(query, raw);
        return true;
    }
    char *value = unescape(raw, strlen(raw), query->plus_is_blank);
    if (is_ssl && strcmp(value, "true") == 0) {
        g_free(value);
        value = g_strdup("require");
    }
    cg_address_set(query->address, is_ssl ? "sslmode" : name, value);
    return true;
}

bool
cg_address_read_query(CgAddress *address, const char *query_text, bool plus_is_blank,
                      const char *const *dropped, const char *shown, GError **error)
{
    g_autoptr(GString) hosts = g_string_new(NULL);
    g_autoptr(GString) ports = g_string_new(NULL);
    Query query = { .address = address,
                    .dropped = dropped,
                    .has_libpq = strcmp(cg_address_scheme(address), "postgresql") == 0,
                    .plus_is_blank = plus_is_blank,
                    .hosts = hosts,
                    .ports = ports };
    for (const char *pair = query_text; pair != NULL; pair = strchr(pair, '&')) {
        pair += *pair == '&';
        if (!read_query_pair(&query, pair, shown, error))
            return false;
    }
    if (query.n_hosts > 0)
        cg_address_set(address, "host", g_strdup(hosts->str));
    if (strpbrk(ports->str, "0123456789") != NULL)
        cg_address_set(address, "port", g_strdup(ports->str));
    return true;
}

CgAddress *
cg_address_parse_url(const char *authority, bool has_driver, GError **error)
{
    static const char masked[] = "postgresql://***";
    UrlParts parts;
    if (strstr(authority, "%00") != NULL) {
        cg_address_refuse(error, masked, 3, "write %2500 for a % and two zeros",
                          "%%00 stands for a NUL byte, which no part of an address can hold");
        return NULL;
    }
    if (!split_url(authority, &parts)) {
        cg_address_refuse(
            error, masked, 3,
            "write postgresql://USER:PASSWORD@HOST:PORT/NAME, and %40 for an @ in a name",
            "no host and port can be made out in this address");
        return NULL;
    }
    g_autoptr(CgAddress) address = cg_address_new_postgresql();
    set_user(address, &parts);
    set_hosts(address, parts.hosts, parts.hosts_len);
    set_nonempty(address, "dbname", parts.dbname, parts.dbname_len);
    if (!cg_address_read_query(address, parts.query, has_driver, dropped_postgresql, masked, error))
        return NULL;
    return cg_address_finish_postgresql(g_steal_pointer(&address), error);
}
