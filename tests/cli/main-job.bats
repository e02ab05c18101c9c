# The whole evening by hand, as the manual tells it: from a Cinder of Kilo to a proven lineage, and back.
#
# shellcheck disable=SC2016 # backticks of messages, jq's variables
# shellcheck disable=SC2154 # set by bats and by lib/

bats_require_minimum_version 1.5.0

setup() {
    load ../lib/tools.sh
    demo=$SRC/fixtures/demo.yaml
}

# ---- as a person goes through it -----------------------------------------------------------------

take_over_and_plan() {
    tool fixtures 0 load --create "$demo"
    says 'loaded demo: '
    says '20 consistencygroups'
    schema_before=$(schema)
    rows_before=$(cinder_rows)
    tool migrate 0 adopt
    says 'adopted 0001_kilo'
    tool migrate 0 status
    says '0001    kilo               adopted'
    says '0002    backfill_journal   pending'
    tool migrate 0 plan
    says '0004    source_cg_id_index '
    says 'let `cg-backfill run` finish'
    [[ $output != *'ALTER TABLE'* ]]
    tool migrate 0 plan --sql
    says 'ALTER TABLE consistencygroups ADD COLUMN source_cg_id VARCHAR(36)'
}

go_up_and_fill() {
    tool migrate 0 up
    says 'ok up 0003_source_cg_id'
    says '0004 waits: groups without a source are left: let `cg-backfill run` finish'
    [[ ${stderr_lines[0]} == 'database: '*' (from -d)' ]]
    tool fixtures 0 check "$demo"
    tool backfill 0 plan
    says 'exact          4 yes'
    says 'weak           1 no'
    says '7 values would be written to consistencygroups.source_cg_id (naming spec).'
    [ "$(sql 'SELECT count(source_cg_id) FROM consistencygroups')" = 0 ]
    tool backfill 0 run
    says 'Run 1 is finished: 7 values written to consistencygroups.source_cg_id (naming spec).'
    says '7 proven by a second reading'
    [[ ${stderr_lines[0]} == 'database: '*' (from -d)' ]]
    tool backfill 0 run
    says 'Run 2 is finished: 0 values written'
    tool migrate 0 up
    says 'ok up 0004_source_cg_id_index'
}

audit() {
    tool verify 0
    says 'warning  CGL208 source-ambiguous  1 finding'
    says '0 errors, 1 warning, 6 for information; 20 rules ran'
    says 'next: cg-verify explain CGL208'
}

go_back_and_forth() {
    local values journal_before
    values=$(sources)
    journal_before=$(journal)
    tool migrate 0 down --to 1
    says 'kept 7 values of consistencygroups.source_cg_id'
    says 'kept 7 rows of cg_backfill_journal'
    same "$schema_before" "$(schema)" 'the schema after down'
    same "$rows_before" "$(cinder_rows)" 'a row of Cinder after down'
    tool migrate 0 up
    says 'put back 7 values of consistencygroups.source_cg_id'
    says 'put back 7 rows of cg_backfill_journal'
    says 'ok up 0004_source_cg_id_index'
    same "$values" "$(sources)" 'a source after the second up'
    same "$journal_before" "$(journal)" 'the journal after the second up'
    tool migrate 0 status --exit-code
    audit
}

go_through_the_evening() {
    take_over_and_plan
    go_up_and_fill
    audit
    go_back_and_forth
}

@test "sqlite: the whole evening" { on sqlite go_through_the_evening; }
@test "postgresql: the whole evening" { on postgresql go_through_the_evening; }

# ---- as a program reads it -----------------------------------------------------------------------

read_status() {
    local states='.schema == 1 and (.database | type) == "string" and
        [.migrations[] | (keys - ["interrupted"])] == [range(4) | ["name", "state", "version"]] and
        [.migrations[].version] == [1, 2, 3, 4] and [.migrations[].name] ==
        ["kilo", "backfill_journal", "source_cg_id", "source_cg_id_index"]'
    tool_json migrate 0 "$states and .dialect == \"$engine\" and .current == 0" status
    tool migrate 0 adopt
    tool_json migrate 0 "$states and .current == 1 and
        [.migrations[].state] == [\"adopted\", \"pending\", \"pending\", \"pending\"]" status
    tool migrate 0 up
    tool_json migrate 0 "$states and .current == 3 and
        [.migrations[].state] == [\"adopted\", \"applied\", \"applied\", \"waiting\"]" status
}

read_backfill() {
    local live
    live=$(sql 'SELECT count(*) FROM consistencygroups WHERE deleted IS NOT TRUE')
    tool_json backfill 0 '.schema == 1 and .naming == "spec" and
        .column == "consistencygroups.source_cg_id" and .counts == {"settled": 1, "recorded": 0,
        "none": 7, "ambiguous": 1, "conflict": 1, "exact": 4, "strong": 2, "weak": 1, "grown": 1,
        "partial": 0} and
        all(.groups[]; (.id | length) == 36 and (.members | type) == "number" and
            (.votes | type) == "object" and all(.votes[]; . > 0)) and
        ([.groups[] | {verdict, none: (.source == null)}] | map(select(.none)) | map(.verdict) | unique) ==
            ["ambiguous", "none", "settled"] and
        (.counts as $counts | [.groups[].verdict] | group_by(.) | all(length == $counts[.[0]])) and
        ([.groups[].id] | . == sort) and (.groups | length) == '"$live" plan
    tool_json backfill 0 '.schema == 1 and .naming == "spec" and .written == 7 and .run == 1 and
        .column == "consistencygroups.source_cg_id" and .counts.exact == 4 and .counts.none == 7 and
        .state == "finished" and (.resumed | not) and .verified == 7' run
    tool_json backfill 0 '.written == 0 and .run == 2 and .counts.settled == 8 and .counts.exact == 0' run
}

read_audit() {
    tool_json verify 0 '.schema == 1 and (keys_unsorted == ["schema", "head", "summary", "rules",
        "findings"]) and .head.tool == "cg-verify" and .head.naming == "spec" and
        .head.rows.consistencygroups == 20 and .summary == {"error": 0, "warning": 1, "info": 6} and
        (.rules | length) == 20 and all(.rules[]; keys == ["findings", "id", "name", "reason", "status"]
            and .status == "ran" and .reason == null) and
        (.findings | length) == 7 and all(.findings[];
            keys == ["evidence", "fingerprint", "fix", "message", "object", "related", "rule", "severity"]
            and (.object | keys) == ["id", "table"] and all(.related[]; keys == ["id", "table"])
            and (.evidence | type) == "object" and (.fingerprint | test("^[0-9a-f]{32}$"))) and
        ([.findings[].fingerprint] | unique | length) == 7 and
        (.rules as $rules | [.findings[].rule] | group_by(.) |
            all(. as $of | any($rules[]; .id == $of[0] and .findings == ($of | length))))' audit
}

read_all_as_json() {
    tool fixtures 0 load --create "$demo"
    read_status
    read_backfill
    tool migrate 0 up
    read_audit
}

@test "sqlite: status, plan, run and audit as json" { on sqlite read_all_as_json; }
@test "postgresql: status, plan, run and audit as json" { on postgresql read_all_as_json; }

compare_fingerprints() { # prints those of the demo's findings
    tool fixtures 0 load --create "$demo"
    tool migrate 0 adopt
    tool migrate 0 up
    tool verify 0 --format json
    jq -r '.findings[] | .rule + " " + .fingerprint' <<<"$output" >"$BATS_TEST_TMPDIR/$engine"
}

@test "both databases: one data set has the same findings, with the same fingerprints" {
    on postgresql compare_fingerprints
    on sqlite compare_fingerprints
    diff "$BATS_TEST_TMPDIR/sqlite" "$BATS_TEST_TMPDIR/postgresql"
}
