-- The checkpoint moves and what the events ask for is written, or neither: another process may have been here before.
-- $1 processor, $2 partition, $3 where its checkpoint is, $4 where it goes; deadlines that are no more; clocks; rows.
WITH moved AS (
    UPDATE proc.checkpoints SET position = $4
     WHERE processor = $1 AND partition = $2 AND position = $3
    RETURNING position
), cleared AS (
    DELETE FROM proc.todos AS todo USING unnest($5::text[], $6::text[]) AS gone (lane, deadline)
     WHERE todo.processor = $1 AND todo.partition = $2 AND todo.lane = gone.lane AND todo.deadline = gone.deadline
       AND todo.status <> 'done' AND todo.deadline <> '' AND EXISTS (SELECT FROM moved)
), clocks AS (
    INSERT INTO proc.clocks (processor, partition, lane, instant)
    SELECT $1, $2, lane, instant FROM unnest($7::text[], $8::timestamptz[]) AS clock (lane, instant)
     WHERE EXISTS (SELECT FROM moved)
        ON CONFLICT (processor, partition, lane) DO UPDATE SET instant = excluded.instant
    RETURNING lane, instant
), opened AS (
    -- No row may be changed twice in one statement: those that are cleared or set are left to the others.
    UPDATE proc.todos AS todo
       SET opens_at = CASE WHEN todo.due_at <= clocks.instant THEN timestamptz '-infinity' ELSE 'infinity' END
      FROM clocks
     WHERE todo.processor = $1 AND todo.partition = $2 AND todo.lane = clocks.lane
       AND todo.status = 'pending' AND todo.deadline <> ''
       AND NOT EXISTS (SELECT FROM unnest($5::text[] || $12::text[], $6::text[] || $14::text[]) AS other (lane, deadline)
                        WHERE other.lane = todo.lane AND other.deadline = todo.deadline)
), written AS (
    INSERT INTO proc.todos AS todo
           (processor, partition, event_id, position, organization, lane, task, deadline, due_at, opens_at)
    SELECT $1, $2, event_id, wanted.position, organization, wanted.lane, task::json, deadline, wanted.due_at,
           CASE WHEN coalesce(new.instant, known.instant) IS NULL THEN wanted.due_at
                WHEN wanted.due_at <= coalesce(new.instant, known.instant) THEN '-infinity'
                ELSE 'infinity' END
      FROM (SELECT event_id, position, organization, lane, task, deadline, coalesce(due_at, '-infinity') AS due_at
              FROM unnest($9::uuid[], $10::bigint[], $11::text[], $12::text[], $13::text[], $14::text[],
                          $15::timestamptz[])
                   AS row (event_id, position, organization, lane, task, deadline, due_at)) AS wanted
      LEFT JOIN clocks AS new ON new.lane = wanted.lane
      LEFT JOIN proc.clocks AS known ON known.processor = $1 AND known.partition = $2 AND known.lane = wanted.lane
     WHERE EXISTS (SELECT FROM moved)
        -- A deadline that is set again moves, and whoever had taken it up has it no more.
        ON CONFLICT (processor, partition, lane, deadline) WHERE status <> 'done' AND deadline <> '' DO UPDATE
       SET event_id = excluded.event_id, position = excluded.position, task = excluded.task,
           due_at = excluded.due_at, opens_at = excluded.opens_at, status = 'pending', fence = todo.fence + 1,
           attempts = 0, leased_until = NULL, next_attempt_at = now(), last_error = NULL, done_at = NULL
)
SELECT position FROM moved
