# The whole job on true schemas of Cinder, as its own migrations made them.
#
# CG_SCHEMA_DUMPS names the folder with kilo, 050, 051 and liberty, each as NAME-sqlite.sql and
# NAME-postgres.sql; without it these tests are skipped.
#
# shellcheck disable=SC2154 # set by bats and by lib/

bats_require_minimum_version 1.5.0

setup() {
    load ../lib/tools.sh
    [ -n "${CG_SCHEMA_DUMPS-}" ] || skip 'no true schemas: CG_SCHEMA_DUMPS is not set'
    sets=$SRC/fixtures
}

load_dump() { # kilo, 050, 051 or liberty
    if [ "$engine" = sqlite ]; then
        sqlite3 -bail "$file" <"$CG_SCHEMA_DUMPS/$1-sqlite.sql" >/dev/null
    else
        pg_tool psql -X -q -v ON_ERROR_STOP=1 -d "$url" -f "$CG_SCHEMA_DUMPS/$1-postgres.sql" >/dev/null
    fi
}

# Everything of Cinder's but the rows that are loaded: what a migration up and down must leave alone.
remember() {
    schema_before=$(schema)
    rows_before=$(cinder_rows)
}

go_down_and_up() {
    local values journal_before
    values=$(sources)
    journal_before=$(journal)
    tool migrate 0 down --to 1
    same "$schema_before" "$(schema)" 'the schema after down'
    [ -z "${rows_before-}" ] || same "$rows_before" "$(cinder_rows)" 'a row after down'
    tool migrate 0 up
    says 'ok up 0004_source_cg_id_index'
    same "$values" "$(sources)" 'a source after the second up'
    same "$journal_before" "$(journal)" 'the journal after the second up'
    [ "$(sql 'SELECT count(*) FROM migrate_version')" = 1 ]
}

# The rows are there before anything of ours is.
fill_the_demo() {
    load_dump "$1"
    tool fixtures 0 load "$sets/demo.yaml"
    remember
    tool migrate 0 adopt
    tool migrate 0 up
    says '0004 waits'
    tool fixtures 0 check "$sets/demo.yaml"
    tool_json backfill 0 '.naming == "spec" and .written == 7 and .verified == 7' run
    tool_json backfill 0 '.written == 0' run
    tool migrate 0 up
    tool_json verify 0 '.summary == {"error": 0, "warning": 1, "info": 6} and
        all(.rules[]; .status == "ran")' audit
    go_down_and_up
}

# Rows that name sources themselves need the column first.
fill_all_verdicts() { # dump, data set, values to write, errors that are left
    load_dump "$1"
    schema_before=$(schema)
    tool migrate 0 adopt
    tool migrate 0 up --to 3
    tool fixtures 0 load "$sets/$2.yaml"
    tool fixtures 0 check "$sets/$2.yaml"
    tool_json backfill 0 ".naming == \"spec\" and .written == $3 and .verified == $3" run
    tool migrate 0 up
    tool_json verify "$4" '[.findings[] | select(.rule == "CGL209")] == [] and
        all(.rules[]; .status == "ran")' audit
    go_down_and_up
}

each_dump() { # function; "$@" behind it follow the dump's name
    local dump
    for dump in kilo 050 051 liberty; do
        new_database
        "$1" "$dump" "${@:2}"
    done
}

@test "sqlite: the demo's rows in kilo, 050, 051, liberty" { on sqlite each_dump fill_the_demo; }
@test "postgresql: the demo's rows in kilo, 050, 051, liberty" { on postgresql each_dump fill_the_demo; }
@test "sqlite: all verdicts in kilo, 050, 051, liberty" {
    on sqlite each_dump fill_all_verdicts verdicts 7 1
}
@test "postgresql: all verdicts in kilo, 050, 051, liberty" {
    on postgresql each_dump fill_all_verdicts verdicts 7 1
}

# ---- with upstream's own column ------------------------------------------------------------------

copy_what_is_recorded() {
    local dump
    for dump in 051 liberty; do
        new_database
        fill_all_verdicts "$dump" verdicts-recorded 4 0
        same "$(sql "SELECT count(*) FROM consistencygroups WHERE source_cgid = source_cg_id")" 4 'copied values'
    done
}

@test "sqlite: what 051 and liberty recorded is copied" { on sqlite copy_what_is_recorded; }
@test "postgresql: what 051 and liberty recorded is copied" { on postgresql copy_what_is_recorded; }

# Without a column of ours, upstream's is the one that is filled and audited.
fill_upstreams_column() {
    local dump
    for dump in 051 liberty; do
        new_database
        load_dump "$dump"
        tool fixtures 0 load "$sets/demo.yaml"
        schema_before=$(schema)
        tool migrate 0 adopt
        tool_json backfill 0 '.naming == "liberty" and .column == "consistencygroups.source_cgid"' plan
        tool backfill 8 run
        complains 'hint: run cg-migrate up'
        tool migrate 0 up --to 2
        tool_json backfill 0 '.naming == "liberty" and .written == 7 and .verified == 7' run
        tool_json verify 0 '.head.naming == "liberty" and .summary.warning == 1' audit
        tool migrate 0 down --to 1
        same "$schema_before" "$(schema)" 'the schema after down'
        same "$(sql 'SELECT count(source_cgid) FROM consistencygroups')" 7 'the number of sources'
    done
}

@test "sqlite: source_cgid is filled where there is nothing else" { on sqlite fill_upstreams_column; }
@test "postgresql: source_cgid is filled where there is nothing else" { on postgresql fill_upstreams_column; }

choose_a_naming() {
    load_dump liberty
    tool fixtures 0 load "$sets/demo.yaml"
    tool migrate 0 adopt
    tool migrate 0 up
    tool_json backfill 0 '.column == "consistencygroups.source_cg_id"' plan
    tool_json backfill 0 '.column == "consistencygroups.source_cgid"' plan --names liberty
    tool_json verify 0 '.head.naming == "liberty"' audit --names liberty
    tool_json backfill 0 '.naming == "liberty" and .written == 7' run --names liberty
    # What upstream's column now says is evidence for ours.
    tool_json backfill 0 '.naming == "spec" and .counts.recorded == 7 and .written == 7' run
    same "$(sources source_cgid)" "$(sources)" 'a value of the other column'
    tool backfill 8 plan --names groups
    tool verify 8 audit --names groups --rule CGL101
}

@test "sqlite: --names picks the column" { on sqlite choose_a_naming; }
@test "postgresql: --names picks the column" { on postgresql choose_a_naming; }
