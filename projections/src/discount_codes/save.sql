INSERT INTO discount_codes (product, code, share, amount, currency, periods, plans, redemptions_max, ends_at,
                            redemptions, created_at, created_by, retired_at, retired_by, partition, position)
SELECT * FROM UNNEST ($1::text[], $2::text[], $3::numeric[], $4::numeric[], $5::text[], $6::integer[], $7::text[],
                      $8::bigint[], $9::timestamptz[], $10::bigint[], $11::timestamptz[], $12::text[],
                      $13::timestamptz[], $14::text[], $15::integer[], $16::bigint[])
ON CONFLICT (product, code) DO UPDATE SET
    share = EXCLUDED.share,
    amount = EXCLUDED.amount,
    currency = EXCLUDED.currency,
    periods = EXCLUDED.periods,
    plans = EXCLUDED.plans,
    redemptions_max = EXCLUDED.redemptions_max,
    ends_at = EXCLUDED.ends_at,
    redemptions = EXCLUDED.redemptions,
    created_at = EXCLUDED.created_at,
    created_by = EXCLUDED.created_by,
    retired_at = EXCLUDED.retired_at,
    retired_by = EXCLUDED.retired_by,
    partition = EXCLUDED.partition,
    position = EXCLUDED.position
