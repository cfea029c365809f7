-- The days are cut into buckets; each currency that ever moved has all of them, also those in which nothing moved.
WITH moved AS (
    SELECT currency, day, kind, amount
    FROM read.mrr_movements
    WHERE product = $1 AND environment = $2 AND day <= $4 AND kind IS NOT NULL
),
before AS (
    SELECT currency, coalesce(sum(amount) FILTER (WHERE day < $3), 0) AS mrr,
        count(*) FILTER (WHERE day < $3 AND kind IN ('new', 'reactivation'))
            - count(*) FILTER (WHERE day < $3 AND kind = 'churn') AS paying
    FROM moved GROUP BY currency
),
buckets AS (
    SELECT start::date AS start, greatest(start::date, $3) AS first,
        least((start + ('1 ' || $5)::interval - interval '1 day')::date, $4) AS last
    FROM generate_series(date_trunc($5, $3::timestamp), $4::timestamp, ('1 ' || $5)::interval) AS start
),
sums AS (
    SELECT currency, date_trunc($5, day::timestamp)::date AS start, sum(amount) AS amount,
        coalesce(sum(amount) FILTER (WHERE kind = 'new'), 0) AS new,
        coalesce(sum(amount) FILTER (WHERE kind = 'reactivation'), 0) AS reactivation,
        coalesce(sum(amount) FILTER (WHERE kind = 'expansion'), 0) AS expansion,
        coalesce(sum(amount) FILTER (WHERE kind = 'contraction'), 0) AS contraction,
        coalesce(sum(amount) FILTER (WHERE kind = 'churn'), 0) AS churn,
        count(*) FILTER (WHERE kind IN ('new', 'reactivation')) - count(*) FILTER (WHERE kind = 'churn') AS paying
    FROM moved WHERE day >= $3 GROUP BY 1, 2
)
SELECT
    buckets.first, buckets.last, before.currency,
    before.mrr + sum(coalesce(sums.amount, 0)) OVER so_far - coalesce(sums.amount, 0) AS opening,
    coalesce(sums.new, 0) AS new, coalesce(sums.reactivation, 0) AS reactivation,
    coalesce(sums.expansion, 0) AS expansion, coalesce(sums.contraction, 0) AS contraction,
    coalesce(sums.churn, 0) AS churn,
    before.mrr + sum(coalesce(sums.amount, 0)) OVER so_far AS closing,
    (before.paying + sum(coalesce(sums.paying, 0)) OVER so_far)::bigint AS paying
FROM buckets CROSS JOIN before
LEFT JOIN sums ON sums.start = buckets.start AND sums.currency = before.currency
WINDOW so_far AS (PARTITION BY before.currency ORDER BY buckets.start)
ORDER BY buckets.start, before.currency
