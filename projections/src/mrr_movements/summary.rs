//! Monthly recurring revenue of a product, day by day or month by month.

use domain::ProductCode;
use domain::organization::Environment;
use jiff::civil::Date;
use rust_decimal::Decimal;
use sqlx::postgres::PgPool;

use crate::column::Column;
use crate::row::row;

/// How long the stretches are that are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bucket {
    /// A day.
    Day,
    /// A calendar month.
    Month,
}

impl Bucket {
    fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Month => "month",
        }
    }
}

row! {
    /// What moved in a stretch of days, in a currency.
    pub struct Moves {
        key {
            /// The first day.
            first: Date,
            /// The last day.
            last: Date,
            /// The currency.
            currency: String,
        }
        /// What all was worth a month before the first day.
        opening: Decimal,
        /// Of organizations that were worth nothing ever before.
        new: Decimal,
        /// Of organizations that had been worth something, and nothing meanwhile.
        reactivation: Decimal,
        /// More, of organizations that were worth something.
        expansion: Decimal,
        /// Less of them, zero or below.
        contraction: Decimal,
        /// Of those that are worth nothing any more, zero or below.
        churn: Decimal,
        /// What all was worth a month after the last day.
        closing: Decimal,
        /// How many organizations were worth something after the last day.
        paying: i64,
    }
}

/// Sums movements up, stretch by stretch, each currency by itself.
pub async fn summarize(
    pool: &PgPool,
    product: &ProductCode,
    environment: Environment,
    (first, last): (Date, Date),
    bucket: Bucket,
) -> Result<Vec<Moves>, sqlx::Error> {
    sqlx::query_as(include_str!("summary.sql"))
        .bind(product.as_str())
        .bind(environment.as_str())
        .bind(first.to_sql())
        .bind(last.to_sql())
        .bind(bucket.as_str())
        .fetch_all(pool)
        .await
}
