-- $1 processors, $2 organizations, $3 and $4 a mark: a position of each partition. One snapshot, so that what is done now
-- has its events at or before the heads that are seen.
WITH progress AS (
    SELECT head.partition, head.position AS head, min(coalesce(checkpoint.position, 0)) AS taken_in
      FROM es.heads AS head
     CROSS JOIN unnest($1::text[]) AS name
      LEFT JOIN proc.checkpoints AS checkpoint ON checkpoint.processor = name AND checkpoint.partition = head.partition
     GROUP BY head.partition, head.position
), idle AS (
    SELECT NOT EXISTS (
           SELECT FROM proc.todos
            WHERE processor = ANY($1) AND status = 'pending' AND opens_at < 'infinity' AND opens_at <= now()
              AND (lane = ANY($2) OR organization = ANY($2))) AS is_idle
)
SELECT is_idle AND NOT EXISTS (
           SELECT FROM unnest($3::int[], $4::bigint[]) AS mark (partition, position)
             JOIN progress USING (partition) WHERE taken_in < mark.position) AS is_done,
       is_idle AND NOT EXISTS (SELECT FROM progress WHERE taken_in < head) AS is_still
  FROM idle
