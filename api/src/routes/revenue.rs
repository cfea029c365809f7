//! What a product earns: what its organizations are worth a month and how that moved, what was invoiced, collected and
//! given back, and who went from which plan to which.

pub(crate) mod conversions;
pub(crate) mod mrr;
mod query;
pub(crate) mod sums;

use axum::Json;
use axum::http::HeaderValue;
use axum::http::header::VARY;
use axum::response::{IntoResponse, Response};
use domain::ProductCode;
use domain::stream::Owner;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Serialize;

use self::query::Asked;
use crate::gate::Gate;
use crate::problem::{Fault, Problem};
use crate::registration;
use crate::request::Format;
use crate::table;

/// Waits for a projection, and tells which days of a product are asked for: without any it is the month it is in UTC.
async fn days_of(
    gate: &Gate,
    product: &ProductCode,
    asked: &Asked,
    projection: &'static str,
) -> Result<(Date, Date), Problem> {
    asked.freshness.wait(gate, projection, &Owner::Product(product.clone())).await?;
    if registration::catalog(gate, product).await?.is_none() {
        return Err(registration::unknown_product(product.clone()).into());
    }
    Ok(asked.days(Timestamp::now().to_zoned(TimeZone::UTC).date())?)
}

/// A table of an answer: what it is called, its columns, its rows.
struct Table {
    file: String,
    header: Vec<String>,
    rows: Vec<Vec<String>>,
}

/// An answer as JSON, or as a table.
fn answer(format: Format, body: impl Serialize, table: impl FnOnce() -> Table) -> Result<Response, Fault> {
    let mut response = match format {
        Format::Json => Json(body).into_response(),
        Format::Csv => {
            let Table { file, header, rows } = table();
            table::render(&file, header, rows)?
        }
    };
    response.headers_mut().insert(VARY, HeaderValue::from_static("Accept"));
    Ok(response)
}
