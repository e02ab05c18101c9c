-- The index by which the clones of a group are found. It waits for the backfill, which would run at
-- half its speed if it had to keep the index up to date.

-- migrate:require "groups without a source are left: let `cg-backfill run` finish, then run `cg-migrate up` again"
SELECT NOT EXISTS (SELECT 1
                     FROM consistencygroups
                    WHERE deleted IS NOT TRUE
                      AND coalesce(source_cg_id, '') = ''
                      AND coalesce(cgsnapshot_id, '') = '')
    OR EXISTS (SELECT 1 FROM cg_backfill_run WHERE state = 'finished');

-- migrate:up dialect:postgresql transaction:false
CREATE INDEX CONCURRENTLY consistencygroups_source_cg_id_idx
    ON consistencygroups (source_cg_id)
 WHERE source_cg_id IS NOT NULL;

-- migrate:up dialect:sqlite
CREATE INDEX consistencygroups_source_cg_id_idx
    ON consistencygroups (source_cg_id)
 WHERE source_cg_id IS NOT NULL;

-- migrate:verify dialect:postgresql
-- An error, as it must be, when there is no such index (the cast) or it is invalid (the division).
SELECT 1 / count(*)
  FROM pg_catalog.pg_index
 WHERE indexrelid = CAST('consistencygroups_source_cg_id_idx' AS pg_catalog.regclass)
   AND indisvalid;

-- migrate:verify dialect:sqlite
SELECT source_cg_id
  FROM consistencygroups INDEXED BY consistencygroups_source_cg_id_idx
 WHERE source_cg_id IS NOT NULL
   AND 1 = 0;

-- migrate:down dialect:postgresql transaction:false
DROP INDEX CONCURRENTLY consistencygroups_source_cg_id_idx;

-- migrate:down dialect:sqlite
DROP INDEX consistencygroups_source_cg_id_idx;
