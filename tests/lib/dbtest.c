/* Databases for tests: see dbtest.h. */
#include "tests/lib/dbtest.h"

#include <glib/gstdio.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

typedef struct {
    const char *name;
    const char *set_up; /* a statement for a new database */
    const char *unreadable_time;
    const char *(*why_not)(void); /* why there is none of it here */
    char *(*make)(void);          /* the address of a new database */
    void (*drop)(void);
    char *(*place)(CgDbTestPlace place);
    int64_t (*session)(CgDb *db);
    void (*kill)(int64_t session);
} Fixture;

static const Fixture *fixture; /* of the running test */
static CgAddress *address;

static CgAddress *
parse(const char *text)
{
    g_autoptr(GError) error = NULL;
    CgAddress *parsed = cg_address_parse(text, &error);
    ck_ok(parsed != NULL, error);
    return parsed;
}

/* ---- sqlite: a file in a folder of its own ---- */

static char *folder;

static const char *
sqlite_why_not(void)
{
    return NULL;
}

static char *
sqlite_make(void)
{
    g_autoptr(GError) error = NULL;
    folder = g_dir_make_tmp("cgdb.XXXXXX", &error);
    ck_ok(folder != NULL, error);
    return g_strdup_printf("sqlite:%s/test.db", folder);
}

static void
sqlite_drop(void)
{
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    const char *name;
    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        g_unlink(path);
    }
    g_rmdir(folder);
    g_clear_pointer(&folder, g_free);
}

static char *
sqlite_place(CgDbTestPlace place)
{
    switch (place) {
    case CG_DBTEST_ABSENT:
        return g_strdup_printf("sqlite:%s/absent.db", folder);
    case CG_DBTEST_UNREACHABLE:
        return g_strdup_printf("sqlite:%s", folder);
    default:
        return NULL;
    }
}

static int64_t
sqlite_session(CgDb *db G_GNUC_UNUSED)
{
    return 0;
}

/* ---- postgresql: a database on the server of tests/with-pg ---- */

static char *database;

static const char *
postgres_why_not(void)
{
    return g_getenv("CG_TEST_PG_URL") != NULL ? NULL : "no PostgreSQL server (CG_TEST_PG_URL)";
}

static CgDb *
postgres_admin(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(CgAddress) server = parse(g_getenv("CG_TEST_PG_URL"));
    CgDb *db = cg_db_open(server, CG_DB_WRITE, &error);
    ck_ok(db != NULL, error);
    return db;
}

static void
append_keyword(GString *text, const char *keyword, const char *value)
{
    g_string_append_printf(text, "%s='", keyword);
    for (const char *c = value; *c != '\0'; c++) {
        if (*c == '\'' || *c == '\\')
            g_string_append_c(text, '\\');
        g_string_append_c(text, *c);
    }
    g_string_append(text, "' ");
}

/* The server's address with other values; a NULL keeps the server's. */
static char *
postgres_address(const char *host, const char *user, const char *password, const char *dbname)
{
    g_autoptr(CgAddress) server = parse(g_getenv("CG_TEST_PG_URL"));
    const char *const *keywords = cg_address_keywords(server);
    const char *const *values = cg_address_values(server);
    GString *text = g_string_new(NULL);
    for (size_t i = 0; keywords[i] != NULL; i++) {
        const char *instead = strcmp(keywords[i], "host") == 0     ? host
                              : strcmp(keywords[i], "user") == 0   ? user
                              : strcmp(keywords[i], "dbname") == 0 ? dbname
                                                                   : NULL;
        append_keyword(text, keywords[i], instead != NULL ? instead : values[i]);
    }
    if (password != NULL)
        append_keyword(text, "password", password);
    return g_string_free(text, FALSE);
}

static char *
postgres_make(void)
{
    static int made;
    database = g_strdup_printf("cg_test_%d_%d", (int)getpid(), made++);
    g_autoptr(CgDb) admin = postgres_admin();
    g_autofree char *sql = g_strdup_printf("CREATE DATABASE %s TEMPLATE template0", database);
    cg_dbtest_exec(admin, sql);
    return postgres_address(NULL, NULL, NULL, database);
}

static void
postgres_drop(void)
{
    g_autoptr(CgDb) admin = postgres_admin();
    g_autofree char *sql = g_strdup_printf("DROP DATABASE IF EXISTS %s", database);
    cg_dbtest_exec(admin, sql);
    g_clear_pointer(&database, g_free);
}

static char *
postgres_place(CgDbTestPlace place)
{
    switch (place) {
    case CG_DBTEST_ABSENT:
        return postgres_address(NULL, NULL, NULL, "absent");
    case CG_DBTEST_UNREACHABLE:
        return postgres_address("/nowhere", NULL, NULL, NULL);
    case CG_DBTEST_WRONG_PASSWORD:
        return postgres_address(NULL, "cg_password_user", "wr@ng/one", "postgres");
    default:
        return postgres_address(NULL, "cg_password_user", "p@ss/w#rd?x", "postgres");
    }
}

static int64_t
postgres_session(CgDb *db)
{
    return cg_dbtest_int(db, "SELECT pg_backend_pid()");
}

static void
postgres_kill(int64_t pid)
{
    g_autoptr(CgDb) admin = postgres_admin();
    g_autofree char *kill_sql = g_strdup_printf("SELECT pg_terminate_backend(%d)", (int)pid);
    g_autofree char *alive_sql =
        g_strdup_printf("SELECT count(*) FROM pg_stat_activity WHERE pid = %d", (int)pid);
    cg_dbtest_exec(admin, kill_sql);
    while (cg_dbtest_int(admin, alive_sql) > 0)
        g_usleep(1000);
}

/* ---- the table ---- */

static const Fixture fixtures[CG_DBTEST_COUNT] = {
    { "sqlite", "PRAGMA journal_mode = DELETE", "'yesterday'", sqlite_why_not, sqlite_make,
      sqlite_drop, sqlite_place, sqlite_session, NULL },
    { "sqlite, WAL", "PRAGMA journal_mode = WAL", "'yesterday'", sqlite_why_not, sqlite_make,
      sqlite_drop, sqlite_place, sqlite_session, NULL },
    { "postgresql", "SET client_min_messages TO warning", "'infinity'", postgres_why_not,
      postgres_make, postgres_drop, postgres_place, postgres_session, postgres_kill },
};

CgDb *
cg_dbtest_open(int backend)
{
    const char *why_not = fixtures[backend].why_not();
    if (why_not != NULL) {
        printf("# skip %s\n", why_not);
        fflush(stdout); /* the test's process may end by _exit() */
        return NULL;
    }
    fixture = &fixtures[backend];
    g_autofree char *text = fixture->make();
    g_autoptr(GError) error = NULL;
    address = parse(text);
    CgDb *db = cg_db_open(address, CG_DB_CREATE, &error);
    ck_ok(db != NULL, error);
    cg_dbtest_exec(db, fixture->set_up);
    return db;
}

CgDb *
cg_dbtest_again(CgDbMode mode)
{
    g_autoptr(GError) error = NULL;
    CgDb *db = cg_db_open(address, mode, &error);
    ck_ok(db != NULL, error);
    return db;
}

void
cg_dbtest_end(void)
{
    if (fixture == NULL)
        return;
    fixture->drop();
    fixture = NULL;
    g_clear_pointer(&address, cg_address_free);
}

CgAddress *
cg_dbtest_address(CgDbTestPlace place, const char **out_secret)
{
    *out_secret = "wr@ng/one";
    g_autofree char *text = fixture->place(place);
    return text != NULL ? parse(text) : NULL;
}

int64_t
cg_dbtest_session(CgDb *db)
{
    return fixture->session(db);
}

void
cg_dbtest_kill_session(int64_t session)
{
    fixture->kill(session);
}

bool
cg_dbtest_kill(CgDb *victim)
{
    int64_t session = cg_dbtest_session(victim);
    if (session == 0)
        return false;
    cg_dbtest_kill_session(session);
    return true;
}

const char *
cg_dbtest_unreadable_time(void)
{
    return fixture->unreadable_time;
}

/* ---- statements ---- */

int64_t
cg_dbtest_exec(CgDb *db, const char *sql)
{
    g_autoptr(GError) error = NULL;
    int64_t rows = -1;
    bool ok = cg_db_exec(db, sql, NULL, 0, &rows, &error);
    ck_assert_msg(ok, "%s: %s", sql, ok ? "" : error->message);
    return rows;
}

int64_t
cg_dbtest_int(CgDb *db, const char *sql)
{
    g_autofree char *text = cg_dbtest_text(db, sql);
    return text != NULL ? g_ascii_strtoll(text, NULL, 10) : 0;
}

char *
cg_dbtest_text(CgDb *db, const char *sql)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(CgRows) rows = cg_db_query(db, sql, NULL, 0, &error);
    ck_assert_msg(rows != NULL, "%s: %s", sql, rows != NULL ? "" : error->message);
    int found = cg_rows_next(rows, &error);
    ck_assert_msg(found == 1, "%s: %s", sql, error != NULL ? error->message : "no row");
    return cg_rows_text_dup(rows, 0);
}

char *
cg_dbtest_rows(CgDb *db, const char *sql)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(CgRows) rows = cg_db_query(db, sql, NULL, 0, &error);
    ck_ok(rows != NULL, error);
    GString *text = g_string_new(NULL);
    int more;
    while ((more = cg_rows_next(rows, &error)) > 0)
        for (int i = 0; i < cg_rows_columns(rows); i++) {
            g_autofree char *cell = cg_rows_text_dup(rows, i);
            g_string_append_printf(text, "%s%s", cell != NULL ? cell : "",
                                   i + 1 < cg_rows_columns(rows) ? "|" : "\n");
        }
    ck_ok(more == 0, error);
    return g_string_free(text, FALSE);
}

bool
cg_dbtest_has(int backend)
{
    g_autoptr(CgDb) db = cg_dbtest_open(backend);
    bool there = db != NULL;
    g_clear_pointer(&db, cg_db_close);
    cg_dbtest_end();
    return there;
}

void
cg_dbtest_make_table(CgDb *db, const char *name)
{
    const CgDialect *dialect = cg_db_dialect(db);
    g_autofree char *sql = g_strdup_printf(
        "CREATE TABLE %s (id %s PRIMARY KEY, i %s, b %s, d %s, s %s)", name, dialect->text_type,
        dialect->int_type, dialect->bool_type, dialect->time_type, dialect->text_type);
    cg_dbtest_exec(db, sql);
}

bool
cg_dbtest_equal(CgValue value, CgValue expected)
{
    if (value.type != expected.type)
        return false;
    switch (value.type) {
    case CG_NULL:
        return true;
    case CG_BOOL:
        return value.b == expected.b;
    case CG_BYTES:
        return value.s.n == expected.s.n && memcmp(value.s.p, expected.s.p, value.s.n) == 0;
    default:
        return value.i == expected.i;
    }
}

void
cg_dbtest_same(const char *file, int line, CgValue value, CgValue expected)
{
    ck_assert_msg(cg_dbtest_equal(value, expected),
                  "%s:%d: value of type %d is not the expected one of type %d", file, line,
                  value.type, expected.type);
}

/* ---- suites ---- */

TCase *
cg_dbtest_case(Suite *suite, const char *name)
{
    TCase *tcase = tcase_create(name);
    tcase_add_checked_fixture(tcase, NULL, cg_dbtest_end);
    tcase_set_timeout(tcase, 60);
    suite_add_tcase(suite, tcase);
    return tcase;
}

int
cg_dbtest_run(Suite *suite)
{
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
