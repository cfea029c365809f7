//! Puts pieces on paper.

use std::ops::Range;

use krilla::color::rgb;
use krilla::configure::{Accessibility, Archival, ConfigurationBuilder, PdfVersion};
use krilla::destination::XyzDestination;
use krilla::error::KrillaResult;
use krilla::geom::{PathBuilder, Point, Rect};
use krilla::metadata::{DateTime, Metadata};
use krilla::num::NormalizedF32;
use krilla::outline::{Outline, OutlineNode};
use krilla::page::PageSettings;
use krilla::paint::{Fill, Paint, Stroke};
use krilla::surface::Surface;
use krilla::tagging::{Artifact, ArtifactType, ContentTag, Identifier, SpanTag};
use krilla::{Document as Pdf, SerializeSettings};

use super::face;
use super::paper::{BOTTOM, Color, HAIRLINE, HEIGHT, LEFT, RIGHT, SMALL, STRONG, TOP, TOP_LATER, WIDTH};
use super::piece::{Align, Cell, Part, Piece, Role, Shape, Text};
use super::tags::Tags;
use super::words::Words;
use crate::document::Document;

/// Longest title or author in the metadata, in characters: archives allow 32,767 bytes of a string.
const METADATA_LENGTH_MAX: usize = 250;

/// Everything that is drawn, and where.
pub(super) struct Layout<'a> {
    pub document: &'a Document,
    pub words: &'a Words,
    pub opening: Piece,
    /// The head of the table of lines.
    pub head: Piece,
    pub pieces: Vec<Piece>,
    /// The pieces of each page.
    pub pages: Vec<Range<usize>>,
}

/// Is what is drawn read aloud, or is it said elsewhere already?
#[derive(Clone, Copy)]
enum Read {
    Aloud,
    Not(ArtifactType),
}

impl Layout<'_> {
    pub(super) fn draw(&self) -> KrillaResult<Vec<u8>> {
        let mut pdf = Pdf::new_with(settings());
        let mut tags = Tags::new(self.title());
        for page in 0..self.pages.len() {
            let size = PageSettings::from_wh(WIDTH, HEIGHT).expect("A4 is a size");
            let mut sheet = pdf.start_page_with(size);
            let mut surface = sheet.surface();
            self.draw_page(page, &mut surface, &mut tags);
            surface.finish();
            sheet.finish();
        }
        pdf.set_metadata(self.metadata());
        pdf.set_outline(self.outline());
        pdf.set_tag_tree(tags.tree(self.document.language.tag()));
        pdf.finish()
    }

    fn draw_page(&self, page: usize, surface: &mut Surface<'_>, tags: &mut Tags) {
        let pieces = &self.pieces[self.pages[page].clone()];
        let mut y = TOP_LATER;
        if page == 0 {
            tags.add(&self.opening, place(surface, &self.opening, TOP, Read::Aloud));
            y = TOP + self.opening.height;
        } else {
            place(surface, &self.running_head(), 0.0, Read::Not(ArtifactType::Header));
        }
        if pieces.first().is_some_and(|piece| piece.part == Part::Line) {
            // Heard once, seen on every page.
            let is_first = !self.pages[..page].iter().any(|earlier| !earlier.is_empty());
            let read = if is_first { Read::Aloud } else { Read::Not(ArtifactType::Header) };
            let drawn = place(surface, &self.head, y, read);
            if is_first {
                tags.add(&self.head, drawn);
            }
            y += self.head.height;
        }
        for piece in pieces {
            tags.add(piece, place(surface, piece, y, Read::Aloud));
            y += piece.height;
        }
        place(surface, &self.foot(page), 0.0, Read::Not(ArtifactType::Footer));
    }

    /// What pages after the first begin with, so that a lost one finds its way back.
    fn running_head(&self) -> Piece {
        let mut head = Piece::new(Part::Opening);
        let half = (RIGHT - LEFT) / 2.0 - 10.0;
        let title = face::one_line(&self.words.title(self.document), STRONG, half);
        let seller = face::one_line(&self.document.seller.name, SMALL, half);
        let texts = [Text::left(LEFT, 56.0, STRONG, title), Text::right(RIGHT, 56.0, SMALL, seller)];
        head.cells.push(Cell::new(Role::Paragraph, texts));
        head.shapes.push(Shape::Rule { y: 64.0, left: LEFT, right: RIGHT, weight: 0.5, color: HAIRLINE });
        head
    }

    fn foot(&self, page: usize) -> Piece {
        let Words { page: word, of, .. } = self.words;
        let number = format!("{word} {} {of} {}", page + 1, self.pages.len());
        let seller = &self.document.seller;
        let tax_id = seller.tax_id.as_ref().map(|tax_id| format!(" · {}", tax_id.labelled(self.document.language)));
        let room = RIGHT - LEFT - 100.0;
        let tax_id = face::one_line(&tax_id.unwrap_or_default(), SMALL, room / 2.0);
        let name = face::one_line(&seller.name, SMALL, room - face::width(&tax_id, SMALL));
        let seller = format!("{name}{tax_id}");
        let mut foot = Piece::new(Part::Opening);
        let baseline = BOTTOM + 34.0;
        let texts = [Text::left(LEFT, baseline, SMALL, seller), Text::right(RIGHT, baseline, SMALL, number)];
        foot.cells.push(Cell::new(Role::Paragraph, texts));
        let rule = Shape::Rule { y: BOTTOM + 20.0, left: LEFT, right: RIGHT, weight: 0.5, color: HAIRLINE };
        foot.shapes.push(rule);
        foot
    }

    fn title(&self) -> String {
        short(&self.words.title(self.document))
    }

    fn metadata(&self) -> Metadata {
        let issued = self.document.issued_on;
        let part = |part: i8| u8::try_from(part).unwrap_or_default();
        // Archives ask for a date. The day of issue, because there is no clock here; it begins the day in UTC.
        let date = DateTime::new(u16::try_from(issued.year()).unwrap_or_default());
        let date = date.month(part(issued.month())).day(part(issued.day())).hour(0).minute(0).second(0);
        Metadata::new()
            .title(self.title())
            .authors(vec![short(&self.document.seller.name)])
            .creator("Tollgate".to_owned())
            .language(self.document.language.tag().to_owned())
            .creation_date(date.utc_offset_hour(0).utc_offset_minute(0))
    }

    /// One entry: screen readers ask for an outline.
    fn outline(&self) -> Outline {
        let mut outline = Outline::new();
        let top = XyzDestination::new(0, Point::from_xy(0.0, 0.0));
        outline.push_child(OutlineNode::new(self.title(), top));
        outline
    }
}

fn short(text: &str) -> String {
    text.replace('\n', " ").chars().take(METADATA_LENGTH_MAX).collect()
}

/// For archives and for screen readers at once. The version is named, lest another release of the writer choose another.
fn settings() -> SerializeSettings {
    let configuration = ConfigurationBuilder::new()
        .with_version(PdfVersion::Pdf17)
        .with_archival_validator(Archival::A2_A)
        .with_accessibility_validator(Accessibility::UA1)
        .finish()
        .expect("PDF 1.7 is a version of both");
    SerializeSettings { configuration, ..SerializeSettings::default() }
}

/// Draws a piece with its upper edge at `top`. Gives for each cell what its texts are known by.
fn place(surface: &mut Surface<'_>, piece: &Piece, top: f32, read: Read) -> Vec<Vec<Identifier>> {
    let layout = match read {
        Read::Aloud => ArtifactType::Layout,
        Read::Not(kind) => kind,
    };
    for shape in &piece.shapes {
        surface.start_tagged(ContentTag::Artifact(Artifact::with_kind(layout)));
        draw_shape(surface, shape, top);
        surface.end_tagged();
    }
    let tag = match read {
        Read::Aloud => ContentTag::Span(SpanTag::empty()),
        Read::Not(kind) => ContentTag::Artifact(Artifact::with_kind(kind)),
    };
    let mut cells = Vec::new();
    for cell in &piece.cells {
        let mut texts = Vec::new();
        for text in cell.texts.iter().filter(|text| !text.text.is_empty()) {
            texts.push(surface.start_tagged(tag));
            draw_text(surface, text, top);
            surface.end_tagged();
        }
        cells.push(texts);
    }
    cells
}

fn paint(Color(red, green, blue): Color) -> Paint {
    rgb::Color::new(red, green, blue).into()
}

fn fill(color: Color) -> Fill {
    Fill { paint: paint(color), opacity: NormalizedF32::ONE, ..Fill::default() }
}

fn draw_text(surface: &mut Surface<'_>, text: &Text, top: f32) {
    let Text { x, baseline, align, style, text } = text;
    let left = match align {
        Align::Left => *x,
        Align::Right => x - face::width(text, *style),
    };
    surface.set_stroke(None);
    surface.set_fill(Some(fill(style.color)));
    let start = Point::from_xy(left, top + baseline);
    surface.draw_glyphs(start, &face::glyphs(text, style.weight), face::font(style.weight), text, style.size, false);
}

fn draw_shape(surface: &mut Surface<'_>, shape: &Shape, offset: f32) {
    let (edges, color, is_filled) = match *shape {
        Shape::Rule { y, left, right, weight, color } => {
            ((left, y - weight / 2.0, right, y + weight / 2.0), color, true)
        }
        Shape::Band { top, bottom, left, right, color } => ((left, top, right, bottom), color, true),
        Shape::Frame { top, bottom, left, right, color } => ((left, top, right, bottom), color, false),
    };
    let (left, top, right, bottom) = edges;
    let mut path = PathBuilder::new();
    // A rectangle that cannot be is not drawn.
    if let Some(rect) = Rect::from_ltrb(left, top + offset, right, bottom + offset) {
        path.push_rect(rect);
    }
    if let Some(path) = path.finish() {
        surface.set_fill(is_filled.then(|| fill(color)));
        let stroke = Stroke { paint: paint(color), width: 1.1, ..Stroke::default() };
        surface.set_stroke((!is_filled).then_some(stroke));
        surface.draw_path(&path);
    }
}
