//! Of a product's books: numbers of invoices and credit notes, discount codes.

use std::num::NonZeroU32;

use super::{decimal, instant, usd};
use crate::discount::{DiscountTerms, Lasts, Off};
use crate::discount_book::Event as OfDiscounts;
use crate::invoice_book::Event as OfInvoices;
use crate::refusal::sample;

pub(super) fn invoice_book() -> [OfInvoices; 2] {
    [
        OfInvoices::InvoiceNumbered {
            invoice: sample("inv_01"),
            organization: sample("maria"),
            series: sample("F"),
            number: 17,
        },
        OfInvoices::CreditNoteNumbered {
            credit_note: sample("cn_01"),
            organization: sample("maria"),
            series: sample("NC"),
            number: 3,
        },
    ]
}

pub(super) fn discount_book() -> [OfDiscounts; 4] {
    let terms = || DiscountTerms {
        off: Off::Percent(decimal("0.20")),
        lasts: Lasts::Periods(3),
        plans: [sample("starter")].into(),
    };
    let once = DiscountTerms { off: Off::Amount(usd("5")), lasts: Lasts::Periods(1), plans: [].into() };
    [
        OfDiscounts::CodeCreated {
            code: sample("SPRING20"),
            terms: terms(),
            redemptions_max: NonZeroU32::new(100),
            ends_at: Some(instant("2026-06-01T05:00:00Z")),
            actor: sample("operator-7"),
        },
        OfDiscounts::CodeRetired { code: sample("WINTER20"), actor: sample("operator-7") },
        OfDiscounts::CodeRedeemed {
            code: sample("WELCOME5"),
            organization: sample("maria"),
            plan: sample("starter"),
            terms: once,
        },
        OfDiscounts::RedemptionReturned { code: sample("SPRING20"), organization: sample("maria") },
    ]
}
