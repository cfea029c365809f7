//! The public contract: what outsiders get to know of an event, as CloudEvents 1.0 in structured JSON.
//!
//! It is versioned apart from the stored events: their names and fields may change with an upcaster, these may not.
//! A field is added, never renamed or removed; anything else is a new type, `….v2`. One message tells all it is about:
//! ids and decimals are strings, instants are UTC in RFC 3339, a field that says nothing is absent, never null.
//! `docs/reference/events.md` is generated from here, one example per type.
//!
//! Source: <https://github.com/cloudevents/spec>, v1.0.2, with its NATS binding.

mod data;

use std::borrow::Cow;

use domain::stream::Owner;
use domain::{Event, OrganizationId, ProductCode, catalog, credit_ledger, organization, referral_tree, subscription};
use event_store::Recorded;
use jiff::Timestamp;
use serde::Serialize;

pub use data::Data;

/// The `Content-Type` header of every message. NATS header names are case-sensitive.
pub const CONTENT_TYPE: &str = "application/cloudevents+json";

/// The token of a subject where there is no organization, or no product.
pub const NOBODY: &str = "_";

/// A public event. Attribute names are the standard's; its extensions have only lower-case letters and digits.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CloudEvent {
    specversion: &'static str,
    /// The event's id: the same event always has the same one, however often it arrives.
    pub id: String,
    /// The product: `tollgate/<product>`.
    pub source: String,
    /// `tollgate.<aggregate>.<event>.v<version>`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The organization it is about; absent where it is about a product.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The instant of the decision.
    pub time: Timestamp,
    datacontenttype: &'static str,
    /// The partition of the log. A text, because the standard's integers end at 32 bits.
    pub partition: String,
    /// The position in the partition: 1, 2, 3 and so on, without a gap.
    pub position: String,
    /// The place in the aggregate's own stream.
    pub sequence: String,
    /// The request that led to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requestid: Option<String>,
    /// What happened.
    pub data: Data,
}

impl CloudEvent {
    /// The public form of an event of the log.
    #[must_use]
    pub fn of(recorded: &Recorded) -> Self {
        let (aggregate, event) = names(&recorded.event);
        let organization = organization(recorded);
        Self {
            specversion: "1.0",
            id: recorded.event_id.to_string(),
            source: format!("tollgate/{}", product(recorded)),
            kind: format!("tollgate.{aggregate}.{event}.v1"),
            subject: organization.map(ToString::to_string),
            time: recorded.recorded_at,
            datacontenttype: "application/json",
            partition: recorded.partition.to_string(),
            position: recorded.position.to_string(),
            sequence: recorded.sequence.to_string(),
            requestid: recorded.metadata.get("request").map(Cow::into_owned),
            data: Data::of(&recorded.event, &product(recorded), organization),
        }
    }

    /// As it is published: one JSON object, without a newline at its end (n8n takes anything else for a text).
    pub fn to_json(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(self)
    }
}

/// The tokens of an event's subject behind the root: `<product>.<organization>.<aggregate>.<event>`.
#[must_use]
pub fn subject_tokens(recorded: &Recorded) -> String {
    let (aggregate, event) = names(&recorded.event);
    let organization = organization(recorded).map_or(NOBODY, OrganizationId::as_str);
    format!("{}.{organization}.{aggregate}.{event}", product(recorded))
}

/// The public names of an event's aggregate and of the event. They outlive a renaming of the stored ones.
fn names(event: &Event) -> (&'static str, &'static str) {
    match event {
        Event::Organization(organization::Event::OrganizationRegistered { .. }) => {
            ("organization", "organization_registered")
        }
        Event::Subscription(subscription::Event::SubscriptionStarted { .. }) => {
            ("subscription", "subscription_started")
        }
        Event::Subscription(subscription::Event::PaymentRecorded { .. }) => ("subscription", "payment_recorded"),
        Event::Subscription(subscription::Event::SubscriptionActivated { .. }) => {
            ("subscription", "subscription_activated")
        }
        Event::Subscription(subscription::Event::SubscriptionRenewed { .. }) => {
            ("subscription", "subscription_renewed")
        }
        Event::CreditLedger(credit_ledger::Event::CreditsGranted { .. }) => ("credit_ledger", "credits_granted"),
        Event::CreditLedger(credit_ledger::Event::FeatureConsumed { .. }) => ("credit_ledger", "feature_consumed"),
        Event::CreditLedger(credit_ledger::Event::ThresholdsCrossed { .. }) => ("credit_ledger", "thresholds_crossed"),
        Event::ReferralTree(referral_tree::Event::OrganizationEnrolled { .. }) => {
            ("referral_tree", "organization_enrolled")
        }
        Event::ReferralTree(referral_tree::Event::ReferralAttributed { .. }) => {
            ("referral_tree", "referral_attributed")
        }
        Event::ReferralTree(referral_tree::Event::CommissionAccrued { .. }) => ("referral_tree", "commission_accrued"),
        Event::Catalog(catalog::Event::CatalogPublished { .. }) => ("catalog", "catalog_published"),
    }
}

/// What an event means, for people who automate on it.
#[must_use]
pub fn meaning(event: &Event) -> &'static str {
    match event {
        Event::Organization(organization::Event::OrganizationRegistered { .. }) => {
            "An organization became a customer of the product. `sponsor` is who referred it."
        }
        Event::Subscription(subscription::Event::SubscriptionStarted { .. }) => {
            "A plan was chosen. A paid plan entitles once its first period is paid."
        }
        Event::Subscription(subscription::Event::PaymentRecorded { .. }) => {
            "Money was received. `still_due` is what remains to be paid for the period."
        }
        Event::Subscription(subscription::Event::SubscriptionActivated { .. }) => {
            "The plan entitles from now on; billing periods are counted from `anchor`."
        }
        Event::Subscription(subscription::Event::SubscriptionRenewed { .. }) => "The next period was paid in full.",
        Event::CreditLedger(credit_ledger::Event::CreditsGranted { .. }) => {
            "Credits were added: bought (`purchased`) or earned by a referral (`commission`)."
        }
        Event::CreditLedger(credit_ledger::Event::FeatureConsumed { .. }) => {
            "Some of a feature was used. `limit` is what the plan includes in the window, absent where that is unlimited; \
             `overage` is what was past it and what it cost in credits."
        }
        Event::CreditLedger(credit_ledger::Event::ThresholdsCrossed { .. }) => {
            "A consumption reached one or more percentages of an allowance; each is told once per window."
        }
        Event::ReferralTree(referral_tree::Event::OrganizationEnrolled { .. }) => {
            "An organization can refer others with its code."
        }
        Event::ReferralTree(referral_tree::Event::ReferralAttributed { .. }) => {
            "An organization has a sponsor, for ever."
        }
        Event::ReferralTree(referral_tree::Event::CommissionAccrued { .. }) => {
            "A payment earned a referrer a commission; the credits follow as `credits_granted`. \
             `level` is 1 for the direct referrer."
        }
        Event::Catalog(catalog::Event::CatalogPublished { .. }) => {
            "A version of the product's plans and prices was published; the API has all of it."
        }
    }
}

/// The organization an event is about. Events of a referral tree belong to the product's stream, yet each is about one
/// organization: whoever follows that organization wants to hear of its commissions too.
fn organization(recorded: &Recorded) -> Option<&OrganizationId> {
    match &recorded.event {
        Event::Organization(organization::Event::OrganizationRegistered { organization, .. })
        | Event::ReferralTree(
            referral_tree::Event::OrganizationEnrolled { organization, .. }
            | referral_tree::Event::ReferralAttributed { organization, .. },
        ) => Some(organization),
        Event::ReferralTree(referral_tree::Event::CommissionAccrued { beneficiary, .. }) => Some(beneficiary),
        Event::Subscription(
            subscription::Event::SubscriptionStarted { .. }
            | subscription::Event::PaymentRecorded { .. }
            | subscription::Event::SubscriptionActivated { .. }
            | subscription::Event::SubscriptionRenewed { .. },
        )
        | Event::CreditLedger(
            credit_ledger::Event::CreditsGranted { .. }
            | credit_ledger::Event::FeatureConsumed { .. }
            | credit_ledger::Event::ThresholdsCrossed { .. },
        )
        | Event::Catalog(catalog::Event::CatalogPublished { .. }) => recorded.organization.as_ref(),
    }
}

/// The product's code, checked again: it came out of free metadata, and a stray dot would break the subject.
fn product(recorded: &Recorded) -> Cow<'_, str> {
    match &recorded.stream.owner {
        Owner::Product(product) => product.as_str().into(),
        Owner::Organization(_) => {
            let product = recorded.metadata.product().filter(|code| ProductCode::new(&**code).is_ok());
            product.unwrap_or(NOBODY.into())
        }
    }
}
