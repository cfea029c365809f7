//! Bodies: JSON whose fields are all known, and the text of a catalog.

use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use serde::de::DeserializeOwned;
use serde_json::error::Category;
use tokio::time::timeout;

use crate::problem::{Fault, Problem};

/// A body of 1 MiB takes this long at 300 kbit/s; whoever is slower holds a connection for nothing.
const BODY_PATIENCE: Duration = Duration::from_secs(30);

/// A JSON body, read into what a route takes.
pub(crate) struct Payload<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Payload<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let bytes = receive(request, state, "application/json", &["application/json"]).await?;
        Ok(Self(read_json(&bytes)?))
    }
}

/// The text of a catalog file.
pub(crate) struct CatalogText(pub(crate) String);

impl<S: Send + Sync> FromRequest<S> for CatalogText {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let bytes = receive(request, state, "application/toml", &["application/toml", "text/plain"]).await?;
        let not_text = |_| Fault::InvalidField { field: "body".to_owned(), text: "it is not UTF-8 text".to_owned() };
        Ok(Self(String::from_utf8(bytes.into()).map_err(not_text)?))
    }
}

async fn receive<S: Send + Sync>(
    request: Request,
    state: &S,
    expected: &'static str,
    accepted: &[&str],
) -> Result<Bytes, Fault> {
    let found = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("of no type");
    let essence = found.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if !accepted.contains(&essence.as_str()) {
        return Err(Fault::UnsupportedMediaType { found: found.chars().take(80).collect(), expected });
    }
    match timeout(BODY_PATIENCE, Bytes::from_request(request, state)).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(rejection)) if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => Err(Fault::BodyTooLarge),
        Ok(Err(_)) | Err(_) => Err(Fault::BodyIncomplete),
    }
}

/// Reads the JSON of a body, or of one item in it.
pub(super) fn read_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Fault> {
    // serde would take an array for an object whose fields are in order; a caller who sends one meant something else.
    if bytes.trim_ascii_start().starts_with(b"[") {
        return Err(Fault::InvalidField { field: "body".to_owned(), text: "it is an array, not an object".to_owned() });
    }
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let read = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let path = error.path().to_string();
        fault(&path, error.inner())
    })?;
    deserializer.end().map_err(|error| fault("", &error))?;
    Ok(read)
}

fn fault(path: &str, error: &serde_json::Error) -> Fault {
    match error.classify() {
        Category::Syntax | Category::Eof | Category::Io => Fault::MalformedJson { text: error.to_string() },
        Category::Data => {
            let text = error.to_string();
            // serde_json adds where it stopped reading, which is behind the value; the field says it better.
            let text = text.rsplit_once(" at line ").map_or(text.as_str(), |(text, _)| text);
            Fault::InvalidField { field: field(path, text), text: text.to_owned() }
        }
    }
}

/// The field a fault is about. A missing field has no path of its own, serde names it in the text only.
fn field(path: &str, text: &str) -> String {
    let named = text.strip_prefix("missing field `").or_else(|| text.strip_prefix("duplicate field `"));
    match (path, named.and_then(|rest| rest.split('`').next())) {
        ("" | "." | "?", Some(name)) => name.to_owned(),
        ("" | "." | "?", None) => "body".to_owned(),
        (path, Some(name)) if !path.ends_with(name) => format!("{path}.{name}"),
        (path, _) => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::PlanCode;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Order {
        #[serde(rename = "plan")]
        _plan: PlanCode,
        #[serde(rename = "lines", default)]
        _lines: Vec<Order>,
    }

    fn told(json: &str) -> (&'static str, String) {
        let fault = read_json::<Order>(json.as_bytes()).unwrap_err();
        (fault.code(), fault.to_string())
    }

    #[test]
    fn what_is_not_json_is_malformed_and_the_rest_names_its_field() {
        let malformed = "the body is not JSON: ";
        for json in ["", "{", "{\"plan\": tru}", "{\"plan\":\"a\"} x"] {
            let (code, text) = told(json);
            assert_eq!((code, text.starts_with(malformed)), ("malformed_json", true), "{json}");
        }
        for (json, expected) in [
            ("[\"a\", []]", "body: it is an array, not an object"),
            ("{}", "plan: missing field `plan`"),
            ("{\"plan\":1}", "plan: invalid type: integer `1`, expected a string"),
            ("{\"plan\":\"a b\"}", "plan: plan \"a b\" is not 1 to 64 letters, digits, - and _"),
            ("{\"plan\":\"a\",\"plan\":\"b\"}", "plan: duplicate field `plan`"),
            ("{\"plan\":\"a\",\"price\":1}", "price: unknown field `price`, expected `plan` or `lines`"),
            ("{\"plan\":\"a\",\"lines\":[{}]}", "lines[0].plan: missing field `plan`"),
        ] {
            assert_eq!(told(json), ("invalid_field", expected.to_owned()), "{json}");
        }
    }
}
