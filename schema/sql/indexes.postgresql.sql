-- A column behind the key (INCLUDE) has no entry in indoption.
SELECT CAST(t.relname AS text),
       CAST(c.relname AS text),
       FALSE,
       i.indisunique,
       i.indisvalid,
       pg_catalog.pg_get_indexdef(i.indexrelid, k, TRUE),
       CASE WHEN i.indoption[k - 1] IS NULL THEN ' include'
            WHEN i.indoption[k - 1] & 1 = 1 THEN ' desc'
            ELSE ''
       END || CASE m.amname WHEN 'btree' THEN '' ELSE ' using ' || m.amname END,
       pg_catalog.pg_get_expr(i.indpred, i.indrelid, TRUE)
  FROM pg_catalog.pg_index AS i
  JOIN pg_catalog.pg_class AS t ON t.oid = i.indrelid
  JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
  JOIN pg_catalog.pg_am AS m ON m.oid = c.relam
 CROSS JOIN LATERAL pg_catalog.generate_series(1, i.indnatts) AS k
 WHERE t.relkind IN ('r', 'p')
   AND t.relnamespace = (SELECT n.oid
                           FROM pg_catalog.pg_namespace AS n
                          WHERE n.nspname = pg_catalog.current_schema())
   AND NOT i.indisprimary
 ORDER BY t.oid, c.oid, k
