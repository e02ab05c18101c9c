/* Worlds made at random; see world.h. */
#include "tests/lib/world.h"

enum { SECOND = 1000000 };

static const CgRowFlags looks[] = { CG_ROW_GHOST, CG_ROW_CACHE, CG_ROW_BACKUP };

static bool
chance(GRand *rand, int percent)
{
    return g_rand_int_range(rand, 0, 100) < percent;
}

/* Few different times, some of them a hair's breadth from the tolerance. */
static int64_t
random_time(GRand *rand, int64_t base, int null_percent)
{
    if (chance(rand, null_percent))
        return CG_TIME_NONE;
    return base + (int64_t)g_rand_int_range(rand, 0, 6) * 150 * SECOND +
           (chance(rand, 30) ? g_rand_int_range(rand, -1, 2) : 0);
}

/* Name number `i`: half of them UUIDs, or no id at all now and then. */
static void
random_name(char out[WORLD_ID], char kind, int i)
{
    if (i % 2 != 0)
        g_snprintf(out, WORLD_ID, "%c%d", kind, i);
    else
        g_snprintf(out, WORLD_ID, "%08x-0000-4000-8000-00000000%04x", (unsigned)i * 0x9e3779b9U,
                   (unsigned)kind);
}

/* One of n names, sometimes one that has no row, sometimes none. */
static void
random_reference(GRand *rand, char out[WORLD_ID], char kind, int n, int null_percent)
{
    out[0] = '\0';
    if (!chance(rand, null_percent))
        random_name(out, kind, g_rand_int_range(rand, 0, chance(rand, 5) ? n + 2 : n));
}

static void
random_life(GRand *rand, WorldRow *row, int64_t base, int dead_percent)
{
    row->created = random_time(rand, base, 8);
    row->updated = random_time(rand, base, 50);
    row->deleted_at = CG_TIME_NONE;
    row->deleted = chance(rand, dead_percent) ? 1 : chance(rand, 5) ? -1 : 0;
    if (row->deleted > 0 ? chance(rand, 85) : chance(rand, 2))
        row->deleted_at = random_time(rand, base + 450 * SECOND, 0);
}

static void
random_groups(GRand *rand, World *world)
{
    world->groups.n = g_rand_int_range(rand, 1, 6);
    for (int i = 0; i < world->groups.n; i++) {
        WorldRow *row = &world->groups.rows[i];
        random_name(row->id, 'g', i);
        random_life(rand, row, (int64_t)i * 300 * SECOND, 20);
        if (!chance(rand, 15))
            g_snprintf(row->project, WORLD_ID, "p%d", chance(rand, 10));
        random_reference(rand, row->source, 'g', world->groups.n, 95);
        random_reference(rand, row->recorded, 'g', world->groups.n, 95);
        random_reference(rand, row->cgsnapshot, 'c', 3, 95);
    }
}

/* Volumes of the first group, and in later groups mostly clones of an earlier group's. */
static void
random_volumes(GRand *rand, World *world)
{
    for (int g = 0; g < world->groups.n; g++) {
        int parent = g == 0 ? -1 : g_rand_int_range(rand, 0, g), from = 0;
        int n = g_rand_int_range(rand, 0, 6);
        for (int i = 0; i < n; i++) {
            WorldRow *row = &world->volumes.rows[world->volumes.n];
            random_name(row->id, 'v', world->volumes.n++);
            random_life(rand, row, (int64_t)g * 300 * SECOND, 15);
            g_strlcpy(row->group, world->groups.rows[g].id, WORLD_ID);
            if (chance(rand, 8))
                random_reference(rand, row->group, 'g', world->groups.n, 40);
            row->looks = chance(rand, 6) ? looks[g_rand_int_range(rand, 0, 3)] : 0;
            if (chance(rand, 10))
                g_strlcpy(row->snapshot, "some-snapshot", WORLD_ID);
            while (parent >= 0 && from < world->volumes.n &&
                   strcmp(world->volumes.rows[from].group, world->groups.rows[parent].id) != 0)
                from++;
            if (parent >= 0 && from < world->volumes.n - 1 && !chance(rand, 12))
                g_strlcpy(row->source, world->volumes.rows[from++].id, WORLD_ID);
            else if (chance(rand, 15))
                random_reference(rand, row->source, 'v', world->volumes.n, 0);
        }
    }
}

static void
random_snapshots(GRand *rand, World *world)
{
    world->cgsnapshots.n = g_rand_int_range(rand, 0, 4);
    for (int i = 0; i < world->cgsnapshots.n; i++) {
        WorldRow *row = &world->cgsnapshots.rows[i];
        random_name(row->id, 'c', i);
        random_life(rand, row, 0, 20);
        random_reference(rand, row->group, 'g', world->groups.n, 3);
    }
    world->snapshots.n = world->volumes.n == 0 ? 0 : g_rand_int_range(rand, 0, 8);
    for (int i = 0; i < world->snapshots.n; i++) {
        WorldRow *row = &world->snapshots.rows[i];
        random_name(row->id, 's', i);
        random_life(rand, row, 300 * SECOND, 30);
        random_reference(rand, row->volume, 'v', world->volumes.n, 0);
        random_reference(rand, row->cgsnapshot, 'c', world->cgsnapshots.n + 1, 15);
    }
}

World *
world_random(GRand *rand)
{
    World *world = g_new0(World, 1);
    random_groups(rand, world);
    random_volumes(rand, world);
    random_snapshots(rand, world);
    return world;
}

static void
shuffle(WorldTable *table, GRand *rand)
{
    for (int i = table->n - 1; i > 0; i--) {
        int other = g_rand_int_range(rand, 0, i + 1);
        WorldRow row = table->rows[i];
        table->rows[i] = table->rows[other];
        table->rows[other] = row;
    }
}

void
world_shuffle(World *world, GRand *rand)
{
    shuffle(&world->groups, rand);
    shuffle(&world->cgsnapshots, rand);
    shuffle(&world->volumes, rand);
    shuffle(&world->snapshots, rand);
}
