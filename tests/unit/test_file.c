/* Migration files: sections and options, dialects beside each other, everything that is refused. */
#include "migrate/file.h"

#include <check.h>
#include <string.h>

enum { PG = CG_SQL_POSTGRESQL, LITE = CG_SQL_SQLITE };

static CgMigration *
parse(const char *text, int dialect, GError **error)
{
    return cg_migration_parse("0007_x.sql", text, strlen(text), (CgSqlDialect)dialect, error);
}

static void
show_section(GString *out, const CgMigration *migration, CgSectionKind kind)
{
    const CgSection *section = &migration->sections[kind];
    if (!section->present)
        return;
    g_string_append_printf(out, "%s", cg_section_kind_name(kind));
    if (!section->transaction)
        g_string_append(out, " bare");
    if (section->lock_timeout_ms >= 0)
        g_string_append_printf(out, " lock=%" G_GINT64_FORMAT, section->lock_timeout_ms);
    if (section->statement_timeout_ms >= 0)
        g_string_append_printf(out, " run=%" G_GINT64_FORMAT, section->statement_timeout_ms);
    for (unsigned i = 0; i < section->preserve->len; i++) {
        const CgPreserve *preserve = &g_array_index(section->preserve, CgPreserve, i);
        g_string_append_printf(out, " keep=%s/%s", preserve->table,
                               preserve->column != NULL ? preserve->column : "*");
    }
    if (section->irreversible != NULL)
        g_string_append_printf(out, " never=%s", section->irreversible);
    if (section->message != NULL)
        g_string_append_printf(out, " until=%s", section->message);
    g_string_append_c(out, ':');
    for (unsigned i = 0; i < section->statements->len; i++) {
        g_autofree char *sql =
            cg_statement_dup(&migration->text, g_array_index(section->statements, CgStatement, i));
        g_string_append_printf(out, "%s|", sql);
    }
    g_string_append_c(out, '\n');
}

static char *
show(const CgMigration *migration)
{
    GString *out = g_string_new(NULL);
    for (int kind = 0; kind < CG_N_SECTIONS; kind++)
        show_section(out, migration, (CgSectionKind)kind);
    return g_string_free(out, FALSE);
}

static const struct {
    int dialect;
    const char *in;
    const char *out;
} good[] = {
    { PG, "-- migrate:up\nA;\nB;\n-- migrate:down\nC", "up:A|B|\ndown:C|\n" },
    { LITE, "-- migrate:up", "up:\n" },
    { PG, "\xef\xbb\xbf-- migrate:up\r\nA;\r\n  -- migrate:verify \t\r\nV;\r\n",
      "up:A|\nverify:V|\n" },
    { PG, "-- Licence\n/* -- migrate:dwon */\n\n-- migrate:up\n-- nothing\n", "up:\n" },
    { PG, "-- migrate:down\nD;\n-- migrate:up\nA;", "up:A|\ndown:D|\n" },
    { PG,
      "-- migrate:up transaction:false lock_timeout:2s statement_timeout:1min\nA;B\n"
      "-- migrate:down preserve:t.c preserve:\"T x\" lock_timeout:0 "
      "statement_timeout:\"500ms\"\nD;",
      "up bare lock=2000 run=60000:A|B|\ndown lock=0 run=500 keep=t/c keep=T x/*:D|\n" },
    { PG,
      "-- migrate:up transaction:true\nA;\n-- migrate:down irreversible:\"say \"\"no\"\"\"\n-- x\n",
      "up:A|\ndown never=say \"no\":\n" },
    { PG, "-- migrate:up lock_timeout:1h\n-- migrate:require \"run it first\"\nSELECT true;",
      "up lock=3600000:\nrequire until=run it first:SELECT true|\n" },
    { PG,
      "-- migrate:up\nSELECT '\n-- migrate:down\n', $$\n-- migrate:dwon\n$$ /*\n-- migrate:up\n*/",
      "up:SELECT '\n-- migrate:down\n', $$\n-- migrate:dwon\n$$|\n" },
    /* Prose that only looks a little like a marker. */
    { PG, "-- migrated: in 2015\n-- migrate\n-- migrations: none\n-- note:up\n-- migrate:up\nA",
      "up:A|\n" },
    /* One dialect beside the other. */
    { PG, "-- migrate:up dialect:postgresql\nA;\n-- migrate:up dialect:sqlite\nB;", "up:A|\n" },
    { LITE, "-- migrate:up dialect:postgresql\nA;\n-- migrate:up dialect:sqlite\nB;", "up:B|\n" },
    { PG, "-- migrate:up\nA;\n-- migrate:up dialect:sqlite\n-- migrate:verify\nV;",
      "up:A|\nverify:V|\n" },
    { LITE, "-- migrate:up\nA;\n-- migrate:up dialect:sqlite\n-- migrate:verify\nV;",
      "up:\nverify:V|\n" },
    { LITE, "-- migrate:up\n-- migrate:down dialect:postgresql\nD;", "up:\n" },
    /* Each section is read under its own lexer, also one without a dialect that serves the other.
     */
    { LITE, "-- migrate:up\nDO $$it's$$; /* /* */ */\n-- migrate:up dialect:sqlite\nSELECT [it's];",
      "up:SELECT [it's]|\n" },
    { PG, "-- migrate:up\nDO $$it's$$; /* /* */ */\n-- migrate:up dialect:sqlite\nSELECT [it's];",
      "up:DO $$it's$$|\n" },
    { PG, "-- migrate:up\nSELECT [it's];\n-- migrate:up dialect:postgresql\nDO $$it's$$;",
      "up:DO $$it's$$|\n" },
    { LITE,
      "-- migrate:up dialect:postgresql\n$$'$$\n-- migrate:up dialect:sqlite\n[']\n-- "
      "migrate:down\nD",
      "up:[']|\ndown:D|\n" },
    /* What reads as a section of its own, but stands in a literal, is none. */
    { LITE, "-- migrate:up\nSELECT [a;b], '\n-- migrate:up dialect:sqlite\n';\n-- migrate:down\nD",
      "up:SELECT [a;b], '\n-- migrate:up dialect:sqlite\n'|\ndown:D|\n" },
    /* Not in a transaction, and said so; or not of this dialect. */
    { PG, "-- migrate:up transaction:false\nCREATE INDEX CONCURRENTLY i ON t (a);\nVACUUM;",
      "up bare:CREATE INDEX CONCURRENTLY i ON t (a)|VACUUM|\n" },
    { LITE, "-- migrate:up\nCREATE INDEX concurrently ON t (a);",
      "up:CREATE INDEX concurrently ON t (a)|\n" },
    { LITE, "-- migrate:up transaction:false\nPRAGMA foreign_keys = OFF;",
      "up bare:PRAGMA foreign_keys = OFF|\n" },
    { LITE, "-- migrate:up\nPRAGMA foreign_key_check;", "up:PRAGMA foreign_key_check|\n" },
};

START_TEST(parses)
{
    GError *error = NULL;
    g_autoptr(CgMigration) migration = parse(good[_i].in, good[_i].dialect, &error);
    ck_assert_msg(migration != NULL, "%s", error != NULL ? error->message : "");
    g_autofree char *out = show(migration);
    ck_assert_str_eq(out, good[_i].out);
    ck_assert_str_eq(migration->text.data, good[_i].in);
}
END_TEST

#define UP "-- migrate:up\n"

static const struct {
    int dialect;
    const char *in;
    const char *message; /* its beginning, behind the file name */
    const char *hint;    /* a part of it, or NULL */
} bad[] = {
    { PG, "", "1:1: the file has no section \"up\" for PostgreSQL", "dialect:postgresql" },
    { PG, "-- x\n", "2:1: the file has no section \"up\"", NULL },
    { LITE, "\n-- migrate:up dialect:postgresql\nA",
      "2:1: the file has no section \"up\" for SQLite", "-- migrate:up dialect:sqlite" },
    { PG, "\n A;\n" UP, "2:2: only comments may stand before", "-- migrate:up" },
    { PG, "; " UP, "1:1: only comments may stand before", NULL },
    { PG, "SELECT 1;\n", "1:1: only comments", NULL },
    /* Markers. */
    { PG, UP "A;\n-- migrate:dwon\nB", "3:12: unknown section \"dwon\"", "-- migrate:down" },
    { PG, UP "-- migrate:UP\n", "2:12: unknown section \"UP\"", "-- migrate:up" },
    { PG, UP "-- migrate:rebuild\n", "2:12: unknown section \"rebuild\"", "up, down, verify" },
    { PG, UP "-- migrate:down:\n", "2:12: unknown section \"down:\"", "-- migrate:down" },
    { PG, "--migrate:up\n", "1:1: misspelt marker", "-- migrate:up" },
    { PG, "-- Migrate: up\n", "1:1: misspelt marker", "-- migrate:up" },
    { PG, "-- migrate: verfy\n", "1:1: misspelt marker", "-- migrate:verify" },
    { PG, "-- migrate :up\n", "1:1: misspelt marker", "-- migrate:up" },
    { PG, "--  migrate:up\n", "1:1: misspelt marker", "-- migrate:up" },
    { PG, "-- migrat:up\n", "1:1: misspelt marker", "-- migrate:up" },
    { PG, "-- imgrate:down\n", "1:1: misspelt marker", "-- migrate:down" },
    { PG, "-- migrate:\n", "1:1: misspelt marker", "up, down, verify, require" },
    { PG, UP "A; -- migrate:down\n", "2:4: a marker stands on a line of its own", NULL },
    { PG, UP "/* x */ -- migrate:down\n", "2:9: a marker stands on a line", NULL },
    { PG, "-- migrate:up\rA;\n", "1:1: a marker stands on a line", "LF or CRLF" },
    { LITE, "-- migrate:up\rA;\n", "1:14: a lone carriage return", "LF or CRLF" },
    { PG, UP "A;\n" UP "B;", "3:1: a second section \"up\"; the first is on line 1",
      "each dialect" },
    { PG, UP "-- migrate:up dialect:sqlite\n-- migrate:up dialect:sqlite\n",
      "3:1: a second section \"up\"; the first is on line 2", NULL },
    /* Options. */
    { PG, "-- migrate:up lock_timout:2s\n", "1:15: unknown option \"lock_timout\"",
      "\"lock_timeout:\"" },
    { PG, "-- migrate:up transaction=false\n", "1:15: unknown option \"transaction=false\"",
      "options are" },
    { PG, "-- migrate:up transaction\n", "1:15: unknown option \"transaction\"",
      "without a blank" },
    { PG, "-- migrate:up transaction:no\n",
      "1:27: \"transaction:\" takes true or false, not \"no\"", NULL },
    { PG, "-- migrate:up transaction: false\n",
      "1:27: \"transaction:\" takes true or false, not \"\"", NULL },
    { PG, "-- migrate:up dialect:pg\n", "1:23: \"dialect:\" takes postgresql or sqlite, not \"pg\"",
      NULL },
    { PG, "-- migrate:up lock_timeout:2\n", "1:28: \"lock_timeout:\" takes a duration", NULL },
    { PG, "-- migrate:up lock_timeout:-2s\n", "1:28: \"lock_timeout:\" takes a duration", NULL },
    { PG, "-- migrate:up lock_timeout:1.5s\n", "1:28: \"lock_timeout:\" takes a duration", NULL },
    { PG, "-- migrate:up lock_timeout:597h\n", "1:28: \"lock_timeout:\" takes a duration", NULL },
    { PG, "-- migrate:up lock_timeout:99999999999999999999s\n", "1:28: \"lock_timeout:\" takes",
      NULL },
    { PG, "-- migrate:up lock_timeout:1s lock_timeout:1s\n",
      "1:31: option \"lock_timeout\" is given twice", NULL },
    { PG, "-- migrate:up preserve:t\n", "1:15: a section \"up\" takes no option \"preserve\"",
      NULL },
    { PG, "-- migrate:up irreversible:x\n", "1:15: a section \"up\" takes no option", NULL },
    { PG, UP "-- migrate:verify transaction:false\n", "2:19: a section \"verify\" takes no option",
      NULL },
    { PG, UP "-- migrate:verify lock_timeout:1s\n", "2:19: a section \"verify\" takes no option",
      NULL },
    { PG, UP "-- migrate:require \"m\" statement_timeout:1s\nSELECT 1",
      "2:24: a section \"require\" takes no option", NULL },
    { PG, UP "A;\n-- migrate:down preserve:t transaction:false\nB;",
      "3:1: \"preserve:\" and \"transaction:false\" do not go together", "in a transaction" },
    { PG, UP "-- migrate:down preserve:a.b.c\n", "2:26: \"preserve:\" takes table or table.column",
      NULL },
    { PG, UP "-- migrate:down preserve:a preserve:a\n", "2:37: \"preserve:\" takes", NULL },
    { PG, UP "-- migrate:down preserve:.c\n", "2:26: \"preserve:\" takes", NULL },
    { PG, UP "-- migrate:down irreversible:\"\"\n", "2:30: \"irreversible:\" takes a reason",
      NULL },
    { PG, UP "-- migrate:down irreversible:\"a\n\"", "2:30: this quote is never closed", "twice" },
    { PG, UP "-- migrate:down irreversible:\"a\"b\n", "2:33: a blank must follow", NULL },
    { PG, "-- migrate:up \"x\"\n", "1:15: only a section \"require\" has a message", NULL },
    { PG, "-- migrate:up \xff\n", "1:15: a byte that is not UTF-8", "UTF-8" },
    { PG, UP "-- migrate:require\nSELECT 1", "2:19: a section \"require\" needs a message",
      "-- migrate:require" },
    { PG, UP "-- migrate:require \"\"\nSELECT 1", "2:20: the message is empty", NULL },
    { PG, UP "-- migrate:require \"a\" \"b\"\nSELECT 1", "2:24: a second message", NULL },
    /* Statements. */
    { PG, UP "BEGIN;", "2:1: \"BEGIN\" is not allowed in a migration", "transaction of its own" },
    { LITE, UP "A;\n begin immediate;", "3:2: \"BEGIN IMMEDIATE\" is not allowed", NULL },
    { PG, UP "COMMIT", "2:1: \"COMMIT\" is not allowed", NULL },
    { PG, UP "A; ROLLBACK", "2:4: \"ROLLBACK\" is not allowed", NULL },
    { LITE, UP "END;", "2:1: \"END\" is not allowed", NULL },
    { PG, "-- migrate:up transaction:false\nSAVEPOINT a;", "2:1: \"SAVEPOINT A\" is not allowed",
      NULL },
    { PG, UP "PREPARE TRANSACTION 'x'", "2:1: \"PREPARE TRANSACTION\" is not allowed", NULL },
    { PG, UP "start transaction", "2:1: \"START TRANSACTION\" is not allowed", NULL },
    { PG, UP "DISCARD ALL", "2:1: \"DISCARD ALL\" is not allowed", NULL },
    { PG, UP "-- migrate:verify\nABORT", "3:1: \"ABORT\" is not allowed", NULL },
    { PG, UP "VACUUM t;", "2:1: \"VACUUM T\" has no effect or fails",
      "-- migrate:up transaction:false" },
    { LITE, UP "-- migrate:down\nVACUUM;", "3:1: \"VACUUM\" has no",
      "-- migrate:down transaction:false" },
    { PG, UP "-- migrate:verify\nVACUUM;", "3:1: \"VACUUM\" has no", NULL },
    { PG, UP "create unique index concurrently i on t (a)", "2:1: \"CREATE UNIQUE INDEX\" has no",
      "transaction:false" },
    { PG, UP "DROP INDEX CONCURRENTLY i", "2:1: \"DROP INDEX CONCURRENTLY\" has no", NULL },
    { PG, UP "REINDEX (VERBOSE) INDEX CONCURRENTLY i", "2:1: \"REINDEX\" has no", NULL },
    { PG, UP "CREATE DATABASE d", "2:1: \"CREATE DATABASE D\" has no", NULL },
    { PG, UP "ALTER SYSTEM SET a = 1", "2:1: \"ALTER SYSTEM SET\" has no", NULL },
    { LITE, UP "PRAGMA main.foreign_keys = 0", "2:1: \"PRAGMA MAIN\" has no", NULL },
    { PG, UP "-- migrate:require \"m\"\n-- none\n", "2:1: a section \"require\" has exactly one",
      NULL },
    { PG, UP "-- migrate:require \"m\"\nA;\nB;", "4:1: a section \"require\" has exactly one",
      NULL },
    { PG, UP "-- migrate:down irreversible:x\nA;", "3:1: a section that is irreversible has no",
      NULL },
    { PG, UP "SELECT (\n-- migrate:down\n);", "2:8: this parenthesis is never closed", NULL },
    { PG, UP "SELECT 'a\n-- migrate:down\n", "2:8: unterminated string", NULL },
    { PG, UP "\\d\n", "2:1: a psql command", "psql" },
    { PG, UP "COPY t FROM stdin;\n1\n\\.\n", "2:13: COPY with data", NULL },
};

START_TEST(refuses)
{
    g_autoptr(GError) error = NULL;
    ck_assert_ptr_null(parse(bad[_i].in, bad[_i].dialect, &error));
    ck_assert(cg_error_is(error, CG_EXIT_USAGE));
    g_autofree char *expected = g_strdup_printf("0007_x.sql:%s", bad[_i].message);
    ck_assert_msg(g_str_has_prefix(error->message, expected), "%s", error->message);
    ck_assert_msg(strchr(error->message, '^') != NULL, "no caret: %s", error->message);
    const char *hint = cg_error_hint(error);
    if (bad[_i].hint != NULL)
        ck_assert_msg(hint != NULL && strstr(hint, bad[_i].hint) != NULL, "hint: %s", hint);
}
END_TEST

START_TEST(refuses_nul_bytes)
{
    static const char text[] = "-- migrate:up\nA;\0B;";
    g_autoptr(GError) error = NULL;
    ck_assert_ptr_null(cg_migration_parse("1_a.sql", text, sizeof text - 1, CG_SQL_SQLITE, &error));
    ck_assert_msg(g_str_has_prefix(error->message, "1_a.sql:2:3: a NUL byte"), "%s",
                  error->message);
}
END_TEST

static const struct {
    const char *file;
    int64_t version; /* 0: refused */
    const char *name;
} names[] = {
    { "0001_kilo.sql", 1, "kilo" },
    { "schema/migrations/0010_a_b.c.sql", 10, "a_b.c" },
    { "20260101120000_x.sql", 20260101120000, "x" },
    { "9223372036854775807_x.sql", INT64_MAX, "x" },
    { "9223372036854775808_x.sql", 0, NULL },
    { "99999999999999999999999_x.sql", 0, NULL },
    { "0000_x.sql", 0, NULL },
    { "0001.sql", 0, NULL },
    { "0001_.sql", 0, NULL },
    { "0001-x.sql", 0, NULL },
    { "x.sql", 0, NULL },
    { "0001_x.SQL", 0, NULL },
    { "0001_x", 0, NULL },
    { "0001_x\n.sql", 0, NULL },
    { "0001_\xff.sql", 0, NULL },
    { "", 0, NULL },
};

START_TEST(reads_names)
{
    int64_t version = 0;
    g_autofree char *name = NULL;
    g_autoptr(GError) error = NULL;
    bool ok = cg_migration_parse_name(names[_i].file, &version, &name, &error);
    ck_assert_int_eq(version, names[_i].version);
    ck_assert(ok == (names[_i].name != NULL));
    ck_assert_pstr_eq(name, names[_i].name);
    ck_assert(ok || cg_error_is(error, CG_EXIT_USAGE));
}
END_TEST

/* Pairs of files, and whether their canonical texts are the same for PostgreSQL. */
static const struct {
    const char *a;
    const char *b;
    bool same;
} pairs[] = {
    { UP "CREATE TABLE t (a int);",
      "-- x\r\n-- migrate:up lock_timeout:2s\r\ncreate table T(A INT)", true },
    { UP "A;\n-- migrate:down\nB;", "-- migrate:down\nB;\n" UP "A;", true },
    { UP "A;", UP "A;\n-- migrate:up dialect:sqlite\nZ;", true },
    { UP "A;", UP "A;\n-- migrate:down\n", false },
    { UP "A; B", UP "A B", false },
    { UP "A;\n-- migrate:down\nB;", UP "A; B;\n-- migrate:down\n", false },
    { UP "A;", "-- migrate:up transaction:false\nA;", false },
    { UP "-- migrate:down preserve:t.c\nA;", UP "-- migrate:down preserve:t\nA;", false },
    { UP "-- migrate:down irreversible:x\n", UP "-- migrate:down irreversible:y\n", true },
    { UP "-- migrate:down irreversible:x\n", UP "-- migrate:down\n", false },
    { UP "SELECT 'a';", UP "SELECT 'A';", false },
};

START_TEST(normalises)
{
    g_autoptr(CgMigration) a = parse(pairs[_i].a, PG, NULL);
    g_autoptr(CgMigration) b = parse(pairs[_i].b, PG, NULL);
    ck_assert(a != NULL && b != NULL);
    g_autofree char *text_a = cg_migration_normalise(a);
    g_autofree char *text_b = cg_migration_normalise(b);
    ck_assert_msg((strcmp(text_a, text_b) == 0) == pairs[_i].same, "%s\n%s", text_a, text_b);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("file");
    TCase *tcase = tcase_create("file");
    tcase_add_loop_test(tcase, parses, 0, G_N_ELEMENTS(good));
    tcase_add_loop_test(tcase, refuses, 0, G_N_ELEMENTS(bad));
    tcase_add_test(tcase, refuses_nul_bytes);
    tcase_add_loop_test(tcase, reads_names, 0, G_N_ELEMENTS(names));
    tcase_add_loop_test(tcase, normalises, 0, G_N_ELEMENTS(pairs));
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
