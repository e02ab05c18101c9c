/* Looking into statements: keywords, patterns, index statements. */
#include "db/statement.h"

#include <check.h>
#include <string.h>

enum { PG = CG_SQL_POSTGRESQL, LITE = CG_SQL_SQLITE };

static CgText
text_of(const char *sql)
{
    return (CgText){ "t.sql", sql, strlen(sql) };
}

static CgStatement
all_of(const CgText *text)
{
    return (CgStatement){ 0, text->len };
}

static const struct {
    const char *sql;
    unsigned max;
    const char *keywords;
} verbs[] = {
    { "create /* x */ unique\nindex concurrently i on t (a)", 3, "CREATE UNIQUE INDEX" },
    { "vacuum", 3, "VACUUM" },
    { "PREPARE TRANSACTION 'x'", 3, "PREPARE TRANSACTION" },
    { "(SELECT 1)", 3, "" },
    { "a b c", 1, "A" },
    { "", 3, "" },
};

START_TEST(tells_the_keywords)
{
    CgText text = text_of(verbs[_i].sql);
    g_autofree char *keywords =
        cg_statement_keywords(&text, CG_SQL_SQLITE, all_of(&text), verbs[_i].max);
    ck_assert_str_eq(keywords, verbs[_i].keywords);
}
END_TEST

static const struct {
    const char *sql;
    const char *pattern;
    bool matches;
} patterns[] = {
    { "create index concurrently i on t (a)", "CREATE [UNIQUE] INDEX CONCURRENTLY", true },
    { "create unique index concurrently i on t (a)", "CREATE [UNIQUE] INDEX CONCURRENTLY", true },
    { "create index i on t (a)", "CREATE [UNIQUE] INDEX CONCURRENTLY", false },
    { "create unique", "CREATE [UNIQUE] INDEX CONCURRENTLY", false },
    { "REINDEX (VERBOSE) TABLE CONCURRENTLY t", "REINDEX * CONCURRENTLY", true },
    { "REINDEX CONCURRENTLY", "REINDEX * CONCURRENTLY", true },
    { "REINDEX TABLE \"CONCURRENTLY\"", "REINDEX * CONCURRENTLY", false },
    { "ALTER TABLE a.b DETACH PARTITION c CONCURRENTLY", "ALTER * DETACH PARTITION * CONCURRENTLY",
      true },
    { "COMMIT", "BEGIN|COMMIT|END", true },
    { "committed", "BEGIN|COMMIT|END", false },
    { "'COMMIT'", "BEGIN|COMMIT|END", false },
    { "", "BEGIN", false },
};

START_TEST(matches_patterns)
{
    CgText text = text_of(patterns[_i].sql);
    ck_assert(cg_statement_matches(&text, CG_SQL_POSTGRESQL, all_of(&text), patterns[_i].pattern) ==
              patterns[_i].matches);
}
END_TEST

/* "verb flags schema.name on table_schema.table", flags of u(nique), c(oncurrently), e(xists) */
static char *
show(const CgIndexStatement *index)
{
    if (index == NULL)
        return g_strdup("none");
    return g_strdup_printf(
        "%s %s%s%s %s.%s on %s.%s", index->verb == CG_INDEX_CREATE ? "create" : "drop",
        index->unique ? "u" : "", index->concurrently ? "c" : "", index->if_exists ? "e" : "",
        index->schema ? index->schema : "", index->name ? index->name : "",
        index->table_schema ? index->table_schema : "", index->table ? index->table : "");
}

#define LONG "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghij" /* 62 bytes */

static const struct {
    int dialect;
    const char *sql;
    const char *index;
} indexes[] = {
    { PG, "CREATE INDEX CONCURRENTLY Ix ON T (a) WHERE b", "create c .ix on .t" },
    { PG, "create unique index concurrently if not exists \"I\"\"x\" on only s.t using btree (a)",
      "create uce .I\"x on s.t" },
    { PG, "CREATE INDEX ON t (a)", "create  . on .t" },
    { PG, "CREATE INDEX CONCURRENTLY ON \"S\".\"on\" (a)", "create c . on S.on" },
    { PG, "DROP INDEX CONCURRENTLY IF EXISTS s.I RESTRICT", "drop ce s.i on ." },
    { PG, "DROP INDEX a CASCADE", "drop  .a on ." },
    { PG, "DROP INDEX a, b", "none" },
    { PG, "DROP INDEX", "none" },
    { PG, "CREATE INDEX U&\"a\" ON t (a)", "none" },
    { PG, "CREATE INDEX a.b.c ON t (a)", "none" },
    { PG, "CREATE INDEX a. ON t (a)", "none" },
    { PG, "CREATE INDEX IF EXISTS a ON t (a)", "none" },
    { PG, "CREATE TABLE a (b int)", "none" },
    { PG, "CREATE INDEX " LONG "xyz ON t (a)", "create  ." LONG "x on .t" },
    { PG, "CREATE INDEX " LONG "\xc3\xa9 ON t (a)", "create  ." LONG " on .t" },
    { LITE, "CREATE INDEX concurrently ON [T x] (a)", "create  .concurrently on .T x" },
    { LITE, "CREATE UNIQUE INDEX IF NOT EXISTS main.`I` ON 't' (a)", "create ue main.I on .t" },
    { LITE, "DROP INDEX IF EXISTS \"a b\"", "drop e .a b on ." },
    { LITE, "DROP INDEX a b", "none" },
    { LITE, "", "none" },
};

START_TEST(reads_index_statements)
{
    CgText text = text_of(indexes[_i].sql);
    g_autoptr(CgIndexStatement) index =
        cg_index_statement_parse(&text, (CgSqlDialect)indexes[_i].dialect, all_of(&text));
    g_autofree char *shown = show(index);
    ck_assert_str_eq(shown, indexes[_i].index);
}
END_TEST

START_TEST(stays_within_the_statement)
{
    CgText text = text_of("x; DROP INDEX a CASCADE; y");
    CgStatement statement = { 3, strlen("DROP INDEX a") };
    g_autoptr(CgIndexStatement) index =
        cg_index_statement_parse(&text, CG_SQL_POSTGRESQL, statement);
    ck_assert_ptr_nonnull(index);
    ck_assert_str_eq(index->name, "a");
    ck_assert(!cg_statement_matches(&text, CG_SQL_POSTGRESQL, statement, "DROP * CASCADE"));
    cg_index_statement_free(NULL);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("statement");
    TCase *tcase = tcase_create("statement");
    tcase_add_loop_test(tcase, tells_the_keywords, 0, G_N_ELEMENTS(verbs));
    tcase_add_loop_test(tcase, matches_patterns, 0, G_N_ELEMENTS(patterns));
    tcase_add_loop_test(tcase, reads_index_statements, 0, G_N_ELEMENTS(indexes));
    tcase_add_test(tcase, stays_within_the_statement);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
