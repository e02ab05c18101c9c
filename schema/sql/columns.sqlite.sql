-- Hidden 1 is a column of a virtual table that SELECT * does not show; 2 and 3 are generated.
SELECT t.name, x.name, x.type, NOT x."notnull",
       CASE WHEN x.hidden > 1 THEN 'generated' ELSE x.dflt_value END, x.pk, x.type
  FROM main.sqlite_master AS t, pragma_table_xinfo(t.name, 'main') AS x
 WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite#_%' ESCAPE '#' AND x.hidden <> 1
 ORDER BY t.name, x.cid
