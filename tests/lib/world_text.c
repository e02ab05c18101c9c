/* Worlds as text; see world.h. */
#include "tests/lib/world.h"

#include <check.h>
#include <stdio.h>

enum { SECOND = 1000000 };

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
