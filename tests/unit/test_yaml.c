/* YAML: values with their places, what is refused and where the caret then stands. */
#include "base/yaml.h"

#include <check.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

static CgYaml *
read_text(const char *data, size_t len, GError **error)
{
    CgText text = { "f", data, len };
    return cg_yaml_read_text(&text, error);
}

static CgYaml *
read_good(const char *data)
{
    g_autoptr(GError) error = NULL;
    CgYaml *yaml = read_text(data, strlen(data), &error);
    ck_assert_msg(yaml != NULL, "%s", error != NULL ? error->message : "");
    return yaml;
}

/* {key: 'text', …} and [item, …], each node with its offset before it. */
static void
describe(GString *out, const CgYamlNode *node)
{
    g_string_append_printf(out, "%zu", node->offset);
    if (node->kind == CG_YAML_SCALAR) {
        g_string_append_printf(out, node->quoted ? "'%s'" : "=%s", node->text);
        return;
    }
    g_string_append_c(out, node->kind == CG_YAML_MAPPING ? '{' : '[');
    for (size_t i = 0; i < node->n; i++) {
        g_string_append(out, i > 0 ? " " : "");
        if (node->kind == CG_YAML_MAPPING) {
            describe(out, node->keys[i]);
            g_string_append_c(out, ':');
        }
        describe(out, node->values[i]);
    }
    g_string_append_c(out, node->kind == CG_YAML_MAPPING ? '}' : ']');
}

static const struct {
    const char *text;
    const char *tree;
} good[] = {
    { "a: 1\nb: x", "0{0=a:3=1 5=b:8=x}" },
    { "größe: ähö\nß: [x, \"y\"]\n", "0{0=größe:9=ähö 15=ß:19[20=x 23'y']}" },
    { "\xef\xbb\xbf\xc3\xa4: 1\nb: 2\n", "3{3=ä:7=1 9=b:12=2}" },
    { "a: 'it''s'\nb: \"\\u00e4\"\n", "0{0=a:3'it's' 11=b:14'ä'}" },
    { "a: |\n  x\n  y\nb: >\n  x\n  y\n", "0{0=a:3'x\ny\n' 13=b:16'x y\n'}" },
    { "- 1\n- - 2\n  - 3\n", "0[2=1 6[8=2 14=3]]" },
    { "a:\nb: ~\n", "0{0=a:2= 3=b:6=~}" },
    { "a: !!str 5\nb: !!int 6\nc: !!map {}\n", "0{0=a:3'5' 11=b:14=6 22=c:25{}}" },
    { "%YAML 1.1\n---\n[]\n...\n", "14[]" },
    { "a\r\n", "0=a" },
    { "# ä\r\nä: 1\r\nb: 2\r\n", "6{6=ä:10=1 13=b:16=2}" },
    { "'': x\n", "0{0'':4=x}" },
};

START_TEST(values_know_their_places)
{
    g_autoptr(CgYaml) yaml = read_good(good[_i].text);
    g_autoptr(GString) tree = g_string_new(NULL);
    describe(tree, cg_yaml_root(yaml));
    ck_assert_str_eq(tree->str, good[_i].tree);
    ck_assert_str_eq(cg_yaml_text(yaml)->name, "f");
}
END_TEST

static const char *const empty[] = { "", "\n", "# only a comment\n", "---\n", "\xef\xbb\xbf" };

START_TEST(nothing_is_an_empty_document)
{
    g_autoptr(CgYaml) yaml = read_good(empty[_i]);
    ck_assert_ptr_null(cg_yaml_root(yaml));
}
END_TEST

static const struct {
    const char *text;
    size_t len; /* 0: its strlen */
    const char *begin;
} bad[] = {
    { "ä: ö\nß: [1, ]2\n", 0, "f:2:9: did not find expected key" },
    { "ä: ö\nüü: 1\n\tb: 1\n", 0, "f:3:1: found a tab character" },
    { "ä: \"ö\nb: 1\n", 0, "f:1:4: found unexpected end of stream" },
    { "ä: b: c\n", 0, "f:1:5: mapping values are not allowed in this context" },
    { "ä: ä\xff\n", 0, "f:1:5: invalid leading UTF-8 octet" },
    { "\xef\xbb\xbf"
      "a: \xff\n",
      0, "f:1:5: invalid leading UTF-8 octet" },
    { "\xff\xfe\x61\x00", 4, "f:1:1: invalid leading UTF-8 octet" },
    { "a: \x01\n", 0, "f:1:4: control characters are not allowed" },
    { "a: x\0y\n", 7, "f:1:5: control characters are not allowed" },
    { "ä: \"x\\0y\"\n", 0, "f:1:4: a text cannot hold a NUL character" },
    { "ä: 1\nb: 2\nä: 3\n", 0, "f:3:1: this key stands already in line 1" },
    { "[{a: 1, \"a\": 2}]\n", 0, "f:1:9: this key stands already in line 1" },
    { "ä: &x 1\n", 0, "f:1:4: anchors (&name) are not supported" },
    { "ä: &x [1]\n", 0, "f:1:4: anchors (&name) are not supported" },
    { "&x a: 1\n", 0, "f:1:1: anchors (&name) are not supported" },
    { "ä: &x {a: *x}\n", 0, "f:1:4: anchors (&name) are not supported" },
    { "ä: *x\n", 0, "f:1:4: aliases (*name) are not supported" },
    { "*x : 1\n", 0, "f:1:1: aliases (*name) are not supported" },
    { "ä: !own 1\n", 0, "f:1:4: this tag cannot stand here" },
    { "ä: ! 1\n", 0, "f:1:4: this tag cannot stand here" },
    { "ä: !!python/object:os.system []\n", 0, "f:1:4: this tag cannot stand here" },
    { "ä: !!seq x\n", 0, "f:1:4: this tag cannot stand here" },
    { "%TAG ! tag:x,2000:\n---\na: 1\n", 0, "f:1:1: %TAG is not supported" },
    { "? [a]\n: 1\n", 0, "f:1:3: a key must be a plain text" },
    { "a: 1\n---\nb: 2\n", 0, "f:2:1: a second document begins here" },
    { "a: [1, 2\nb: 3\n", 0,
      "f:2:2: did not find expected ',' or ']' while parsing a flow "
      "sequence that begins in line 1" },
};

START_TEST(mistakes_are_shown_where_they_are)
{
    g_autoptr(GError) error = NULL;
    size_t len = bad[_i].len > 0 ? bad[_i].len : strlen(bad[_i].text);
    ck_assert_ptr_null(read_text(bad[_i].text, len, &error));
    ck_assert(cg_error_is(error, CG_EXIT_USAGE));
    ck_assert_msg(g_str_has_prefix(error->message, bad[_i].begin), "%s", error->message);
}
END_TEST

START_TEST(a_tab_has_a_hint)
{
    g_autoptr(GError) error = NULL;
    ck_assert_ptr_null(read_text("a: 1\n\tb: 1\n", 11, &error));
    ck_assert_str_eq(cg_error_hint(error), "YAML is indented by spaces, never by tabs");
}
END_TEST

static char *
nested(unsigned depth)
{
    g_autofree char *open = g_strnfill(depth, '[');
    g_autofree char *close = g_strnfill(depth, ']');
    return g_strconcat(open, close, NULL);
}

START_TEST(depth_is_bounded)
{
    g_autofree char *deep = nested(32);
    g_autofree char *deeper = nested(33);
    g_autofree char *deepest = nested(100000);
    g_autoptr(GError) error = NULL;
    g_autoptr(CgYaml) yaml = read_good(deep);
    ck_assert_ptr_nonnull(cg_yaml_root(yaml));
    ck_assert_ptr_null(read_text(deeper, strlen(deeper), &error));
    ck_assert(g_str_has_prefix(error->message, "f:1:33: nested more than 32 deep"));
    g_clear_error(&error);
    ck_assert_ptr_null(read_text(deepest, strlen(deepest), &error));
    ck_assert(g_str_has_prefix(error->message, "f:1:33: nested more than 32 deep"));
}
END_TEST

START_TEST(size_is_bounded)
{
    size_t len = ((size_t)64 << 20) + 1;
    g_autofree char *text = g_strnfill(len, '#');
    g_autoptr(GError) error = NULL;
    ck_assert_ptr_null(read_text(text, len, &error));
    ck_assert_str_eq(error->message, "f: larger than 64 MiB");
    g_clear_error(&error);
    ck_assert_ptr_null(cg_yaml_read_file("/dev/zero", &error));
    ck_assert_str_eq(error->message, "/dev/zero: larger than 64 MiB");
}
END_TEST

START_TEST(many_keys_take_no_square_time)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (int i = 0; i < 100000; i++)
        g_string_append_printf(text, "ä%d: {n: %d}\n", i, i);
    int64_t begun = g_get_monotonic_time();
    g_autoptr(CgYaml) yaml = read_good(text->str);
    ck_assert_uint_eq(cg_yaml_root(yaml)->n, 100000);
    ck_assert_int_lt(g_get_monotonic_time() - begun, 5 * G_USEC_PER_SEC);
}
END_TEST

static const struct {
    const char *text;
    bool is_int;
    int64_t value;
    const char *message;
} ints[] = {
    { "0", true, 0, NULL },
    { "-12", true, -12, NULL },
    { "+7", true, 7, NULL },
    { "9223372036854775807", true, INT64_MAX, NULL },
    { "-9223372036854775808", true, INT64_MIN, NULL },
    { "9223372036854775808", false, 0, "f:1:4: this number does not fit into 64 bits" },
    { "010", false, 0, "f:1:4: a number does not begin with 0" },
    { "-00", false, 0, "f:1:4: a number does not begin with 0" },
    { "'5'", false, 0, "f:1:4: a whole number must stand here, without quotes" },
    { "1.5", false, 0, "f:1:4: a whole number must stand here, without quotes" },
    { "0x1F", false, 0, "f:1:4: a whole number must stand here, without quotes" },
    { "", false, 0, "f:1:3: a whole number must stand here, without quotes" },
    { "[1]", false, 0, "f:1:4: a whole number must stand here, without quotes" },
    { "!!str 5", false, 0, "f:1:4: a whole number must stand here, without quotes" },
};

START_TEST(numbers_are_read_where_they_are_meant)
{
    g_autofree char *text = g_strdup_printf("ä: %s\n", ints[_i].text);
    g_autoptr(CgYaml) yaml = read_good(text);
    g_autoptr(GError) error = NULL;
    int64_t value = 42;
    const CgYamlNode *node = cg_yaml_get(cg_yaml_root(yaml), "ä");
    ck_assert_int_eq(cg_yaml_int(yaml, node, &value, &error), ints[_i].is_int);
    ck_assert_int_eq(value, ints[_i].is_int ? ints[_i].value : 42);
    if (!ints[_i].is_int)
        ck_assert_msg(g_str_has_prefix(error->message, ints[_i].message), "%s", error->message);
}
END_TEST

static const struct {
    const char *text;
    int value; /* -1: none */
    bool is_null;
} scalars[] = {
    { "true", 1, false },    { "True", 1, false },    { "false", 0, false },  { "FALSE", 0, false },
    { "yes", -1, false },    { "'true'", -1, false }, { "1", -1, false },     { "[]", -1, false },
    { "null", -1, true },    { "~", -1, true },       { "", -1, true },       { "NULL", -1, true },
    { "'null'", -1, false }, { "''", -1, false },     { "nulls", -1, false },
};

START_TEST(booleans_and_nulls)
{
    g_autofree char *text = g_strdup_printf("a: %s\n", scalars[_i].text);
    g_autoptr(CgYaml) yaml = read_good(text);
    g_autoptr(GError) error = NULL;
    bool value = false;
    const CgYamlNode *node = cg_yaml_get(cg_yaml_root(yaml), "a");
    ck_assert_int_eq(cg_yaml_bool(yaml, node, &value, &error), scalars[_i].value >= 0);
    ck_assert_int_eq(value, scalars[_i].value == 1);
    ck_assert_int_eq(error != NULL, scalars[_i].value < 0);
    ck_assert_int_eq(cg_yaml_is_null(node), scalars[_i].is_null);
}
END_TEST

START_TEST(keys_are_found_in_mappings_only)
{
    g_autoptr(CgYaml) yaml = read_good("a: {b: 1}\nc: [a]\n");
    const CgYamlNode *root = cg_yaml_root(yaml);
    ck_assert_str_eq(cg_yaml_get(cg_yaml_get(root, "a"), "b")->text, "1");
    ck_assert_ptr_null(cg_yaml_get(root, "b"));
    ck_assert_ptr_null(cg_yaml_get(cg_yaml_get(root, "c"), "a"));
    g_autoptr(GError) error = NULL;
    cg_yaml_error(yaml, cg_yaml_get(root, "c"), "hint", &error, "no %s", "list");
    ck_assert_str_eq(error->message, "f:2:4: no list\n    c: [a]\n       ^");
    ck_assert_str_eq(cg_error_hint(error), "hint");
    cg_yaml_free(NULL);
}
END_TEST

START_TEST(files_are_read)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = NULL;
    int fd = g_file_open_tmp(NULL, &path, NULL);
    ck_assert_int_ge(fd, 0);
    close(fd);
    ck_assert(g_file_set_contents(path, "a: 1\n", -1, NULL));
    g_autoptr(CgYaml) yaml = cg_yaml_read_file(path, &error);
    ck_assert_ptr_nonnull(yaml);
    ck_assert_str_eq(cg_yaml_text(yaml)->name, path);
    g_unlink(path);
    ck_assert_ptr_null(cg_yaml_read_file(path, &error));
    ck_assert(g_str_has_prefix(error->message, "cannot read \""));
    g_clear_error(&error);
    ck_assert_ptr_null(cg_yaml_read_file("/", &error));
    ck_assert(cg_error_is(error, CG_EXIT_USAGE));
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("yaml");
    TCase *tcase = tcase_create("yaml");
    SRunner *runner = srunner_create(suite);

    tcase_add_loop_test(tcase, values_know_their_places, 0, G_N_ELEMENTS(good));
    tcase_add_loop_test(tcase, nothing_is_an_empty_document, 0, G_N_ELEMENTS(empty));
    tcase_add_loop_test(tcase, mistakes_are_shown_where_they_are, 0, G_N_ELEMENTS(bad));
    tcase_add_test(tcase, a_tab_has_a_hint);
    tcase_add_test(tcase, depth_is_bounded);
    tcase_add_test(tcase, size_is_bounded);
    tcase_add_test(tcase, many_keys_take_no_square_time);
    tcase_add_loop_test(tcase, numbers_are_read_where_they_are_meant, 0, G_N_ELEMENTS(ints));
    tcase_add_loop_test(tcase, booleans_and_nulls, 0, G_N_ELEMENTS(scalars));
    tcase_add_test(tcase, keys_are_found_in_mappings_only);
    tcase_add_test(tcase, files_are_read);
    suite_add_tcase(suite, tcase);

    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
