-- The checkpoint moves and what the events ask for is written, or neither: another process may have been here before.
-- $1 processor, $2 partition, $3 where its checkpoint is, $4 where it goes; deadlines that are no more; clocks; rows.
-- Rows are looked up one by one (LATERAL with LIMIT or OFFSET): a plan that is kept does not know how many there are.
WITH moved AS (
    UPDATE proc.checkpoints SET position = $4
     WHERE processor = $1 AND partition = $2 AND position = $3
    RETURNING position
), gone AS MATERIALIZED (
    SELECT found.event_id, gone.deadline FROM unnest($5::text[], $6::text[]) AS gone (lane, deadline)
     CROSS JOIN LATERAL (
           SELECT event_id FROM proc.todos AS todo
            WHERE todo.processor = $1 AND todo.partition = $2 AND todo.lane = gone.lane
              AND todo.deadline = gone.deadline AND todo.status <> 'done' AND todo.deadline <> '' LIMIT 1) AS found
), cleared AS (
    DELETE FROM proc.todos AS todo USING gone
     WHERE todo.event_id = gone.event_id AND todo.processor = $1 AND todo.deadline = gone.deadline
       AND todo.status <> 'done' AND EXISTS (SELECT FROM moved)
), clocks AS (
    INSERT INTO proc.clocks (processor, partition, lane, instant)
    SELECT $1, $2, lane, instant FROM unnest($7::text[], $8::timestamptz[]) AS clock (lane, instant)
     WHERE EXISTS (SELECT FROM moved)
        ON CONFLICT (processor, partition, lane) DO UPDATE SET instant = excluded.instant
    RETURNING lane, instant
), waiting AS MATERIALIZED (
    SELECT event_id, deadline, opens_at FROM clocks
     CROSS JOIN LATERAL (
           SELECT event_id, deadline,
                  CASE WHEN due_at <= clocks.instant THEN timestamptz '-infinity' ELSE 'infinity' END AS opens_at
             FROM proc.todos AS todo
            WHERE todo.processor = $1 AND todo.partition = $2 AND todo.lane = clocks.lane AND todo.status = 'pending'
              AND todo.deadline <> '' OFFSET 0) AS found
     -- No row may be changed twice in one statement: what is cleared or set is left to the others.
     WHERE (lane, deadline) NOT IN (SELECT * FROM unnest($5::text[] || $12::text[], $6::text[] || $14::text[]))
), opened AS (
    UPDATE proc.todos AS todo SET opens_at = waiting.opens_at FROM waiting
     WHERE todo.event_id = waiting.event_id AND todo.processor = $1 AND todo.deadline = waiting.deadline
       AND todo.status <> 'done'
), wanted AS MATERIALIZED (
    SELECT event_id, position, organization, lane, task, deadline, coalesce(due_at, '-infinity') AS due_at,
           coalesce((SELECT instant FROM clocks WHERE clocks.lane = row.lane),
                    (SELECT instant FROM proc.clocks AS known
                      WHERE known.processor = $1 AND known.partition = $2 AND known.lane = row.lane)) AS clock
      FROM unnest($9::uuid[], $10::bigint[], $11::text[], $12::text[], $13::text[], $14::text[], $15::timestamptz[])
           AS row (event_id, position, organization, lane, task, deadline, due_at)
     WHERE EXISTS (SELECT FROM moved)
), written AS (
    INSERT INTO proc.todos AS todo
           (processor, partition, event_id, position, organization, lane, task, deadline, due_at, opens_at)
    SELECT $1, $2, event_id, position, organization, lane, task::json, deadline, due_at,
           CASE WHEN clock IS NULL THEN due_at WHEN due_at <= clock THEN '-infinity' ELSE 'infinity' END
      FROM wanted
        -- A deadline that is set again moves, and whoever had taken it up has it no more.
        ON CONFLICT (processor, partition, lane, deadline) WHERE status <> 'done' AND deadline <> '' DO UPDATE
       SET event_id = excluded.event_id, position = excluded.position, task = excluded.task,
           due_at = excluded.due_at, opens_at = excluded.opens_at, status = 'pending', fence = todo.fence + 1,
           attempts = 0, leased_until = NULL, next_attempt_at = now(), last_error = NULL, done_at = NULL
)
SELECT position FROM moved
