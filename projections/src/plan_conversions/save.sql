INSERT INTO plan_conversions (organization, position, product, environment, at, day, kind, plan_from, plan_to,
                              interval_from, interval_to, trial_day, life)
SELECT * FROM UNNEST ($1::text[], $2::bigint[], $3::text[], $4::text[], $5::timestamptz[], $6::date[], $7::text[],
                      $8::text[], $9::text[], $10::text[], $11::text[], $12::date[], $13::jsonb[])
ON CONFLICT (organization, position) DO UPDATE SET
    product = EXCLUDED.product,
    environment = EXCLUDED.environment,
    at = EXCLUDED.at,
    day = EXCLUDED.day,
    kind = EXCLUDED.kind,
    plan_from = EXCLUDED.plan_from,
    plan_to = EXCLUDED.plan_to,
    interval_from = EXCLUDED.interval_from,
    interval_to = EXCLUDED.interval_to,
    trial_day = EXCLUDED.trial_day,
    life = EXCLUDED.life
