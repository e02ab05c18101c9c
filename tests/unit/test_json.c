/* JSON out: the layout to the byte, and that any value reads back as what was written. */
#include "base/json.h"

#include <check.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    char *text;
    size_t len;
    FILE *file;
} Memory;

static FILE *
memory_open(Memory *memory)
{
    memory->file = open_memstream(&memory->text, &memory->len);
    return memory->file;
}

static void
memory_clear(Memory *memory)
{
    free(memory->text);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Memory, memory_clear)

static void
finish(Memory *memory, CgJson *json)
{
    ck_assert(cg_json_end(json));
    fclose(memory->file);
}

START_TEST(a_document_is_laid_out_in_lines)
{
    g_auto(Memory) memory = { 0 };
    CgJson *json = cg_json_begin(memory_open(&memory));
    cg_json_array(json, "groups");
    for (int i = 1; i <= 2; i++) {
        cg_json_object(json, NULL);
        cg_json_int(json, "id", i);
        cg_json_array(json, "members");
        cg_json_text(json, NULL, "a");
        cg_json_null(json, NULL);
        cg_json_close(json);
        cg_json_close(json);
    }
    cg_json_close(json);
    cg_json_array(json, "none");
    cg_json_close(json);
    cg_json_object(json, "sums");
    cg_json_bool(json, "all", true);
    cg_json_text(json, "what", NULL);
    cg_json_object(json, "inner");
    finish(&memory, json);
    ck_assert_str_eq(memory.text, "{\n"
                                  "  \"schema\": 1,\n"
                                  "  \"groups\": [\n"
                                  "    {\"id\": 1, \"members\": [\"a\", null]},\n"
                                  "    {\"id\": 2, \"members\": [\"a\", null]}\n"
                                  "  ],\n"
                                  "  \"none\": [],\n"
                                  "  \"sums\": {\"all\": true, \"what\": null, \"inner\": {}}\n"
                                  "}\n");
}
END_TEST

START_TEST(an_event_is_one_line)
{
    g_auto(Memory) memory = { 0 };
    CgJson *json = cg_json_begin_event(memory_open(&memory));
    cg_json_text(json, "event", "x");
    cg_json_array(json, "of");
    cg_json_int(json, NULL, INT64_MIN);
    cg_json_int(json, NULL, INT64_MAX);
    finish(&memory, json);
    ck_assert_str_eq(memory.text,
                     "{\"event\":\"x\",\"of\":[-9223372036854775808,9223372036854775807]}\n");
}
END_TEST

/* The value of "v" in the document that json_* wrote; the caller's. */
static json_t *
read_back(Memory *memory)
{
    json_error_t error;
    json_t *document = json_loadb(memory->text, memory->len, JSON_ALLOW_NUL, &error);
    ck_assert_msg(document != NULL, "%s in %s", error.text, memory->text);
    ck_assert_int_eq(json_integer_value(json_object_get(document, "schema")), 1);
    json_t *value = json_incref(json_object_get(document, "v"));
    json_decref(document);
    return value;
}

static const struct {
    const char *bytes;
    size_t len;
    const char *expected;
    size_t expected_len;
} strings[] = {
    { "", 0, "", 0 },
    { "\"\\/\b\f\n\r\t\x01\x1f\x7f", 11, "\"\\/\b\f\n\r\t\x01\x1f\x7f", 11 },
    { "größe ☃ 𝄞", 16, "größe ☃ 𝄞", 16 },
    { "a\0b", 3, "a\0b", 3 },
    { "a\xff\x62", 3, "a\xef\xbf\xbd\x62", 5 },
    { "\xed\xa0\x80", 3, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd", 9 },
    { "\xc3", 1, "\xef\xbf\xbd", 3 },
    { "</script>", 9, "</script>", 9 },
};

START_TEST(any_bytes_read_back)
{
    g_auto(Memory) memory = { 0 };
    CgJson *json = cg_json_begin(memory_open(&memory));
    cg_json_bytes(json, "v", strings[_i].bytes, strings[_i].len);
    finish(&memory, json);
    json_t *value = read_back(&memory);
    ck_assert_uint_eq(json_string_length(value), strings[_i].expected_len);
    ck_assert_mem_eq(json_string_value(value), strings[_i].expected, strings[_i].expected_len);
    json_decref(value);
}
END_TEST

START_TEST(a_key_may_be_any_text)
{
    g_auto(Memory) memory = { 0 };
    CgJson *json = cg_json_begin_event(memory_open(&memory));
    cg_json_int(json, "a\"\n\xff", 1);
    finish(&memory, json);
    ck_assert_str_eq(memory.text, "{\"a\\\"\\n\xef\xbf\xbd\":1}\n");
}
END_TEST

START_TEST(the_end_tells_of_a_broken_stream)
{
    FILE *full = fopen("/dev/full", "w");
    ck_assert_ptr_nonnull(full);
    ck_assert(!cg_json_end(cg_json_begin(full)));
    fclose(full);
    ck_assert(cg_json_end(NULL));
}
END_TEST

START_TEST(a_long_array_is_written_as_it_is_said)
{
    FILE *file = tmpfile();
    CgJson *json = cg_json_begin(file);
    cg_json_array(json, "v");
    for (int i = 0; i < 10000; i++)
        cg_json_text(json, NULL, "0123456789");
    ck_assert_int_gt(ftell(file), 100000);
    cg_json_close(json);
    ck_assert(cg_json_end(json));
    fclose(file);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("json");
    TCase *tcase = tcase_create("json");
    SRunner *runner = srunner_create(suite);

    tcase_add_test(tcase, a_document_is_laid_out_in_lines);
    tcase_add_test(tcase, an_event_is_one_line);
    tcase_add_loop_test(tcase, any_bytes_read_back, 0, G_N_ELEMENTS(strings));
    tcase_add_test(tcase, a_key_may_be_any_text);
    tcase_add_test(tcase, the_end_tells_of_a_broken_stream);
    tcase_add_test(tcase, a_long_array_is_written_as_it_is_said);
    suite_add_tcase(suite, tcase);

    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
