SELECT partition, position, event_id, recorded_at, organization, aggregate_type, aggregate_id, sequence,
       event_type, event_version, payload::text, metadata::text
  FROM unnest($2::text[], $3::text[], $4::bigint[]) AS wanted (aggregate_type, aggregate_id, known)
  JOIN es.events USING (aggregate_type, aggregate_id)
 WHERE partition = $1 AND sequence > wanted.known
 ORDER BY position
