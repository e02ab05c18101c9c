/*
 * The embedded files against the files on disk: same set, same bytes, sorted.  That any byte
 * survives scripts/embed.sh is shown by tests/cli/build.bats, on files that no repository should
 * hold.
 */
#include "base/embed.h"

#include <check.h>
#include <glib.h>
#include <string.h>

static const char *const folders[] = {
    "schema/migrations",
    "schema/sql",
    "migrate/sql",
    "backfill/sql",
};

/* Tests run at the top of the source tree, or SRC says where that is. */
static char *
source_path(const char *path)
{
    const char *top = g_getenv("SRC");
    return g_build_filename(top != NULL ? top : ".", path, NULL);
}

static const CgEmbedded *
find(const char *path)
{
    for (size_t i = 0; i < cg_n_embedded; i++) {
        if (strcmp(cg_embedded[i].path, path) == 0)
            return &cg_embedded[i];
    }
    return NULL;
}

START_TEST(every_entry_is_its_file)
{
    for (size_t i = 0; i < cg_n_embedded; i++) {
        const CgEmbedded *entry = &cg_embedded[i];
        g_autofree char *path = source_path(entry->path);
        g_autofree char *data = NULL;
        size_t len = 0;

        ck_assert_msg(g_file_get_contents(path, &data, &len, NULL), "%s", path);
        ck_assert_msg(len == entry->len, "%s: %zu bytes, not %zu", path, entry->len, len);
        ck_assert_msg(memcmp(data, entry->data, len) == 0, "%s", path);
        ck_assert_msg(entry->data[len] == '\0', "%s", path);
    }
}
END_TEST

START_TEST(every_file_is_an_entry)
{
    g_autofree char *path = source_path(folders[_i]);
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    const char *name = NULL;

    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *file = g_strconcat(folders[_i], "/", name, NULL);

        if (g_str_has_suffix(name, ".sql"))
            ck_assert_msg(find(file) != NULL, "%s is not embedded", file);
    }
}
END_TEST

START_TEST(paths_are_sorted_and_end_with_null)
{
    for (size_t i = 1; i < cg_n_embedded; i++)
        ck_assert_str_lt(cg_embedded[i - 1].path, cg_embedded[i].path);
    ck_assert_ptr_null(cg_embedded[cg_n_embedded].path);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("embed");
    TCase *tcase = tcase_create("table");
    SRunner *runner = srunner_create(suite);

    tcase_add_test(tcase, every_entry_is_its_file);
    tcase_add_loop_test(tcase, every_file_is_an_entry, 0, G_N_ELEMENTS(folders));
    tcase_add_test(tcase, paths_are_sorted_and_end_with_null);
    suite_add_tcase(suite, tcase);

    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
