//! Texts as they can be printed. Whatever comes in, something readable comes out, and nobody is misled: a character the
//! font does not have is seen to be missing.

use unicode_normalization::UnicodeNormalization;

use super::face;
use crate::document::{Document, Kind, Number, Party};
use crate::tax_id::TaxId;

/// What is seen in place of a character that the font does not have.
pub(super) const MISSING: char = '\u{fffd}';

/// The document with all its texts printable.
pub(super) fn clean(document: &Document) -> Document {
    let mut clean = document.clone();
    if let Kind::CreditNote { corrects } = &mut clean.kind {
        number(corrects);
    }
    if let Some(issued) = &mut clean.number {
        number(issued);
    }
    party(&mut clean.seller);
    party(&mut clean.customer);
    let descriptions = clean.lines.iter_mut().map(|line| &mut line.description);
    let taxes = clean.taxes.iter_mut().map(|tax| &mut tax.name);
    descriptions.chain(taxes).chain(&mut clean.notes).for_each(in_place);
    clean
}

fn number(number: &mut Number) {
    in_place(&mut number.series);
}

fn party(party: &mut Party) {
    in_place(&mut party.name);
    party.tax_id.iter_mut().map(|TaxId { text, .. }| text).for_each(in_place);
    party.address.iter_mut().chain(&mut party.country).for_each(in_place);
}

fn in_place(text: &mut String) {
    *text = printable(text);
}

/// Composed letters, breaks of lines, no other controls; what cannot be seen anyway is left out.
pub(super) fn printable(text: &str) -> String {
    text.nfc().filter_map(character).collect()
}

fn character(character: char) -> Option<char> {
    match character {
        '\n' | '\u{2028}' | '\u{2029}' => Some('\n'),
        '\r' => None,
        // Joiners, marks of direction, selectors of variants: of an emoji made of several, one mark per part remains.
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' => None,
        '\u{fe00}'..='\u{fe0f}' | '\u{e0000}'..='\u{e0fff}' => None,
        // Archives forbid characters of private use: nobody can say what they mean.
        '\u{e000}'..='\u{f8ff}' | '\u{f0000}'.. => Some(MISSING),
        // A space that does not break stays one.
        '\u{a0}' => Some('\u{a0}'),
        _ if character.is_control() || character.is_whitespace() => Some(' '),
        _ if face::has(character) => Some(character),
        _ => Some(MISSING),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_font_lacks_is_seen_to_be_missing() {
        let cases = [
            ("Ñuñoa, Compañía Eléctrica & Cía.", "Ñuñoa, Compañía Eléctrica & Cía."),
            // Composed and decomposed letters look the same.
            ("Compan\u{303}i\u{301}a", "Compañía"),
            ("東京 KK", "\u{fffd}\u{fffd} KK"),
            ("Hola 👍", "Hola \u{fffd}"),
            ("👩\u{200d}💻\u{fe0f}", "\u{fffd}\u{fffd}"),
            ("a\tb\u{0}c\u{7f}", "a b c "),
            ("one\r\ntwo\u{2028}three", "one\ntwo\nthree"),
            ("\u{feff}\u{202e}abc\u{e000}", "abc\u{fffd}"),
            ("1\u{a0}000\u{2009}€ – № ©", "1\u{a0}000 € – № ©"),
            ("Ωμέγα Привет", "Ωμέγα Привет"),
            ("", ""),
        ];
        for (given, expected) in cases {
            assert_eq!(printable(given), expected, "{given}");
        }
    }
}
