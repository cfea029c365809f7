-- Of each lane the oldest open row, if its time has come and nobody holds a lease on it. Rows that another worker is
-- taking up this moment are skipped; their lanes' next rows stay behind them, because they are still open.
WITH free AS (
    SELECT processor, event_id FROM proc.todos AS todo
     WHERE processor = $1 AND status = 'pending' AND next_attempt_at <= now()
       AND (leased_until IS NULL OR leased_until <= now())
       AND NOT EXISTS (
           SELECT FROM proc.todos AS earlier
            WHERE earlier.processor = todo.processor AND earlier.partition = todo.partition
              AND earlier.lane = todo.lane AND earlier.status = 'pending' AND earlier.position < todo.position)
     ORDER BY partition, position
     LIMIT $2
       FOR UPDATE SKIP LOCKED
)
UPDATE proc.todos AS todo
   SET fence = todo.fence + 1, attempts = todo.attempts + 1, leased_until = now() + make_interval(secs => $3)
  FROM free WHERE todo.processor = free.processor AND todo.event_id = free.event_id
RETURNING todo.event_id, todo.partition, todo.position, todo.organization, todo.task, todo.attempts, todo.fence
