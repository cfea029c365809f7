//! Organizations as an operator lists them: where they belong, who referred them, what they subscribed to.
//!
//! The organization's own partition tells all but one thing: a sponsor named after registration is attributed in the
//! product's partition. Partitions are folded side by side, so it may be seen before the registration; people see an
//! organization once it is registered.

use domain::organization::Event as OrganizationEvent;
use domain::referral_tree::Event as ReferralEvent;
use domain::subscription::{Event as SubscriptionEvent, Standing};
use domain::{Event, OrganizationId, ProductCode};
use event_store::Recorded;
use jiff::Timestamp;
use rust_decimal::Decimal;
use sqlx::postgres::PgPool;

use crate::projection::{self, Writers};
use crate::row::{Rows, row};

row! {
    /// What is known of an organization so far.
    pub struct Known {
        key {
            /// The organization.
            organization: String,
        }
        /// The product it is a customer of.
        product: Option<String>,
        /// Where its days begin and end.
        time_zone: Option<String>,
        /// The code it can hand to others.
        referral_code: Option<String>,
        /// Who referred it.
        sponsor: Option<String>,
        /// When it became a customer.
        registered_at: Option<Timestamp>,
        /// `none`, `awaiting_payment` or `active`.
        subscription: Option<String>,
        /// The plan.
        plan: Option<String>,
        /// The catalog version the plan was sold under.
        catalog_version: Option<i64>,
        /// How often it is paid: `month` or `year`.
        interval: Option<String>,
        /// What each period costs.
        price_amount: Option<Decimal>,
        /// The currency of the price.
        price_currency: Option<String>,
        /// What is still to pay of the period being paid.
        still_due: Option<Decimal>,
        /// The end of the newest period that is paid.
        paid_until: Option<Timestamp>,
        /// `live` or `sandbox`.
        environment: Option<String>,
        /// `active` or `suspended`.
        status: Option<String>,
    }
}

row! {
    /// A registered organization.
    pub struct OrganizationRow {
        key {
            /// The organization.
            organization: String,
        }
        /// The product it is a customer of.
        product: String,
        /// Where its days begin and end.
        time_zone: String,
        /// The code it can hand to others.
        referral_code: String,
        /// Who referred it.
        sponsor: Option<String>,
        /// When it became a customer.
        registered_at: Timestamp,
        /// `none`, `awaiting_payment` or `active`.
        subscription: String,
        /// The plan.
        plan: Option<String>,
        /// The catalog version the plan was sold under.
        catalog_version: Option<i64>,
        /// How often it is paid: `month` or `year`.
        interval: Option<String>,
        /// What each period costs.
        price_amount: Option<Decimal>,
        /// The currency of the price.
        price_currency: Option<String>,
        /// What is still to pay of the period being paid.
        still_due: Option<Decimal>,
        /// The end of the newest period that is paid.
        paid_until: Option<Timestamp>,
        /// `live` or `sandbox`.
        environment: String,
        /// `active` or `suspended`.
        status: String,
    }
}

/// Most organizations that [`referred_by`] gives.
pub const REFERRED_MAX: i64 = 1_000;

/// The projection.
pub struct Projection;

impl projection::Projection for Projection {
    type Row = Known;

    const NAME: &'static str = "organizations";
    const WRITERS: Writers = Writers::SeveralPartitions;
    const LOAD: &'static str = "SELECT * FROM organizations WHERE organization = ANY ($1)";
    const SAVE: &'static str = include_str!("organizations/save.sql");

    fn apply(rows: &mut Rows<Known>, recorded: &Recorded) {
        match &recorded.event {
            Event::Organization(event) => register(rows.change(key(recorded)), recorded, event),
            Event::Subscription(event) => subscribe(rows.change(key(recorded)), event),
            Event::ReferralTree(event) => attribute(rows, event),
            Event::CreditLedger(_) | Event::Catalog(_) | Event::InvoiceBook(_) | Event::DiscountBook(_) => {}
        }
    }
}

fn key(recorded: &Recorded) -> (String,) {
    (recorded.stream.owner.as_str().to_owned(),)
}

fn register(row: &mut Known, recorded: &Recorded, event: &OrganizationEvent) {
    match event {
        OrganizationEvent::OrganizationRegistered {
            organization: _,
            product,
            time_zone,
            referral_code,
            sponsor,
            environment,
            registered_at: _,
        } => {
            row.product = Some(product.to_string());
            row.time_zone = Some(time_zone.name().to_owned());
            row.referral_code = Some(referral_code.to_string());
            row.registered_at = Some(recorded.recorded_at);
            row.subscription = Some("none".to_owned());
            row.environment = Some(environment.as_str().to_owned());
            row.status = Some("active".to_owned());
            // The tree has the last word, and may have spoken already.
            row.sponsor = row.sponsor.take().or_else(|| sponsor.as_ref().map(|given| given.sponsor.to_string()));
        }
        OrganizationEvent::OrganizationSuspended { .. } => row.status = Some("suspended".to_owned()),
        OrganizationEvent::OrganizationResumed { .. } => row.status = Some("active".to_owned()),
        OrganizationEvent::FeatureOverridden { .. }
        | OrganizationEvent::OverrideRemoved { .. }
        | OrganizationEvent::AdministratorAppointed { .. }
        | OrganizationEvent::AdministratorDismissed { .. }
        | OrganizationEvent::BillingProfileSet { .. }
        | OrganizationEvent::InstantSet { .. }
        | OrganizationEvent::TestClockStarted { .. }
        | OrganizationEvent::TestClockJoined { .. }
        | OrganizationEvent::TestClockAdvanceRequested { .. }
        | OrganizationEvent::TestClockStepped { .. }
        | OrganizationEvent::TestClockAdvanced { .. }
        | OrganizationEvent::TestClockFollowed { .. } => {}
    }
}

fn subscribe(row: &mut Known, event: &SubscriptionEvent) {
    match event {
        SubscriptionEvent::SubscriptionStarted { subscription: _, plan, catalog_version, interval, price } => {
            stand(row, Standing::AwaitingPayment);
            row.plan = Some(plan.to_string());
            row.catalog_version = Some(i64::from(*catalog_version));
            row.interval = Some(interval.as_str().to_owned());
            row.price_amount = Some(price.amount);
            row.price_currency = Some(price.currency.to_string());
            row.still_due = Some(price.amount);
        }
        SubscriptionEvent::PlanChanged { to, catalog_version, interval, price, .. } => {
            row.plan = Some(to.to_string());
            row.catalog_version = Some(i64::from(*catalog_version));
            row.interval = Some(interval.as_str().to_owned());
            row.price_amount = Some(price.amount);
        }
        // Of the newest invoice that something is said of.
        SubscriptionEvent::InvoiceIssued { total, .. } => row.still_due = Some(total.amount),
        SubscriptionEvent::PaymentRecorded { still_due, .. } => row.still_due = Some(still_due.amount),
        SubscriptionEvent::InvoiceVoided { .. } => row.still_due = Some(Decimal::ZERO),
        SubscriptionEvent::SubscriptionActivated { anchor: _, period } => {
            stand(row, Standing::Active);
            row.paid_until = Some(period.end);
        }
        SubscriptionEvent::SubscriptionRenewed { period } => row.paid_until = Some(period.end),
        SubscriptionEvent::CatalogMigrated { to, price, .. } => {
            row.catalog_version = Some(i64::from(*to));
            row.price_amount = Some(price.amount);
        }
        SubscriptionEvent::TrialStarted { .. } => {
            stand(row, Standing::Trialing);
            row.still_due = Some(Decimal::ZERO);
        }
        SubscriptionEvent::TrialEnded { .. } => stand(row, Standing::AwaitingPayment),
        SubscriptionEvent::SubscriptionPastDue { .. } => stand(row, Standing::PastDue),
        SubscriptionEvent::SubscriptionSuspended { .. } => stand(row, Standing::Suspended),
        SubscriptionEvent::SubscriptionRecovered { .. } | SubscriptionEvent::SubscriptionResumed { .. } => {
            stand(row, Standing::Active);
        }
        SubscriptionEvent::SubscriptionPaused { .. } => stand(row, Standing::Paused),
        SubscriptionEvent::SubscriptionCanceled { .. } => stand(row, Standing::Canceled),
        SubscriptionEvent::PaymentMethodAttached { .. }
        | SubscriptionEvent::PaymentMethodDetached { .. }
        | SubscriptionEvent::OverpaymentKept { .. }
        | SubscriptionEvent::PaymentRefunded { .. }
        | SubscriptionEvent::CreditNoteIssued { .. }
        | SubscriptionEvent::PeriodBegan { .. }
        | SubscriptionEvent::PaymentRetryDue { .. }
        | SubscriptionEvent::ChangeScheduled { .. }
        | SubscriptionEvent::ScheduledChangeRevoked { .. }
        | SubscriptionEvent::DiscountApplied { .. }
        | SubscriptionEvent::DiscountEnded { .. } => {}
    }
}

fn stand(row: &mut Known, standing: Standing) {
    row.subscription = Some(standing.as_str().to_owned());
}

fn attribute(rows: &mut Rows<Known>, event: &ReferralEvent) {
    match event {
        ReferralEvent::ReferralAttributed { organization, sponsor, code: _, since: _ } => {
            rows.change((organization.to_string(),)).sponsor = Some(sponsor.to_string());
        }
        ReferralEvent::OrganizationEnrolled { .. }
        | ReferralEvent::FirstPaymentMade { .. }
        | ReferralEvent::PayerSimulated { .. }
        | ReferralEvent::CommissionAccrued { .. }
        | ReferralEvent::CommissionMatured { .. }
        | ReferralEvent::CommissionClawedBack { .. } => {}
    }
}

/// An organization, once it is registered.
pub async fn find(pool: &PgPool, organization: &OrganizationId) -> Result<Option<OrganizationRow>, sqlx::Error> {
    sqlx::query_as("SELECT * FROM read.organizations WHERE organization = $1 AND registered_at IS NOT NULL")
        .bind(organization.as_str())
        .fetch_optional(pool)
        .await
}

/// The organizations of a product after an id, by id, at most `limit`.
pub async fn list(
    pool: &PgPool,
    product: &ProductCode,
    after: &str,
    limit: i64,
) -> Result<Vec<OrganizationRow>, sqlx::Error> {
    sqlx::query_as(
        "SELECT * FROM read.organizations WHERE product = $1 AND organization > $2 AND registered_at IS NOT NULL
         ORDER BY organization LIMIT $3",
    )
    .bind(product.as_str())
    .bind(after)
    .bind(limit)
    .fetch_all(pool)
    .await
}

/// How many organizations of a product have a plan that was sold under an older version of its catalog.
pub async fn on_older_versions(pool: &PgPool, product: &ProductCode, version: u32) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("SELECT count(*) FROM read.organizations WHERE product = $1 AND catalog_version < $2")
        .bind(product.as_str())
        .bind(i64::from(version))
        .fetch_one(pool)
        .await
}

/// The organizations an organization referred, the newest first, at most [`REFERRED_MAX`].
pub async fn referred_by(pool: &PgPool, sponsor: &OrganizationId) -> Result<Vec<OrganizationRow>, sqlx::Error> {
    sqlx::query_as(
        "SELECT * FROM read.organizations WHERE sponsor = $1 AND registered_at IS NOT NULL
         ORDER BY registered_at DESC, organization LIMIT $2",
    )
    .bind(sponsor.as_str())
    .bind(REFERRED_MAX)
    .fetch_all(pool)
    .await
}
