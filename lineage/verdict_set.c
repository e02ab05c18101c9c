/* Names of verdicts and conflicts, and sets of verdicts as a user writes them. */
#include "lineage/verdict.h"

static const char *const names[CG_VERDICT_N] = {
    [CG_VERDICT_SETTLED] = "settled",   [CG_VERDICT_RECORDED] = "recorded",
    [CG_VERDICT_NONE] = "none",         [CG_VERDICT_AMBIGUOUS] = "ambiguous",
    [CG_VERDICT_CONFLICT] = "conflict", [CG_VERDICT_EXACT] = "exact",
    [CG_VERDICT_STRONG] = "strong",     [CG_VERDICT_WEAK] = "weak",
    [CG_VERDICT_GROWN] = "grown",       [CG_VERDICT_PARTIAL] = "partial",
};

/* Those that name one source which nothing forbids. */
#define ACCEPTABLE                                                                                 \
    (CG_VERDICTS_DEFAULT | CG_VERDICT_BIT(CG_VERDICT_WEAK) | CG_VERDICT_BIT(CG_VERDICT_PARTIAL))
#define ACCEPTABLE_NAMES "recorded, exact, strong, weak, grown, partial"

const char *
cg_verdict_name(CgVerdict verdict)
{
    return verdict < CG_VERDICT_N ? names[verdict] : "";
}

bool
cg_verdict_from_name(const char *name, size_t len, CgVerdict *out_verdict)
{
    for (CgVerdict verdict = 0; verdict < CG_VERDICT_N; verdict++)
        if (strlen(names[verdict]) == len && memcmp(names[verdict], name, len) == 0) {
            *out_verdict = verdict;
            return true;
        }
    return false;
}

/* One word of the list: "weak", "+weak" or "-weak". */
static bool
parse_word(const char *word, CgVerdictSet *io_set, GError **error)
{
    char sign = *word == '+' || *word == '-' ? *word++ : '\0';
    CgVerdict verdict;
    if (!cg_verdict_from_name(word, strlen(word), &verdict)) {
        cg_error_set(error, CG_EXIT_USAGE, "verdicts to accept are: " ACCEPTABLE_NAMES,
                     "there is no verdict \"%s\"", word);
        return false;
    }
    if ((CG_VERDICT_BIT(verdict) & ACCEPTABLE) == 0) {
        cg_error_set(error, CG_EXIT_USAGE, "verdicts to accept are: " ACCEPTABLE_NAMES,
                     "\"%s\" cannot be accepted: it names no source to write", word);
        return false;
    }
    if (sign == '-')
        *io_set &= ~CG_VERDICT_BIT(verdict);
    else
        *io_set |= CG_VERDICT_BIT(verdict);
    return true;
}

bool
cg_verdict_set_parse(const char *list, CgVerdictSet *out_set, GError **error)
{
    bool changes = *list == '+' || *list == '-';
    CgVerdictSet set = changes ? CG_VERDICTS_DEFAULT : 0;
    g_auto(GStrv) words = g_strsplit(list, ",", -1);
    for (size_t i = 0; words[i] != NULL; i++) {
        const char *word = g_strstrip(words[i]);
        if ((*word == '+' || *word == '-') != changes) {
            cg_error_set(error, CG_EXIT_USAGE, NULL,
                         "\"%s\": either all verdicts have a sign or none has", list);
            return false;
        }
        if (!parse_word(word, &set, error))
            return false;
    }
    if (set == 0) {
        cg_error_set(error, CG_EXIT_USAGE, "verdicts to accept are: " ACCEPTABLE_NAMES,
                     "\"%s\" leaves no verdict to accept", list);
        return false;
    }
    *out_set = set;
    return true;
}

char *
cg_verdict_set_dup(CgVerdictSet set)
{
    GString *text = g_string_new(NULL);
    for (CgVerdict verdict = 0; verdict < CG_VERDICT_N; verdict++)
        if ((set & CG_VERDICT_BIT(verdict)) != 0)
            g_string_append_printf(text, "%s%s", text->len > 0 ? "," : "", names[verdict]);
    return g_string_free(text, FALSE);
}

const char *
cg_conflict_reason(CgConflict conflict)
{
    switch (conflict) {
    case CG_CONFLICT_SELF:
        return "the recorded source is the group itself";
    case CG_CONFLICT_DISPUTED:
        return "a snapshot proves that a source volume was in another group";
    case CG_CONFLICT_NO_ROW:
        return "the source group has no row";
    case CG_CONFLICT_YOUNGER:
        return "the source group is younger than the group";
    case CG_CONFLICT_DELETED:
        return "the source group was deleted before the group was made";
    case CG_CONFLICT_PROJECT:
        return "the two groups belong to different projects";
    case CG_CONFLICT_SAME_VOLUME:
        return "two members were made from one volume";
    default:
        return NULL;
    }
}
