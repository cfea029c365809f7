//! Conversions between plans.

use axum::extract::State;
use axum::response::Response;
use projections::plan_conversions::summary::{Count, Trials, summarize};
use rust_decimal::Decimal;
use serde::Serialize;
use utoipa::ToSchema;

use super::query::Asked;
use super::{Table, answer, days_of};
use crate::gate::Gate;
use crate::problem::Problem;
use crate::request::{FreshnessParams, Product};

/// Decimals of a rate: hundredths of a percent.
const RATE_SCALE: u32 = 4;

/// Who went from which plan to which, and what came of trials.
#[derive(Serialize, ToSchema)]
pub(crate) struct Conversions {
    /// The product.
    #[schema(example = "agencia")]
    product: String,
    /// `live` or `sandbox`.
    #[schema(example = "live")]
    environment: &'static str,
    /// The first day.
    #[schema(format = Date, example = "2031-03-01")]
    from: String,
    /// The last day.
    #[schema(format = Date, example = "2031-03-31")]
    to: String,
    /// How often what happened on these days.
    rows: Vec<ConversionCount>,
    /// What came up to now of the trials that began on these days.
    trials: TrialCounts,
}

/// How often something happened.
#[derive(Serialize, ToSchema)]
pub(crate) struct ConversionCount {
    /// `trial_started`, `trial_converted`, `trial_lost`, `started`, `restarted`, `upgraded`, `downgraded`, `switched`,
    /// `interval_changed` or `canceled`.
    #[schema(example = "upgraded")]
    kind: String,
    /// The plan it was; null of one that had none.
    #[schema(example = "starter")]
    plan_from: Option<String>,
    /// The plan it is; null of one that ended.
    #[schema(example = "partner")]
    plan_to: Option<String>,
    /// How often it was paid, if that is what changed.
    #[schema(example = json!(null))]
    interval_from: Option<String>,
    /// How often it is paid, if that is what changed.
    #[schema(example = json!(null))]
    interval_to: Option<String>,
    /// How often.
    #[schema(example = 3)]
    count: i64,
}

/// What came of trials.
#[derive(Serialize, ToSchema)]
pub(crate) struct TrialCounts {
    /// How many began.
    #[schema(example = 8)]
    started: i64,
    /// How many became a plan that is paid.
    #[schema(example = 5)]
    converted: i64,
    /// How many ended without one.
    #[schema(example = 2)]
    lost: i64,
    /// How many it is not known of yet.
    #[schema(example = 1)]
    open: i64,
    /// The share of those that began that converted: `0.6250` is 62.50 %; null if none began.
    #[schema(example = "0.6250")]
    conversion_rate: Option<String>,
}

impl From<Count> for ConversionCount {
    fn from(count: Count) -> Self {
        let Count { kind, plan_from, plan_to, interval_from, interval_to, count } = count;
        Self { kind, plan_from, plan_to, interval_from, interval_to, count }
    }
}

impl From<Trials> for TrialCounts {
    fn from(Trials { started, converted, lost }: Trials) -> Self {
        let rate = (started > 0).then(|| {
            let mut rate = domain::money::round(Decimal::from(converted) / Decimal::from(started), RATE_SCALE);
            rate.rescale(RATE_SCALE);
            rate.to_string()
        });
        Self { started, converted, lost, open: started - converted - lost, conversion_rate: rate }
    }
}

const COLUMNS: [&str; 6] = ["kind", "plan_from", "plan_to", "interval_from", "interval_to", "count"];

impl Conversions {
    fn table(&self) -> Table {
        let cells = |row: &ConversionCount| {
            let plain = |text: &Option<String>| text.clone().unwrap_or_default();
            let (from, to) = (plain(&row.plan_from), plain(&row.plan_to));
            let (interval_from, interval_to) = (plain(&row.interval_from), plain(&row.interval_to));
            vec![row.kind.clone(), from, to, interval_from, interval_to, row.count.to_string()]
        };
        Table {
            file: format!("conversions-{}-{}-{}.csv", self.product, self.from, self.to),
            header: COLUMNS.map(str::to_owned).into(),
            rows: self.rows.iter().map(cells).collect(),
        }
    }
}

/// Who went from which plan to which, and what came of trials.
///
/// Up and down go by what a month costs. `trials` counts those that began on the days that are asked for, whenever they
/// converted or were lost; rows count what happened on these days. `Accept: text/csv` or `format=csv` gives the rows as a
/// table.
#[utoipa::path(
    get, path = "/v1/products/{product}/revenue/conversions", tag = "revenue",
    params(("product" = String, Path, description = "The product", example = "agencia"), Asked, FreshnessParams),
    responses((
        status = 200, description = "How often organizations went from which plan to which",
        content((Conversions = "application/json"), (String = "text/csv")),
    ))
)]
pub(crate) async fn get_conversions(
    State(gate): State<Gate>,
    Product(product): Product,
    asked: Asked,
) -> Result<Response, Problem> {
    let days = days_of(&gate, &product, &asked, "plan_conversions").await?;
    let found = summarize(&gate.pool, &product, asked.environment, days).await?;
    let conversions = Conversions {
        product: product.to_string(),
        environment: asked.environment.as_str(),
        from: days.0.to_string(),
        to: days.1.to_string(),
        rows: found.counts.into_iter().map(ConversionCount::from).collect(),
        trials: found.trials.into(),
    };
    Ok(answer(asked.format, &conversions, || conversions.table())?)
}
