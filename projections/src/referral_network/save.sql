INSERT INTO referral_network (organization, member, product, level, since, payments, earned, clawed_back,
                              last_earned_at, partition, position)
SELECT * FROM UNNEST ($1::text[], $2::text[], $3::text[], $4::smallint[], $5::timestamptz[], $6::bigint[],
                      $7::numeric[], $8::numeric[], $9::timestamptz[], $10::integer[], $11::bigint[])
ON CONFLICT (organization, member) DO UPDATE SET
    product = EXCLUDED.product,
    level = EXCLUDED.level,
    since = EXCLUDED.since,
    payments = EXCLUDED.payments,
    earned = EXCLUDED.earned,
    clawed_back = EXCLUDED.clawed_back,
    last_earned_at = EXCLUDED.last_earned_at,
    partition = EXCLUDED.partition,
    position = EXCLUDED.position
