# cg-engine as its users meet it: what each verb says and how it ends, on both databases.
#
# shellcheck disable=SC2154 # set by tests/lib/engine.sh and by bats

bats_require_minimum_version 1.5.0

setup() {
    load ../lib/pg.sh
    load ../lib/engine.sh
    unset CG_DATABASE_URL DATABASE_URL CG_FAULT CG_FAULT_TRACE
}

says() {
    [[ $output == *"$1"* ]] || { printf 'not said: %s\n%s\n' "$1" "$output" && return 1; }
}

# The run changed no row.
refused() { # status, part of what is said, arguments of create-from-src
    local status=$1 part=$2 before
    shift 2
    before=$(all_rows)
    run "-$status" create "$@"
    says "$part"
    [ "$(all_rows)" = "$before" ]
}

# ---- verbs ---------------------------------------------------------------------------------------

go_all_the_way() {
    make_template "$1" 2>&1
    "$BIN/cg-migrate" -q -d "$url" down --to 2 --no-backup >/dev/null
    run -8 engine create-from-src --source-cg prod
    says 'no column "consistencygroups.source_cg_id"'
    says 'hint: cg-migrate up'
    "$BIN/cg-migrate" -q -d "$url" up --to 3 --no-backup >/dev/null

    fresh_cloud
    run -0 --separate-stderr create --name ' copy ' --description 'a copy' --consistencygroup prod --format json
    python3 - "$output" <<'END'
import json, sys
doc = json.loads(sys.argv[1])
assert list(doc) == ['schema', 'consistencygroup', 'volumes'] and doc['schema'] == 1
group = doc['consistencygroup']
assert list(group) == ['id', 'name', 'status', 'source_cg_id', 'cgsnapshot_id'], group
assert (group['name'], group['status'], group['cgsnapshot_id']) == ('copy', 'available', None)
assert group['source_cg_id'] == '00000000-0000-4000-8000-00000000000a'
assert [list(v) for v in doc['volumes']] == [['id', 'source_volid', 'snapshot_id', 'size', 'status']] * 2
assert sorted(v['size'] for v in doc['volumes']) == [1, 2]
END
    run -0 create --cgsnapshot shot --name second --project p --user somebody
    says 'cgsnapshot   00000000-0000-4000-8000-00000000000b'
    run -0 engine consisgroup-create-from-src --source-cg copy --name third
    says 'status       available'

    run -0 engine list
    says 'third'
    run -0 engine list --project nobody
    says 'no consistency groups'
    run -0 engine show copy
    says 'lineage'
    says '  00000000-0000-4000-8000-00000000000a'
    says 'third'
    run -0 engine show prod
    [[ $output == *'    '*'  copy'*'      '*'  third'* ]]
    run -0 --separate-stderr engine show prod --format json
    [ "$(jq -r '.down | map("\(.depth) \(.name)") | sort | join(", ")' <<<"$output")" = '1 copy, 1 second, 2 third' ]
    run -0 --separate-stderr engine show third --format json
    [ "$(jq -r '.up | length' <<<"$output")" = 2 ]
    [ "$(jq -r '.up[1]' <<<"$output")" = 00000000-0000-4000-8000-00000000000a ]
    run -2 engine show nothing
    run -0 engine recover
    says 'nothing to recover'

    [ "$("$BIN/cg-backfill" -q -d "$url" plan | awk '$1 == "settled" { print $2 }')" = 3 ]
    "$BIN/cg-verify" -q -d "$url"
}

@test "sqlite: create, list, show, and what the other tools say" {
    go_all_the_way sqlite
}

@test "postgresql: create, list, show, and what the other tools say" {
    pg_require
    go_all_the_way postgresql
}

# ---- bad input -----------------------------------------------------------------------------------

refuse_everything() {
    make_template "$1"
    fresh_cloud
    refused 2 'no source is given' --name x
    refused 2 'two sources are given' --source-cg prod --cgsnapshot shot
    refused 2 'are one option' --source-cg prod --consistencygroup prod
    refused 2 'no consistency group "nothing"' --source-cg nothing
    refused 2 'in project "q"' --source-cg prod --project q
    refused 2 '256 characters' --source-cg prod --name "$(printf '%0256d' 0)"
    refused 2 'the user is empty' --source-cg prod --user ''
    refused 2 'the user has 256 characters' --source-cg prod --user "$(printf '%0256d' 0)"
    refused 2 'not text in the encoding' --source-cg prod --name $'\xff'
    refused 2 'there is no driver "lvm"' --source-cg prod --driver lvm

    write_plan 'from_src: fail-befor'
    refused 2 "$plan:2:11: this is no outcome of \"from_src\"" --source-cg prod
    write_plan 'latncy_ms: 5'
    refused 2 "$plan:2:1: a plan has no key \"latncy_ms\"" --source-cg prod
    says 'did you mean "latency_ms"?'
    write_plan 'member: [1]'
    refused 2 "$plan:2:9:" --source-cg prod
    write_plan 'member: 0'
    refused 2 "$plan:2:9: \"member\" is counted from 1" --source-cg prod
    write_plan 'latency_ms: 99999999999'
    refused 2 'from 0 to 2147483647' --source-cg prod
    printf 'array: ""\n' >"$plan"
    refused 2 "$plan:1:8: \"array\" is a text that is not empty" --source-cg prod
    printf 'array: /nonexistent/array\n' >"$plan"
    refused 2 '/nonexistent/array.lock": No such file or directory' --source-cg prod
    printf 'array: %s\n' "$BATS_TEST_TMPDIR" >"$plan"
    refused 2 "$BATS_TEST_TMPDIR" --source-cg prod
    printf 'from_src: {ok' >"$plan"
    refused 2 "$plan:1:" --source-cg prod
    printf -- '- ok\n' >"$plan"
    refused 2 "$plan:1:1: a plan is a mapping" --source-cg prod
    rm "$plan"
    refused 2 "$plan" --source-cg prod
    write_plan 'from_src: ok'

    sql "INSERT INTO consistencygroups (id, name, deleted, status, project_id, created_at) VALUES
        ('twin', 'prod', FALSE, 'available', 'p', '2015-05-01 00:00:00')"
    refused 2 'there are 2 consistency groups named "prod":' --source-cg prod
    says '  twin  project p, created 2015-05-01 00:00:00'
    refused 8 'has no host' --source-cg twin
    sql "UPDATE consistencygroups SET host = 'h' WHERE id = 'twin'"
    refused 8 'twin is empty' --source-cg twin
    sql "UPDATE consistencygroups SET deleted = TRUE WHERE id = 'twin'"
    sql "UPDATE cgsnapshots SET status = 'error'"
    refused 8 'is in status "error", it must be available' --cgsnapshot shot
    sql "UPDATE quota_classes SET hard_limit = 3 WHERE resource = 'volumes'"
    refused 8 'volumes: 2 of 3 taken, 2 asked for' --source-cg prod
}

@test "sqlite: what is refused changes no row" {
    refuse_everything sqlite
}

@test "postgresql: what is refused changes no row" {
    pg_require
    refuse_everything postgresql
}

# ---- the driver fails ----------------------------------------------------------------------------

fail_in_the_driver() {
    make_template "$1"
    fresh_cloud
    write_plan 'from_src: fail-member' 'member: 2' 'message: the loop is open'
    run -6 --separate-stderr create --source-cg prod --name copy --format json
    [ "$(jq -r '.consistencygroup.status, .volumes[].status' <<<"$output" | sort -u)" = error ]
    id=$(jq -r .consistencygroup.id <<<"$output")
    [[ $stderr == *"group $id is in \"error\": the driver \"mock\" failed: the loop is open"* ]]
    [[ $stderr == *"hint: cg-engine show $id"* ]]
    check_sound
    run -0 engine recover --plan "$plan"
    says 'nothing to recover'
    run -0 engine show "$id"
    says 'reason       the driver "mock" failed: the loop is open'
    run -0 --separate-stderr engine show "$id" --format json
    [ "$(jq -r .reason <<<"$output")" = 'the driver "mock" failed: the loop is open' ]
    sql "UPDATE consistencygroups SET status = 'available' WHERE id = '$id'"
    run -0 engine show "$id"
    [[ $output != *reason* ]]
}

@test "postgresql: show needs no right on the engine's own table" {
    pg_require
    make_template postgresql
    fresh_cloud
    write_plan 'from_src: fail-before'
    run -6 create --source-cg prod --name copy
    psql -qX -d postgres -c 'CREATE ROLE engine_reader LOGIN' 2>/dev/null || true
    sql 'GRANT SELECT ON ALL TABLES IN SCHEMA public TO engine_reader; REVOKE ALL ON cg_engine_request FROM engine_reader'
    run -0 "$BIN/cg-engine" -q -d "${url/user=$PGUSER/user=engine_reader}" show copy
    says 'status       error'
    [[ $output != *reason* ]]
}

@test "sqlite: how far a clone has come is told" {
    make_template sqlite
    fresh_cloud
    run -0 --separate-stderr create --source-cg prod --name copy --progress json
    [[ $stderr == *'{"event":"progress","what":"cloning","done":2,"total":2}'* ]]
    write_plan 'from_src: not-implemented'
    run -0 --separate-stderr create --source-cg prod --name second --progress json
    [[ $stderr == *'{"event":"progress","what":"cloning","done":2,"total":2}'* ]]
}

@test "sqlite: a group whose result cannot be written is told by its id" {
    make_template sqlite
    fresh_cloud
    run -5 bash -c "'$BIN/cg-engine' -q -d '$url' create-from-src --source-cg prod --name copy >/dev/full"
    says "group $(sql "SELECT id FROM consistencygroups WHERE name = 'copy'") is made, but cannot be shown"
}

# Work on the array that a request was begun on, and on no other.
recover_on_the_same_array() {
    make_template "$1"
    fresh_cloud
    write_plan 'from_src: crash-member'
    run -137 create --source-cg prod --name copy
    run -6 engine recover
    says "on the array \"$array\", this is \"mock\" on \"memory\""
    says 'hint: give recover the --driver and the --plan'
    write_plan 'from_src: ok'
    run -0 engine recover --plan "$plan"
    says finished
    check_sound
}

@test "sqlite: recover refuses another array" {
    recover_on_the_same_array sqlite
}

@test "postgresql: recover refuses another array" {
    pg_require
    recover_on_the_same_array postgresql
}

# A group that Cinder itself is making looks like ours, but for the record.
leave_cinders_own() {
    make_template "$1"
    fresh_cloud
    run -0 create --source-cg prod --name ours
    sql "INSERT INTO consistencygroups (id, name, created_at, deleted, status, project_id, user_id, host, source_cg_id) VALUES
        ('cinders', 'own', '2015-06-01 00:00:00', FALSE, 'creating', 'p', 'u', 'h', '00000000-0000-4000-8000-00000000000a')"
    before=$(all_rows)
    run -0 engine recover --plan "$plan"
    says 'nothing to recover'
    [ "$(all_rows)" = "$before" ]
}

@test "sqlite: recover leaves Cinder's own groups alone" {
    leave_cinders_own sqlite
}

@test "postgresql: recover leaves Cinder's own groups alone" {
    pg_require
    leave_cinders_own postgresql
}

@test "sqlite: a driver that fails leaves a group in error" {
    fail_in_the_driver sqlite
}

@test "postgresql: a driver that fails leaves a group in error" {
    pg_require
    fail_in_the_driver postgresql
}

wait_for_point() { # the file of the points that were passed, a point
    timeout 20 bash -c "until grep -qx '$2' '$1' 2>/dev/null; do sleep 0.02; done"
}

# Signals the newest process in the background once it is at the point, and expects it to end so.
interrupt_at() { # exit code, the file of the points it has passed, the point
    local status=0
    wait_for_point "$2" "$3"
    kill -TERM $!
    wait $! || status=$?
    [ "$status" -eq "$1" ]
}

interruptions() {
    local trace=$BATS_TEST_TMPDIR/points
    make_template "$1"
    fresh_cloud
    # a create goes on to its end
    CG_FAULT=engine.create.accepted:sleep=1 CG_FAULT_TRACE=$trace "$BIN/cg-engine" -q -d "$url" \
        create-from-src --plan "$plan" --source-cg prod --name first >/dev/null 3>&- &
    interrupt_at 0 "$trace" engine.create.accepted
    [ "$(sql "SELECT status FROM consistencygroups WHERE name = 'first'")" = available ]
    # so does recover with the group it is at
    CG_FAULT=engine.create.taken run -137 create --source-cg prod --name second
    rm "$trace"
    CG_FAULT=engine.create.loaded:sleep=1 CG_FAULT_TRACE=$trace "$BIN/cg-engine" -q -d "$url" recover --plan "$plan" >/dev/null 3>&- &
    interrupt_at 0 "$trace" engine.create.loaded
    [ "$(sql "SELECT status FROM consistencygroups WHERE name = 'second'")" = available ]
    # and leaves the others
    CG_FAULT=engine.create.taken run -137 create --source-cg prod --name third
    CG_FAULT=engine.create.taken run -137 create --source-cg prod --name fourth
    rm "$trace"
    CG_FAULT=engine.create.loaded:sleep=1 CG_FAULT_TRACE=$trace "$BIN/cg-engine" -q -d "$url" recover --plan "$plan" >/dev/null 3>&- &
    interrupt_at 130 "$trace" engine.create.loaded
    [ "$(sql "SELECT name, status FROM consistencygroups WHERE status = 'creating'")" = 'fourth|creating' ]
    run -0 engine recover --plan "$plan"
    check_sound
    # what was left for its driver's sake was not left for the interruption
    fresh_cloud
    write_plan 'from_src: crash-after'
    run -137 create --source-cg prod --name copy
    write_plan 'delete: fail'
    rm "$trace"
    CG_FAULT=engine.create.loaded:sleep=1 CG_FAULT_TRACE=$trace "$BIN/cg-engine" -q -d "$url" recover --plan "$plan" >/dev/null 2>&1 3>&- &
    interrupt_at 6 "$trace" engine.create.loaded
    write_plan 'from_src: ok'
    run -0 engine recover --plan "$plan"
}

@test "sqlite: an interruption is seen between two groups" {
    interruptions sqlite
}

@test "postgresql: an interruption is seen between two groups" {
    pg_require
    interruptions postgresql
}

# One create holds what only one may make, the other waits for it and has changed nothing yet.
interrupt_the_wait() {
    local trace=$BATS_TEST_TMPDIR/points
    make_template "$1"
    fresh_cloud
    CG_FAULT=engine.first.locked:sleep=3 CG_FAULT_TRACE=$trace.1 "$BIN/cg-engine" -q -d "$url" \
        create-from-src --plan "$plan" --source-cg prod --name one >/dev/null 3>&- &
    local first=$!
    wait_for_point "$trace.1" engine.first.locked
    CG_FAULT_TRACE=$trace.2 "$BIN/cg-engine" -q -d "$url" create-from-src --source-cg prod --name two >/dev/null 3>&- &
    interrupt_at 130 "$trace.2" engine.request.locked
    wait "$first"
    [ "$(sql "SELECT name FROM consistencygroups WHERE name IN ('one', 'two')")" = one ]
    check_sound
}

@test "sqlite: a create that waits for another one can be interrupted" {
    interrupt_the_wait sqlite
}

@test "postgresql: a create that waits for another one can be interrupted" {
    pg_require
    interrupt_the_wait postgresql
}

@test "sqlite: a long lineage is cut for people, and says so" {
    make_template sqlite
    fresh_cloud
    sql "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 230)
        INSERT INTO consistencygroups (id, deleted, status, source_cg_id)
        SELECT 'w' || i, FALSE, 'available', '00000000-0000-4000-8000-00000000000a' FROM n"
    sql "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 25)
        INSERT INTO consistencygroups (id, deleted, status, source_cg_id)
        SELECT 'l' || i, FALSE, 'available', 'l' || (i - 1) FROM n"
    run -0 engine show prod
    says '… and 30 more below'
    [ "$(grep -c '^ *w' <<<"$output")" = 200 ]
    run -0 engine show l25
    says '… and 5 more above'
    [ "$(engine show prod --format json | jq '.down | length')" = 230 ]
    [ "$(engine show l25 --format json | jq '.up | length')" = 25 ]
}

@test "postgresql: who has a schema of his own finds the same requests" {
    pg_require
    make_template postgresql
    fresh_cloud
    psql -qX -d postgres -c 'CREATE ROLE engine_owner LOGIN' 2>/dev/null || true
    sql 'CREATE SCHEMA engine_owner AUTHORIZATION engine_owner;
        GRANT ALL ON SCHEMA public TO engine_owner;
        GRANT ALL ON ALL TABLES IN SCHEMA public TO engine_owner;
        GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO engine_owner'
    CG_FAULT=engine.create.taken run -137 "$BIN/cg-engine" -q -d "${url/user=$PGUSER/user=engine_owner}" \
        create-from-src --plan "$plan" --source-cg prod --name copy
    [ "$(sql "SELECT schemaname FROM pg_tables WHERE tablename = 'cg_engine_request'")" = public ]
    run -0 engine recover --plan "$plan"
    says finished
    check_sound
}

names_of_others() {
    make_template "$1"
    fresh_cloud
    write_plan 'from_src: fail-before'
    run -6 create --source-cg prod --name $'real\nstatus       available\e[31m'
    run -0 engine show "$(sql "SELECT id FROM consistencygroups WHERE name LIKE 'real%'")"
    says 'name         real\x0astatus       available\x1b[31m'
    [ "$(grep -c '^status' <<<"$output")" = 1 ]
}

@test "sqlite: a name cannot draw lines or colours" {
    names_of_others sqlite
}

@test "postgresql: a name cannot draw lines or colours" {
    pg_require
    names_of_others postgresql
}

# What is opened first gets the number of a stream that was closed.
closed_streams() {
    make_template "$1"
    fresh_cloud
    run -5 bash -c "'$BIN/cg-engine' -q -d '$url' create-from-src --source-cg prod --name one >&-"
    says 'is made, but cannot be shown'
    run -0 bash -c "'$BIN/cg-engine' -d '$url' create-from-src --source-cg prod --name two <&- 2>&-"
    check_rows=$(sql "SELECT count(*) FROM consistencygroups WHERE status = 'available'")
    [ "$check_rows" = 3 ]
}

@test "sqlite: a closed stream is not the database" {
    closed_streams sqlite
}

@test "postgresql: a closed stream is not the server" {
    pg_require
    closed_streams postgresql
}

@test "sqlite: only an array is taken for an array" {
    make_template sqlite
    fresh_cloud
    before=$(sha256sum "${url#sqlite:}")
    mkfifo "$BATS_TEST_TMPDIR/fifo"
    for file in "${url#sqlite:}" "$plan" "$BATS_TEST_TMPDIR/fifo" "$BATS_TEST_TMPDIR" /nonexistent/array; do
        printf 'member: 1\narray: "%s"\n' "$file" >"$plan"
        run -2 create --source-cg prod --name copy
        says "$plan:2:8: "
        [ "$(sha256sum "${url#sqlite:}")" = "$before" ]
    done
    [ "$(cat "$plan")" = "$(printf 'member: 1\narray: "%s"' "$file")" ]
}

@test "sqlite: names are UTF-8 in the C locale, too" {
    make_template sqlite
    fresh_cloud
    name=$(printf 'é%.0s' {1..255})
    LC_ALL=C run -0 create --source-cg prod --name "$name"
    [ "$(sql "SELECT length(name) FROM consistencygroups WHERE name LIKE 'é%'")" = 255 ]
    LC_ALL=C run -2 create --source-cg prod --name "é$name"
    says 'the name has 256 characters'
}

@test "sqlite: a driver without any call that fits says so" {
    make_template sqlite
    fresh_cloud
    write_plan 'from_src: not-implemented' 'clone: not-implemented'
    run -6 create --source-cg prod --name copy
    says 'cloning volume by volume is not implemented'
}
