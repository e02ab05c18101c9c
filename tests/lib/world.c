/* See world.h. */
#include "tests/lib/world.h"

#include "base/time.h"

#include <check.h>
#include <stdio.h>

enum { SECOND = 1000000 };

/* ---- text ---- */

static const struct {
    const char *name;
    size_t offset;
} tables[] = {
    { "group", offsetof(World, groups) },
    { "cgsnapshot", offsetof(World, cgsnapshots) },
    { "volume", offsetof(World, volumes) },
    { "snapshot", offsetof(World, snapshots) },
};

static const struct {
    const char *key;
    size_t offset;
    const char *table; /* NULL: any */
} texts[] = {
    { "in", offsetof(WorldRow, group), "volume" },
    { "of", offsetof(WorldRow, group), "cgsnapshot" },
    { "of", offsetof(WorldRow, volume), "snapshot" },
    { "from", offsetof(WorldRow, source), "volume" },
    { "source", offsetof(WorldRow, source), "group" },
    { "recorded", offsetof(WorldRow, recorded), "group" },
    { "cgsnapshot", offsetof(WorldRow, cgsnapshot), "group" },
    { "by", offsetof(WorldRow, cgsnapshot), "snapshot" },
    { "snapshot", offsetof(WorldRow, snapshot), "volume" },
    { "project", offsetof(WorldRow, project), NULL },
};

static const struct {
    const char *key;
    size_t offset;
} times[] = {
    { "at", offsetof(WorldRow, created) },
    { "updated", offsetof(WorldRow, updated) },
    { "del", offsetof(WorldRow, deleted_at) },
};

static const struct {
    const char *name;
    CgRowFlags flag;
} looks[] = {
    { "ghost", CG_ROW_GHOST },
    { "cache", CG_ROW_CACHE },
    { "backup", CG_ROW_BACKUP },
};

static bool
set_text(WorldRow *row, const char *table, const char *key, const char *value)
{
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        if (strcmp(texts[i].key, key) == 0 &&
            (texts[i].table == NULL || strcmp(texts[i].table, table) == 0)) {
            g_strlcpy((char *)row + texts[i].offset, value, WORLD_ID);
            return true;
        }
    return false;
}

static bool
set_time(WorldRow *row, const char *key, const char *value)
{
    for (size_t i = 0; i < G_N_ELEMENTS(times); i++)
        if (strcmp(times[i].key, key) == 0) {
            double seconds = g_ascii_strtod(value, NULL);
            *(int64_t *)(void *)((char *)row + times[i].offset) =
                (int64_t)(seconds * SECOND + (seconds < 0 ? -0.5 : 0.5));
            row->deleted |= strcmp(key, "del") == 0;
            return true;
        }
    return false;
}

static bool
set_looks(WorldRow *row, const char *key, const char *value)
{
    for (size_t i = 0; i < G_N_ELEMENTS(looks); i++)
        if (strcmp(key, "looks") == 0 && strcmp(looks[i].name, value) == 0) {
            row->looks |= looks[i].flag;
            return true;
        }
    return false;
}

static void
set_cell(WorldRow *row, const char *table, char *word)
{
    char *value = strchr(word, '=');
    if (value == NULL) {
        bool dead = strcmp(word, "dead") == 0;
        ck_assert_msg(dead || strcmp(word, "null") == 0, "\"%s\"?", word);
        row->deleted = dead ? 1 : -1;
        return;
    }
    *value++ = '\0';
    ck_assert_msg(set_time(row, word, value) || set_looks(row, word, value) ||
                      set_text(row, table, word, value),
                  "%s: \"%s\"?", table, word);
}

static void
parse_line(World *world, char *line)
{
    char *rest = NULL, *table = strtok_r(line, " ", &rest), *word;
    if (table == NULL)
        return;
    for (size_t i = 0; i < G_N_ELEMENTS(tables); i++) {
        if (strcmp(tables[i].name, table) != 0)
            continue;
        WorldTable *t = (WorldTable *)(void *)((char *)world + tables[i].offset);
        ck_assert_int_lt(t->n, WORLD_ROWS);
        WorldRow *row = &t->rows[t->n++];
        *row = (WorldRow){ .created = CG_TIME_NONE,
                           .updated = CG_TIME_NONE,
                           .deleted_at = CG_TIME_NONE };
        g_strlcpy(row->id, strtok_r(NULL, " ", &rest), WORLD_ID);
        while ((word = strtok_r(NULL, " ", &rest)) != NULL)
            set_cell(row, table, word);
        return;
    }
    ck_abort_msg("\"%s\"?", table);
}

World *
world_parse(const char *text)
{
    World *world = g_new0(World, 1);
    g_auto(GStrv) lines = g_strsplit_set(text, "\n;", -1);
    for (size_t i = 0; lines[i] != NULL; i++)
        parse_line(world, lines[i]);
    return world;
}

static void
print_row(const char *table, const WorldRow *row)
{
    printf("%s %s", table, row->id);
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        const char *value = (const char *)row + texts[i].offset;
        if (*value != '\0' && (texts[i].table == NULL || strcmp(texts[i].table, table) == 0))
            printf(" %s=%s", texts[i].key, value);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(times); i++) {
        int64_t us = *(const int64_t *)(const void *)((const char *)row + times[i].offset);
        if (us != CG_TIME_NONE)
            printf(" %s=%.6f", times[i].key, (double)us / SECOND);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(looks); i++)
        if ((row->looks & looks[i].flag) != 0)
            printf(" looks=%s", looks[i].name);
    puts(row->deleted < 0 ? " null" : row->deleted > 0 ? " dead" : "");
}

void
world_print(const World *world)
{
    for (size_t i = 0; i < G_N_ELEMENTS(tables); i++) {
        const WorldTable *t =
            (const WorldTable *)(const void *)((const char *)world + tables[i].offset);
        for (int row = 0; row < t->n; row++)
            print_row(tables[i].name, &t->rows[row]);
    }
}

/* ---- chance ---- */

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
            row->looks = chance(rand, 6) ? looks[g_rand_int_range(rand, 0, 3)].flag : 0;
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

/* ---- into a model ---- */

static CgId
make_id(CgModel *model, const char *text)
{
    return cg_id_make(model->strings, text, strlen(text));
}

static void
set_common(CgModel *model, CgRowsOf *rows, uint32_t n, const WorldRow *row)
{
    if (row->deleted != 0)
        rows->flags[n] |= row->deleted > 0 ? CG_ROW_DELETED : CG_ROW_DELETED_NULL;
    rows->flags[n] |= row->looks;
    if (rows->created_at != NULL)
        rows->created_at[n] = row->created;
    if (rows->updated_at != NULL)
        rows->updated_at[n] = row->updated;
    if (rows->deleted_at != NULL)
        rows->deleted_at[n] = row->deleted_at;
    if (rows->project != NULL)
        rows->project[n] = cg_strings_add(model->strings, row->project, strlen(row->project));
}

static void
add_groups(CgModel *model, const WorldTable *table)
{
    for (int i = 0; i < table->n; i++) {
        const WorldRow *row = &table->rows[i];
        uint32_t n = cg_model_add_group(model, make_id(model, row->id));
        set_common(model, &model->groups.rows, n, row);
        cg_refs_set(&model->groups.source, n, make_id(model, row->source));
        cg_refs_set(&model->groups.recorded, n, make_id(model, row->recorded));
        cg_refs_set(&model->groups.cgsnapshot, n, make_id(model, row->cgsnapshot));
    }
}

static void
add_volumes(CgModel *model, const WorldTable *table)
{
    for (int i = 0; i < table->n; i++) {
        const WorldRow *row = &table->rows[i];
        uint32_t n = cg_model_add_volume(model, make_id(model, row->id));
        set_common(model, &model->volumes.rows, n, row);
        model->volumes.rows.flags[n] |= row->snapshot[0] != '\0' ? CG_ROW_HAS_SNAPSHOT : 0;
        cg_refs_set(&model->volumes.group, n, make_id(model, row->group));
        cg_refs_set(&model->volumes.source, n, make_id(model, row->source));
    }
}

static void
add_snapshots(CgModel *model, const World *world)
{
    for (int i = 0; i < world->cgsnapshots.n; i++) {
        const WorldRow *row = &world->cgsnapshots.rows[i];
        uint32_t n = cg_model_add_cgsnapshot(model, make_id(model, row->id));
        set_common(model, &model->cgsnapshots.rows, n, row);
        cg_refs_set(&model->cgsnapshots.group, n, make_id(model, row->group));
    }
    for (int i = 0; i < world->snapshots.n; i++) {
        const WorldRow *row = &world->snapshots.rows[i];
        uint32_t n = cg_model_add_snapshot(model, make_id(model, row->id));
        set_common(model, &model->snapshots.rows, n, row);
        cg_refs_set(&model->snapshots.volume, n, make_id(model, row->volume));
        cg_refs_set(&model->snapshots.cgsnapshot, n, make_id(model, row->cgsnapshot));
    }
}

CgModel *
world_model(const World *world)
{
    CgModel *model = cg_model_new(NULL);
    cg_model_want(model, CG_FIELD_BIT(CG_GROUP_PROJECT) | CG_FIELD_BIT(CG_GROUP_DELETED_AT) |
                             CG_FIELD_BIT(CG_VOLUME_DELETED_AT) |
                             CG_FIELD_BIT(CG_VOLUME_UPDATED_AT));
    add_groups(model, &world->groups);
    add_volumes(model, &world->volumes);
    add_snapshots(model, world);
    cg_model_resolve(model);
    return model;
}

/* ---- into a database ---- */

void
world_make_tables(CgDb *db)
{
    static const char *const columns[] = {
        "consistencygroups (%s, project_id %s, cgsnapshot_id %s, source_cg_id %s, source_cgid %s)",
        "cgsnapshots (%s, consistencygroup_id %s)",
        ("volumes (%s, consistencygroup_id %s, source_volid %s, snapshot_id %s, display_name %s,"
         " migration_status %s)"),
        "snapshots (%s, volume_id %s, cgsnapshot_id %s)",
    };
    const CgDialect *dialect = cg_db_dialect(db);
    g_autofree char *common = g_strdup_printf(
        "id %s NOT NULL PRIMARY KEY, created_at %s, updated_at %s, deleted_at %s, deleted %s",
        dialect->text_type, dialect->time_type, dialect->time_type, dialect->time_type,
        dialect->bool_type);
    for (size_t i = 0; i < G_N_ELEMENTS(columns); i++) {
        g_autoptr(GError) error = NULL;
        g_auto(GStrv) parts = g_strsplit(columns[i], "%s", -1);
        g_autoptr(GString) sql = g_string_new("CREATE TABLE ");
        for (size_t part = 0; parts[part] != NULL; part++)
            g_string_append_printf(sql, "%s%s", parts[part],
                                   parts[part + 1] == NULL ? ""
                                   : part == 0             ? common
                                                           : dialect->text_type);
        bool ok = cg_db_exec(db, sql->str, NULL, 0, NULL, &error);
        ck_assert_msg(ok, "%s", ok ? "" : error->message);
    }
}

static CgValue
text_or_null(const char *text)
{
    return *text == '\0' ? cg_null() : cg_text(text);
}

static CgValue
time_or_null(int64_t us)
{
    return us == CG_TIME_NONE ? cg_null() : cg_time(us);
}

enum { N_COMMON = 5 };
#define COMMON                                                                                     \
    { "id", CG_BYTES }, { "created_at", CG_TIME }, { "updated_at", CG_TIME },                      \
        { "deleted_at", CG_TIME },                                                                 \
    {                                                                                              \
        "deleted", CG_BOOL                                                                         \
    }

static void
insert(CgDb *db, const char *table, const CgColumn *columns, size_t n, const WorldRow *row,
       CgValue *values)
{
    g_autoptr(GError) error = NULL;
    values[0] = cg_text(row->id);
    values[1] = time_or_null(row->created);
    values[2] = time_or_null(row->updated);
    values[3] = time_or_null(row->deleted_at);
    values[4] = row->deleted < 0 ? cg_null() : cg_bool(row->deleted > 0);
    bool ok = cg_db_insert(db, table, columns, n, values, 1, &error);
    ck_assert_msg(ok, "%s", ok ? "" : error->message);
}

static void
insert_groups(CgDb *db, const WorldTable *table)
{
    static const CgColumn columns[] = { COMMON,
                                        { "project_id", CG_BYTES },
                                        { "cgsnapshot_id", CG_BYTES },
                                        { "source_cg_id", CG_BYTES },
                                        { "source_cgid", CG_BYTES } };
    for (int i = 0; i < table->n; i++) {
        const WorldRow *row = &table->rows[i];
        CgValue values[N_COMMON + 4] = { [N_COMMON] = text_or_null(row->project),
                                         text_or_null(row->cgsnapshot),
                                         text_or_null(row->source),
                                         text_or_null(row->recorded) };
        insert(db, "consistencygroups", columns, G_N_ELEMENTS(columns), row, values);
    }
}

/* What makes a volume look like another thing is in its texts. */
static void
insert_volumes(CgDb *db, const WorldTable *table)
{
    static const CgColumn columns[] = { COMMON,
                                        { "consistencygroup_id", CG_BYTES },
                                        { "source_volid", CG_BYTES },
                                        { "snapshot_id", CG_BYTES },
                                        { "display_name", CG_BYTES },
                                        { "migration_status", CG_BYTES } };
    for (int i = 0; i < table->n; i++) {
        const WorldRow *row = &table->rows[i];
        bool cache = (row->looks & CG_ROW_CACHE) != 0, has_source = *row->source != '\0';
        /* A name tells a cache clone only where there is a source; all look-alikes are alike. */
        bool ghost = (row->looks & CG_ROW_GHOST) != 0 || (cache && !has_source);
        const char *name =
            (row->looks & CG_ROW_BACKUP) != 0  ? "backup-vol-6ff9ad0d-1c3e-4d5b-9cf7-7d4a4d9eb01a"
            : (row->looks & CG_ROW_CACHE) != 0 ? "image-6ff9ad0d-1c3e-4d5b-9cf7-7d4a4d9eb01a"
                                               : "image-backup-vol-target:";
        CgValue values[N_COMMON + 5] = { [N_COMMON] = text_or_null(row->group),
                                         text_or_null(row->source),
                                         text_or_null(row->snapshot),
                                         cg_text(name),
                                         cg_text(ghost ? "target:x" : "success") };
        insert(db, "volumes", columns, G_N_ELEMENTS(columns), row, values);
    }
}

void
world_insert(const World *world, CgDb *db)
{
    static const CgColumn cgsnapshot_columns[] = { COMMON, { "consistencygroup_id", CG_BYTES } };
    static const CgColumn snapshot_columns[] = { COMMON,
                                                 { "volume_id", CG_BYTES },
                                                 { "cgsnapshot_id", CG_BYTES } };
    insert_groups(db, &world->groups);
    insert_volumes(db, &world->volumes);
    for (int i = 0; i < world->cgsnapshots.n; i++) {
        const WorldRow *row = &world->cgsnapshots.rows[i];
        CgValue values[N_COMMON + 1] = { [N_COMMON] = cg_text(row->group) };
        insert(db, "cgsnapshots", cgsnapshot_columns, N_COMMON + 1, row, values);
    }
    for (int i = 0; i < world->snapshots.n; i++) {
        const WorldRow *row = &world->snapshots.rows[i];
        CgValue values[N_COMMON + 2] = { [N_COMMON] = cg_text(row->volume),
                                         text_or_null(row->cgsnapshot) };
        insert(db, "snapshots", snapshot_columns, N_COMMON + 2, row, values);
    }
}
