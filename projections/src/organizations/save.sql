INSERT INTO organizations (organization, product, time_zone, referral_code, sponsor, registered_at, subscription, plan,
                           catalog_version, "interval", price_amount, price_currency, still_due, paid_until, environment,
                           status)
SELECT * FROM UNNEST ($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::text[],
                      $8::text[], $9::bigint[], $10::text[], $11::numeric[], $12::text[], $13::numeric[],
                      $14::timestamptz[], $15::text[], $16::text[])
ON CONFLICT (organization) DO UPDATE SET
    product = EXCLUDED.product,
    time_zone = EXCLUDED.time_zone,
    referral_code = EXCLUDED.referral_code,
    sponsor = EXCLUDED.sponsor,
    registered_at = EXCLUDED.registered_at,
    subscription = EXCLUDED.subscription,
    plan = EXCLUDED.plan,
    catalog_version = EXCLUDED.catalog_version,
    "interval" = EXCLUDED."interval",
    price_amount = EXCLUDED.price_amount,
    price_currency = EXCLUDED.price_currency,
    still_due = EXCLUDED.still_due,
    paid_until = EXCLUDED.paid_until,
    environment = EXCLUDED.environment,
    status = EXCLUDED.status
