-- A table of Tollgate that the role in force may change, if there is one.
SELECT current_user::text, schemaname || '.' || tablename
  FROM pg_tables
 WHERE schemaname IN ('es', 'read', 'read_rebuild', 'proc', 'auth')
   AND has_schema_privilege(schemaname, 'USAGE')
   AND has_table_privilege(format('%I.%I', schemaname, tablename), 'INSERT, UPDATE, DELETE, TRUNCATE')
 LIMIT 1
