# The build's own scripts: what they promise to the rest of the project.

setup() {
    cd "$SRC" || return 1
}

# A program that prints the first embedded file.
compile_and_print() { # path of C table
    printf '%s\n' '#include "base/embed.h"' '#include <stdio.h>' 'int main(void)' \
        '{ return fwrite(cg_embedded[0].data, 1, cg_embedded[0].len, stdout) != cg_embedded[0].len; }' \
        >"$BATS_TEST_TMPDIR/main.c"
    "${CC:-cc}" -std=gnu17 -I. -o "$BATS_TEST_TMPDIR/print" "$1" "$BATS_TEST_TMPDIR/main.c"
    "$BATS_TEST_TMPDIR/print"
}

@test "embed.sh keeps every byte" {
    file=$BATS_TEST_TMPDIR/bytes
    for byte in $(seq 0 255); do
        # shellcheck disable=SC2059 # the format is the byte
        printf "\\$(printf %03o "$byte")7"
    done >"$file"
    printf 'it'\''s "quoted" \\ ??= ??/ \r\n é 漢 %%s */ // \000' >>"$file"
    head -c 5000 /dev/zero >>"$file"
    scripts/embed.sh "$file" >"$BATS_TEST_TMPDIR/table.c"
    compile_and_print "$BATS_TEST_TMPDIR/table.c" | cmp - "$file"
}

@test "embed.sh takes no file, an empty file, and sorts by bytes" {
    scripts/embed.sh >"$BATS_TEST_TMPDIR/none.c"
    "${CC:-cc}" -std=gnu17 -Wpedantic -Werror -I. -c -o "$BATS_TEST_TMPDIR/none.o" "$BATS_TEST_TMPDIR/none.c"
    cd "$BATS_TEST_TMPDIR"
    : >b_
    : >b.1
    : >B
    [ "$("$SRC/scripts/embed.sh" b_ b.1 B | grep -o '^{ "[^"]*"' | tr -d '{ "\n')" = Bb.1b_ ]
}

@test "banned.h refuses strcpy and lets snprintf pass" {
    printf 'int f(char *a, const char *b);\nint f(char *a, const char *b) { return snprintf(a, 2, "%%s", b); }\n' \
        >"$BATS_TEST_TMPDIR/good.c"
    sed 's/snprintf(a, 2, "%s", b)/!strcpy(a, b)/' "$BATS_TEST_TMPDIR/good.c" >"$BATS_TEST_TMPDIR/bad.c"
    "${CC:-cc}" -I. -include base/banned.h -fsyntax-only "$BATS_TEST_TMPDIR/good.c"
    run "${CC:-cc}" -I. -include base/banned.h -fsyntax-only "$BATS_TEST_TMPDIR/bad.c"
    [ "$status" -ne 0 ]
    [[ $output == *sorry_strcpy_is_a_banned_function* ]]
}

@test "check-layers sees an arrow that points up, and a library out of its file" {
    tree=$BATS_TEST_TMPDIR/tree
    mkdir -p "$tree/scripts" "$tree/base" "$tree/db" "$tree/verify"
    cp scripts/check-layers "$tree/scripts"
    echo '#include "base/error.h"' >"$tree/db/db.c"
    echo '#include <libpq-fe.h>' >"$tree/db/postgres.c"
    "$tree/scripts/check-layers"
    echo '#include "db/db.h"' >"$tree/base/error.c"
    echo '#include <sqlite3.h>' >"$tree/verify/rule.c"
    run "$tree/scripts/check-layers"
    [ "$status" -eq 1 ]
    [[ $output == *'base/error.c:1: base/ may not include db/'* ]]
    [[ $output == *'verify/rule.c:1: <sqlite3.h> belongs to'* ]]
}

@test "run-tests counts failures, skips, deaths, and an empty run as a failure" {
    cd "$BATS_TEST_TMPDIR"
    write() {
        printf '#!/bin/sh\n%s\n' "$2" >"$1"
        chmod +x "$1"
    }
    write good 'echo "100%: Checks: 3, Failures: 0, Errors: 0"'
    write bad 'echo "50%: Checks: 4, Failures: 1, Errors: 1"; exit 1'
    write dies 'kill -SEGV $$'
    write leaks 'echo "100%: Checks: 2, Failures: 0, Errors: 0"; exit 23'
    write skips 'exit 77'
    printf '@test "a" { true; }\n@test "b" { skip; }\n' >some.bats
    run "$SRC/scripts/run-tests" ./good ./skips some.bats
    [ "$status" -eq 0 ]
    [ "${lines[-1]}" = '4 passed, 0 failed, 2 skipped' ]
    run "$SRC/scripts/run-tests" ./good ./bad ./dies ./leaks
    [ "$status" -ne 0 ]
    [ "${lines[-1]}" = '7 passed, 4 failed' ]
    [[ $output == *'killed by signal 11'* ]]
    run "$SRC/scripts/run-tests" ./skips
    [ "$status" -ne 0 ]
    run "$SRC/scripts/run-tests"
    [ "$status" -ne 0 ]
    [ "${lines[-1]}" = '0 passed, 0 failed' ]
}

# A folder for servers to run in, since bats' own is closed to the user that a server runs as.
server_folder() {
    TMPDIR=$(mktemp -d /tmp/cgtest.XXXXXX)
    export TMPDIR
    chmod 755 "$TMPDIR"
}

teardown() {
    [[ ${TMPDIR-} != /tmp/cgtest.* ]] || rm -rf "$TMPDIR"
}

@test "with-pg hands on the status, keeps SIGINT working, and leaves nothing behind" {
    server_folder
    run tests/with-pg sh -c 'exit 7'
    [ "$status" -eq 7 ]
    [ -z "$output" ]
    # shellcheck disable=SC2016 # the shell that kills itself is the inner one
    run tests/with-pg sh -c 'kill -INT $$; echo alive'
    [ "$status" -eq 130 ]
    [[ $output != *alive* ]]
    [ "$(echo in | tests/with-pg cat)" = in ]
    [ -z "$(ls "$TMPDIR")" ]
}

@test "with-pg stops its server when it is told to stop" {
    server_folder
    # shellcheck disable=SC2016 # the variable is the command's
    tests/with-pg sh -c 'echo $CG_TEST_PG_PID >"$TMPDIR/pid"; exec sleep 60' 3>&- &
    runner=$!
    for _ in $(seq 200); do
        [ ! -s "$TMPDIR/pid" ] || break
        sleep 0.05
    done
    server=$(cat "$TMPDIR/pid")
    kill -0 "$server"
    kill -TERM "$runner"
    wait "$runner" || [ $? -eq 143 ]
    run kill -0 "$server"
    [ "$status" -ne 0 ]
    [ "$(ls "$TMPDIR")" = pid ]
}

@test "with-pg's password user is let in by password alone" {
    # shellcheck disable=SC2016
    run tests/with-pg sh -c 'PGPASSWORD="p@ss/w#rd?x" psql -U cg_password_user -Atc "SELECT 42"'
    [ "$output" = 42 ]
    run tests/with-pg sh -c 'PGPASSWORD=wrong psql -U cg_password_user -Atc "SELECT 42"'
    [ "$status" -eq 2 ]
}
