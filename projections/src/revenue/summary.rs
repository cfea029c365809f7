//! Revenue of a product summed up by day, month and plan, each currency by itself.

use std::fmt;
use std::str::FromStr;

use domain::ProductCode;
use domain::organization::Environment;
use jiff::civil::Date;
use rust_decimal::Decimal;
use sqlx::FromRow;
use sqlx::postgres::PgPool;

use crate::column::Column;

/// By what revenue is told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// The local day.
    Day,
    /// The local calendar month.
    Month,
    /// The plan.
    Plan,
    /// The organization.
    Organization,
}

impl FromStr for Group {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        match name {
            "day" => Ok(Self::Day),
            "month" => Ok(Self::Month),
            "plan" => Ok(Self::Plan),
            "organization" => Ok(Self::Organization),
            _ => {
                let name: String = name.chars().take(80).collect();
                Err(format!("{name:?} is not day, month, plan or organization"))
            }
        }
    }
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Day => "day",
            Self::Month => "month",
            Self::Plan => "plan",
            Self::Organization => "organization",
        })
    }
}

impl Group {
    fn expression(self) -> &'static str {
        match self {
            Self::Day => "to_char(day, 'YYYY-MM-DD')",
            Self::Month => "to_char(day, 'YYYY-MM')",
            Self::Plan => "plan",
            Self::Organization => "organization",
        }
    }
}

/// What the documents of a group come to, in a currency.
#[derive(Debug, Clone, PartialEq, FromRow)]
pub struct Sums {
    /// What the group is, one key for each [`Group`] that was asked for.
    pub keys: Vec<Option<String>>,
    /// The currency.
    pub currency: String,
    /// What invoices came to, without taxes.
    pub invoiced: Decimal,
    /// What credit notes took off, without taxes.
    pub credited: Decimal,
    /// What was voided, without taxes.
    pub voided: Decimal,
    /// What invoices came to, with taxes.
    pub invoiced_gross: Decimal,
    /// What credit notes took off, with taxes.
    pub credited_gross: Decimal,
    /// What was voided, with taxes.
    pub voided_gross: Decimal,
    /// Money that came in for invoices.
    pub collected: Decimal,
    /// Its share without taxes.
    pub collected_net: Decimal,
    /// What the account balance paid.
    pub from_balance: Decimal,
    /// What was paid from credits.
    pub from_credits: Decimal,
    /// Money that came in beyond what was due, and became credits.
    pub overpaid: Decimal,
    /// Money that the seller paid back.
    pub refunded: Decimal,
    /// Its share without taxes.
    pub refunded_net: Decimal,
    /// Money that the payer's bank took back.
    pub charged_back: Decimal,
    /// Its share without taxes.
    pub charged_back_net: Decimal,
    /// How many invoices were issued.
    pub invoices: i64,
    /// How many credit notes were issued.
    pub credit_notes: i64,
    /// How many invoices were voided.
    pub voids: i64,
    /// How many payments brought money.
    pub payments: i64,
    /// How many refunds and chargebacks there were.
    pub refunds: i64,
}

/// Sums revenue up, in the order of the groups' keys, the first `limit` groups.
pub async fn summarize(
    pool: &PgPool,
    product: &ProductCode,
    environment: Environment,
    (first, last): (Date, Date),
    groups: &[Group],
    limit: usize,
) -> Result<Vec<Sums>, sqlx::Error> {
    let keys: Vec<&str> = groups.iter().map(|group| group.expression()).collect();
    let statement = format!("{} LIMIT $5", format_args!(include_str!("summary.sql"), keys = keys.join(", ")));
    sqlx::query_as(&statement)
        .bind(product.as_str())
        .bind(environment.as_str())
        .bind(first.to_sql())
        .bind(last.to_sql())
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(pool)
        .await
}
