//! What stands under the lines: net, taxes, total, what was paid, what is due, and the notes.

use super::face;
use super::paper::{BAND, BODY, BODY_FAINT, DUE, HEAD, INK, LEADING, LEFT, MIDDLE, RIGHT, STRONG, Style};
use super::piece::{Break, Cell, Part, Piece, Role, Shape, Text};
use super::words::Words;
use crate::amount::{money, percent};
use crate::document::{Document, Kind, Tax, TaxedPrices};

/// From a label's begin to its number's end.
const WIDTH: f32 = RIGHT - MIDDLE;
/// Between a label and its number.
const GAP: f32 = 14.0;
/// Between the lines and the first sum, and between the last sum and the notes.
const SPACE: f32 = 12.0;

/// How much a sum matters.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rank {
    Part,
    Total,
    Due,
}

/// The sums, which stay together.
pub(super) fn sums(document: &Document, words: &Words) -> Vec<Piece> {
    let amount = |amount| money(amount, document.currency, document.language);
    let mut rows = vec![(words.net.to_owned(), amount(document.net), Rank::Part)];
    rows.extend(document.taxes.iter().map(|tax| (tax_label(tax, document, words), amount(tax.amount), Rank::Part)));
    if !document.kept.is_zero() {
        rows.push((words.kept.to_owned(), amount(document.kept), Rank::Part));
    }
    rows.push((format!("{} ({})", words.total, document.currency), amount(document.total), Rank::Total));
    for (label, settled) in [(words.paid, document.paid), (words.credited, document.credited)] {
        if !settled.is_zero() {
            rows.push((label.to_owned(), amount(-settled), Rank::Part));
        }
    }
    if document.kind == Kind::Invoice {
        rows.push((words.due.to_owned(), amount(document.due), Rank::Due));
    }
    let last = rows.len() - 1;
    let piece = |(index, (label, number, rank)): (usize, (String, String, Rank))| {
        let mut piece = sum(&label, number, rank, if index == 0 { SPACE } else { 0.0 });
        piece.after = if index == last { Break::Allowed } else { Break::Avoided };
        piece
    };
    rows.into_iter().enumerate().map(piece).collect()
}

fn tax_label(tax: &Tax, document: &Document, words: &Words) -> String {
    let label = format!("{} {}", tax.name, percent(tax.rate, document.language));
    match tax.prices {
        TaxedPrices::Inclusive => format!("{label}, {}", words.included),
        TaxedPrices::Exclusive => label,
    }
}

fn sum(label: &str, number: String, rank: Rank, space: f32) -> Piece {
    let (label_style, number_style, above, below): (Style, Style, f32, f32) = match rank {
        Rank::Part => (BODY_FAINT, BODY, 2.0, 2.0),
        Rank::Total => (STRONG, STRONG, 6.0, 4.0),
        Rank::Due => (DUE, DUE, 8.0, 7.0),
    };
    let left = MIDDLE;
    let mut piece = Piece::new(Part::Sum);
    let mut baseline = space + above + 9.5;
    let first = baseline;
    let mut head = Cell::new(Role::RowHead, []);
    let room = WIDTH - GAP - face::width(&number, number_style);
    for text in face::wrap(label, label_style, room.max(WIDTH / 4.0)) {
        head.texts.push(Text::left(left, baseline, label_style, text));
        baseline += LEADING;
    }
    piece.cells.push(head);
    piece.cells.push(Cell::new(Role::Data, [Text::right(RIGHT, first, number_style, number)]));
    piece.height = baseline - 9.5 + below;
    match rank {
        Rank::Part => {}
        Rank::Total => {
            piece.shapes.push(Shape::Rule { y: space + 3.0, left, right: RIGHT, weight: 0.9, color: INK });
        }
        Rank::Due => {
            let (top, bottom) = (space + 2.0, piece.height - 1.0);
            let band = Shape::Band { top, bottom, left: left - 8.0, right: RIGHT + 8.0, color: BAND };
            piece.shapes.push(band);
        }
    }
    piece
}

/// The notes, line by line: they may go on over the page.
pub(super) fn notes(document: &Document, words: &Words) -> Vec<Piece> {
    let note = |text: String, style: Style, space: f32| {
        let mut piece = Piece::new(Part::Note);
        piece.cells.push(Cell::new(Role::Paragraph, [Text::left(LEFT, space + 9.5, style, text)]));
        piece.height = space + LEADING;
        piece
    };
    let mut pieces = Vec::new();
    for paragraph in document.notes.iter().filter(|paragraph| !paragraph.trim().is_empty()) {
        if pieces.is_empty() {
            let mut heading = note(words.notes.to_owned(), HEAD, 2.0 * SPACE);
            heading.after = Break::Avoided;
            pieces.push(heading);
        }
        let lines = face::wrap(paragraph, BODY, RIGHT - LEFT).into_iter().enumerate();
        pieces.extend(lines.map(|(index, line)| note(line, BODY, if index == 0 { 3.0 } else { 0.0 })));
    }
    pieces
}
