# Databases of the test server for bats files, which run under tests/with-pg.
#
#   load ../lib/pg.sh          (a test that needs no server works without this)
#   url=$(pg_fresh_db)         an empty database
#   url=$(pg_fresh_db NAME)    a copy of database NAME, which nobody may be connected to
#
# shellcheck shell=bash

# Skips the test where there is no server; for setup().
pg_require() {
    [ -n "${CG_TEST_PG_URL-}" ] || skip 'no PostgreSQL server (run under tests/with-pg)'
}

# The same where it is older than a major version.
pg_require_version() { # major
    pg_require
    [ "$(psql -qXAt -d postgres -c 'SHOW server_version_num')" -ge "${1}0000" ] || skip "PostgreSQL $1 or later"
}

# Makes a database and prints its libpq URL.  They vanish with the server: no test need drop one.
pg_fresh_db() {
    local name
    # From the clock, since a counter would not survive the subshell of $(…).
    name=t$(date +%s%N)_$BASHPID
    psql -qX -d postgres -c "CREATE DATABASE \"$name\" TEMPLATE \"${1:-template1}\"" >&2 || return 1
    pg_url "$name"
}

# The URL of an existing database, optionally for another user.
pg_url() {
    printf 'postgresql:///%s?host=%s&user=%s\n' "$1" "$PGHOST" "${2:-$PGUSER}"
}

# The name of the database that a URL of ours leads to.
pg_name() {
    local rest=${1#postgresql:///}
    printf '%s\n' "${rest%%\?*}"
}
