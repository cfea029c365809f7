INSERT INTO usage (organization, feature, window_start, window_end, used, included, overage, charged, limit_quantity,
                   consumptions, updated_at, partition, position, waived, price_amount, price_currency)
SELECT * FROM UNNEST ($1::text[], $2::text[], $3::timestamptz[], $4::timestamptz[], $5::numeric[], $6::numeric[],
                      $7::numeric[], $8::numeric[], $9::numeric[], $10::bigint[], $11::timestamptz[], $12::integer[],
                      $13::bigint[], $14::numeric[], $15::numeric[], $16::text[])
ON CONFLICT (organization, feature, window_start) DO UPDATE SET
    window_end = EXCLUDED.window_end,
    used = EXCLUDED.used,
    included = EXCLUDED.included,
    overage = EXCLUDED.overage,
    charged = EXCLUDED.charged,
    limit_quantity = EXCLUDED.limit_quantity,
    consumptions = EXCLUDED.consumptions,
    updated_at = EXCLUDED.updated_at,
    partition = EXCLUDED.partition,
    position = EXCLUDED.position,
    waived = EXCLUDED.waived,
    price_amount = EXCLUDED.price_amount,
    price_currency = EXCLUDED.price_currency
