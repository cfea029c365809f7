//! Who asked for an event, and under which catalog it was decided.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A JSON object of texts, as postgres-es expects it. It is kept as it was read: few readers look into it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metadata(Box<str>);

impl Metadata {
    /// Keeps a text of the log. Postgres has checked that it is JSON, and its hash that it is what was appended.
    #[must_use]
    pub fn read(text: &str) -> Self {
        Self(text.into())
    }

    /// A value by its name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Cow<'_, str>> {
        find(&self.0, name).ok().flatten()
    }

    /// The product the event belongs to.
    #[must_use]
    pub fn product(&self) -> Option<Cow<'_, str>> {
        self.get("product")
    }

    /// All of it, by name.
    #[must_use]
    pub fn entries(&self) -> BTreeMap<String, String> {
        serde_json::from_str(&self.0).unwrap_or_default()
    }

    /// The text of the log.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for Metadata {
    fn default() -> Self {
        Self("{}".into())
    }
}

impl FromIterator<(String, String)> for Metadata {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(entries: I) -> Self {
        // In the order of their names, as every writer of the log has them.
        let entries: BTreeMap<String, String> = entries.into_iter().collect();
        serde_json::to_string(&entries).map_or_else(|_| Self::default(), |text| Self(text.into()))
    }
}

impl Serialize for Metadata {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.entries().serialize(serializer)
    }
}

/// The value of a name in an object of texts.
fn find<'a>(text: &'a str, name: &str) -> Result<Option<Cow<'a, str>>, serde_json::Error> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let found = reader.deserialize_map(Entries { name })?;
    reader.end()?;
    Ok(found)
}

/// A text where it lies, unless it has escapes.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

struct Entries<'n> {
    name: &'n str,
}

impl<'de> Visitor<'de> for Entries<'_> {
    type Value = Option<Cow<'de, str>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of texts")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        while let Some((Text(name), Text(value))) = map.next_entry()? {
            if self.name == name {
                found = Some(value);
            }
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_found_where_it_lies_or_without_its_escapes() {
        let metadata = Metadata::read(r#"{"caller": "admin:1", "note": "a \"b\""}"#);
        assert!(matches!(metadata.get("caller"), Some(Cow::Borrowed("admin:1"))));
        assert_eq!(metadata.get("note").as_deref(), Some(r#"a "b""#));
        assert_eq!(metadata.get("product"), None);
        assert_eq!(metadata.entries().len(), 2);
    }

    #[test]
    fn in_anything_but_an_object_of_texts_nothing_is_found() {
        for text in ["", "[]", "{\"a\": 1}", "{\"a\": \"b\""] {
            assert_eq!(Metadata::read(text).get("a"), None, "{text}");
        }
    }

    #[test]
    fn entries_are_written_in_the_order_of_their_names() {
        let metadata: Metadata =
            [("b", "2"), ("a", "1")].map(|(n, v)| (n.to_owned(), v.to_owned())).into_iter().collect();
        assert_eq!(metadata.as_str(), r#"{"a":"1","b":"2"}"#);
    }
}
