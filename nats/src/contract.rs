//! The public contract: what outsiders get to know of an event, as CloudEvents 1.0 in structured JSON.
//!
//! It is versioned apart from the stored events: their names and fields may change with an upcaster, these may not.
//! A field is added, never renamed or removed; anything else is a new type, `….v2`. One message tells all it is about:
//! ids and decimals are strings, instants are UTC in RFC 3339, a field that says nothing is absent, never null.
//! `docs/reference/events.md` is generated from here, one example per type.
//!
//! Source: <https://github.com/cloudevents/spec>, v1.0.2, with its NATS binding.

mod data;
mod names;

use std::borrow::Cow;

use domain::stream::Owner;
use domain::{Event, OrganizationId, ProductCode, catalog, discount_book, invoice_book, organization, referral_tree};
use event_store::Recorded;
use jiff::Timestamp;
use serde::Serialize;

pub use data::Data;
pub use names::meaning;
use names::names;

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

/// The organization an event is about. Events of a referral tree belong to the product's stream, yet each is about one
/// organization: whoever follows that organization wants to hear of its commissions too. So it is with numbers of invoices
/// and with discounts.
fn organization(recorded: &Recorded) -> Option<&OrganizationId> {
    match &recorded.event {
        Event::Organization(organization::Event::OrganizationRegistered { organization, .. })
        | Event::ReferralTree(
            referral_tree::Event::OrganizationEnrolled { organization, .. }
            | referral_tree::Event::ReferralAttributed { organization, .. },
        ) => Some(organization),
        Event::ReferralTree(
            referral_tree::Event::FirstPaymentMade { payer, .. } | referral_tree::Event::PayerSimulated { payer },
        ) => Some(payer),
        Event::InvoiceBook(
            invoice_book::Event::InvoiceNumbered { organization, .. }
            | invoice_book::Event::CreditNoteNumbered { organization, .. },
        )
        | Event::DiscountBook(
            discount_book::Event::CodeRedeemed { organization, .. }
            | discount_book::Event::RedemptionReturned { organization, .. },
        ) => Some(organization),
        Event::ReferralTree(
            referral_tree::Event::CommissionAccrued { beneficiary, .. }
            | referral_tree::Event::CommissionMatured { beneficiary, .. }
            | referral_tree::Event::CommissionClawedBack { beneficiary, .. },
        ) => Some(beneficiary),
        Event::Organization(
            organization::Event::FeatureOverridden { .. }
            | organization::Event::OverrideRemoved { .. }
            | organization::Event::OrganizationSuspended { .. }
            | organization::Event::OrganizationResumed { .. }
            | organization::Event::AdministratorAppointed { .. }
            | organization::Event::AdministratorDismissed { .. }
            | organization::Event::BillingProfileSet { .. }
            | organization::Event::InstantSet { .. }
            | organization::Event::TestClockStarted { .. }
            | organization::Event::TestClockJoined { .. }
            | organization::Event::TestClockAdvanceRequested { .. }
            | organization::Event::TestClockStepped { .. }
            | organization::Event::TestClockAdvanced { .. }
            | organization::Event::TestClockFollowed { .. },
        )
        | Event::Subscription(_)
        | Event::CreditLedger(_)
        | Event::Catalog(catalog::Event::CatalogPublished { .. })
        | Event::DiscountBook(discount_book::Event::CodeCreated { .. } | discount_book::Event::CodeRetired { .. }) => {
            recorded.organization.as_ref()
        }
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
