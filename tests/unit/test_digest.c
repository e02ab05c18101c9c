/* Digests: the standard's own examples, and fields that do not run into each other. */
#include "base/digest.h"

#include <check.h>
#include <glib.h>
#include <string.h>

static const struct {
    const char *text;
    const char *hex;
} examples[] = {
    { "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
    { "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
    { "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
};

START_TEST(examples_of_the_standard)
{
    const char *text = examples[_i].text;
    g_autofree char *hex = cg_sha256_hex(text, strlen(text));
    ck_assert_str_eq(hex, examples[_i].hex);

    uint8_t raw[CG_SHA256_SIZE];
    cg_sha256(text, strlen(text), raw);
    for (size_t i = 0; i < CG_SHA256_SIZE; i++)
        ck_assert_int_eq(raw[i], g_ascii_xdigit_value(hex[2 * i]) * 16 +
                                     g_ascii_xdigit_value(hex[2 * i + 1]));
}
END_TEST

static char *
digest_of(const char *a, const char *b)
{
    CgDigest *digest = cg_digest_new();
    cg_digest_text(digest, a);
    cg_digest_text(digest, b);
    return cg_digest_steal_hex(digest);
}

START_TEST(fields_do_not_run_together)
{
    static const char *const pairs[][2] = {
        { "ab", "c" }, { "a", "bc" },   { "abc", "" },
        { "", "abc" }, { NULL, "abc" }, { "abc", NULL },
    };
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(pairs); i++)
        ck_assert(g_hash_table_add(seen, digest_of(pairs[i][0], pairs[i][1])));
}
END_TEST

/* Kept in ledgers and journals: it must never change. */
START_TEST(the_framing_is_fixed)
{
    static const char framed[] = "\0\0\0\0\0\0\0\3abc\xff\xff\xff\xff\xff\xff\xff\xff";
    g_autofree char *expected = cg_sha256_hex(framed, sizeof framed - 1);
    g_autofree char *found = digest_of("abc", NULL);
    ck_assert_str_eq(found, expected);
}
END_TEST

START_TEST(a_field_may_hold_any_byte)
{
    g_autoptr(CgDigest) dropped = cg_digest_new();
    cg_digest_field(dropped, "a\0b", 3);
    CgDigest *digest = cg_digest_new();
    cg_digest_field(digest, "a\0b", 3);
    g_autofree char *with = cg_digest_steal_hex(digest);
    digest = cg_digest_new();
    cg_digest_field(digest, "a", 1);
    g_autofree char *without = cg_digest_steal_hex(digest);
    ck_assert_str_ne(with, without);
    cg_digest_free(NULL);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("digest");
    TCase *tcase = tcase_create("digest");
    SRunner *runner = srunner_create(suite);

    tcase_add_loop_test(tcase, examples_of_the_standard, 0, G_N_ELEMENTS(examples));
    tcase_add_test(tcase, fields_do_not_run_together);
    tcase_add_test(tcase, the_framing_is_fixed);
    tcase_add_test(tcase, a_field_may_hold_any_byte);
    suite_add_tcase(suite, tcase);

    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
