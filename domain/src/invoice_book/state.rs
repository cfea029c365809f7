//! What is known of an invoice book: of each series what it numbers, and how far it is.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{DocumentKind, DocumentNumber, Event};
use crate::id::Series;

/// A product's invoice book.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct InvoiceBook {
    series: BTreeMap<Series, Run>,
}

/// A run of numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Run {
    pub(super) kind: DocumentKind,
    /// The newest number.
    pub(super) newest: u64,
}

/// What the caller is told: the number this command gave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The number.
    pub number: Option<DocumentNumber>,
}

impl InvoiceBook {
    /// The newest number of a series; 0 if there is none yet.
    #[must_use]
    pub fn newest(&self, series: &Series) -> u64 {
        self.series.get(series).map_or(0, |series| series.newest)
    }

    pub(super) fn series(&self, series: &Series) -> Option<Run> {
        self.series.get(series).copied()
    }

    /// How many series there are.
    pub(super) fn count(&self) -> usize {
        self.series.len()
    }

    pub(super) fn take_in(&mut self, event: &Event) {
        let (series, kind, newest) = match event {
            Event::InvoiceNumbered { series, number, .. } => (series, DocumentKind::Invoice, *number),
            Event::CreditNoteNumbered { series, number, .. } => (series, DocumentKind::CreditNote, *number),
        };
        self.series.insert(series.clone(), Run { kind, newest });
    }
}
