# cg-verify as a person and a program meet it: its verbs, options, exit codes, and that it never writes.
#
# shellcheck disable=SC2154 # set by bats and by lib/

bats_require_minimum_version 1.5.0

setup() {
    load ../lib/tools.sh
}

teardown() {
    if [[ ${shared-} == /tmp/cgtest.* ]]; then
        chmod 755 "$shared"
        rm -rf "$shared"
    fi
}

# ---- verbs ---------------------------------------------------------------------------------------

@test "rules lists what explain explains, without a database" {
    run --separate-stderr "$BIN/cg-verify" rules
    [ "$status" = 0 ]
    [ ${#lines[@]} = 21 ]
    run --separate-stderr "$BIN/cg-verify" rules --format json
    jq -e '.schema == 1 and (.rules | length) == 20 and ([.rules[].id] | . == sort) and
        all(.rules[]; .severity | IN("error", "warning", "info"))' <<<"$output"
    for rule in $(jq -r '.rules[].id' <<<"$output"); do
        run --separate-stderr "$BIN/cg-verify" explain "$rule"
        [ "$status" = 0 ]
        says 'Why it matters'
        says 'What is normal'
        says 'To look by hand'
    done
    run --separate-stderr "$BIN/cg-verify" explain source-group-missing --format json
    jq -e '.schema == 1 and .rule.id == "CGL101" and (.rule.needs | length) > 0' <<<"$output"
    for wrong in CGL999 source-group-mising ''; do
        run --separate-stderr "$BIN/cg-verify" explain "$wrong"
        [ "$status" = 2 ]
        complains 'cg-verify rules lists all of them'
    done
    for wrong in explain 'explain CGL101 CGL102' 'rules more' audits 'audit more' '--format xml rules'; do
        # shellcheck disable=SC2086 # several words
        run --separate-stderr "$BIN/cg-verify" $wrong
        [ "$status" = 2 ]
    done
    run --separate-stderr "$BIN/cg-verify"
    [ "$status" = 2 ]
    complains 'no database given'
}

# The SQL that a rule shows for looking by hand runs, on the database that it is told for.
run_the_sql_of_rules() {
    with_rows demo.yaml
    local rule statement
    "$BIN/cg-verify" rules --format json | jq -r '.rules[].id' >ids
    while read -r rule; do
        statement=$("$BIN/cg-verify" explain "$rule" --format json | jq -r .rule.look)
        sql "$statement" >/dev/null || {
            echo "$rule: $statement"
            return 1
        }
    done <ids
}

@test "sqlite: the SQL to look by hand runs" { on sqlite run_the_sql_of_rules; }
@test "postgresql: the SQL to look by hand runs" { on postgresql run_the_sql_of_rules; }

# ---- options and exit codes ----------------------------------------------------------------------

end_with_every_code() {
    with_rows verdicts.yaml # one error, warnings, two for information
    local audit
    for audit in '' audit; do # the verb may be left out
        # shellcheck disable=SC2086 # none or one
        tool verify 1 $audit
        says 'error  CGL502 duplicate-source-volume  1 finding'
    done
    tool verify 1 --fail-on error
    tool verify 1 --fail-on warning
    tool verify 1 --fail-on info
    tool verify 0 --fail-on never
    tool verify 1 --rule CGL208 --fail-on warning
    tool verify 0 --rule CGL208
    tool verify 0 --rule CGL108 --fail-on warning
    tool verify 1 --rule CGL108 --fail-on info
    tool verify 0 --rule CGL203 --fail-on info
    says 'clean  1 rule found nothing wrong'
    tool verify 2 --fail-on warn
    complains 'hint: --fail-on takes error, warning, info or never'
    tool verify 2 --rule CGL999
    complains 'there is no rule "CGL999"'
    complains 'did you mean'
    tool verify 2 --rule source-group-mising
    complains 'did you mean source-group-missing?'
    tool verify 2 --rule ''
    tool verify 2 --rule CGL101,
    tool verify 2 --limit -5
    tool verify 2 --limit many
    tool verify 2 --names newton
    tool_json verify 0 '[.rules[].id] == ["CGL101", "CGL203", "CGL502"]' --fail-on never \
        --rule CGL502,self-source --rule CGL101
}

@test "sqlite: findings are 1 from --fail-on upwards" { on sqlite end_with_every_code; }
@test "postgresql: findings are 1 from --fail-on upwards" { on postgresql end_with_every_code; }

limit_what_is_printed() {
    with_rows demo.yaml
    tool verify 0 --limit 2
    says 'warning  CGL209 source-inferable-but-empty  7 findings'
    says '… 5 more (--limit 0 shows all)'
    says '0 errors, 8 warnings, 2 for information; 20 rules ran'
    says 'CGL108 2 A member of a group was made from a volume that has no row.'
    [[ $output != *'info  CGL108'* ]]
    tool verify 0 --limit 0 --info
    [[ $output != *' more (--limit'* ]]
    says 'info  CGL108 source-volume-missing  2 findings'
    tool_json verify 0 '.summary == {"error": 0, "warning": 8, "info": 2} and (.findings | length) == 10'
    tool_json verify 0 '.summary.warning == 8 and any(.rules[]; .id == "CGL209" and .findings == 7) and
        ([.findings[] | select(.rule == "CGL209")] | length) == 3' --limit 3
}

@test "sqlite: --limit is for printing, not for counting" { on sqlite limit_what_is_printed; }
@test "postgresql: --limit is for printing, not for counting" { on postgresql limit_what_is_printed; }

say_what_could_not_run() {
    tool fixtures 0 load --create "$SRC/fixtures/demo.yaml"
    tool verify 0
    says 'not checked  CGL101 source-group-missing: there is no column consistencygroups.source_cg_id'
    says '9 rules ran'
    tool verify 9 --rule CGL101
    says 'not checked  CGL101'
    [[ $output != *clean* ]]
    tool_json verify 9 '[.rules[] | [.id, .status, .reason, .findings]] ==
        [["CGL101", "skipped", "there is no column consistencygroups.source_cg_id", 0],
         ["CGL208", "ran", null, 1]] and (.findings | length) == 1' --rule CGL208 --rule CGL101
    tool verify 9 --rule CGL208,CGL101 --fail-on warning
    sql 'ALTER TABLE volumes DROP COLUMN project_id'
    tool verify 9 --rule CGL402
    says 'there is no column volumes.project_id'
}

@test "sqlite: a rule that was asked for and could not run is 9" { on sqlite say_what_could_not_run; }
@test "postgresql: a rule that was asked for and could not run is 9" { on postgresql say_what_could_not_run; }

# ---- hostile rows --------------------------------------------------------------------------------

print_hostile_rows() {
    tool migrate 0 up --to 3 --no-backup
    local evil=$'\033]0;owned\007\033[2J<b>"\\\r\n\t'
    sql "INSERT INTO consistencygroups (id, deleted, source_cg_id, project_id, status)
         VALUES ('$evil', '0', '$evil', '$evil', '$evil'), ('\`id\`;\$(id)', '0', '%s%n', 'p', 'x')"
    sql "INSERT INTO volumes (id, deleted, consistencygroup_id, source_volid, project_id, display_name)
         VALUES ('v$evil', '0', '$evil', 'no$evil', 'q$evil', '$evil')"
    tool verify 1 --info --limit 0
    says 'CGL203'
    [[ $output$stderr != *$'\033'* && $output$stderr != *$'\007'* && $output$stderr != *$'\r'* ]]
    tool verify 1 --format json
    [[ $output != *$'\033'* ]]
    jq -e --arg evil "$evil" '[.findings[] | select(.rule == "CGL203") | .object.id] == [$evil]' <<<"$output"
    tool backfill 0 plan --format json
    jq -e --arg evil "$evil" 'any(.groups[]; .id == $evil and .source == $evil)' <<<"$output"
}

@test "sqlite: what stands in an id does nothing to a terminal" { on sqlite print_hostile_rows; }
@test "postgresql: what stands in an id does nothing to a terminal" { on postgresql print_hostile_rows; }

@test "sqlite: bytes that are no text, and values of the wrong type, are reported" {
    use_engine sqlite
    with_rows demo.yaml
    sql "INSERT INTO consistencygroups (id, deleted, created_at, source_cg_id)
         VALUES (X'FF00FE', 0, 'yesterday', X'C328'), (17, 0, 5, 4.5)"
    tool verify 1 --fail-on info --info
    says 'could not be read and count as NULL'
    iconv -f UTF-8 -t UTF-8 <<<"$output" >/dev/null
    tool_json verify 0 '.head.unreadable > 0 and (.head.unreadable_example | type) == "string"'
}

# ---- it never writes -----------------------------------------------------------------------------

# Its times too: a file that came and went leaves its mark on the folder.
folder() {
    find . -printf '%p %i %s %m %T@\n' | sort
}

never_write() {
    with_rows verdicts.yaml
    local before listing verb
    before=$(digest)
    listing=$(folder)
    for verb in audit '--format json' '--rule CGL101' '--names spec' '--info --limit 0'; do
        # shellcheck disable=SC2086 # several words
        tool verify 0 --fail-on never $verb
        [ -z "$stderr" ]
    done
    same "$before" "$(digest)" 'the database'
    same "$listing" "$(folder)" 'the folder'
}

@test "sqlite: an audit writes nothing, not beside the file either" { on sqlite never_write; }
@test "postgresql: an audit writes nothing" { on postgresql never_write; }

@test "sqlite: a file in a folder that cannot be written is audited" {
    share verify
    use_engine sqlite
    mkdir "$shared/data"
    file=$shared/data/db
    url=sqlite:$file
    : >"$file"
    with_rows verdicts.yaml
    chmod 444 "$file"
    chmod 555 "$shared/data"
    before=$(digest)
    as_nobody 1 verify
    says 'CGL502'
    same "$before" "$(digest)" 'the database'
    [ "$(ls "$shared/data")" = db ]
    # A closed file in WAL mode needs its index beside it, which this user cannot make.
    chmod 755 "$shared/data"
    chmod 644 "$file"
    sql 'PRAGMA journal_mode = wal' >/dev/null
    chmod 555 "$shared/data"
    before=$(digest)
    run setpriv --reuid nobody --regid nogroup --clear-groups "$shared/cg-verify" -d "$url"
    [ "$status" = 1 ] || { [ "$status" = 3 ] && says 'hint: '; }
    same "$before" "$(digest)" 'the database'
    [ "$(ls "$shared/data")" = db ]
}

@test "sqlite: an audit while a writer is at work sees one snapshot and keeps nobody out" {
    use_engine sqlite
    with_rows verdicts.yaml
    sql 'PRAGMA journal_mode = wal' >/dev/null
    mkfifo commands
    sqlite3 "$file" <commands &
    exec 8>commands
    echo "BEGIN IMMEDIATE; DELETE FROM consistencygroups; SELECT 1;" >&8
    tool verify 1
    says 'read 35 consistencygroups'
    echo 'COMMIT;' >&8
    exec 8>&-
    wait
    tool verify 1
    says 'read 0 consistencygroups'
}
