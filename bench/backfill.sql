-- The floor of a backfill: one statement that infers and writes what cg-backfill does with the
-- generated history, where every copy is exact.
UPDATE consistencygroups
   SET source_cg_id = found.parent
  FROM (SELECT m.consistencygroup_id AS id, min(s.consistencygroup_id) AS parent
          FROM volumes m
          LEFT JOIN volumes s ON s.id = m.source_volid
         WHERE m.deleted IS NOT TRUE AND m.consistencygroup_id IS NOT NULL
         GROUP BY m.consistencygroup_id
        HAVING count(s.consistencygroup_id) = count(*)
           AND count(DISTINCT s.consistencygroup_id) = 1
           AND count(DISTINCT m.source_volid) = count(*)
           AND min(s.consistencygroup_id) <> m.consistencygroup_id) AS found
 WHERE consistencygroups.id = found.id
   AND source_cg_id IS NULL AND cgsnapshot_id IS NULL AND deleted IS NOT TRUE;
