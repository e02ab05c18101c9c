/* The floor of an audit on SQLite: steps through the same columns and throws them away. */
#include <sqlite3.h>
#include <stdio.h>

static const char *const reads[] = {
    "SELECT id, created_at, deleted, deleted_at, project_id, status, cgsnapshot_id, source_cg_id "
    "FROM consistencygroups",
    "SELECT id, consistencygroup_id, deleted, created_at, project_id, status FROM cgsnapshots",
    "SELECT id, volume_id, cgsnapshot_id, deleted, created_at FROM snapshots "
    "WHERE cgsnapshot_id IS NOT NULL",
    "SELECT id, consistencygroup_id, source_volid, snapshot_id, deleted, created_at, updated_at, "
    "deleted_at, project_id, status FROM volumes",
};

int
main(int argc, char **argv)
{
    sqlite3 *db = NULL;
    long cells = 0;
    if (argc != 2 || sqlite3_open_v2(argv[1], &db, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK)
        return 2;
    for (size_t i = 0; i < sizeof reads / sizeof reads[0]; i++) {
        sqlite3_stmt *stmt = NULL;
        if (sqlite3_prepare_v2(db, reads[i], -1, &stmt, NULL) != SQLITE_OK)
            return 1;
        int n = sqlite3_column_count(stmt);
        while (sqlite3_step(stmt) == SQLITE_ROW)
            for (int j = 0; j < n; j++)
                cells += sqlite3_column_text(stmt, j) != NULL;
        sqlite3_finalize(stmt);
    }
    sqlite3_close(db);
    printf("%ld cells\n", cells);
    return 0;
}
