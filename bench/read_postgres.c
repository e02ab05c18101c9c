/* The floor of an audit on PostgreSQL: copies the same columns out in binary and throws them away.
 */
#include <libpq-fe.h>
#include <stdio.h>

static const char *const reads[] = {
    "COPY (SELECT id, created_at, deleted, deleted_at, project_id, status, cgsnapshot_id, "
    "source_cg_id FROM consistencygroups) TO STDOUT (FORMAT binary)",
    "COPY (SELECT id, consistencygroup_id, deleted, created_at, project_id, status "
    "FROM cgsnapshots) TO STDOUT (FORMAT binary)",
    "COPY (SELECT id, volume_id, cgsnapshot_id, deleted, created_at FROM snapshots "
    "WHERE cgsnapshot_id IS NOT NULL) TO STDOUT (FORMAT binary)",
    "COPY (SELECT id, consistencygroup_id, source_volid, snapshot_id, deleted, created_at, "
    "updated_at, deleted_at, project_id, status FROM volumes) TO STDOUT (FORMAT binary)",
};

int
main(int argc, char **argv)
{
    PGconn *conn = argc == 2 ? PQconnectdb(argv[1]) : NULL;
    if (conn == NULL || PQstatus(conn) != CONNECTION_OK)
        return 2;
    long bytes = 0;
    for (size_t i = 0; i < sizeof reads / sizeof reads[0]; i++) {
        PGresult *result = PQexec(conn, reads[i]);
        if (PQresultStatus(result) != PGRES_COPY_OUT)
            return 1;
        PQclear(result);
        char *row = NULL;
        int n;
        while ((n = PQgetCopyData(conn, &row, 0)) > 0) {
            bytes += n;
            PQfreemem(row);
        }
        while ((result = PQgetResult(conn)) != NULL)
            PQclear(result);
    }
    PQfinish(conn);
    printf("%ld bytes\n", bytes);
    return 0;
}
