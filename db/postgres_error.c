/*
 * What libpq and the server report, as CG_DB_ERROR: the code a caller branches on, the server's own
 * words, and its position as a byte offset.
 */
#include "db/postgres.h"

#include "db/splitter.h"

/* By prefix, first match wins. */
static const struct {
    const char *sqlstate;
    CgDbErrorCode code;
} codes[] = {
    { "08", CG_DB_ERROR_CONNECT },      { "28", CG_DB_ERROR_CONNECT },
    { "57P", CG_DB_ERROR_CONNECT },     { "53300", CG_DB_ERROR_CONNECT },
    { "23", CG_DB_ERROR_CONSTRAINT },   { "40", CG_DB_ERROR_SERIALIZATION },
    { "55P03", CG_DB_ERROR_BUSY },      { "57014", CG_DB_ERROR_TIMEOUT },
    { "53", CG_DB_ERROR_FULL },         { "58030", CG_DB_ERROR_FULL },
    { "25006", CG_DB_ERROR_READ_ONLY }, { "0A000", CG_DB_ERROR_UNSUPPORTED },
};

static CgDbErrorCode
code_of(const CgDb *db, const char *sqlstate)
{
    if (PQstatus(cg_pg(db)->conn) == CONNECTION_BAD)
        return CG_DB_ERROR_CONNECT;
    for (size_t i = 0; sqlstate != NULL && i < G_N_ELEMENTS(codes); i++)
        if (g_str_has_prefix(sqlstate, codes[i].sqlstate))
            return codes[i].code;
    return CG_DB_ERROR_QUERY;
}

/* libpq's messages end in a newline and explain themselves on indented lines. */
static char *
one_line(const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    GString *line = g_string_new(NULL);
    for (char **part = lines; *part != NULL; part++)
        if (*g_strstrip(*part) != '\0')
            g_string_append_printf(line, "%s%s", line->len > 0 ? "; " : "", *part);
    return g_string_free(line, FALSE);
}

/* The server counts characters from 1. */
static long
byte_offset(const char *sql, const char *position)
{
    if (sql == NULL || position == NULL)
        return -1;
    guint64 character = g_ascii_strtoull(position, NULL, 10);
    const char *p = sql;
    for (guint64 i = 1; i < character && *p != '\0'; i++)
        p = g_utf8_next_char(p);
    return (long)MIN((size_t)(p - sql), strlen(sql));
}

static const char *
field(const PGresult *result, int code)
{
    return PQresultErrorField(result, code);
}

/* The server refuses a second statement without a position, and in the administrator's language. */
static bool
is_second_statement(const PGresult *result)
{
    return g_strcmp0(field(result, PG_DIAG_SQLSTATE), "42601") == 0 &&
           field(result, PG_DIAG_STATEMENT_POSITION) == NULL &&
           g_strcmp0(field(result, PG_DIAG_SOURCE_FUNCTION), "exec_parse_message") == 0;
}

static bool
second_statement_error(const char *sql, GError **error)
{
    CgText text = { "statement", sql, strlen(sql) };
    g_autoptr(GArray) statements = NULL;
    long offset = -1;
    if (cg_split(&text, CG_SQL_POSTGRESQL, &statements, NULL) && statements->len > 1)
        offset = (long)g_array_index(statements, CgStatement, 1).offset;
    cg_db_error_set(error, CG_DB_ERROR_QUERY, "42601", NULL, NULL, offset,
                    "a second statement follows the first one: only one can be run at a time");
    return false;
}

bool
cg_pg_error(const CgDb *db, const PGresult *result, const char *sql, GError **error)
{
    if (sql != NULL && is_second_statement(result))
        return second_statement_error(sql, error);
    const char *sqlstate = field(result, PG_DIAG_SQLSTATE);
    const char *primary = field(result, PG_DIAG_MESSAGE_PRIMARY);
    const char *detail = field(result, PG_DIAG_MESSAGE_DETAIL);
    const char *context = field(result, PG_DIAG_CONTEXT);
    /* The context tells the row of a COPY; beside a statement of the caller's it is noise. */
    g_autofree char *both = sql == NULL && detail != NULL && context != NULL
                                ? g_strdup_printf("%s (%s)", detail, context)
                                : g_strdup(detail != NULL ? detail
                                           : sql == NULL  ? context
                                                          : NULL);
    g_autofree char *own = one_line(PQerrorMessage(cg_pg(db)->conn));
    cg_db_error_set(error, code_of(db, sqlstate), sqlstate, both,
                    field(result, PG_DIAG_MESSAGE_HINT),
                    byte_offset(sql, field(result, PG_DIAG_STATEMENT_POSITION)), "%s",
                    primary != NULL ? primary : own);
    return false;
}

/* Before there is a session libpq has no SQLSTATE for us, only the text, which may be translated.
 */
static const char *
connect_hint(const PGconn *conn, const char *message)
{
    if (PQconnectionNeedsPassword(conn))
        return "give the password in PGPASSWORD, in ~/.pgpass or in the address";
    if (strstr(message, "database \"") != NULL && strstr(message, "does not exist") != NULL)
        return "check the name of the database, or make it with createdb";
    if (strstr(message, "role \"") != NULL && strstr(message, "does not exist") != NULL)
        return "check the user's name in the address";
    if (PQconnectionUsedPassword(conn))
        return "check the user's name and password";
    return "check host and port in the address, and that the server runs and lets you in";
}

void
cg_pg_connect_error(const PGconn *conn, GError **error)
{
    g_autofree char *message = one_line(PQerrorMessage(conn));
    cg_db_error_set(error, CG_DB_ERROR_CONNECT, NULL, NULL, connect_hint(conn, message), -1, "%s",
                    message);
}
