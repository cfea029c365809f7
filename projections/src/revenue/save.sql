INSERT INTO revenue (organization, entry, product, environment, at, day, kind, plan, invoice, currency, amount, net,
                     credited_net, life)
SELECT * FROM UNNEST ($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::date[], $7::text[],
                      $8::text[], $9::text[], $10::text[], $11::numeric[], $12::numeric[], $13::numeric[], $14::jsonb[])
ON CONFLICT (organization, entry) DO UPDATE SET
    product = EXCLUDED.product,
    environment = EXCLUDED.environment,
    at = EXCLUDED.at,
    day = EXCLUDED.day,
    kind = EXCLUDED.kind,
    plan = EXCLUDED.plan,
    invoice = EXCLUDED.invoice,
    currency = EXCLUDED.currency,
    amount = EXCLUDED.amount,
    net = EXCLUDED.net,
    credited_net = EXCLUDED.credited_net,
    life = EXCLUDED.life
