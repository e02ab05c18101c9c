/* "Did you mean": the nearest of the words that would have been right. */
#ifndef CG_BASE_SUGGEST_H
#define CG_BASE_SUGGEST_H

#include <stddef.h>

enum { CG_EDIT_MAX = 64 };

/* How many bytes must be put, dropped, changed or swapped with a neighbour to make `b` of `a`;
 * where one is longer than CG_EDIT_MAX, the longer one's length. */
size_t cg_edit_distance(const char *a, const char *b);

/* The candidate (NULL ends the list) that `word` begins, or that is one or two slips of the finger
 * away, fewer for short words; NULL when none is near. Lent by `candidates`. */
const char *cg_suggest(const char *word, const char *const *candidates);

#endif
