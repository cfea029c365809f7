-- How a processor stands. A deadline is nothing to do before its instant.
SELECT (SELECT coalesce(sum(position), 0)::bigint FROM proc.checkpoints WHERE processor = $1) AS position,
       (SELECT count(*) FROM proc.todos WHERE processor = $1 AND status = 'pending' AND opens_at < 'infinity' AND opens_at <= now()) AS pending,
       (SELECT count(*) FROM proc.todos WHERE processor = $1 AND status = 'failed') AS failed,
       oldest.open_since AS oldest_pending, oldest.last_error
  FROM (SELECT) AS always
  LEFT JOIN LATERAL (
       SELECT greatest(created_at, opens_at) AS open_since, last_error FROM proc.todos
        WHERE processor = $1 AND status = 'pending' AND opens_at <= now() ORDER BY open_since LIMIT 1) AS oldest ON true
