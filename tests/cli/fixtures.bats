# The data sets of the project, and what becomes of one that is wrong.
#
# shellcheck disable=SC2154 # set by bats and by lib/

bats_require_minimum_version 1.5.0

setup() {
    load ../lib/tools.sh
}

# ---- every data set is what it says --------------------------------------------------------------

# Databases that a set may need, made once: kilo (no set of ours before the rows), spec, liberty.
make_templates() {
    local need
    for need in kilo spec liberty; do
        new_database
        tool migrate 0 up --to 1 --no-backup
        [ $need != liberty ] || sql 'ALTER TABLE consistencygroups ADD COLUMN source_cgid VARCHAR(36)'
        [ $need = kilo ] || tool migrate 0 up --to 3 --no-backup
        declare -g "template_$need=${file:-$(pg_name "$url")}"
    done
}

use_template() { # kilo, spec or liberty
    local template=template_$1
    if [ "$engine" = sqlite ]; then
        new_database
        cp "${!template}" "$file"
    else
        url=$(pg_fresh_db "${!template}")
    fi
}

need_of() { # data set
    case $(sed -n 's/^schema: *//p' "$1") in
    *liberty*) echo liberty ;;
    spec) echo spec ;;
    *) echo kilo ;;
    esac
}

load_and_check() { # data set
    local need
    need=$(need_of "$1")
    use_template "$need"
    if [ "$engine" = postgresql ] && grep -q '^only: sqlite' "$1"; then
        unchanged_by 2 load "$1"
        complains ': this data set is for sqlite only, and the database is postgresql'
        return
    fi
    tool fixtures 0 load "$1"
    [ "$need" != kilo ] || tool migrate 0 up --to 3 --no-backup
    tool fixtures 0 check "$1"
    says ': all as stated, '
}

# The database keeps every byte whatever cg-fixtures says.
unchanged_by() { # exit status, arguments
    local before
    before=$(digest)
    tool fixtures "$@"
    same "$before" "$(digest)" 'the database'
}

check_all() {
    local set
    make_templates
    for set in "$SRC"/fixtures/*.yaml "$SRC"/fixtures/faults/*.yaml; do
        load_and_check "$set"
    done
}

@test "sqlite: every data set is what it says" { on sqlite check_all; }
@test "postgresql: every data set is what it says" { on postgresql check_all; }

# The same by hand for one of them: what `check` looks at is what the tools print.
compare_by_hand() {
    tool fixtures 0 load --create "$SRC/fixtures/demo.yaml"
    tool migrate 0 adopt
    tool migrate 0 up
    tool backfill 0 plan --format json
    jq -r '.groups[].verdict' <<<"$output" | sort | uniq -c | xargs >found
    sed -n '/^expect:/,$p' "$SRC/fixtures/demo.yaml" | grep -oE 'verdict: [a-z]+|: [a-z]+$' |
        sed 's/.*: //' | sort | uniq -c | xargs >stated
    diff stated found
}

@test "sqlite: the demo's verdicts, by hand" { on sqlite compare_by_hand; }
@test "postgresql: the demo's verdicts, by hand" { on postgresql compare_by_hand; }

# ---- check tells what is otherwise ---------------------------------------------------------------

tell_differences() {
    tool migrate 0 up --to 3
    cat >set.yaml <<'YAML'
name: set
schema: spec
rows:
  consistencygroups:
    prod: { at: +0d, volumes: [db, log] }
    copy: { at: +10d, volumes: { copy-db: db, copy-log: log } }
    gone: { at: +11d, from: gone }
expect:
  groups: { prod: weak, copy: { verdict: exact, source: gone, members: 3, votes: 1 } }
  findings:
    - { rule: CGL101, object: copy }
    - { rule: CGL203, object: gone, severity: warning }
YAML
    tool fixtures 0 load set.yaml
    sql "UPDATE consistencygroups SET deleted = NULL" # live all the same
    before=$(digest)
    tool fixtures 1 check set.yaml
    says 'prod: the verdict is none, not weak'
    says 'copy: the source is '
    says 'copy: 2 members, not 3'
    says 'copy: 2 votes, not 1'
    says 'not expected, or otherwise: error, '
    says 'CGL101 consistencygroups/'
    says ': no such finding'
    says 'set: 8 differences'
    tool_json fixtures 1 '.schema == 1 and .fixture == "set" and (.differences | length) == 8 and
        .differences[0] == {"what": "prod", "text": "the verdict is none, not weak"}' check set.yaml
    same "$before" "$(digest)" 'the database'
    sql "UPDATE consistencygroups SET deleted = '1'"
    tool fixtures 1 check set.yaml
    says 'prod: there is no live group '
}

@test "sqlite: check tells what is otherwise" { on sqlite tell_differences; }
@test "postgresql: check tells what is otherwise" { on postgresql tell_differences; }

check_too_early() {
    tool fixtures 0 load --create "$SRC/fixtures/demo.yaml"
    unchanged_by 8 check "$SRC/fixtures/demo.yaml"
    complains 'there is no column "consistencygroups.source_cg_id" to write'
    unchanged_by 8 check "$SRC/fixtures/clean.yaml"
    unchanged_by 5 load "$SRC/fixtures/demo.yaml"
    complains 'hint: a data set wants a database that does not hold its rows yet'
}

@test "sqlite: rows twice, and check without the column" { on sqlite check_too_early; }
@test "postgresql: rows twice, and check without the column" { on postgresql check_too_early; }

# ---- a data set that is wrong --------------------------------------------------------------------

# Each: the text behind "name: x", where the fault is, and what is said of it.
wrong_sets=(
    'schemas: spec|2:1|unknown key "schemas" of a data set|did you mean "schema"?'
    'schema: [spec, newton]|2:16|'
    'rows: { volumez: [a] }|2:9|the database has no table "volumez"'
    'rows: { volumes: { a: { size: 1, sise: 2 } } }|2:34|volumes has no column "sise"|did you mean "size"?'
    'rows: { volumes: { a: { size: big } } }|2:31|a whole number must stand here'
    'rows: { volumes: { a: { size: 99999999999999999999 } } }|2:31|'
    'rows: { volumes: { a: { at: soon } } }|2:29|volumes.created_at must be a time'
    'rows: { volumes: { a: { deleted: maybe } } }|2:34|'
    'rows: { volumes: { a: [1] } }|2:23|'
    'rows: { volumes: { a: { size: 1 }, a: { size: 2 } } }|2:36|this key stands already in line 2'
    'rows: { volumes: { a: { id: "1" }, b: { id: "1" } } }|2:36|volumes has "1" twice'
    'rows: { volumes: { a: { from: nobody } } }|2:31|volumes.source_volid names "nobody", which is no label of volumes|list a row that is gone'
    'rows: { snapshots: { a: { volume_id: null } } }|2:22|snapshots.volume_id must be given and not null'
    'expect: { groups: { nobody: none } }|2:21|'
    'rows: { consistencygroups: [g] }, expect: { groups: { g: none } }|2:33|'
    'rows: [|3:1|'
)

# The caret stands under the character that the place names.
points_at() { # line:column
    local line column shown
    IFS=: read -r line column <<<"$1"
    shown=$(sed -n "${line}p" set.yaml)
    complains "$(printf '\n    %s\n    %*s' "$shown" "$column" '^')"
}

refuse_wrong_sets() { # more arguments of load
    local each text place message hint
    [ ${#wrong_sets[@]} -gt 0 ]
    for each in "${wrong_sets[@]}"; do
        IFS='|' read -r text place message hint <<<"$each"
        printf 'name: x\n%s\n' "$text" >set.yaml
        tool fixtures 2 load "$@" set.yaml
        complains "cg-fixtures: set.yaml:$place: $message"
        points_at "$place"
        [ -z "$hint" ] || complains "hint: $hint"
    done
}

keep_the_database() {
    local before
    tool fixtures 0 load --create "$SRC/fixtures/demo.yaml"
    before=$(digest)
    refuse_wrong_sets
    tool fixtures 2 load absent.yaml
    complains 'cannot read "absent.yaml": No such file'
    tool fixtures 2 load
    tool fixtures 2 load a b
    same "$before" "$(digest)" 'the database'
    [ "$engine" = postgresql ] || [ "$(find . -name 'db*')" = "./${file##*/}" ]
}

@test "sqlite: a wrong data set is shown with its place" { on sqlite keep_the_database; }
@test "postgresql: a wrong data set is shown with its place" { on postgresql keep_the_database; }

create_nothing() {
    [ "$engine" = postgresql ] || { rm "$file" && file=$PWD/new.db && url=sqlite:$file; }
    refuse_wrong_sets --create
    tool fixtures 2 load --create absent.yaml
    local other=sqlite
    [ "$engine" = postgresql ] || other=postgresql
    printf 'name: x\nonly: %s\n' $other >set.yaml
    tool fixtures 2 load --create set.yaml
    complains "set.yaml:2:7: this data set is for $other only, and the database is $engine"
    points_at 2:7
    tool fixtures 8 load --create "$SRC/fixtures/verdicts.yaml"
    complains 'hint: make the tables with cg-migrate up --to 3'
    if [ "$engine" = sqlite ]; then
        [ "$(find . -name '*.db*')" = '' ]
        # Without --create there is nothing to load into.
        tool fixtures 3 load "$SRC/fixtures/demo.yaml"
        [ ! -e "$file" ]
    else
        [ "$(sql "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace")" = 0 ]
    fi
    tool fixtures 0 load --create "$SRC/fixtures/demo.yaml"
}

@test "sqlite: a wrong data set makes no file" { on sqlite create_nothing; }
@test "postgresql: a wrong data set makes no table" { on postgresql create_nothing; }

@test "what a data set says of a terminal is not done" {
    use_engine sqlite
    printf 'name: x\nrows: { volumes: { "a\033]0;owned\007": { sise: 1 } } }\n' >set.yaml
    tool fixtures 2 load --create set.yaml
    [[ $stderr != *$'\033'* && $stderr != *$'\007'* ]]
    printf '\377\376\000' >set.yaml
    tool fixtures 2 load --create set.yaml
    iconv -f UTF-8 -t UTF-8 <<<"$stderr"
}

# A killed load leaves nothing, wherever it is killed.
die_while_loading() {
    local before
    tool migrate 0 up --to 3
    before=$(cinder_rows)
    CG_FAULT=fixtures.load.inserted run "$BIN/cg-fixtures" -d "$url" load "$SRC/fixtures/clean.yaml"
    [ "$status" = 137 ]
    same "$before" "$(cinder_rows)" 'a row'
    CG_FAULT=fixtures.load.committed run "$BIN/cg-fixtures" -d "$url" load "$SRC/fixtures/clean.yaml"
    [ "$status" = 137 ]
    tool fixtures 0 check "$SRC/fixtures/clean.yaml"
}

@test "sqlite: a load that is killed leaves all rows or none" { on sqlite die_while_loading; }
@test "postgresql: a load that is killed leaves all rows or none" { on postgresql die_while_loading; }
