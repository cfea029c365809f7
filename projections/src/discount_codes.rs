//! Discount codes as an operator lists them: what each gives, how often it may be redeemed, and how often it was.

use domain::discount::{DiscountTerms, Lasts, Off};
use domain::discount_book::Event as BookEvent;
use domain::{DiscountCode, Event, ProductCode};
use event_store::Recorded;
use jiff::Timestamp;
use rust_decimal::Decimal;
use sqlx::postgres::PgPool;

use crate::projection::{self, Writers};
use crate::row::{Rows, row};

row! {
    /// A discount code.
    pub struct Code {
        key {
            /// The product.
            product: String,
            /// The code.
            code: String,
        }
        /// The share it takes off a period's price: 0.25 is 25 %.
        share: Option<Decimal>,
        /// Or the amount.
        amount: Option<Decimal>,
        /// The currency of the amount.
        currency: Option<String>,
        /// For how many periods; `None` is for ever.
        periods: Option<i32>,
        /// The plans it is good for, separated by spaces; none is all.
        plans: String,
        /// How often it can be redeemed.
        redemptions_max: Option<i64>,
        /// The first instant at which it cannot be any more.
        ends_at: Option<Timestamp>,
        /// How often it was redeemed, less what was returned.
        redemptions: i64,
        /// When it was created.
        created_at: Timestamp,
        /// Who created it.
        created_by: String,
        /// When it was retired.
        retired_at: Option<Timestamp>,
        /// Who retired it.
        retired_by: Option<String>,
        /// The partition of the product's events.
        partition: i32,
        /// The position of the newest change.
        position: i64,
    }
}

/// The projection.
pub struct Projection;

impl projection::Projection for Projection {
    type Row = Code;

    const NAME: &'static str = "discount_codes";
    const WRITERS: Writers = Writers::OnePartition;
    const LOAD: &'static str = "
        SELECT discount_codes.* FROM discount_codes
        JOIN UNNEST ($1::text[], $2::text[]) AS touched (product, code) USING (product, code)";
    const SAVE: &'static str = include_str!("discount_codes/save.sql");

    fn apply(rows: &mut Rows<Code>, recorded: &Recorded) {
        let Event::DiscountBook(event) = &recorded.event else { return };
        match event {
            BookEvent::CodeCreated { code, terms, redemptions_max, ends_at, actor } => {
                let row = touch(rows, recorded, code);
                row.give(terms);
                row.redemptions_max = redemptions_max.map(|max| i64::from(max.get()));
                row.ends_at = *ends_at;
                (row.created_at, row.created_by) = (recorded.recorded_at, actor.to_string());
            }
            BookEvent::CodeRetired { code, actor } => {
                let row = touch(rows, recorded, code);
                (row.retired_at, row.retired_by) = (Some(recorded.recorded_at), Some(actor.to_string()));
            }
            BookEvent::CodeRedeemed { code, .. } => touch(rows, recorded, code).redemptions += 1,
            BookEvent::RedemptionReturned { code, .. } => touch(rows, recorded, code).redemptions -= 1,
        }
    }
}

fn touch<'a>(rows: &'a mut Rows<Code>, recorded: &Recorded, code: &DiscountCode) -> &'a mut Code {
    let row = rows.change((recorded.stream.owner.as_str().to_owned(), code.to_string()));
    (row.partition, row.position) = (recorded.partition, recorded.position);
    row
}

impl Code {
    fn give(&mut self, terms: &DiscountTerms) {
        match terms.off {
            Off::Percent(share) => self.share = Some(share),
            Off::Amount(off) => {
                (self.amount, self.currency) = (Some(off.amount), Some(off.currency.to_string()));
            }
        }
        self.periods = match terms.lasts {
            Lasts::Periods(periods) => Some(i32::from(periods)),
            Lasts::ForEver => None,
        };
        self.plans = terms.plans.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    }
}

/// The codes of a product behind one, by their name, at most `limit`.
pub async fn list(pool: &PgPool, product: &ProductCode, after: &str, limit: i64) -> Result<Vec<Code>, sqlx::Error> {
    sqlx::query_as("SELECT * FROM read.discount_codes WHERE product = $1 AND code > $2 ORDER BY code LIMIT $3")
        .bind(product.as_str())
        .bind(after)
        .bind(limit)
        .fetch_all(pool)
        .await
}

/// One code.
pub async fn find(pool: &PgPool, product: &ProductCode, code: &DiscountCode) -> Result<Option<Code>, sqlx::Error> {
    sqlx::query_as("SELECT * FROM read.discount_codes WHERE product = $1 AND code = $2")
        .bind(product.as_str())
        .bind(code.as_str())
        .fetch_optional(pool)
        .await
}
