INSERT INTO commissions (commission, beneficiary, amount, status, product, payment, payer, level, rate, base_amount,
                         base_currency, accrued_at, granted_at)
SELECT * FROM UNNEST ($1::text[], $2::text[], $3::numeric[], $4::text[], $5::text[], $6::text[], $7::text[],
                      $8::smallint[], $9::numeric[], $10::numeric[], $11::text[], $12::timestamptz[],
                      $13::timestamptz[])
ON CONFLICT (commission) DO UPDATE SET
    beneficiary = EXCLUDED.beneficiary,
    amount = EXCLUDED.amount,
    status = EXCLUDED.status,
    product = EXCLUDED.product,
    payment = EXCLUDED.payment,
    payer = EXCLUDED.payer,
    level = EXCLUDED.level,
    rate = EXCLUDED.rate,
    base_amount = EXCLUDED.base_amount,
    base_currency = EXCLUDED.base_currency,
    accrued_at = EXCLUDED.accrued_at,
    granted_at = EXCLUDED.granted_at
