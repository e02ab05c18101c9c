/*
 * Functions that this project does not use, because each invites a known kind of bug: buffers
 * written without a bound (strcpy, strcat, sprintf, vsprintf, gets), numbers read without errors
 * (atoi and its kin), hidden static state (strtok, localtime, gmtime, ctime, asctime).
 *
 * The Makefile includes this file before every source with -include; no source names it.  A use
 * fails to compile with "sorry_strcpy_is_a_banned_function".  It stops nobody who means to get
 * around it: a function's address can still be taken.
 */
#ifndef CG_BASE_BANNED_H
#define CG_BASE_BANNED_H

/* The headers that declare (or define inline) these functions come first: their include guards
 * then keep them from being read again where the macros below are in force. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CG_BANNED(func) sorry_##func##_is_a_banned_function

#undef strcpy /* g_strdup, g_strlcpy, memcpy of a known length */
#define strcpy(...) CG_BANNED(strcpy)
#undef strcat /* GString */
#define strcat(...) CG_BANNED(strcat)
#undef sprintf /* g_snprintf, g_strdup_printf, GString */
#define sprintf(...) CG_BANNED(sprintf)
#undef vsprintf
#define vsprintf(...) CG_BANNED(vsprintf)
#undef gets /* getline */
#define gets(...) CG_BANNED(gets)
#undef strtok /* g_strsplit, strsep */
#define strtok(...) CG_BANNED(strtok)
#undef atoi /* g_ascii_string_to_signed */
#define atoi(...) CG_BANNED(atoi)
#undef atol
#define atol(...) CG_BANNED(atol)
#undef atoll
#define atoll(...) CG_BANNED(atoll)
#undef localtime /* localtime_r, GDateTime */
#define localtime(...) CG_BANNED(localtime)
#undef gmtime /* gmtime_r */
#define gmtime(...) CG_BANNED(gmtime)
#undef ctime
#define ctime(...) CG_BANNED(ctime)
#undef asctime
#define asctime(...) CG_BANNED(asctime)

#endif
