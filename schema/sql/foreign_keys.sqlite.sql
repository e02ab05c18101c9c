SELECT t.name, f.id, f."from", f."table", f."to", f.on_update, f.on_delete, 0
  FROM main.sqlite_master AS t, pragma_foreign_key_list(t.name, 'main') AS f
 WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite#_%' ESCAPE '#'
 ORDER BY t.name, f.id, f.seq
