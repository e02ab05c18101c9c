/*
 * A PostgreSQL session: how it is opened and set up, and what it can be asked about itself and
 * about the catalog. Catalogs are named in full, whatever the search path is.
 */
#include "db/postgres.h"

/* ---- opening ---- */

enum { OLDEST_SERVER = 100000, CHECKS_CLIENT = 140000 };

/* Where neither the address nor the environment nor a service file may say otherwise. A dead peer
 * is noticed within a minute. */
static const struct {
    const char *keyword, *value, *env;
} defaults[] = {
    { "connect_timeout", "10", "PGCONNECT_TIMEOUT" },
    { "keepalives_idle", "30", NULL },
    { "keepalives_interval", "10", NULL },
    { "keepalives_count", "3", NULL },
};

typedef struct {
    GPtrArray *keywords, *values; /* lent texts */
} Parameters;

static void
add(Parameters *parameters, const char *keyword, const char *value)
{
    g_ptr_array_add(parameters->keywords, (char *)keyword);
    g_ptr_array_add(parameters->values, (char *)value);
}

static void
add_defaults(Parameters *parameters, const char *const *given)
{
    if (g_strv_contains(given, "service") || g_getenv("PGSERVICE") != NULL)
        return;
    for (size_t i = 0; i < G_N_ELEMENTS(defaults); i++)
        if (!g_strv_contains(given, defaults[i].keyword) &&
            (defaults[i].env == NULL || g_getenv(defaults[i].env) == NULL))
            add(parameters, defaults[i].keyword, defaults[i].value);
}

static PGconn *
connect_to(const CgAddress *address)
{
    const char *const *keywords = cg_address_keywords(address);
    const char *const *values = cg_address_values(address);
    g_autoptr(GPtrArray) all_keywords = g_ptr_array_new();
    g_autoptr(GPtrArray) all_values = g_ptr_array_new();
    Parameters parameters = { all_keywords, all_values };
    const char *program = g_get_prgname();

    add(&parameters, "fallback_application_name", program != NULL ? program : "cinder-cg-tools");
    add_defaults(&parameters, keywords);
    for (size_t i = 0; keywords[i] != NULL; i++)
        add(&parameters, keywords[i], values[i]);
    add(&parameters, "client_encoding", "UTF8"); /* of two, libpq takes the last */
    add(&parameters, NULL, NULL);
    return PQconnectdbParams((const char *const *)all_keywords->pdata,
                             (const char *const *)all_values->pdata, 0);
}

static void
swallow_notice(void *data G_GNUC_UNUSED, const char *message G_GNUC_UNUSED)
{
}

#define CHECK_CLIENT "SET client_connection_check_interval TO '1s';"

/* Ours are naive UTC times in ISO form and standard strings, whatever role and database prefer. */
static char *
conventions(const CgDb *db)
{
    return g_strconcat("SET DateStyle TO 'ISO, YMD'; SET TimeZone TO 'UTC';"
                       "SET standard_conforming_strings TO on;",
                       db->mode == CG_DB_READ ? "SET default_transaction_read_only TO on;" : "",
                       cg_pg(db)->checks_client ? CHECK_CLIENT : "", NULL);
}

static bool
set_up(CgDb *db, GError **error)
{
    CgPg *pg = cg_pg(db);
    g_autofree char *settings = conventions(db);
    g_autofree char *sql =
        g_strconcat(settings,
                    "SELECT coalesce((SELECT n.nspname FROM pg_catalog.pg_class c"
                    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
                    " WHERE c.relname = 'cg_ledger' AND c.relkind IN ('r', 'p')"
                    " AND pg_catalog.pg_table_is_visible(c.oid)), pg_catalog.current_schema()),"
                    " pg_catalog.current_setting('search_path')",
                    NULL);
    g_autoptr(PGresult) result = PQexec(pg->conn, sql);
    if (PQresultStatus(result) != PGRES_TUPLES_OK)
        return cg_pg_error(db, result, NULL, error);
    db->schema = PQgetisnull(result, 0, 0) ? NULL : g_strdup(PQgetvalue(result, 0, 0));
    pg->search_path = g_strdup(PQgetvalue(result, 0, 1));
    /* A killed client must not leave its DDL running. Some systems of servers cannot tell. */
    if (PQserverVersion(pg->conn) >= CHECKS_CLIENT) {
        g_autoptr(PGresult) set = PQexec(pg->conn, CHECK_CLIENT);
        pg->checks_client = PQresultStatus(set) == PGRES_COMMAND_OK;
    }
    return true;
}

bool
cg_pg_open(CgDb *db, GError **error)
{
    CgPg *pg = g_new0(CgPg, 1);
    *pg = (CgPg){ .lock_ms = -1, .statement_ms = -1, .conn = connect_to(db->address) };
    db->session = pg;
    if (PQstatus(pg->conn) != CONNECTION_OK) {
        cg_pg_connect_error(pg->conn, error);
        return false;
    }
    /* Debian says "15.18 (Debian 15.18-0+deb12u1)". */
    const char *version = PQparameterStatus(pg->conn, "server_version");
    db->server = g_strdup_printf("PostgreSQL %.*s", (int)strcspn(version, " "), version);
    if (PQserverVersion(pg->conn) < OLDEST_SERVER) {
        cg_db_error_set(error, CG_DB_ERROR_UNSUPPORTED, NULL, NULL, NULL, -1,
                        "the server is %s: PostgreSQL 10 or later is needed", db->server);
        return false;
    }
    PQsetNoticeProcessor(pg->conn, swallow_notice, NULL);
    return set_up(db, error);
}

void
cg_pg_close(CgDb *db)
{
    CgPg *pg = cg_pg(db);
    if (pg == NULL)
        return;
    PQfinish(pg->conn);
    g_free(pg->update_sql);
    g_free(pg->search_path);
    g_free(pg->name);
    g_free(pg);
    db->session = NULL;
}

/* ---- settings ---- */

static bool
set_config(CgDb *db, const char *setting, const char *value, GError **error)
{
    CgValue params[] = { cg_text(setting), cg_text(value) };
    g_autoptr(PGresult) result = cg_pg_run(db, "SELECT pg_catalog.set_config($1, $2, false)",
                                           params, G_N_ELEMENTS(params), error);
    return result != NULL;
}

bool
cg_pg_set_name(CgDb *db, const char *name, GError **error)
{
    CgPg *pg = cg_pg(db);
    if (!set_config(db, "application_name", name, error))
        return false;
    char *old = pg->name;
    pg->name = g_strdup(name);
    g_free(old);
    return true;
}

/* RESET ALL leaves role and session user alone, and takes our own settings back too. */
bool
cg_pg_reset(CgDb *db, GError **error)
{
    CgPg *pg = cg_pg(db);
    g_autofree char *settings = conventions(db);
    g_autofree char *sql =
        g_strconcat("RESET SESSION AUTHORIZATION; RESET ROLE; RESET ALL;", settings, NULL);
    g_autoptr(PGresult) result = PQexec(pg->conn, sql);
    if (PQresultStatus(result) != PGRES_COMMAND_OK)
        return cg_pg_error(db, result, NULL, error);
    pg->plans_are_generic = false;
    return set_config(db, "search_path", pg->search_path, error) &&
           (pg->name == NULL || cg_pg_set_name(db, pg->name, error)) &&
           (pg->lock_ms < 0 || cg_pg_set_timeouts(db, pg->lock_ms, pg->statement_ms, error));
}

bool
cg_pg_set_timeouts(CgDb *db, int lock_ms, int statement_ms, GError **error)
{
    CgPg *pg = cg_pg(db);
    g_autofree char *sql = g_strdup_printf("SET lock_timeout TO %d; SET statement_timeout TO %d",
                                           lock_ms, statement_ms);
    g_autoptr(PGresult) result = PQexec(pg->conn, sql);
    if (PQresultStatus(result) != PGRES_COMMAND_OK)
        return cg_pg_error(db, result, NULL, error);
    pg->lock_ms = lock_ms;
    pg->statement_ms = statement_ms;
    pg->timeouts_in_tx = PQtransactionStatus(pg->conn) != PQTRANS_IDLE;
    return true;
}

/* ---- questions ---- */

char *
cg_pg_position(CgDb *db, GError **error)
{
    return cg_pg_run_text(
        db,
        "SELECT CASE WHEN pg_catalog.pg_is_in_recovery()"
        " THEN pg_catalog.concat('standby replayed to ', pg_catalog.pg_last_wal_replay_lsn(),"
        " ', last commit ' || pg_catalog.pg_last_xact_replay_timestamp())"
        " ELSE pg_catalog.concat('primary ', pg_catalog.pg_current_wal_lsn()) END",
        NULL, 0, error);
}

bool
cg_pg_is_read_only(CgDb *db)
{
    g_autofree char *answer =
        cg_pg_run_text(db,
                       "SELECT pg_catalog.pg_is_in_recovery()"
                       " OR pg_catalog.current_setting('default_transaction_read_only') = 'on'",
                       NULL, 0, NULL);
    return g_strcmp0(answer, "t") == 0;
}

int
cg_pg_has(CgDb *db, const char *table, const char *column, GError **error)
{
    CgValue params[] = { cg_text(table), cg_text(column) };
    g_autoptr(PGresult) result = cg_pg_run(
        db,
        "SELECT FROM pg_catalog.pg_class c"
        " WHERE c.relname = $1 AND c.relkind IN ('r', 'p', 'v', 'm', 'f')"
        " AND pg_catalog.pg_table_is_visible(c.oid) AND ($2::text IS NULL OR EXISTS"
        " (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attname = $2"
        " AND a.attnum > 0 AND NOT a.attisdropped))",
        params, G_N_ELEMENTS(params), error);
    return result == NULL ? -1 : PQntuples(result) > 0;
}

bool
cg_pg_index_state(CgDb *db, const char *schema, const char *index, const char *table,
                  CgIndexState *out_state, GError **error)
{
    const CgValue params[] = { cg_text(schema), cg_text(index), cg_text(table) };
    g_autoptr(PGresult) result = cg_pg_run(
        db,
        "SELECT i.indisvalid AND i.indisready, coalesce(t.relname = $3, true)"
        " FROM pg_catalog.pg_class c JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid"
        " JOIN pg_catalog.pg_class t ON t.oid = i.indrelid"
        " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
        " WHERE c.relname = $2 AND coalesce(n.nspname = $1, pg_catalog.pg_table_is_visible(c.oid))",
        params, G_N_ELEMENTS(params), error);
    if (result == NULL)
        return false;
    *out_state = PQntuples(result) == 0             ? CG_INDEX_ABSENT
                 : *PQgetvalue(result, 0, 1) != 't' ? CG_INDEX_ELSEWHERE
                 : *PQgetvalue(result, 0, 0) == 't' ? CG_INDEX_VALID
                                                    : CG_INDEX_INVALID;
    return true;
}
