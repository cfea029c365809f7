//! The rows as CSV: RFC 4180, with a header.
//!
//! Spreadsheets take a cell for a formula that begins with `=`, `+`, `-` or `@`, and an actor or an attribute is a text
//! of somebody else's. Such a key gets an apostrophe in front, which spreadsheets hide. Numbers are Tollgate's own.

use std::borrow::Cow;

use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use csv::{Terminator, WriterBuilder};
use projections::consumptions::summary::{Group, Sums};

use super::UseSums;
use crate::problem::Fault;

/// The columns behind the keys.
const COLUMNS: [&str; 8] = ["consumptions", "used", "included", "overage", "waived", "reversed", "charged", "prices"];

/// A file with the rows.
pub(super) fn render(file: &str, groups: &[Group], rows: Vec<Sums>) -> Result<Response, Fault> {
    // Nothing is written but to memory, so what may fail does not.
    let text = write(groups, rows).ok_or(Fault::Internal)?;
    let disposition = format!("attachment; filename=\"{file}\"");
    let headers =
        [(CONTENT_TYPE, "text/csv; charset=utf-8; header=present".to_owned()), (CONTENT_DISPOSITION, disposition)];
    Ok((headers, text).into_response())
}

fn write(groups: &[Group], rows: Vec<Sums>) -> Option<Vec<u8>> {
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new());
    let names = groups.iter().map(ToString::to_string);
    writer.write_record(names.chain(COLUMNS.map(str::to_owned))).ok()?;
    for row in rows {
        let keys: Vec<String> = row.keys.iter().flatten().map(|key| cell(key.as_deref()).into_owned()).collect();
        let UseSums { consumptions, used, included, overage, waived, reversed, charged, prices } = row.into();
        let prices: Vec<String> = prices.iter().map(|price| format!("{} {}", price.amount, price.currency)).collect();
        let sums = [consumptions.to_string(), used, included, overage, waived, reversed, charged, prices.join("; ")];
        writer.write_record(keys.into_iter().chain(sums)).ok()?;
    }
    writer.into_inner().ok()
}

fn cell(key: Option<&str>) -> Cow<'_, str> {
    match key {
        None => Cow::Borrowed(""),
        Some(text) if text.starts_with(['=', '+', '-', '@']) => Cow::Owned(format!("'{text}")),
        Some(text) => Cow::Borrowed(text),
    }
}
