//! The referral network: who is below whom, since when, and what whoever is above has earned of it.
//!
//! A row is a pair of organizations. Direct referrals have one from the day they were attributed; a pair further apart has
//! one as soon as a payment of the lower earned the upper something. [`below`] walks down the direct ones, so it knows all.

use domain::referral_tree::Event as ReferralEvent;
use domain::{Credits, Event, OrganizationId};
use event_store::Recorded;
use jiff::Timestamp;
use rust_decimal::Decimal;
use sqlx::postgres::PgPool;

use crate::projection::{self, Writers};
use crate::row::{Rows, row};

row! {
    /// Two organizations, one above the other.
    pub struct Pair {
        key {
            /// Who is above, and earns.
            organization: String,
            /// Who is below, and pays.
            member: String,
        }
        /// The product.
        product: String,
        /// 1 for a direct referral, 2 for a referral's referral.
        level: i16,
        /// Since when, of a direct referral.
        since: Option<Timestamp>,
        /// Payments that earned something.
        payments: i64,
        /// What they earned, in credits.
        earned: Decimal,
        /// What of that was taken back.
        clawed_back: Decimal,
        /// When a payment earned something last.
        last_earned_at: Option<Timestamp>,
        /// The partition of the product's events.
        partition: i32,
        /// The position of the newest change.
        position: i64,
    }
}

row! {
    /// An organization somewhere below another one.
    pub struct Member {
        key {
            /// The organization.
            member: String,
        }
        /// Who referred it.
        sponsor: String,
        /// 1 for a direct referral, 2 for a referral's referral.
        level: i32,
        /// Since when it is below.
        since: Timestamp,
        /// Payments that earned something.
        payments: i64,
        /// What they earned, in credits.
        earned: Decimal,
        /// What of that was taken back.
        clawed_back: Decimal,
        /// When a payment earned something last.
        last_earned_at: Option<Timestamp>,
    }
}

/// Most members that [`below`] gives.
pub const MEMBERS_MAX: i64 = 1_000;

/// The projection.
pub struct Projection;

impl projection::Projection for Projection {
    type Row = Pair;

    const NAME: &'static str = "referral_network";
    const WRITERS: Writers = Writers::OnePartition;
    const LOAD: &'static str = "
        SELECT referral_network.* FROM referral_network
        JOIN UNNEST ($1::text[], $2::text[]) AS touched (organization, member) USING (organization, member)";
    const SAVE: &'static str = include_str!("referral_network/save.sql");

    fn apply(rows: &mut Rows<Pair>, recorded: &Recorded) {
        let Event::ReferralTree(event) = &recorded.event else { return };
        match event {
            ReferralEvent::ReferralAttributed { organization, sponsor, code: _, since: _ } => {
                let row = pair(rows, recorded, sponsor, organization);
                (row.level, row.since) = (1, Some(recorded.recorded_at));
            }
            ReferralEvent::CommissionAccrued { payer, beneficiary, level, amount, .. } => {
                let row = pair(rows, recorded, beneficiary, payer);
                row.level = i16::from(*level);
                row.payments += 1;
                row.earned = Credits::rounded(row.earned + amount.amount()).amount();
                row.last_earned_at = Some(recorded.recorded_at);
            }
            ReferralEvent::CommissionClawedBack { payer, beneficiary, amount, .. } => {
                let row = pair(rows, recorded, beneficiary, payer);
                row.clawed_back = Credits::rounded(row.clawed_back + amount.amount()).amount();
            }
            ReferralEvent::OrganizationEnrolled { .. }
            | ReferralEvent::FirstPaymentMade { .. }
            | ReferralEvent::PayerSimulated { .. }
            | ReferralEvent::CommissionMatured { .. } => {}
        }
    }
}

fn pair<'a>(
    rows: &'a mut Rows<Pair>,
    recorded: &Recorded,
    above: &OrganizationId,
    below: &OrganizationId,
) -> &'a mut Pair {
    let row = rows.change((above.to_string(), below.to_string()));
    row.product = recorded.stream.owner.as_str().to_owned();
    (row.partition, row.position) = (recorded.partition, recorded.position);
    row
}

/// Everybody below an organization down to a level, the nearest first, at most [`MEMBERS_MAX`].
pub async fn below(pool: &PgPool, organization: &OrganizationId, levels_max: i32) -> Result<Vec<Member>, sqlx::Error> {
    sqlx::query_as(include_str!("referral_network/below.sql"))
        .bind(organization.as_str())
        .bind(levels_max)
        .bind(MEMBERS_MAX)
        .fetch_all(pool)
        .await
}
