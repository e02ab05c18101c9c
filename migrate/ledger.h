/*
 * The ledger `cg_ledger`: what happened to this database, as append-only events in a hash chain.
 *
 * State is derived from events, never stored. An event is appended in the transaction of what it
 * tells of. Triggers of the database refuse every other kind of write; each event's hash covers the
 * one before, so that an edit behind the triggers' back is found. That the newest events were
 * removed is found only by who kept their hash elsewhere. This file knows events and their chain;
 * which migrations exist and what is to be done is plan.h's.
 */
#ifndef CG_MIGRATE_LEDGER_H
#define CG_MIGRATE_LEDGER_H

#include "db/db.h"
#include "migrate/file.h"

/* The words of the column `event`. */
typedef enum {
    CG_EVENT_ADOPT, /* this version was there before us */
    CG_EVENT_UP,
    CG_EVENT_DOWN,
    CG_EVENT_BEGIN, /* about to run one statement outside a transaction; note: its number */
    CG_EVENT_FAIL,  /* of a begun statement that did not take, the note goes on from the BEGIN's */
    CG_N_EVENTS
} CgEventKind;

const char *cg_event_kind_name(CgEventKind kind);

typedef struct {
    int64_t number;
    CgEventKind kind;
    int64_t version;
    char *name;
    int64_t at; /* µs since 1970 UTC */
    int64_t duration_ms;
    char *who;  /* user@host */
    char *tool; /* program and version */
    char *raw_sha256;
    char *sql_sha256; /* of the normalised text, see cg_migration_normalise() */
    char *sql_text;
    char *note;
    char *fingerprint; /* of the schema, on the last event of a run */
    char *hash;
} CgEvent;

typedef struct CgLedger CgLedger;

/*
 * Reads all events and checks the chain. A database without a ledger gives an empty one. Errors:
 * CG_EXIT_HISTORY where the chain is broken (with the number of the first bad event), CG_DB_ERROR.
 */
CgLedger *cg_ledger_load(CgDb *db, GError **error);
void cg_ledger_free(CgLedger *ledger);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CgLedger, cg_ledger_free)

/* Lent, in order. */
const GPtrArray *cg_ledger_events(const CgLedger *ledger);

bool cg_ledger_is_empty(const CgLedger *ledger);

/* Hash of the newest event, 64 hexadecimal digits; NULL when empty. */
const char *cg_ledger_head(const CgLedger *ledger);

/* The newest event that decides about `version`: ADOPT, UP, DOWN, or a BEGIN that nothing followed;
 * NULL when there is none. A BEGIN of the first statement that the server refused does not count.
 */
const CgEvent *cg_ledger_state(const CgLedger *ledger, int64_t version);

/* Whether a FAIL says of the statement that `begin` announces that it did not take. */
bool cg_ledger_is_refused(const CgLedger *ledger, const CgEvent *begin);

typedef struct {
    CgEventKind kind;
    const CgMigration *migration; /* its text and digests are kept with the event */
    int64_t duration_ms;
    const char *note;        /* or NULL */
    const char *fingerprint; /* or NULL */
} CgNewEvent;

/*
 * Appends an event, within the caller's transaction; makes the ledger's table first when it is
 * missing. On success the ledger in memory has it too: whoever rolls back, truncates.
 */
bool cg_ledger_append(CgLedger *ledger, const CgNewEvent *event,
                      GError **error) G_GNUC_WARN_UNUSED_RESULT;

size_t cg_ledger_size(const CgLedger *ledger);

/* Forgets the events behind the first n: the transaction that appended them was rolled back. */
bool cg_ledger_truncate(CgLedger *ledger, size_t n, GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
