//! What was invoiced, collected and given back.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::response::Response;
use projections::revenue::summary::{Group, Sums, summarize};
use serde::Serialize;
use utoipa::ToSchema;

use super::query::{Asked, RevenueQuery};
use super::{Table, answer, days_of};
use crate::gate::Gate;
use crate::problem::{Fault, Problem};
use crate::representation::amount_in;
use crate::request::{FreshnessParams, Product};
use crate::table::cell;

/// Most groups of one answer: a year by day, plan and currency is within it.
const ROWS_MAX: usize = 10_000;

/// What was invoiced, collected and given back, group by group.
#[derive(Serialize, ToSchema)]
pub(crate) struct Revenue {
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
    /// The groups, in the order of their keys, each currency by itself. What nothing happened in is not told.
    rows: Vec<RevenueSums>,
    #[serde(skip)]
    groups: Vec<Group>,
}

/// What the documents of a group come to, in a currency.
#[derive(Serialize, ToSchema)]
pub(crate) struct RevenueSums {
    /// Its key for each name in `group_by`.
    #[schema(example = json!({ "month": "2031-03", "plan": "starter" }))]
    group: BTreeMap<String, Option<String>>,
    /// ISO 4217.
    #[schema(example = "USD")]
    currency: String,
    /// What was earned: invoiced, less what was credited and voided; without taxes.
    #[schema(example = "280.00")]
    revenue: String,
    /// What invoices came to, without taxes; a change to a cheaper plan may come to less than nothing.
    #[schema(example = "300.00")]
    invoiced: String,
    /// What credit notes took off, without taxes.
    #[schema(example = "20.00")]
    credited: String,
    /// What was voided, without taxes.
    #[schema(example = "0.00")]
    voided: String,
    /// `revenue` with taxes.
    #[schema(example = "333.20")]
    billed: String,
    /// Money that came in and did not go back: collected and overpaid, less refunded and charged back; with taxes.
    #[schema(example = "321.00")]
    cash: String,
    /// Money that came in for invoices.
    #[schema(example = "333.20")]
    collected: String,
    /// Its share without taxes.
    #[schema(example = "280.00")]
    collected_net: String,
    /// Money that came in beyond what was due, and became credits.
    #[schema(example = "0.00")]
    overpaid: String,
    /// Money that was paid back.
    #[schema(example = "12.20")]
    refunded: String,
    /// Its share without taxes.
    #[schema(example = "10.25")]
    refunded_net: String,
    /// Money that a payer's bank took back.
    #[schema(example = "0.00")]
    charged_back: String,
    /// Its share without taxes.
    #[schema(example = "0.00")]
    charged_back_net: String,
    /// What the account balance paid of invoices: that money came in before.
    #[schema(example = "0.00")]
    from_balance: String,
    /// What was paid of invoices from credits.
    #[schema(example = "0.00")]
    from_credits: String,
    /// How many invoices were issued.
    #[schema(example = 20)]
    invoices: i64,
    /// How many credit notes were issued.
    #[schema(example = 1)]
    credit_notes: i64,
    /// How many invoices were voided.
    #[schema(example = 0)]
    voids: i64,
    /// How many payments brought money.
    #[schema(example = 19)]
    payments: i64,
    /// How many refunds and chargebacks there were.
    #[schema(example = 1)]
    refunds: i64,
}

impl RevenueSums {
    fn of(groups: &[Group], sums: Sums) -> Self {
        let amount = |amount| amount_in(amount, &sums.currency);
        let names = groups.iter().map(ToString::to_string);
        Self {
            group: names.zip(sums.keys).collect(),
            revenue: amount(sums.invoiced - sums.credited - sums.voided),
            invoiced: amount(sums.invoiced),
            credited: amount(sums.credited),
            voided: amount(sums.voided),
            billed: amount(sums.invoiced_gross - sums.credited_gross - sums.voided_gross),
            cash: amount(sums.collected + sums.overpaid - sums.refunded - sums.charged_back),
            collected: amount(sums.collected),
            collected_net: amount(sums.collected_net),
            overpaid: amount(sums.overpaid),
            refunded: amount(sums.refunded),
            refunded_net: amount(sums.refunded_net),
            charged_back: amount(sums.charged_back),
            charged_back_net: amount(sums.charged_back_net),
            from_balance: amount(sums.from_balance),
            from_credits: amount(sums.from_credits),
            invoices: sums.invoices,
            credit_notes: sums.credit_notes,
            voids: sums.voids,
            payments: sums.payments,
            refunds: sums.refunds,
            currency: sums.currency,
        }
    }

    fn cells(&self) -> [String; 21] {
        let count = |count: i64| count.to_string();
        [
            self.currency.clone(),
            self.revenue.clone(),
            self.invoiced.clone(),
            self.credited.clone(),
            self.voided.clone(),
            self.billed.clone(),
            self.cash.clone(),
            self.collected.clone(),
            self.collected_net.clone(),
            self.overpaid.clone(),
            self.refunded.clone(),
            self.refunded_net.clone(),
            self.charged_back.clone(),
            self.charged_back_net.clone(),
            self.from_balance.clone(),
            self.from_credits.clone(),
            count(self.invoices),
            count(self.credit_notes),
            count(self.voids),
            count(self.payments),
            count(self.refunds),
        ]
    }
}

/// The columns behind the keys.
const COLUMNS: [&str; 21] = [
    "currency",
    "revenue",
    "invoiced",
    "credited",
    "voided",
    "billed",
    "cash",
    "collected",
    "collected_net",
    "overpaid",
    "refunded",
    "refunded_net",
    "charged_back",
    "charged_back_net",
    "from_balance",
    "from_credits",
    "invoices",
    "credit_notes",
    "voids",
    "payments",
    "refunds",
];

impl Revenue {
    fn table(&self) -> Table {
        let names: Vec<String> = self.groups.iter().map(ToString::to_string).collect();
        let cells = |row: &RevenueSums| {
            let key = |name: &String| cell(row.group.get(name).and_then(|key| key.as_deref())).into_owned();
            names.iter().map(key).chain(row.cells()).collect()
        };
        Table {
            file: format!("revenue-{}-{}-{}.csv", self.product, self.from, self.to),
            rows: self.rows.iter().map(cells).collect(),
            header: names.into_iter().chain(COLUMNS.map(str::to_owned)).collect(),
        }
    }
}

/// What a product invoiced, collected and gave back, by day, month, plan or organization.
///
/// The plan is the one an organization was on when the invoice was issued, also of what is paid, credited or given back
/// later. Whatever happened counts on its own day. `Accept: text/csv` or `format=csv` gives the rows as a table.
#[utoipa::path(
    get, path = "/v1/products/{product}/revenue", tag = "revenue",
    params(
        ("product" = String, Path, description = "The product", example = "agencia"),
        RevenueQuery, Asked, FreshnessParams
    ),
    responses((
        status = 200, description = "What was invoiced, collected and given back",
        content((Revenue = "application/json"), (String = "text/csv")),
    ))
)]
pub(crate) async fn get_revenue(
    State(gate): State<Gate>,
    Product(product): Product,
    RevenueQuery { group_by, asked }: RevenueQuery,
) -> Result<Response, Problem> {
    let groups = group_by.0;
    let days = days_of(&gate, &product, &asked, "revenue").await?;
    let sums = summarize(&gate.pool, &product, asked.environment, days, &groups, ROWS_MAX + 1).await?;
    if sums.len() > ROWS_MAX {
        let text = format!("it comes to more than {ROWS_MAX} groups; ask for fewer days or by less");
        return Err(Fault::InvalidField { field: "group_by".to_owned(), text }.into());
    }
    let revenue = Revenue {
        product: product.to_string(),
        environment: asked.environment.as_str(),
        from: days.0.to_string(),
        to: days.1.to_string(),
        rows: sums.into_iter().map(|sums| RevenueSums::of(&groups, sums)).collect(),
        groups,
    };
    Ok(answer(asked.format, &revenue, || revenue.table())?)
}
