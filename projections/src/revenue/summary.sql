SELECT
    ARRAY[{keys}]::text[] COLLATE "C" AS keys, currency,
    coalesce(sum(net) FILTER (WHERE kind = 'invoiced'), 0) AS invoiced,
    coalesce(sum(net) FILTER (WHERE kind = 'credited'), 0) AS credited,
    coalesce(sum(net) FILTER (WHERE kind = 'voided'), 0) AS voided,
    coalesce(sum(amount) FILTER (WHERE kind = 'invoiced'), 0) AS invoiced_gross,
    coalesce(sum(amount) FILTER (WHERE kind = 'credited'), 0) AS credited_gross,
    coalesce(sum(amount) FILTER (WHERE kind = 'voided'), 0) AS voided_gross,
    coalesce(sum(amount) FILTER (WHERE kind = 'collected'), 0) AS collected,
    coalesce(sum(net) FILTER (WHERE kind = 'collected'), 0) AS collected_net,
    coalesce(sum(amount) FILTER (WHERE kind = 'from_balance'), 0) AS from_balance,
    coalesce(sum(amount) FILTER (WHERE kind = 'from_credits'), 0) AS from_credits,
    coalesce(sum(amount) FILTER (WHERE kind = 'overpaid'), 0) AS overpaid,
    coalesce(sum(amount) FILTER (WHERE kind = 'refunded'), 0) AS refunded,
    coalesce(sum(net) FILTER (WHERE kind = 'refunded'), 0) AS refunded_net,
    coalesce(sum(amount) FILTER (WHERE kind = 'charged_back'), 0) AS charged_back,
    coalesce(sum(net) FILTER (WHERE kind = 'charged_back'), 0) AS charged_back_net,
    count(*) FILTER (WHERE kind = 'invoiced') AS invoices,
    count(*) FILTER (WHERE kind = 'credited') AS credit_notes,
    count(*) FILTER (WHERE kind = 'voided') AS voids,
    count(*) FILTER (WHERE kind = 'collected') AS payments,
    count(*) FILTER (WHERE kind IN ('refunded', 'charged_back')) AS refunds
FROM read.revenue
WHERE product = $1 AND environment = $2 AND day BETWEEN $3 AND $4 AND kind IS NOT NULL
GROUP BY 1, 2 ORDER BY 1, 2
