# cg-backfill run, killed, stopped and cut off wherever it may be: nothing lost, nothing done twice.
#
# shellcheck disable=SC2154 # set by bats and by lib/

bats_require_minimum_version 1.5.0

# Half of the groups are clones of the other half, each with two volumes.
clones=1500

setup_file() {
    load ../lib/tools.sh
    for engine in sqlite ${CG_TEST_PG_URL:+postgresql}; do
        make_template
        make_reference
    done
    # What is to come of it does not depend on the database.
    [ -z "${CG_TEST_PG_URL-}" ] || diff "$BATS_FILE_TMPDIR/end.sqlite" "$BATS_FILE_TMPDIR/end.postgresql"
}

setup() {
    load ../lib/tools.sh
}

# ---- the data set, and where an undisturbed run leads --------------------------------------------

make_template() {
    new_template
    "$BIN/cg-migrate" -q -d "$url" up --to 3 --no-backup >/dev/null
    local numbers="WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $clones)"
    local prefix="'00000000-0000-4000-8000-' ||"
    sql "$numbers INSERT INTO consistencygroups (id, created_at, deleted, project_id, status)
         SELECT $prefix (100000000000 + i), '2015-01-01 00:00:00', '0', 'p', 'available' FROM n"
    sql "$numbers INSERT INTO consistencygroups (id, created_at, deleted, project_id, status)
         SELECT $prefix (200000000000 + i), '2015-02-01 00:00:00', '0', 'p', 'available' FROM n"
    local volume
    for volume in 1 2; do
        sql "$numbers INSERT INTO volumes (id, created_at, deleted, consistencygroup_id)
             SELECT $prefix (300000000000 + 10 * i + $volume), '2015-01-01 00:01:00', '0',
                    $prefix (100000000000 + i) FROM n"
        sql "$numbers INSERT INTO volumes (id, created_at, deleted, consistencygroup_id, source_volid)
             SELECT $prefix (400000000000 + 10 * i + $volume), '2015-02-01 00:01:00', '0',
                    $prefix (200000000000 + i), $prefix (300000000000 + 10 * i + $volume) FROM n"
    done
}

new_template() {
    if [ "$engine" = sqlite ]; then
        file=$BATS_FILE_TMPDIR/template
        url=sqlite:$file
        : >"$file"
    else
        url=$(pg_fresh_db)
        pg_name "$url" >"$BATS_FILE_TMPDIR/template.name"
    fi
}

use_template() {
    if [ "$engine" = sqlite ]; then
        file=$(mktemp "$PWD/db.XXXX")
        cp "$BATS_FILE_TMPDIR/template" "$file"
        url=sqlite:$file
    else
        url=$(pg_fresh_db "$(cat "$BATS_FILE_TMPDIR/template.name")")
    fi
}

make_reference() {
    cd "$BATS_FILE_TMPDIR" || return 1
    use_template
    CG_FAULT_TRACE=$BATS_FILE_TMPDIR/trace.$engine run_it >/dev/null 2>&1
    end_state >"$BATS_FILE_TMPDIR/end.$engine"
}

# Few rows a batch, and always the same number, or a point could not be told by its number.
batch() {
    if [ "$engine" = sqlite ]; then echo 32; else echo 250; fi
}

run_it() {
    "$BIN/cg-backfill" -d "$url" run --batch "$(batch)"
}

# The program itself is $!, so that a signal gets to it.
run_in_background() {
    "$BIN/cg-backfill" -d "$url" run --batch "$(batch)" --lock-wait 60 3>&- &
}

# Values, journal and run; not when, by whom and how often.
end_state() {
    sql 'SELECT id, source_cg_id FROM consistencygroups WHERE source_cg_id IS NOT NULL ORDER BY id'
    sql 'SELECT run_id, seq, kind, group_id, old_value, new_value, verdict, votes, evidence
           FROM cg_backfill_journal ORDER BY run_id, seq'
    sql 'SELECT state, written, swept, undone, missed, last_seq, verified FROM cg_backfill_run WHERE id = 1'
    sql 'SELECT id, state FROM cg_backfill_run WHERE id > 1 AND (written <> 0 OR state <> '"'finished'"')'
}

same_end() {
    end_state >end
    diff "$BATS_FILE_TMPDIR/end.$engine" end
}

# How much is written, after it was seen that column, journal and run agree on it.
written() {
    local counts
    counts=$(sql 'SELECT (SELECT count(source_cg_id) FROM consistencygroups),
                         (SELECT count(*) FROM cg_backfill_journal),
                         (SELECT coalesce(max(seq), 0) FROM cg_backfill_journal),
                         (SELECT written FROM cg_backfill_run), (SELECT last_seq FROM cg_backfill_run)')
    local n=${counts%%|*}
    [ "$counts" = "$n|$n|$n|$n|$n" ] || {
        echo "column, journal and run disagree: $counts" >&2
        return 1
    }
    echo "$n"
}

state() {
    sql 'SELECT state FROM cg_backfill_run WHERE id = 1'
}

# ---- SIGKILL -------------------------------------------------------------------------------------

# "point number" a line: the first time, the second and the last that an undisturbed run came by.
points() {
    sort "$BATS_FILE_TMPDIR/trace.$engine" | uniq -c | while read -r n point; do
        printf "$point %s\n" 1 2 "$n" | awk -v n="$n" '$2 <= n' | sort -u
    done
}

kill_at() { # point, number
    local wanted=active n
    use_template
    CG_FAULT=$1:$2 run run_it
    [ "$status" = 137 ]
    # After the run's row was made, and before it was closed: but for the point behind that.
    [ "$1" != backfill.run.ended ] || wanted=finished
    [ "$(state)" = $wanted ]
    n=$(written)
    case $1 in
    backfill.run.taken) [ "$n" = 0 ] ;;
    backfill.run.written) [ "$n" = $((($2 - 1) * $(batch))) ] ;;
    backfill.run.committed) [ "$n" = $(($2 * $(batch) < clones ? $2 * $(batch) : clones)) ] ;;
    *) [ "$n" = $clones ] ;;
    esac
    [ "$n" = 0 ] || [ "$n" = $clones ] || between=$((between + 1))
    run run_it
    [ "$status" = 0 ]
    same_end
}

kill_everywhere() {
    between=0
    local point number
    # The list must not be read by the programs under test.
    while read -r -u 7 point number; do
        echo "killed at $point, $number:"
        kill_at "$point" "$number"
    done 7< <(points)
    [ "$between" -ge 3 ]
}

@test "sqlite: killed at every point, a run ends as if nothing had been" { on sqlite kill_everywhere; }
@test "postgresql: killed at every point, a run ends as if nothing had been" { on postgresql kill_everywhere; }

@test "every fault point of the backfill is met" {
    grep -ohE 'CG_FAULT\("backfill\.[^"]*' "$SRC"/backfill/*.c | cut -d'"' -f2 | sort -u >known
    for engine in sqlite ${CG_TEST_PG_URL:+postgresql}; do
        sort -u "$BATS_FILE_TMPDIR/trace.$engine" | diff known -
        [ "$(grep -c committed "$BATS_FILE_TMPDIR/trace.$engine")" -ge 5 ]
    done
}

kill_again_and_again() {
    local nr
    use_template
    for nr in 1 2 3 4; do
        CG_FAULT=backfill.run.committed:1 run run_it
        [ "$status" = 137 ]
        [ "$(written)" = $((nr * $(batch))) ]
        CG_FAULT=backfill.run.written:1 run run_it
        [ "$status" = 137 ]
        [ "$(written)" = $((nr * $(batch))) ]
    done
    tool migrate 8 down --to 1
    complains 'backfill run 1 is not finished'
    complains 'hint: finish it first: cg-backfill run'
    [ "$(written)" = $((4 * $(batch))) ]
    tool_json backfill 0 ".resumed and .run == 1 and .written == $clones and .counts.settled ==
        $((4 * $(batch)))" run --batch "$(batch)"
    same_end
    tool migrate 0 down --to 1 --no-backup
}

@test "sqlite: killed at each try, every try gets on" { on sqlite kill_again_and_again; }
@test "postgresql: killed at each try, every try gets on" { on postgresql kill_again_and_again; }

# ---- SIGTERM, SIGINT -----------------------------------------------------------------------------

# Starts a run that rests at a point, and waits until it does.
start_at() { # point:number, seconds
    CG_FAULT=$1:sleep=$2 CG_FAULT_TRACE=$PWD/trace run_in_background >out 2>err
    runner=$!
    for _ in $(seq 250); do
        [ "$(grep -cFx "${1%:*}" trace 2>/dev/null)" != "${1#*:}" ] || return 0
        sleep 0.02
    done
    return 1
}

# How the run that was started ends.
ends() { # exit status
    local ended=0
    wait "$runner" || ended=$?
    [ $ended = "$1" ] || { echo "ended with $ended" && cat out err && return 1; }
    stderr=$(cat err)
}

interrupt_with() { # signal
    rm -f trace
    use_template
    start_at backfill.run.committed:2 0.5
    kill "-$1" $runner
    ends 130
    complains 'cg-backfill: run 1 was interrupted; '
    complains 'hint: cg-backfill run goes on where it stopped'
    grep -F 'Run 1 is not finished' out
    [ "$(written)" = $((2 * $(batch))) ]
    run run_it
    [ "$status" = 0 ]
    says 'Run 1, resumed, is finished'
    same_end
}

interrupt() {
    interrupt_with TERM
    interrupt_with INT
}

@test "sqlite: an interrupt ends the batch and exits 130, and the next run goes on" { on sqlite interrupt; }
@test "postgresql: an interrupt ends the batch and exits 130, and the next run goes on" {
    on postgresql interrupt
}

# ---- several at once -----------------------------------------------------------------------------

run_together() {
    local runners=() nr one
    use_template
    for nr in 1 2 3; do
        run_in_background >"out.$nr" 2>"err.$nr"
        runners+=($!)
    done
    for one in "${runners[@]}"; do
        wait "$one"
    done
    [ "$(sql 'SELECT count(*) FROM cg_backfill_run')" = 3 ]
    same_end
    grep -F 'waiting for another run: pid ' err.*
}

@test "sqlite: three runs at once write once" { on sqlite run_together; }
@test "postgresql: three runs at once write once" { on postgresql run_together; }

take_over() {
    use_template
    start_at backfill.run.committed:3 5
    run_in_background >second 2>&1
    second=$!
    for _ in $(seq 250); do
        ! grep -q 'waiting for another run' second || break
        sleep 0.02
    done
    kill -KILL $runner
    wait $second
    grep -F 'Run 1, resumed, is finished' second
    ends 137
    same_end
}

@test "sqlite: who waits takes over from who dies" { on sqlite take_over; }
@test "postgresql: who waits takes over from who dies" { on postgresql take_over; }

@test "sqlite: a runner whose lock was taken away stops, and has written nothing twice" {
    use_engine sqlite
    use_template
    start_at backfill.run.committed:2 2
    rm "$file"-cg-backfill.lock
    run run_it
    [ "$status" = 0 ]
    same_end
    ends 4
    complains 'hint: run again'
    same_end
}

@test "postgresql: a run whose session is ended says so, and the next one goes on" {
    pg_require
    use_engine postgresql
    for point in backfill.run.written:3 backfill.run.committed:3 backfill.run.read-again:1; do
        rm -f trace
        use_template
        start_at "$point" 0.4
        sql "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
              WHERE application_name = 'cg-backfill' AND datname = current_database()"
        ends 3
        complains 'run 1 stopped, and what it wrote stands: '
        complains 'terminating connection due to administrator command'
        complains 'hint: run the command again: it goes on where it stopped'
        [ "$(state)" = active ]
        written
        run run_it
        [ "$status" = 0 ]
        same_end
    done
}

# ---- a full disk ---------------------------------------------------------------------------------

fill_the_disk() {
    cp "$BATS_FILE_TMPDIR/template" disk/db || return 1
    # Room for some batches, and not for all.
    head -c 10000000 /dev/zero >disk/filler 2>/dev/null
    truncate -s "-$((200 * 1024))" disk/filler
    run --separate-stderr run_it
    [ "$status" = 5 ] || { echo "exit $status $output $stderr" && return 1; }
    complains 'run 1 stopped, and what it wrote stands: database or disk is full [SQLITE_FULL]' || return 1
    complains 'hint: make room and run the command again' || return 1
    local n
    n=$(written) || return 1
    [ "$n" -gt 0 ] && [ "$n" -lt $clones ] && [ "$(state)" = active ] || return 1
    [ "$(sql 'PRAGMA integrity_check')" = ok ] || return 1
    rm disk/filler
    run run_it
    [ "$status" = 0 ] && same_end
}

@test "sqlite: on a full disk a run says so, and goes on when there is room" {
    [ "$(id -u)" = 0 ] || skip 'only root can mount a small disk'
    use_engine sqlite
    mkdir disk
    mount -t tmpfs -o size=6m none disk 2>/dev/null || skip 'no small disk can be mounted'
    file=$PWD/disk/db
    url=sqlite:$file
    result=0
    fill_the_disk || result=$?
    umount disk
    return $result
}
