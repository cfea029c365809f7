-- The checkpoint moves and what the events ask for is written, or neither: another process may have been here before.
WITH moved AS (
    UPDATE proc.checkpoints SET position = $4
     WHERE processor = $1 AND partition = $2 AND position = $3
    RETURNING position
), written AS (
    INSERT INTO proc.todos (processor, partition, event_id, position, organization, lane, task)
    SELECT $1, $2, event_id, wanted.position, organization, lane, task::json
      FROM unnest($5::uuid[], $6::bigint[], $7::text[], $8::text[], $9::text[])
        AS wanted (event_id, position, organization, lane, task)
     WHERE EXISTS (SELECT FROM moved)
)
SELECT position FROM moved
