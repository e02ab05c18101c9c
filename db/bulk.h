/*
 * Many rows in one call: streamed out, inserted, changed under a guard. Each backend does it by the
 * way that is cheapest there (COPY, one prepared statement).
 */
#ifndef CG_DB_BULK_H
#define CG_DB_BULK_H

#include "db/db.h"

typedef struct {
    const char *name; /* column, or expression in a scan */
    CgType type;
} CgColumn;

/* SELECT columns FROM from [WHERE where], in the order that is cheapest for the backend. */
typedef struct {
    const CgColumn *columns;
    size_t n_columns;
    const char *from;
    const char *where; /* NULL: all rows */
} CgScan;

/* Called for each row; the values' bytes live until it returns. false with *error ends the scan. */
typedef bool (*CgRowFunc)(const CgValue *row, void *data, GError **error);

/*
 * Streams rows without an allocation of ours a row. A cell that is not of the stated type (SQLite
 * stores what it is given) arrives as CG_NULL and is counted, see cg_db_unreadable().
 */
bool cg_db_scan(CgDb *db, const CgScan *scan, CgRowFunc func, void *data,
                GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Cells that scans of this session could not read; *out_example (may be NULL) is lent: "volumes
 * created_at: 'yesterday'". */
int64_t cg_db_unreadable(const CgDb *db, const char **out_example);

/* Inserts n_rows rows of n_columns values each (row after row in `values`): all of them, or
 * none. After a failure inside a transaction, that must be rolled back. */
bool cg_db_insert(CgDb *db, const char *table, const CgColumn *columns, size_t n_columns,
                  const CgValue *values, size_t n_rows, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/*
 * Compare and set with a journal: for each change, sets `column` of the row with that `key` if the
 * row still meets `guard`, and only then inserts the change's journal row. One round trip for all
 * of them where the backend can. To be called inside a CG_TX_WRITE transaction.
 */
typedef struct {
    const char *table;
    const char *key;     /* column of type CG_BYTES */
    const char *column;  /* to set; CG_BYTES */
    const char *guard;   /* SQL condition; the row is t, the wanted value input.value */
    const char *journal; /* table */
    const CgColumn *journal_columns;
    size_t n_journal;
} CgUpdate;

typedef struct {
    CgValue key;
    CgValue value;
    const CgValue *journal; /* n_journal values */
    bool done;              /* out: the row met the guard and was changed */
} CgChange;

bool cg_db_update(CgDb *db, const CgUpdate *update, CgChange *changes, size_t n_changes,
                  GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
