/*
 * Times between text and microseconds; see time.h.
 *
 * The calendar is computed here, not by libc: timegm() and strptime() accept the 31st of June, know
 * leap seconds and depend on the platform's time_t.
 */
#include "base/time.h"

#include <glib.h>

static const int64_t us_per_second = 1000000;
static const int64_t us_per_day = INT64_C(86400) * 1000000;

/* Days since 1970-01-01. Years run from March here, so that the leap day is a year's last. */
static int64_t
days_from_date(int64_t year, int month, int day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year -
           719468;
}

static void
date_from_days(int64_t days, int64_t *out_year, int *out_month, int *out_day)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t day_of_era = days - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int day_of_year = (int)(day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100));
    int month = (5 * day_of_year + 2) / 153; /* 0: March */
    *out_day = day_of_year - (153 * month + 2) / 5 + 1;
    *out_month = month < 10 ? month + 3 : month - 9;
    *out_year = year_of_era + era * 400 + (*out_month <= 2);
}

char *
cg_time_format(int64_t us, char buffer[CG_TIME_TEXT_SIZE])
{
    int64_t days = us / us_per_day;
    int64_t rest = us % us_per_day;
    if (rest < 0) {
        days--;
        rest += us_per_day;
    }
    int64_t year = 0;
    int month = 0;
    int day = 0;
    date_from_days(days, &year, &month, &day);
    int seconds = (int)(rest / us_per_second);
    g_snprintf(buffer, CG_TIME_TEXT_SIZE, "%04d-%02d-%02d %02d:%02d:%02d.%06d", (int)year, month,
               day, seconds / 3600, seconds / 60 % 60, seconds % 60, (int)(rest % us_per_second));
    return buffer;
}

typedef struct {
    const char *at;
    const char *end;
} Cursor;

static bool
accept(Cursor *cursor, char c)
{
    if (cursor->at == cursor->end || *cursor->at != c)
        return false;
    cursor->at++;
    return true;
}

static bool
is_at_digit(const Cursor *cursor)
{
    return cursor->at < cursor->end && g_ascii_isdigit(*cursor->at);
}

/* Exactly `digits` digits, with a value from min to max. */
static bool
read_number(Cursor *cursor, int digits, int min, int max, int *out)
{
    int value = 0;
    for (int i = 0; i < digits; i++) {
        if (!is_at_digit(cursor))
            return false;
        value = value * 10 + (*cursor->at++ - '0');
    }
    *out = value;
    return value >= min && value <= max;
}

static int
days_in_month(int year, int month)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return days[month - 1] + (month == 2 && leap);
}

static bool
read_date(Cursor *cursor, int64_t *out_days)
{
    int year = 0;
    int month = 0;
    int day = 0;
    if (!read_number(cursor, 4, 1, 9999, &year) || !accept(cursor, '-') ||
        !read_number(cursor, 2, 1, 12, &month) || !accept(cursor, '-') ||
        !read_number(cursor, 2, 1, days_in_month(year, month), &day))
        return false;
    *out_days = days_from_date(year, month, day);
    return true;
}

/* One digit at least; what is finer than a microsecond is cut off. */
static bool
read_fraction(Cursor *cursor, int *out_us)
{
    if (!is_at_digit(cursor))
        return false;
    int us = 0;
    for (int unit = 100000; is_at_digit(cursor); unit /= 10)
        us += (*cursor->at++ - '0') * unit;
    *out_us = us;
    return true;
}

static bool
read_clock(Cursor *cursor, int64_t *out_us)
{
    int hour = 0;
    int minute = 0;
    int second = 0;
    int us = 0;
    if (!read_number(cursor, 2, 0, 23, &hour) || !accept(cursor, ':') ||
        !read_number(cursor, 2, 0, 59, &minute))
        return false;
    if (accept(cursor, ':') && (!read_number(cursor, 2, 0, 59, &second) ||
                                (accept(cursor, '.') && !read_fraction(cursor, &us))))
        return false;
    *out_us = (hour * 3600 + minute * 60 + second) * us_per_second + us;
    return true;
}

static bool
read_zone(Cursor *cursor)
{
    int zero = 0;
    if (accept(cursor, 'Z') || !accept(cursor, '+'))
        return true;
    return read_number(cursor, 2, 0, 0, &zero) &&
           (!accept(cursor, ':') || read_number(cursor, 2, 0, 0, &zero));
}

bool
cg_time_parse(const char *text, size_t len, int64_t *out_us)
{
    Cursor cursor = { text, text + len };
    int64_t days = 0;
    int64_t us = 0;
    if (!read_date(&cursor, &days))
        return false;
    if ((accept(&cursor, ' ') || accept(&cursor, 'T')) &&
        (!read_clock(&cursor, &us) || !read_zone(&cursor)))
        return false;
    if (cursor.at != cursor.end)
        return false;
    *out_us = days * us_per_day + us;
    return true;
}

int64_t
cg_time_now(void)
{
    return g_get_real_time();
}
