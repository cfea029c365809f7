//! Of a product's books: numbers and discount codes.

use domain::discount::{DiscountTerms, Lasts, Off};
use domain::{discount_book, invoice_book};
use jiff::Timestamp;
use serde::Serialize;

use super::PublicMoney;

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub(super) enum BookFacts {
    InvoiceNumbered {
        invoice: String,
        series: String,
        number: String,
    },
    CreditNoteNumbered {
        credit_note: String,
        series: String,
        number: String,
    },
    CodeCreated {
        discount_code: String,
        #[serde(flatten)]
        terms: PublicTerms,
        #[serde(skip_serializing_if = "Option::is_none")]
        redemptions_max: Option<u32>,
        #[serde(skip_serializing_if = "Option::is_none")]
        ends_at: Option<Timestamp>,
        actor: String,
    },
    CodeRetired {
        discount_code: String,
        actor: String,
    },
    CodeRedeemed {
        discount_code: String,
        plan: String,
        #[serde(flatten)]
        terms: PublicTerms,
    },
    RedemptionReturned {
        discount_code: String,
    },
}

/// What a discount takes off.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(in crate::contract::data) struct PublicTerms {
    #[serde(skip_serializing_if = "Option::is_none")]
    percent: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<PublicMoney>,
    /// Absent where it is for ever.
    #[serde(skip_serializing_if = "Option::is_none")]
    periods: Option<u16>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    plans: Vec<String>,
}

impl From<&DiscountTerms> for PublicTerms {
    fn from(terms: &DiscountTerms) -> Self {
        let (percent, amount) = match terms.off {
            Off::Percent(share) => (Some(share.to_string()), None),
            Off::Amount(amount) => (None, Some((&amount).into())),
        };
        let periods = match terms.lasts {
            Lasts::Periods(periods) => Some(periods),
            Lasts::ForEver => None,
        };
        Self { percent, amount, periods, plans: terms.plans.iter().map(ToString::to_string).collect() }
    }
}

impl BookFacts {
    pub(super) fn of_invoices(event: &invoice_book::Event) -> Self {
        match event {
            invoice_book::Event::InvoiceNumbered { invoice, organization: _, series, number } => {
                Self::InvoiceNumbered {
                    invoice: invoice.to_string(),
                    series: series.to_string(),
                    number: number.to_string(),
                }
            }
            invoice_book::Event::CreditNoteNumbered { credit_note, organization: _, series, number } => {
                Self::CreditNoteNumbered {
                    credit_note: credit_note.to_string(),
                    series: series.to_string(),
                    number: number.to_string(),
                }
            }
        }
    }

    pub(super) fn of_discounts(event: &discount_book::Event) -> Self {
        match event {
            discount_book::Event::CodeCreated { code, terms, redemptions_max, ends_at, actor } => Self::CodeCreated {
                discount_code: code.to_string(),
                terms: terms.into(),
                redemptions_max: redemptions_max.map(Into::into),
                ends_at: *ends_at,
                actor: actor.to_string(),
            },
            discount_book::Event::CodeRetired { code, actor } => {
                Self::CodeRetired { discount_code: code.to_string(), actor: actor.to_string() }
            }
            discount_book::Event::CodeRedeemed { code, organization: _, plan, terms } => {
                Self::CodeRedeemed { discount_code: code.to_string(), plan: plan.to_string(), terms: terms.into() }
            }
            discount_book::Event::RedemptionReturned { code, organization: _ } => {
                Self::RedemptionReturned { discount_code: code.to_string() }
            }
        }
    }
}
