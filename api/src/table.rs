//! Tables as CSV: RFC 4180, with a header.
//!
//! Spreadsheets take a cell for a formula that begins with `=`, `+`, `-` or `@`, and an actor or an attribute is a text
//! of somebody else's. Such a text gets an apostrophe in front, which spreadsheets hide ([`cell`]). Numbers are
//! Tollgate's own.

use std::borrow::Cow;

use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use csv::{Terminator, WriterBuilder};

use crate::problem::Fault;

/// A file with a header and rows.
pub(crate) fn render(
    file: &str,
    header: Vec<String>,
    rows: impl IntoIterator<Item = Vec<String>>,
) -> Result<Response, Fault> {
    // Nothing is written but to memory, so what may fail does not.
    let text = write(header, rows).ok_or(Fault::Internal)?;
    let disposition = format!("attachment; filename=\"{file}\"");
    let headers =
        [(CONTENT_TYPE, "text/csv; charset=utf-8; header=present".to_owned()), (CONTENT_DISPOSITION, disposition)];
    Ok((headers, text).into_response())
}

fn write(header: Vec<String>, rows: impl IntoIterator<Item = Vec<String>>) -> Option<Vec<u8>> {
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new());
    writer.write_record(header).ok()?;
    for row in rows {
        writer.write_record(row).ok()?;
    }
    writer.into_inner().ok()
}

/// Somebody else's text.
pub(crate) fn cell(key: Option<&str>) -> Cow<'_, str> {
    match key {
        None => Cow::Borrowed(""),
        Some(text) if text.starts_with(['=', '+', '-', '@']) => Cow::Owned(format!("'{text}")),
        Some(text) => Cow::Borrowed(text),
    }
}
