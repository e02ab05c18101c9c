/*
 * The report as one JSON document: every finding with its evidence, on a line of its own.
 */
#include "base/json.h"
#include "base/time.h"
#include "verify/report.h"

static void
write_time(CgJson *json, const char *key, int64_t time)
{
    char buffer[CG_TIME_TEXT_SIZE];
    cg_json_text(json, key, time == CG_TIME_NONE ? NULL : cg_time_format(time, buffer));
}

static void
write_head(CgJson *json, const CgReport *report)
{
    cg_json_object(json, "head");
    cg_json_text(json, "tool", "cg-verify");
    cg_json_text(json, "version", CG_VERSION);
    cg_json_int(json, "rule_set", CG_RULE_SET_VERSION);
    cg_json_text(json, "database", report->database);
    cg_json_text(json, "server", report->server);
    cg_json_text(json, "role", report->role);
    cg_json_text(json, "position", report->position);
    write_time(json, "read_at", report->read_at);
    cg_json_int(json, "reloads", report->reloads);
    cg_json_text(json, "naming", report->naming);
    cg_json_object(json, "rows");
    for (size_t i = 0; i < CG_N_AUDITED_TABLES; i++)
        cg_json_int(json, report->tables[i].name, report->tables[i].rows);
    cg_json_close(json);
    cg_json_object(json, "purge_horizon");
    for (size_t i = 0; i < CG_N_AUDITED_TABLES; i++)
        write_time(json, report->tables[i].name, report->tables[i].horizon);
    cg_json_close(json);
    cg_json_int(json, "unreadable", report->unreadable);
    cg_json_text(json, "unreadable_example", report->unreadable_example);
    cg_json_text(json, "notice", report->notice);
    cg_json_close(json);
}

static void
write_summary(CgJson *json, const CgReport *report)
{
    cg_json_object(json, "summary");
    for (int severity = CG_N_SEVERITIES - 1; severity >= 0; severity--)
        cg_json_int(json, cg_severity_name((CgSeverity)severity), report->summary[severity]);
    cg_json_close(json);
}

static void
write_rules(CgJson *json, const CgReport *report)
{
    cg_json_array(json, "rules");
    for (size_t i = 0; i < report->n_rules; i++) {
        const CgRuleResult *result = &report->rules[i];
        cg_json_object(json, NULL);
        cg_json_text(json, "id", result->rule->id);
        cg_json_text(json, "name", result->rule->name);
        cg_json_text(json, "status", result->skipped == NULL ? "ran" : "skipped");
        cg_json_text(json, "reason", result->skipped);
        cg_json_int(json, "findings", result->n_findings);
        cg_json_close(json);
    }
    cg_json_close(json);
}

static void
write_object(CgJson *json, const char *key, const CgObject *object)
{
    cg_json_object(json, key);
    cg_json_text(json, "table", object->table);
    cg_json_text(json, "id", object->id);
    cg_json_close(json);
}

static void
write_evidence(CgJson *json, const GArray *evidence)
{
    cg_json_object(json, "evidence");
    for (unsigned i = 0; i < evidence->len; i++) {
        const CgEvidence *item = &g_array_index(evidence, CgEvidence, i);
        if (item->kind == CG_EVIDENCE_NUMBER)
            cg_json_int(json, item->key, item->number);
        else
            cg_json_text(json, item->key, item->text);
    }
    cg_json_close(json);
}

static void
write_finding(CgJson *json, const CgFinding *finding)
{
    cg_json_object(json, NULL);
    cg_json_text(json, "rule", finding->rule);
    cg_json_text(json, "severity", cg_severity_name(finding->severity));
    write_object(json, "object", &finding->object);
    cg_json_array(json, "related");
    for (unsigned i = 0; i < finding->related->len; i++)
        write_object(json, NULL, &g_array_index(finding->related, CgObject, i));
    cg_json_close(json);
    cg_json_text(json, "message", finding->message);
    write_evidence(json, finding->evidence);
    cg_json_text(json, "fingerprint", finding->fingerprint);
    cg_json_text(json, "fix", cg_fix_name(finding->fix));
    cg_json_close(json);
}

/* Findings of one rule and severity stand together, so a run of them is what a limit counts. */
static void
write_findings(CgJson *json, const GPtrArray *findings, int64_t limit)
{
    cg_json_array(json, "findings");
    int64_t run = 0;
    const CgFinding *last = NULL;
    for (unsigned i = 0; i < findings->len; i++) {
        const CgFinding *finding = g_ptr_array_index(findings, i);
        bool is_same =
            last != NULL && last->rule == finding->rule && last->severity == finding->severity;
        run = is_same ? run + 1 : 1;
        if (limit <= 0 || run <= limit)
            write_finding(json, finding);
        last = finding;
    }
    cg_json_close(json);
}

bool
cg_report_json(const CgReport *report, const CgReportOptions *options, FILE *out)
{
    CgJson *json = cg_json_begin(out);
    write_head(json, report);
    write_summary(json, report);
    write_rules(json, report);
    write_findings(json, report->findings, options->limit);
    return cg_json_end(json);
}
