//! The `data` of each public event, written out field by field, so that a change of a stored event cannot change what
//! outsiders get.

mod books;
mod ledger;
mod organization;
mod subscription;

use books::BookFacts;
use domain::calendar::Period;
use domain::{Event, Money, OrganizationId, catalog, referral_tree};
use jiff::Timestamp;
use ledger::LedgerFacts;
use organization::OrganizationFacts;
use serde::Serialize;
use subscription::SubscriptionFacts;

/// What happened, and to whom.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Data {
    /// The product.
    product: String,
    /// The organization it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    organization: Option<String>,
    #[serde(flatten)]
    facts: Facts,
}

impl Data {
    /// The public facts of an event.
    pub(super) fn of(event: &Event, product: &str, organization: Option<&OrganizationId>) -> Self {
        let facts = match event {
            Event::Organization(event) => Facts::Organization(OrganizationFacts::of(event)),
            Event::Subscription(event) => Facts::Subscription(SubscriptionFacts::of(event)),
            Event::CreditLedger(event) => Facts::CreditLedger(Box::new(LedgerFacts::of(event))),
            Event::ReferralTree(event) => Facts::of_referral_tree(event),
            Event::Catalog(event) => Facts::of_catalog(event),
            Event::InvoiceBook(event) => Facts::Book(BookFacts::of_invoices(event)),
            Event::DiscountBook(event) => Facts::Book(BookFacts::of_discounts(event)),
        };
        Self { product: product.to_owned(), organization: organization.map(ToString::to_string), facts }
    }
}

/// An amount in a currency: `{"amount": "199.00", "currency": "USD"}`.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct PublicMoney {
    amount: String,
    currency: String,
}

impl From<&Money> for PublicMoney {
    fn from(money: &Money) -> Self {
        Self { amount: money.amount.to_string(), currency: money.currency.to_string() }
    }
}

/// From `start` (inside) to `end` (outside).
#[derive(Debug, Clone, PartialEq, Serialize)]
struct PublicPeriod {
    start: Timestamp,
    end: Timestamp,
}

impl From<&Period> for PublicPeriod {
    fn from(period: &Period) -> Self {
        Self { start: period.start, end: period.end }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
enum Facts {
    Organization(OrganizationFacts),
    Subscription(SubscriptionFacts),
    CreditLedger(Box<LedgerFacts>),
    Book(BookFacts),
    OrganizationEnrolled {
        referral_code: String,
    },
    ReferralAttributed {
        sponsor: String,
        referral_code: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        since: Option<Timestamp>,
    },
    FirstPaymentMade {
        payment: String,
        paid_at: Timestamp,
    },
    PayerSimulated {},
    CommissionAccrued {
        commission: String,
        credits: String,
        level: u8,
        rate: String,
        payment: String,
        payer: String,
        paid: PublicMoney,
        catalog_version: u32,
        #[serde(skip_serializing_if = "Option::is_none")]
        matures_at: Option<Timestamp>,
    },
    CommissionMatured {
        commission: String,
        credits: String,
        payer: String,
        matured_at: Timestamp,
    },
    CommissionClawedBack {
        commission: String,
        refund: String,
        credits: String,
        clawed_back_total: String,
        matured: bool,
        payer: String,
    },
    CatalogPublished {
        version: u32,
        currency: String,
        plans: Vec<String>,
    },
}

impl Facts {
    fn of_referral_tree(event: &referral_tree::Event) -> Self {
        match event {
            referral_tree::Event::OrganizationEnrolled { organization: _, code } => {
                Self::OrganizationEnrolled { referral_code: code.to_string() }
            }
            referral_tree::Event::ReferralAttributed { organization: _, sponsor, code, since } => {
                Self::ReferralAttributed {
                    sponsor: sponsor.to_string(),
                    referral_code: code.to_string(),
                    since: *since,
                }
            }
            referral_tree::Event::FirstPaymentMade { payer: _, payment, paid_at } => {
                Self::FirstPaymentMade { payment: payment.to_string(), paid_at: *paid_at }
            }
            referral_tree::Event::PayerSimulated { payer: _ } => Self::PayerSimulated {},
            referral_tree::Event::CommissionAccrued {
                commission,
                payment,
                payer,
                beneficiary: _,
                level,
                rate,
                base,
                amount,
                catalog_version,
                matures_at,
            } => Self::CommissionAccrued {
                commission: commission.to_string(),
                credits: amount.to_string(),
                level: *level,
                rate: rate.to_string(),
                payment: payment.to_string(),
                payer: payer.to_string(),
                paid: base.into(),
                catalog_version: *catalog_version,
                matures_at: *matures_at,
            },
            referral_tree::Event::CommissionMatured { commission, payer, beneficiary: _, amount, matured_at } => {
                Self::CommissionMatured {
                    commission: commission.to_string(),
                    credits: amount.to_string(),
                    payer: payer.to_string(),
                    matured_at: *matured_at,
                }
            }
            referral_tree::Event::CommissionClawedBack {
                commission,
                refund,
                payer,
                beneficiary: _,
                amount,
                clawed_back_total,
                matured,
            } => Self::CommissionClawedBack {
                commission: commission.to_string(),
                refund: refund.to_string(),
                credits: amount.to_string(),
                clawed_back_total: clawed_back_total.to_string(),
                matured: *matured,
                payer: payer.to_string(),
            },
        }
    }

    fn of_catalog(event: &catalog::Event) -> Self {
        match event {
            // Codes only: a whole catalog may be larger than a message should be, and the API has it.
            catalog::Event::CatalogPublished { version, definition } => Self::CatalogPublished {
                version: *version,
                currency: definition.currency.to_string(),
                plans: definition.plans.iter().map(|plan| plan.code.to_string()).collect(),
            },
        }
    }
}
