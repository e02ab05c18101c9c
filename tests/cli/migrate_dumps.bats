# True schemas of Cinder, where CG_SCHEMA_DUMPS names the folder with their dumps: adopt, up, down and
# up again leave them as they were, with every value.

# shellcheck disable=SC2154 # set by bats, and by tests/lib/migrate.sh
bats_require_minimum_version 1.5.0

setup() {
    load ../lib/migrate.sh
    unset CG_DATABASE_URL DATABASE_URL CG_FAULT CG_FAULT_TRACE
    [ -n "${CG_SCHEMA_DUMPS-}" ] || skip 'no schema dumps (CG_SCHEMA_DUMPS)'
}

load_dump() { # kilo, 050, liberty
    local dump=$CG_SCHEMA_DUMPS/$1-${engine/postgresql/postgres}.sql
    if [ "$engine" = sqlite ]; then
        sqlite3 -bail "$file" <"$dump"
    else
        pg_tool psql -qX -v ON_ERROR_STOP=1 -d "$url" -f "$dump" >/dev/null
    fi
}

ours() {
    sql 'SELECT id, source_cg_id FROM consistencygroups ORDER BY id'
}

go_up_and_down_and_up() { # name of the dump
    load_dump "$1"
    local id
    for id in a b c d; do
        sql "INSERT INTO consistencygroups (id, deleted, status) VALUES ('$id', '0', 'available')"
    done
    local before values
    before=$(schema)
    expect 0 adopt
    expect 0 up --to 3
    sql "UPDATE consistencygroups SET source_cg_id = 'a' WHERE id IN ('b', 'c')"
    sql "UPDATE consistencygroups SET source_cg_id = '' WHERE id = 'd'"
    values=$(ours)
    expect 0 down --to 1
    says 'kept 3 values of consistencygroups.source_cg_id'
    [ "$(schema)" = "$before" ] || {
        diff <(echo "$before") <(schema)
        return 1
    }
    expect 0 up --to 3
    says 'put back 3 values of consistencygroups.source_cg_id'
    [ "$(ours)" = "$values" ]
}

@test "Kilo: up, down and up again" {
    on_both go_up_and_down_and_up kilo
}

@test "Liberty in development, before source_cgid: up, down and up again" {
    on_both go_up_and_down_and_up 050
}

@test "Liberty: up, down and up again" {
    on_both go_up_and_down_and_up liberty
}
