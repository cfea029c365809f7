INSERT INTO mrr_movements (organization, position, product, environment, at, day, kind, because, plan_before, plan_after,
                           currency, amount, mrr_after, life)
SELECT * FROM UNNEST ($1::text[], $2::bigint[], $3::text[], $4::text[], $5::timestamptz[], $6::date[], $7::text[],
                      $8::text[], $9::text[], $10::text[], $11::text[], $12::numeric[], $13::numeric[], $14::jsonb[])
ON CONFLICT (organization, position) DO UPDATE SET
    product = EXCLUDED.product,
    environment = EXCLUDED.environment,
    at = EXCLUDED.at,
    day = EXCLUDED.day,
    kind = EXCLUDED.kind,
    because = EXCLUDED.because,
    plan_before = EXCLUDED.plan_before,
    plan_after = EXCLUDED.plan_after,
    currency = EXCLUDED.currency,
    amount = EXCLUDED.amount,
    mrr_after = EXCLUDED.mrr_after,
    life = EXCLUDED.life
