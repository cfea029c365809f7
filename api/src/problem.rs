//! Problems: what a caller is told when the answer is no (RFC 9457, `application/problem+json`).
//!
//! Three lanes lead here and never mix: what the domain refused (`refusal`), what this API itself refuses
//! ([`Fault`]), and what went wrong behind it (`failure`). Each has a stable code, a hint and typed members.

mod failure;
mod fault;
mod refusal;

use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

pub(crate) use fault::BODY_BYTES_MAX;
pub use fault::{CatalogFault, Fault};

/// The media type of a problem.
pub const PROBLEM_JSON: &str = "application/problem+json";

/// Where the codes of the domain are explained.
const REJECTIONS: &str = "docs/reference/rejections.md";

/// Where the codes of this API are explained.
const FAULTS: &str = "docs/reference/problems.md";

/// Names a problem has for itself; a member of the same name would hide one.
const RESERVED: &[&str] = &["type", "title", "status", "detail", "code", "hint", "error"];

/// A problem, on its way to the caller.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    status: StatusCode,
    page: &'static str,
    code: &'static str,
    detail: String,
    hint: String,
    members: Map<String, Value>,
    retry_after_seconds: Option<u32>,
}

impl Problem {
    fn new(page: &'static str, status: StatusCode, code: &'static str, detail: String, hint: String) -> Self {
        Self { status, page, code, detail, hint, members: Map::new(), retry_after_seconds: None }
    }

    /// The same problem, naming one more value. What it says already stays.
    #[must_use]
    pub(crate) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        if !RESERVED.contains(&name) {
            self.members.entry(name).or_insert_with(|| value.into());
        }
        self
    }

    /// The same problem of a request that has another name for the field that was refused: the domain knows commands, and
    /// several requests become one.
    #[must_use]
    pub(crate) fn renamed(mut self, field: &str, name: &str) -> Self {
        if let Some(named) = self.members.get_mut("field").filter(|named| **named == field) {
            *named = name.into();
        }
        self
    }

    /// The same problem, of one item among several. It has no headers of its own: what they would say stands in it.
    #[must_use]
    pub(crate) fn inside(mut self, place: &str) -> Self {
        if let Some(Value::String(field)) = self.members.get_mut("field") {
            *field = format!("{place}.{field}");
        }
        match self.retry_after_seconds {
            Some(seconds) => self.with("retry_after_seconds", seconds),
            None => self,
        }
    }

    fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after_seconds = Some(seconds);
        self
    }

    /// The status it is answered with.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// Its body.
    #[must_use]
    pub fn body(&self) -> Value {
        let mut body = self.members.clone();
        body.insert("type".to_owned(), json!(format!("{}#{}", self.page, anchor(self.code))));
        body.insert("title".to_owned(), json!(title(self.code)));
        body.insert("status".to_owned(), json!(self.status.as_u16()));
        body.insert("detail".to_owned(), json!(self.detail));
        body.insert("code".to_owned(), json!(self.code));
        // The products' clients know the code under this name.
        body.insert("error".to_owned(), json!(self.code));
        body.insert("hint".to_owned(), json!(self.hint));
        Value::Object(body)
    }
}

/// The heading of a code on the reference page, as a Markdown renderer makes an anchor of it.
fn anchor(code: &str) -> String {
    code.chars().filter(|c| *c != '.').flat_map(char::to_lowercase).collect()
}

/// A code in words, without what it belongs to: `subscription.unknown_plan` is `Unknown plan`.
fn title(code: &str) -> String {
    let (_, name) = code.rsplit_once('.').unwrap_or(("", code));
    let mut words = name.replace('_', " ").to_lowercase();
    if let Some(first) = words.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    words
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = (self.status, self.body().to_string()).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        if let Some(seconds) = self.retry_after_seconds {
            headers.insert(RETRY_AFTER, seconds.into());
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_a_title_and_an_anchor() {
        for (code, expected_title, expected_anchor) in [
            ("subscription.unknown_plan", "Unknown plan", "subscriptionunknown_plan"),
            ("INSUFFICIENT_CREDITS", "Insufficient credits", "insufficient_credits"),
            ("malformed_json", "Malformed json", "malformed_json"),
        ] {
            assert_eq!((title(code), anchor(code)), (expected_title.to_owned(), expected_anchor.to_owned()));
        }
    }

    #[test]
    fn a_problem_of_an_item_says_which_one_and_when_to_come_back() {
        let invalid = Fault::InvalidField { field: "quantity".to_owned(), text: "-1 is not above zero".to_owned() };
        assert_eq!(Problem::from(invalid).inside("items[3]").body()["field"], "items[3].quantity");
        let body = Problem::from(Fault::Overloaded).inside("items[3]").body();
        assert_eq!((&body["retry_after_seconds"], body.get("field")), (&json!(1), None));
    }

    #[test]
    fn a_problem_names_the_field_as_the_request_does() {
        let named = |problem: Problem| problem.renamed("quantity", "amount").body()["field"].clone();
        let invalid =
            |field: &str| Fault::InvalidField { field: field.to_owned(), text: "-1 is not above zero".to_owned() };
        assert_eq!(named(invalid("quantity").into()), "amount");
        assert_eq!(named(invalid("feature").into()), "feature");
        assert_eq!(named(Fault::Overloaded.into()), Value::Null);
    }

    #[test]
    fn a_member_hides_nothing_of_the_problem() {
        let problem = Problem::from(Fault::Unauthenticated).with("detail", "x").with("plan", "a").with("plan", "b");
        let body = problem.body();
        assert_ne!(body["detail"], "x");
        assert_eq!(body["plan"], "a");
    }
}
