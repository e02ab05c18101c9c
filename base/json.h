/*
 * JSON out, written as it is said: a document of a million groups is never held in memory.
 *
 * Keys are given inside objects and NULL inside arrays. Strings are made valid UTF-8. The caller
 * nests properly; a mistake there is a bug and aborts. One element of an outer array stands on a
 * line.
 */
#ifndef CG_BASE_JSON_H
#define CG_BASE_JSON_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

typedef struct CgJson CgJson;

/* Opens the outermost object and writes "schema": 1, which every document of the suite has. */
CgJson *cg_json_begin(FILE *out);

/* The same on one line, without "schema": progress events. */
CgJson *cg_json_begin_event(FILE *out);

void cg_json_object(CgJson *json, const char *key);
void cg_json_array(CgJson *json, const char *key);
void cg_json_close(CgJson *json); /* the innermost open object or array */
void cg_json_text(CgJson *json, const char *key, const char *value); /* NULL: null */
void cg_json_bytes(CgJson *json, const char *key, const char *value, size_t len);
void cg_json_int(CgJson *json, const char *key, int64_t value);
void cg_json_bool(CgJson *json, const char *key, bool value);
void cg_json_null(CgJson *json, const char *key);

/* Closes all that is open, ends the line, flushes. False when the stream had an error. */
bool cg_json_end(CgJson *json);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CgJson, cg_json_end)

#endif
