/*
 * A small world of groups, snapshots and volumes for tests of lineage: written as text or made at
 * random, put into a model or a database, and judged by a second, naive reading of the definitions,
 * which shares no code with lineage/.
 *
 * One line a row, times in seconds:
 *   group G at=100 del=900 project=p source=S recorded=R cgsnapshot=C
 *   cgsnapshot C of=S
 *   volume v in=G from=s snapshot=x at=110 updated=120 looks=ghost|cache|backup
 *   snapshot x of=s by=C at=50
 * `dead` is deleted without a time, `del=` with one, `null` has NULL for `deleted`. No `at` is
 * NULL.
 */
#ifndef CG_TESTS_LIB_WORLD_H
#define CG_TESTS_LIB_WORLD_H

#include "lineage/verdict.h"

enum { WORLD_ID = 40, WORLD_ROWS = 64, WORLD_VOTES = WORLD_ROWS };

/* "" is NULL, CG_TIME_NONE too. */
typedef struct {
    char id[WORLD_ID];
    char group[WORLD_ID];      /* of a volume (in=) or a cgsnapshot (of=) */
    char source[WORLD_ID];     /* source_volid (from=), or a group's source */
    char recorded[WORLD_ID];   /* groups */
    char cgsnapshot[WORLD_ID]; /* groups, snapshots (by=) */
    char volume[WORLD_ID];     /* snapshots (of=) */
    char snapshot[WORLD_ID];   /* volumes */
    char project[WORLD_ID];
    int64_t created, updated, deleted_at;
    int deleted; /* -1: NULL */
    CgRowFlags looks;
} WorldRow;

typedef struct {
    WorldRow rows[WORLD_ROWS];
    int n;
} WorldTable;

typedef struct {
    WorldTable groups, cgsnapshots, volumes, snapshots;
} World;

/* Fails the running test on a mistake in the text. The caller's (g_free). */
World *world_parse(const char *text);
World *world_random(GRand *rand);
void world_print(const World *world); /* as text that world_parse() takes, on stdout */

/* Rows in another order. */
void world_shuffle(World *world, GRand *rand);

CgModel *world_model(const World *world);

/* The four tables with the columns that a world has, and no foreign keys. */
void world_make_tables(CgDb *db);
void world_insert(const World *world, CgDb *db);

/* ---- the naive reading ---- */

typedef struct {
    const char *verdict; /* NULL: the group is not live */
    const char *source;  /* "": none */
    int members;
    int n_votes;
    struct {
        const char *group;
        int n;
    } votes[WORLD_VOTES]; /* in no order */
} WorldVerdict;

WorldVerdict world_judge(const World *world, int number);

/* True when the verdicts are the naive ones, for every group; else says where not, on stdout. Adds
 * to `counts` by verdict. */
bool world_agrees(const World *world, const CgVerdicts *verdicts, int64_t *counts);

#endif
