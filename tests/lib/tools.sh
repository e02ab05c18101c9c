# For bats files on several programs of the suite: one body a test, run on either database.
#
#   load ../lib/tools.sh
#   @test "sqlite: it works" { on sqlite it_works; }
#   @test "postgresql: it works" { on postgresql it_works; }
#
# What lib/migrate.sh promises holds here too: $engine, $url, $file, sql, rows, schema, says, complains.
#
# shellcheck shell=bash
# shellcheck disable=SC2154 # set by bats and by lib/migrate.sh
# shellcheck source=tests/lib/migrate.sh
. "$SRC/tests/lib/migrate.sh"

# An address or a fault of the caller's must not leak into a test.
unset CG_DATABASE_URL DATABASE_URL CG_FAULT CG_FAULT_TRACE

# Calls a function in a new folder with an empty database at hand; skips where there is no server.
on() { # sqlite or postgresql, function, arguments
    [ "$1" = sqlite ] || pg_require
    use_engine "$1"
    shift
    "$@"
}

# A program of the suite on the database at hand, which must end so; $output and $stderr as of run.
tool() { # migrate, backfill, verify or fixtures; exit status; arguments
    local name=cg-$1 wanted=$2
    shift 2
    run --separate-stderr "$BIN/$name" -d "$url" "$@"
    [ "$status" = "$wanted" ] || {
        printf '%s -d %s %s: exit %s, not %s\n%s\n%s\n' "$name" "$url" "$*" "$status" "$wanted" \
            "$output" "${stderr-}"
        return 1
    }
}

# The same with --format json, whose document the filter must find true.
tool_json() { # program, exit status, jq filter, arguments
    local filter=$3
    tool "$1" "$2" "${@:4}" --format json
    jq -e "$filter" <<<"$output" >/dev/null || {
        printf 'not so: %s\n--- in\n%s\n' "$filter" "$output"
        return 1
    }
}

same() { # text, text, what they are
    [ "$1" = "$2" ] || {
        echo "$3 differs:"
        diff <(printf '%s\n' "$1") <(printf '%s\n' "$2")
        return 1
    }
}

cinder_rows() {
    rows consistencygroups cgsnapshots volumes snapshots
}

# Every group with its source. A column that is not there is an error.
sources() { # column, source_cg_id by default
    sql "SELECT id, ${1:-source_cg_id} FROM consistencygroups ORDER BY id"
}

journal() {
    rows cg_backfill_journal
}

# Rows of a data set in tables as of cg-migrate up --to 3, or those of a Kilo brought there.
with_rows() { # data set's path below fixtures/
    if grep -q '^schema: kilo' "$SRC/fixtures/$1"; then
        tool fixtures 0 load --create "$SRC/fixtures/$1"
        tool migrate 0 adopt
        tool migrate 0 up --to 3 --no-backup
    else
        tool migrate 0 up --to 3 --no-backup
        tool fixtures 0 load "$SRC/fixtures/$1"
    fi
}

# Makes $shared, a folder that every user may read, with the program in it, for as_nobody; the test
# removes it in its teardown.
share() { # program
    [ "$(id -u)" = 0 ] || skip 'only root can become another user'
    shared=$(mktemp -d /tmp/cgtest.XXXXXX)
    chmod 755 "$shared"
    cp "$BIN/cg-$1" "$shared"
    setpriv --reuid nobody --regid nogroup --clear-groups "$shared/cg-$1" --version >/dev/null 2>&1 ||
        skip 'the programs cannot be run by another user than root'
}

# A shared program, run by one who is let in by no permission of root's.
as_nobody() { # exit status, program, arguments
    local wanted=$1 name=cg-$2
    shift 2
    run --separate-stderr setpriv --reuid nobody --regid nogroup --clear-groups "$shared/$name" -d "$url" "$@"
    [ "$status" = "$wanted" ] || {
        printf '%s %s: exit %s, not %s\n%s\n%s\n' "$name" "$*" "$status" "$wanted" "$output" "${stderr-}"
        return 1
    }
}
