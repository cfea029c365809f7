//! The top of the first page: who sells, what this is, who buys, and the dates.

use super::face;
use super::paper::{
    AMBER, BODY, BODY_FAINT, Color, FAINT, GREEN, HAIRLINE, HEAD, LEADING, LEFT, MIDDLE, NAME, NUMBER, RED, RIGHT,
    SELLER, STRONG, Style, TITLE, stamp,
};
use super::piece::{Cell, Part, Piece, Role, Shape, Text};
use super::words::Words;
use crate::country;
use crate::day::day;
use crate::document::{Document, Kind, Party, Status};
use crate::language::Language;

/// How wide the parties stand, on the left.
const PARTY_WIDTH: f32 = MIDDLE - LEFT - 20.0;
/// Most lines of a party: a longer address would leave no room for what it is about. What is cut off is seen to be.
const PARTY_LINES_MAX: usize = 12;

/// The opening, as one piece.
pub(super) fn opening(document: &Document, words: &Words) -> Piece {
    let mut piece = Piece::new(Part::Opening);
    let right = title(document, words, &mut piece);
    let left = party(&document.seller, SELLER, 0.0, document.language, &mut piece);
    let middle = right.max(left) + 16.0;
    piece.shapes.push(Shape::Rule { y: middle, left: LEFT, right: RIGHT, weight: 0.5, color: HAIRLINE });

    let label = middle + 22.0;
    piece.cells.push(Cell::new(Role::Paragraph, [Text::left(LEFT, label, HEAD, words.customer)]));
    let left = party(&document.customer, NAME, label + 3.0, document.language, &mut piece);
    let right = facts(document, words, label, &mut piece);
    piece.height = left.max(right) + 26.0;
    piece
}

/// What it is, its number, its stamp: to the right. First in reading order. Gives the lower edge.
fn title(document: &Document, words: &Words, piece: &mut Piece) -> f32 {
    let mut bottom = 16.0;
    let mut title = Cell::new(Role::Title, [Text::right(RIGHT, bottom, TITLE, words.kind(document))]);
    if let Some(number) = &document.number {
        for line in face::wrap(&number.to_string(), NUMBER, RIGHT - MIDDLE) {
            bottom += 17.0;
            title.texts.push(Text::right(RIGHT, bottom, NUMBER, line));
        }
    }
    piece.cells.push(title);
    if let Some(text) = words.stamp(document.status, document.number.is_none()) {
        let style = stamp(stamp_color(document));
        let text = text.to_uppercase();
        let left = RIGHT - face::width(&text, style) - 16.0;
        let (top, lower) = (bottom + 10.0, bottom + 28.0);
        piece.shapes.push(Shape::Frame { top, bottom: lower, left, right: RIGHT, color: style.color });
        piece.cells.push(Cell::new(Role::Paragraph, [Text::left(left + 8.0, top + 12.3, style, text)]));
        bottom = lower;
    }
    bottom
}

fn stamp_color(document: &Document) -> Color {
    match document.status.filter(|_| document.number.is_some()) {
        Some(Status::Open) => AMBER,
        Some(Status::Paid) => GREEN,
        Some(Status::Void) => RED,
        None => FAINT,
    }
}

/// A name and what is under it, from an upper edge. Gives the lower edge.
fn party(party: &Party, name: Style, top: f32, language: Language, piece: &mut Piece) -> f32 {
    let country = party.country.as_deref().map(|code| country::name(code, language));
    let tax_id = party.tax_id.as_ref().map(|tax_id| tax_id.labelled(language));
    let address = party.address.iter().map(String::as_str).chain(country);
    let under = tax_id.as_deref().into_iter().chain(address).filter(|text| !text.trim().is_empty());
    let wrap = |text: &str, style: Style| {
        face::wrap(text, style, PARTY_WIDTH).into_iter().map(move |line| (line, style)).collect::<Vec<_>>()
    };
    let mut lines = wrap(&party.name, name);
    lines.extend(under.flat_map(|text| wrap(text, BODY_FAINT)));
    if lines.len() > PARTY_LINES_MAX {
        lines.truncate(PARTY_LINES_MAX);
        lines.extend([("…".to_owned(), BODY_FAINT)]);
    }
    let (mut bottom, mut is_under_name) = (top, false);
    for (text, style) in lines {
        bottom += if style == SELLER { 16.0 } else { LEADING };
        // A little air between the name and what is under it.
        bottom += if style == BODY_FAINT && !is_under_name { 2.5 } else { 0.0 };
        is_under_name = style == BODY_FAINT;
        piece.cells.push(Cell::new(Role::Paragraph, [Text::left(LEFT, bottom, style, text)]));
    }
    bottom
}

/// Dates, currency, and what is corrected: label and value. Gives the lower edge.
fn facts(document: &Document, words: &Words, top: f32, piece: &mut Piece) -> f32 {
    let date = |date| day(date, document.language);
    let mut facts = vec![(words.issued, date(document.issued_on), BODY)];
    facts.extend(document.due_on.map(|due| (words.due_on, date(due), BODY)));
    facts.push((words.currency, document.currency.to_string(), BODY));
    if let Kind::CreditNote { corrects } = &document.kind {
        facts.push((words.corrects, corrects.to_string(), STRONG));
    }
    let mut baseline = top;
    for (label, value, style) in facts {
        let room = RIGHT - MIDDLE - face::width(label, BODY_FAINT) - 12.0;
        let mut fact = Cell::new(Role::Paragraph, [Text::left(MIDDLE, baseline, BODY_FAINT, label)]);
        for line in face::wrap(&value, style, room) {
            fact.texts.push(Text::right(RIGHT, baseline, style, line));
            baseline += LEADING + 2.0;
        }
        piece.cells.push(fact);
    }
    baseline - LEADING - 2.0
}
