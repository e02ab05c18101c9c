-- attidentity and attgenerated are read by way of JSON because older servers do not have them.
SELECT CAST(t.relname AS text),
       CAST(a.attname AS text),
       pg_catalog.format_type(a.atttypid, a.atttypmod),
       NOT a.attnotnull,
       CASE WHEN pg_catalog.row_to_json(a) ->> 'attidentity' <> '' THEN 'generated as identity'
            WHEN pg_catalog.row_to_json(a) ->> 'attgenerated' <> ''
            THEN 'generated as ' || pg_catalog.pg_get_expr(d.adbin, d.adrelid)
            ELSE pg_catalog.pg_get_expr(d.adbin, d.adrelid)
       END,
       (SELECT CAST(k + 1 AS bigint)
          FROM pg_catalog.generate_subscripts(p.indkey, 1) AS k
         WHERE p.indkey[k] = a.attnum),
       pg_catalog.format_type(CASE y.typtype WHEN 'd' THEN y.typbasetype ELSE y.oid END, NULL)
  FROM pg_catalog.pg_class AS t
  JOIN pg_catalog.pg_attribute AS a ON a.attrelid = t.oid
  JOIN pg_catalog.pg_type AS y ON y.oid = a.atttypid
  LEFT JOIN pg_catalog.pg_attrdef AS d ON d.adrelid = t.oid AND d.adnum = a.attnum
  LEFT JOIN pg_catalog.pg_index AS p ON p.indrelid = t.oid AND p.indisprimary
 WHERE t.relkind IN ('r', 'p')
   AND t.relnamespace = (SELECT n.oid
                           FROM pg_catalog.pg_namespace AS n
                          WHERE n.nspname = pg_catalog.current_schema())
   AND a.attnum > 0
   AND NOT a.attisdropped
 ORDER BY t.oid, a.attnum
