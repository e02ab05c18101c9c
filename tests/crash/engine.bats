# cg-engine killed where it hurts, and eight of it at once.
#
# shellcheck disable=SC2154 # set by tests/lib/engine.sh and by bats

bats_require_minimum_version 1.5.0

setup() {
    load ../lib/pg.sh
    load ../lib/engine.sh
    unset CG_DATABASE_URL DATABASE_URL CG_FAULT CG_FAULT_TRACE
}

# "name:n" of every point that a run reaches.
points() { # command
    local trace=$BATS_TEST_TMPDIR/trace
    rm -f "$trace"
    CG_FAULT_TRACE=$trace "$@" >/dev/null 2>&1 || true
    [ ! -s "$trace" ] || grep '^engine' "$trace" | awk '{ print $0 ":" ++n[$0] }'
}

new_groups() {
    sql "SELECT status FROM consistencygroups WHERE name <> 'prod'"
}

# Kills a run at each of its points; afterwards it is finished or was never there.
kill_create_everywhere() { # lines of the plan
    local point
    fresh_cloud
    write_plan "$@"
    all=$(points create --cgsnapshot shot --name copy)
    [ -n "$all" ] || skip 'no fault points (a release build)'
    for point in $all; do
        echo "killed at $point ($*)"
        fresh_cloud
        write_plan "$@"
        before=$(all_rows)
        run -137 env CG_FAULT="$point" "$BIN/cg-engine" -q -d "$url" create-from-src --plan "$plan" \
            --consistencygroup prod --name copy
        accepted=$(new_groups)
        [ -n "$accepted" ] || [ "$(all_rows)" = "$before" ]
        write_plan 'from_src: ok'
        engine recover --plan "$plan"
        [ -z "$accepted" ] || [ "$(new_groups)" = available ] || [ "$accepted" = error ]
        check_sound
        [ "$(engine recover --plan "$plan")" = 'nothing to recover' ]
    done
}

# A recover that is killed is gone on with by the next one: to its end where that was not decided,
# to "error" where it was.
kill_recover_everywhere() { # plan of the recover
    local point
    fresh_cloud
    leave_half_made
    write_plan "$1"
    all=$(points engine recover --plan "$plan")
    [ -n "$all" ]
    for point in $all; do
        echo "recover killed at $point ($1)"
        fresh_cloud
        leave_half_made
        write_plan "$1"
        run -137 env CG_FAULT="$point" "$BIN/cg-engine" -q -d "$url" recover --plan "$plan"
        killed_in=$(new_groups)
        write_plan 'from_src: ok'
        engine recover --plan "$plan"
        case $killed_in in
        error) [ "$(new_groups)" = error ] ;;
        *) [ "$(new_groups)" = available ] ;;
        esac
        check_sound
    done
}

leave_half_made() {
    write_plan 'from_src: crash-member' 'member: 1'
    run -137 create --source-cg prod --name copy
    [ "$(new_groups)" = creating ]
    grep -q '^volume' "$array"
}

everywhere() {
    make_template "$1"
    kill_create_everywhere 'from_src: ok'
    kill_create_everywhere 'from_src: fail-after'
    kill_create_everywhere 'from_src: not-implemented'
    kill_recover_everywhere 'from_src: ok'
    kill_recover_everywhere 'from_src: fail-after'
}

@test "sqlite: killed at every point, finished or undone by recover" {
    everywhere sqlite
}

@test "postgresql: killed at every point, finished or undone by recover" {
    pg_require
    everywhere postgresql
}

crash_plans() {
    make_template "$1"
    for outcome in crash-member crash-after; do
        fresh_cloud
        write_plan "from_src: $outcome" 'member: 2'
        run -137 create --source-cg prod --name copy
        [ "$(new_groups)" = creating ]
        write_plan 'from_src: fail-before'
        run -0 engine recover --plan "$plan"
        [[ $output == error* ]]
        [ "$(new_groups)" = error ]
        check_sound
    done
}

@test "sqlite: a driver that dies with its process" {
    crash_plans sqlite
}

@test "postgresql: a driver that dies with its process" {
    pg_require
    crash_plans postgresql
}

# The statuses of eight runs at once, counted: "4 0" and "4 8".
eight_at_once() {
    local i
    for i in 1 2 3 4 5 6 7 8; do
        {
            create --consistencygroup prod --name "copy$i" >"$BATS_TEST_TMPDIR/out$i" 2>&1 && echo 0 || echo $?
        } >"$BATS_TEST_TMPDIR/status$i" 3>&- &
    done
    wait
    sort "$BATS_TEST_TMPDIR"/status? | uniq -c | awk '{ print $1, $2 }'
}

race() {
    make_template "$1"
    for _ in 1 2 3; do
        fresh_cloud
        write_plan 'latency_ms: 5'
        eight=$(eight_at_once)
        [ "$eight" = "$(printf '4 0\n4 8')" ] || { echo "$eight" && cat "$BATS_TEST_TMPDIR"/out* && false; }
        check_sound
        [ "$(sql 'SELECT in_use FROM quota_usages WHERE resource = '"'volumes'")" = 10 ]
        fresh_cloud
        sql "UPDATE quota_classes SET hard_limit = 100"
        eight=$(eight_at_once)
        [ "$eight" = '8 0' ] || { echo "$eight" && cat "$BATS_TEST_TMPDIR"/out* && false; }
        check_sound
    done
}

@test "sqlite: eight at once, never one too many" {
    race sqlite
}

@test "postgresql: eight at once, never one too many" {
    pg_require
    race postgresql
}

# A clone, and recovers beside it: the one at work is left alone.
recover_beside() {
    make_template "$1"
    fresh_cloud
    write_plan 'latency_ms: 500'
    create --source-cg prod --name copy >/dev/null 3>&- &
    creator=$!
    for _ in $(seq 100); do
        [ "$(new_groups)" != creating ] || break
        sleep 0.01
    done
    run -0 engine recover --plan "$plan"
    [[ $output == busy* ]]
    wait "$creator"
    [ "$(new_groups)" = available ]
    check_sound
}

@test "sqlite: recover leaves a living run alone" {
    recover_beside sqlite
}

@test "postgresql: recover leaves a living run alone" {
    pg_require
    recover_beside postgresql
}

# Four recovers at once of what three killed runs left: each group is finished once.
recover_together() {
    local i
    make_template "$1"
    fresh_cloud
    write_plan 'from_src: crash-after'
    for i in 1 2 3; do
        run -137 create --source-cg prod --name "copy$i"
    done
    write_plan 'latency_ms: 10'
    for i in 1 2 3 4; do
        engine recover --plan "$plan" >"$BATS_TEST_TMPDIR/out$i" 3>&- &
    done
    wait
    [ "$(cat "$BATS_TEST_TMPDIR"/out? | grep -c '^finished')" = 3 ]
    run ! grep -q '^error\|^left' "$BATS_TEST_TMPDIR"/out?
    [ "$(new_groups | sort -u)" = available ]
    check_sound
}

@test "sqlite: four recovers at once" {
    recover_together sqlite
}

@test "postgresql: four recovers at once" {
    pg_require
    recover_together postgresql
}
