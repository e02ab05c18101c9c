/* Addresses of the form "host=… dbname=…"; see address.h. */
#include "db/address_parse.h"

#include <string.h>

#define KEYWORD_BYTES "abcdefghijklmnopqrstuvwxyz_"

/* All that libpq 18 knows: an older one refuses by itself what is too new for it. */
/* clang-format off */
static const char *const keywords[] = {
    "host", "hostaddr", "port", "dbname", "user", "password", "passfile", "service", "servicefile",
    "require_auth", "channel_binding", "connect_timeout", "client_encoding", "options",
    "application_name", "fallback_application_name", "keepalives", "keepalives_idle",
    "keepalives_interval", "keepalives_count", "tcp_user_timeout", "replication", "gssencmode",
    "gsslib", "gssdelegation", "krbsrvname", "sslmode", "sslnegotiation", "sslcompression",
    "sslcert", "sslkey", "sslkeylogfile", "sslpassword", "sslcertmode", "sslrootcert", "sslcrl",
    "sslcrldir", "sslsni", "ssl_min_protocol_version", "ssl_max_protocol_version",
    "min_protocol_version", "max_protocol_version", "requirepeer", "target_session_attrs",
    "load_balance_hosts", "scram_client_key", "scram_server_key", "oauth_issuer", "oauth_client_id",
    "oauth_client_secret", "oauth_scope", NULL,
};
/* clang-format on */

bool
cg_address_is_libpq_keyword(const char *name)
{
    return g_strv_contains(keywords, name);
}

bool
cg_address_is_conninfo(const char *text)
{
    text += strspn(text, CG_ADDRESS_BLANKS);
    size_t len = strspn(text, KEYWORD_BYTES);
    g_autofree char *word = g_strndup(text, len);
    text += len;
    return cg_address_is_libpq_keyword(word) && text[strspn(text, CG_ADDRESS_BLANKS)] == '=';
}

typedef struct {
    const char *at;
    GString *shown;    /* what was read, values masked */
    bool after_secret; /* what follows may be the rest of a password with blanks in it */
    CgAddress *address;
} Conninfo;

static void
skip_blanks(Conninfo *conninfo)
{
    conninfo->at += strspn(conninfo->at, CG_ADDRESS_BLANKS);
}

/* An error about the word that is next; whoever calls has put what stands before it into `shown`.
 */
static bool
refuse_word(Conninfo *conninfo, GError **error, const char *message)
{
    g_string_append(conninfo->shown, "***");
    return cg_address_refuse(
        error, conninfo->shown->str, strlen("***"),
        "quote a value that holds blanks: password='a b', with \\' and \\\\ in it", "%s", message);
}

static bool
refuse_keyword(Conninfo *conninfo, const char *keyword, GError **error)
{
    bool may_show = !conninfo->after_secret && *keyword != '\0' &&
                    keyword[strspn(keyword, KEYWORD_BYTES)] == '\0';
    if (!may_show)
        return refuse_word(conninfo, error, "expected a parameter of libpq");
    g_string_append(conninfo->shown, keyword);
    return cg_address_refuse(error, conninfo->shown->str, strlen(keyword), NULL,
                             "the parameter \"%s\" is not known", keyword);
}

/* An owned value, or NULL where a quote is not closed. */
static char *
read_conninfo_value(Conninfo *conninfo)
{
    g_autoptr(GString) value = g_string_new(NULL);
    const char *s = conninfo->at;
    bool is_quoted = *s == '\'';
    const char *ends = is_quoted ? "'" : CG_ADDRESS_BLANKS;
    if (is_quoted)
        s++;
    while (*s != '\0' && strchr(ends, *s) == NULL) {
        if (*s == '\\')
            s++;
        if (*s != '\0')
            g_string_append_c(value, *s++);
    }
    if (is_quoted && *s == '\0')
        return NULL;
    conninfo->at = s + is_quoted;
    return g_string_free(g_steal_pointer(&value), FALSE);
}

static bool
is_secret(const char *keyword)
{
    static const char *const secrets[] = {
        "password",         "sslpassword",         "scram_client_key",
        "scram_server_key", "oauth_client_secret", NULL
    };
    return g_strv_contains(secrets, keyword);
}

static bool
read_conninfo_pair(Conninfo *conninfo, GError **error)
{
    size_t len = strcspn(conninfo->at, "=" CG_ADDRESS_BLANKS);
    g_autofree char *keyword = g_strndup(conninfo->at, len);
    conninfo->at += len;
    skip_blanks(conninfo);
    if (*conninfo->at != '=')
        return refuse_word(conninfo, error, "expected \"keyword=value\"");
    if (!cg_address_is_libpq_keyword(keyword))
        return refuse_keyword(conninfo, keyword, error);
    conninfo->at++;
    skip_blanks(conninfo);
    char *value = read_conninfo_value(conninfo);
    g_string_append_printf(conninfo->shown, "%s=", keyword);
    if (value == NULL)
        return refuse_word(conninfo, error, "the quote is not closed");
    g_string_append(conninfo->shown, "*** ");
    conninfo->after_secret = conninfo->after_secret || is_secret(keyword);
    cg_address_set(conninfo->address, keyword, value);
    return true;
}

CgAddress *
cg_address_parse_conninfo(const char *text, GError **error)
{
    g_autoptr(GString) shown = g_string_new(NULL);
    g_autoptr(CgAddress) address = cg_address_new_postgresql();
    Conninfo conninfo = { .at = text, .shown = shown, .address = address };
    for (skip_blanks(&conninfo); *conninfo.at != '\0'; skip_blanks(&conninfo))
        if (!read_conninfo_pair(&conninfo, error))
            return NULL;
    return cg_address_finish_postgresql(g_steal_pointer(&address), error);
}
