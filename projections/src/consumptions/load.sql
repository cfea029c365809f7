-- The rows that are asked for, and the row of each organization itself: days are told by its zone.
SELECT consumptions.*
FROM consumptions
JOIN (
    SELECT organization, position FROM UNNEST ($1::text[], $2::bigint[]) AS touched (organization, position)
    UNION
    SELECT organization, 0 FROM UNNEST ($1::text[]) AS touched (organization)
) AS wanted USING (organization, position)
