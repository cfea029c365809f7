-- One statement, so one snapshot. A statement of the engine writes the same instant into the head and into what it
-- appends beside it: a batch, receipts, or both.
WITH events AS (
    SELECT partition, min(position) AS first, max(position) AS last FROM es.events GROUP BY partition
), batches AS (
    SELECT partition, min(first_position) AS first, max(last_position) AS last FROM es.batches GROUP BY partition
), receipts AS (
    SELECT partition, max(position) AS last FROM es.receipts GROUP BY partition
)
SELECT partition, heads.position AS head, heads.recorded_at AS head_at,
       coalesce(heads.position = 0 AND heads.recorded_at = 'epoch'
       OR EXISTS (SELECT FROM es.batches AS batch
                   WHERE batch.partition = heads.partition AND batch.last_position = heads.position
                     AND batch.recorded_at = heads.recorded_at)
       OR EXISTS (SELECT FROM es.receipts AS receipt
                   WHERE receipt.partition = heads.partition AND receipt.recorded_at = heads.recorded_at), false)
       AS head_at_known,
       events.first AS events_first, events.last AS events_last,
       batches.first AS batches_first, batches.last AS batches_last, receipts.last AS receipts_last
  FROM es.heads AS heads
  FULL JOIN events USING (partition)
  FULL JOIN batches USING (partition)
  FULL JOIN receipts USING (partition)
 ORDER BY partition
