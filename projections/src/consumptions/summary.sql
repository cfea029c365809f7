-- Keys are arrays, one element for each group: they are compared element by element, nulls last, so they sort and page
-- like columns. What was chosen is read once; prices are summed up per currency, and then everything over currencies.
WITH by_currency AS (
    SELECT
        ARRAY[{keys}]::text[] COLLATE "C" AS keys,
        price_currency AS currency, sum(price_amount) AS price, sum(consumptions) AS consumptions, sum(used) AS used,
        sum(included) AS included, sum(overage) AS overage, sum(waived) AS waived, sum(reversed) AS reversed,
        sum(charged) AS charged
    FROM read.consumptions
    WHERE {whose} AND day BETWEEN $2 AND $3
        AND ($4::text IS NULL OR feature = $4)
        AND ($5::text IS NULL OR actor = $5)
        AND ($6::text IS NULL OR attributes ? $6)
        AND ($7::text IS NULL OR attributes ->> $6 = $7)
    GROUP BY 1, 2
),
page AS (
    SELECT
        keys, sum(consumptions)::bigint AS consumptions, sum(used) AS used, sum(included) AS included,
        sum(overage) AS overage, sum(waived) AS waived, sum(reversed) AS reversed, sum(charged) AS charged,
        array_agg(currency ORDER BY currency) FILTER (WHERE currency IS NOT NULL) AS currencies,
        array_agg(price ORDER BY currency) FILTER (WHERE currency IS NOT NULL) AS prices
    FROM by_currency
    WHERE $9::text[] IS NULL OR keys > $9
    GROUP BY keys ORDER BY keys LIMIT $10
),
total_by_currency AS (
    SELECT
        currency, sum(price) AS price, sum(consumptions) AS consumptions, sum(used) AS used,
        sum(included) AS included, sum(overage) AS overage, sum(waived) AS waived, sum(reversed) AS reversed,
        sum(charged) AS charged
    FROM by_currency GROUP BY currency
)
SELECT * FROM page
UNION ALL
SELECT
    NULL, coalesce(sum(consumptions), 0)::bigint, coalesce(sum(used), 0), coalesce(sum(included), 0),
    coalesce(sum(overage), 0), coalesce(sum(waived), 0), coalesce(sum(reversed), 0), coalesce(sum(charged), 0),
    array_agg(currency ORDER BY currency) FILTER (WHERE currency IS NOT NULL),
    array_agg(price ORDER BY currency) FILTER (WHERE currency IS NOT NULL)
FROM total_by_currency
ORDER BY keys NULLS LAST
