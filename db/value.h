/*
 * Typed values: what goes into a statement and what comes out of a row.
 *
 * A value is small and lends its bytes. Text parameters compare wrongly on SQLite (5 < '1' is true
 * there), so a number travels as a number, a time as a time.
 */
#ifndef CG_DB_VALUE_H
#define CG_DB_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef enum {
    CG_NULL,
    CG_INT,
    CG_BOOL,
    CG_TIME, /* microseconds since 1970-01-01 00:00:00 UTC */
    CG_BYTES /* text too; not NUL-terminated in general */
} CgType;

typedef struct {
    CgType type;
    union {
        int64_t i; /* CG_INT, CG_TIME */
        bool b;
        struct {
            const char *p;
            size_t n;
        } s;
    };
} CgValue;

static inline CgValue
cg_null(void)
{
    return (CgValue){ .type = CG_NULL };
}

static inline CgValue
cg_int(int64_t i)
{
    return (CgValue){ .type = CG_INT, .i = i };
}

static inline CgValue
cg_bool(bool b)
{
    return (CgValue){ .type = CG_BOOL, .b = b };
}

static inline CgValue
cg_time(int64_t us)
{
    return (CgValue){ .type = CG_TIME, .i = us };
}

static inline CgValue
cg_bytes(const char *p, size_t n)
{
    return (CgValue){ .type = CG_BYTES, .s = { p, n } };
}

/* NULL becomes SQL's NULL. */
static inline CgValue
cg_text(const char *text)
{
    return text == NULL ? cg_null() : cg_bytes(text, strlen(text));
}

#endif
