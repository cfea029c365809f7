//! The invoice book of a product: the numbers of its invoices and credit notes.
//!
//! An invoice is issued by the subscription it is for, and numbered here afterwards: one stream gives the numbers of a
//! product, so there are no gaps and no repeats, and no subscription waits for another one.
//!
//! ```text
//! subscription   InvoiceIssued ------------------------->      is due, and can be paid
//! book                           Number --> InvoiceNumbered    F-17
//! ```
//!
//! Invariants: the numbers of a series are 1, 2, 3 and so on; a series numbers invoices or credit notes, never both. That
//! a document is numbered once is the receipt's work: the command's id is made of the document's.

pub mod command;
pub mod decide;
pub mod event;
#[cfg(test)]
mod laws;
pub mod number;
pub mod rejection;
pub mod state;
#[cfg(test)]
mod tests;

pub use command::Command;
pub use event::Event;
pub use number::{DocumentKind, DocumentNumber};
pub use rejection::Rejection;
pub use state::{Answer, InvoiceBook};
