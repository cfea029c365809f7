//! What may be asked of an invoice book.

use serde::{Deserialize, Serialize};

use crate::id::{CreditNoteId, InvoiceId, OrganizationId, Series};

/// A command to a product's invoice book.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Command {
    /// Give an invoice the next number of a series.
    Number {
        /// The invoice.
        invoice: InvoiceId,
        /// Whom it is for.
        organization: OrganizationId,
        /// The series.
        series: Series,
    },
    /// Give a credit note the next number of a series.
    NumberCreditNote {
        /// The credit note.
        credit_note: CreditNoteId,
        /// Whom it is for.
        organization: OrganizationId,
        /// The series.
        series: Series,
    },
}
