# A small cloud for bats files that run cg-engine, on either database.
#
#   load ../lib/pg.sh; load ../lib/engine.sh
#   make_template sqlite|postgresql     once a test: the cloud to be copied
#   fresh_cloud                         a copy of it, at $url, with an empty array and $plan
#   sql STATEMENT                       rows as "a|b"
#
# Group S "prod" of project p has s1 (1 GiB, type gold) and s2 (2 GiB); cgsnapshot K is of it.
# Sourcing makes no promise about other projects: there are none.
#
# shellcheck shell=bash

cloud_sql() {
    cat <<'END'
INSERT INTO volume_types (id, name, deleted) VALUES ('tg', 'gold', FALSE);
INSERT INTO consistencygroups (id, name, created_at, deleted, status, project_id, user_id, host, availability_zone, volume_type_id)
    VALUES ('00000000-0000-4000-8000-00000000000a', 'prod', '2015-04-01 01:00:00', FALSE, 'available', 'p', 'u', 'h@b#pool', 'nova', 'tg,');
INSERT INTO volumes (id, created_at, deleted, status, size, project_id, user_id, host, availability_zone, volume_type_id, consistencygroup_id) VALUES
    ('00000000-0000-4000-8000-000000000001', '2015-04-01 01:00:00', FALSE, 'available', 1, 'p', 'u', 'h@b#pool', 'nova', 'tg', '00000000-0000-4000-8000-00000000000a'),
    ('00000000-0000-4000-8000-000000000002', '2015-04-01 01:00:00', FALSE, 'available', 2, 'p', 'u', 'h@b#pool', 'nova', 'tg', '00000000-0000-4000-8000-00000000000a');
INSERT INTO cgsnapshots (id, name, created_at, deleted, status, project_id, user_id, consistencygroup_id)
    VALUES ('00000000-0000-4000-8000-00000000000b', 'shot', '2015-04-02 01:00:00', FALSE, 'available', 'p', 'u', '00000000-0000-4000-8000-00000000000a');
INSERT INTO snapshots (id, created_at, deleted, status, volume_id, volume_size, project_id, user_id, volume_type_id, cgsnapshot_id) VALUES
    ('00000000-0000-4000-8000-000000000011', '2015-04-02 01:00:00', FALSE, 'available', '00000000-0000-4000-8000-000000000001', 1, 'p', 'u', 'tg', '00000000-0000-4000-8000-00000000000b'),
    ('00000000-0000-4000-8000-000000000012', '2015-04-02 01:00:00', FALSE, 'available', '00000000-0000-4000-8000-000000000002', 2, 'p', 'u', 'tg', '00000000-0000-4000-8000-00000000000b');
END
}

# Files are named by what they are for, since bats' folder is the test's own.
make_template() { # sqlite|postgresql
    kind=$1
    if [ "$kind" = sqlite ]; then
        template=$BATS_TEST_TMPDIR/template.db
        url=sqlite:$template
        "$BIN/cg-migrate" -q -d "$url" up --to "${2:-3}" --create >/dev/null
    else
        url=$(pg_fresh_db)
        template=$(pg_name "$url")
        "$BIN/cg-migrate" -q -d "$url" up --to "${2:-3}" >/dev/null
    fi
    cloud_sql >"$BATS_TEST_TMPDIR/cloud.sql"
    sql_file "$BATS_TEST_TMPDIR/cloud.sql"
}

fresh_cloud() {
    array=$BATS_TEST_TMPDIR/array
    rm -f "$array" "$array".*
    plan=$BATS_TEST_TMPDIR/plan.yaml
    write_plan 'from_src: ok'
    if [ "$kind" = sqlite ]; then
        rm -f "$BATS_TEST_TMPDIR"/cloud.db*
        cp "$template" "$BATS_TEST_TMPDIR/cloud.db"
        url=sqlite:$BATS_TEST_TMPDIR/cloud.db
    else
        url=$(pg_fresh_db "$template")
    fi
}

write_plan() { # lines of YAML
    printf '%s\n' "array: $array" "$@" >"$plan"
}

sql() {
    if [ "$kind" = sqlite ]; then
        sqlite3 -cmd '.timeout 10000' "${url#sqlite:}" "$1"
    else
        psql -qXAt -d "$(pg_name "$url")" -c "$1"
    fi
}

sql_file() {
    if [ "$kind" = sqlite ]; then
        sqlite3 "${url#sqlite:}" <"$1"
    else
        psql -qXAt -d "$(pg_name "$url")" -v ON_ERROR_STOP=1 -f "$1"
    fi
}

engine() {
    "$BIN/cg-engine" -q -d "$url" "$@"
}

create() { # options
    engine create-from-src --driver mock --plan "$plan" "$@"
}

# Every row that a request may touch.
all_rows() {
    local table
    for table in consistencygroups cgsnapshots volumes snapshots quota_usages reservations; do
        echo "$table"
        sql "SELECT * FROM $table ORDER BY id"
    done
    for table in volume_glance_metadata cg_engine_request; do
        echo "$table"
        sql "SELECT * FROM $table ORDER BY 1" 2>/dev/null || echo "none"
    done
}

# Nothing half made: in the rows, the usages, the lineage, on the array.
check_sound() {
    [ -z "$(sql "SELECT id FROM consistencygroups WHERE status = 'creating'
        UNION ALL SELECT id FROM volumes WHERE status = 'creating'")" ]
    [ -z "$(sql 'SELECT id FROM reservations WHERE deleted = FALSE')" ]
    [ -z "$(sql "SELECT resource, in_use, reserved FROM quota_usages WHERE reserved <> 0 OR in_use <>
        CASE resource WHEN 'consistencygroups' THEN (SELECT count(*) FROM consistencygroups WHERE deleted = FALSE)
        WHEN 'volumes' THEN (SELECT count(*) FROM volumes WHERE deleted = FALSE)
        WHEN 'volumes_gold' THEN (SELECT count(*) FROM volumes WHERE deleted = FALSE)
        ELSE (SELECT sum(size) FROM volumes WHERE deleted = FALSE) + (SELECT sum(volume_size) FROM snapshots WHERE deleted = FALSE) END")" ]
    [ -z "$(sql 'SELECT resource FROM quota_usages GROUP BY resource HAVING count(*) > 1')" ]
    "$BIN/cg-verify" -q -d "$url" >"$BATS_TEST_TMPDIR/verify" || { cat "$BATS_TEST_TMPDIR/verify" && return 1; }
    diff <(sql "SELECT 'volume ' || id || ' ' || consistencygroup_id || ' ' || coalesce(source_volid, snapshot_id)
        FROM volumes WHERE status = 'available' AND created_at > '2016-01-01'" | sort) \
        <(grep '^volume' "$array" 2>/dev/null | sort)
}
