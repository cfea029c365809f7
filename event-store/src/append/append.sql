-- Appends a batch, or nothing: the head moves only from the position the writer knows ($2). A sequence or a receipt that
-- is there already makes the whole statement fail. $1 partition, $3 number of events, $4 their Merkle root, $5 instant.
WITH head AS (
    UPDATE es.heads
       SET position = position + $3,
           chain = CASE WHEN $3 > 0 THEN sha256(chain || $4) ELSE chain END,
           recorded_at = $5
     WHERE partition = $1 AND position = $2
 RETURNING partition, position, chain, recorded_at
), events AS (
    INSERT INTO es.events (partition, aggregate_type, aggregate_id, sequence, event_type, event_version,
                           payload, metadata, position, event_id, recorded_at, organization)
    SELECT head.partition, aggregate_type, aggregate_id, sequence, event_type, event_version,
           payload::json, metadata::json, new.position, event_id, new.recorded_at, organization
      FROM head, unnest($6::text[], $7::text[], $8::bigint[], $9::text[], $10::text[], $11::text[], $12::text[],
                        $13::bigint[], $14::uuid[], $15::timestamptz[], $16::text[])
           AS new (aggregate_type, aggregate_id, sequence, event_type, event_version, payload, metadata,
                   position, event_id, recorded_at, organization)
), receipts AS (
    INSERT INTO es.receipts (partition, caller, command_id, fingerprint, position, answer, recorded_at)
    SELECT head.partition, caller, command_id, fingerprint, new.position, answer::json, head.recorded_at
      FROM head, unnest($17::text[], $18::text[], $19::bytea[], $20::bigint[], $21::text[])
           AS new (caller, command_id, fingerprint, position, answer)
), batch AS (
    INSERT INTO es.batches (partition, first_position, last_position, root, chain, recorded_at)
    SELECT head.partition, $2 + 1, head.position, $4, head.chain, head.recorded_at
      FROM head WHERE $3 > 0
)
SELECT position FROM head
