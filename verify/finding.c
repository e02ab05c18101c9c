/* Findings; see finding.h. */
#include "verify/finding.h"

#include "base/digest.h"
#include "base/time.h"

#include <stdarg.h>
#include <string.h>

static void
clear_object(void *element)
{
    CgObject *object = element;
    g_free(object->id);
}

static void
clear_evidence(void *element)
{
    CgEvidence *evidence = element;
    g_free(evidence->text);
}

const char *
cg_severity_name(CgSeverity severity)
{
    static const char *const names[CG_N_SEVERITIES] = { "info", "warning", "error" };
    return names[severity];
}

const char *
cg_fix_name(CgFix fix)
{
    static const char *const names[] = { NULL, "plan", "automatic" };
    return names[fix];
}

CgFinding *
cg_finding_new(const char *rule, CgSeverity severity, const char *table, const char *id)
{
    CgFinding *finding = g_new0(CgFinding, 1);
    finding->rule = rule;
    finding->severity = severity;
    finding->object = (CgObject){ g_intern_string(table), g_strdup(id) };
    finding->related = g_array_new(FALSE, FALSE, sizeof(CgObject));
    g_array_set_clear_func(finding->related, clear_object);
    finding->evidence = g_array_new(FALSE, FALSE, sizeof(CgEvidence));
    g_array_set_clear_func(finding->evidence, clear_evidence);
    return finding;
}

void
cg_finding_free(CgFinding *finding)
{
    if (finding == NULL)
        return;
    clear_object(&finding->object);
    g_array_unref(finding->related);
    g_array_unref(finding->evidence);
    g_free(finding->message);
    g_free(finding);
}

void
cg_finding_relate(CgFinding *finding, const char *table, const char *id)
{
    CgObject object = { g_intern_string(table), g_strdup(id) };
    g_array_append_val(finding->related, object);
}

void
cg_finding_say(CgFinding *finding, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_free(finding->message);
    finding->message = g_strdup_vprintf(format, args);
    va_end(args);
}

void
cg_finding_note(CgFinding *finding, const char *key, const char *text)
{
    CgEvidence evidence = { .key = key,
                            .kind = text != NULL ? CG_EVIDENCE_TEXT : CG_EVIDENCE_NULL,
                            .text = g_strdup(text) };
    g_array_append_val(finding->evidence, evidence);
}

void
cg_finding_note_number(CgFinding *finding, const char *key, int64_t number)
{
    CgEvidence evidence = { .key = key, .kind = CG_EVIDENCE_NUMBER, .number = number };
    g_array_append_val(finding->evidence, evidence);
}

void
cg_finding_note_time(CgFinding *finding, const char *key, bool known, int64_t us)
{
    char buffer[CG_TIME_TEXT_SIZE];
    cg_finding_note(finding, key, known ? cg_time_format(us, buffer) : NULL);
}

static int
compare_objects(const void *a, const void *b)
{
    const CgObject *left = a;
    const CgObject *right = b;
    int order = strcmp(left->table, right->table);
    return order != 0 ? order : strcmp(left->id, right->id);
}

void
cg_finding_seal(CgFinding *finding)
{
    g_autoptr(GArray) sorted = g_array_copy(finding->related);
    g_array_set_clear_func(sorted, NULL);
    g_array_sort(sorted, compare_objects);

    CgDigest *digest = cg_digest_new();
    cg_digest_text(digest, finding->rule);
    cg_digest_text(digest, finding->object.table);
    cg_digest_text(digest, finding->object.id);
    for (unsigned i = 0; i < sorted->len; i++) {
        cg_digest_text(digest, g_array_index(sorted, CgObject, i).table);
        cg_digest_text(digest, g_array_index(sorted, CgObject, i).id);
    }
    g_autofree char *hex = cg_digest_steal_hex(digest);
    g_strlcpy(finding->fingerprint, hex, sizeof finding->fingerprint);
}

int
cg_finding_compare(const void *a, const void *b)
{
    const CgFinding *left = *(CgFinding *const *)a;
    const CgFinding *right = *(CgFinding *const *)b;
    if (left->severity != right->severity)
        return left->severity > right->severity ? -1 : 1;
    int order = strcmp(left->rule, right->rule);
    if (order == 0)
        order = compare_objects(&left->object, &right->object);
    return order != 0 ? order : strcmp(left->fingerprint, right->fingerprint);
}
