SELECT partition, position, event_id, recorded_at, organization, aggregate_type, aggregate_id, sequence,
       event_type, event_version, payload::text, metadata::text
  FROM es.events
 WHERE partition = $1 AND position BETWEEN $2 AND $3
 ORDER BY position
