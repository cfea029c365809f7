//! What was used, summed up by feature, actor, attribute, day or period: of an organization, or of all of a product.

mod query;
mod table;

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::http::header::{LINK, VARY};
use axum::http::{HeaderValue, Uri};
use axum::response::{IntoResponse, Response};
use domain::stream::Owner;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use projections::consumptions::summary::{Group, Summary, Sums, Whose, summarize};
use serde::Serialize;
use utoipa::ToSchema;

use self::query::SummaryQuery;
use crate::gate::Gate;
use crate::problem::Problem;
use crate::registration;
use crate::representation::{self, Money, plain};
use crate::request::{Customer, Format, Freshness, FreshnessParams, OrganizationPath, Product};
use crate::routes::look::Look;

/// The projection behind these reads.
const PROJECTION: &str = "consumptions";

/// What was used, group by group.
#[derive(Serialize, ToSchema)]
pub(crate) struct UsageSummary {
    /// The first local day.
    #[schema(format = Date, example = "2031-03-01")]
    from: String,
    /// The last local day.
    #[schema(format = Date, example = "2031-03-31")]
    to: String,
    /// Where days begin and end; null of a product, where each organization has its own days.
    #[schema(example = "America/Santiago")]
    time_zone: Option<String>,
    /// A page of the groups, in the order of their keys; those that do not say come last.
    rows: Vec<GroupUse>,
    /// What all groups come to, those on other pages too.
    total: UseSums,
    /// The `after` of the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "5b227768617473617070225d")]
    next_after: Option<String>,
}

/// What was used of a group.
#[derive(Serialize, ToSchema)]
pub(crate) struct GroupUse {
    /// Its key for each name in `group_by`; null where nothing was said. A period is `start/end`.
    #[schema(example = json!({ "feature": "whatsapp_messages", "attribute:campaign": "autumn" }))]
    group: BTreeMap<String, Option<String>>,
    #[serde(flatten)]
    sums: UseSums,
}

/// What was used, less what was given back.
#[derive(Serialize, ToSchema)]
pub(crate) struct UseSums {
    /// How many times something was used; what was given back stays counted.
    #[schema(example = 2001)]
    consumptions: i64,
    /// All that was used: included and past the limit.
    #[schema(example = "2001")]
    used: String,
    /// What of it was included.
    #[schema(example = "2000")]
    included: String,
    /// What of it was past the limit.
    #[schema(example = "1")]
    overage: String,
    /// What administrators used: it is neither limited nor counted as used.
    #[schema(example = "0")]
    waived: String,
    /// What was given back.
    #[schema(example = "3")]
    reversed: String,
    /// Credits it cost.
    #[schema(example = "0.05")]
    charged: String,
    /// What it put on invoices, in each currency.
    prices: Vec<Money>,
}

impl From<Sums> for UseSums {
    fn from(sums: Sums) -> Self {
        let price = |(currency, amount)| representation::money(Some(amount), Some(currency));
        Self {
            consumptions: sums.consumptions,
            used: plain(sums.used),
            included: plain(sums.included),
            overage: plain(sums.overage),
            waived: plain(sums.waived),
            reversed: plain(sums.reversed),
            charged: representation::credits(sums.charged),
            prices: sums.prices().filter_map(price).collect(),
        }
    }
}

/// What an organization used, summed up: by feature, actor, day, month, period, plan, or an attribute.
///
/// `from` and `to` are local days, both inside; without them it is the current calendar month. What happened is of the
/// day it happened on (`occurred_at`), and a capture of a hold is used when it is captured. A reversal lowers the
/// consumption it gives back, on that one's day. The period is the window a consumption counted in: of a feature that
/// counts by billing period, the billing period. `Accept: text/csv` or `format=csv` gives the rows as a table.
#[utoipa::path(
    get, path = "/v1/organizations/{organization}/usage/summary", tag = "usage",
    params(OrganizationPath, SummaryQuery, FreshnessParams),
    responses((
        status = 200, description = "A page of the groups, and what all of them come to",
        content((UsageSummary = "application/json"), (String = "text/csv")),
        headers(("Link" = String, description = "The next page, `rel=\"next\"`; absent on the last one")),
    ))
)]
pub(crate) async fn summarize_usage(
    State(gate): State<Gate>,
    customer: Customer,
    query: SummaryQuery,
    uri: Uri,
) -> Result<Response, Problem> {
    query.freshness.wait(&gate, PROJECTION, &customer.owner()).await?;
    let look = Look::at(&gate, &customer, Freshness::default()).await?;
    let zone = &look.terms().zone;
    let days = query.days(zone.day_of(look.context.now))?;
    let asked = Asked { name: customer.0.as_str(), time_zone: Some(zone.name().to_owned()), days, uri: &uri };
    let found = summarize(&gate.pool, &query.wanted(Whose::Organization(&customer.0), days)).await?;
    asked.answer(found, &query)
}

/// What all organizations of a product used, summed up: also by organization.
///
/// As the summary of one organization; days are those of each organization. Without `from` and `to` it is the current
/// calendar month in UTC.
#[utoipa::path(
    get, path = "/v1/products/{product}/usage/summary", tag = "usage",
    params(("product" = String, Path, description = "The product", example = "agencia"), SummaryQuery, FreshnessParams),
    responses((
        status = 200, description = "A page of the groups, and what all of them come to",
        content((UsageSummary = "application/json"), (String = "text/csv")),
        headers(("Link" = String, description = "The next page, `rel=\"next\"`; absent on the last one")),
    ))
)]
pub(crate) async fn summarize_product_usage(
    State(gate): State<Gate>,
    Product(product): Product,
    query: SummaryQuery,
    uri: Uri,
) -> Result<Response, Problem> {
    query.freshness.wait(&gate, PROJECTION, &Owner::Product(product.clone())).await?;
    if registration::catalog(&gate, &product).await?.is_none() {
        return Err(registration::unknown_product(product).into());
    }
    let days = query.days(Timestamp::now().to_zoned(TimeZone::UTC).date())?;
    let asked = Asked { name: product.as_str(), time_zone: None, days, uri: &uri };
    let found = summarize(&gate.pool, &query.wanted(Whose::Product(&product), days)).await?;
    asked.answer(found, &query)
}

/// What an answer says of its question.
struct Asked<'a> {
    name: &'a str,
    time_zone: Option<String>,
    days: (Date, Date),
    uri: &'a Uri,
}

impl Asked<'_> {
    fn answer(self, found: Summary, query: &SummaryQuery) -> Result<Response, Problem> {
        let last = found.rows.last().filter(|_| found.has_more);
        let next_after = last.and_then(|row| row.keys.as_deref()).map(query::after);
        let link = next_after.as_deref().and_then(|after| HeaderValue::from_str(&next_page(self.uri, after)).ok());
        let (from, to) = (self.days.0.to_string(), self.days.1.to_string());
        let groups = &query.group_by.0;
        let mut response = match query.format {
            Format::Csv => table::render(&format!("usage-{}-{from}-{to}.csv", self.name), groups, found.rows)?,
            Format::Json => Json(UsageSummary {
                from,
                to,
                time_zone: self.time_zone,
                rows: found.rows.into_iter().map(|row| GroupUse::of(groups, row)).collect(),
                total: found.total.into(),
                next_after,
            })
            .into_response(),
        };
        let headers = response.headers_mut();
        headers.insert(VARY, HeaderValue::from_static("Accept"));
        headers.extend(link.map(|link| (LINK, link)));
        Ok(response)
    }
}

impl GroupUse {
    fn of(groups: &[Group], row: Sums) -> Self {
        let keys = groups.iter().zip(row.keys.iter().flatten());
        Self { group: keys.map(|(group, key)| (group.to_string(), key.clone())).collect(), sums: row.into() }
    }
}

/// The same question, from another key on.
fn next_page(uri: &Uri, after: &str) -> String {
    let asked = uri.query().unwrap_or_default().split('&');
    let kept: String =
        asked.filter(|pair| !pair.is_empty() && !pair.starts_with("after=")).map(|pair| format!("{pair}&")).collect();
    format!("<{}?{kept}after={after}>; rel=\"next\"", uri.path())
}
