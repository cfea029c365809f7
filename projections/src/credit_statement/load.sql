-- The newest entry of each organization; partitions and positions of the new entries are not asked for.
SELECT newest.*
FROM (SELECT DISTINCT organization FROM UNNEST ($1::text[], $2::integer[], $3::bigint[])
      AS touched (organization, partition, position)) AS touched
CROSS JOIN LATERAL (
    SELECT * FROM credit_statement AS entry
    WHERE entry.organization = touched.organization
    ORDER BY entry.partition DESC, entry.position DESC
    LIMIT 1
) AS newest
