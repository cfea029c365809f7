//! Pieces: what is placed on a page as a whole. Everything in one is measured from the piece's own upper edge.

use super::paper::{Color, Style};

/// What a piece belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// Titles, parties, dates: once, at the top of the first page.
    Opening,
    /// The head of the table of lines: on every page with lines.
    Head,
    /// A line, or a part of a very long one.
    Line,
    /// A row of the sums under the lines.
    Sum,
    /// A line of the notes.
    Note,
}

/// May a page end after a piece?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Break {
    Allowed,
    /// The next piece goes where this one goes.
    Avoided,
}

#[derive(Debug, Clone)]
pub(super) struct Piece {
    pub part: Part,
    pub height: f32,
    pub after: Break,
    pub cells: Vec<Cell>,
    pub shapes: Vec<Shape>,
}

impl Piece {
    pub(super) fn new(part: Part) -> Self {
        Self { part, height: 0.0, after: Break::Allowed, cells: Vec::new(), shapes: Vec::new() }
    }
}

/// What a cell is to somebody who hears the document read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// The heading of the document.
    Title,
    Paragraph,
    /// Says what stands under it.
    ColumnHead,
    /// Says what stands beside it.
    RowHead,
    Data,
}

/// Texts that belong together, in reading order.
#[derive(Debug, Clone)]
pub(super) struct Cell {
    pub role: Role,
    pub texts: Vec<Text>,
}

impl Cell {
    pub(super) fn new(role: Role, texts: impl IntoIterator<Item = Text>) -> Self {
        Self { role, texts: texts.into_iter().collect() }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Align {
    /// The text begins at its place.
    Left,
    /// The text ends at its place.
    Right,
}

/// One line of text.
#[derive(Debug, Clone)]
pub(super) struct Text {
    pub x: f32,
    pub baseline: f32,
    pub align: Align,
    pub style: Style,
    pub text: String,
}

impl Text {
    pub(super) fn left(x: f32, baseline: f32, style: Style, text: impl Into<String>) -> Self {
        Self { x, baseline, align: Align::Left, style, text: text.into() }
    }

    pub(super) fn right(x: f32, baseline: f32, style: Style, text: impl Into<String>) -> Self {
        Self { x, baseline, align: Align::Right, style, text: text.into() }
    }
}

/// What is drawn without being read.
#[derive(Debug, Clone)]
pub(super) enum Shape {
    /// A horizontal line.
    Rule { y: f32, left: f32, right: f32, weight: f32, color: Color },
    /// A filled rectangle.
    Band { top: f32, bottom: f32, left: f32, right: f32, color: Color },
    /// The outline of a rectangle.
    Frame { top: f32, bottom: f32, left: f32, right: f32, color: Color },
}
