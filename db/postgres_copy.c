/*
 * PostgreSQL: bulk reading and writing by COPY.
 *
 * A scan reads COPY's binary form, in which a cell costs no parsing, out of libpq's own buffer. An
 * insert writes the text form, because the binary one would have to know each column's exact type.
 */
#include "db/postgres.h"

#include "base/time.h"

enum { CHUNK = 64 * 1024 };

/* ---- the protocol ---- */

/* Reads the results that end a COPY; the first failure counts. */
static bool
finish_copy(CgDb *db, GError **error)
{
    bool ok = true;
    PGresult *result;
    while ((result = PQgetResult(cg_pg(db)->conn)) != NULL) {
        if (ok && PQresultStatus(result) != PGRES_COMMAND_OK)
            ok = cg_pg_error(db, result, NULL, error);
        PQclear(result);
    }
    return ok;
}

/* Stops the server, and throws away what it had sent before it heard of it. */
static void
cancel_copy_out(CgDb *db)
{
    PGconn *conn = cg_pg(db)->conn;
    PGcancel *cancel = PQgetCancel(conn);
    char reason[256], *buffer = NULL;
    if (cancel != NULL)
        PQcancel(cancel, reason, sizeof reason);
    PQfreeCancel(cancel);
    while (PQgetCopyData(conn, &buffer, 0) > 0)
        PQfreemem(buffer);
    finish_copy(db, NULL);
}

void
cg_pg_leave_copy(CgDb *db, ExecStatusType status)
{
    if (status == PGRES_COPY_OUT) {
        cancel_copy_out(db);
        return;
    }
    PQputCopyEnd(cg_pg(db)->conn, "not supported");
    finish_copy(db, NULL);
}

/* ---- scan ---- */

static char *
scan_sql(const CgScan *scan)
{
    GString *sql = g_string_new("COPY (SELECT ");
    for (size_t i = 0; i < scan->n_columns; i++)
        g_string_append_printf(sql, "%s(%s)::%s", i > 0 ? ", " : "", scan->columns[i].name,
                               cg_pg_type_name(scan->columns[i].type));
    g_string_append_printf(sql, " FROM %s", scan->from);
    if (scan->where != NULL)
        g_string_append_printf(sql, " WHERE %s", scan->where);
    g_string_append(sql, ") TO STDOUT (FORMAT binary)");
    return g_string_free(sql, FALSE);
}

/* A message of the stream, read from front to back. */
typedef struct {
    const char *p, *end;
} Reader;

static bool
read_bytes(Reader *reader, size_t n, const char **out_bytes)
{
    if ((size_t)(reader->end - reader->p) < n)
        return false;
    *out_bytes = reader->p;
    reader->p += n;
    return true;
}

static bool
read_int16(Reader *reader, int *out)
{
    const char *bytes;
    uint16_t number;
    if (!read_bytes(reader, sizeof number, &bytes))
        return false;
    memcpy(&number, bytes, sizeof number);
    *out = (int16_t)GUINT16_FROM_BE(number);
    return true;
}

static bool
read_int32(Reader *reader, int32_t *out)
{
    const char *bytes;
    uint32_t number;
    if (!read_bytes(reader, sizeof number, &bytes))
        return false;
    memcpy(&number, bytes, sizeof number);
    *out = (int32_t)GUINT32_FROM_BE(number);
    return true;
}

static bool
read_header(Reader *reader)
{
    static const char signature[11] = "PGCOPY\n\377\r\n";
    const char *bytes;
    int32_t flags, extension;
    return read_bytes(reader, sizeof signature, &bytes) &&
           memcmp(bytes, signature, sizeof signature) == 0 && read_int32(reader, &flags) &&
           read_int32(reader, &extension) && extension >= 0 &&
           read_bytes(reader, (size_t)extension, &bytes);
}

static bool
read_row(CgDb *db, const CgScan *scan, Reader *reader, CgValue *row)
{
    for (size_t i = 0; i < scan->n_columns; i++) {
        int32_t len;
        const char *bytes, *why;
        if (!read_int32(reader, &len))
            return false;
        row[i] = cg_null();
        if (len < 0)
            continue;
        if (!read_bytes(reader, (size_t)len, &bytes))
            return false;
        if (!cg_pg_decode_binary(scan->columns[i].type, bytes, (size_t)len, &row[i], &why)) {
            row[i] = cg_null();
            cg_db_note_unreadable(db, scan, i, why, strlen(why));
        }
    }
    return true;
}

static bool
malformed(GError **error)
{
    cg_db_error_set(error, CG_DB_ERROR_CONNECT, "08P01", NULL, NULL, -1,
                    "the server's COPY data cannot be read");
    return false;
}

/* The server sends a row a message; the header comes with the first, and after the last a count of
 * -1. */
static bool
read_message(CgDb *db, const CgScan *scan, Reader *reader, CgValue *row, CgRowFunc func, void *data,
             GError **error)
{
    while (reader->p < reader->end) {
        int n_fields;
        if (!read_int16(reader, &n_fields))
            return malformed(error);
        if (n_fields < 0)
            return true;
        if ((size_t)n_fields != scan->n_columns || !read_row(db, scan, reader, row))
            return malformed(error);
        if (!func(row, data, error))
            return false;
    }
    return true;
}

static bool
read_stream(CgDb *db, const CgScan *scan, CgRowFunc func, void *data, GError **error)
{
    g_autofree CgValue *row = g_new(CgValue, scan->n_columns);
    char *buffer = NULL;
    int len;
    bool first = true, ok = true;
    while (ok && (len = PQgetCopyData(cg_pg(db)->conn, &buffer, 0)) > 0) {
        Reader reader = { buffer, buffer + len };
        ok = (!first || read_header(&reader) || malformed(error)) &&
             read_message(db, scan, &reader, row, func, data, error);
        first = false;
        PQfreemem(buffer);
    }
    return ok;
}

bool
cg_pg_scan(CgDb *db, const CgScan *scan, CgRowFunc func, void *data, GError **error)
{
    g_autofree char *sql = scan_sql(scan);
    g_autoptr(PGresult) start = PQexec(cg_pg(db)->conn, sql);
    if (PQresultStatus(start) != PGRES_COPY_OUT)
        return cg_pg_error(db, start, NULL, error);
    if (read_stream(db, scan, func, data, error))
        return finish_copy(db, error);
    cancel_copy_out(db);
    return false;
}

/* ---- insert ---- */

static char *
insert_sql(const char *table, const CgColumn *columns, size_t n)
{
    g_autofree char *quoted = cg_dialect_ident(&cg_dialect_postgresql, table);
    GString *sql = g_string_new(NULL);
    g_string_printf(sql, "COPY %s (", quoted);
    for (size_t i = 0; i < n; i++) {
        g_autofree char *name = cg_dialect_ident(&cg_dialect_postgresql, columns[i].name);
        g_string_append_printf(sql, "%s%s", i > 0 ? ", " : "", name);
    }
    g_string_append(sql, ") FROM STDIN");
    return g_string_free(sql, FALSE);
}

static void
append_escaped(GString *text, const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        switch (p[i]) {
        case '\n':
            g_string_append(text, "\\n");
            break;
        case '\r':
            g_string_append(text, "\\r");
            break;
        case '\t':
            g_string_append(text, "\\t");
            break;
        case '\\':
            g_string_append_c(text, '\\');
            /* fall through */
        default:
            g_string_append_c(text, p[i]);
        }
    }
}

/* False: no text of PostgreSQL can be that value. */
static bool
append_value(GString *text, const CgValue *value)
{
    char time[CG_TIME_TEXT_SIZE];
    switch (value->type) {
    case CG_NULL:
        g_string_append(text, "\\N");
        return true;
    case CG_INT:
        g_string_append_printf(text, "%" G_GINT64_FORMAT, value->i);
        return true;
    case CG_BOOL:
        g_string_append_c(text, value->b ? 't' : 'f');
        return true;
    case CG_TIME:
        g_string_append(text, cg_time_format(value->i, time));
        return true;
    default:
        if (value->s.n > 0 && memchr(value->s.p, '\0', value->s.n) != NULL)
            return false;
        append_escaped(text, value->s.p, value->s.n);
        return true;
    }
}

static bool
append_row(GString *text, const CgColumn *columns, size_t n_columns, const CgValue *values,
           size_t row, GError **error)
{
    for (size_t i = 0; i < n_columns; i++) {
        if (i > 0)
            g_string_append_c(text, '\t');
        if (!append_value(text, &values[row * n_columns + i])) {
            cg_db_error_set(
                error, CG_DB_ERROR_QUERY, NULL, NULL, NULL, -1,
                "row %zu, column \"%s\": a text with a zero byte in it cannot be stored", row + 1,
                columns[i].name);
            return false;
        }
    }
    g_string_append_c(text, '\n');
    return true;
}

static bool
send_rows(PGconn *conn, const CgColumn *columns, size_t n_columns, const CgValue *values,
          size_t n_rows, GError **error)
{
    g_autoptr(GString) text = g_string_sized_new(CHUNK + 1024);
    for (size_t row = 0; row < n_rows; row++) {
        if (!append_row(text, columns, n_columns, values, row, error))
            return false;
        if (text->len < CHUNK && row + 1 < n_rows)
            continue;
        /* That the server is gone, finish_copy() tells, with its reason. */
        if (PQputCopyData(conn, text->str, (int)text->len) < 0)
            return true;
        g_string_truncate(text, 0);
    }
    return true;
}

bool
cg_pg_insert(CgDb *db, const char *table, const CgColumn *columns, size_t n_columns,
             const CgValue *values, size_t n_rows, GError **error)
{
    PGconn *conn = cg_pg(db)->conn;
    g_autofree char *sql = insert_sql(table, columns, n_columns);
    g_autoptr(PGresult) start = PQexec(conn, sql);
    if (PQresultStatus(start) != PGRES_COPY_IN)
        return cg_pg_error(db, start, NULL, error);
    if (!send_rows(conn, columns, n_columns, values, n_rows, error)) {
        PQputCopyEnd(conn, "refused by the client");
        finish_copy(db, NULL);
        return false;
    }
    PQputCopyEnd(conn, NULL);
    return finish_copy(db, error);
}
