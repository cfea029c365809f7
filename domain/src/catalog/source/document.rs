//! The walk over a TOML document: every key is asked for by name, and what nobody asked for is a fault.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::Fault;

/// Collects faults and knows which byte is in which line.
pub(super) struct Report {
    line_starts: Vec<usize>,
    faults: Vec<Fault>,
}

impl Report {
    pub(super) fn new(text: &str) -> Self {
        let after_breaks = text.match_indices('\n').map(|(at, _)| at + 1);
        Self { line_starts: std::iter::once(0).chain(after_breaks).collect(), faults: Vec::new() }
    }

    fn fault(&mut self, start: usize, field: &str, text: impl Into<String>) {
        let line = self.line_starts.partition_point(|line_start| *line_start <= start);
        self.faults.push(Fault { line, field: field.to_owned(), text: text.into() });
    }

    pub(super) fn not_toml(&mut self, start: usize, message: &str) {
        self.fault(start, "", format!("this is not TOML: {message}"));
    }

    /// All that was reported, in line order.
    pub(super) fn into_faults(mut self) -> Vec<Fault> {
        self.faults.sort_by_key(|fault| fault.line);
        self.faults
    }
}

/// A value with its place: where it starts, and what it is called from the root of the file.
pub(super) struct Node<'a> {
    pub(super) field: String,
    pub(super) value: &'a DeValue<'a>,
    start: usize,
}

impl<'a> Node<'a> {
    /// Reports a fault of this value; `None`, so that a reader can end with it.
    pub(super) fn fault<T>(&self, report: &mut Report, text: impl Into<String>) -> Option<T> {
        report.fault(self.start, &self.field, text);
        None
    }

    /// The value as a table; `shape` says what is expected, for the fault.
    pub(super) fn table(&self, shape: &str, report: &mut Report) -> Option<Table<'a>> {
        match self.value.as_table() {
            Some(entries) => Some(Table::new(self.field.clone(), self.start, entries)),
            None => self.fault(report, format!("{} is not {shape}", self.shown())),
        }
    }

    /// The items of an array; `shape` says what is expected, for the fault.
    pub(super) fn items(&self, shape: &str, report: &mut Report) -> Option<Vec<Node<'a>>> {
        let Some(array) = self.value.as_array() else {
            return self.fault(report, format!("{} is not {shape}", self.shown()));
        };
        let item = |(index, value): (usize, &'a Spanned<DeValue<'a>>)| Node {
            field: format!("{}[{index}]", self.field),
            value: value.get_ref(),
            start: value.span().start,
        };
        Some(array.iter().enumerate().map(item).collect())
    }
}

/// A table of which each key is taken once.
pub(super) struct Table<'a> {
    field: String,
    start: usize,
    entries: &'a DeTable<'a>,
    asked: Vec<&'static str>,
}

impl<'a> Table<'a> {
    pub(super) fn root(entries: &'a DeTable<'a>) -> Self {
        Self::new(String::new(), 0, entries)
    }

    fn new(field: String, start: usize, entries: &'a DeTable<'a>) -> Self {
        Self { field, start, entries, asked: Vec::new() }
    }

    fn path(&self, key: &str) -> String {
        if self.field.is_empty() { key.to_owned() } else { format!("{}.{key}", self.field) }
    }

    /// The value of a key that may be absent.
    pub(super) fn optional(&mut self, key: &'static str) -> Option<Node<'a>> {
        self.asked.push(key);
        self.entries.get(key).map(|value| self.node(key, value))
    }

    /// The value of a key that must be there; its absence is a fault on the line of the table.
    pub(super) fn required(&mut self, key: &'static str, report: &mut Report) -> Option<Node<'a>> {
        let node = self.optional(key);
        if node.is_none() {
            self.missing(key, "is missing", report);
        }
        node
    }

    /// Reports that a key is absent, on the line of the table.
    pub(super) fn missing(&self, key: &str, text: &str, report: &mut Report) {
        report.fault(self.start, &self.path(key), text);
    }

    /// Every entry, for tables whose keys are names: each name with its value, in the order of the names.
    pub(super) fn named(self) -> impl Iterator<Item = (Node<'a>, &'a str)> {
        let entries = self.entries;
        entries.iter().map(move |(key, value)| (self.node(key.get_ref(), value), key.get_ref().as_ref()))
    }

    /// Reports the keys nobody asked for.
    pub(super) fn finish(self, report: &mut Report) {
        for key in self.entries.keys().filter(|key| !self.asked.contains(&key.get_ref().as_ref())) {
            let text = format!("is not a known key; the keys here are {}", self.asked.join(", "));
            report.fault(key.span().start, &self.path(key.get_ref()), text);
        }
    }

    fn node(&self, key: &str, value: &'a Spanned<DeValue<'a>>) -> Node<'a> {
        Node { field: self.path(key), value: value.get_ref(), start: value.span().start }
    }
}
