/*
 * One load at work: what its scans and its row functions share. Inside lineage/ only.
 */
#ifndef CG_LINEAGE_LOADER_H
#define CG_LINEAGE_LOADER_H

#include "base/progress.h"
#include "db/bulk.h"
#include "lineage/load.h"

/* One load. `slot` says where in a scanned row a field stands, or -1. */
typedef struct {
    CgDb *db;
    const CgLoadOptions *options;
    CgModel *model;
    uint64_t read;
    int slot[CG_N_FIELDS];
    CgColumn columns[CG_N_FIELDS];
    size_t n_columns;
    CgProgress *progress;
    int64_t rows;
    GArray *kinds;  /* CgId: kinds of groups that were moved */
    GArray *listed; /* CgId: volumes in cache entries or backups */
} CgLoader;

/* Of type CgRowFunc, with the loader as data: each adds a row of its table to the model. */
bool cg_load_group(const CgValue *row, void *data, GError **error);
bool cg_load_cgsnapshot(const CgValue *row, void *data, GError **error);
bool cg_load_volume(const CgValue *row, void *data, GError **error);
bool cg_load_snapshot(const CgValue *row, void *data, GError **error);

/* The tables of the era before: a twin gives the true time of a row that was moved; what died
 * before the move stands there only. */
bool cg_load_earlier_group(const CgValue *row, void *data, GError **error);
bool cg_load_earlier_cgsnapshot(const CgValue *row, void *data, GError **error);

/* A column of volume ids, appended to `listed`. */
bool cg_load_listed(const CgValue *row, void *data, GError **error);

#endif
