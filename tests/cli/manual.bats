# The manual is true: its examples run, its verbs and options are those of the programs, its tables of
# addresses and of exit codes are provoked row by row.

bats_require_minimum_version 1.5.0

setup_file() {
    unset CG_DATABASE_URL DATABASE_URL CG_FAULT CG_FAULT_TRACE NO_COLOR
    cd "$BATS_FILE_TMPDIR" || return 1
    make_states sqlite >&2
    [ -z "${CG_TEST_PG_URL-}" ] || make_states postgresql >&2
    # Without fault points (a release build) a few rows cannot be provoked.
    cp kilo.sqlite traced.sqlite
    CG_FAULT_TRACE=$PWD/trace "$BIN/cg-migrate" -q -d sqlite:traced.sqlite adopt >&2
}

setup() {
    load ../lib/pg.sh
    cd "$(mktemp -d "$BATS_TEST_TMPDIR/XXXX")" || return 1
}

teardown() {
    [ -z "${background-}" ] || kill "$background" 2>/dev/null || true
}

# The demonstration as it is while an operator goes through an evening: one database a state.
#   empty, kilo (Cinder's own), adopted, up (the index waits), filled (with the index)
make_states() { # engine
    local engine=$1 before='' state at
    for state in empty kilo adopted up filled; do
        if [ "$engine" = sqlite ]; then
            at=sqlite:$state.sqlite
            cp "${before:-/dev/null}${before:+.sqlite}" "$state.sqlite"
        else
            psql -qX -d postgres -c "CREATE DATABASE manual_$state TEMPLATE ${before:+manual_}${before:-template1}"
            at="postgresql:///manual_$state?host=$PGHOST&user=$PGUSER"
        fi
        case $state in
        kilo) "$BIN/cg-fixtures" -q -d "$at" load --create "$SRC/fixtures/demo.yaml" ;;
        adopted) "$BIN/cg-migrate" -q -d "$at" adopt ;;
        up) "$BIN/cg-migrate" -q -d "$at" up --no-backup ;;
        filled) "$BIN/cg-backfill" -q -d "$at" run && "$BIN/cg-migrate" -q -d "$at" up --no-backup ;;
        esac
        before=$state
    done
}

# What stands literally in a page: options have \-, quotes \(dq there.
plain() {
    sed -e 's/\\-/-/g' -e 's/\\(dq/"/g' -e 's/\\\[u00E4\]/ä/g' -e 's/\\e/\\/g'
}

# ---- examples ------------------------------------------------------------------------------------

# "exit status TAB command" of each example; "prepare" instead of a status for what goes before it.
examples() { # page
    awk '/^\.\\" exit / { wanted = $3 }
         /^\.\\" prepare / { sub(/^\.\\" prepare /, ""); print "prepare\t" $0 }
         /^\.Dl \$ / { sub(/^\.Dl \$ /, ""); print wanted + 0 "\t" $0; wanted = 0 }' \
        "$SRC/docs/man/$1.in" | plain
}

# Writes the files that a page shows.
example_files() { # page
    mkdir -p migrations
    awk '/^\.\\" file / { file = $3 }
         /^\.Ed/ { file = ""; text = 0 }
         text { print > file }
         file != "" && /^\.Bd/ { text = 1 }' <(plain <"$SRC/docs/man/$1.in")
}

# The databases that the examples name, as the page finds them.
example_databases() { # page
    local state=kilo
    case $1 in
    cg-backfill.1) state=up ;;
    cg-verify.1 | cg-engine.1) state=filled ;;
    esac
    cp "$BATS_FILE_TMPDIR/$state.sqlite" cinder.sqlite
    cp "$BATS_FILE_TMPDIR/kilo.sqlite" before.sqlite
    cp "$BATS_FILE_TMPDIR/kilo.sqlite" liberty.sqlite
    sqlite3 liberty.sqlite 'ALTER TABLE consistencygroups ADD COLUMN source_cgid VARCHAR(36)'
    printf '[database]\nconnection = sqlite:///%s/cinder.sqlite\n' "$PWD" >cinder.conf
    ln -s "$SRC/fixtures" fixtures
    [ "$1" != cg-fixtures.1 ] || state=empty
    EXAMPLE_URL=''
    [ -z "${CG_TEST_PG_URL-}" ] || EXAMPLE_URL=$(pg_fresh_db "manual_$state")
}

run_examples() { # page
    local wanted command status count=0
    example_files "$1"
    example_databases "$1"
    PATH=$BIN:$PATH
    set -o pipefail
    while IFS=$'\t' read -r wanted command; do
        # shellcheck disable=SC2016 # expanded by eval
        command=${command//postgresql:\/\/\/cinder/'"$EXAMPLE_URL"'}
        command=${command//\/etc\/cinder\/cinder.conf/cinder.conf}
        [[ $command != *EXAMPLE_URL* || -n $EXAMPLE_URL ]] || continue
        status=0
        eval "$command" >out 2>&1 </dev/null || status=$?
        [ "$status" = "${wanted/prepare/0}" ] || {
            echo "$1: $command"
            echo "ends with $status, not $wanted"
            cat out
            return 1
        }
        count=$((count + 1))
    done < <(examples "$1")
    [ $count -gt 2 ]
}

@test "the examples of cg-migrate.1 run" {
    run_examples cg-migrate.1
}

@test "the examples of cg-backfill.1 run" {
    run_examples cg-backfill.1
}

@test "the examples of cg-verify.1 run" {
    run_examples cg-verify.1
}

@test "the examples of cg-engine.1 run" {
    run_examples cg-engine.1
}

@test "the examples of cg-fixtures.1 run" {
    run_examples cg-fixtures.1
}

@test "the examples of cg-migrations.7 run" {
    run_examples cg-migrations.7
}

@test "the examples of cinder-cg-tools.7 run" {
    run_examples cinder-cg-tools.7
}

# ---- verbs and options ---------------------------------------------------------------------------

@test "the pages have the verbs that the programs have" {
    for program in cg-migrate cg-backfill cg-verify cg-engine cg-fixtures; do
        "$BIN/$program" --help | sed -n '/^Verbs:/,/^$/s/^  \([a-z][a-z-]*\).*/\1/p' | grep -v '^help$' |
            sort >verbs
        sed -n '/^\.Sh DESCRIPTION/,/^\.Sh OPTIONS/s/^\.It Cm \([a-z-]*\)$/\1/p' "$SRC/docs/man/$program.1.in" |
            sort >described
        diff verbs described
        [ -s verbs ]
    done
}

@test "the pages name no option that there is not" {
    for page in "$SRC"/docs/man/*.in; do
        program=$(basename "$page" | sed 's/\..*//')
        for each in cg-migrate cg-backfill cg-verify cg-engine cg-fixtures; do
            [ "$program" = "$each" ] || [[ $page == *.7.in ]] || continue
            "$BIN/$each" --dump-options=mdoc | sed -n 's/^\.It.* Fl Fl \([a-z-]*\).*/\1/p'
        done | sort -u >there
        plain <"$page" | grep -o 'Fl Fl [a-z-]*' | cut -d' ' -f3 | sort -u >named
        # Options of other programs are named in running text, behind \-\-.
        [ -z "$(comm -13 there named)" ] || {
            echo "$page: $(comm -13 there named)"
            return 1
        }
    done
}

@test "the verdicts of cg-lineage are those of the program, in their order" {
    sed -n '/^\.Sh VERDICTS/,/^\.Ss/s/^\.It Cm //p' "$SRC/docs/man/cg-lineage.7.in" >described
    "$BIN/cg-backfill" -d "sqlite:$BATS_FILE_TMPDIR/up.sqlite" plan --format json |
        jq -r '.counts | keys_unsorted[]' >there
    diff described there
}

@test "the addresses of the manual are those of the address table" {
    plain <"$SRC/docs/man/cinder-cg-tools.7.in" |
        sed -n '/^\.\\" addresses/,/^\.Ed/p' | sed '1,2d;$d' | paste - - >shown
    [ "$(wc -l <shown)" -ge 30 ]
    awk -F'\t' '!/^#/ && $1 != "" {
        print $1 "\t    " ($11 == "" ? "= " $10 ($6 != "" ? "    password " $6 : "") : "! " $11)
    }' "$SRC/tests/data/addresses.tsv" >known
    grep -vxFf known shown >unknown || true
    diff /dev/null unknown
}

# ---- exit codes ----------------------------------------------------------------------------------

# What takes too long here, or needs what is not here. Named as in the table.
NOT_PROVOKED='migrate up, down|the lock of a table is not had within two minutes
backfill run|rows stay locked for half a minute
database|somebody else keeps the SQLite file locked for five seconds
migrate adopt, up, down|a connection pooler stands in between
backfill run|a connection pooler stands in between
backfill plan, run|interrupted while reading
verify audit|interrupted while reading
engine create-from-src|rows stay locked for half a minute
engine create-from-src, recover|a connection pooler stands in between'

# "code TAB verbs TAB when" of each row of the page.
exit_rows() {
    sed -n '/^\.\\" exit codes/,/^\.El/s/^\.It \([0-9]*\) Ta \(.*\) Ta \(.*\)/\1\t\2\t\3/p' \
        "$SRC/docs/man/cinder-cg-tools.7.in" | plain
}

# "program verb" lines of the second column.
expand_verbs() { # text
    case $1 in
    any) printf '%s\n' 'verify rules' 'verify explain' && expand_verbs database ;;
    database)
        printf '%s\n' 'migrate adopt' 'migrate status' 'migrate plan' 'migrate up' 'migrate down' \
            'backfill plan' 'backfill run' 'verify audit' 'verify tree' 'fixtures load' 'fixtures check' \
            'engine create-from-src' 'engine show' 'engine list' 'engine recover'
        ;;
    *) for verb in $(tr -d , <<<"${1#* }"); do echo "${1%% *} $verb"; done ;;
    esac
}

# A database of ours in a state; $url leads there.
sqlite() { # state
    file=$(mktemp "$PWD/db.XXXX")
    cp "$BATS_FILE_TMPDIR/$1.sqlite" "$file"
    url=sqlite:$file
}

# Leaves the row out, and has the test say so.
leave_out() { # why
    echo "$code $verbs: $1" >>"$BATS_TEST_TMPDIR/left_out"
    exit 0
}

need_server() {
    [ -n "${CG_TEST_PG_URL-}" ] || leave_out 'no PostgreSQL server'
}

pg() { # state
    need_server
    url=$(pg_fresh_db "manual_$1")
}

query() { # SQL
    case $url in
    sqlite:*) sqlite3 "$file" "$1" >/dev/null ;;
    *) psql -qXAt -v ON_ERROR_STOP=1 -d "$url" -c "$1" >/dev/null ;;
    esac
}

# The state in which a verb has its everyday work.
at_work() { # sqlite or pg
    case $program-$verb in
    migrate-adopt) "$1" kilo ;;
    migrate-down | backfill-* | fixtures-check) "$1" up ;;
    verify-audit | verify-tree | engine-*) "$1" filled ;;
    fixtures-load) "$1" empty ;;
    verify-*) url='' ;;
    *) "$1" adopted ;;
    esac
    arguments=()
    case $program-$verb in
    fixtures-load) arguments=("$SRC/fixtures/demo.yaml" --create) ;;
    fixtures-check) arguments=("$SRC/fixtures/demo.yaml") ;;
    verify-explain) arguments=(CGL101) ;;
    engine-create-from-src) arguments=(--consistencygroup wiki) ;;
    engine-show) arguments=(wiki) ;;
    esac
}

# Runs the verb on the database at hand; it must end with the code of the row.
ends() { # options
    local status=0
    "$BIN/cg-$program" "$verb" "${arguments[@]}" ${url:+-d "$url"} "$@" >out 2>&1 </dev/null || status=$?
    ended "$status" "$*"
}

ended() { # status, what was tried
    [ "$1" = "$code" ] || {
        echo "cg-$program $verb, $when: exit $1, not $code: $2"
        cat out
        return 1
    }
}

# What the program said of it: another reason may have the same code.
says() { # text
    grep -qF -- "$1" out || {
        echo "cg-$program $verb, $when: does not say: $1"
        cat out
        return 1
    }
}

migrate() { # arguments
    "$BIN/cg-migrate" -q -d "$url" --migrations m "$@" >/dev/null 2>&1
}

migration() { # version_name, up, down
    mkdir -p m
    printf -- '-- migrate:up%s\n-- migrate:down%s\n' "$2" "$3" >"m/$1.sql"
}

# Another program that holds the lock for a while, in the background.
hold_lock() { # name of the lock, command
    "${@:2}" >/dev/null 2>&1 3>&- &
    background=$!
    for _ in $(seq 300); do
        [ "$(psql -qXAt -d "$url" -c "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())")" = 0 ] || return 0
        sleep 0.02
    done
    echo "nobody took the lock $1"
    return 1
}

let_go() {
    psql -qXAt -d postgres -c "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = '$(pg_name "$url")'" >/dev/null
    wait "$background" || true
    background=''
}

backfill_at_work() {
    psql -qX -d "$url" -c 'BEGIN; LOCK consistencygroups IN SHARE MODE; SELECT pg_sleep(60)' >/dev/null 2>&1 3>&- &
    sleep 0.2
    hold_lock backfill "$BIN/cg-backfill" -d "$url" run
}

# SIGTERM, which ends a run as SIGINT does, once a statement or a fault point sleeps.
interrupt() { # command
    "$@" >out 2>&1 </dev/null 3>&- &
    background=$!
    for _ in $(seq 300); do
        ! sleeps || break
        sleep 0.02
    done
    kill -TERM "$background"
    local status=0
    wait "$background" || status=$?
    background=''
    ended "$status" "$*"
}

sleeps() {
    if [ -n "${CG_FAULT-}" ]; then
        [ -s trace ]
    else
        [ "$(psql -qXAt -d postgres -c "SELECT count(*) FROM pg_stat_activity
            WHERE datname = '$(pg_name "$url")' AND wait_event = 'PgSleep'")" != 0 ]
    fi
}

need_faults() {
    [ -s "$BATS_FILE_TMPDIR/trace" ] || leave_out 'a release build has no fault points'
}

# A role that may read and nothing more.
as_reader() {
    psql -qX -d postgres -c 'CREATE ROLE manual_reader LOGIN' 2>/dev/null || true
    query 'GRANT SELECT ON ALL TABLES IN SCHEMA public TO manual_reader; REVOKE CREATE ON SCHEMA public FROM PUBLIC'
    url=${url/user=$PGUSER/user=manual_reader}
}

poison() {
    need_faults
    sqlite up
    CG_FAULT=backfill.run.committed "$BIN/cg-backfill" -q -d "$url" run >/dev/null 2>&1 || true
    query "UPDATE cg_backfill_journal SET new_value = (SELECT max(id) FROM consistencygroups) WHERE seq = 1;
           UPDATE consistencygroups SET source_cg_id = (SELECT max(id) FROM consistencygroups)
            WHERE id = (SELECT group_id FROM cg_backfill_journal WHERE seq = 1)"
}

# What the driver is to do, in plan.yaml.
plan() { # lines of YAML
    printf '%s\n' "$@" >plan.yaml
}

# Leaves a group in creating, as a power cut would.
cut_power() {
    plan 'from_src: crash-after'
    ! "$BIN/cg-engine" -q -d "$url" create-from-src --consistencygroup wiki --plan plan.yaml >/dev/null 2>&1
}

refuse_updates() {
    query "CREATE TRIGGER refuse BEFORE UPDATE ON consistencygroups BEGIN SELECT RAISE(ABORT, 'no'); END"
}

# Ends with the code of the row, for each way to come to it. $program, $verb, $when and $code are set.
# shellcheck disable=SC2030,SC2031 # each row is a subshell, on purpose
provoke() {
    at_work sqlite
    case $when in
    'all is done, or there is nothing to do') ends ;;
    'differences that do not matter to the tools')
        query 'ALTER TABLE volumes ADD COLUMN site_note VARCHAR(10)' && ends
        ;;
    'the next migration waits') sqlite up && ends && says '0004 waits: ' ;;
    'something is pending') ends && says pending ;;
    'something is pending, with --exit-code') ends --exit-code ;;
    'findings, all of them below --fail-on') ends && says '1 warning' ;;
    'findings at or above --fail-on') ends --fail-on warning ;;
    'a rule that was not asked for by name cannot run') sqlite kilo && ends ;;
    'a rule that was asked for by name cannot run') sqlite kilo && ends --rule CGL003,CGL101 && says 'not checked' ;;
    'a verdict or a finding is not as stated') sqlite filled && ends ;;

    'a group ends in status error')
        cut_power && plan 'from_src: fail-before' && ends --plan plan.yaml && says 'error '
        ;;
    'somebody else has changed the status of a group, or deleted it')
        cut_power && query "UPDATE consistencygroups SET status = 'available' WHERE status = 'creating'" &&
            ends && says 'dropped' && says 'by other hands' && ends && says 'nothing to recover' && cut_power &&
            query "UPDATE consistencygroups SET deleted = TRUE WHERE status = 'creating'" && ends && says 'was deleted'
        ;;
    'another cg-engine is at work on a group')
        plan 'latency_ms: 10000'
        "$BIN/cg-engine" -q -d "$url" create-from-src --consistencygroup wiki --plan plan.yaml >/dev/null 2>&1 3>&- &
        background=$!
        for _ in $(seq 300); do
            [ -z "$(sqlite3 "$file" "SELECT id FROM consistencygroups WHERE status = 'creating'")" ] || break
            sleep 0.02
        done
        local status=0
        ends && says busy || status=1
        kill -KILL "$background"
        return $status
        ;;

    'an option is not known, or an argument is wrong') ends --no-such && ends one two three ;;
    'no database is named, or two are')
        ends -d sqlite:other && url='' && ends
        ;;
    'the address is malformed, or of another kind of database')
        url=postgresql:cinder && ends && url=mysql+pymysql://cinder@db/cinder && ends
        ;;
    'cinder.conf cannot be read, or is malformed')
        url='' && ends --cinder-conf nothere && printf '[database\n' >cinder.conf && ends --cinder-conf cinder.conf
        ;;
    'a migration file cannot be read, or is malformed')
        ends --migrations nothere && migration 0001_a $'\nSELECT 1;' '' && echo '-- migrate:upp' >>m/0001_a.sql &&
            ends --migrations m
        ;;
    '--to names no version, or one in the other direction')
        ends --to 99 && sqlite up && if [ "$verb" = up ]; then ends --to 1; else ends --to 4; fi
        ;;
    'an unknown verdict or naming') ends --accept frob && ends --names frob ;;
    'an unknown rule or severity') ends --rule CGL999 && ends --fail-on frob ;;
    'an unknown naming') ends --names frob ;;
    'an unknown rule') arguments=(CGL999) && ends ;;
    'no source is named, or two are')
        ends --cgsnapshot crm-2015-01 && arguments=() && ends
        ;;
    'a name is too long') ends --name "$(printf '%0256d' 0)" && says '256 characters' ;;
    'there is no such group or cgsnapshot, or there are several')
        query "UPDATE consistencygroups SET name = 'wiki' WHERE name = 'erp'" && ends && says 'named "wiki"' &&
            if [ "$verb" = show ]; then arguments=(nothere); else arguments=(--cgsnapshot nothere); fi && ends
        ;;
    'the driver is not known, or its plan cannot be read or is malformed')
        ends --driver lvm && ends --plan nothere && plan 'latncy_ms: 5' && ends --plan plan.yaml
        ;;
    'the data set cannot be read, is malformed, or does not fit')
        sqlite empty && arguments=(nothere) && ends && echo 'rows: [' >bad.yaml && arguments=(bad.yaml) && ends &&
            arguments=("$SRC/fixtures/demo.yaml") && ends
        ;;

    'the server does not answer, or lets nobody in')
        url="postgresql:///cinder?host=$PWD" && ends && need_server &&
            url="postgresql://cg_password_user:wrong@/postgres?host=$PGHOST" && ends
        ;;
    'the file is missing, or is no SQLite database')
        [ "$verb" != load ] || arguments=("$SRC/fixtures/demo.yaml")
        url=sqlite:nothere && ends && echo 'not a database, but a long enough text' >text &&
            url=sqlite:text && ends
        ;;
    'the connection is lost' | 'the connection is lost before the group is in creating')
        pg up
        query "CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS
            'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NEW; END';
            CREATE TRIGGER die BEFORE UPDATE ON consistencygroups FOR EACH ROW EXECUTE PROCEDURE die()" && ends
        ;;

    'another run is at work for longer than --lock-wait')
        at_work pg
        if [ "$program" = backfill ]; then
            backfill_at_work
        else
            migration 0001_sleep $'\nSELECT pg_sleep(60);' ''
            [ "$verb" = adopt ] || cp "$SRC"/schema/migrations/* m
            [ "$verb" = adopt ] || mv m/0001_sleep.sql m/0009_sleep.sql
            [ "$verb" != down ] || query "INSERT INTO cg_backfill_run SELECT 1, 'finished', 'spec', 'c', '', now(),
                now(), now(), NULL, NULL, NULL, 1, NULL, 0, 0, 0, 0, 0, NULL, NULL, NULL, NULL"
            [ "$verb" != up ] || rm m/0004*
            hold_lock migrate "$BIN/cg-migrate" -d "$url" up --migrations m
        fi
        ends --lock-wait 0 && let_go
        ;;

    'the result cannot be written')
        local status=0
        "$BIN/cg-$program" "$verb" "${arguments[@]}" ${url:+-d "$url"} >/dev/full 2>out || status=$?
        ended "$status" 'to /dev/full'
        ;;
    'a statement fails, or the connection is lost in it')
        local failing=$'\nSELECT * FROM nothere;' dying=$'\nSELECT pg_terminate_backend(pg_backend_pid());'
        sqlite empty
        if [ "$verb" = up ]; then
            migration 0001_a "$failing" '' && ends --migrations m && pg empty &&
                migration 0001_a "$dying" '' && ends --migrations m
        else
            migration 0001_a $'\nSELECT 1;' "$failing" && migrate up && ends --migrations m && pg empty &&
                migration 0001_a $'\nSELECT 1;' "$dying" && migrate up && ends --migrations m
        fi
        ;;
    'a statement fails before the group is in creating')
        query "CREATE TRIGGER refuse BEFORE INSERT ON volumes BEGIN SELECT RAISE(ABORT, 'no'); END" && ends
        ;;
    'a batch fails') refuse_updates && ends && says 'is not finished' ;;
    'a row is there already') sqlite kilo && arguments=("$SRC/fixtures/demo.yaml") && ends ;;
    '--create, and the tables are there') sqlite kilo && ends ;;

    'a statement outside a transaction fails')
        pg empty
        query 'CREATE TABLE t (a INTEGER); INSERT INTO t VALUES (1), (1)'
        if [ "$verb" = up ]; then
            migration 0001_a $' transaction:false\nCREATE UNIQUE INDEX CONCURRENTLY t_a ON t (a);' ''
        else
            migration 0001_a $'\nSELECT 1;' $' transaction:false\nSELECT 1;\nDROP INDEX CONCURRENTLY nothere;' && migrate up
        fi
        ends --migrations m
        ;;
    'no catalog tells whether a statement outside a transaction took')
        pg empty
        migration 0001_a $' transaction:false\nDO $$ BEGIN RAISE EXCEPTION \'no\'; END $$;' ''
        migrate up || ends --migrations m && says 'no catalog tells'
        ;;
    'a down was left half way')
        pg empty
        migration 0001_a $'\nSELECT 1;' $' transaction:false\nSELECT 1;\nDROP INDEX CONCURRENTLY nothere;' && migrate up
        migrate down || ends --migrations m && says 'half way'
        ;;
    'the driver fails, or returns the status error')
        plan 'from_src: fail-member' && ends --plan plan.yaml && says 'is in "error"' &&
            plan 'from_src: group-error' && ends --plan plan.yaml && says 'returned "error" for the group'
        ;;
    'the database fails when the group is in creating')
        [ "$verb" != recover ] || cut_power
        query "CREATE TRIGGER refuse BEFORE UPDATE ON consistencygroups WHEN OLD.status = 'creating'
            BEGIN SELECT RAISE(ABORT, 'no'); END" && ends && says 'did not finish group'
        ;;
    'somebody else has changed the status of one of its volumes, or attached it')
        if [ "$verb" = recover ]; then
            cut_power && query "UPDATE volumes SET status = 'available' WHERE status = 'creating'"
        else
            query "CREATE TRIGGER other AFTER INSERT ON volumes
                BEGIN UPDATE volumes SET attach_status = 'attached' WHERE id = NEW.id; END"
        fi
        ends && says 'by other hands, nothing was touched'
        ;;
    'a value contradicts its own evidence') poison && ends && says 'is poisoned' ;;

    'the ledger was edited')
        sqlite adopted
        query "DROP TRIGGER cg_ledger_refuse_update; UPDATE cg_ledger SET who = 'nobody'" && ends && says 'the ledger is broken'
        ;;
    'an applied file was edited' | 'an applied file is missing' | 'a new file stands below an applied one')
        sqlite empty
        migration 0002_a $'\nSELECT 1;' $'\nSELECT 1;' && migration 0003_b $'\nSELECT 1;' $'\nSELECT 1;' && migrate up
        case $when in
        *edited) migration 0002_a $'\nSELECT 2;' $'\nSELECT 1;' ;;
        *missing) rm m/0002_a.sql ;;
        *) migration 0001_c $'\nSELECT 1;' '' ;;
        esac
        ends --migrations m && says "migration 000"
        ;;

    'tables that were there before are not adopted') sqlite kilo && ends && says 'cg-migrate adopt' ;;
    'the tables in the database are not those of a Cinder')
        sqlite empty && sqlite3 "$file" 'CREATE TABLE servers (id INTEGER)' && ends && says servers
        ;;
    'a table or column that the tools read is missing')
        query 'ALTER TABLE volumes RENAME COLUMN source_volid TO came_from' && ends && says source_volid &&
            sqlite empty && ends && says 'cannot be adopted'
        ;;
    'cg-migrate made the tables itself')
        sqlite empty && "$BIN/cg-migrate" -q -d "$url" up >/dev/null 2>&1 && ends &&
            says 'nothing to adopt'
        ;;
    '--to names a migration that waits') sqlite up && ends --to 4 && says waits ;;
    'the version was adopted') sqlite adopted && ends && says 'was adopted' ;;
    'the migration is irreversible, or has no down')
        sqlite empty && migration 0001_a $'\nSELECT 1;' ' irreversible:"no way back"' && migrate up &&
            ends --migrations m && says 'no way back' && sed -i '/down/d' m/0001_a.sql && sqlite empty && migrate up &&
            ends --migrations m && says 'cannot be undone'
        ;;
    'a table to be preserved has no primary key')
        sqlite empty && migration 0001_a $'\nCREATE TABLE t (a INTEGER);' $' preserve:t\nDROP TABLE t;' && migrate up &&
            ends --migrations m && says 'no primary key'
        ;;
    'a backfill is at work') at_work pg && backfill_at_work && ends && says 'a backfill is running' && let_go ;;
    'a backfill is not finished')
        refuse_updates && ! "$BIN/cg-backfill" -d "$url" run >/dev/null 2>&1 && ends && says 'is not finished'
        ;;
    'the database cannot be written')
        at_work pg
        query "ALTER DATABASE \"$(pg_name "$url")\" SET default_transaction_read_only = on" && ends
        ;;
    'a right is missing') at_work pg && as_reader && ends && says 'permission denied' ;;
    "the journal's tables are missing")
        sqlite kilo && query 'ALTER TABLE consistencygroups ADD COLUMN source_cg_id VARCHAR(36)' && ends && says cg_backfill_run
        ;;
    'an earlier run is poisoned')
        poison && ! "$BIN/cg-backfill" -d "$url" run >/dev/null 2>&1 && ends && says --acknowledge
        ;;
    'an unfinished run writes another column')
        refuse_updates && ! "$BIN/cg-backfill" -d "$url" run >/dev/null 2>&1 &&
            query 'DROP TRIGGER refuse; ALTER TABLE consistencygroups ADD COLUMN source_cgid VARCHAR(36)' &&
            ends --names liberty && says 'is not finished, and writes'
        ;;
    'the column to write is missing')
        sqlite adopted && "$BIN/cg-migrate" -q -d "$url" up --to 2 >/dev/null 2>&1 && ends &&
            says 'there is no column'
        ;;
    'the source is empty, in a wrong status, encrypted, or of a type that is gone')
        query "UPDATE volumes SET volume_type_id = 'gone' WHERE display_name = 'wiki-db'" && ends && says 'which is gone' &&
            query "UPDATE volumes SET encryption_key_id = 'key'" && ends && says 'is encrypted' &&
            query "UPDATE volumes SET status = 'deleting'" && ends && says 'is in status' &&
            query 'UPDATE volumes SET consistencygroup_id = NULL' && ends && says 'is empty'
        ;;
    'a quota is full') arguments=(--consistencygroup research-raw) && ends && says 'leaves no room' ;;
    'the column source_cg_id is missing') sqlite adopted && ends && says source_cg_id ;;
    'it is no database of a Cinder') sqlite empty && ends ;;
    'a column that the data set needs is missing')
        sqlite kilo && arguments=("$SRC/fixtures/verdicts-recorded.yaml") && ends && says source_cg_id
        ;;

    'interrupted between two migrations')
        pg empty
        local nap=$'\nSELECT pg_sleep(0.4);'
        [ "$verb" = up ] || nap=$'\nSELECT 1;'
        migration 0001_a "$nap" $'\nSELECT 1;'
        migration 0002_b $'\nSELECT 1;' $'\nSELECT pg_sleep(0.4);'
        [ "$verb" = up ] || migrate up
        interrupt "$BIN/cg-migrate" "$verb" -d "$url" --migrations m 2
        ;;
    'interrupted between two batches')
        need_faults
        export CG_FAULT=backfill.run.taken:sleep=0.4 CG_FAULT_TRACE=trace
        interrupt "$BIN/cg-backfill" "$verb" -d "$url"
        ;;
    'interrupted between two groups')
        need_faults
        cut_power && cut_power
        export CG_FAULT=engine.create.loaded:sleep=0.4 CG_FAULT_TRACE=trace
        interrupt "$BIN/cg-engine" "$verb" -d "$url"
        ;;
    *)
        echo "no test provokes: $when"
        return 1
        ;;
    esac
}

provoke_rows() { # code
    local code verbs when program verb failed='' count=0
    while IFS=$'\t' read -r code verbs when; do
        [ "$code" = "$1" ] || continue
        count=$((count + 1))
        ! grep -qxF "$verbs|$when" <<<"$NOT_PROVOKED" || continue
        while read -r program verb; do
            mkdir "$count-$verb-$program"
            (cd "$count-$verb-$program" && provoke) || failed+="$code $program $verb: $when"$'\n'
        done < <(expand_verbs "$verbs")
    done < <(exit_rows)
    echo "failed:"
    printf '%s' "$failed"
    [ -z "$failed" ]
    [ $count -gt 0 ]
    [ ! -s "$BATS_TEST_TMPDIR/left_out" ] || skip "$(sort -u "$BATS_TEST_TMPDIR/left_out" | head -n1), and the like"
}

@test "exit code 0 is as the manual says" {
    provoke_rows 0
}

@test "exit code 1 is as the manual says" {
    provoke_rows 1
}

@test "exit code 2 is as the manual says" {
    provoke_rows 2
}

@test "exit code 3 is as the manual says" {
    provoke_rows 3
}

@test "exit code 4 is as the manual says" {
    provoke_rows 4
}

@test "exit code 5 is as the manual says" {
    provoke_rows 5
}

@test "exit code 6 is as the manual says" {
    provoke_rows 6
}

@test "exit code 7 is as the manual says" {
    provoke_rows 7
}

@test "exit code 8 is as the manual says" {
    provoke_rows 8
}

@test "exit code 9 is as the manual says" {
    provoke_rows 9
}

@test "exit code 130 is as the manual says" {
    provoke_rows 130
}

@test "the table has each code of the programs, and what is not provoked is in it" {
    exit_rows | cut -f1 | sort -nu >shown
    sed -n 's/^    CG_EXIT_[A-Z_]* = \([0-9]*\).*/\1/p' "$SRC/base/error.h" | sort -n >known
    diff shown known
    while read -r row; do
        exit_rows | cut -f2,3 | tr '\t' '|' | grep -qxF "$row"
    done <<<"$NOT_PROVOKED"
}
