/* The lexer: tables of text and tokens for both dialects, and where an error points. */
#include "db/lexer.h"

#include <check.h>
#include <string.h>

enum { PG = CG_SQL_POSTGRESQL, LITE = CG_SQL_SQLITE };

/* Letters of the token kinds, in their order; white space is not shown. */
static const char letters[] = "._-*wqsnp;o";

static char *
show(const char *data, size_t len, CgSqlDialect dialect, GError **error)
{
    CgText text = { "t.sql", data, len };
    CgLexer lexer = { .text = &text, .dialect = dialect };
    g_autoptr(GString) out = g_string_new(NULL);
    size_t pos = 0;
    for (;;) {
        CgToken token;
        if (!cg_lexer_next(&lexer, &token, error))
            return NULL;
        ck_assert_uint_eq(token.offset, pos);
        pos += token.len;
        if (token.kind == CG_TOKEN_END)
            break;
        ck_assert_uint_gt(token.len, 0);
        if (token.kind != CG_TOKEN_SPACE) {
            g_string_append_printf(out, "%c<", letters[token.kind]);
            g_string_append_len(out, data + token.offset, (gssize)token.len);
            g_string_append(out, ">");
        }
    }
    ck_assert_uint_eq(pos, len);
    return g_strdup(out->str);
}

static const struct {
    int dialect;
    const char *in;
    const char *out;
} good[] = {
    { PG, "", "" },
    { PG, "\xef\xbb\xbfSELECT 1;", "w<SELECT>n<1>;<;>" },
    { PG, "a\xef\xbb\xbf b", "w<a\xef\xbb\xbf>w<b>" },
    { PG, "a$1 $1 _x", "w<a$1>p<$1>w<_x>" },
    { PG, "'it''s' 'a\\' x", "s<'it''s'>s<'a\\'>w<x>" },
    { PG, "E'a\\'b' e'\\\\' x", "s<E'a\\'b'>s<e'\\\\'>w<x>" },
    { PG, "E'a'\n -- c\n '\\''x", "s<E'a'\n -- c\n '\\''>w<x>" },
    { PG, "E'a' '\\' x", "s<E'a'>s<'\\'>w<x>" },
    { PG, "'a'\n'\\' x", "s<'a'>s<'\\'>w<x>" },
    { PG, "U&'d\\0061' u&\"d\" U & x", "s<U&'d\\0061'>q<u&\"d\">w<U>o<&>w<x>" },
    { PG, "B'01' X'ff' N'a' xy'b'", "s<B'01'>s<X'ff'>s<N'a'>w<xy>s<'b'>" },
    { PG, "\"a\"\"b\" x", "q<\"a\"\"b\">w<x>" },
    { PG, "$$a;'$$ x", "s<$$a;'$$>w<x>" },
    { PG, "$a$ $b$ $$ $a$x", "s<$a$ $b$ $$ $a$>w<x>" },
    { PG, "$\xc3\xa9$'$\xc3\xa9$", "s<$\xc3\xa9$'$\xc3\xa9$>" },
    { PG, "f$$ $x", "w<f$$>o<$>w<x>" },
    { PG, "/* a /* b */ ; */x", "*</* a /* b */ ; */>w<x>" },
    { PG, "/*/**/*/x", "*</*/**/*/>w<x>" },
    { PG, "-- a\r\nb--c", "-<-- a>w<b>-<--c>" },
    { PG, "-- a\rb", "-<-- a>w<b>" },
    { PG, "1.5e-3 .5 1e5 1..2 7", "n<1.5e-3>n<.5>n<1e5>n<1>o<..>n<2>n<7>" },
    { PG, "a=-1 a<>-1 a@-1 a!=b", "w<a>o<=>o<->n<1>w<a>o<<>>o<->n<1>w<a>o<@->n<1>w<a>o<!=>w<b>" },
    { PG, "a+--x\n+/*y*/b", "w<a>o<+>-<--x>o<+>*</*y*/>w<b>" },
    { PG, "a::int[1]:=2", "w<a>o<::>w<int>o<[>n<1>o<]>o<:=>n<2>" },
    { PG, "a`b?c", "w<a>o<`>w<b>o<?>w<c>" },
    { PG, "\\d", "o<\\>w<d>" },
    { LITE, "[a;]']' `x``y`", "q<[a;]>s<']'>q<`x``y`>" },
    { LITE, "E'a\\' x'0f' X''", "w<E>s<'a\\'>s<x'0f'>s<X''>" },
    { LITE, "/* a /* b */ c", "*</* a /* b */>w<c>" },
    { LITE, "-- a\rb\nc", "-<-- a\rb>w<c>" },
    { LITE, "-- a\r\nc", "-<-- a>w<c>" },
    { LITE, "?1 ? :a @b $c $1", "p<?1>p<?>p<:a>p<@b>p<$c>p<$1>" },
    { LITE, "a->>'b'->'c'||x<<1==2", "w<a>o<->>>s<'b'>o<->>s<'c'>o<||>w<x>o<<<>n<1>o<==>n<2>" },
    { LITE, "$$ x", "p<$$>w<x>" },
    { LITE, "0XfE+1", "n<0XfE>o<+>n<1>" },
    { LITE, "\xff\xfe\x80 a", "w<\xff\xfe\x80>w<a>" },
};

START_TEST(lexes)
{
    GError *error = NULL;
    g_autofree char *out =
        show(good[_i].in, strlen(good[_i].in), (CgSqlDialect)good[_i].dialect, &error);
    ck_assert_msg(out != NULL, "%s", error != NULL ? error->message : "");
    ck_assert_str_eq(out, good[_i].out);
}
END_TEST

static const struct {
    int dialect;
    const char *in;
    const char *message; /* its beginning */
} bad[] = {
    { PG, "a\n 'b;\n''", "t.sql:2:2: unterminated string\n" },
    { PG, "E'a\\'", "t.sql:1:1: unterminated string\n" },
    { PG, "E'a\\", "t.sql:1:1: unterminated string\n" },
    { PG, "E'a'\n'b", "t.sql:1:1: unterminated string\n" },
    { PG, "x \"b", "t.sql:1:3: unterminated quoted identifier\n" },
    { PG, "x $a$ $b$ $a", "t.sql:1:3: unterminated dollar-quoted string\n" },
    { PG, "/* /* */", "t.sql:1:1: unterminated block comment\n" },
    { PG, "/*/", "t.sql:1:1: unterminated block comment\n" },
    { LITE, "\xc3\xa9 /* ", "t.sql:1:3: unterminated block comment\n" },
    { LITE, "\r\n[a", "t.sql:2:1: unterminated quoted identifier\n" },
    { LITE, "`a``", "t.sql:1:1: unterminated quoted identifier\n" },
    { LITE, "x'00", "t.sql:1:1: unterminated string\n" },
};

START_TEST(points_to_where_it_opens)
{
    g_autoptr(GError) error = NULL;
    ck_assert_ptr_null(show(bad[_i].in, strlen(bad[_i].in), (CgSqlDialect)bad[_i].dialect, &error));
    ck_assert(cg_error_is(error, CG_EXIT_USAGE));
    ck_assert_msg(g_str_has_prefix(error->message, bad[_i].message), "%s", error->message);
}
END_TEST

START_TEST(takes_nul_bytes)
{
    static const char sql[] = "a\0c '\0'--\0\n/*\0*/\0";
    static const char shown[] = "w<a>o<\0>w<c>s<'\0'>-<--\0>*</*\0*/>o<\0>";
    for (int dialect = PG; dialect <= LITE; dialect++) {
        CgText text = { "t", sql, sizeof sql - 1 };
        CgLexer lexer = { .text = &text, .dialect = (CgSqlDialect)dialect };
        CgToken token = { .kind = CG_TOKEN_SPACE };
        g_autoptr(GString) out = g_string_new(NULL);
        while (token.kind != CG_TOKEN_END) {
            ck_assert(cg_lexer_next(&lexer, &token, NULL));
            if (token.kind == CG_TOKEN_END || token.kind == CG_TOKEN_SPACE)
                continue;
            g_string_append_printf(out, "%c<", letters[token.kind]);
            g_string_append_len(out, sql + token.offset, (gssize)token.len);
            g_string_append_c(out, '>');
        }
        ck_assert_mem_eq(out->str, shown, sizeof shown - 1);
    }
}
END_TEST

START_TEST(keeps_its_place)
{
    CgText text = { "t", "a 'b", 4 };
    CgLexer lexer = { .text = &text, .dialect = CG_SQL_SQLITE };
    CgToken token;
    ck_assert(cg_lexer_next_code(&lexer, &token, NULL));
    ck_assert(cg_token_is_word(&text, token, "A"));
    ck_assert(!cg_token_is_word(&text, token, "AB"));
    ck_assert(!cg_lexer_next_code(&lexer, &token, NULL));
    ck_assert_uint_eq(lexer.pos, 2);
    text.len = 1;
    lexer.pos = 1;
    for (int i = 0; i < 2; i++) {
        ck_assert(cg_lexer_next(&lexer, &token, NULL));
        ck_assert_int_eq(token.kind, CG_TOKEN_END);
        ck_assert_uint_eq(token.offset, 1);
    }
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("lexer");
    TCase *tcase = tcase_create("lexer");
    tcase_add_loop_test(tcase, lexes, 0, G_N_ELEMENTS(good));
    tcase_add_loop_test(tcase, points_to_where_it_opens, 0, G_N_ELEMENTS(bad));
    tcase_add_test(tcase, takes_nul_bytes);
    tcase_add_test(tcase, keeps_its_place);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
