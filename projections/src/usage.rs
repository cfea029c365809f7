//! What was used: one row per organization, feature and window.

use domain::catalog::Limit;
use domain::credit_ledger::Event as LedgerEvent;
use domain::{Credits, Event, OrganizationId, Quantity};
use event_store::Recorded;
use jiff::Timestamp;
use rust_decimal::Decimal;
use sqlx::postgres::PgPool;

use crate::projection::{self, Writers};
use crate::row::{Rows, row};
use crate::taken::Taken;

row! {
    /// The use of a feature in a window.
    pub struct Usage {
        key {
            /// The organization.
            organization: String,
            /// The feature.
            feature: String,
            /// First instant of the window.
            window_start: Timestamp,
        }
        /// First instant after the window.
        window_end: Timestamp,
        /// All that counts as used: included and past it, less what was given back.
        used: Decimal,
        /// How much of it the plan included.
        included: Decimal,
        /// How much of it was past that.
        overage: Decimal,
        /// Credits charged for what was past it.
        charged: Decimal,
        /// What the plan includes in the window, with what was carried into it; `None` if unlimited.
        limit_quantity: Option<Decimal>,
        /// How many times it was used; what a hold had not reserved is not counted apart from its capture.
        consumptions: i64,
        /// The instant of the newest consumption.
        updated_at: Timestamp,
        /// The partition of the organization's events.
        partition: i32,
        /// The position of the newest consumption.
        position: i64,
        /// What administrators used: it is neither limited nor counted.
        waived: Decimal,
        /// What of the overage goes on the invoice, in its currency.
        price_amount: Option<Decimal>,
        /// The currency of the invoice.
        price_currency: Option<String>,
    }
}

/// Most windows that [`list`] gives: a year and a half of two daily quotas.
pub const WINDOWS_MAX: i64 = 1_000;

/// The projection.
pub struct Projection;

impl projection::Projection for Projection {
    type Row = Usage;

    const NAME: &'static str = "usage";
    const WRITERS: Writers = Writers::OnePartition;
    const LOAD: &'static str = "
        SELECT usage.* FROM usage
        JOIN UNNEST ($1::text[], $2::text[], $3::timestamptz[]) AS touched (organization, feature, window_start)
        USING (organization, feature, window_start)";
    const SAVE: &'static str = include_str!("usage/save.sql");

    fn apply(rows: &mut Rows<Usage>, recorded: &Recorded) {
        let Event::CreditLedger(event) = &recorded.event else { return };
        let (feature, window) = match event {
            LedgerEvent::FeatureConsumed { feature, window, .. }
            | LedgerEvent::ConsumptionReversed { feature, window, .. }
            | LedgerEvent::HoldPlaced { feature, window, .. }
            | LedgerEvent::HoldCaptured { feature, window, .. } => (feature, window),
            LedgerEvent::CreditsGranted { .. }
            | LedgerEvent::CreditsClawedBack { .. }
            | LedgerEvent::CommissionNetted { .. }
            | LedgerEvent::GrantScheduled { .. }
            | LedgerEvent::GrantCancelled { .. }
            | LedgerEvent::CreditsRevoked { .. }
            | LedgerEvent::CreditsDeducted { .. }
            | LedgerEvent::LotExpired { .. }
            | LedgerEvent::HoldExtended { .. }
            | LedgerEvent::HoldReleased { .. }
            | LedgerEvent::HoldExpired { .. }
            | LedgerEvent::CapacityAcquired { .. }
            | LedgerEvent::CapacityReleased { .. }
            | LedgerEvent::ThresholdsCrossed { .. }
            | LedgerEvent::CapacityThresholdsCrossed { .. }
            | LedgerEvent::CreditsRanLow { .. }
            | LedgerEvent::AlertAcknowledged { .. }
            | LedgerEvent::TopUpRuleSet { .. }
            | LedgerEvent::TopUpRuleRemoved { .. }
            | LedgerEvent::TopUpRequested { .. } => return,
        };
        let organization = recorded.stream.owner.as_str().to_owned();
        let row = rows.change((organization, feature.to_string(), window.start));
        row.window_end = window.end;
        row.updated_at = recorded.recorded_at;
        row.partition = recorded.partition;
        row.position = recorded.position;
        row.take_in(event);
    }
}

impl Usage {
    fn take_in(&mut self, event: &LedgerEvent) {
        // The window is known from the hold on, so that a capture finds its limit.
        if let LedgerEvent::FeatureConsumed { limit, carried, .. } | LedgerEvent::HoldPlaced { limit, carried, .. } =
            event
        {
            self.limit_quantity = total(*limit, *carried);
        }
        let Some(taken) = Taken::of(event) else { return };
        self.consumptions += i64::from(taken.consumptions);
        self.used += taken.used;
        self.included += taken.included;
        self.overage += taken.overage;
        self.waived += taken.waived;
        self.charged = Credits::rounded(self.charged + taken.charged).amount();
        if let Some(price) = taken.price {
            self.price_amount = Some(self.price_amount.unwrap_or_default() + price.amount);
            self.price_currency = Some(price.currency.to_string());
        }
    }
}

fn total(limit: Limit, carried: Quantity) -> Option<Decimal> {
    limit.quantity().map(|limit| limit.amount() + carried.amount())
}

/// What an organization used, the newest windows first, at most [`WINDOWS_MAX`].
pub async fn list(pool: &PgPool, organization: &OrganizationId) -> Result<Vec<Usage>, sqlx::Error> {
    sqlx::query_as("SELECT * FROM read.usage WHERE organization = $1 ORDER BY window_start DESC, feature LIMIT $2")
        .bind(organization.as_str())
        .bind(WINDOWS_MAX)
        .fetch_all(pool)
        .await
}
