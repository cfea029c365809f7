INSERT INTO credit_notes (organization, credit_note, product, invoice, series, number, numbered_at, currency, amount,
                          net, taxes, reduces_due, to_balance, to_refund, reason, issued_at, catalog_version,
                          partition, position)
SELECT * FROM UNNEST ($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::timestamptz[],
                      $8::text[], $9::numeric[], $10::numeric[], $11::jsonb[], $12::numeric[], $13::numeric[],
                      $14::numeric[], $15::text[], $16::timestamptz[], $17::bigint[], $18::integer[], $19::bigint[])
ON CONFLICT (organization, credit_note) DO UPDATE SET
    product = EXCLUDED.product,
    invoice = EXCLUDED.invoice,
    series = EXCLUDED.series,
    number = EXCLUDED.number,
    numbered_at = EXCLUDED.numbered_at,
    currency = EXCLUDED.currency,
    amount = EXCLUDED.amount,
    net = EXCLUDED.net,
    taxes = EXCLUDED.taxes,
    reduces_due = EXCLUDED.reduces_due,
    to_balance = EXCLUDED.to_balance,
    to_refund = EXCLUDED.to_refund,
    reason = EXCLUDED.reason,
    issued_at = EXCLUDED.issued_at,
    catalog_version = EXCLUDED.catalog_version,
    partition = EXCLUDED.partition,
    position = EXCLUDED.position
