-- Of each lane the first open row, if its time has come and nobody holds a lease on it: the first by the instant it is
-- for, then by position. Rows that another worker is taking up this moment are skipped; their lanes' next rows stay
-- behind them, because they are still open. What is first in its lane is looked up row by row (no plan may join the
-- open rows with each other), so that a long backlog costs no more than the part of it that is looked at.
WITH free AS (
    SELECT processor, event_id, deadline FROM proc.todos AS todo
     WHERE processor = $1 AND status = 'pending' AND opens_at < 'infinity' AND opens_at <= now()
       AND next_attempt_at <= now() AND (leased_until IS NULL OR leased_until <= now())
       AND (event_id, deadline) = (
           SELECT first.event_id, first.deadline FROM proc.todos AS first
            WHERE first.processor = todo.processor AND first.partition = todo.partition
              AND first.lane = todo.lane AND first.status = 'pending'
            ORDER BY first.due_at, first.position, first.deadline LIMIT 1)
     ORDER BY opens_at, partition, position
     LIMIT $2
       FOR UPDATE SKIP LOCKED
)
UPDATE proc.todos AS todo
   SET fence = todo.fence + 1, attempts = todo.attempts + 1, leased_until = now() + make_interval(secs => $3)
  FROM free
 WHERE todo.processor = free.processor AND todo.event_id = free.event_id AND todo.deadline = free.deadline
RETURNING todo.event_id, todo.deadline, todo.partition, todo.position, todo.organization, todo.task, todo.attempts,
          todo.fence
