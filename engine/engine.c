/* Opens and closes an engine: the driver, and whether the database has what is needed. */
#include "engine/engine.h"

#include "db/probe.h"

enum { LOCK_MS = 5000 };

static bool
check_schema(CgDb *db, GError **error)
{
    static const char *const tables[] = { "consistencygroups", "cgsnapshots",  "volumes",
                                          "snapshots",         "volume_types", "quotas",
                                          "quota_classes",     "quota_usages", "reservations",
                                          "services" };
    for (size_t i = 0; i < G_N_ELEMENTS(tables); i++) {
        int has = cg_db_has(db, tables[i], NULL, error);
        if (has == 0)
            cg_engine_error_set(error, CG_ENGINE_ERROR_STATE, "is this the database of Cinder?",
                                "there is no table \"%s\"", tables[i]);
        if (has <= 0)
            return false;
    }
    int has = cg_db_has(db, "consistencygroups", "source_cg_id", error);
    if (has == 0)
        cg_engine_error_set(error, CG_ENGINE_ERROR_STATE, "cg-migrate up",
                            "there is no column \"consistencygroups.source_cg_id\"");
    return has > 0;
}

static bool
look_for(CgDb *db, const char *table, const char *column, bool *out_has, GError **error)
{
    int has = cg_db_has(db, table, column, error);
    *out_has = has > 0;
    return has >= 0;
}

static bool
prepare(CgEngine *engine, GError **error)
{
    CgDb *db = engine->db;
    return check_schema(db, error) &&
           look_for(db, "consistencygroups", "source_cgid", &engine->has_upstream, error) &&
           look_for(db, "volume_glance_metadata", NULL, &engine->has_image_metadata, error) &&
           look_for(db, "services", "frozen", &engine->has_frozen, error) &&
           cg_db_set_timeouts(db, LOCK_MS, 0, error);
}

CgEngine *
cg_engine_new(CgDb *db, const char *driver, const char *plan, GError **error)
{
    g_autoptr(CgEngine) engine = g_new0(CgEngine, 1);
    engine->db = db;
    if (driver != NULL) {
        engine->driver = cg_driver_find(driver, error);
        engine->array = engine->driver != NULL ? engine->driver->open(plan, error) : NULL;
        if (engine->array == NULL)
            return NULL;
    }
    return prepare(engine, error) ? g_steal_pointer(&engine) : NULL;
}

void
cg_engine_free(CgEngine *engine)
{
    if (engine == NULL)
        return;
    if (engine->array != NULL)
        engine->driver->close(engine->array);
    g_free(engine);
}
