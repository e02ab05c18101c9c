/*
 * What is on the mock's array: groups and volumes, in memory or in a text file between runs.
 *
 * Each change of the file is a rename under a lock, so that processes can share it and a killed one
 * leaves it whole.
 */
#ifndef CG_ENGINE_DRIVERS_MOCK_ARRAY_H
#define CG_ENGINE_DRIVERS_MOCK_ARRAY_H

#include "engine/driver.h"

typedef struct CgMockArray CgMockArray;

/* `path` NULL: in memory. */
CgMockArray *cg_mock_array_new(const char *path);
void cg_mock_array_free(CgMockArray *array);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CgMockArray, cg_mock_array_free)

/* Its absolute path, or "memory". Lent. */
const char *cg_mock_array_name(const CgMockArray *array);

/* Whether it can be read and written; makes nothing but its lock file. CG_DRIVER_ERROR. */
bool cg_mock_array_check(CgMockArray *array, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Lines "group ID" or "volume ID group SOURCE": `key` is what stands before the rest. Putting what
 * is there replaces it, removing what is not there is no error. The attempt of the context is kept,
 * in a line "attempt REQUEST NUMBER", and a change of an earlier one refused. CG_DRIVER_ERROR. */
bool cg_mock_array_put(CgMockArray *array, const CgDriverContext *context, const char *key,
                       const char *rest, GError **error) G_GNUC_WARN_UNUSED_RESULT;
bool cg_mock_array_remove(CgMockArray *array, const CgDriverContext *context, const char *key,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

#endif
