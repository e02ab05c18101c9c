/* Edit distance with transpositions; see suggest.h. */
#include "base/suggest.h"

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

enum { MAX_LENGTH = 64 };

/* Insertions, deletions, replacements and swaps of neighbours that make `b` of `a`. */
static size_t
distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
    size_t rows[MAX_LENGTH + 1][MAX_LENGTH + 1];
    for (size_t j = 0; j <= b_len; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a_len; i++) {
        rows[i][0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            size_t replaced = rows[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
            rows[i][j] = MIN(replaced, MIN(rows[i - 1][j], rows[i][j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                rows[i][j] = MIN(rows[i][j], rows[i - 2][j - 2] + 1);
        }
    }
    return rows[a_len][b_len];
}

const char *
cg_suggest(const char *word, const char *const *candidates)
{
    size_t len = strlen(word);
    if (len == 0 || len > MAX_LENGTH)
        return NULL;
    const char *nearest = NULL;
    size_t least = len < 6 ? 2 : 3; /* the first distance that is too far */
    for (; *candidates != NULL; candidates++) {
        size_t candidate_len = strlen(*candidates);
        if (candidate_len > MAX_LENGTH)
            continue;
        bool is_begun = len > 1 && g_str_has_prefix(*candidates, word);
        size_t far = is_begun ? 1 : distance(word, len, *candidates, candidate_len);
        if (far < least && far < len) {
            least = far;
            nearest = *candidates;
        }
    }
    return nearest;
}
