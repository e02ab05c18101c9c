# cg-migrate killed where it hurts, started twice at once, and left by its server: the next run ends
# as one that nothing disturbed.

# shellcheck disable=SC2154 # set by bats, and by tests/lib/migrate.sh
bats_require_minimum_version 1.5.0

setup() {
    load ../lib/migrate.sh
    unset CG_DATABASE_URL DATABASE_URL CG_FAULT CG_FAULT_TRACE
    mkdir "$BATS_TEST_TMPDIR/m"
    write_migrations "$BATS_TEST_TMPDIR/m"
    # So that the third does not wait.
    sed -i '/ADD COLUMN/a UPDATE things SET color = '\''c'\'';' "$BATS_TEST_TMPDIR/m/0002_color.sql"
    m=--migrations=$BATS_TEST_TMPDIR/m
}

# ---- killed at every point -----------------------------------------------------------------------

# What each run of a flow begins with. A server is given it as text: that is faster than a database.
remember_start() {
    if [ "$engine" = sqlite ]; then
        cp "$file" start
    elif pg_can_dump; then
        pg_text >start
    else
        start=$(pg_name "$(pg_fresh_db "$(pg_name "$url")")")
    fi
}

begin_again() {
    if [ "$engine" = sqlite ]; then
        rm -f "$file"*
        cp start "$file"
    elif ! pg_can_dump; then
        url=$(pg_fresh_db "$start")
    else
        psql -qX -v ON_ERROR_STOP=1 -d "$url" -c 'DROP SCHEMA public CASCADE; CREATE SCHEMA public' \
            -f start >/dev/null 2>&1
    fi
}

# What stands in the end. `at` of kept data is when it was kept.
outcome() {
    schema
    history
    [ -z "$(sql "$things_there")" ] || rows things
    [ -z "$(sql "$kept_there")" ] || rows cg_kept_1
}

ask_for_tables() {
    local catalog="SELECT table_name FROM information_schema.tables WHERE table_name ="
    [ "$engine" != sqlite ] || catalog='SELECT name FROM sqlite_schema WHERE name ='
    things_there="$catalog 'things'"
    kept_there="$catalog 'cg_kept_1'"
}

kill_everywhere() { # arguments of cg-migrate
    ask_for_tables
    remember_start
    begin_again
    CG_FAULT_TRACE=$PWD/trace expect 0 "$@"
    local expected point
    expected=$(outcome)
    [ -s trace ]
    # name:1, name:2, …
    awk '{ print $1 ":" ++n[$1] }' trace >points
    while read -r point; do
        echo "killed at $point"
        begin_again
        CG_FAULT=$point expect 137 "$@"
        expect 0 "$m" status
        expect 0 "$@"
        [ "$(outcome)" = "$expected" ] || {
            diff <(echo "$expected") <(outcome)
            return 1
        }
    done <points
}

kill_first_up() {
    kill_everywhere "$m" up
    grep -qx 'migrate.up.recorded:3' points
}

@test "up, killed at every point" {
    on_both kill_first_up
}

kill_down() {
    expect 0 -q "$m" up --no-backup
    kill_everywhere "$m" down --to 1
    grep -qx 'migrate.down.kept:2\|migrate.down.announced:1' points
}

@test "down, killed at every point" {
    on_both kill_down
}

# Its own value, which the up would not make, is among what must come back.
kill_second_up() {
    sed -i '/^UPDATE/d' "$BATS_TEST_TMPDIR/m/0002_color.sql"
    expect 0 "$m" up --no-backup
    sql "UPDATE things SET color = 'own' || id"
    expect 0 "$m" down --to 1 --no-backup
    kill_everywhere "$m" up
    grep -qx 'migrate.up.restored:1' points
    [ "$(sql 'SELECT color FROM things WHERE id = 2')" = own2 ]
}

@test "an up that brings values back, killed at every point" {
    on_both kill_second_up
}

kill_adopt() {
    make_cinder
    kill_everywhere adopt
}

@test "adopt, killed at every point" {
    on_both kill_adopt
}

@test "killed with half of the pages written to the file: the next run rolls them back" {
    use_engine sqlite
    expect 0 "$m" up 1
    cp -r "$BATS_TEST_TMPDIR/m" big
    printf '%s\n' '-- migrate:up' 'CREATE TABLE big (x BLOB);' \
        'WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9000)' \
        'INSERT INTO big SELECT zeroblob(500) FROM n;' >big/0002_big.sql
    rm big/0002_color.sql big/0003_index.sql
    CG_FAULT=migrate.up.statement:2 expect 137 --migrations=big up --no-backup
    [ -s "$file-journal" ]
    expect 0 --migrations=big up --no-backup
    [ "$(sql 'PRAGMA integrity_check')" = ok ]
    [ "$(sql 'SELECT count(*) FROM big')" = 9000 ]
    [ "$(history)" = 'up 1 up 2' ]
}

# ---- several at once -----------------------------------------------------------------------------

start_two() {
    CG_FAULT=migrate.up.statement:1:sleep=1 CG_FAULT_TRACE=$PWD/trace \
        "$BIN/cg-migrate" -d "$url" "$m" up >first.out 2>first.err &
    local first=$!
    until grep -qs 'migrate.up.statement' trace; do sleep 0.02; done
    expect 0 "$m" up
    complains 'waiting for another run: pid '
    complains 'cg-migrate'
    says 'nothing to do: version 3'
    wait $first
    [ "$(history)" = 'up 1 up 2 up 3' ]
}

@test "of two at once the second says who has the lock, waits, and finds nothing to do" {
    on_both start_two
}

start_eight() {
    local run runs=()
    for run in 1 2 3 4 5 6 7 8; do
        "$BIN/cg-migrate" -d "$url" "$m" up --no-backup >"out.$run" 2>&1 &
        runs+=($!)
    done
    for run in "${runs[@]}"; do
        wait "$run" || {
            tail out.*
            return 1
        }
    done
    [ "$(history)" = 'up 1 up 2 up 3' ]
    [ "$(grep -l 'nothing to do' out.* | wc -l)" = 7 ]
}

@test "of eight at once one does it all" {
    on_both start_eight
}

waits_in_vain() {
    CG_FAULT=migrate.up.statement:1:sleep=1 CG_FAULT_TRACE=$PWD/trace \
        "$BIN/cg-migrate" -d "$url" "$m" up >first.out 2>first.err &
    local first=$!
    until grep -qs 'migrate.up.statement' trace; do sleep 0.02; done
    expect 4 "$m" --lock-wait 0.1 up
    complains 'another run holds the lock "migrate": pid '
    expect 4 "$m" --lock-wait 0 down
    wait $first
}

@test "whoever waited long enough for the lock ends with 4" {
    on_both waits_in_vain
}

# ---- a PostgreSQL server -------------------------------------------------------------------------

# Statements of cg-migrate that run or wait in the server now.
running() {
    psql -qXAt -d postgres -c "SELECT count(*) FROM pg_stat_activity WHERE state = 'active'
        AND datname = '$(pg_name "$url")' AND application_name = 'cg-migrate'"
}

until_running() { # how many; at most five seconds
    for _ in $(seq 100); do
        [ "$(running)" != "$1" ] || return 0
        sleep 0.05
    done
    return 1
}

index_is() { # t or f: valid
    [ "$(sql "SELECT indisvalid FROM pg_index WHERE indexrelid = 'things_color'::regclass")" = "$1" ]
}

# A run that stands in the midst of CREATE INDEX CONCURRENTLY.
start_blocked_index() {
    use_engine postgresql
    expect 0 "$m" up 2
    hold "UPDATE things SET name = name"
    "$BIN/cg-migrate" -d "$url" "$m" up >out 2>err 7>&- &
    run=$!
    until_running 1
}

rebuild() {
    expect 0 "$m" status
    says 'pending, interrupted'
    expect 0 "$m" up
    complains 'dropping the invalid index "things_color" that an earlier try left'
    index_is t
    [ "$(history)" = 'up 1 up 2 up 3' ]
    [ "$(sql "SELECT count(*) FROM pg_index WHERE NOT indisvalid")" = 0 ]
}

@test "killed while an index is built: the server stops building, the next run builds it anew" {
    pg_require_version 14 # from there on a server notices that a client is dead
    start_blocked_index
    kill -KILL $run
    wait $run || true
    # The transaction in the way is open still: only the dead client can be the reason to stop.
    until_running 0
    release
    index_is f
    rebuild
}

@test "the server ends the session that builds an index: 6, and the next run builds it anew" {
    pg_require
    start_blocked_index
    sleep 0.7 # until it has said for whom it waits
    psql -qXAt -d postgres -c "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE query LIKE 'CREATE INDEX CONCURRENTLY%' AND datname = '$(pg_name "$url")'"
    ended=0
    wait $run || ended=$?
    release
    [ $ended = 6 ]
    grep -E 'waiting for pid [0-9]+, psql, user postgres' err
    grep -F 'migration 0003_index, statement 1 runs outside a transaction and failed' err
    grep -F 'hint: run cg-migrate up again' err
    index_is f
    rebuild
}

@test "killed while a statement waits for a lock: the server gives it up" {
    pg_require_version 14 # from there on a server notices that a client is dead
    use_engine postgresql
    expect 0 "$m" up 1
    sed -i 's/-- migrate:up/-- migrate:up lock_timeout:0/' "$BATS_TEST_TMPDIR/m/0002_color.sql"
    hold 'SELECT count(*) FROM things'
    "$BIN/cg-migrate" -d "$url" "$m" up >out 2>err 7>&- &
    run=$!
    until_running 1
    kill -KILL $run
    wait $run || true
    until_running 0
    release
    [ "$(history)" = 'up 1' ]
    run ! sql 'SELECT color FROM things'
    expect 0 "$m" up
}

@test "an invalid index of an earlier try is dropped on the way down too" {
    pg_require_version 14 # from there on a server notices that a client is dead
    start_blocked_index
    kill -KILL $run
    wait $run || true
    until_running 0
    release
    expect 0 "$m" down
    [ "$(history)" = 'up 1 up 2 down 3' ]
    [ -z "$(sql "SELECT 1 FROM pg_class WHERE relname = 'things_color'")" ]
    expect 0 "$m" up
    index_is t
}
