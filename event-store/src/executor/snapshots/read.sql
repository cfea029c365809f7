-- A snapshot of a sequence its stream does not have belongs to another log, or to one that was set back.
SELECT aggregate_type, aggregate_id, sequence, state_version, state::text AS state
  FROM unnest($2::text[], $3::text[]) AS wanted (aggregate_type, aggregate_id)
  JOIN es.snapshots AS known USING (aggregate_type, aggregate_id)
 WHERE known.partition = $1
   AND EXISTS (SELECT FROM es.events AS last
                WHERE last.partition = $1
                  AND last.aggregate_type = known.aggregate_type AND last.aggregate_id = known.aggregate_id
                  AND last.sequence = known.sequence)
