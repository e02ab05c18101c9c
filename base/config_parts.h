/*
 * What the three files of the reader share: config_read.c reads lines into assignments,
 * config_expand.c substitutes what they refer to, config.c is the interface.
 */
#ifndef CG_BASE_CONFIG_PARTS_H
#define CG_BASE_CONFIG_PARTS_H

#include "base/config.h"

#define CG_CONFIG_DEFAULT "DEFAULT"

typedef struct {
    const CgText *text;
    char *section; /* normalised */
    char *key;
    GString *value;
    size_t line;     /* offset in the text of its first line … */
    size_t value_at; /* … of its value in that line … */
    size_t line_len; /* … and the length of that line */
    unsigned file;   /* 1, 2, … in the order of reading; 0: Cinder's own default */
} CgAssignment;

struct CgConfig {
    GPtrArray *texts;       /* of owned CgText, with owned bytes */
    GPtrArray *assignments; /* of owned CgAssignment, in the order of reading */
};

/* Section names are alike in any letter case, but for DEFAULT. Allocated. */
char *cg_config_section(const char *name, size_t len);

/* The last assignment of that option, or NULL. */
const CgAssignment *cg_config_find(const CgConfig *config, const char *section, const char *key);

/* Whether an option's name, its value or a line may hold a password. */
bool cg_config_is_private(const char *s);

/* An error at `offset`, which is in the line of `line_len` bytes at `line_at`. The line is shown
 * only where neither it nor its context is private. */
void cg_config_error(GError **error, const CgText *text, size_t line_at, size_t line_len,
                     size_t offset, bool private_context, const char *hint, const char *message);

/* Adds the assignments of a text that lives as long as the config; on failure some are added. */
bool cg_config_read_lines(CgConfig *config, const CgText *text, unsigned file,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The value with what it refers to, as seen from `section`. Allocated; NULL: CG_EXIT_USAGE. */
char *cg_config_expand(const CgConfig *config, const char *section, const CgAssignment *assignment,
                       GError **error);

#endif
