-- Updated in place, not deleted and inserted: live folding waits for these very rows.
WITH rebuilt AS (
    DELETE FROM read_rebuild.checkpoints WHERE projection = $1 RETURNING projection, partition, position
)
INSERT INTO read.checkpoints (projection, partition, position)
SELECT projection, partition, position FROM rebuilt
ON CONFLICT (projection, partition) DO UPDATE SET position = EXCLUDED.position, updated_at = clock_timestamp()
