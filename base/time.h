/*
 * Times as the suite keeps them: int64 microseconds since 1970-01-01 00:00:00 UTC.
 *
 * Cinder writes naive UTC; no zone, no calendar beyond the proleptic Gregorian one is known here.
 */
#ifndef CG_BASE_TIME_H
#define CG_BASE_TIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CG_TIME_TEXT_SIZE = 32 };

/* "YYYY-MM-DD HH:MM:SS.ffffff", as SQLAlchemy writes it to SQLite. Returns `buffer`. */
char *cg_time_format(int64_t us, char buffer[CG_TIME_TEXT_SIZE]);

/* Reads "YYYY-MM-DD", then optionally [ T]HH:MM[:SS[.f{1,6}…]] and Z or +00[:00]. Years 1 to 9999,
 * true calendar days only. False, *out_us untouched, for anything else. */
bool cg_time_parse(const char *text, size_t len, int64_t *out_us);

int64_t cg_time_now(void);

#endif
