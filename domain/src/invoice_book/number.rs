//! A document's number: its series, and its place in it.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::id::Series;

/// A number as it stands on the document: `F-17`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentNumber {
    /// The series.
    pub series: Series,
    /// 1, 2, 3 and so on.
    pub number: u64,
}

impl fmt::Display for DocumentNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.series, self.number)
    }
}

/// What a series numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DocumentKind {
    /// Invoices.
    Invoice,
    /// Credit notes.
    CreditNote,
}

impl DocumentKind {
    /// Several of them, as a person says it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Invoice => "invoices",
            Self::CreditNote => "credit notes",
        }
    }
}
