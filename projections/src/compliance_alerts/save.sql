INSERT INTO compliance_alerts (organization, alert, threshold, kind, feature, window_start, window_end, used,
                               limit_quantity, raised_at, acknowledged_at, acknowledged_by, partition, position)
SELECT * FROM UNNEST ($1::text[], $2::text[], $3::smallint[], $4::text[], $5::text[], $6::timestamptz[],
                      $7::timestamptz[], $8::numeric[], $9::numeric[], $10::timestamptz[], $11::timestamptz[],
                      $12::text[], $13::integer[], $14::bigint[])
ON CONFLICT (organization, alert, threshold) DO UPDATE SET
    kind = EXCLUDED.kind,
    feature = EXCLUDED.feature,
    window_start = EXCLUDED.window_start,
    window_end = EXCLUDED.window_end,
    used = EXCLUDED.used,
    limit_quantity = EXCLUDED.limit_quantity,
    raised_at = EXCLUDED.raised_at,
    acknowledged_at = EXCLUDED.acknowledged_at,
    acknowledged_by = EXCLUDED.acknowledged_by,
    partition = EXCLUDED.partition,
    position = EXCLUDED.position
