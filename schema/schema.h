/*
 * The logical model of a database schema: what tables, columns, keys, indexes and checks there are.
 *
 * Read from the catalog of any backend into plain data, so that nobody above this folder asks which
 * database it was. Types and expressions are normalised: models of one backend can be compared by
 * text, models of two backends by type class. Not modelled: views, triggers, sequences, rights,
 * storage. Nothing here changes a database.
 */
#ifndef CG_SCHEMA_SCHEMA_H
#define CG_SCHEMA_SCHEMA_H

#include "db/db.h"

/* What a column holds, as far as both backends can say it. */
typedef enum {
    CG_CLASS_INT,
    CG_CLASS_BOOL,
    CG_CLASS_TIME, /* date or timestamp */
    CG_CLASS_TEXT,
    CG_CLASS_REAL, /* any number that is no integer */
    CG_CLASS_BLOB,
    CG_CLASS_OTHER,
    CG_N_CLASSES
} CgTypeClass;

/* "int", "bool", "time", "text", "real", "blob", "other". */
const char *cg_type_class_name(CgTypeClass type_class);

typedef struct {
    char *name;
    CgTypeClass type_class;
    char *type; /* lower case, one name for synonyms: "varchar(36)", "timestamp", "integer" */
    bool nullable;
    char *default_text; /* SQL of the default or generation clause, or NULL */
    unsigned key;       /* position in the primary key, from 1; 0 if not part of it */
} CgSchemaColumn;

/* Also what stands behind a UNIQUE constraint; never the primary key. */
typedef struct {
    char *name; /* NULL: the database chose one that means nothing */
    bool unique;
    bool valid;  /* false: a CREATE INDEX CONCURRENTLY did not finish */
    char **keys; /* columns or expressions, " desc" behind those that descend */
    char *where; /* condition of a partial index, or NULL */
} CgSchemaIndex;

typedef struct {
    char *name;     /* NULL on a backend where they have none */
    char **columns; /* in the order of the key */
    char *parent;   /* table */
    char **parent_columns;
    char *actions; /* "on delete cascade on update set null"; "" for no action */
} CgSchemaForeignKey;

typedef struct {
    char *name;
    GPtrArray *columns;      /* CgSchemaColumn, in physical order */
    GPtrArray *indexes;      /* CgSchemaIndex, by name */
    GPtrArray *foreign_keys; /* CgSchemaForeignKey */
    GPtrArray *checks;       /* char *, expressions; sorted, each once */
} CgSchemaTable;

typedef struct {
    const char *dialect; /* its name, static */
    GPtrArray *tables;   /* CgSchemaTable, by name */
} CgSchema;

/*
 * Introspects the schema that unqualified names of this session mean first (PostgreSQL:
 * current_schema(); SQLite: main). Reads in a few statements: call it within a transaction if
 * somebody may change the schema meanwhile.
 */
CgSchema *cg_schema_read(CgDb *db, GError **error);
void cg_schema_free(CgSchema *schema);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CgSchema, cg_schema_free)

/* Lent, or NULL. Names as the catalog spells them. */
const CgSchemaTable *cg_schema_find_table(const CgSchema *schema, const char *table);
const CgSchemaColumn *cg_schema_find_column(const CgSchema *schema, const char *table,
                                            const char *column);
const CgSchemaColumn *cg_schema_table_column(const CgSchemaTable *table, const char *column);

/*
 * The schema as lines of text, one a fact, sorted, each ended by a newline: the same whatever the
 * order in which things were made. Tables whose name begins with `ignore_prefix` (NULL: none) are
 * left out. The caller's.
 */
char *cg_schema_canonical(const CgSchema *schema, const char *ignore_prefix);

/* SHA-256 of that text, 64 hexadecimal digits. The caller's. */
char *cg_schema_fingerprint(const CgSchema *schema, const char *ignore_prefix);

#endif
