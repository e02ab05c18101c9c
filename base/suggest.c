/* Edit distance with transpositions; see suggest.h. */
#include "base/suggest.h"

#include <glib.h>
#include <stdbool.h>
#include <string.h>

size_t
cg_edit_distance(const char *a, const char *b)
{
    size_t a_len = strlen(a);
    size_t b_len = strlen(b);
    if (MAX(a_len, b_len) > CG_EDIT_MAX)
        return MAX(a_len, b_len);
    size_t rows[CG_EDIT_MAX + 1][CG_EDIT_MAX + 1];
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
    const char *nearest = NULL;
    size_t least = len < 6 ? 2 : 3; /* the first distance that is too far */
    for (; *candidates != NULL; candidates++) {
        bool is_begun = len > 1 && g_str_has_prefix(*candidates, word);
        size_t far = is_begun ? 1 : cg_edit_distance(word, *candidates);
        if (far < least && far < len) {
            least = far;
            nearest = *candidates;
        }
    }
    return nearest;
}
