# cg-backfill where something is amiss: what it says, how it ends, and that the database stays as it was.
#
# shellcheck disable=SC2154 # set by bats and by lib/

bats_require_minimum_version 1.5.0

setup() {
    load ../lib/tools.sh
}

teardown() {
    [[ ${shared-} != /tmp/cgtest.* ]] || rm -rf "$shared"
}

unchanged_by() { # exit status, arguments
    local before
    before=$(digest)
    tool backfill "$@"
    same "$before" "$(digest)" 'the database'
}

# ---- the wrong database, or one that is not ready ------------------------------------------------

refuse_what_is_not_ready() {
    sql 'CREATE TABLE other (x INTEGER)'
    for verb in plan run; do
        unchanged_by 8 $verb
        complains 'hint: is this the database of a Cinder with groups?'
    done
    new_database
    tool fixtures 0 load --create "$SRC/fixtures/demo.yaml"
    unchanged_by 8 plan
    complains 'there is no column "consistencygroups.source_cg_id" to write'
    complains 'hint: run cg-migrate up, which adds it'
    unchanged_by 8 run
    complains 'there is no table "cg_backfill_run"'
    complains 'hint: run cg-migrate up, which adds it'
    tool migrate 0 adopt
    tool migrate 0 up --to 2
    unchanged_by 8 run
    complains 'there is no column "consistencygroups.source_cg_id" to write'
    complains 'hint: run cg-migrate up, which adds it'
    unchanged_by 8 plan --names liberty
    complains 'there is no column "consistencygroups.source_cgid" to write'
    [ "$(sql 'SELECT count(*) FROM cg_backfill_run')" = 0 ]
}

@test "sqlite: no Cinder, no column, no journal are 8" { on sqlite refuse_what_is_not_ready; }
@test "postgresql: no Cinder, no column, no journal are 8" { on postgresql refuse_what_is_not_ready; }

@test "no database is 2, one that is not there 3" {
    run --separate-stderr "$BIN/cg-backfill" plan
    [ "$status" = 2 ]
    complains 'no database given'
    use_engine sqlite
    rm "$file"
    tool backfill 3 run
    [ ! -e "$file" ]
    url='postgresql://cinder:secret@/cinder?host=/nowhere'
    tool backfill 3 plan
    [[ $output$stderr != *secret* ]]
}

# ---- wrong options -------------------------------------------------------------------------------

refuse_options() {
    local each before
    with_rows demo.yaml
    before=$(digest)
    for each in nonsense settled none ambiguous conflict +none exact,+weak +weak,exact ',' '' \
        -recorded,-exact,-strong,-grown; do
        tool backfill 2 run --accept="$each"
        tool backfill 2 plan --accept="$each"
    done
    tool backfill 2 plan --accept nonsense
    complains 'there is no verdict "nonsense"'
    complains 'hint: verdicts to accept are: recorded, exact, strong, weak, grown, partial'
    for each in '--names=' '--batch 0' '--batch -1' '--batch 10001' '--batch x' '--lock-wait soon' \
        '--format xml' 'more' '--nothing' '--names newton'; do
        # shellcheck disable=SC2086 # several words
        tool backfill 2 run $each
    done
    complains 'hint: the namings are: groups, spec, liberty'
    tool backfill 2
    tool backfill 2 rum
    complains 'did you mean'
    same "$before" "$(digest)" 'the database'
}

@test "sqlite: options that mean nothing are 2" { on sqlite refuse_options; }
@test "postgresql: options that mean nothing are 2" { on postgresql refuse_options; }

accept_what_is_named() {
    with_rows demo.yaml
    tool_json backfill 0 '.to_write == 8 and .accept == ["recorded", "exact", "strong", "weak", "grown"]' \
        plan --accept +weak
    tool_json backfill 0 '.to_write == 4 and .accept == ["exact"]' plan --accept exact
    tool_json backfill 0 '.written == 4 and .counts.exact == 4' run --accept exact --names spec
    tool_json backfill 0 '.written == 3 and .counts.settled == 5' run --batch 1
    tool_json backfill 0 '.written == 1' run --accept weak
    [ "$(sql "SELECT count(*) FROM cg_backfill_journal WHERE verdict = 'weak' AND run_id = 3")" = 1 ]
}

@test "sqlite: --accept moves the bar" { on sqlite accept_what_is_named; }
@test "postgresql: --accept moves the bar" { on postgresql accept_what_is_named; }

# ---- evidence that has moved away ----------------------------------------------------------------

# As Cinder's own migration to generic groups leaves a database.
move_to_groups() {
    sql 'CREATE TABLE groups AS SELECT id, created_at, updated_at, deleted_at, deleted, user_id,
            project_id, cluster_name, host, availability_zone, name, description, group_type_id, status,
            group_snapshot_id, source_group_id
           FROM (SELECT g.*, NULL AS cluster_name, NULL AS group_type_id,
                        cgsnapshot_id AS group_snapshot_id, source_cg_id AS source_group_id
                   FROM consistencygroups g) moved'
    sql 'CREATE TABLE group_snapshots AS SELECT c.*, consistencygroup_id AS group_id FROM cgsnapshots c'
    sql 'ALTER TABLE volumes ADD COLUMN group_id VARCHAR(36)'
    sql 'ALTER TABLE snapshots ADD COLUMN group_snapshot_id VARCHAR(36)'
    sql 'UPDATE volumes SET group_id = consistencygroup_id, consistencygroup_id = NULL'
    sql 'UPDATE snapshots SET group_snapshot_id = cgsnapshot_id, cgsnapshot_id = NULL'
    sql "UPDATE consistencygroups SET deleted = '1', deleted_at = updated_at"
}

say_that_it_moved() {
    with_rows demo.yaml
    move_to_groups
    tool_json backfill 0 '.naming == "groups" and .column == "groups.source_group_id"' plan
    # Where it no longer is: nothing to do, but that is not all there is to say.
    tool backfill 0 plan --names spec
    complains '20 consistency groups were moved to generic groups'
    complains 'see --names groups'
    tool_json backfill 0 '.to_write == 0 and (.notice | contains("were moved to generic groups"))' \
        plan --names spec
    tool backfill 0 run --names spec
    complains '20 consistency groups were moved to generic groups'
    # Where it is.
    tool_json backfill 0 '.naming == "groups" and .written == 7 and .notice == null' run
    [ "$(sql 'SELECT count(source_group_id) FROM groups')" = 7 ]
}

@test "sqlite: evidence that has moved to groups is missed aloud" { on sqlite say_that_it_moved; }
@test "postgresql: evidence that has moved to groups is missed aloud" { on postgresql say_that_it_moved; }

# ---- rights, locks -------------------------------------------------------------------------------

@test "sqlite: a file or folder that cannot be written is 8, and plan works" {
    share backfill
    use_engine sqlite
    file=$shared/db
    url=sqlite:$file
    : >"$file"
    with_rows demo.yaml
    chmod 444 "$file"
    before=$(digest)
    as_nobody 8 backfill run
    complains 'cannot be written to'
    as_nobody 0 backfill plan
    chmod 666 "$file"
    as_nobody 8 backfill run
    complains 'cannot make the lock file'
    same "$before" "$(digest)" 'the database'
    [ "$(find "$shared" -name 'db?*')" = '' ]
}

@test "postgresql: a user without the rights is 8, and a standby's reader can plan" {
    pg_require
    use_engine postgresql
    with_rows demo.yaml
    owner=$url
    sql 'GRANT SELECT ON ALL TABLES IN SCHEMA public TO cg_password_user'
    url="postgresql://cg_password_user:p@ss/w#rd?x@/$(pg_name "$owner")?host=$PGHOST"
    tool backfill 8 run
    complains '[42501]'
    [[ $output$stderr != *w#rd* ]]
    tool backfill 0 plan
    url=$owner
    [ "$(sql 'SELECT count(*) FROM cg_backfill_run')" = 0 ]
    sql "ALTER DATABASE \"$(pg_name "$url")\" SET default_transaction_read_only = on"
    tool backfill 8 run
    complains 'this database cannot be written'
    tool backfill 0 plan
}

name_who_has_the_rows() {
    with_rows demo.yaml
    psql -qXAt -d "$(pg_name "$url")" >/dev/null 3>&- <<<'BEGIN; UPDATE consistencygroups SET status = status;
        SELECT pg_sleep(1.5); COMMIT' &
    for _ in $(seq 100); do
        [ "$(sql "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'")" = 0 ] || break
        sleep 0.02
    done
    tool backfill 0 run
    [[ $stderr =~ waiting\ for\ pid\ [0-9]+,\ psql ]]
    wait
}

@test "postgresql: who has rows locked is named while the run waits" { on postgresql name_who_has_the_rows; }

wait_for_the_other() {
    with_rows demo.yaml
    CG_FAULT=backfill.run.taken:1:sleep=1.2 "$BIN/cg-backfill" -d "$url" run >first 2>&1 &
    for _ in $(seq 100); do
        [ "$(sql 'SELECT count(*) FROM cg_backfill_run')" = 0 ] || break
        sleep 0.02
    done
    tool backfill 4 run --lock-wait 0
    complains 'not begun: another run holds the lock "backfill": pid '
    complains ', cg-backfill'
    complains 'hint: run again when it has ended'
    tool migrate 8 down --to 1
    complains 'a backfill is running: another run holds the lock "backfill": pid '
    tool backfill 0 plan
    tool_json backfill 0 '.run == 2 and .written == 0 and .counts.settled == 8' run
    complains 'waiting for another run: pid '
    wait $!
    grep -F 'Run 1 is finished: 7 values written' first
}

@test "sqlite: of two runs the second waits and names the first" { on sqlite wait_for_the_other; }
@test "postgresql: of two runs the second waits and names the first" { on postgresql wait_for_the_other; }

# A run that was poisoned stands in the way until somebody says that he has looked.
acknowledge_poison() {
    with_rows demo.yaml
    tool backfill 0 run
    sql "UPDATE cg_backfill_run SET state = 'poisoned', failure = 'for a test'"
    unchanged_by 8 run
    complains 'run 1 is poisoned'
    complains 'hint: look at its row and journal, then run with --acknowledge REASON'
    tool backfill 0 plan
    tool backfill 0 run --acknowledge 'looked at it'
    [ "$(sql 'SELECT acknowledged FROM cg_backfill_run WHERE id = 1')" = 'looked at it' ]
    tool backfill 0 run
}

@test "sqlite: after a poisoned run only --acknowledge goes on" { on sqlite acknowledge_poison; }
@test "postgresql: after a poisoned run only --acknowledge goes on" { on postgresql acknowledge_poison; }

@test "a result that cannot be written is 5, and says so once" {
    use_engine sqlite
    with_rows demo.yaml
    for verb in plan 'plan --format json' 'run --format json'; do
        # shellcheck disable=SC2086 # several words
        run bash -c '"$1" -d "$2" "${@:3}" >/dev/full' sh "$BIN/cg-backfill" "$url" $verb
        [ "$status" = 5 ]
        says 'cannot write the result'
    done
    [ "$(sql 'SELECT count(source_cg_id) FROM consistencygroups')" = 7 ]
}
