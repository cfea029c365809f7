//! Questions about documents: which page of them, in which language, as JSON or as PDF.

use std::str::FromStr;

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::header::{ACCEPT, ACCEPT_LANGUAGE};
use axum::http::request::Parts;
use documents::Language;
use domain::InvoiceId;
use utoipa::IntoParams;

use crate::problem::Problem;
use crate::request::{Freshness, QueryParams};

/// A page of what is listed the newest first.
pub(crate) struct Page {
    pub(super) before: i64,
    pub(super) limit: i64,
    pub(super) freshness: Freshness,
}

impl Page {
    fn take(query: &mut QueryParams) -> Result<Self, Problem> {
        let before = query.take("before")?.unwrap_or(i64::MAX);
        Ok(Self { before, limit: query.limit()?, freshness: Freshness::take(query)? })
    }

    /// The `before` of the next page; `None` on the last one.
    pub(super) fn next(&self, rows: usize, last: Option<i64>) -> Option<i64> {
        let is_full = i64::try_from(rows).is_ok_and(|rows| rows == self.limit);
        last.filter(|_| is_full)
    }
}

/// The page, for the OpenAPI document.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes what `Page` reads by hand")]
pub(crate) struct PageParams {
    /// Only those before this position: the `next_before` of the page before.
    #[param(example = 17)]
    before: Option<i64>,
    /// How many at most.
    #[param(required = false, minimum = 1, maximum = 1000, default = 100)]
    limit: i64,
}

/// What an invoice is called for what is due of it.
#[derive(Clone, Copy)]
pub(crate) enum Status {
    Open,
    Paid,
    Credited,
    Void,
}

impl Status {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Paid => "paid",
            Self::Credited => "credited",
            Self::Void => "void",
        }
    }
}

impl FromStr for Status {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let all = [Self::Open, Self::Paid, Self::Credited, Self::Void];
        all.into_iter().find(|status| status.as_str() == text).ok_or("it is not open, paid, credited or void")
    }
}

/// Which invoices.
pub(crate) struct ListQuery {
    pub(super) status: Option<Status>,
    pub(super) page: Page,
}

/// Which invoices, for the OpenAPI document.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes what `ListQuery` reads by hand")]
pub(crate) struct ListParams {
    /// Only those that are `open`, `paid`, `credited` (nothing is due because of credit notes) or `void`.
    #[param(example = "open")]
    status: Option<String>,
}

impl<S: Send + Sync> FromRequestParts<S> for ListQuery {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let mut query = QueryParams::of(parts, state).await?;
        let read = Self { status: query.take("status")?, page: Page::take(&mut query)? };
        query.finish()?;
        Ok(read)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Page {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let mut query = QueryParams::of(parts, state).await?;
        let page = Self::take(&mut query)?;
        query.finish()?;
        Ok(page)
    }
}

/// Which payments.
pub(crate) struct PaymentsQuery {
    pub(super) invoice: Option<InvoiceId>,
    pub(super) page: Page,
}

/// Which payments, for the OpenAPI document.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes what `PaymentsQuery` reads by hand")]
pub(crate) struct PaymentsParams {
    /// Only those of this invoice.
    #[param(example = "inv_0198c0de7a7e7c0fb1a5e5d2f1c0ffee-1")]
    invoice: Option<String>,
}

impl<S: Send + Sync> FromRequestParts<S> for PaymentsQuery {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let mut query = QueryParams::of(parts, state).await?;
        let read = Self { invoice: query.token("invoice")?, page: Page::take(&mut query)? };
        query.finish()?;
        Ok(read)
    }
}

/// How a document is wanted, for the OpenAPI document.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes what `DocumentQuery` reads by hand")]
pub(crate) struct DocumentParams {
    /// `es` or `en`. Without it, the first of the two that `Accept-Language` names; else the customer's, else the
    /// seller's.
    #[param(example = "es")]
    language: Option<String>,
}

/// How a document is wanted.
pub(crate) struct DocumentQuery {
    pub(super) language: Option<Language>,
    pub(super) accept_language: Option<Language>,
    pub(super) accepts_pdf: bool,
    pub(super) freshness: Freshness,
}

impl<S: Send + Sync> FromRequestParts<S> for DocumentQuery {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let mut query = QueryParams::of(parts, state).await?;
        let read = Self {
            language: query.take("language")?.map(|Tag(language)| language),
            accept_language: named(&parts.headers, ACCEPT_LANGUAGE.as_str()).find_map(Language::of_tag),
            accepts_pdf: is_pdf_first(&parts.headers),
            freshness: Freshness::take(&mut query)?,
        };
        query.finish()?;
        Ok(read)
    }
}

/// A language by its tag.
struct Tag(Language);

impl FromStr for Tag {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Language::of_tag(text).map(Self).ok_or("documents are written in es and en")
    }
}

/// What a header names, in its order, without weights.
fn named<'h>(headers: &'h HeaderMap, header: &'static str) -> impl Iterator<Item = &'h str> {
    let values = headers.get_all(header).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(|part| part.split(';').next().unwrap_or_default().trim())
}

/// Does a caller name PDF before JSON? Nobody is refused for naming neither: JSON is what the API speaks.
fn is_pdf_first(headers: &HeaderMap) -> bool {
    let known = |range: &str| match range {
        "application/pdf" => Some(true),
        "application/json" | "application/*" | "*/*" => Some(false),
        _ => None,
    };
    named(headers, ACCEPT.as_str()).find_map(known).unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pdf_is_given_to_whoever_names_it_first() {
        for (accept, is_pdf) in [
            ("application/pdf", true),
            ("application/pdf;q=0.9, */*", true),
            ("application/json, application/pdf", false),
            ("*/*", false),
            ("text/html", false),
        ] {
            assert_eq!(is_pdf_first(&HeaderMap::from_iter([(ACCEPT, accept.parse().unwrap())])), is_pdf, "{accept}");
        }
        assert!(!is_pdf_first(&HeaderMap::new()));
    }

    #[test]
    fn a_language_is_the_first_that_documents_are_written_in() {
        for (accept, language) in
            [("es-CL,es;q=0.9", Some(Language::Spanish)), ("pt-BR, en;q=0.5", Some(Language::English)), ("pt", None)]
        {
            let headers = HeaderMap::from_iter([(ACCEPT_LANGUAGE, accept.parse().unwrap())]);
            assert_eq!(named(&headers, "accept-language").find_map(Language::of_tag), language, "{accept}");
        }
    }
}
