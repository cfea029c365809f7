//! What a summary is written in: JSON, or a table.

use std::str::FromStr;

use axum::http::HeaderMap;
use axum::http::header::ACCEPT;

/// What an answer is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// JSON, with all that is told.
    Json,
    /// A table: the rows.
    Csv,
}

impl FromStr for Format {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "json" => Ok(Self::Json),
            "csv" => Ok(Self::Csv),
            _ => Err("it is not json or csv"),
        }
    }
}

impl Format {
    /// The first that a caller names. Nobody is refused for naming neither: JSON is what the API speaks.
    pub(crate) fn accepted(headers: &HeaderMap) -> Self {
        let named = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
        let types = named.flat_map(|value| value.split(',')).map(|range| range.split(';').next().unwrap_or_default());
        let known = |range: &str| match range.trim() {
            "text/csv" | "text/*" => Some(Self::Csv),
            "application/json" | "application/*" | "*/*" => Some(Self::Json),
            _ => None,
        };
        types.filter_map(known).next().unwrap_or(Self::Json)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_format_is_the_first_that_is_named() {
        for (accept, format) in [
            ("text/csv", Format::Csv),
            ("text/csv; header=present, application/json", Format::Csv),
            ("application/json, text/csv", Format::Json),
            ("text/html, text/csv;q=0.9, */*;q=0.1", Format::Csv),
            ("*/*", Format::Json),
            ("image/png", Format::Json),
        ] {
            let headers = HeaderMap::from_iter([(ACCEPT, accept.parse().unwrap())]);
            assert_eq!(Format::accepted(&headers), format, "{accept}");
        }
        assert_eq!(Format::accepted(&HeaderMap::new()), Format::Json);
    }
}
