//! From a document to the bytes of a PDF.

mod columns;
mod draw;
mod face;
mod lines;
mod opening;
mod pages;
mod paper;
mod piece;
mod printable;
mod sums;
mod tags;
mod words;

use domain::Currency;
use rust_decimal::Decimal;

use crate::document::Document;
use columns::Columns;
use words::Words;

/// Most figures of one number: a thousand billion with six decimals has 19. More would not fit beside the others.
const FIGURES_MAX: usize = 20;

/// Why a document cannot be printed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unprintable {
    /// An amount finer than its currency: to round it would be to decide.
    #[error("{amount} has more than the {decimals} decimals of {currency}", decimals = currency.exponent())]
    OverPrecise {
        /// The amount.
        amount: Decimal,
        /// The document's currency.
        currency: Currency,
    },
    /// A number too long for its column.
    #[error("{number} has more than {FIGURES_MAX} figures")]
    TooLong {
        /// The number.
        number: Decimal,
    },
    /// The PDF could not be written.
    #[error("the PDF cannot be written: {fault}")]
    Faulty {
        /// What the writer says.
        fault: String,
    },
}

/// Prints a document: A4, as many pages as it takes.
pub fn render(document: &Document) -> Result<Vec<u8>, Unprintable> {
    check(document)?;
    let document = printable::clean(document);
    let words = Words::of(document.language);
    let columns = Columns::of(&document, words);

    let opening = opening::opening(&document, words);
    let head = columns.head(words, document.currency);
    let mut pieces = lines::lines(&document, &columns);
    pieces.extend(sums::sums(&document, words));
    pieces.extend(sums::notes(&document, words));
    let pages = pages::paginate(&pieces, &pages::Room::around(&opening, &head));

    let layout = draw::Layout { document: &document, words, opening, head, pieces, pages };
    layout.draw().map_err(|fault| Unprintable::Faulty { fault: fault.to_string() })
}

fn check(document: &Document) -> Result<(), Unprintable> {
    let currency = document.currency;
    let sums = [document.net, document.kept, document.total, document.paid, document.credited, document.due];
    let taxes = document.taxes.iter().map(|tax| tax.amount);
    let amounts = document.lines.iter().map(|line| line.amount).chain(taxes).chain(sums);
    for amount in amounts.clone() {
        if amount.normalize().scale() > currency.exponent() {
            return Err(Unprintable::OverPrecise { amount, currency });
        }
    }
    let of_lines = document.lines.iter().flat_map(|line| [line.quantity, line.unit_price]).flatten();
    let rates = document.taxes.iter().map(|tax| tax.rate);
    for number in amounts.chain(of_lines).chain(rates) {
        let exact = number.normalize();
        let scale = usize::try_from(exact.scale()).unwrap_or(usize::MAX);
        if exact.mantissa().unsigned_abs().to_string().len().max(scale) > FIGURES_MAX {
            return Err(Unprintable::TooLong { number });
        }
    }
    Ok(())
}
