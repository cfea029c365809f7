//! The languages documents are written in.

/// The language of a document: its words, its dates, and the marks in its numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// `1.234,50`, `25 de febrero de 2024`.
    Spanish,
    /// `1,234.50`, `25 February 2024`.
    English,
}

impl Language {
    /// The language's tag: `es` or `en`. Source: ISO 639-1.
    #[must_use]
    pub fn tag(self) -> &'static str {
        self.pick("es", "en")
    }

    /// The language of a tag such as `es` or `es-CL`, if documents are written in it.
    #[must_use]
    pub fn of_tag(tag: &str) -> Option<Self> {
        match tag.split(['-', '_']).next()?.to_ascii_lowercase().as_str() {
            "es" => Some(Self::Spanish),
            "en" => Some(Self::English),
            _ => None,
        }
    }

    /// Of two ways to say something, the one in this language.
    pub(crate) fn pick<T>(self, spanish: T, english: T) -> T {
        match self {
            Self::Spanish => spanish,
            Self::English => english,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_names_a_language_whatever_its_region() {
        let cases = [
            ("es", Some(Language::Spanish)),
            ("es-CL", Some(Language::Spanish)),
            ("EN_us", Some(Language::English)),
            ("pt", None),
            ("", None),
        ];
        for (tag, language) in cases {
            assert_eq!(Language::of_tag(tag), language, "{tag}");
        }
    }
}
