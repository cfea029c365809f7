//! The font: which glyphs a text has, how wide it is, and where it breaks.
//!
//! One glyph per character, with kerning. That is all that Latin, Greek and Cyrillic need, and the font has no other
//! script; so there is no shaping engine in the build.

use std::sync::LazyLock;

use krilla::text::{Font, GlyphId, KrillaGlyph};
use skrifa::charmap::Charmap;
use skrifa::instance::{LocationRef, Size};
use skrifa::metrics::GlyphMetrics;
use skrifa::raw::TableProvider;
use skrifa::raw::tables::kern::{Subtable0, SubtableKind};
use skrifa::{FontRef, MetadataProvider};

use super::paper::{Style, Weight};
use super::printable::MISSING;

/// From Open Sans 1.10, see `fonts/README.md`.
static REGULAR: LazyLock<Face> = LazyLock::new(|| Face::new(include_bytes!("../../fonts/OpenSans-Regular.ttf")));
static SEMIBOLD: LazyLock<Face> = LazyLock::new(|| Face::new(include_bytes!("../../fonts/OpenSans-Semibold.ttf")));

/// One cut of the font.
struct Face {
    font: Font,
    charmap: Charmap<'static>,
    metrics: GlyphMetrics<'static>,
    kerning: Option<Subtable0<'static>>,
    units_per_em: f32,
}

impl Face {
    fn new(bytes: &'static [u8]) -> Self {
        let font = FontRef::new(bytes).expect("the font in this crate can be read");
        let subtables = font.kern().ok().into_iter().flat_map(|kern| kern.subtables()).filter_map(Result::ok);
        let pairs = subtables.filter(|table| table.is_horizontal()).find_map(|table| match table.kind() {
            Ok(SubtableKind::Format0(pairs)) => Some(pairs),
            _ => None,
        });
        let krilla = Font::new(bytes.into(), 0).expect("the font in this crate can be embedded");
        Self {
            units_per_em: krilla.units_per_em(),
            font: krilla,
            charmap: font.charmap(),
            metrics: font.glyph_metrics(Size::unscaled(), LocationRef::default()),
            kerning: pairs,
        }
    }

    fn glyph(&self, character: char) -> skrifa::GlyphId {
        let known = self.charmap.map(character).or_else(|| self.charmap.map(MISSING));
        known.unwrap_or(skrifa::GlyphId::NOTDEF)
    }

    /// Each glyph with its advance, as a share of the size of type.
    fn advances(&self, text: &str) -> Vec<(skrifa::GlyphId, f32)> {
        let characters: Vec<char> = text.chars().collect();
        let mut glyphs: Vec<_> = characters.iter().map(|character| self.glyph(*character)).collect();
        if let ['-', next, ..] = characters[..]
            && (next.is_ascii_digit() || next == '$')
        {
            // A hyphen before a number is easily overlooked: it is drawn as a minus, and copied as a hyphen.
            glyphs[0] = self.glyph('\u{2212}');
        }
        let advance = |(index, glyph): (usize, &skrifa::GlyphId)| {
            let own = self.metrics.advance_width(*glyph).unwrap_or_default();
            let next = characters.get(index + 1);
            // Figures stand in columns: all are of one width, and none moves closer to another.
            let kerned = next.is_some_and(|next| !next.is_ascii_digit() && !characters[index].is_ascii_digit());
            let kern = self.kerning.as_ref().filter(|_| kerned);
            let kern = kern.and_then(|pairs| pairs.kerning(*glyph, glyphs[index + 1])).unwrap_or_default();
            let kern = i16::try_from(kern).map(f32::from).unwrap_or_default();
            (*glyph, (own + kern) / self.units_per_em)
        };
        glyphs.iter().enumerate().map(advance).collect()
    }
}

fn face(weight: Weight) -> &'static Face {
    match weight {
        Weight::Regular => &REGULAR,
        Weight::Semibold => &SEMIBOLD,
    }
}

/// Can the character be printed, in both cuts?
pub(super) fn has(character: char) -> bool {
    let has = |face: &Face| face.charmap.map(character).is_some_and(|glyph| glyph != skrifa::GlyphId::NOTDEF);
    has(&REGULAR) && has(&SEMIBOLD)
}

/// What a PDF embeds.
pub(super) fn font(weight: Weight) -> Font {
    face(weight).font.clone()
}

/// The text as glyphs, each with the bytes it stands for, so that it can be searched and copied.
pub(super) fn glyphs(text: &str, weight: Weight) -> Vec<KrillaGlyph> {
    let advances = face(weight).advances(text);
    let places = text.char_indices().map(|(at, character)| at..at + character.len_utf8());
    let glyph = |((glyph, advance), place): ((skrifa::GlyphId, f32), _)| {
        KrillaGlyph::new(GlyphId::new(glyph.to_u32()), advance, 0.0, 0.0, 0.0, place, None)
    };
    advances.into_iter().zip(places).map(glyph).collect()
}

/// How wide a text is, in points.
pub(super) fn width(text: &str, style: Style) -> f32 {
    face(style.weight).advances(text).iter().map(|(_, advance)| advance * style.size).sum()
}

/// The text in lines no wider than `width`: broken at its own breaks, between words, and within a word that is wider
/// than a line. A line that is broken between words keeps its space, so that whoever hears or copies it gets words.
pub(super) fn wrap(text: &str, style: Style, width: f32) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.split('\n') {
        let mut line = String::new();
        for word in paragraph.split(' ').filter(|word| !word.is_empty()) {
            let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
            if self::width(&longer, style) <= width {
                line = longer;
                continue;
            }
            if !line.is_empty() {
                line.push(' ');
                lines.push(line);
            }
            line = break_word(word, style, width, &mut lines);
        }
        lines.push(line);
    }
    lines
}

/// Puts full lines of a word into `lines`, and gives the rest of it.
fn break_word(word: &str, style: Style, width: f32, lines: &mut Vec<String>) -> String {
    let face = face(style.weight);
    let (mut line, mut taken) = (String::new(), 0.0);
    for (character, (_, advance)) in word.chars().zip(face.advances(word)) {
        let advance = advance * style.size;
        if taken + advance > width && !line.is_empty() {
            lines.push(std::mem::take(&mut line));
            taken = 0.0;
        }
        line.push(character);
        taken += advance;
    }
    line
}

/// The text on one line; what is too much is cut off, and seen to be.
pub(super) fn one_line(text: &str, style: Style, width: f32) -> String {
    let text = text.replace('\n', " ");
    if self::width(&text, style) <= width {
        return text;
    }
    let room = width - self::width("…", style);
    let mut line = String::new();
    let mut taken = 0.0;
    for (character, (_, advance)) in text.chars().zip(face(style.weight).advances(&text)) {
        taken += advance * style.size;
        if taken > room {
            break;
        }
        line.push(character);
    }
    line.push('…');
    line
}

#[cfg(test)]
mod tests {
    use super::super::paper::{BODY, STRONG};
    use super::*;

    #[test]
    fn all_figures_are_of_one_width() {
        for style in [BODY, STRONG] {
            let one = width("0", style);
            for figures in ["1111", "7777", "4174", "9075"] {
                assert!((width(figures, style) - 4.0 * one).abs() < 0.01, "{figures}");
            }
        }
    }

    #[test]
    fn letters_are_kerned() {
        let apart = width("T", BODY) + width("o", BODY);
        assert!(width("To", BODY) < apart - 0.2);
    }

    #[test]
    fn lines_are_no_wider_than_they_may_be_and_lose_nothing() {
        let texts = [
            "Plan Profesional, mensual",
            "una palabra larguísima: otorrinolaringologíaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa y más",
            "WWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWW",
        ];
        for text in texts {
            for limit in [10.0, 60.0, 140.0, 1_000.0] {
                let lines = wrap(text, BODY, limit);
                assert!(lines.iter().all(|line| width(line.trim_end(), BODY) <= limit), "{lines:?}");
                assert_eq!(lines.concat(), text);
            }
        }
        assert_eq!(wrap("one\n\ntwo", BODY, 100.0), ["one", "", "two"]);
        assert_eq!(wrap("", BODY, 100.0), [""]);
    }

    #[test]
    fn what_does_not_fit_on_one_line_is_seen_to_be_cut() {
        assert_eq!(one_line("short\nname", BODY, 200.0), "short name");
        let cut = one_line(&"long ".repeat(100), BODY, 100.0);
        assert!(cut.ends_with('…') && width(&cut, BODY) <= 100.0, "{cut}");
    }
}
