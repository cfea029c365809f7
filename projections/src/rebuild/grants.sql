-- Statements that grant on the new table what is granted on the live one: to the auditor, and to whomever an
-- operator let in.
SELECT format(
    'GRANT %s ON read_rebuild.%I TO %s',
    privilege.privilege_type,
    live.relname,
    CASE privilege.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(privilege.grantee)) END
)
FROM pg_class AS live
CROSS JOIN LATERAL aclexplode(live.relacl) AS privilege
WHERE live.relnamespace = 'read'::regnamespace AND live.relname = $1 AND privilege.grantee <> live.relowner
