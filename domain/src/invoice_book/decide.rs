//! How an invoice book decides.

use super::{Answer, Command, DocumentKind, DocumentNumber, Event, InvoiceBook, Rejection};
use crate::aggregate::{Aggregate, cqrs_aggregate};
use crate::context::Context;
use crate::id::Series;

/// Series of a product at most: a series a month for eighty years, and nothing that a typing error could fill.
pub const SERIES_MAX: usize = 1_000;

/// About what a series takes in memory.
const SERIES_BYTES: usize = 128;

impl Aggregate for InvoiceBook {
    const TYPE: &'static str = "invoice_book";
    const STATE_VERSION: i32 = 1;
    type Command = Command;
    type Event = Event;
    type Rejection = Rejection;
    type Answer = Answer;

    fn decide(&self, command: &Command, _context: &Context) -> Result<Vec<Event>, Rejection> {
        Ok(vec![match command.clone() {
            Command::Number { invoice, organization, series } => {
                let number = self.next(&series, DocumentKind::Invoice)?;
                Event::InvoiceNumbered { invoice, organization, series, number }
            }
            Command::NumberCreditNote { credit_note, organization, series } => {
                let number = self.next(&series, DocumentKind::CreditNote)?;
                Event::CreditNoteNumbered { credit_note, organization, series, number }
            }
        }])
    }

    fn evolve(&mut self, event: &Event) {
        self.take_in(event);
    }

    fn answer(&self, _command: &Command, events: &[Event], _context: &Context) -> Answer {
        let number = events.first().map(|event| match event {
            Event::InvoiceNumbered { series, number, .. } | Event::CreditNoteNumbered { series, number, .. } => {
                DocumentNumber { series: series.clone(), number: *number }
            }
        });
        Answer { number }
    }

    fn weight(&self) -> usize {
        size_of::<Self>() + self.count() * SERIES_BYTES
    }
}

cqrs_aggregate!(InvoiceBook);

impl InvoiceBook {
    /// The next number of a series.
    fn next(&self, series: &Series, kind: DocumentKind) -> Result<u64, Rejection> {
        let Some(known) = self.series(series) else {
            if self.count() >= SERIES_MAX {
                return Err(Rejection::TooManySeries { series: self.count() });
            }
            return Ok(1);
        };
        if known.kind != kind {
            return Err(Rejection::SeriesOfOtherKind { series: series.clone(), numbers: known.kind });
        }
        Ok(known.newest + 1)
    }
}
