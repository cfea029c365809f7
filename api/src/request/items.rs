//! The items of a batch. Each is read by itself, so that a fault in one is that one's own.

use std::fmt;

use serde::de::{Deserialize, DeserializeOwned, Deserializer, IgnoredAny, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::body::read_json;
use crate::problem::Fault;

/// Items of a batch at most: what the log appends in about one statement.
pub(crate) const ITEMS_MAX: usize = 1_000;

/// Items as they were sent. What is over the limit is counted and not kept.
pub(crate) struct Items {
    kept: Vec<Box<RawValue>>,
    found: usize,
}

/// One item as it was sent: JSON of any shape.
pub(crate) struct RawItem {
    /// Where it stands in the body: `items[3]`.
    pub(crate) place: String,
    json: Box<RawValue>,
}

impl Items {
    /// The items, if there are 1 to [`ITEMS_MAX`].
    pub(crate) fn within_limit(self) -> Result<Vec<RawItem>, Fault> {
        match self.found {
            0 => Err(Fault::InvalidField { field: "items".to_owned(), text: "it is empty".to_owned() }),
            found if found > ITEMS_MAX => Err(Fault::TooManyItems { found }),
            _ => {
                let item = |(number, json)| RawItem { place: format!("items[{number}]"), json };
                Ok(self.kept.into_iter().enumerate().map(item).collect())
            }
        }
    }
}

impl RawItem {
    /// Reads it; a fault names the field from the outside, such as `items[3].quantity`.
    pub(crate) fn read<T: DeserializeOwned>(&self) -> Result<T, Fault> {
        read_json(self.json.get().as_bytes()).map_err(|fault| match fault {
            Fault::InvalidField { field, text } if field == "body" => {
                Fault::InvalidField { field: self.place.clone(), text }
            }
            Fault::InvalidField { field, text } => {
                Fault::InvalidField { field: format!("{}.{field}", self.place), text }
            }
            other => other,
        })
    }
}

impl<'de> Deserialize<'de> for Items {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(ItemsVisitor)
    }
}

struct ItemsVisitor;

impl<'de> Visitor<'de> for ItemsVisitor {
    type Value = Items;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of items")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Items, A::Error> {
        let mut kept = Vec::new();
        while kept.len() < ITEMS_MAX {
            match sequence.next_element()? {
                Some(json) => kept.push(json),
                None => return Ok(Items { found: kept.len(), kept }),
            }
        }
        let mut found = kept.len();
        while sequence.next_element::<IgnoredAny>()?.is_some() {
            found += 1;
        }
        Ok(Items { kept, found })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Line {
        #[serde(rename = "count")]
        _count: u32,
    }

    fn told(json: &str) -> Vec<String> {
        let items: Items = serde_json::from_str(json).unwrap();
        let told = |item: &RawItem| item.read::<Line>().map_or_else(|fault| fault.to_string(), |_| "fine".to_owned());
        items.within_limit().unwrap().iter().map(told).collect()
    }

    #[test]
    fn a_fault_of_an_item_is_told_with_its_place_and_is_its_own() {
        assert_eq!(
            told(r#"[{"count":1}, {"count":"x"}, 7, ["count"], {}, {"count":2}]"#),
            [
                "fine",
                "items[1].count: invalid type: string \"x\", expected u32",
                "items[2]: invalid type: integer `7`, expected struct Line",
                "items[3]: it is an array, not an object",
                "items[4].count: missing field `count`",
                "fine"
            ]
        );
    }

    #[test]
    fn one_to_a_thousand_items_are_taken() {
        for (count, expected) in [
            (0, "items: it is empty"),
            (1, "taken"),
            (1_000, "taken"),
            (1_001, "the batch has 1001 items, 1000 at most are taken"),
        ] {
            let json = serde_json::to_string(&vec![0; count]).unwrap();
            let items: Items = serde_json::from_str(&json).unwrap();
            assert!(items.kept.len() <= ITEMS_MAX);
            let told = items.within_limit().map_or_else(|fault| fault.to_string(), |_| "taken".to_owned());
            assert_eq!(told, expected);
        }
    }
}
