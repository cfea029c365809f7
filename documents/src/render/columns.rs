//! The columns of the lines: numbers stand to the right, each column as wide as its widest number, and the description
//! gets what is left. Columns in which nothing stands are left out.

use domain::Currency;

use super::face;
use super::paper::{BODY, HEAD, INK, LEFT, RIGHT};
use super::piece::{Break, Cell, Part, Piece, Role, Shape, Text};
use super::words::Words;
use crate::amount::{money, number, unit_price};
use crate::document::{Document, Line};
use crate::language::Language;

/// Between two columns.
const GAP: f32 = 18.0;
/// Under the head.
const HEAD_HEIGHT: f32 = 20.0;

/// Where each column ends; of the description, how wide it is.
pub(super) struct Columns {
    pub description: f32,
    pub quantity: Option<f32>,
    pub unit_price: Option<f32>,
    language: Language,
    currency: Currency,
}

impl Columns {
    pub(super) fn of(document: &Document, words: &Words) -> Self {
        let Document { language, currency, .. } = *document;
        let mut columns = Self { description: 0.0, quantity: None, unit_price: None, language, currency };
        let widest = |head: &str, numbers: &mut dyn Iterator<Item = String>| {
            let widths = numbers.map(|number| face::width(&number, BODY));
            widths.reduce(f32::max).map(|widest| widest.max(face::width(head, HEAD)))
        };
        let lines = || document.lines.iter();
        let amounts = widest(&amount_head(words, currency), &mut lines().map(|line| columns.amount(line)));
        let prices = widest(words.unit_price, &mut lines().filter_map(|line| columns.price(line)));
        let quantities = widest(words.quantity, &mut lines().filter_map(|line| columns.count(line)));

        let no_lines = || face::width(&amount_head(words, currency), HEAD);
        let mut end = RIGHT - amounts.unwrap_or_else(no_lines) - GAP;
        if let Some(width) = prices {
            columns.unit_price = Some(end);
            end -= width + GAP;
        }
        if let Some(width) = quantities {
            columns.quantity = Some(end);
            end -= width + GAP;
        }
        columns.description = end - LEFT;
        columns
    }

    pub(super) fn amount(&self, line: &Line) -> String {
        money(line.amount, self.currency, self.language)
    }

    pub(super) fn price(&self, line: &Line) -> Option<String> {
        line.unit_price.map(|price| unit_price(price, self.currency, self.language))
    }

    pub(super) fn count(&self, line: &Line) -> Option<String> {
        line.quantity.map(|quantity| number(quantity, 0, self.language))
    }

    /// The head of the table.
    pub(super) fn head(&self, words: &Words, currency: Currency) -> Piece {
        let mut head = Piece::new(Part::Head);
        let baseline = 9.0;
        let mut column = |text: Text| head.cells.push(Cell::new(Role::ColumnHead, [text]));
        column(Text::left(LEFT, baseline, HEAD, words.description));
        if let Some(end) = self.quantity {
            column(Text::right(end, baseline, HEAD, words.quantity));
        }
        if let Some(end) = self.unit_price {
            column(Text::right(end, baseline, HEAD, words.unit_price));
        }
        column(Text::right(RIGHT, baseline, HEAD, amount_head(words, currency)));
        head.shapes.push(Shape::Rule { y: HEAD_HEIGHT - 4.0, left: LEFT, right: RIGHT, weight: 0.9, color: INK });
        head.height = HEAD_HEIGHT;
        head.after = Break::Avoided;
        head
    }
}

fn amount_head(words: &Words, currency: Currency) -> String {
    format!("{} ({currency})", words.amount)
}
