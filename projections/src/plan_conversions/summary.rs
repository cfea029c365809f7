//! How often organizations of a product went from which plan to which, and what came of their trials.

use domain::ProductCode;
use domain::organization::Environment;
use jiff::civil::Date;
use sqlx::FromRow;
use sqlx::postgres::PgPool;

use crate::column::Column;

/// How often something happened.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Count {
    /// What.
    pub kind: String,
    /// The plan it was; none of one that had none.
    pub plan_from: Option<String>,
    /// The plan it is; none of one that ended.
    pub plan_to: Option<String>,
    /// How often the plan was paid, if that is what changed.
    pub interval_from: Option<String>,
    /// How often it is paid, if that is what changed.
    pub interval_to: Option<String>,
    /// How often.
    pub count: i64,
}

/// What came of the trials that began in a time, up to now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromRow)]
pub struct Trials {
    /// How many began.
    pub started: i64,
    /// How many became a plan that is paid or is to be.
    pub converted: i64,
    /// How many ended without one.
    pub lost: i64,
}

/// Conversions, by kind and plans.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// In the order of their kinds and plans.
    pub counts: Vec<Count>,
    /// What came of trials.
    pub trials: Trials,
}

const COUNTS: &str = "
    SELECT kind, plan_from, plan_to, CASE kind WHEN 'interval_changed' THEN interval_from END AS interval_from,
        CASE kind WHEN 'interval_changed' THEN interval_to END AS interval_to, count(*) AS count
    FROM read.plan_conversions
    WHERE product = $1 AND environment = $2 AND day BETWEEN $3 AND $4 AND kind IS NOT NULL
    GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2 NULLS FIRST, 3 NULLS LAST, 4, 5";

const TRIALS: &str = "
    SELECT count(*) FILTER (WHERE kind = 'trial_started') AS started,
        count(*) FILTER (WHERE kind = 'trial_converted') AS converted,
        count(*) FILTER (WHERE kind = 'trial_lost') AS lost
    FROM read.plan_conversions
    WHERE product = $1 AND environment = $2 AND trial_day BETWEEN $3 AND $4";

/// Counts conversions by their day, and trials by the day they began on.
pub async fn summarize(
    pool: &PgPool,
    product: &ProductCode,
    environment: Environment,
    (first, last): (Date, Date),
) -> Result<Summary, sqlx::Error> {
    let mut snapshot = pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
    let counts = sqlx::query_as(COUNTS)
        .bind(product.as_str())
        .bind(environment.as_str())
        .bind(first.to_sql())
        .bind(last.to_sql())
        .fetch_all(&mut *snapshot)
        .await?;
    let trials = sqlx::query_as(TRIALS)
        .bind(product.as_str())
        .bind(environment.as_str())
        .bind(first.to_sql())
        .bind(last.to_sql())
        .fetch_one(&mut *snapshot)
        .await?;
    snapshot.rollback().await?;
    Ok(Summary { counts, trials })
}
