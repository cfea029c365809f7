//! The rows as a table.

use axum::response::Response;
use projections::consumptions::summary::{Group, Sums};

use super::UseSums;
use crate::problem::Fault;
use crate::table;

/// The columns behind the keys.
const COLUMNS: [&str; 8] = ["consumptions", "used", "included", "overage", "waived", "reversed", "charged", "prices"];

/// A file with the rows.
pub(super) fn render(file: &str, groups: &[Group], rows: Vec<Sums>) -> Result<Response, Fault> {
    let names = groups.iter().map(ToString::to_string);
    let header = names.chain(COLUMNS.map(str::to_owned)).collect();
    table::render(file, header, rows.into_iter().map(cells))
}

fn cells(row: Sums) -> Vec<String> {
    let keys: Vec<String> = row.keys.iter().flatten().map(|key| table::cell(key.as_deref()).into_owned()).collect();
    let UseSums { consumptions, used, included, overage, waived, reversed, charged, prices } = row.into();
    let prices: Vec<String> = prices.iter().map(|price| format!("{} {}", price.amount, price.currency)).collect();
    let sums = [consumptions.to_string(), used, included, overage, waived, reversed, charged, prices.join("; ")];
    keys.into_iter().chain(sums).collect()
}
