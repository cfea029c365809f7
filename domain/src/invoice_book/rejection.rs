//! Why an invoice book may say no, in the order of the checks.

use serde_json::{Value, json};

use super::DocumentKind;
use super::decide::SERIES_MAX;
use crate::id::Series;
use crate::refusal::{Refusal, RefusalClass, sample};

/// A refusal of a product's invoice book.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// One more than there may be.
    #[error("the product has {series} series already")]
    TooManySeries {
        /// How many there are, and may be.
        series: usize,
    },
    /// The series has numbers of something else.
    #[error("series {series} numbers {}", numbers.as_str())]
    SeriesOfOtherKind {
        /// The series.
        series: Series,
        /// What it numbers.
        numbers: DocumentKind,
    },
}

impl Refusal for Rejection {
    fn code(&self) -> &'static str {
        match self {
            Self::TooManySeries { .. } => "invoice_book.too_many_series",
            Self::SeriesOfOtherKind { .. } => "invoice_book.series_of_other_kind",
        }
    }

    fn class(&self) -> RefusalClass {
        match self {
            Self::TooManySeries { .. } | Self::SeriesOfOtherKind { .. } => RefusalClass::Conflict,
        }
    }

    fn hint(&self) -> String {
        match self {
            Self::TooManySeries { .. } => "go on with a series there is".to_owned(),
            Self::SeriesOfOtherKind { .. } => {
                "give invoices and credit notes a series each in the catalog: invoice_series, credit_note_series"
                    .to_owned()
            }
        }
    }

    fn members(&self) -> Vec<(&'static str, Value)> {
        match self {
            Self::TooManySeries { series } => vec![("series_max", json!(series))],
            Self::SeriesOfOtherKind { series, numbers } => {
                vec![("series", json!(series)), ("numbers", json!(numbers.as_str()))]
            }
        }
    }

    fn samples() -> Vec<Self> {
        vec![
            Self::TooManySeries { series: SERIES_MAX },
            Self::SeriesOfOtherKind { series: sample("F"), numbers: DocumentKind::Invoice },
        ]
    }
}
