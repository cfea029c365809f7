SELECT line.payer,
       coalesce(max(pair.level), 0)::smallint AS level,
       count(*) FILTER (WHERE line.kind = 'accrued') AS payments,
       coalesce(sum(line.amount) FILTER (WHERE line.kind = 'accrued'), 0) AS accrued,
       coalesce(sum(line.amount) FILTER (WHERE line.kind = 'clawed_back'), 0) AS clawed_back,
       coalesce(sum(line.amount) FILTER (WHERE line.kind = 'matured'), 0) AS matured
FROM read.commission_statement AS line
LEFT JOIN read.referral_network AS pair ON pair.organization = line.beneficiary AND pair.member = line.payer
WHERE line.beneficiary = $1 AND line.at >= $2 AND line.at < $3 AND line.payer IS NOT NULL
GROUP BY line.payer
ORDER BY level, line.payer
LIMIT $4
