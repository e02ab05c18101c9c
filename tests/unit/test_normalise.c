/* The canonical text: what is the same SQL, and what is not. */
#include "db/normalise.h"

#include <check.h>
#include <string.h>

enum { PG = CG_SQL_POSTGRESQL, LITE = CG_SQL_SQLITE };

static char *
normalise(const char *data, size_t len, int dialect)
{
    CgText text = { "t.sql", data, len };
    return cg_sql_normalise(&text, (CgSqlDialect)dialect);
}

static const struct {
    int dialect;
    const char *in;
    const char *out;
} table[] = {
    { PG, "", "" },
    { PG, " -- only\r\n/* comments */", "" },
    { PG, "\xef\xbb\xbfSELECT\r\n\ta.B,1E5 -- x\n FROM/**/\"T\" ;\n",
      "select a . b , 1e5 from \"T\" ;" },
    { PG, "select a.b,1e5 from \"T\";", "select a . b , 1e5 from \"T\" ;" },
    { PG, "E'A\r\nb' e'A' U&'X' U&\"Y\"", "e'A\nb' e'A' u&'X' u&\"Y\"" },
    { PG, "$Tag$ A\r\n -- b $Tag$", "$Tag$ A\n -- b $Tag$" },
    { PG, "a<=b a< =b", "a <= b a < = b" },
    { PG, "'a\rb\r'", "'a\rb\r'" },
    { PG, "SELECT 'Open", "select 'Open" },
    { LITE, "X'Ff' [A] `B` :Name ?1 \"C\"", "x'Ff' [A] `B` :Name ?1 \"C\"" },
    { LITE, "\xc3\x89T\xc3\x89", "\xc3\x89t\xc3\x89" },
};

START_TEST(normalises)
{
    g_autofree char *out = normalise(table[_i].in, strlen(table[_i].in), table[_i].dialect);
    ck_assert_str_eq(out, table[_i].out);
}
END_TEST

START_TEST(is_its_own_canonical_text)
{
    g_autofree char *once = normalise(table[_i].in, strlen(table[_i].in), table[_i].dialect);
    g_autofree char *twice = normalise(once, strlen(once), table[_i].dialect);
    ck_assert_str_eq(once, twice);
}
END_TEST

START_TEST(keeps_what_follows_a_nul)
{
    g_autofree char *out = normalise("a\0b '\0'", 7, PG);
    ck_assert_str_eq(out, "a \xc0\x80 b '\xc0\x80'");
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("normalise");
    TCase *tcase = tcase_create("normalise");
    tcase_add_loop_test(tcase, normalises, 0, G_N_ELEMENTS(table));
    tcase_add_loop_test(tcase, is_its_own_canonical_text, 0, G_N_ELEMENTS(table));
    tcase_add_test(tcase, keeps_what_follows_a_nul);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
