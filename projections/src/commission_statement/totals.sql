WITH month AS (
    SELECT kind, sum(amount) AS amount
    FROM read.commission_statement
    WHERE beneficiary = $1 AND at >= $2 AND at < $3
    GROUP BY kind
), owed AS (
    SELECT owed FROM read.commission_statement
    WHERE beneficiary = $1 AND at < $3 AND owed IS NOT NULL
    ORDER BY at DESC, position DESC LIMIT 1
)
SELECT $1 AS beneficiary,
       coalesce(sum(amount) FILTER (WHERE kind = 'accrued'), 0) AS accrued,
       coalesce(sum(amount) FILTER (WHERE kind = 'clawed_back'), 0) AS clawed_back,
       coalesce(sum(amount) FILTER (WHERE kind = 'matured'), 0) AS matured,
       coalesce(sum(amount) FILTER (WHERE kind = 'granted'), 0) AS granted,
       coalesce(sum(amount) FILTER (WHERE kind = 'netted'), 0) AS netted,
       coalesce(sum(amount) FILTER (WHERE kind = 'taken_back'), 0) AS taken_back,
       coalesce((SELECT owed FROM owed), 0) AS owed
FROM month
