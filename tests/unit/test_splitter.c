/* The splitter: what is one statement on which database, what is refused, and that nothing is lost.
 */
#include "db/splitter.h"

#include <check.h>
#include <string.h>

enum { PG = CG_SQL_POSTGRESQL, LITE = CG_SQL_SQLITE };

/* The statements, each followed by "|". */
static char *
join(const CgText *text, const GArray *statements)
{
    g_autoptr(GString) out = g_string_new(NULL);
    for (unsigned i = 0; i < statements->len; i++) {
        g_autofree char *sql = cg_statement_dup(text, g_array_index(statements, CgStatement, i));
        g_string_append_printf(out, "%s|", sql);
    }
    return g_strdup(out->str);
}

#define ATOMIC "CREATE OR REPLACE FUNCTION f(a int) RETURNS int "
#define TRIGGER "CREATE TEMP TRIGGER t AFTER INSERT ON x "

static const struct {
    int dialect;
    const char *in;
    const char *out;
} good[] = {
    { PG, "", "" },
    { PG, " ;; -- a\n;/* b */", "" },
    { PG, "a;b", "a|b|" },
    { PG, "\xef\xbb\xbf-- c\r\na /* x */ b -- d\r\n;\r\n", "a /* x */ b|" },
    { PG, "SELECT ';', \";\", $$;$$, E'\\';' ; x;", "SELECT ';', \";\", $$;$$, E'\\';'|x|" },
    { PG, "CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2); x",
      "CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2)|x|" },
    { PG, ATOMIC "BEGIN ATOMIC SELECT 1; SELECT CASE WHEN a THEN 1 END; END; x",
      ATOMIC "BEGIN ATOMIC SELECT 1; SELECT CASE WHEN a THEN 1 END; END|x|" },
    { PG, "create procedure p() begin atomic end; x", "create procedure p() begin atomic end|x|" },
    { PG, ATOMIC "RETURN 1; x", ATOMIC "RETURN 1|x|" },
    { PG, "CREATE VIEW v AS SELECT begin atomic FROM t; x",
      "CREATE VIEW v AS SELECT begin atomic FROM t|x|" },
    { PG, "BEGIN; x; END; y", "BEGIN|x|END|y|" },
    { PG, "SELECT 1) ; x", "SELECT 1)|x|" },
    { PG, "COPY t FROM 'stdin'; COPY t TO PROGRAM 'x'; COPY (SELECT stdin FROM stdin) TO 'f'",
      "COPY t FROM 'stdin'|COPY t TO PROGRAM 'x'|COPY (SELECT stdin FROM stdin) TO 'f'|" },
    { PG, "SELECT a FROM stdin; y", "SELECT a FROM stdin|y|" },
    { PG, "CREATE TRIGGER t AFTER INSERT ON x EXECUTE FUNCTION f(); y",
      "CREATE TRIGGER t AFTER INSERT ON x EXECUTE FUNCTION f()|y|" },
    { LITE, TRIGGER "BEGIN UPDATE x SET a = CASE b WHEN 1 THEN 2 END; END; y",
      TRIGGER "BEGIN UPDATE x SET a = CASE b WHEN 1 THEN 2 END; END|y|" },
    { LITE, TRIGGER "WHEN CASE 1 WHEN 1 THEN 1 END BEGIN SELECT end; SELECT 2; /* ; */ END -- ;\n",
      TRIGGER "WHEN CASE 1 WHEN 1 THEN 1 END BEGIN SELECT end; SELECT 2; /* ; */ END|" },
    { LITE, "EXPLAIN QUERY PLAN CREATE TRIGGER t DELETE ON x BEGIN SELECT 1; END; y",
      "EXPLAIN QUERY PLAN CREATE TRIGGER t DELETE ON x BEGIN SELECT 1; END|y|" },
    { LITE, "CREATE TABLE \"trigger\" (a); y", "CREATE TABLE \"trigger\" (a)|y|" },
    { LITE, "DROP TRIGGER t; CREATE TABLE [;] (`;`); BEGIN; END",
      "DROP TRIGGER t|CREATE TABLE [;] (`;`)|BEGIN|END|" },
    { LITE, "COPY t FROM stdin; \\d", "COPY t FROM stdin|\\d|" },
};

START_TEST(splits)
{
    CgText text = { "t.sql", good[_i].in, strlen(good[_i].in) };
    g_autoptr(GArray) statements = NULL;
    GError *error = NULL;
    bool ok = cg_split(&text, (CgSqlDialect)good[_i].dialect, &statements, &error);
    ck_assert_msg(ok, "%s", error != NULL ? error->message : "");
    g_autofree char *out = join(&text, statements);
    ck_assert_str_eq(out, good[_i].out);
}
END_TEST

/* Each statement is one statement again, and between them stands no code. */
START_TEST(loses_nothing)
{
    CgText text = { "t.sql", good[_i].in, strlen(good[_i].in) };
    CgSqlDialect dialect = (CgSqlDialect)good[_i].dialect;
    g_autoptr(GArray) statements = NULL;
    ck_assert(cg_split(&text, dialect, &statements, NULL));
    size_t pos = 0;
    for (unsigned i = 0; i <= statements->len; i++) {
        CgStatement next = { text.len, 0 };
        if (i < statements->len)
            next = g_array_index(statements, CgStatement, i);
        ck_assert_uint_ge(next.offset, pos);
        g_autoptr(GArray) gap = NULL;
        ck_assert(cg_split_range(&text, pos, next.offset, dialect, &gap, NULL));
        ck_assert_uint_eq(gap->len, 0);
        pos = next.offset + next.len;
        g_autoptr(GArray) again = NULL;
        ck_assert(cg_split_range(&text, next.offset, pos, dialect, &again, NULL));
        ck_assert_uint_eq(again->len, i < statements->len ? 1 : 0);
    }
}
END_TEST

static const struct {
    int dialect;
    const char *in;
    const char *message; /* its beginning */
} bad[] = {
    { PG, "a;\n  \\i x.sql\n", "t.sql:2:3: a psql command is no SQL\n" },
    { PG, "COPY t (a) FROM\n stdin;\n1\t'\n\\.\n", "t.sql:2:2: COPY with data" },
    { PG, "COPY t TO STDOUT", "t.sql:1:11: COPY with data" },
    { PG, "a; b ((c); d", "t.sql:1:6: this parenthesis is never closed\n" },
    { PG, "a; b '", "t.sql:1:6: unterminated string\n" },
    { PG, "CREATE FUNCTION f() BEGIN ATOMIC SELECT CASE 1 END;",
      "t.sql:1:21: the body that begins" },
    { LITE, "x;\nCREATE TRIGGER t BEGIN SELECT 1 END; y", "t.sql:2:1: the body that begins here" },
    { LITE, "a;\n.read x", "t.sql:2:1: a command of the sqlite3 shell is no SQL\n" },
    { LITE, "(", "t.sql:1:1: this parenthesis is never closed\n" },
};

START_TEST(refuses)
{
    CgText text = { "t.sql", bad[_i].in, strlen(bad[_i].in) };
    g_autoptr(GError) error = NULL;
    GArray *statements = NULL;
    ck_assert(!cg_split(&text, (CgSqlDialect)bad[_i].dialect, &statements, &error));
    ck_assert_ptr_null(statements);
    ck_assert(cg_error_is(error, CG_EXIT_USAGE));
    ck_assert_msg(g_str_has_prefix(error->message, bad[_i].message), "%s", error->message);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("splitter");
    TCase *tcase = tcase_create("splitter");
    tcase_add_loop_test(tcase, splits, 0, G_N_ELEMENTS(good));
    tcase_add_loop_test(tcase, loses_nothing, 0, G_N_ELEMENTS(good));
    tcase_add_loop_test(tcase, refuses, 0, G_N_ELEMENTS(bad));
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
