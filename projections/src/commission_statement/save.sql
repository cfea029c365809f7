INSERT INTO commission_statement (beneficiary, partition, position, at, kind, amount, commission, payer, owed)
SELECT * FROM UNNEST ($1::text[], $2::integer[], $3::bigint[], $4::timestamptz[], $5::text[], $6::numeric[],
                      $7::text[], $8::text[], $9::numeric[])
ON CONFLICT (beneficiary, partition, position) DO UPDATE SET
    at = EXCLUDED.at,
    kind = EXCLUDED.kind,
    amount = EXCLUDED.amount,
    commission = EXCLUDED.commission,
    payer = EXCLUDED.payer,
    owed = EXCLUDED.owed
