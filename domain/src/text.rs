//! Texts that callers give and the log keeps for ever: reasons, and the attributes of a consumption. Both are bounded,
//! and neither is for personal data: nobody can take it out again. Name people by opaque ids.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::id::{AttributeKey, InvalidToken};

/// Longest reason, in characters: a sentence or two.
pub const REASON_LENGTH_MAX: usize = 200;

/// Most attributes of one consumption.
pub const ATTRIBUTES_MAX: usize = 16;

/// Longest value of an attribute, in characters: fits two UUIDs, or the name of a model.
pub const ATTRIBUTE_LENGTH_MAX: usize = 128;

/// The text is not a reason.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a reason is 1 to {REASON_LENGTH_MAX} characters on one line")]
pub struct InvalidReason;

/// Why somebody did something by hand.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(with = "String"))]
pub struct ReasonText(Arc<str>);

impl ReasonText {
    /// Checks that the text is short, and on one line.
    pub fn new(text: impl AsRef<str>) -> Result<Self, InvalidReason> {
        let text = text.as_ref();
        let is_short = (1..=REASON_LENGTH_MAX).contains(&text.chars().count());
        if is_short && !text.trim().is_empty() && !text.contains(char::is_control) {
            return Ok(Self(text.into()));
        }
        Err(InvalidReason)
    }

    /// The reason as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for ReasonText {
    type Error = InvalidReason;

    fn try_from(text: String) -> Result<Self, InvalidReason> {
        Self::new(text)
    }
}

impl fmt::Display for ReasonText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ReasonText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// Why texts are not the attributes of a consumption.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidAttributes {
    /// More than [`ATTRIBUTES_MAX`].
    #[error("{given} attributes are more than {ATTRIBUTES_MAX}")]
    TooMany {
        /// How many were given.
        given: usize,
    },
    /// A name that is not a token.
    #[error(transparent)]
    Key(#[from] InvalidToken),
    /// A value that is too long, or not on one line.
    #[error("the value of attribute {key} is not 0 to {ATTRIBUTE_LENGTH_MAX} characters on one line")]
    Value {
        /// The attribute.
        key: AttributeKey,
    },
}

/// What a caller wants to tell consumptions apart by: a model, a campaign, a project.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "BTreeMap<String, String>")]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(with = "BTreeMap<String, String>"))]
pub struct Attributes(BTreeMap<AttributeKey, String>);

impl Attributes {
    /// Checks that they are few, and short.
    pub fn new(texts: BTreeMap<String, String>) -> Result<Self, InvalidAttributes> {
        if texts.len() > ATTRIBUTES_MAX {
            return Err(InvalidAttributes::TooMany { given: texts.len() });
        }
        let mut attributes = BTreeMap::new();
        for (key, value) in texts {
            let key = AttributeKey::new(key)?;
            if value.chars().count() > ATTRIBUTE_LENGTH_MAX || value.contains(char::is_control) {
                return Err(InvalidAttributes::Value { key });
            }
            attributes.insert(key, value);
        }
        Ok(Self(attributes))
    }

    /// Are there none?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each with its value, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&AttributeKey, &str)> {
        self.0.iter().map(|(key, value)| (key, value.as_str()))
    }
}

impl TryFrom<BTreeMap<String, String>> for Attributes {
    type Error = InvalidAttributes;

    fn try_from(texts: BTreeMap<String, String>) -> Result<Self, InvalidAttributes> {
        Self::new(texts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_short_and_on_one_line() {
        for good in ["x", "Compensación por la caída del 3 de mayo", &"ñ".repeat(200)] {
            assert_eq!(ReasonText::new(good).unwrap().as_str(), good);
        }
        for bad in ["", "  ", "two\nlines", &"x".repeat(201)] {
            assert_eq!(ReasonText::new(bad).unwrap_err().to_string(), "a reason is 1 to 200 characters on one line");
        }
    }

    #[test]
    fn attributes_are_few_and_short() {
        let refused =
            |texts: Vec<(String, String)>| Attributes::new(texts.into_iter().collect()).unwrap_err().to_string();
        let numbered =
            |count: usize| (0..count).map(|number| (format!("k{number}"), String::new())).collect::<Vec<_>>();
        assert!(Attributes::new(numbered(16).into_iter().collect()).is_ok());
        assert_eq!(refused(numbered(17)), "17 attributes are more than 16");
        let one = |key: &str, value: &str| vec![(key.to_owned(), value.to_owned())];
        assert_eq!(refused(one("a b", "")), "attribute \"a b\" is not 1 to 64 letters, digits, - and _");
        let long = "the value of attribute model is not 0 to 128 characters on one line";
        assert_eq!(refused(one("model", &"x".repeat(129))), long);
        assert_eq!(refused(one("model", "a\nb")), long);
    }
}
