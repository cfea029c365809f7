-- Only for the holder of the newest fence: a worker that slept through its lease finishes nothing.
UPDATE proc.todos
   SET status = $5, last_error = $6, leased_until = NULL, next_attempt_at = now() + make_interval(secs => $7),
       done_at = CASE WHEN $5 = 'pending' THEN NULL ELSE now() END
 WHERE processor = $1 AND event_id = $2 AND deadline = $3 AND fence = $4 AND status = 'pending'
