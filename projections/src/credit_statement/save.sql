INSERT INTO credit_statement (organization, partition, position, at, kind, amount, balance_after, feature, quantity,
                              commission, reference, charged, lot, hold, reason, actor)
SELECT * FROM UNNEST ($1::text[], $2::integer[], $3::bigint[], $4::timestamptz[], $5::text[], $6::numeric[],
                      $7::numeric[], $8::text[], $9::numeric[], $10::text[], $11::text[], $12::numeric[], $13::text[],
                      $14::text[], $15::text[], $16::text[])
