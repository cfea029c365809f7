//! What may have happened to an invoice book.

use serde::{Deserialize, Serialize};

use crate::aggregate::domain_event;
use crate::id::{CreditNoteId, InvoiceId, OrganizationId, Series};

/// An event of a product's invoice book.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Event {
    /// An invoice has its number.
    InvoiceNumbered {
        /// The invoice.
        invoice: InvoiceId,
        /// Whom it is for.
        organization: OrganizationId,
        /// The series.
        series: Series,
        /// 1, 2, 3 and so on.
        number: u64,
    },
    /// A credit note has its number.
    CreditNoteNumbered {
        /// The credit note.
        credit_note: CreditNoteId,
        /// Whom it is for.
        organization: OrganizationId,
        /// The series.
        series: Series,
        /// 1, 2, 3 and so on.
        number: u64,
    },
}

domain_event!(Event {
    InvoiceNumbered => "1",
    CreditNoteNumbered => "1",
});
