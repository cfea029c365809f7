-- How a processor stands.
SELECT (SELECT coalesce(sum(position), 0)::bigint FROM proc.checkpoints WHERE processor = $1) AS position,
       (SELECT count(*) FROM proc.todos WHERE processor = $1 AND status = 'pending') AS pending,
       (SELECT count(*) FROM proc.todos WHERE processor = $1 AND status = 'failed') AS failed,
       oldest.created_at AS oldest_pending, oldest.last_error
  FROM (SELECT) AS always
  LEFT JOIN LATERAL (
       SELECT created_at, last_error FROM proc.todos
        WHERE processor = $1 AND status = 'pending' ORDER BY created_at LIMIT 1) AS oldest ON true
