-- Only for the holder of the newest fence: a worker that slept through its lease finishes nothing.
UPDATE proc.todos
   SET status = $4, last_error = $5, leased_until = NULL, next_attempt_at = now() + make_interval(secs => $6),
       done_at = CASE WHEN $4 = 'pending' THEN NULL ELSE now() END
 WHERE processor = $1 AND event_id = $2 AND fence = $3 AND status = 'pending'
