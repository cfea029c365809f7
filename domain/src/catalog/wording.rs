//! Texts that a customer reads, in the languages Tollgate's products speak.

use serde::{Deserialize, Serialize};

/// A language of customers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Language {
    /// Spanish.
    Es,
    /// English.
    En,
}

/// One text in every language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Wording {
    /// In Spanish.
    pub es: String,
    /// In English.
    pub en: String,
}

impl Wording {
    /// The text in a language.
    #[must_use]
    pub fn in_language(&self, language: Language) -> &str {
        match language {
            Language::Es => &self.es,
            Language::En => &self.en,
        }
    }
}
