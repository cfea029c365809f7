//! What an organization earned by referring in a month of its own time zone: as JSON, and as CSV for a spreadsheet.

use std::fmt::Write;
use std::str::FromStr;

use axum::Json;
use axum::extract::{FromRequestParts, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue};
use domain::calendar::{Period, Window, Zone};
use jiff::Timestamp;
use jiff::civil::Date;
use projections::commission_statement::{self, PayerLine, Totals as TotalsRow};
use serde::Serialize;
use utoipa::ToSchema;

use crate::gate::Gate;
use crate::problem::Problem;
use crate::representation;
use crate::request::{Customer, Freshness, FreshnessParams, OrganizationPath, QueryParams};

/// What an organization earned by referring in a month.
#[derive(Serialize, ToSchema)]
pub(crate) struct CommissionStatement {
    /// The organization.
    #[schema(example = "juan")]
    organization: String,
    /// The month.
    #[schema(example = "2026-02")]
    month: String,
    /// The time zone of the organization, in which the month begins and ends.
    #[schema(example = "America/Santiago")]
    time_zone: String,
    /// First instant of the month.
    #[schema(format = DateTime)]
    start: String,
    /// First instant after it.
    #[schema(format = DateTime)]
    end: String,
    /// All of it, in credits.
    totals: StatementTotals,
    /// By payer, the nearest first, 1,000 at most.
    payers: Vec<StatementPayer>,
}

/// All of a month, in credits.
#[derive(Serialize, ToSchema)]
pub(crate) struct StatementTotals {
    /// What was earned.
    #[schema(example = "9.75")]
    accrued: String,
    /// What was taken back, before it matured or after.
    #[schema(example = "0.375")]
    clawed_back: String,
    /// What matured.
    #[schema(example = "9.375")]
    matured: String,
    /// What came into the ledger.
    #[schema(example = "9.375")]
    granted: String,
    /// What paid what was owed.
    #[schema(example = "0.00")]
    netted: String,
    /// What the ledger took from its credits.
    #[schema(example = "0.00")]
    taken_back: String,
    /// What is owed at the end of the month.
    #[schema(example = "0.00")]
    owed: String,
}

/// What one payer earned in a month, in credits.
#[derive(Serialize, ToSchema)]
pub(crate) struct StatementPayer {
    /// Who paid.
    #[schema(example = "pedro")]
    payer: String,
    /// 1 for a direct referral, 2 for a referral's referral.
    #[schema(example = 2)]
    level: i16,
    /// How many payments earned something.
    #[schema(example = 1)]
    payments: i64,
    /// What they earned.
    #[schema(example = "0.75")]
    accrued: String,
    /// What was taken back.
    #[schema(example = "0.375")]
    clawed_back: String,
    /// What matured.
    #[schema(example = "0.375")]
    matured: String,
}

impl From<TotalsRow> for StatementTotals {
    fn from(row: TotalsRow) -> Self {
        Self {
            accrued: representation::credits(row.accrued),
            clawed_back: representation::credits(row.clawed_back),
            matured: representation::credits(row.matured),
            granted: representation::credits(row.granted),
            netted: representation::credits(row.netted),
            taken_back: representation::credits(row.taken_back),
            owed: representation::credits(row.owed),
        }
    }
}

impl From<PayerLine> for StatementPayer {
    fn from(row: PayerLine) -> Self {
        Self {
            payer: row.payer,
            level: row.level,
            payments: row.payments,
            accrued: representation::credits(row.accrued),
            clawed_back: representation::credits(row.clawed_back),
            matured: representation::credits(row.matured),
        }
    }
}

impl CommissionStatement {
    /// A line for each payer, and one for all. Ids are tokens and amounts numbers: nothing has to be quoted.
    fn csv(&self) -> String {
        let mut text =
            "month,payer,level,payments,accrued,clawed_back,matured,granted,netted,taken_back,owed\r\n".to_owned();
        for line in &self.payers {
            let StatementPayer { payer, level, payments, accrued, clawed_back, matured } = line;
            let month = &self.month;
            // Writing to a text cannot fail.
            let _ = write!(text, "{month},{payer},{level},{payments},{accrued},{clawed_back},{matured},,,,\r\n");
        }
        let StatementTotals { accrued, clawed_back, matured, granted, netted, taken_back, owed } = &self.totals;
        let payments: i64 = self.payers.iter().map(|line| line.payments).sum();
        let all = format!("{accrued},{clawed_back},{matured},{granted},{netted},{taken_back},{owed}");
        let _ = write!(text, "{},,,{payments},{all}\r\n", self.month);
        text
    }
}

/// A calendar month: `2026-02`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Month {
    first: Date,
}

impl FromStr for Month {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let first = (text.len() == 7).then(|| format!("{text}-01").parse().ok()).flatten();
        first.map(|first| Self { first }).ok_or("write a month such as 2026-02")
    }
}

impl Month {
    /// Of this moment, in a zone.
    fn now(zone: &Zone) -> Self {
        let start = month_with(Timestamp::now(), zone).start;
        // Noon of the 3rd UTC is in the same month everywhere; two days before its end none is.
        let within = start.saturating_add(jiff::SignedDuration::from_hours(60)).unwrap_or(start);
        Self { first: within.to_zoned(jiff::tz::TimeZone::UTC).date().first_of_month() }
    }

    /// From its first instant to that of the next one, in a zone.
    fn period(self, zone: &Zone) -> Period {
        // The 15th is in the month wherever one is.
        let middle = self.first.at(0, 0, 0, 0).in_tz("UTC").map(|first| first.timestamp());
        let middle = middle.and_then(|first| first.checked_add(jiff::SignedDuration::from_hours(24 * 14)));
        month_with(middle.unwrap_or_default(), zone)
    }
}

fn month_with(instant: Timestamp, zone: &Zone) -> Period {
    Window::Month.open_at(instant, instant, zone)
}

/// Which month.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct CommissionStatementQuery {
    /// The month, in the time zone of the organization; the one it is, if left out.
    #[param(required = false, value_type = String, example = "2026-02")]
    month: Option<Month>,
    #[param(ignore)]
    freshness: Freshness,
}

impl<S: Send + Sync> FromRequestParts<S> for CommissionStatementQuery {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let mut query = QueryParams::of(parts, state).await?;
        let read = Self { month: query.take("month")?, freshness: Freshness::take(&mut query)? };
        query.finish()?;
        Ok(read)
    }
}

async fn statement_of(
    gate: &Gate,
    customer: &Customer,
    query: &CommissionStatementQuery,
) -> Result<CommissionStatement, Problem> {
    query.freshness.wait(gate, "commission_statement", &customer.owner()).await?;
    let zone = gate.registered(&customer.0).await?.time_zone;
    let month = query.month.unwrap_or_else(|| Month::now(&zone));
    let period = month.period(&zone);
    let statement = commission_statement::of(&gate.pool, &customer.0, period).await?;
    Ok(CommissionStatement {
        organization: customer.0.to_string(),
        month: month.first.strftime("%Y-%m").to_string(),
        time_zone: zone.name().to_owned(),
        start: period.start.to_string(),
        end: period.end.to_string(),
        totals: statement.totals.into(),
        payers: statement.payers.into_iter().map(StatementPayer::from).collect(),
    })
}

/// What an organization earned by referring in a month of its own time zone, what matured, came into its ledger, was taken
/// back or netted, and of whom.
#[utoipa::path(
    get, path = "/v1/organizations/{organization}/commissions/statement", tag = "referrals",
    params(OrganizationPath, CommissionStatementQuery, FreshnessParams),
    responses((status = 200, description = "The month", body = CommissionStatement))
)]
pub(crate) async fn get_commission_statement(
    State(gate): State<Gate>,
    customer: Customer,
    query: CommissionStatementQuery,
) -> Result<Json<CommissionStatement>, Problem> {
    Ok(Json(statement_of(&gate, &customer, &query).await?))
}

/// The same as a table: a line for each payer, and a last one without a payer for all of the month.
#[utoipa::path(
    get, path = "/v1/organizations/{organization}/commissions/statement.csv", tag = "referrals",
    params(OrganizationPath, CommissionStatementQuery, FreshnessParams),
    responses((status = 200, description = "The month", body = String, content_type = "text/csv"))
)]
pub(crate) async fn get_commission_statement_csv(
    State(gate): State<Gate>,
    customer: Customer,
    query: CommissionStatementQuery,
) -> Result<([(HeaderName, HeaderValue); 2], String), Problem> {
    let statement = statement_of(&gate, &customer, &query).await?;
    // Ids and months are letters, digits, - and _.
    let name = format!("attachment; filename=\"commissions-{}-{}.csv\"", statement.organization, statement.month);
    let name = HeaderValue::try_from(name).unwrap_or(HeaderValue::from_static("attachment"));
    let kind = HeaderValue::from_static("text/csv; charset=utf-8");
    Ok(([(CONTENT_TYPE, kind), (CONTENT_DISPOSITION, name)], statement.csv()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_begins_and_ends_in_the_zone_of_the_organization() {
        let santiago = Zone::new("America/Santiago").unwrap();
        let february = "2026-02".parse::<Month>().unwrap().period(&santiago);
        assert_eq!((february.start.to_string(), february.end.to_string()), {
            ("2026-02-01T03:00:00Z".to_owned(), "2026-03-01T03:00:00Z".to_owned())
        });
        let kiritimati = Zone::new("Pacific/Kiritimati").unwrap();
        let february = "2026-02".parse::<Month>().unwrap().period(&kiritimati);
        assert_eq!(february.start.to_string(), "2026-01-31T10:00:00Z");
    }

    #[test]
    fn the_month_of_this_moment_has_this_moment_in_it() {
        for zone in ["America/Santiago", "Pacific/Kiritimati", "Pacific/Pago_Pago", "UTC"] {
            let zone = Zone::new(zone).unwrap();
            assert!(Month::now(&zone).period(&zone).contains(Timestamp::now()));
        }
    }

    #[test]
    fn anything_but_a_month_is_named() {
        for bad in ["", "2026", "2026-13", "2026-2", "2026-02-01", "february"] {
            assert_eq!(bad.parse::<Month>(), Err("write a month such as 2026-02"), "{bad}");
        }
    }
}
