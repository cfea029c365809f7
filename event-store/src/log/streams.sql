-- Each stream by its key. The inner order is the key's own, so that no plan looks for it in the order of positions: where
-- one stream is most of the log, that would read all of it.
SELECT event.*
  FROM unnest($2::text[], $3::text[], $4::bigint[]) AS wanted (aggregate_type, aggregate_id, known)
 CROSS JOIN LATERAL (
       SELECT partition, position, event_id, recorded_at, organization, aggregate_type, aggregate_id, sequence,
              event_type, event_version, payload::text, metadata::text
         FROM es.events AS stored
        WHERE stored.partition = $1
          AND stored.aggregate_type = wanted.aggregate_type AND stored.aggregate_id = wanted.aggregate_id
          AND stored.sequence > wanted.known
        ORDER BY stored.aggregate_type, stored.aggregate_id, stored.sequence) AS event
 ORDER BY event.position
