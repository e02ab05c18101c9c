/* The schema model on every backend: the same facts for the same SQL, and 0001 against true Cinder.
 */
#include "schema/compare.h"

#include "tests/lib/dbtest.h"
#include "tests/lib/kilo.h"

static CgSchema *
read_schema(CgDb *db)
{
    g_autoptr(GError) error = NULL;
    CgSchema *schema = cg_schema_read(db, &error);
    ck_ok(schema != NULL, error);
    return schema;
}

static CgSchema *
model_in_memory(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(CgDb) memory = cg_db_open_memory(&error);
    ck_ok(memory != NULL, error);
    cg_test_up(memory, 1);
    return read_schema(memory);
}

static const char sql[] =
    "CREATE TABLE parents (a INTEGER NOT NULL, b VARCHAR(40) NOT NULL, PRIMARY KEY (b, a));"
    "CREATE TABLE children (id VARCHAR(36) PRIMARY KEY, flag BOOLEAN NOT NULL DEFAULT TRUE,"
    "  at TIMESTAMP, ratio DOUBLE PRECISION, n BIGINT, a INTEGER, b VARCHAR(40),"
    "  CHECK (n > 0), UNIQUE (n, flag),"
    "  FOREIGN KEY (b, a) REFERENCES parents (b, a) ON DELETE CASCADE ON UPDATE SET NULL);"
    "CREATE INDEX few ON children (a DESC, lower(b)) WHERE flag;";

static void
check_column(const CgSchema *schema, const char *name, const char *type, CgTypeClass type_class,
             bool nullable)
{
    const CgSchemaColumn *column = cg_schema_find_column(schema, "children", name);
    ck_assert_ptr_nonnull(column);
    ck_assert_str_eq(column->type, type);
    ck_assert_int_eq(column->type_class, type_class);
    ck_assert_int_eq(column->nullable, nullable);
}

START_TEST(columns_and_keys)
{
    g_autoptr(CgDb) db = cg_dbtest_open(_i);
    if (db == NULL)
        return;
    cg_test_run_sql(db, sql);
    g_autoptr(CgSchema) schema = read_schema(db);
    ck_assert_uint_eq(schema->tables->len, 2);
    ck_assert_str_eq(schema->dialect, cg_db_dialect(db)->name);
    check_column(schema, "flag", "boolean", CG_CLASS_BOOL, false);
    check_column(schema, "at", "timestamp", CG_CLASS_TIME, true);
    check_column(schema, "ratio", "double", CG_CLASS_REAL, true);
    check_column(schema, "n", "bigint", CG_CLASS_INT, true);
    check_column(schema, "b", "varchar(40)", CG_CLASS_TEXT, true);
    ck_assert_uint_eq(cg_schema_find_column(schema, "parents", "b")->key, 1);
    ck_assert_uint_eq(cg_schema_find_column(schema, "parents", "a")->key, 2);
    ck_assert_uint_eq(cg_schema_find_column(schema, "children", "id")->key, 1);
    ck_assert_uint_eq(cg_schema_find_column(schema, "children", "n")->key, 0);
    ck_assert_ptr_nonnull(cg_schema_find_column(schema, "children", "flag")->default_text);
    ck_assert_ptr_null(cg_schema_find_column(schema, "children", "n")->default_text);
}
END_TEST

static const CgSchemaIndex *
find_index(const CgSchemaTable *table, bool unique)
{
    for (unsigned i = 0; i < table->indexes->len; i++) {
        const CgSchemaIndex *index = table->indexes->pdata[i];
        if (index->unique == unique)
            return index;
    }
    return NULL;
}

START_TEST(indexes_foreign_keys_and_checks)
{
    g_autoptr(CgDb) db = cg_dbtest_open(_i);
    if (db == NULL)
        return;
    cg_test_run_sql(db, sql);
    g_autoptr(CgSchema) schema = read_schema(db);
    const CgSchemaTable *table = cg_schema_find_table(schema, "children");

    ck_assert_uint_eq(table->indexes->len, 2);
    const CgSchemaIndex *index = find_index(table, false);
    ck_assert_str_eq(index->name, "few");
    ck_assert_str_eq(index->keys[0], "a desc");
    ck_assert_ptr_nonnull(strstr(index->keys[1], "lower"));
    ck_assert_ptr_null(index->keys[2]);
    ck_assert_str_eq(index->where, "flag");
    ck_assert(index->valid);
    index = find_index(table, true);
    ck_assert_str_eq(index->keys[0], "n");
    ck_assert_str_eq(index->keys[1], "flag");
    ck_assert_ptr_null(index->where);

    ck_assert_uint_eq(table->foreign_keys->len, 1);
    const CgSchemaForeignKey *key = table->foreign_keys->pdata[0];
    ck_assert_str_eq(key->parent, "parents");
    ck_assert_str_eq(key->columns[0], "b");
    ck_assert_str_eq(key->columns[1], "a");
    ck_assert_str_eq(key->parent_columns[0], "b");
    ck_assert_str_eq(key->actions, "on update set null on delete cascade");
    ck_assert_uint_eq(table->checks->len, 1);
    ck_assert_str_eq(table->checks->pdata[0], "n > 0");
}
END_TEST

/* What only PostgreSQL has, on PostgreSQL. */
START_TEST(odd_things_of_postgresql)
{
    g_autoptr(CgDb) db = cg_dbtest_open(_i);
    if (db == NULL || cg_db_dialect(db)->sql != CG_SQL_POSTGRESQL)
        return;
    cg_test_run_sql(db, "CREATE SCHEMA other; CREATE TABLE other.t (id INT);"
                        "CREATE DOMAIN label AS VARCHAR(9);"
                        "CREATE TABLE t (a label, b INT GENERATED ALWAYS AS IDENTITY,"
                        "  c INT GENERATED ALWAYS AS (1 + 1) STORED, gone INT, at TIMESTAMPTZ(3),"
                        "  money NUMERIC(10, 2), box BOX);"
                        "ALTER TABLE t DROP COLUMN gone;"
                        "CREATE INDEX i ON t USING hash (c); CREATE INDEX j ON t (b) INCLUDE (c);"
                        "CREATE VIEW v AS SELECT * FROM t; CREATE SEQUENCE s;");
    g_autoptr(CgSchema) schema = read_schema(db);
    g_autofree char *text = cg_schema_canonical(schema, NULL);
    ck_assert_str_eq(text, "t column a label\n"
                           "t column at timestamptz(3)\n"
                           "t column b integer, not null, default generated as identity\n"
                           "t column box box\n"
                           "t column c integer, default generated as (1 + 1)\n"
                           "t column money numeric(10,2)\n"
                           "t index i (c using hash)\n"
                           "t index j (b, c include)\n");
    ck_assert_int_eq(cg_schema_find_column(schema, "t", "a")->type_class, CG_CLASS_TEXT);
    ck_assert_int_eq(cg_schema_find_column(schema, "t", "box")->type_class, CG_CLASS_OTHER);
    ck_assert_int_eq(cg_schema_find_column(schema, "t", "at")->type_class, CG_CLASS_TIME);
}
END_TEST

/* ---- our migrations ---- */

START_TEST(down_undoes_up)
{
    g_autoptr(CgDb) db = cg_dbtest_open(_i);
    if (db == NULL)
        return;
    cg_test_up(db, 1);
    g_autoptr(CgSchema) before = read_schema(db);
    cg_test_run_sql(db, "CREATE TABLE cg_backfill_run (state VARCHAR(16))");
    cg_test_up(db, 3);
    cg_test_up(db, 4);
    g_autoptr(CgSchema) between = read_schema(db);
    cg_test_down(db, 4);
    cg_test_down(db, 3);
    g_autoptr(CgSchema) after = read_schema(db);
    g_autofree char *left = cg_schema_canonical(before, "cg_");
    g_autofree char *middle = cg_schema_canonical(between, "cg_");
    g_autofree char *right = cg_schema_canonical(after, "cg_");
    ck_assert_str_eq(left, right);
    ck_assert_ptr_nonnull(strstr(middle, "consistencygroups column source_cg_id varchar(36)\n"));
    ck_assert_ptr_nonnull(
        strstr(middle, "index consistencygroups_source_cg_id_idx (source_cg_id)"));
    cg_test_down(db, 1);
    g_autoptr(CgSchema) nothing = read_schema(db);
    ck_assert_uint_eq(nothing->tables->len, 1);
}
END_TEST

START_TEST(kilo_in_memory_is_kilo_here)
{
    g_autoptr(CgDb) db = cg_dbtest_open(_i);
    if (db == NULL)
        return;
    cg_test_up(db, 1);
    g_autoptr(CgSchema) expected = model_in_memory();
    g_autoptr(CgSchema) actual = read_schema(db);
    g_autoptr(GPtrArray) found = cg_schema_compare(expected, actual, NULL);
    for (unsigned i = 0; i < found->len; i++)
        ck_abort_msg("%s", ((CgSchemaDifference *)found->pdata[i])->text);
}
END_TEST

/* A true schema of this backend, as a model; NULL: skipped. */
static CgSchema *
true_schema(int backend, const char *release)
{
    g_autoptr(CgDb) db = cg_dbtest_open(backend);
    if (db == NULL)
        return NULL;
    bool is_sqlite = cg_db_dialect(db)->sql == CG_SQL_SQLITE;
    g_autofree char *name =
        g_strdup_printf("%s-%s.sql", release, is_sqlite ? "sqlite" : "postgres");
    if (!cg_test_load_dump(db, name))
        return NULL;
    /* The dump leaves the session without a search path. */
    g_autoptr(CgDb) fresh = cg_dbtest_again(CG_DB_READ);
    return read_schema(fresh);
}

static void
assert_nothing_but_extra(const CgSchema *expected, const CgSchema *actual)
{
    g_autoptr(GPtrArray) found = cg_schema_compare(expected, actual, NULL);
    for (unsigned i = 0; i < found->len; i++) {
        const CgSchemaDifference *difference = found->pdata[i];
        ck_assert_msg(difference->kind == CG_DIFF_EXTRA, "%s", difference->text);
    }
}

/* What adopt does: a model made in memory against a live database, of Kilo or later. */
START_TEST(true_cinders_have_what_kilo_has)
{
    static const char *const releases[] = { "kilo", "050", "051", "liberty" };
    g_autoptr(CgSchema) expected = model_in_memory();
    for (size_t i = 0; i < G_N_ELEMENTS(releases); i++) {
        g_autoptr(CgSchema) truth = true_schema(_i, releases[i]);
        if (truth == NULL)
            return;
        assert_nothing_but_extra(expected, truth);
        cg_dbtest_end();
    }
}
END_TEST

static void
assert_same_order(const CgSchemaTable *table, const CgSchemaTable *other)
{
    ck_assert_uint_eq(table->columns->len, other->columns->len);
    for (unsigned i = 0; i < table->columns->len; i++)
        ck_assert_str_eq(((CgSchemaColumn *)table->columns->pdata[i])->name,
                         ((CgSchemaColumn *)other->columns->pdata[i])->name);
}

START_TEST(kilo_is_true_kilo)
{
    g_autoptr(CgSchema) truth = true_schema(_i, "kilo");
    if (truth == NULL)
        return;
    cg_dbtest_end();
    g_autoptr(CgDb) db = cg_dbtest_open(_i);
    cg_test_up(db, 1);
    g_autoptr(CgSchema) ours = read_schema(db);
    ck_assert_uint_eq(ours->tables->len, 11);
    assert_nothing_but_extra(ours, truth);
    for (unsigned i = 0; i < ours->tables->len; i++) {
        const CgSchemaTable *table = ours->tables->pdata[i];
        assert_same_order(table, cg_schema_find_table(truth, table->name));
    }
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("schema");
    TCase *tcase = cg_dbtest_case(suite, "schema");
    cg_dbtest_add(tcase, columns_and_keys);
    cg_dbtest_add(tcase, indexes_foreign_keys_and_checks);
    cg_dbtest_add(tcase, odd_things_of_postgresql);
    cg_dbtest_add(tcase, down_undoes_up);
    cg_dbtest_add(tcase, kilo_in_memory_is_kilo_here);
    cg_dbtest_add(tcase, kilo_is_true_kilo);
    cg_dbtest_add(tcase, true_cinders_have_what_kilo_has);
    return cg_dbtest_run(suite);
}
