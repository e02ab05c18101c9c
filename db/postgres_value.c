/* Typed values in PostgreSQL's text and binary forms. */
#include "db/postgres.h"

#include "base/time.h"

const char *
cg_pg_type_name(CgType type)
{
    static const char *const names[] = { [CG_NULL] = "text",
                                         [CG_INT] = "int8",
                                         [CG_BOOL] = "bool",
                                         [CG_TIME] = "timestamp",
                                         [CG_BYTES] = "text" };
    return names[type];
}

Oid
cg_pg_type_oid(CgType type)
{
    static const Oid oids[] = { [CG_NULL] = CG_PG_TEXT,
                                [CG_INT] = CG_PG_INT8,
                                [CG_BOOL] = CG_PG_BOOL,
                                [CG_TIME] = CG_PG_TIMESTAMP,
                                [CG_BYTES] = CG_PG_TEXT };
    return oids[type];
}

static bool
refuse(GError **error, const char *why)
{
    cg_db_error_set(error, CG_DB_ERROR_QUERY, NULL, NULL, NULL, -1, "%s", why);
    return false;
}

static void
encode_int64(char buffer[8], int64_t number)
{
    uint64_t big_endian = GUINT64_TO_BE((uint64_t)number);
    memcpy(buffer, &big_endian, sizeof big_endian);
}

bool
cg_pg_encode(const CgValue *value, char buffer[8], const char **out_bytes, size_t *out_len,
             GError **error)
{
    switch (value->type) {
    case CG_BYTES:
        if (value->s.n > 0 && memchr(value->s.p, '\0', value->s.n) != NULL)
            return refuse(error, "a text with a zero byte in it cannot be stored");
        *out_bytes = value->s.n > 0 ? value->s.p : "";
        *out_len = value->s.n;
        return true;
    case CG_BOOL:
        buffer[0] = value->b;
        *out_len = 1;
        break;
    case CG_TIME:
        /* The lowest number of all means -infinity. */
        if (value->i <= INT64_MIN + CG_PG_EPOCH_US)
            return refuse(error, "a time is too early to be stored");
        encode_int64(buffer, value->i - CG_PG_EPOCH_US);
        *out_len = 8;
        break;
    default:
        encode_int64(buffer, value->i);
        *out_len = 8;
    }
    *out_bytes = buffer;
    return true;
}

CgValue
cg_pg_decode_text(Oid type, const char *text, size_t len)
{
    int64_t us;
    switch (type) {
    case CG_PG_INT2:
    case CG_PG_INT4:
    case CG_PG_INT8:
    case CG_PG_OID:
        return cg_int(g_ascii_strtoll(text, NULL, 10));
    case CG_PG_BOOL:
        return cg_bool(*text == 't');
    case CG_PG_DATE:
    case CG_PG_TIMESTAMP:
    case CG_PG_TIMESTAMPTZ:
        /* "infinity" and years that our calendar lacks stay what they are. */
        return cg_time_parse(text, len, &us) ? cg_time(us) : cg_bytes(text, len);
    default:
        return cg_bytes(text, len);
    }
}

static bool
decode_time(int64_t number, CgValue *out, const char **out_why)
{
    *out_why = number == INT64_MAX   ? "infinity"
               : number == INT64_MIN ? "-infinity"
                                     : "out of range";
    out->type = CG_TIME;
    return number != INT64_MAX && number != INT64_MIN &&
           !__builtin_add_overflow(number, CG_PG_EPOCH_US, &out->i);
}

bool
cg_pg_decode_binary(CgType type, const char *bytes, size_t len, CgValue *out, const char **out_why)
{
    uint64_t big_endian;
    *out_why = "malformed";
    switch (type) {
    case CG_INT:
    case CG_TIME:
        if (len != sizeof big_endian)
            return false;
        memcpy(&big_endian, bytes, sizeof big_endian);
        int64_t number = (int64_t)GUINT64_FROM_BE(big_endian);
        if (type == CG_TIME)
            return decode_time(number, out, out_why);
        *out = cg_int(number);
        return true;
    case CG_BOOL:
        *out = cg_bool(len == 1 && *bytes != 0);
        return len == 1;
    default:
        *out = cg_bytes(bytes, len);
        return true;
    }
}
