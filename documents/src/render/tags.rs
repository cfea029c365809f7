//! The order in which a document is read aloud: its structure tree.

use std::num::NonZeroU16;

use krilla::tagging::{Identifier, Node, TableHeaderScope, Tag, TagGroup, TagKind, TagTree};

use super::piece::{Part, Piece, Role};

/// The tree, as it grows page by page.
pub(super) struct Tags {
    title: String,
    opening: Vec<Node>,
    head: Vec<Node>,
    lines: Vec<Node>,
    sums: Vec<Node>,
    notes: Vec<Node>,
}

impl Tags {
    pub(super) fn new(title: String) -> Self {
        let none = Vec::new;
        Self { title, opening: none(), head: none(), lines: none(), sums: none(), notes: none() }
    }

    /// Adds what was drawn of a piece: for each of its cells, what its texts are known by.
    pub(super) fn add(&mut self, piece: &Piece, drawn: Vec<Vec<Identifier>>) {
        let cells = piece.cells.iter().zip(drawn).map(|(cell, texts)| {
            let texts = texts.into_iter().map(Node::from).collect();
            Node::from(TagGroup::with_children(self.kind(cell.role), texts))
        });
        let cells: Vec<Node> = cells.collect();
        let row = |cells| Node::from(TagGroup::with_children(Tag::TR, cells));
        match piece.part {
            Part::Opening => self.opening.extend(cells),
            Part::Head => self.head.push(row(cells)),
            Part::Line => self.lines.push(row(cells)),
            Part::Sum => self.sums.push(row(cells)),
            Part::Note => self.notes.extend(cells),
        }
    }

    fn kind(&self, role: Role) -> TagKind {
        match role {
            Role::Title => Tag::Hn(NonZeroU16::MIN, Some(self.title.clone())).into(),
            Role::Paragraph => Tag::P.into(),
            Role::ColumnHead => Tag::TH(TableHeaderScope::Column).into(),
            Role::RowHead => Tag::TH(TableHeaderScope::Row).into(),
            Role::Data => Tag::TD.into(),
        }
    }

    pub(super) fn tree(self, language: &str) -> TagTree {
        let group = |tag: TagKind, children| Node::from(TagGroup::with_children(tag, children));
        let lines = vec![group(Tag::THead.into(), self.head), group(Tag::TBody.into(), self.lines)];
        let mut tree = TagTree::new().with_lang(Some(language.to_owned()));
        tree.children = self.opening;
        tree.push(group(Tag::Table.into(), lines));
        tree.push(group(Tag::Table.into(), vec![group(Tag::TBody.into(), self.sums)]));
        tree.children.extend(self.notes);
        tree
    }
}
