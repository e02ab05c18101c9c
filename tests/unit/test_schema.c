/* The schema model on SQLite: what is read, that it can be told apart, and 0001 against the truth.
 */
#include "schema/compare.h"

#include "tests/lib/kilo.h"

#include <check.h>
#include <string.h>

static CgDb *
memory(const char *sql)
{
    g_autoptr(GError) error = NULL;
    CgDb *db = cg_db_open_memory(&error);
    ck_assert_msg(db != NULL, "%s", error ? error->message : "");
    if (sql != NULL)
        cg_test_run_sql(db, sql);
    return db;
}

static CgSchema *
read_schema(CgDb *db)
{
    g_autoptr(GError) error = NULL;
    CgSchema *schema = cg_schema_read(db, &error);
    ck_assert_msg(schema != NULL, "%s", error ? error->message : "");
    return schema;
}

static CgSchema *
model(const char *sql)
{
    g_autoptr(CgDb) db = memory(sql);
    return read_schema(db);
}

/* ---- reading ---- */

static const struct {
    const char *declared, *type;
    CgTypeClass type_class;
} types[] = {
    { "VARCHAR(36)", "varchar(36)", CG_CLASS_TEXT },
    { "CHARACTER VARYING(255)", "varchar(255)", CG_CLASS_TEXT },
    { "TEXT", "text", CG_CLASS_TEXT },
    { "INTEGER", "integer", CG_CLASS_INT },
    { "int", "integer", CG_CLASS_INT },
    { "BIGINT", "bigint", CG_CLASS_INT },
    { "BOOLEAN", "boolean", CG_CLASS_BOOL },
    { "DATETIME", "timestamp", CG_CLASS_TIME },
    { "TIMESTAMP (6)", "timestamp(6)", CG_CLASS_TIME },
    { "DATE", "date", CG_CLASS_TIME },
    { "DECIMAL(10, 2)", "decimal(10, 2)", CG_CLASS_REAL },
    { "DOUBLE PRECISION", "double", CG_CLASS_REAL },
    { "BLOB", "blob", CG_CLASS_BLOB },
    { "GEOMETRY", "geometry", CG_CLASS_OTHER },
    { "", "", CG_CLASS_OTHER },
};

START_TEST(types_are_normalised_and_classified)
{
    g_autofree char *sql = g_strdup_printf("CREATE TABLE t (c %s)", types[_i].declared);
    g_autoptr(CgSchema) schema = model(sql);
    const CgSchemaColumn *column = cg_schema_find_column(schema, "t", "c");
    ck_assert_str_eq(column->type, types[_i].type);
    ck_assert_str_eq(cg_type_class_name(column->type_class),
                     cg_type_class_name(types[_i].type_class));
}
END_TEST

static const char everything[] =
    "CREATE TABLE parents (a INTEGER NOT NULL, b TEXT, PRIMARY KEY (b, a));"
    "CREATE TABLE children ("
    "  id INTEGER PRIMARY KEY, -- CHECK (in a comment)\n"
    "  name VARCHAR(10) NOT NULL DEFAULT 'CHECK (no)' CHECK (length(name) > 2),"
    "  flag BOOLEAN, \"odd \"\"name\" INT, size INT GENERATED ALWAYS AS (id * 2) VIRTUAL,"
    "  CHECK (flag IN (0, 1)), CONSTRAINT again CHECK(flag IN (0,1)),"
    "  UNIQUE (name, flag),"
    "  FOREIGN KEY (name, size) REFERENCES parents (b, a) ON DELETE CASCADE,"
    "  FOREIGN KEY (size) REFERENCES elsewhere);"
    "CREATE INDEX part ON children (name COLLATE nocase DESC, lower(name), flag)"
    "  WHERE flag IS NOT NULL AND name <> ')';"
    "CREATE VIEW looks AS SELECT * FROM children;";

START_TEST(everything_is_listed)
{
    g_autoptr(CgSchema) schema = model(everything);
    g_autofree char *text = cg_schema_canonical(schema, NULL);
    ck_assert_str_eq(text,
                     "children check flag in ( 0 , 1 )\n"
                     "children check length ( name ) > 2\n"
                     "children column flag boolean\n"
                     "children column id integer, key 1\n"
                     "children column name varchar(10), not null, default 'CHECK (no)'\n"
                     "children column odd \"name integer\n"
                     "children column size integer, default generated\n"
                     "children foreign key (name, size) to parents (b, a) on delete cascade\n"
                     "children foreign key (size) to elsewhere ()\n"
                     "children index (name, flag), unique\n"
                     "children index part (name collate nocase desc, lower ( name ), flag), where "
                     "flag is not null and name <> ')'\n"
                     "parents column a integer, not null, key 2\n"
                     "parents column b text, key 1\n");
}
END_TEST

START_TEST(finders_lend_or_find_nothing)
{
    g_autoptr(CgSchema) schema = model(everything);
    ck_assert_str_eq(cg_schema_find_table(schema, "parents")->name, "parents");
    ck_assert_ptr_null(cg_schema_find_table(schema, "Parents"));
    ck_assert_ptr_null(cg_schema_find_table(schema, "looks"));
    ck_assert_ptr_null(cg_schema_find_column(schema, "parents", "c"));
    ck_assert_ptr_null(cg_schema_find_column(schema, "nothing", "a"));
}
END_TEST

START_TEST(an_empty_database_is_an_empty_model)
{
    g_autoptr(CgSchema) schema = model(NULL);
    g_autofree char *text = cg_schema_canonical(schema, NULL);
    ck_assert_uint_eq(schema->tables->len, 0);
    ck_assert_str_eq(text, "");
}
END_TEST

/* ---- fingerprints ---- */

START_TEST(order_of_making_does_not_matter)
{
    g_autoptr(CgSchema) one = model("CREATE TABLE t (a INT, b TEXT, CHECK (a > 0), CHECK (b > ''));"
                                    "CREATE TABLE u (c INT); CREATE INDEX x ON t (a);");
    g_autoptr(CgSchema) two =
        model("CREATE TABLE u (\n  c int);"
              "CREATE TABLE t (b TEXT CHECK (b>''), a INT, CHECK (a > 0), CHECK(a>0));"
              "CREATE INDEX x ON t (a);");
    g_autofree char *left = cg_schema_fingerprint(one, NULL);
    g_autofree char *right = cg_schema_fingerprint(two, NULL);
    ck_assert_uint_eq(strlen(left), 64);
    ck_assert_str_eq(left, right);
}
END_TEST

static const char base_sql[] =
    "CREATE TABLE t (id TEXT NOT NULL PRIMARY KEY, a VARCHAR(36), d INT);"
    "CREATE TABLE p (id INTEGER PRIMARY KEY);";

/* Each a change that a fingerprint must show, and what the comparison says of it. */
static const struct {
    const char *change, *kind, *text;
} changes[] = {
    { "ALTER TABLE t ADD COLUMN b INT", "extra", "t.b is not expected (integer)" },
    { "ALTER TABLE t DROP COLUMN d", "missing", "t.d is missing (integer)" },
    { "DROP TABLE p", "missing", "p is missing" },
    { "CREATE TABLE q (id INT)", "extra", "q is not expected" },
    { "CREATE INDEX i ON t (a)", "index", "t has an unexpected index i (a)" },
    { "CREATE UNIQUE INDEX i ON t (a) WHERE d > 1", "index",
      "t has an unexpected index i (a), unique, where d > 1" },
    { "DROP TABLE p; CREATE TABLE p (id VARCHAR(9) PRIMARY KEY)", "class",
      "p.id is varchar(9), not integer" },
    { "DROP TABLE p; CREATE TABLE p (id BIGINT PRIMARY KEY)", "type",
      "p.id is bigint, not integer" },
    { "DROP TABLE p; CREATE TABLE p (id INTEGER)", "key", "p.id is not part of the primary key" },
    { "DROP TABLE p; CREATE TABLE p (id INTEGER PRIMARY KEY DEFAULT 7)", "default",
      "p.id has the default 7, not NULL" },
    { "DROP TABLE p; CREATE TABLE p (id INTEGER PRIMARY KEY CHECK (id < 9))", "check",
      "p has an unexpected check id < 9" },
    { "DROP TABLE p; CREATE TABLE p (id INTEGER PRIMARY KEY REFERENCES t (id))", "foreign-key",
      "p has an unexpected foreign key (id) to t (id)" },
    { "ALTER TABLE t DROP COLUMN d; ALTER TABLE t ADD COLUMN d INT NOT NULL DEFAULT 1", "nullable",
      "t.d may not be NULL" },
};

START_TEST(a_change_is_seen_and_said)
{
    g_autoptr(CgDb) db = memory(base_sql);
    g_autoptr(CgSchema) before = read_schema(db);
    cg_test_run_sql(db, changes[_i].change);
    g_autoptr(CgSchema) after = read_schema(db);
    g_autofree char *left = cg_schema_fingerprint(before, NULL);
    g_autofree char *right = cg_schema_fingerprint(after, NULL);
    ck_assert_str_ne(left, right);

    g_autoptr(GPtrArray) found = cg_schema_compare(before, after, NULL);
    ck_assert_uint_ge(found->len, 1);
    const CgSchemaDifference *difference = found->pdata[0];
    ck_assert_str_eq(cg_diff_kind_name(difference->kind), changes[_i].kind);
    ck_assert_str_eq(difference->text, changes[_i].text);
}
END_TEST

START_TEST(equal_models_have_no_difference)
{
    g_autoptr(CgSchema) one = model(everything);
    g_autoptr(CgSchema) two = model(everything);
    g_autoptr(GPtrArray) found = cg_schema_compare(one, two, NULL);
    ck_assert_uint_eq(found->len, 0);
}
END_TEST

START_TEST(own_tables_are_left_out)
{
    g_autoptr(CgSchema) one = model("CREATE TABLE t (a INT);");
    g_autoptr(CgSchema) two = model("CREATE TABLE t (a INT); CREATE TABLE cg_ledger (n INT);");
    g_autoptr(GPtrArray) found = cg_schema_compare(one, two, "cg_");
    g_autofree char *left = cg_schema_fingerprint(one, "cg_");
    g_autofree char *right = cg_schema_fingerprint(two, "cg_");
    ck_assert_uint_eq(found->len, 0);
    ck_assert_str_eq(left, right);
}
END_TEST

START_TEST(names_do_not_break_lines)
{
    g_autoptr(CgSchema) schema = model("CREATE TABLE \"a\nb\\\" (\"c\nd\" INT);");
    g_autofree char *text = cg_schema_canonical(schema, NULL);
    ck_assert_str_eq(text, "a\\nb\\\\ column c\\nd integer\n");
}
END_TEST

/* ---- our migrations ---- */

START_TEST(up_and_down_leave_what_was)
{
    g_autoptr(CgDb) db = memory(NULL);
    cg_test_up(db, 1);
    g_autoptr(CgSchema) before = read_schema(db);
    cg_test_run_sql(db, "CREATE TABLE cg_backfill_run (state VARCHAR(16))");
    cg_test_up(db, 3);
    cg_test_up(db, 4);
    cg_test_down(db, 4);
    cg_test_down(db, 3);
    g_autoptr(CgSchema) after = read_schema(db);
    g_autofree char *left = cg_schema_canonical(before, "cg_");
    g_autofree char *right = cg_schema_canonical(after, "cg_");
    ck_assert_str_eq(left, right);
    cg_test_down(db, 1);
    g_autoptr(CgSchema) nothing = read_schema(db);
    ck_assert_uint_eq(nothing->tables->len, 1);
}
END_TEST

/* All that 0001 makes stands in the true schema, and in the same physical order. */
static void
assert_contained(const CgSchema *ours, const CgSchema *truth)
{
    g_autoptr(GPtrArray) found = cg_schema_compare(ours, truth, NULL);
    for (unsigned i = 0; i < found->len; i++) {
        const CgSchemaDifference *difference = found->pdata[i];
        ck_assert_msg(difference->kind == CG_DIFF_EXTRA && difference->column == NULL, "%s",
                      difference->text);
    }
    for (unsigned i = 0; i < ours->tables->len; i++) {
        const CgSchemaTable *table = ours->tables->pdata[i];
        const CgSchemaTable *other = cg_schema_find_table(truth, table->name);
        for (unsigned j = 0; j < table->columns->len; j++)
            ck_assert_str_eq(((CgSchemaColumn *)table->columns->pdata[j])->name,
                             ((CgSchemaColumn *)other->columns->pdata[j])->name);
    }
}

START_TEST(kilo_is_true_kilo)
{
    g_autoptr(CgDb) ours = memory(NULL);
    g_autoptr(CgDb) truth = memory(NULL);
    if (!cg_test_load_dump(truth, "kilo-sqlite.sql"))
        return;
    cg_test_up(ours, 1);
    g_autoptr(CgSchema) left = read_schema(ours);
    g_autoptr(CgSchema) right = read_schema(truth);
    ck_assert_uint_eq(left->tables->len, 11);
    assert_contained(left, right);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("schema");
    TCase *tcase = tcase_create("model");
    SRunner *runner = srunner_create(suite);

    tcase_add_loop_test(tcase, types_are_normalised_and_classified, 0, G_N_ELEMENTS(types));
    tcase_add_test(tcase, everything_is_listed);
    tcase_add_test(tcase, finders_lend_or_find_nothing);
    tcase_add_test(tcase, an_empty_database_is_an_empty_model);
    tcase_add_test(tcase, order_of_making_does_not_matter);
    tcase_add_loop_test(tcase, a_change_is_seen_and_said, 0, G_N_ELEMENTS(changes));
    tcase_add_test(tcase, equal_models_have_no_difference);
    tcase_add_test(tcase, own_tables_are_left_out);
    tcase_add_test(tcase, names_do_not_break_lines);
    tcase_add_test(tcase, up_and_down_leave_what_was);
    tcase_add_test(tcase, kilo_is_true_kilo);
    suite_add_tcase(suite, tcase);

    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
