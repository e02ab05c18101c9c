/*
 * YAML read into a small tree in which every node knows its place. libyaml's only user.
 *
 * One document a file; anchors, tags other than the core ones, keys that are no scalars and
 * duplicate keys are errors. Numbers and booleans stay text with a note of how they were written:
 * the reader of a node decides.
 */
#ifndef CG_BASE_YAML_H
#define CG_BASE_YAML_H

#include "base/text.h"

#include <stdint.h>

typedef enum { CG_YAML_SCALAR, CG_YAML_SEQUENCE, CG_YAML_MAPPING } CgYamlKind;

typedef struct CgYaml CgYaml; /* a document; owns its text and nodes */

typedef struct CgYamlNode {
    CgYamlKind kind;
    size_t offset;    /* in the text, of the node's first byte */
    const char *text; /* scalar: its value, NUL-terminated; else NULL */
    bool quoted;      /* scalar: written in quotes or as a block, so always a string */
    size_t n;         /* children: items, or pairs */
    const struct CgYamlNode *const *keys;   /* mapping */
    const struct CgYamlNode *const *values; /* mapping and sequence */
} CgYamlNode;

/* CG_EXIT_USAGE errors with file:line:column and caret. The limits (depth 32, 64 MiB) are errors
 * too. */
CgYaml *cg_yaml_read_file(const char *path, GError **error);
CgYaml *cg_yaml_read_text(const CgText *text, GError **error);

const CgYamlNode *cg_yaml_root(const CgYaml *yaml); /* NULL for an empty document */
const CgText *cg_yaml_text(const CgYaml *yaml);     /* for cg_text_error() */
void cg_yaml_free(CgYaml *yaml);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CgYaml, cg_yaml_free)

/* The value of `key`, or NULL. */
const CgYamlNode *cg_yaml_get(const CgYamlNode *mapping, const char *key);

/* Readers of scalars: false with an error that points at the node. null, ~ and "" (unquoted) is
 * null. */
bool cg_yaml_is_null(const CgYamlNode *node);
bool cg_yaml_int(const CgYaml *yaml, const CgYamlNode *node, int64_t *out, GError **error);
bool cg_yaml_bool(const CgYaml *yaml, const CgYamlNode *node, bool *out, GError **error);

/* An error at the node: what is wrong there. */
void cg_yaml_error(const CgYaml *yaml, const CgYamlNode *node, const char *hint, GError **error,
                   const char *format, ...) G_GNUC_PRINTF(5, 6);

#endif
