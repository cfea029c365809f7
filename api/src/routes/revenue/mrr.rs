//! Monthly recurring revenue.

use axum::extract::State;
use axum::response::Response;
use projections::mrr_movements::summary::{Moves, summarize};
use serde::Serialize;
use utoipa::ToSchema;

use super::query::{Asked, MrrQuery};
use super::{Table, answer, days_of};
use crate::gate::Gate;
use crate::problem::Problem;
use crate::representation::amount_in;
use crate::request::{FreshnessParams, Product};

/// Monthly recurring revenue, stretch by stretch.
#[derive(Serialize, ToSchema)]
pub(crate) struct Mrr {
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
    /// Every stretch of every currency that ever moved, in the order of their days.
    rows: Vec<MrrMoves>,
}

/// What moved in a stretch of days: `opening` and the five movements come to `closing`.
#[derive(Serialize, ToSchema)]
pub(crate) struct MrrMoves {
    /// The first day.
    #[schema(format = Date, example = "2031-03-01")]
    from: String,
    /// The last day.
    #[schema(format = Date, example = "2031-03-31")]
    to: String,
    /// ISO 4217.
    #[schema(example = "USD")]
    currency: String,
    /// What all was worth a month before it.
    #[schema(example = "150.00")]
    opening: String,
    /// Of organizations that pay for the first time.
    #[schema(example = "30.00")]
    new: String,
    /// Of organizations that had left, or rested.
    #[schema(example = "0.00")]
    reactivation: String,
    /// What those that pay pay more.
    #[schema(example = "20.00")]
    expansion: String,
    /// What those that pay pay less; zero or below.
    #[schema(example = "-10.00")]
    contraction: String,
    /// What was lost of those that pay nothing any more; zero or below.
    #[schema(example = "-15.00")]
    churn: String,
    /// What all was worth a month after it.
    #[schema(example = "175.00")]
    closing: String,
    /// How many organizations paid something after it.
    #[schema(example = 9)]
    paying: i64,
}

impl From<Moves> for MrrMoves {
    fn from(moves: Moves) -> Self {
        let amount = |amount| amount_in(amount, &moves.currency);
        Self {
            from: moves.first.to_string(),
            to: moves.last.to_string(),
            opening: amount(moves.opening),
            new: amount(moves.new),
            reactivation: amount(moves.reactivation),
            expansion: amount(moves.expansion),
            contraction: amount(moves.contraction),
            churn: amount(moves.churn),
            closing: amount(moves.closing),
            paying: moves.paying,
            currency: moves.currency,
        }
    }
}

const COLUMNS: [&str; 11] = [
    "from",
    "to",
    "currency",
    "opening",
    "new",
    "reactivation",
    "expansion",
    "contraction",
    "churn",
    "closing",
    "paying",
];

impl Mrr {
    fn table(&self) -> Table {
        let cells = |moves: &MrrMoves| {
            let paying = moves.paying.to_string();
            [
                &moves.from,
                &moves.to,
                &moves.currency,
                &moves.opening,
                &moves.new,
                &moves.reactivation,
                &moves.expansion,
                &moves.contraction,
                &moves.churn,
                &moves.closing,
                &paying,
            ]
            .map(ToOwned::to_owned)
            .into()
        };
        Table {
            file: format!("mrr-{}-{}-{}.csv", self.product, self.from, self.to),
            header: COLUMNS.map(str::to_owned).into(),
            rows: self.rows.iter().map(cells).collect(),
        }
    }
}

/// What the organizations of a product are worth a month, and how it moved.
///
/// The price of the period an organization is in, less discounts that last; a twelfth of it if it pays by the year. A
/// trial, a rest and a suspension are worth nothing. `Accept: text/csv` or `format=csv` gives the rows as a table.
#[utoipa::path(
    get, path = "/v1/products/{product}/revenue/mrr", tag = "revenue",
    params(
        ("product" = String, Path, description = "The product", example = "agencia"),
        MrrQuery, Asked, FreshnessParams
    ),
    responses((
        status = 200, description = "What moved, stretch by stretch",
        content((Mrr = "application/json"), (String = "text/csv")),
    ))
)]
pub(crate) async fn get_mrr(
    State(gate): State<Gate>,
    Product(product): Product,
    MrrQuery { interval, asked }: MrrQuery,
) -> Result<Response, Problem> {
    let days = days_of(&gate, &product, &asked, "mrr_movements").await?;
    let moves = summarize(&gate.pool, &product, asked.environment, days, interval.0).await?;
    let mrr = Mrr {
        product: product.to_string(),
        environment: asked.environment.as_str(),
        from: days.0.to_string(),
        to: days.1.to_string(),
        rows: moves.into_iter().map(MrrMoves::from).collect(),
    };
    Ok(answer(asked.format, &mrr, || mrr.table())?)
}
