//! What every refusal says: the fact, a hint, a stable code and the numbers behind it.

use serde_json::Value;

/// The family of a refusal; the API maps each to one HTTP status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusalClass {
    /// The request names something that cannot be: a wrong amount, an unknown zone.
    Invalid,
    /// The thing that was named does not exist.
    Unknown,
    /// The state of the world stands against it.
    Conflict,
    /// The plan does not include it.
    NotEntitled,
    /// Credits are short.
    PaymentRequired,
    /// The allowance of the window is used up.
    QuotaExceeded,
}

/// A refusal of the domain: a state of the world, told with its values.
pub trait Refusal: std::error::Error + Clone + Send + Sync + 'static {
    /// Stable and machine-readable; documented in `docs/reference/rejections.md`.
    fn code(&self) -> &'static str;

    /// Which family it belongs to.
    fn class(&self) -> RefusalClass;

    /// What the caller can do about it.
    fn hint(&self) -> String;

    /// The values in the text, typed, by name.
    fn members(&self) -> Vec<(&'static str, Value)> {
        Vec::new()
    }

    /// One of each, for the reference page and for the tests that keep it complete.
    fn samples() -> Vec<Self>;
}

/// A value of a sample, from its text.
pub(crate) fn sample<T: TryFrom<String, Error: std::fmt::Debug>>(text: &str) -> T {
    T::try_from(text.to_owned()).expect("samples are written in this crate")
}
