SELECT CAST(t.relname AS text),
       pg_catalog.pg_get_expr(c.conbin, c.conrelid, TRUE)
  FROM pg_catalog.pg_constraint AS c
  JOIN pg_catalog.pg_class AS t ON t.oid = c.conrelid
 WHERE c.contype = 'c'
   AND t.relnamespace = (SELECT n.oid
                           FROM pg_catalog.pg_namespace AS n
                          WHERE n.nspname = pg_catalog.current_schema())
 ORDER BY t.oid, c.oid
