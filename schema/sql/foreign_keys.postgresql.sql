SELECT CAST(t.relname AS text),
       CAST(c.conname AS text),
       CAST(a.attname AS text),
       CAST(p.relname AS text),
       CAST(b.attname AS text),
       CASE c.confupdtype WHEN 'r' THEN 'restrict' WHEN 'c' THEN 'cascade' WHEN 'n' THEN 'set null'
                          WHEN 'd' THEN 'set default' ELSE 'no action' END,
       CASE c.confdeltype WHEN 'r' THEN 'restrict' WHEN 'c' THEN 'cascade' WHEN 'n' THEN 'set null'
                          WHEN 'd' THEN 'set default' ELSE 'no action' END,
       TRUE
  FROM pg_catalog.pg_constraint AS c
  JOIN pg_catalog.pg_class AS t ON t.oid = c.conrelid
  JOIN pg_catalog.pg_class AS p ON p.oid = c.confrelid
 CROSS JOIN LATERAL pg_catalog.generate_subscripts(c.conkey, 1) AS k
  JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[k]
  JOIN pg_catalog.pg_attribute AS b ON b.attrelid = c.confrelid AND b.attnum = c.confkey[k]
 WHERE c.contype = 'f'
   AND t.relnamespace = (SELECT n.oid
                           FROM pg_catalog.pg_namespace AS n
                          WHERE n.nspname = pg_catalog.current_schema())
 ORDER BY t.oid, c.oid, k
