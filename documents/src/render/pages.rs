//! Which pieces stand on which page.

use std::ops::Range;

use super::paper::{BOTTOM, TOP, TOP_LATER};
use super::piece::{Break, Part, Piece};

/// How high what can be filled with pieces is.
pub(super) struct Room {
    /// On the first page, under the opening.
    pub first: f32,
    /// On each page after it.
    pub later: f32,
    /// The head of the table, on every page that begins with a line.
    pub head: f32,
}

impl Room {
    pub(super) fn around(opening: &Piece, head: &Piece) -> Self {
        Self { first: BOTTOM - TOP - opening.height, later: BOTTOM - TOP_LATER, head: head.height }
    }

    fn on(&self, page: usize, begins_with: &Piece) -> f32 {
        let room = if page == 0 { self.first } else { self.later };
        if begins_with.part == Part::Line { room - self.head } else { room }
    }
}

/// The pieces of each page, in order. What must stay together goes to the next page together; what is higher than a
/// page breaks where it has to. The first page may be left without any: then only the opening fits on it.
pub(super) fn paginate(pieces: &[Piece], room: &Room) -> Vec<Range<usize>> {
    let mut pages: Vec<Range<usize>> = Vec::new();
    let (mut start, mut left) = (0, pieces.first().map_or(0.0, |piece| room.on(0, piece)));
    for block in blocks(pieces) {
        let height: f32 = pieces[block.clone()].iter().map(|piece| piece.height).sum();
        let fits_a_page = height <= room.on(1, &pieces[block.start]);
        if height > left && fits_a_page {
            pages.push(start..block.start);
            (start, left) = (block.start, room.on(1, &pieces[block.start]));
        }
        for index in block {
            let piece = &pieces[index];
            let is_empty = index == start && !pages.is_empty();
            if piece.height > left && !is_empty {
                pages.push(start..index);
                (start, left) = (index, room.on(1, piece));
            }
            left -= piece.height;
        }
    }
    pages.push(start..pieces.len());
    pages
}

/// The pieces in blocks that stay together.
fn blocks(pieces: &[Piece]) -> Vec<Range<usize>> {
    let mut blocks = Vec::new();
    let mut start = 0;
    for (index, piece) in pieces.iter().enumerate() {
        if piece.after == Break::Allowed || index + 1 == pieces.len() {
            blocks.push(start..index + 1);
            start = index + 1;
        }
    }
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOM: Room = Room { first: 50.0, later: 100.0, head: 10.0 };

    /// The pieces of each page. `L` is a line, `S` a sum, `N` a note; small letters stay with what follows.
    fn pages(letters: &str, height: f32) -> String {
        let piece = |letter: char| {
            let mut piece = Piece::new(match letter.to_ascii_uppercase() {
                'L' => Part::Line,
                'S' => Part::Sum,
                _ => Part::Note,
            });
            piece.height = height;
            piece.after = if letter.is_lowercase() { Break::Avoided } else { Break::Allowed };
            piece
        };
        let pages = paginate(&letters.chars().map(piece).collect::<Vec<_>>(), &ROOM);
        pages.into_iter().map(|page| &letters[page]).collect::<Vec<_>>().join("|")
    }

    #[test]
    fn pieces_go_on_over_as_many_pages_as_they_need() {
        let cases = [
            ("", 10.0, ""),
            ("LlsS", 10.0, "LlsS"),
            // Room for four lines under the head, then for nine.
            ("LLLLL", 10.0, "LLLL|L"),
            ("LLLLLLLLLLLLLL", 10.0, "LLLL|LLLLLLLLL|L"),
            // The last line goes along with its sums.
            ("LLlsS", 10.0, "LL|lsS"),
            // A page that begins with notes has no head of a table.
            ("LLLLNNNNNNNNNNN", 10.0, "LLLL|NNNNNNNNNN|N"),
            // What is higher than any page breaks where it has to.
            ("lsssssssssssS", 10.0, "lsss|ssssssssS"),
            // Nothing fits under the opening.
            ("LL", 60.0, "|L|L"),
            // What is higher than a page has one to itself.
            ("LL", 500.0, "|L|L"),
        ];
        for (letters, height, expected) in cases {
            assert_eq!(pages(letters, height), expected, "{letters} of {height}");
        }
    }
}
