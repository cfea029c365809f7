//! The lines of a document as pieces.

use super::columns::Columns;
use super::face;
use super::paper::{BODY, BODY_FAINT, HAIRLINE, LEADING, LEFT, RIGHT, Style};
use super::piece::{Break, Cell, Part, Piece, Role, Shape, Text};
use crate::document::{Document, Line};

/// Over and under the text of a line.
const PADDING: f32 = 5.0;
/// From the upper edge of a line of text to its baseline.
const ASCENT: f32 = 9.5;
/// A description longer than this may go on over the page: half a page of text.
const TEXTS_MAX: usize = 25;
/// Stands in cells in which nothing is said. A cell without text would be left out of the structure, and what is beside
/// it be heard with the wrong head.
const EMPTY: &str = " ";

/// All lines. The last one goes where the sums go, so that they never stand alone.
pub(super) fn lines(document: &Document, columns: &Columns) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = document.lines.iter().flat_map(|line| pieces(line, document, columns)).collect();
    if let Some(last) = pieces.last_mut() {
        last.after = Break::Avoided;
    }
    pieces
}

fn pieces(line: &Line, document: &Document, columns: &Columns) -> Vec<Piece> {
    let wrapped = |text: &str, style: Style| {
        face::wrap(text, style, columns.description).into_iter().map(move |text| (text, style))
    };
    let mut texts: Vec<(String, Style)> = wrapped(&line.description, BODY).collect();
    if let Some(period) = line.period {
        texts.extend(wrapped(&period.text(document.language), BODY_FAINT));
    }
    let chunks = texts.chunks(TEXTS_MAX);
    let last = chunks.len() - 1;
    let piece = |(index, texts): (usize, &[(String, Style)])| {
        let mut piece = Piece::new(Part::Line);
        let above = if index == 0 { PADDING } else { 0.0 };
        let mut top = above;
        let mut description = Cell::new(Role::Data, []);
        for (text, style) in texts {
            let text = if text.is_empty() { EMPTY } else { text };
            description.texts.push(Text::left(LEFT, top + ASCENT, *style, text));
            top += LEADING;
        }
        piece.cells.push(description);
        piece.cells.extend(numbers(line, columns, above + ASCENT, index == 0));
        if index == last {
            top += PADDING;
            piece.shapes.push(Shape::Rule { y: top, left: LEFT, right: RIGHT, weight: 0.5, color: HAIRLINE });
        }
        piece.height = top;
        piece
    };
    chunks.enumerate().map(piece).collect()
}

/// The numbers of a line, beside its first text; pieces after the first have none.
fn numbers(line: &Line, columns: &Columns, baseline: f32, is_first: bool) -> Vec<Cell> {
    let cell = |end: f32, number: Option<String>| {
        let number = number.filter(|_| is_first).unwrap_or_else(|| EMPTY.to_owned());
        Cell::new(Role::Data, [Text::right(end, baseline, BODY, number)])
    };
    let quantity = columns.quantity.map(|end| cell(end, columns.count(line)));
    let price = columns.unit_price.map(|end| cell(end, columns.price(line)));
    let amount = cell(RIGHT, Some(columns.amount(line)));
    quantity.into_iter().chain(price).chain([amount]).collect()
}
