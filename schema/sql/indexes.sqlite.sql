-- Expressions and conditions are not in any pragma: introspect_sqlite.c takes them from the text.
SELECT t.name, i.name, i.origin <> 'c', i."unique", 1, x.name,
       CASE WHEN x.coll = 'BINARY' THEN '' ELSE ' collate ' || x.coll END
           || CASE WHEN x."desc" THEN ' desc' ELSE '' END, NULL
  FROM main.sqlite_master AS t, pragma_index_list(t.name, 'main') AS i,
       pragma_index_xinfo(i.name, 'main') AS x
 WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite#_%' ESCAPE '#' AND i.origin <> 'pk' AND x.key
 ORDER BY t.name, i.name, x.seqno
