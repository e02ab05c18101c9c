/* Events, their chain, and the table they stand in; see ledger.h. */
#include "migrate/ledger.h"

#include "base/digest.h"
#include "base/embed.h"
#include "base/time.h"
#include "db/probe.h"
#include "db/splitter.h"

#define TABLE "cg_ledger"
#define CHAIN_START "start"
#ifndef CG_VERSION
#define CG_VERSION "0"
#endif

/* Of the hash. A later format is a new number; old events keep theirs. */
enum { HASH_FORMAT = 1 };

struct CgLedger {
    CgDb *db;
    char *table; /* qualified */
    bool exists;
    GPtrArray *events;
};

static const char *const kind_names[CG_N_EVENTS] = {
    [CG_EVENT_ADOPT] = "adopt", [CG_EVENT_UP] = "up",     [CG_EVENT_DOWN] = "down",
    [CG_EVENT_BEGIN] = "begin", [CG_EVENT_FAIL] = "fail",
};

const char *
cg_event_kind_name(CgEventKind kind)
{
    return kind_names[kind];
}

static bool
find_kind(const char *name, CgEventKind *out)
{
    for (size_t i = 0; i < CG_N_EVENTS; i++)
        if (g_strcmp0(kind_names[i], name) == 0) {
            *out = (CgEventKind)i;
            return true;
        }
    return false;
}

static void
free_event(void *data)
{
    CgEvent *event = data;
    g_free(event->name);
    g_free(event->who);
    g_free(event->tool);
    g_free(event->raw_sha256);
    g_free(event->sql_sha256);
    g_free(event->sql_text);
    g_free(event->note);
    g_free(event->fingerprint);
    g_free(event->hash);
    g_free(event);
}

/* ---- the chain ---- */

static void
digest_number(CgDigest *digest, int64_t number)
{
    char text[24];
    g_snprintf(text, sizeof text, "%" G_GINT64_FORMAT, number);
    cg_digest_text(digest, text);
}

static char *
event_hash(const CgEvent *event, const char *previous_hash)
{
    CgDigest *digest = cg_digest_new();
    cg_digest_text(digest, previous_hash);
    digest_number(digest, event->number);
    cg_digest_text(digest, kind_names[event->kind]);
    digest_number(digest, event->version);
    cg_digest_text(digest, event->name);
    digest_number(digest, event->at);
    digest_number(digest, event->duration_ms);
    cg_digest_text(digest, event->who);
    cg_digest_text(digest, event->tool);
    cg_digest_text(digest, event->raw_sha256);
    cg_digest_text(digest, event->sql_sha256);
    cg_digest_text(digest, event->sql_text);
    cg_digest_text(digest, event->note);
    cg_digest_text(digest, event->fingerprint);
    return cg_digest_steal_hex(digest);
}

static bool
broken(int64_t number, const char *why, GError **error)
{
    cg_error_set(error, CG_EXIT_HISTORY,
                 "restore the ledger from a backup, or ask who edited it: nothing was changed",
                 "the ledger is broken at event %" G_GINT64_FORMAT ": %s", number, why);
    return false;
}

static bool
check_link(const CgLedger *ledger, const CgEvent *event, const char *previous_hash, int64_t format,
           GError **error)
{
    const char *head = cg_ledger_head(ledger);
    if (event->number != (int64_t)ledger->events->len + 1)
        return broken(event->number, "an event before it is missing", error);
    if (format != HASH_FORMAT)
        return broken(event->number, "it was written by a newer cg-migrate", error);
    if (g_strcmp0(previous_hash, head != NULL ? head : CHAIN_START) != 0)
        return broken(event->number, "it does not follow the event before it", error);
    g_autofree char *hash = event_hash(event, previous_hash);
    if (g_strcmp0(hash, event->hash) != 0)
        return broken(event->number, "its content was changed", error);
    return true;
}

/* ---- reading ---- */

enum {
    NUMBER,
    EVENT,
    VERSION,
    NAME,
    AT,
    DURATION,
    WHO,
    TOOL,
    RAW,
    SQL_SHA,
    SQL_TEXT,
    NOTE,
    FINGERPRINT,
    FORMAT,
    PREVIOUS,
    HASH
};
#define COLUMNS                                                                                    \
    "number, event, version, name, at, duration_ms, who, tool, raw_sha256, sql_sha256, sql_text, " \
    "note, fingerprint, format, previous_hash, hash"

static bool
read_event(CgLedger *ledger, const CgRows *rows, GError **error)
{
    CgEvent *event = g_new0(CgEvent, 1);
    event->number = cg_rows_int(rows, NUMBER);
    event->version = cg_rows_int(rows, VERSION);
    event->name = cg_rows_text_dup(rows, NAME);
    event->at = cg_rows_int(rows, AT);
    event->duration_ms = cg_rows_int(rows, DURATION);
    event->who = cg_rows_text_dup(rows, WHO);
    event->tool = cg_rows_text_dup(rows, TOOL);
    event->raw_sha256 = cg_rows_text_dup(rows, RAW);
    event->sql_sha256 = cg_rows_text_dup(rows, SQL_SHA);
    event->sql_text = cg_rows_text_dup(rows, SQL_TEXT);
    event->note = cg_rows_text_dup(rows, NOTE);
    event->fingerprint = cg_rows_text_dup(rows, FINGERPRINT);
    event->hash = cg_rows_text_dup(rows, HASH);
    g_autofree char *kind = cg_rows_text_dup(rows, EVENT);
    g_autofree char *previous = cg_rows_text_dup(rows, PREVIOUS);
    bool ok = find_kind(kind, &event->kind)
                  ? check_link(ledger, event, previous, cg_rows_int(rows, FORMAT), error)
                  : broken(event->number, "its kind is not known to this cg-migrate", error);
    if (ok)
        g_ptr_array_add(ledger->events, event);
    else
        free_event(event);
    return ok;
}

static bool
read_events(CgLedger *ledger, GError **error)
{
    g_autofree char *sql =
        g_strdup_printf("SELECT " COLUMNS " FROM %s ORDER BY number", ledger->table);
    g_autoptr(CgRows) rows = cg_db_query(ledger->db, sql, NULL, 0, error);
    if (rows == NULL)
        return false;
    int more;
    while ((more = cg_rows_next(rows, error)) > 0)
        if (!read_event(ledger, rows, error))
            return false;
    return more == 0;
}

CgLedger *
cg_ledger_load(CgDb *db, GError **error)
{
    int exists = cg_db_has(db, TABLE, NULL, error);
    if (exists < 0)
        return NULL;
    g_autoptr(CgLedger) ledger = g_new0(CgLedger, 1);
    ledger->db = db;
    ledger->table = cg_db_qualified(db, TABLE);
    ledger->exists = exists;
    ledger->events = g_ptr_array_new_with_free_func(free_event);
    if (exists && !read_events(ledger, error))
        return NULL;
    return g_steal_pointer(&ledger);
}

void
cg_ledger_free(CgLedger *ledger)
{
    if (ledger == NULL)
        return;
    g_ptr_array_unref(ledger->events);
    g_free(ledger->table);
    g_free(ledger);
}

const GPtrArray *
cg_ledger_events(const CgLedger *ledger)
{
    return ledger->events;
}

bool
cg_ledger_is_empty(const CgLedger *ledger)
{
    return ledger->events->len == 0;
}

static const CgEvent *
event_at(const CgLedger *ledger, guint i)
{
    return g_ptr_array_index(ledger->events, i);
}

const char *
cg_ledger_head(const CgLedger *ledger)
{
    guint n = ledger->events->len;
    return n > 0 ? event_at(ledger, n - 1)->hash : NULL;
}

bool
cg_ledger_is_refused(const CgLedger *ledger, const CgEvent *begin)
{
    g_autofree char *prefix = g_strconcat(begin->note, ":", NULL);
    for (guint i = (guint)begin->number; i < ledger->events->len; i++) {
        const CgEvent *event = event_at(ledger, i);
        if (event->version == begin->version && event->kind == CG_EVENT_FAIL &&
            event->note != NULL && g_str_has_prefix(event->note, prefix))
            return true;
    }
    return false;
}

/* A first statement that the server refused: nothing was begun. */
static bool
is_void(const CgLedger *ledger, const CgEvent *event)
{
    return event->kind == CG_EVENT_BEGIN && event->note != NULL &&
           g_str_has_suffix(event->note, " 1") && cg_ledger_is_refused(ledger, event);
}

const CgEvent *
cg_ledger_state(const CgLedger *ledger, int64_t version)
{
    for (guint i = ledger->events->len; i > 0; i--) {
        const CgEvent *event = event_at(ledger, i - 1);
        if (event->version == version && event->kind != CG_EVENT_FAIL && !is_void(ledger, event))
            return event;
    }
    return NULL;
}

/* ---- writing ---- */

static char *
replace(const char *text, const char *from, const char *to)
{
    g_auto(GStrv) parts = g_strsplit(text, from, -1);
    return g_strjoinv(to, parts);
}

static bool
create_table(CgLedger *ledger, GError **error)
{
    const CgDialect *dialect = cg_db_dialect(ledger->db);
    g_autofree char *path = g_strdup_printf("migrate/sql/ledger.%s.sql", dialect->name);
    const CgEmbedded *file = cg_embedded_find(path);
    g_assert(file != NULL);
    g_autofree char *function = cg_db_qualified(ledger->db, "cg_ledger_refuse");
    g_autofree char *with_table = replace(file->data, "@ledger@", ledger->table);
    g_autofree char *sql = replace(with_table, "@refuse@", function);

    CgText text = { path, sql, strlen(sql) };
    g_autoptr(GArray) statements = NULL;
    if (!cg_split(&text, dialect->sql, &statements, error))
        return false;
    for (guint i = 0; i < statements->len; i++) {
        g_autofree char *one = cg_statement_dup(&text, g_array_index(statements, CgStatement, i));
        if (!cg_db_exec(ledger->db, one, NULL, 0, NULL, error))
            return false;
    }
    ledger->exists = true;
    return true;
}

static CgEvent *
new_event(const CgLedger *ledger, const CgNewEvent *from)
{
    CgEvent *event = g_new0(CgEvent, 1);
    const CgMigration *migration = from->migration;
    event->number = (int64_t)ledger->events->len + 1;
    event->kind = from->kind;
    event->version = migration->version;
    event->name = g_strdup(migration->name);
    event->at = cg_time_now();
    event->duration_ms = from->duration_ms;
    event->who = g_strdup_printf("%s@%s", g_get_user_name(), g_get_host_name());
    event->tool = g_strdup("cg-migrate " CG_VERSION);
    event->raw_sha256 = cg_sha256_hex(migration->text.data, migration->text.len);
    g_autofree char *normalised = cg_migration_normalise(migration);
    event->sql_sha256 = cg_sha256_hex(normalised, strlen(normalised));
    /* The text once, with what applied it: a `begin` or `fail` names it by its digest. */
    bool keeps_text = from->kind == CG_EVENT_UP || from->kind == CG_EVENT_DOWN;
    event->sql_text = keeps_text ? g_strndup(migration->text.data, migration->text.len) : NULL;
    event->note = g_strdup(from->note);
    event->fingerprint = g_strdup(from->fingerprint);
    const char *head = cg_ledger_head(ledger);
    event->hash = event_hash(event, head != NULL ? head : CHAIN_START);
    return event;
}

static bool
insert_event(CgLedger *ledger, const CgEvent *event, GError **error)
{
    const char *head = cg_ledger_head(ledger);
    const CgValue values[] = {
        cg_int(event->number),
        cg_text(kind_names[event->kind]),
        cg_int(event->version),
        cg_text(event->name),
        cg_time(event->at),
        cg_int(event->duration_ms),
        cg_text(event->who),
        cg_text(event->tool),
        cg_text(event->raw_sha256),
        cg_text(event->sql_sha256),
        cg_text(event->sql_text),
        cg_text(event->note),
        cg_text(event->fingerprint),
        cg_int(HASH_FORMAT),
        cg_text(head != NULL ? head : CHAIN_START),
        cg_text(event->hash),
    };
    g_autofree char *sql =
        g_strdup_printf("INSERT INTO %s (" COLUMNS ") VALUES "
                        "($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
                        ledger->table);
    return cg_db_exec(ledger->db, sql, values, G_N_ELEMENTS(values), NULL, error);
}

bool
cg_ledger_append(CgLedger *ledger, const CgNewEvent *from, GError **error)
{
    if (!ledger->exists && !create_table(ledger, error))
        return false;
    CgEvent *event = new_event(ledger, from);
    if (!insert_event(ledger, event, error)) {
        free_event(event);
        return false;
    }
    g_ptr_array_add(ledger->events, event);
    return true;
}

size_t
cg_ledger_size(const CgLedger *ledger)
{
    return ledger->events->len;
}

bool
cg_ledger_truncate(CgLedger *ledger, size_t n, GError **error)
{
    if (n < ledger->events->len)
        g_ptr_array_set_size(ledger->events, (int)n);
    int exists = cg_db_has(ledger->db, TABLE, NULL, error);
    ledger->exists = exists > 0;
    return exists >= 0;
}
