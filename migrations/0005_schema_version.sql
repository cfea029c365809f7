-- An engine asks at its start whether the schema is the one of its release, whoever it logged in as.

GRANT SELECT ON _sqlx_migrations TO tollgate_engine, tollgate_auditor;
