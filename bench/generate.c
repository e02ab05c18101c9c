/*
 * Fills the tables of a Kilo Cinder with a history of a given size: groups, hand-made copies of
 * them, one long chain of copies, cgsnapshots, groups made from cgsnapshots. Same seed, same rows.
 *
 *     generate URL GROUPS
 */
#include "base/time.h"
#include "db/bulk.h"
#include "db/db.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ID_SIZE = 37, BATCH = 2000, CHAIN = 500, MAX_COLUMNS = 16, MAX_MEMBERS = 15 };
static const int64_t START = INT64_C(1400000000000000);
static const int64_t STEP = INT64_C(600000000); /* a group every ten minutes */

/* ---- ids and chance ---- */

static uint64_t
mix(uint64_t x)
{
    x += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

static void
make_id(char out[ID_SIZE], char kind, uint64_t a, uint64_t b)
{
    uint64_t hi = mix(mix(a * 31 + b) ^ (uint64_t)kind << 56);
    uint64_t lo = mix(hi ^ mix(a) ^ b);
    g_snprintf(out, ID_SIZE,
               "%08" PRIx64 "-%04" PRIx64 "-4%03" PRIx64 "-8%03" PRIx64 "-%012" PRIx64, hi >> 32,
               hi >> 16 & 0xffff, hi & 0xfff, lo >> 52, lo & UINT64_C(0xffffffffffff));
}

/* ---- rows in batches ---- */

typedef struct {
    CgDb *db;
    const char *table;
    const CgColumn *columns;
    size_t n_columns;
    CgValue values[BATCH * MAX_COLUMNS];
    size_t n_rows;
    GStringChunk *texts;
} Sink;

static void
flush(Sink *sink)
{
    g_autoptr(GError) error = NULL;
    if (!cg_db_insert(sink->db, sink->table, sink->columns, sink->n_columns, sink->values,
                      sink->n_rows, &error)) {
        fprintf(stderr, "generate: %s: %s\n", sink->table, error->message);
        exit(1);
    }
    sink->n_rows = 0;
    g_string_chunk_clear(sink->texts);
}

static CgValue
text(Sink *sink, const char *value)
{
    return cg_text(value != NULL ? g_string_chunk_insert(sink->texts, value) : NULL);
}

static CgValue *
next_row(Sink *sink)
{
    if (sink->n_rows == BATCH)
        flush(sink);
    return sink->values + sink->n_columns * sink->n_rows++;
}

#define SINK(name, table_name, ...)                                                                \
    static const CgColumn name##_columns[] = { __VA_ARGS__ };                                      \
    static Sink name = { .table = table_name,                                                      \
                         .columns = name##_columns,                                                \
                         .n_columns = G_N_ELEMENTS(name##_columns) }

SINK(groups, "consistencygroups", { "id", CG_BYTES }, { "created_at", CG_TIME },
     { "deleted", CG_BOOL }, { "user_id", CG_BYTES }, { "project_id", CG_BYTES },
     { "host", CG_BYTES }, { "availability_zone", CG_BYTES }, { "name", CG_BYTES },
     { "volume_type_id", CG_BYTES }, { "status", CG_BYTES }, { "cgsnapshot_id", CG_BYTES });
SINK(volumes, "volumes", { "id", CG_BYTES }, { "created_at", CG_TIME }, { "deleted", CG_BOOL },
     { "user_id", CG_BYTES }, { "project_id", CG_BYTES }, { "host", CG_BYTES }, { "size", CG_INT },
     { "availability_zone", CG_BYTES }, { "status", CG_BYTES }, { "display_name", CG_BYTES },
     { "volume_type_id", CG_BYTES }, { "source_volid", CG_BYTES }, { "snapshot_id", CG_BYTES },
     { "consistencygroup_id", CG_BYTES }, { "attach_status", CG_BYTES });
SINK(cgsnapshots, "cgsnapshots", { "id", CG_BYTES }, { "created_at", CG_TIME },
     { "deleted", CG_BOOL }, { "consistencygroup_id", CG_BYTES }, { "project_id", CG_BYTES },
     { "name", CG_BYTES }, { "status", CG_BYTES });
SINK(snapshots, "snapshots", { "id", CG_BYTES }, { "created_at", CG_TIME }, { "deleted", CG_BOOL },
     { "volume_id", CG_BYTES }, { "project_id", CG_BYTES }, { "status", CG_BYTES },
     { "volume_size", CG_INT }, { "cgsnapshot_id", CG_BYTES });

/* ---- the history ---- */

typedef struct {
    uint32_t parent;        /* index + 1; 0: none */
    uint32_t from_snapshot; /* index + 1 of the group whose cgsnapshot it was made from */
    uint8_t members;
    bool snapshotted;
} Group;

static Group
invent(const Group *all, uint32_t i)
{
    uint64_t chance = mix(i) % 100;
    Group group = { .members = (uint8_t)(5 + mix(i * 7u) % (MAX_MEMBERS - 5)),
                    .snapshotted = mix(i * 13u) % 100 < 14 };
    if (i > 0 && i < CHAIN)
        group.parent = i;
    else if (i >= CHAIN && chance < 40)
        group.parent = (uint32_t)(mix(i * 3u) % i) + 1;
    else if (i >= CHAIN && chance < 42)
        group.from_snapshot = (uint32_t)(mix(i * 5u) % i) + 1;
    if (group.from_snapshot > 0 && !all[group.from_snapshot - 1].snapshotted)
        group.from_snapshot = 0;
    uint32_t model = group.parent > 0 ? group.parent : group.from_snapshot;
    if (model > 0)
        group.members = all[model - 1].members;
    return group;
}

static void
write_group(const Group *group, uint32_t i, const char *id, const char *project)
{
    char cgsnapshot[ID_SIZE];
    make_id(cgsnapshot, 'c', group->from_snapshot, 0);
    CgValue *row = next_row(&groups);
    row[0] = text(&groups, id);
    row[1] = cg_time(START + i * STEP);
    row[2] = cg_bool(false);
    row[3] = cg_text("operator");
    row[4] = text(&groups, project);
    row[5] = cg_text("node1@lvm#pool");
    row[6] = cg_text("nova");
    row[7] = text(&groups, id + 24);
    row[8] = cg_text("9b2e1a60-7f1e-4a3c-9a57-0d5f2f7c6b11,");
    row[9] = cg_text("available");
    row[10] = text(&groups, group->from_snapshot > 0 ? cgsnapshot : NULL);
}

static void
write_volume(const Group *group, uint32_t i, uint32_t j, const char *group_id, const char *project)
{
    char id[ID_SIZE], source[ID_SIZE], snapshot[ID_SIZE];
    make_id(id, 'v', i + 1, j);
    make_id(source, 'v', group->parent, j);
    make_id(snapshot, 's', group->from_snapshot, j);
    CgValue *row = next_row(&volumes);
    row[0] = text(&volumes, id);
    row[1] = cg_time(START + i * STEP + (group->parent > 0 ? 1000000 * (j + 1) : 0));
    row[2] = cg_bool(false);
    row[3] = cg_text("operator");
    row[4] = text(&volumes, project);
    row[5] = cg_text("node1@lvm#pool");
    row[6] = cg_int(1 + (int64_t)(mix(j) % 100));
    row[7] = cg_text("nova");
    row[8] = cg_text("available");
    row[9] = text(&volumes, id + 24);
    row[10] = cg_text("9b2e1a60-7f1e-4a3c-9a57-0d5f2f7c6b11");
    row[11] = text(&volumes, group->parent > 0 ? source : NULL);
    row[12] = text(&volumes, group->from_snapshot > 0 ? snapshot : NULL);
    row[13] = text(&volumes, group_id);
    row[14] = cg_text("detached");
}

static void
write_snapshots(const Group *group, uint32_t i, const char *group_id, const char *project)
{
    char id[ID_SIZE], cgsnapshot[ID_SIZE], volume[ID_SIZE];
    make_id(cgsnapshot, 'c', i + 1, 0);
    CgValue *row = next_row(&cgsnapshots);
    row[0] = text(&cgsnapshots, cgsnapshot);
    row[1] = cg_time(START + i * STEP + STEP / 2);
    row[2] = cg_bool(false);
    row[3] = text(&cgsnapshots, group_id);
    row[4] = text(&cgsnapshots, project);
    row[5] = cg_text("nightly");
    row[6] = cg_text("available");
    for (uint32_t j = 0; j < group->members; j++) {
        make_id(id, 's', i + 1, j);
        make_id(volume, 'v', i + 1, j);
        row = next_row(&snapshots);
        row[0] = text(&snapshots, id);
        row[1] = cg_time(START + i * STEP + STEP / 2);
        row[2] = cg_bool(false);
        row[3] = text(&snapshots, volume);
        row[4] = text(&snapshots, project);
        row[5] = cg_text("available");
        row[6] = cg_int(1 + (int64_t)(mix(j) % 100));
        row[7] = text(&snapshots, cgsnapshot);
    }
}

typedef void (*WriteFunc)(const Group *group, uint32_t i, const char *id, const char *project);

static void
write_volumes(const Group *group, uint32_t i, const char *id, const char *project)
{
    for (uint32_t j = 0; j < group->members; j++)
        write_volume(group, i, j, id, project);
}

static void
write_snapshots_if_any(const Group *group, uint32_t i, const char *id, const char *project)
{
    if (group->snapshotted)
        write_snapshots(group, i, id, project);
}

/* Parents of foreign keys first: all groups, then all volumes, then the snapshots. */
static void
write_all(const Group *all, uint32_t n, WriteFunc write, Sink *first, Sink *second)
{
    for (uint32_t i = 0; i < n; i++) {
        char id[ID_SIZE], project[ID_SIZE];
        make_id(id, 'g', i + 1, 0);
        make_id(project, 'p', 1, 0); /* copies stay in the project of their source */
        write(&all[i], i, id, project);
        /* A cgsnapshot must be there before its snapshots. */
        if (second != NULL && second->n_rows > BATCH - 2 * MAX_MEMBERS) {
            flush(first);
            flush(second);
        }
    }
    flush(first);
    if (second != NULL)
        flush(second);
}

int
main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: generate URL GROUPS\n");
        return 2;
    }
    g_autoptr(GError) error = NULL;
    g_autoptr(CgAddress) address = cg_address_parse(argv[1], &error);
    g_autoptr(CgDb) db = address != NULL ? cg_db_open(address, CG_DB_WRITE, &error) : NULL;
    g_autoptr(CgTx) tx = db != NULL ? cg_tx_begin(db, CG_TX_WRITE, &error) : NULL;
    uint32_t n = (uint32_t)strtoul(argv[2], NULL, 10);
    g_autofree Group *all = g_new0(Group, n);
    for (uint32_t i = 0; i < n; i++)
        all[i] = invent(all, i);
    Sink *sinks[] = { &groups, &volumes, &cgsnapshots, &snapshots };
    for (size_t i = 0; i < G_N_ELEMENTS(sinks); i++) {
        sinks[i]->db = db;
        sinks[i]->texts = g_string_chunk_new(65536);
    }
    if (tx != NULL) {
        write_all(all, n, write_group, &groups, NULL);
        write_all(all, n, write_volumes, &volumes, NULL);
        write_all(all, n, write_snapshots_if_any, &cgsnapshots, &snapshots);
    }
    if (tx == NULL || !cg_tx_commit(tx, &error)) {
        fprintf(stderr, "generate: %s\n", error->message);
        return 1;
    }
    return 0;
}
