//! What is known of a discount book: its codes, and how many redemptions of each are out.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Event;
use crate::discount::DiscountTerms;
use crate::id::DiscountCode;

/// A product's discount book.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct DiscountBook {
    codes: BTreeMap<DiscountCode, Code>,
}

/// A code.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Code {
    /// What it gives.
    pub terms: DiscountTerms,
    /// How often it can be redeemed.
    pub redemptions_max: Option<NonZeroU32>,
    /// The first instant at which it cannot be any more.
    pub ends_at: Option<Timestamp>,
    /// Can nobody redeem it any more?
    pub retired: bool,
    /// How often it was, less what was returned.
    pub redemptions: u32,
}

/// What the caller is told: the terms this command redeemed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The terms.
    pub terms: Option<DiscountTerms>,
}

impl DiscountBook {
    /// A code, retired or not.
    #[must_use]
    pub fn code(&self, code: &DiscountCode) -> Option<&Code> {
        self.codes.get(code)
    }

    /// All codes there ever were, by their name.
    pub fn codes(&self) -> impl Iterator<Item = (&DiscountCode, &Code)> {
        self.codes.iter()
    }

    pub(super) fn count(&self) -> usize {
        self.codes.len()
    }

    pub(super) fn take_in(&mut self, event: &Event) {
        match event {
            Event::CodeCreated { code, terms, redemptions_max, ends_at, actor: _ } => {
                let (terms, redemptions_max, ends_at) = (terms.clone(), *redemptions_max, *ends_at);
                let created = Code { terms, redemptions_max, ends_at, retired: false, redemptions: 0 };
                self.codes.insert(code.clone(), created);
            }
            Event::CodeRetired { code, .. } => self.change(code, |code| code.retired = true),
            Event::CodeRedeemed { code, .. } => {
                self.change(code, |code| code.redemptions = code.redemptions.saturating_add(1));
            }
            Event::RedemptionReturned { code, .. } => {
                self.change(code, |code| code.redemptions = code.redemptions.saturating_sub(1));
            }
        }
    }

    fn change(&mut self, code: &DiscountCode, change: impl FnOnce(&mut Code)) {
        if let Some(code) = self.codes.get_mut(code) {
            change(code);
        }
    }
}
