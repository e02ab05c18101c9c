# cg-migrate as its users meet it: what each verb says and how it ends, on both databases.

# shellcheck disable=SC2154 # set by bats, and by tests/lib/migrate.sh
bats_require_minimum_version 1.5.0

setup() {
    load ../lib/migrate.sh
    unset CG_DATABASE_URL DATABASE_URL CG_FAULT CG_FAULT_TRACE
    write_migrations "$BATS_TEST_TMPDIR/m"
    m=--migrations=$BATS_TEST_TMPDIR/m
}

# ---- verbs ---------------------------------------------------------------------------------------

go_all_the_way() {
    expect 0 "$m" status
    says '0001    things    pending'
    says 'next: cg-migrate plan, cg-migrate up'
    expect 0 "$m" plan --sql
    says 'INSERT INTO things VALUES'
    says 'give every thing a color first'

    expect 0 "$m" up
    says 'ok up 0001_things, 2 statements, '
    says 'ok up 0002_color, 1 statement, '
    says '0003 waits: give every thing a color first'
    says 'ledger head: '
    [[ ${stderr_lines[0]} == 'database: '*' (from -d)' ]]
    expect 0 "$m" status
    says '0002    color     applied'
    says '0003    index     waiting'
    expect 0 "$m" up
    says '0003 waits: '
    sql "UPDATE things SET color = 'c' || id"
    expect 0 "$m" up
    says 'ok up 0003_index, 1 statement, '
    expect 0 "$m" up
    says 'nothing to do: version 3'

    expect 0 "$m" down
    says 'ok down 0003_index'
    expect 0 "$m" rollback --to 0
    says 'kept 2 values of things.color'
    expect 0 "$m" up 2
    says 'put back 2 values of things.color'
    [ "$(history)" = 'up 1 up 2 up 3 down 3 down 2 down 1 up 1 up 2' ]
}

@test "status, plan, up, down, as a person reads them" {
    on_both go_all_the_way
}

run_and_adopt_as_json() {
    expect 0 "$m" status --format json
    jq -e '.schema == 1 and .current == 0 and .head == null' <<<"$output"
    expect 0 "$m" plan --format json
    jq -e '.schema == 1 and .current == 0 and .steps[0].transaction and
        [.steps[] | [.version, .name, .state, (.statements | length)]] ==
        [[1, "things", "pending", 2], [2, "color", "pending", 1], [3, "index", "pending", 1]]' <<<"$output"
    expect 0 "$m" up --format json
    jq -e '.schema == 1 and .current == 2 and (.head | length) == 64 and
        [.steps[] | [.direction, .version, .name]] == [["up", 1, "things"], ["up", 2, "color"]] and
        .waiting == {"version": 3, "message": "give every thing a color first"}' <<<"$output"
    expect 0 "$m" status --format json
    jq -e --arg dialect "$engine" '.schema == 1 and .dialect == $dialect and .current == 2 and
        (.database | length) > 0 and [.migrations[] | [.version, .name, .state]] ==
        [[1, "things", "applied"], [2, "color", "applied"], [3, "index", "waiting"]]' <<<"$output"
    sql "UPDATE things SET color = 'x' WHERE id = 1"
    expect 0 "$m" down --format json
    jq -e '.current == 1 and .waiting == null and .steps[0].kept == [{"table": "things",
        "column": "color", "rows": 1, "vanished": 0, "conflicts": 0}]' <<<"$output"
    new_database
    make_cinder
    expect 0 adopt --format json
    jq -e '.schema == 1 and .adopted == 1 and .name == "kilo" and .already == false and
        (.head | length) == 64 and .differences == []' <<<"$output"
    expect 0 adopt --format json
    jq -e '.already' <<<"$output"
}

@test "every verb's json is one document" {
    on_both run_and_adopt_as_json
}

adopt_and_go_on() {
    make_cinder
    sql 'ALTER TABLE volumes ADD COLUMN site_note VARCHAR(10)'
    sql "INSERT INTO consistencygroups (id, deleted) VALUES ('g', '0')"
    unchanged 0 status
    says 'next: cg-migrate adopt'
    unchanged 8 up
    complains 'this database has tables that cg-migrate did not make: '
    complains 'hint: take it over first: cg-migrate adopt'
    unchanged 8 plan
    unchanged 8 down
    expect 0 adopt
    says 'adopted 0001_kilo: '
    says 'volumes.site_note'
    unchanged 0 adopt
    says 'adopted already: version 0001_kilo'
    expect 0 status
    says '0001    kilo               adopted'
    expect 0 up --to 3
    expect 0 down --to 1
    unchanged 8 down
    complains 'version 1 was adopted, and an adopted version is never run down'
    unchanged 8 down --to 0
    [ "$(sql 'SELECT id FROM consistencygroups')" = g ]
}

@test "adopt takes over a live database, and no way leads behind it" {
    on_both adopt_and_go_on
}

refuse_to_adopt() {
    unchanged 8 adopt
    complains 'hint: to make the tables from nothing: cg-migrate up'
    sql 'CREATE TABLE other (x INTEGER)'
    unchanged 8 adopt
    complains 'this database cannot be adopted:'
    complains 'hint: is it the database of Cinder, at Kilo or later?'
    unchanged 8 up
    complains "this database has tables and none of Cinder's: other"
    new_database
    make_cinder
    sql 'ALTER TABLE volumes DROP COLUMN source_volid'
    sql 'ALTER TABLE snapshots RENAME COLUMN status TO state'
    unchanged 8 adopt
    complains 'source_volid'
    complains 'snapshots.status'
    complains 'hint: is it the database of Cinder'
    new_database
    expect 0 up 1
    unchanged 8 adopt
    complains 'there is nothing to adopt'
}

@test "adopt refuses what is no Cinder, what misses a column, what cg-migrate made" {
    on_both refuse_to_adopt
}

# ---- exit codes ----------------------------------------------------------------------------------

end_with_every_code() {
    expect 1 "$m" status --exit-code
    expect 0 "$m" up 1
    expect 1 "$m" status --exit-code
    unchanged 2 "$m" up --to 9
    complains 'there is no migration 9'
    unchanged 2 "$m" down --to 2
    complains 'lies above the current one'
    expect 0 "$m" up
    unchanged 2 "$m" up --to 1
    complains 'hint: to go down: cg-migrate down --to VERSION'
    unchanged 8 "$m" up --to 3
    complains 'migration 0003_index waits'
    complains 'hint: give every thing a color first'
    sql "UPDATE things SET color = 'x'"
    expect 0 "$m" up
    expect 0 "$m" status --exit-code
}

@test "pending is 1, a wrong target 2, one that waits 8" {
    on_both end_with_every_code
}

fail_in_a_step() {
    expect 0 "$m" up
    printf '%s\n' '-- migrate:up' 'CREATE TABLE more (id INTEGER);' \
        'INSERT INTO more' '  SELECT nothing FROM things;' >four/0004_more.sql
    rm four/0003_index.sql
    cg --migrations=four up
    [ "$status" = 5 ]
    complains 'cg-migrate: four/0004_more.sql:4:10: up, statement 2 of 2: '
    complains $'      SELECT nothing FROM things;\n             ^'
    complains 'this step left nothing, steps before it stand'
    [ "$(sql "SELECT count(*) FROM cg_ledger WHERE event = 'fail' AND version = 4")" = 1 ]
    run ! sql 'SELECT * FROM more'
}

@test "a step that fails is 5, with the place in the file" {
    four() {
        write_migrations four
        fail_in_a_step
    }
    on_both four
}

fail_outside() {
    mkdir half
    printf '%s\n' '-- migrate:up transaction:false' 'CREATE TABLE a (x INTEGER);' \
        'CREATE TABLE a (x INTEGER);' >half/0001_half.sql
    expect 6 --migrations=half up
    complains 'migration 0001_half, statement 2 runs outside a transaction and failed: half/0001_half.sql:3:'
    complains 'hint: the statements before it stand: mend this one and run cg-migrate up again'
    expect 0 --migrations=half status
    says 'pending, interrupted'
    sed -i '3s/ a / b /' half/0001_half.sql
    expect 0 --migrations=half up
}

@test "half of a migration outside a transaction is 6" {
    on_both fail_outside
}

find_history_problems() {
    expect 0 "$m" up 1
    sed 's/VARCHAR(20)/VARCHAR(30)/' "${m#*=}/0001_things.sql" >h/0001_things.sql
    unchanged 7 --migrations=h up
    complains 'migration 0001_things was edited after it was applied'
    unchanged 7 --migrations=h down
    unchanged 0 --migrations=h status
    says 'changed'
    rm h/0001_things.sql
    printf '%s\n' '-- migrate:up' 'SELECT 1;' >h/0002_other.sql
    unchanged 7 --migrations=h up
    complains 'migration 0001_things was applied and its file is missing'
    unchanged 0 --migrations=h status
    says 'missing'
    cp "${m#*=}/0001_things.sql" h
    mv h/0002_other.sql h/0005_other.sql
    expect 0 --migrations=h up
    printf '%s\n' '-- migrate:up' 'SELECT 1;' >h/0003_late.sql
    unchanged 7 --migrations=h up
    complains 'migration 0003_late is out of order: 5 is applied already'
    break_ledger
    unchanged 7 "$m" status
    complains 'the ledger is broken at event 2: its content was changed'
}

break_ledger() {
    if [ "$engine" = sqlite ]; then
        sql 'DROP TRIGGER cg_ledger_refuse_update'
    else
        sql 'DROP TRIGGER cg_ledger_refuse_change ON cg_ledger'
    fi
    sql "UPDATE cg_ledger SET who = 'nobody' WHERE number = 2"
}

@test "a history that was edited, removed, out of order or forged is 7" {
    h() {
        mkdir h
        find_history_problems
    }
    on_both h
}

refuse_files() {
    expect 0 "$m" up 1
    mkdir bad
    printf '%s\n' '-- migrate:upp' 'SELECT 1;' >bad/0001_a.sql
    unchanged 2 --migrations=bad up
    complains 'bad/0001_a.sql:1:'
    printf '%s\n' '-- migrate:up' 'SELECT 1;' >bad/0001_a.sql
    cp bad/0001_a.sql bad/001_b.sql
    unchanged 2 --migrations=bad up
    complains 'have the same version 1'
    rm bad/001_b.sql
    printf '%s\n' '-- migrate:up' "SELECT 'abc;" >bad/0001_a.sql
    unchanged 2 --migrations=bad up
    complains 'bad/0001_a.sql:2:8: '
    printf '%s\n' '-- migrate:up' 'SELECT 1;' 'COMMIT;' >bad/0001_a.sql
    unchanged 2 --migrations=bad up
    complains 'bad/0001_a.sql:3:1: '
    unchanged 2 --migrations=bad status
    unchanged 2 --migrations=nowhere up
    complains 'hint: name the directory with --migrations DIR'
}

@test "a migration file that is wrong is 2, with its place" {
    on_both refuse_files
}

interrupt() {
    CG_FAULT=migrate.up.committed:1:sleep=1 "$BIN/cg-migrate" -d "$url" "$m" up >out 2>err &
    local run=$!
    await_event 'up 1'
    kill -INT $run
    local ended=0
    wait $run || ended=$?
    [ $ended = 130 ]
    grep -F 'interrupted before migration 0002_color' err
    expect 0 "$m" up
    [ "$(history)" = 'up 1 up 2' ]
}

await_event() { # "up 1", within five seconds
    for _ in $(seq 100); do
        [ "$(history 2>/dev/null)" != "$1" ] || return 0
        sleep 0.05
    done
    return 1
}

@test "an interrupt between two steps is 130, and the next run goes on" {
    on_both interrupt
}

@test "an interrupt while a table's lock is waited for is 130, and nothing was changed" {
    pg_require
    use_engine postgresql
    expect 0 "$m" up 1
    sed -i 's/-- migrate:up/-- migrate:up lock_timeout:200ms/' "${m#*=}/0002_color.sql"
    hold 'SELECT count(*) FROM things'
    "$BIN/cg-migrate" -d "$url" "$m" up >out 2>err 7>&- &
    run=$!
    until grep -q 'a lock was not had within the lock timeout, trying again' err; do sleep 0.05; done
    kill -INT $run
    ended=0
    wait $run || ended=$?
    release
    [ $ended = 130 ]
    grep -F 'migration 0002_color: nothing was changed; a lock was not had in time' err
    expect 0 "$m" up
}

# ---- which database ------------------------------------------------------------------------------

@test "no database, two of them, and no number are 2" {
    run --separate-stderr "$BIN/cg-migrate" status
    [ "$status" = 2 ]
    complains 'cg-migrate: no database given'
    complains 'hint: name it with -d URL or --cinder-conf FILE'
    run --separate-stderr "$BIN/cg-migrate" -d sqlite:a -d sqlite:b status
    [ "$status" = 2 ]
    complains 'two databases given'
    run --separate-stderr "$BIN/cg-migrate" -d sqlite:a --cinder-conf x status
    [ "$status" = 2 ]
    complains 'two databases given'
    use_engine sqlite
    for arguments in 'up x' 'up -- -1' 'down --to -1' 'down --to 1x' 'up 1 --to 1' 'up 1 2' 'undo' ''; do
        # shellcheck disable=SC2086 # several arguments
        unchanged 2 $arguments
    done
    expect 0 "$m" up --to 0002
    expect 0 "$m" down --to 0001
}

@test "the address comes from the command line, cinder.conf or the environment" {
    use_engine sqlite
    printf '[database]\nconnection = sqlite:///%s\n' "$file" >cinder.conf
    run --separate-stderr "$BIN/cg-migrate" --cinder-conf cinder.conf "$m" up 0
    [ "$status" = 0 ]
    complains '(from cinder.conf)'
    CG_DATABASE_URL=$url DATABASE_URL=mysql://x run --separate-stderr "$BIN/cg-migrate" "$m" up 0
    [ "$status" = 0 ]
    complains '(from CG_DATABASE_URL)'
    DATABASE_URL=$url run --separate-stderr "$BIN/cg-migrate" "$m" up 0
    [ "$status" = 0 ]
    complains '(from DATABASE_URL)'
    CG_DATABASE_URL=mysql://x expect 0 "$m" status
}

@test "a database that is not supported is 2, one that does not answer 3" {
    for url in mysql+pymysql://cinder:secret@db/cinder mysql://cinder:secret@db/cinder; do
        expect 2 status
        complains 'MySQL and MariaDB are not supported yet (MariaDB is planned), PostgreSQL and SQLite are'
        [[ $stderr$output != *secret* ]]
    done
    url='postgresql://cinder:secret@/cinder?host=/nowhere'
    expect 3 status
    complains 'hint: check host and port in the address'
    [[ $stderr$output != *secret* ]]
    url=postgresql://127.0.0.1:1/cinder
    expect 3 up
}

@test "an SQLite file that is not there, is none, or is a folder is 3 and stays as it is" {
    use_engine sqlite
    url=sqlite:absent
    expect 3 up
    complains '"absent" does not exist'
    complains 'hint: check the path'
    [ ! -e absent ]
    url=sqlite:$PWD
    expect 3 status
    complains 'is a folder'
    echo 'this is no database, but it is long enough to be mistaken for one by its size alone' >"$file"
    url=sqlite:$file
    unchanged 3 status
    complains 'is not an SQLite database'
    unchanged 3 up
    url=sqlite://$file
    expect 3 status
    complains "three slashes name a relative file; four name the one that is there: sqlite:///$file"
}

# As a user who is not let in by every permission.
as_nobody() {
    if [ "$(id -u)" = 0 ]; then
        setpriv --reuid nobody --regid nogroup --clear-groups -- "$@"
    else
        "$@"
    fi
}

@test "an SQLite file or folder that cannot be written to is 8" {
    [ "$(id -u)" != 0 ] || as_nobody "$BIN/cg-migrate" --version >/dev/null 2>&1 ||
        skip 'the programs cannot be reached by another user than root'
    use_engine sqlite
    open=$(mktemp -d /tmp/cgtest.XXXXXX)
    file=$open/db
    url=sqlite:$file
    : >"$file"
    write_migrations "$open/m"
    expect 0 --migrations="$open/m" up 1 --no-backup
    chmod 755 "$open"
    chmod 444 "$file"
    before=$(digest)
    run --separate-stderr as_nobody "$BIN/cg-migrate" -d "$url" --migrations="$open/m" up
    [ "$status" = 8 ]
    complains 'cannot be written to'
    run --separate-stderr as_nobody "$BIN/cg-migrate" -d "$url" --migrations="$open/m" status
    [ "$status" = 0 ]
    chmod 666 "$file"
    [ "$(id -u)" = 0 ] || chmod 555 "$open"
    run --separate-stderr as_nobody "$BIN/cg-migrate" -d "$url" --migrations="$open/m" up
    [ "$status" = 8 ]
    complains 'cannot make the lock file'
    [ "$before" = "$(digest)" ]
    chmod 755 "$open"
    rm -r "$open"
}

@test "an SQLite file that another process keeps locked is 4" {
    use_engine sqlite
    expect 0 "$m" up 1
    mkfifo commands
    sqlite3 "$file" <commands &
    exec 8>commands
    # The one that looks whether it is locked may be in the way for a moment.
    printf '.timeout 5000\nBEGIN EXCLUSIVE; SELECT 1;\n' >&8
    while sqlite3 "$file" 'SELECT count(*) FROM sqlite_schema' >/dev/null 2>&1; do sleep 0.02; done
    before=$(sha256sum <"$file")
    cg "$m" up
    exec 8>&-
    wait
    [ "$status" = 4 ]
    complains 'database is locked'
    [ "$before" = "$(sha256sum <"$file")" ]
}

@test "reading leaves no trace beside an SQLite file" {
    use_engine sqlite
    expect 0 "$m" up 1 --no-backup
    before=$(ls -l --time-style=full-iso)
    unchanged 0 "$m" status
    unchanged 0 "$m" plan
    [ "$before" = "$(ls -l --time-style=full-iso)" ]
    sql 'PRAGMA journal_mode = wal'
    unchanged 0 "$m" status
}

@test "the copy is made before the first change, beside the file" {
    use_engine sqlite
    expect 0 "$m" up 1
    [ "$(find . -name '*.bak' | wc -l)" = 0 ]
    before=$(sql .dump)
    expect 0 "$m" up
    copy=$(find . -name '*.bak')
    says "copied to $PWD/${copy#./}"
    [ "$(sqlite3 "$copy" .dump)" = "$before" ]
    expect 0 "$m" up
    [ "$(find . -name '*.bak' | wc -l)" = 1 ]
    expect 0 "$m" down --no-backup
    [ "$(find . -name '*.bak' | wc -l)" = 1 ]
}

@test "a full disk is 5 and leaves the database as it was" {
    [ "$(id -u)" = 0 ] || skip 'only root can mount a small disk'
    use_engine sqlite
    mkdir disk
    mount -t tmpfs -o size=300k none disk 2>/dev/null || skip 'no small disk can be mounted'
    file=$PWD/disk/db
    url=sqlite:$file
    on_full_disk || { umount disk; return 1; }
    umount disk
}

on_full_disk() {
    mkdir big
    cp "${m#*=}/0001_things.sql" big
    expect 0 --migrations=big up --create || return 1
    printf '%s\n' '-- migrate:up' 'CREATE TABLE big (x BLOB);' \
        'INSERT INTO big VALUES (zeroblob(400000));' >big/0002_big.sql
    unchanged_rows 5 --migrations=big up --no-backup || return 1
    complains 'migration 0002_big: database or disk is full [SQLITE_FULL]' || return 1
    complains 'hint: make room and run the command again' || return 1
    head -c 1000000 /dev/zero >disk/filler 2>/dev/null
    unchanged_rows 5 "$m" up || return 1
    complains 'cg-migrate: nothing was changed: cannot copy to ' || return 1
    complains 'hint: make room, or go without a copy: --no-backup' || return 1
    rm disk/filler
    [ "$(find disk -name '*.bak')" = '' ] || return 1
    expect 0 "$m" up
}

# All but the ledger's note of the failure.
unchanged_rows() { # exit status, arguments
    local before
    before=$(sql 'SELECT * FROM things; SELECT sql FROM sqlite_schema')
    expect "$@" && [ "$before" = "$(sql 'SELECT * FROM things; SELECT sql FROM sqlite_schema')" ]
}

@test "a result that cannot be written is 5" {
    use_engine sqlite
    for verb in status plan 'status --format json' --help; do
        # shellcheck disable=SC2086 # two arguments
        run bash -c '"$1" -d "$2" "${@:3}" >/dev/full' sh "$BIN/cg-migrate" "$url" "$m" $verb
        [ "$status" = 5 ]
        says 'cannot write'
    done
}

# ---- a PostgreSQL server -------------------------------------------------------------------------

secret_url() { # password
    local host=$PGHOST
    printf 'postgresql://cg_password_user:%s@/%s?host=%s\n' "$1" "$(pg_name "$url")" "$host"
}

@test "a wrong password is 3, and no password is ever shown" {
    pg_require
    use_engine postgresql
    sql 'ALTER SCHEMA public OWNER TO cg_password_user'
    right=$(secret_url 'p@ss/w#rd?x')
    name=$(pg_name "$url")
    for url in "$(secret_url 'wr@ng/one')" \
        "host=$PGHOST user=cg_password_user dbname=$name password = 'wr@ng/one'"; do
        expect 3 status
        complains 'hint: check the user'\''s name and password'
        [[ $output$stderr != *wr@ng* && $output$stderr != *@ng* && $output$stderr != */one* ]]
    done
    url=$right
    for verb in 'status' 'status --format json' 'plan' 'up -v' 'down -v' 'up --to 99' 'adopt' \
        "up $right" "$right" "--data=$right status"; do
        # shellcheck disable=SC2086 # several arguments
        cg "$m" $verb
        [[ $output$stderr != *p@ss* && $output$stderr != *w#rd* && $output$stderr != *rd?x* ]]
    done
}

@test "a password does not stand in the list of processes" {
    pg_require
    use_engine postgresql
    sql 'ALTER SCHEMA public OWNER TO cg_password_user'
    for address in "$(secret_url 'p@ss/w#rd?x')" \
        "host=$PGHOST user=cg_password_user dbname=$(pg_name "$url") password = 'p@ss/w#rd?x'"; do
        : >out # what the loop waits for must not be there from the time before
        CG_FAULT=migrate.up.begun:1:sleep=1 "$BIN/cg-migrate" -d "$address" "$m" up 1 >out 2>&1 &
        until grep -q database: out; do sleep 0.02; done
        tr '\0' ' ' </proc/$!/cmdline >cmdline
        wait $!
        grep -F 'cg-migrate -d' cmdline
        run ! grep -F 'w#rd' cmdline
        expect 0 "$m" down 1
    done
}

@test "a missing right is 8" {
    pg_require
    use_engine postgresql
    expect 0 "$m" up 1
    right=$(secret_url 'p@ss/w#rd?x')
    url=$right expect 8 "$m" status
    complains 'permission denied for table cg_ledger [42501]'
    sql 'GRANT ALL ON cg_ledger, things TO cg_password_user'
    url=$right expect 8 "$m" up
    complains '0002_color.sql:2:1: up, statement 1 of 1: must be owner of table things [42501]'
    complains 'hint: connect as a role that has it'
    [ "$(history)" = 'up 1' ]
}

@test "a statement timeout is 5" {
    pg_require
    use_engine postgresql
    mkdir slow
    printf '%s\n' '-- migrate:up statement_timeout:100ms' 'SELECT pg_sleep(20);' >slow/0001_slow.sql
    unchanged 5 --migrations=slow up
    complains 'canceling statement due to statement timeout [57014]'
    complains 'longer statement_timeout'
}

@test "a session that the server ends is 5, and the next run goes on" {
    pg_require
    use_engine postgresql
    mkdir dies
    cp "${m#*=}/0001_things.sql" dies
    printf '%s\n' '-- migrate:up' 'CREATE TABLE a (x INTEGER);' \
        'SELECT pg_terminate_backend(pg_backend_pid());' >dies/0002_dies.sql
    expect 5 --migrations=dies up
    complains 'dies/0002_dies.sql:3:1: up, statement 2 of 2: '
    complains 'terminating connection'
    complains 'hint: run the command again: this step left nothing'
    [ "$(history)" = 'up 1' ]
    rm dies/0002_dies.sql
    expect 0 --migrations=dies up
}
