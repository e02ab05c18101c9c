# For bats files on cg-migrate: databases of both engines, migrations to run, what can be compared.
#
#   load ../lib/migrate.sh
#   on_both FUNCTION       calls it once for each engine, in a folder of its own, with an empty
#                          database: $engine is sqlite or postgresql, $url its address
#
# shellcheck shell=bash disable=SC2154 # bats sets status, output and stderr
# shellcheck source=tests/lib/pg.sh
. "$SRC/tests/lib/pg.sh"

on_both() {
    local each
    for each in sqlite ${CG_TEST_PG_URL:+postgresql}; do
        use_engine "$each"
        "$@"
    done
}

# A new folder and a new empty database; the current folder and $url lead there.
use_engine() { # sqlite or postgresql
    engine=$1
    cd "$(mktemp -d "$BATS_TEST_TMPDIR/$engine.XXXX")" || return 1
    new_database
}

new_database() {
    if [ "$engine" = sqlite ]; then
        file=$(mktemp "$PWD/db.XXXX")
        url=sqlite:$file
    else
        # shellcheck disable=SC2119 # an empty one is wanted
        url=$(pg_fresh_db)
    fi
}

# cg-migrate on the database at hand: its status, $output and $stderr as of bats' run.
cg() {
    stderr=''
    run --separate-stderr "$BIN/cg-migrate" -d "$url" "$@"
}

# The same, which must end so, with one complaint where it fails and none where it does not.
expect() { # exit status, arguments
    local wanted=$1 complaints=0
    shift
    cg "$@"
    [ "$wanted" -lt 2 ] || [ "$wanted" = 137 ] || complaints=1
    if [ "$status" != "$wanted" ] || [ "$(grep -c '^cg-migrate: ' <<<"$stderr")" != $complaints ]; then
        printf 'cg-migrate -d %s %s: exit %s, not %s\n%s\n%s\n' "$url" "$*" "$status" "$wanted" \
            "$output" "$stderr"
        return 1
    fi
}

says() { # text that stands in $output
    [[ $output == *"$1"* ]] || {
        printf 'not said: %s\n--- but\n%s\n' "$1" "$output"
        return 1
    }
}

complains() { # text that stands in $stderr
    [[ $stderr == *"$1"* ]] || {
        printf 'no such complaint: %s\n--- but\n%s\n' "$1" "$stderr"
        return 1
    }
}

# One SQL statement; rows come with fields separated by |.
sql() {
    if [ "$engine" = sqlite ]; then
        sqlite3 "$file" "$1"
    else
        psql -qXAt -v ON_ERROR_STOP=1 -d "$url" -c "$1"
    fi
}

pg_tool() { # name, arguments: that of the server, not a wrapper
    local tool=$1 dir=${PG_BINDIR-}
    shift
    [ -n "$dir" ] || dir=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n1)
    if [ -x "$dir/$tool" ]; then
        "$dir/$tool" "$@"
    else
        "$tool" "$@"
    fi
}

# Whether there is a pg_dump for this server: it takes none that is newer than itself.
pg_can_dump() {
    local server dump
    server=$(psql -qXAt -d postgres -c 'SHOW server_version_num')
    dump=$(pg_tool pg_dump --version | sed 's/.* \([0-9]*\)[.].*/\1/')
    [ "${server%????}" -le "$dump" ]
}

# pg_dump's text without what differs from one call to the next; else what catalogs and rows say.
pg_text() { # nothing, or --schema-only -T 'cg_*'
    if pg_can_dump; then
        pg_tool pg_dump --no-owner -d "$url" "$@" | grep -vE '^\\(un)?restrict |^--|^$'
    elif [ $# = 0 ]; then
        catalog_text '' && psql -qXAt -d "$url" -c "SELECT format('SELECT %L, t.*::text FROM %s t ORDER BY 2;', oid::regclass, oid::regclass)
            FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY oid::regclass::text" |
            psql -qXAt -d "$url"
    else
        catalog_text 'cg!_%'
    fi
}

catalog_text() { # pattern of tables to leave out
    psql -qXAt -d "$url" -v leave="$1" <<'END'
SELECT table_name, column_name, data_type, character_maximum_length, is_nullable, column_default
  FROM information_schema.columns WHERE table_schema = 'public' AND table_name NOT LIKE :'leave' ESCAPE '!' ORDER BY 1, 2;
SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename NOT LIKE :'leave' ESCAPE '!' ORDER BY 1;
SELECT conrelid::regclass, conname, pg_get_constraintdef(oid) FROM pg_constraint
 WHERE connamespace = 'public'::regnamespace AND conrelid::regclass::text NOT LIKE :'leave' ESCAPE '!' ORDER BY 1::text, 2;
SELECT tgrelid::regclass, pg_get_triggerdef(oid) FROM pg_trigger
 WHERE NOT tgisinternal AND tgrelid::regclass::text NOT LIKE :'leave' ESCAPE '!' ORDER BY 1::text, 2;
END
}

# Tables, indexes and keys, without our own tables.
schema() {
    if [ "$engine" = sqlite ]; then
        sqlite3 "$file" "SELECT sql FROM sqlite_schema WHERE tbl_name NOT LIKE 'cg!_%' ESCAPE '!'
                            AND sql IS NOT NULL ORDER BY type, name"
    else
        pg_text --schema-only -T 'cg_*' | sed '/^CREATE FUNCTION.*cg_ledger_refuse/,/^\$\$;/d'
    fi
}

# Everything, to the byte: of a file the file.
digest() {
    if [ "$engine" = sqlite ]; then
        sha256sum <"$file"
    else
        pg_text | sha256sum
    fi
}

# Of all rows of the tables named.
rows() {
    local table
    for table; do
        echo "$table:"
        sql "SELECT * FROM $table ORDER BY 1"
    done
}

# What happened, without what was only tried: "up 1 down 1".
history() {
    sql "SELECT event || ' ' || version FROM cg_ledger WHERE event NOT IN ('begin', 'fail')
          ORDER BY number" | xargs
}

# The database is as it was, whatever the command says.
unchanged() { # exit status, arguments
    local before after
    before=$(digest)
    expect "$@"
    after=$(digest)
    [ "$before" = "$after" ] || {
        echo "the database was changed by: $*"
        return 1
    }
}

# Another session on a PostgreSQL server, in an open transaction; release ends it.
hold() { # statement
    [ -p hold ] || mkfifo hold
    psql -qXAt -d "$url" <hold >held 2>&1 &
    holder=$!
    exec 7>hold
    printf 'BEGIN;\n%s;\n\\echo held\n' "$1" >&7
    until grep -q held held; do sleep 0.02; done
}

release() {
    exec 7>&-
    wait "$holder"
}

# Three migrations: a table, a column whose values are kept, an index that waits for the column to be
# filled and that PostgreSQL builds outside a transaction.
write_migrations() { # folder
    mkdir -p "$1"
    cat >"$1/0001_things.sql" <<'END'
-- migrate:up
CREATE TABLE things (id INTEGER PRIMARY KEY, name VARCHAR(20));
INSERT INTO things VALUES (1, 'one'), (2, 'two');
-- migrate:down
DROP TABLE things;
END
    cat >"$1/0002_color.sql" <<'END'
-- migrate:up
ALTER TABLE things ADD COLUMN color VARCHAR(20);
-- migrate:verify
SELECT color FROM things WHERE 1 = 0;
-- migrate:down preserve:things.color
ALTER TABLE things DROP COLUMN color;
END
    cat >"$1/0003_index.sql" <<'END'
-- migrate:require "give every thing a color first"
SELECT NOT EXISTS (SELECT 1 FROM things WHERE color IS NULL);
-- migrate:up dialect:postgresql transaction:false
CREATE INDEX CONCURRENTLY things_color ON things (color);
-- migrate:up dialect:sqlite
CREATE INDEX things_color ON things (color);
-- migrate:down dialect:postgresql transaction:false
DROP INDEX CONCURRENTLY things_color;
-- migrate:down dialect:sqlite
DROP INDEX things_color;
END
}

# What the built-in 0001 makes, as if somebody else had made it.
make_cinder() {
    "$BIN/cg-migrate" -q -d "$url" up 1 --no-backup >&2
    sql 'DROP TABLE cg_ledger' >&2
    [ "$engine" = sqlite ] || sql 'DROP FUNCTION cg_ledger_refuse' >&2
}
