//! Reads a PDF: the texts of each page with their places, as a viewer finds them. It goes by the tables in the file (maps
//! to Unicode, widths of glyphs), not by what the crate meant to write. It reads what this crate's PDFs have, no more.

use std::collections::BTreeMap;
use std::io::Read;

/// One run of text.
#[derive(Debug, Clone)]
pub struct Run {
    /// Where it begins, from the left edge.
    pub left: f32,
    /// Where it ends, by the widths of its glyphs.
    pub right: f32,
    /// From the upper edge of the page.
    pub baseline: f32,
    pub size: f32,
    pub text: String,
}

/// The pages of a PDF, in order.
pub struct Pdf {
    pub pages: Vec<Vec<Run>>,
    /// What is not compressed: catalog, structure, metadata.
    pub plain: String,
}

impl Pdf {
    pub fn read(bytes: &[u8]) -> Self {
        assert!(bytes.starts_with(b"%PDF-1.7"));
        let objects = objects(bytes);
        let plain = objects.values().map(|object| String::from_utf8_lossy(&object.plain).into_owned());
        let plain: String = plain.collect::<Vec<_>>().join("\n");
        // Every page has the same resources.
        let fonts = objects.values().find_map(|object| fonts(object, &objects)).unwrap();
        let order = objects.values().find(|object| object.dictionary.starts_with("<</Type/Pages")).unwrap();
        let pages = references(after(&order.dictionary, "/Kids").unwrap());
        let page = |page: u32| {
            let contents = reference(&objects[&page].dictionary, "/Contents").unwrap();
            runs(&objects[&contents].stream, &fonts)
        };
        Self { pages: pages.into_iter().map(page).collect(), plain }
    }

    /// Everything on all pages, run by run.
    pub fn texts(&self) -> Vec<&str> {
        self.pages.iter().flatten().map(|run| run.text.as_str()).collect()
    }

    /// Is there a run with just this text?
    pub fn says(&self, text: &str) -> bool {
        self.texts().contains(&text)
    }
}

struct Object {
    dictionary: String,
    stream: Vec<u8>,
    plain: Vec<u8>,
}

struct Font {
    characters: BTreeMap<u16, String>,
    widths: BTreeMap<u16, f32>,
}

fn objects(bytes: &[u8]) -> BTreeMap<u32, Object> {
    let mut objects = BTreeMap::new();
    let mut rest = bytes;
    while let Some(begin) = find(rest, b" 0 obj\n") {
        let number = rest[..begin].rsplit(|byte| !byte.is_ascii_digit()).next().unwrap();
        let number = std::str::from_utf8(number).unwrap().parse().unwrap();
        rest = &rest[begin + 7..];
        let whole = &rest[..find(rest, b"\nendobj").unwrap()];
        let dictionary = &whole[..find(whole, b"\nstream\n").unwrap_or(whole.len())];
        let dictionary = String::from_utf8_lossy(dictionary).into_owned();
        let raw = find(whole, b"\nstream\n").map_or(&[][..], |at| {
            let length = after(&dictionary, "/Length ").and_then(number_in).unwrap();
            &whole[at + 8..at + 8 + usize::try_from(length).unwrap()]
        });
        let is_compressed = dictionary.contains("/FlateDecode");
        let stream = if is_compressed { inflate(raw) } else { raw.to_vec() };
        let plain = if is_compressed { dictionary.clone().into_bytes() } else { whole.to_vec() };
        objects.insert(number, Object { dictionary, stream, plain });
    }
    objects
}

fn inflate(raw: &[u8]) -> Vec<u8> {
    let mut stream = Vec::new();
    flate2::read::ZlibDecoder::new(raw).read_to_end(&mut stream).unwrap();
    stream
}

/// The fonts of a dictionary of resources, by the names that pages give them.
fn fonts(object: &Object, objects: &BTreeMap<u32, Object>) -> Option<BTreeMap<String, Font>> {
    let named = after(&object.dictionary, "/Font<<")?.split_once(">>")?.0;
    let font = |entry: &str| {
        let (name, number) = entry.split_once(' ').unwrap();
        let font = &objects[&number_in(number).unwrap()].dictionary;
        let map = &objects[&reference(font, "/ToUnicode").unwrap()].stream;
        let descendant = references(after(font, "/DescendantFonts").unwrap())[0];
        let widths = widths(after(&objects[&descendant].dictionary, "/W[").unwrap());
        (name.to_owned(), Font { characters: characters(&String::from_utf8_lossy(map)), widths })
    };
    Some(named.split('/').skip(1).map(font).collect())
}

fn characters(map: &str) -> BTreeMap<u16, String> {
    assert!(!map.contains("bfrange"), "this reader knows no ranges");
    let unhex = |text: &str| u16::from_str_radix(text, 16).unwrap();
    let entry = |line: &str| {
        let (code, text) = line.strip_prefix('<')?.strip_suffix('>')?.split_once("> <")?;
        let units: Vec<u16> = (0..text.len() / 4).map(|index| unhex(&text[4 * index..4 * index + 4])).collect();
        (code != "0000").then(|| (unhex(code), String::from_utf16(&units).unwrap()))
    };
    map.lines().filter_map(entry).collect()
}

/// `first last width`, again and again.
fn widths(array: &str) -> BTreeMap<u16, f32> {
    let numbers: Vec<&str> = array.split(']').next().unwrap().split_whitespace().collect();
    let range = |range: &[&str]| {
        let (first, last): (u16, u16) = (range[0].parse().unwrap(), range[1].parse().unwrap());
        let width: f32 = range[2].parse().unwrap();
        (first..=last).map(move |code| (code, width)).collect::<Vec<_>>()
    };
    numbers.chunks(3).flat_map(range).collect()
}

/// Follows the operators that place and show text.
fn runs(content: &[u8], fonts: &BTreeMap<String, Font>) -> Vec<Run> {
    let mut runs = Vec::new();
    let mut rest = content;
    while let Some(begin) = find(rest, b"BT 0 Tr/") {
        rest = &rest[begin + 8..];
        let end = find(rest, b" Tm").unwrap();
        let head: Vec<&str> = std::str::from_utf8(&rest[..end]).unwrap().split_whitespace().collect();
        let [font, size, "Tf", "1", "0", "0", "-1", left, baseline] = head[..] else { panic!("{head:?}") };
        rest = &rest[end + 3..];
        let (size, left): (f32, f32) = (size.parse().unwrap(), left.parse().unwrap());
        let (text, width) = shown(&mut rest, &fonts[font]);
        let right = left + width * size / 1_000.0;
        runs.push(Run { left, right, baseline: baseline.parse().unwrap(), size, text });
    }
    runs
}

/// The text of a string, or of an array of strings and corrections, and its width; leaves what follows in `rest`.
fn shown(rest: &mut &[u8], font: &Font) -> (String, f32) {
    let (mut text, mut width) = (String::new(), 0.0);
    loop {
        match rest[0] {
            b'[' => *rest = &rest[1..],
            b']' | b'T' => return (text, width),
            b'(' | b'<' => {
                let codes = if rest[0] == b'(' { string(rest) } else { hexadecimal(rest) };
                for code in codes.chunks(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])) {
                    text.push_str(&font.characters[&code]);
                    // What is left out has the default width, which the writer gives as 0.
                    width += font.widths.get(&code).copied().unwrap_or(0.0);
                }
            }
            _ => {
                let end = rest.iter().position(|byte| matches!(byte, b'(' | b'<' | b']')).unwrap();
                let numbers = std::str::from_utf8(&rest[..end]).unwrap().split_whitespace();
                width -= numbers.map(|number| number.parse::<f32>().unwrap()).sum::<f32>();
                *rest = &rest[end..];
            }
        }
    }
}

/// A string in digits, which is how one is written that would need escapes.
fn hexadecimal(rest: &mut &[u8]) -> Vec<u8> {
    let end = find(rest, b">").unwrap();
    let digits = std::str::from_utf8(&rest[1..end]).unwrap();
    *rest = &rest[end + 1..];
    digits
        .as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

/// A string in parentheses, with its escapes undone.
fn string(rest: &mut &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut at = 1;
    let mut depth = 0;
    loop {
        match rest[at] {
            b')' if depth == 0 => {
                *rest = &rest[at + 1..];
                return bytes;
            }
            b'\\' => {
                at += 1;
                bytes.push(match rest[at] {
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    b'b' => 8,
                    b'f' => 12,
                    b'0'..=b'7' => {
                        at += 2;
                        u8::from_str_radix(std::str::from_utf8(&rest[at - 2..=at]).unwrap(), 8).unwrap()
                    }
                    other => other,
                });
            }
            other => {
                depth += i32::from(other == b'(') - i32::from(other == b')');
                bytes.push(other);
            }
        }
        at += 1;
    }
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

fn after<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    text.find(key).map(|at| &text[at + key.len()..])
}

fn number_in(text: &str) -> Option<u32> {
    text.trim_start().split(|character: char| !character.is_ascii_digit()).next()?.parse().ok()
}

fn reference(dictionary: &str, key: &str) -> Option<u32> {
    number_in(after(dictionary, key)?)
}

/// `[1 0 R 2 0 R]`.
fn references(array: &str) -> Vec<u32> {
    let inside = array.trim_start_matches('[').split(']').next().unwrap_or_default();
    inside.split(" 0 R").filter_map(number_in).collect()
}
