/* "Did you mean": the nearest of the words that would have been right. */
#ifndef CG_BASE_SUGGEST_H
#define CG_BASE_SUGGEST_H

/* The candidate (NULL ends the list) that `word` begins, or that is one or two slips of the finger
 * away, fewer for short words; NULL when none is near. Lent by `candidates`. */
const char *cg_suggest(const char *word, const char *const *candidates);

#endif
