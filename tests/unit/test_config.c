/*
 * The reader of oslo.config files: its grammar and substitution, which name of the connection wins,
 * and that no error shows a value that may be a password.
 */
#include "base/config.h"

#include <check.h>
#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

static CgConfig *
read_texts(const char *first, const char *second, GError **error)
{
    g_autoptr(CgConfig) config = cg_config_new();
    CgText a = { "a.conf", first, strlen(first) };
    CgText b = { "b.conf", second, second != NULL ? strlen(second) : 0 };
    if (!cg_config_read_text(config, &a, error))
        return NULL;
    if (second != NULL && !cg_config_read_text(config, &b, error))
        return NULL;
    return g_steal_pointer(&config);
}

/* What [x] k is; "-" stands for unset. */
static const struct {
    const char *text;
    const char *value;
} grammar[] = {
    { "", "-" },
    { "[x]", "-" },
    { "[x]\nk = v", "v" },
    { "[x]\r\nk = v \r\n", "v" },
    { "[x]\nk=v", "v" },
    { "[x]\nk: v", "v" },
    { "[x]\nk = a:b", "a:b" },
    { "[x]\nk : a=b", "a=b" },
    { "[x]\nk =", "" },
    { "[x]\nk = a # b ; c", "a # b ; c" },
    { "[x]\n#k = a\n;k = b", "-" },
    { "[x]\nk = a\n  b\n\tc", "a\nb\nc" },
    { "[x]\nk = a\n  # b", "a\n# b" },
    { "[x]\nk =\n  b", "\nb" },
    { "[x]\nk = 'a b'", "a b" },
    { "[x]\nk = \" a \"", " a " },
    { "[x]\nk = ''a''", "'a'" },
    { "[x]\nk = 'a\"", "'a\"" },
    { "[x]\nk = '", "" },
    { "[x]\nk = 'a' 'b'", "a' 'b" },
    { "[x]\nk = a\nk = b", "b" },
    { "[x]\nk = a\n[y]\nk = b\n[x]\nl = c", "a" },
    { "[X]\nk = v", "v" },
    { "[x]\nK = v", "-" },
    { "[x] \nk k = v\nk = w", "w" },
    { "[x]\nk = %40@%", "%40@%" },
    { "[x]\nk = \xff", "\xff" },
};

START_TEST(grammar_of_oslo)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(CgConfig) config = read_texts(grammar[_i].text, NULL, &error);
    ck_assert_msg(config != NULL, "%s", error != NULL ? error->message : "");
    g_autofree char *value = cg_config_get(config, "x", "k", &error);
    ck_assert_ptr_null(error);
    ck_assert_str_eq(value != NULL ? value : "-", grammar[_i].value);
}
END_TEST

static const struct {
    const char *text;
    const char *message;
} malformed[] = {
    { "k = v", "a.conf:1:1: an assignment before the first [section]\n    k = v\n    ^" },
    { "\n[x\n", "a.conf:2:3: a section header must end with ]\n    [x\n      ^" },
    { "[x] # y", "a.conf:1:8: a section header must end with ]\n    [x] # y\n           ^" },
    { "[]", "a.conf:1:2: the section has no name\n    []\n     ^" },
    { "[x]\nk", "a.conf:2:1: expected \"key = value\", a [section] or a # comment\n    k\n    ^" },
    { "[x]\n= v", "a.conf:2:1: the assignment has no key\n    = v\n    ^" },
    { "[x]\n  k = v", "a.conf:2:3: this line begins with a blank but continues nothing\n"
                      "      k = v\n      ^" },
    { "[x]\nk = v\n\n w", "a.conf:4:2: this line begins with a blank but continues nothing\n"
                          "     w\n     ^" },
    { "[x]\nk = v\n#\n w", "a.conf:4:2: this line begins with a blank but continues nothing\n"
                           "     w\n     ^" },
    /* What may be a password. */
    { "connection = s3cret", "a.conf:1:1: an assignment before the first [section]\n"
                             "    connection = ***\n    ^" },
    { "k = postgresql://u:s3cret@db",
      "a.conf:1:1: an assignment before the first [section]\n    ***\n    ^" },
    { "[x]\nadmin_password =\n\n  s3cret",
      "a.conf:4:1: this line begins with a blank but continues nothing\n    ***\n    ^" },
    { "[x]\nconnection = a\ns3cret",
      "a.conf:3:1: expected \"key = value\", a [section] or a # comment\n    ***\n    ^" },
    { "[x]\n= s3cret@db", "a.conf:2:1: the assignment has no key\n    ***\n    ^" },
    { "[x]\nk = v\n auth_token\ns3cret",
      "a.conf:4:1: expected \"key = value\", a [section] or a # comment\n    ***\n    ^" },
};

START_TEST(malformed_files_are_refused)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(CgConfig) config = read_texts(malformed[_i].text, NULL, &error);
    ck_assert_ptr_null(config);
    ck_assert(cg_error_is(error, CG_EXIT_USAGE));
    ck_assert_str_eq(error->message, malformed[_i].message);
}
END_TEST

/* [x] k after substitution, or the message. */
static const struct {
    const char *text;
    const char *value;
    const char *message;
} substitution[] = {
    { "[x]\na = 1\nk = $a${a}$a-", "111-", NULL },
    { "[x]\nk = $a\n[DEFAULT]\na = 1", "1", NULL },
    { "[DEFAULT]\na = 1\n[x]\na = 2\nk = $a", "2", NULL },
    { "[y]\na = 1\n[x]\nk = $y.a ${Y.a}", "1 1", NULL },
    { "[y]\na = $b\nb = 1\n[x]\nk = $y.a\nb = 2", "1", NULL },
    { "[x]\nk = $$a \\$a $ $1 ${ ${a $", "$a $a $ $1 ${ ${a $", NULL },
    { "[x]\na = 1\nk = $\\$a", "$1", NULL },
    { "[x]\nk = $state_path/x", "/var/lib/cinder/x", NULL },
    { "[DEFAULT]\nstate_path = /srv\n[x]\nk = $state_path", "/srv", NULL },
    { "[x]\nk = a $b", NULL, "a.conf:2:7: \"$b\" is not set\n    k = a $b\n          ^" },
    { "[x]\nk = a\n  $b", NULL, "a.conf:2:5: \"$b\" is not set\n    k = a\n        ^" },
    { "[x]\nk = '$k'", NULL, "a.conf:2:6: \"$k\" refers to itself\n    k = '$k'\n         ^" },
    { "[x]\nk = $a\na = ${k}", NULL,
      "a.conf:3:5: \"$k\" refers to itself\n    a = ${k}\n        ^" },
    { "[x]\nk = $connection\nconnection = s3$cret", NULL,
      "a.conf:3:14: a $name in this value is not set\n    connection = ***\n                 ^" },
    { "[x]\nk = u://$pw\npw = s3$cret", NULL,
      "a.conf:3:1: a $name in this value is not set\n    ***\n    ^" },
};

START_TEST(substitution_of_oslo)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(CgConfig) config = read_texts(substitution[_i].text, NULL, &error);
    ck_assert_ptr_nonnull(config);
    g_autofree char *value = cg_config_get(config, "x", "k", &error);
    ck_assert_pstr_eq(value, substitution[_i].value);
    ck_assert_pstr_eq(error != NULL ? error->message : NULL, substitution[_i].message);
    ck_assert(error == NULL || cg_error_is(error, CG_EXIT_USAGE));
}
END_TEST

START_TEST(substitution_is_bounded)
{
    g_autoptr(GString) text = g_string_new("[x]\n");
    for (int i = 0; i < 40; i++)
        g_string_append_printf(text, "k%d = $k%d$k%d\n", i, i + 1, i + 1);
    g_string_append(text, "k40 =\nk = $k30\n");
    g_autoptr(GError) error = NULL;
    g_autoptr(CgConfig) config = read_texts(text->str, NULL, &error);
    ck_assert_ptr_null(cg_config_get(config, "x", "k", &error));
    ck_assert_ptr_nonnull(strstr(error->message, "makes the value too long"));
    g_clear_error(&error);
    ck_assert_ptr_null(cg_config_get(config, "x", "k0", &error));
    ck_assert_ptr_nonnull(strstr(error->message, "makes the value too long"));
}
END_TEST

static const struct {
    const char *first;
    const char *second;
    const char *address;
} connections[] = {
    { "", NULL, "sqlite:////var/lib/cinder/cinder.sqlite" },
    { "[DEFAULT]\nstate_path = /srv", NULL, "sqlite:////srv/cinder.sqlite" },
    { "[database]\nconnection = a", NULL, "a" },
    { "[database]\nconnection =", NULL, "" },
    { "[DATABASE]\nsql_connection = b", NULL, "b" },
    { "[sql]\nconnection = c", NULL, "c" },
    { "[DEFAULT]\nsql_connection = d", NULL, "d" },
    { "[sql]\nconnection = c\n[database]\nconnection = a\n[DEFAULT]\nsql_connection = d", NULL,
      "a" },
    { "[sql]\nconnection = c\n[DEFAULT]\nsql_connection = d", NULL, "d" },
    { "[database]\nconnection = a", "[database]\nconnection = b", "b" },
    { "[database]\nconnection = a", "[DEFAULT]\nsql_connection = d", "d" },
    { "[database]\nconnection = a$h", "[DEFAULT]\nh = 1", "a1" },
    { "[DEFAULT]\nh = 1\nsql_connection = a$h\n[database]\nh = 2", NULL, "a2" },
    { "[database]\nconnection = u://a\nconnection_parameters = x=1", NULL, "u://a?x=1" },
    { "[database]\nconnection = u://p?@a?y=2\nconnection_parameters = x=1", NULL,
      "u://p?@a?y=2&x=1" },
    { "[database]\nconnection = u://p?@a\nconnection_parameters = x=1", NULL, "u://p?@a?x=1" },
    { "[database]\nconnection = a\nconnection_parameters =", NULL, "a" },
};

START_TEST(connection_of_the_database)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(CgConfig) config = read_texts(connections[_i].first, connections[_i].second, &error);
    g_autofree char *address = cg_config_database_connection(config, &error);
    ck_assert_ptr_null(error);
    ck_assert_str_eq(address, connections[_i].address);
}
END_TEST

START_TEST(connection_that_refers_to_nothing)
{
    static const char *const texts[] = {
        "[database]\nconnection = u://s3$cret",
        "[database]\nconnection = a\nconnection_parameters = p=s3$cret",
        "[DEFAULT]\nstate_path = $state_path",
    };
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(CgConfig) config = read_texts(texts[i], NULL, &error);
        ck_assert_ptr_null(cg_config_database_connection(config, &error));
        ck_assert(cg_error_is(error, CG_EXIT_USAGE));
        ck_assert_msg(strstr(error->message, "cret") == NULL, "%s", error->message);
        ck_assert_str_eq(cg_error_hint(error), "write $$ for a dollar sign");
    }
}
END_TEST

START_TEST(a_failed_read_changes_nothing)
{
    g_autoptr(CgConfig) config = read_texts("[x]\nk = 1", NULL, NULL);
    static const char bad[] = "[x]\nk = 2\nbad";
    CgText text = { "bad.conf", bad, strlen(bad) };
    g_autoptr(GError) error = NULL;
    ck_assert(!cg_config_read_text(config, &text, &error));
    g_autofree char *value = cg_config_get(config, "x", "k", NULL);
    ck_assert_str_eq(value, "1");
    ck_assert(!cg_config_read_text(config, &text, NULL));
}
END_TEST

START_TEST(a_nul_byte_is_no_text)
{
    g_autoptr(CgConfig) config = cg_config_new();
    CgText text = { "utf16.conf", "[x]\nk\0connection = s3cret", 27 };
    g_autoptr(GError) error = NULL;
    ck_assert(!cg_config_read_text(config, &text, &error));
    ck_assert_str_eq(error->message, "utf16.conf:2:2: a NUL byte: this is not a text file");
    cg_config_free(NULL);
}
END_TEST

START_TEST(files)
{
    g_autofree char *dir = g_dir_make_tmp("cg-config-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(dir, "cinder.conf", NULL);
    g_autoptr(CgConfig) config = cg_config_new();
    g_autoptr(GError) error = NULL;

    ck_assert(!cg_config_read_file(config, path, &error));
    g_autofree char *missing = g_strdup_printf("cannot read \"%s\": %s", path, g_strerror(ENOENT));
    ck_assert_str_eq(error->message, missing);
    ck_assert(cg_error_is(error, CG_EXIT_USAGE));
    g_clear_error(&error);

    ck_assert(!cg_config_read_file(config, dir, &error));
    g_autofree char *folder = g_strdup_printf("cannot read \"%s\": %s", dir, g_strerror(EISDIR));
    g_autofree char *hint = g_strdup_printf("name the file in it, such as \"%s\"", path);
    ck_assert_str_eq(error->message, folder);
    ck_assert_str_eq(cg_error_hint(error), hint);
    g_clear_error(&error);

    ck_assert(g_file_set_contents(path, "[x]\nk = v\n", -1, NULL));
    ck_assert(cg_config_read_file(config, path, &error));
    g_autofree char *value = cg_config_get(config, "x", "k", &error);
    ck_assert_str_eq(value, "v");
    g_unlink(path);
    g_rmdir(dir);
}
END_TEST

START_TEST(a_file_without_end_is_refused)
{
    g_autoptr(CgConfig) config = cg_config_new();
    g_autoptr(GError) error = NULL;
    ck_assert(!cg_config_read_file(config, "/dev/zero", &error));
    ck_assert_ptr_nonnull(strstr(error->message, g_strerror(EFBIG)));
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("config");
    TCase *tables = tcase_create("tables");
    tcase_add_loop_test(tables, grammar_of_oslo, 0, G_N_ELEMENTS(grammar));
    tcase_add_loop_test(tables, malformed_files_are_refused, 0, G_N_ELEMENTS(malformed));
    tcase_add_loop_test(tables, substitution_of_oslo, 0, G_N_ELEMENTS(substitution));
    tcase_add_loop_test(tables, connection_of_the_database, 0, G_N_ELEMENTS(connections));
    suite_add_tcase(suite, tables);

    TCase *rest = tcase_create("rest");
    tcase_add_test(rest, substitution_is_bounded);
    tcase_add_test(rest, connection_that_refers_to_nothing);
    tcase_add_test(rest, a_failed_read_changes_nothing);
    tcase_add_test(rest, a_nul_byte_is_no_text);
    tcase_add_test(rest, files);
    tcase_add_test(rest, a_file_without_end_is_refused);
    suite_add_tcase(suite, rest);

    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
