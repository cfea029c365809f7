//! The questions: which days, of whom, by what, and in which format.

use std::str::FromStr;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use domain::organization::Environment;
use jiff::civil::Date;
use projections::mrr_movements::summary::Bucket;
use projections::revenue::summary::Group;

use crate::problem::{Fault, Problem};
use crate::request::{Day, Format, Freshness, QueryParams};

/// What all questions about revenue have.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Asked {
    /// The first day; without it, the first of the month of `to`. Days are those of each organization.
    #[param(value_type = Option<String>, format = Date, example = "2031-03-01")]
    from: Option<Day>,
    /// The last day, at most 366 with the first; without it, the last of the current month.
    #[param(value_type = Option<String>, format = Date, example = "2031-03-31")]
    to: Option<Day>,
    /// `live` for customers, or `sandbox` for tests. They are never added up.
    #[param(value_type = Option<String>, required = false, default = "live", example = "live")]
    pub(super) environment: Environment,
    /// `json` or `csv`; without it, the first of the two that `Accept` names.
    #[param(value_type = Option<String>, required = false, example = "json")]
    pub(super) format: Format,
    #[param(ignore)]
    pub(super) freshness: Freshness,
}

impl Asked {
    fn take(query: &mut QueryParams, parts: &Parts) -> Result<Self, Fault> {
        let environment: Option<InEnvironment> = query.take("environment")?;
        Ok(Self {
            from: query.take("from")?,
            to: query.take("to")?,
            environment: environment.map_or(Environment::Live, |named| named.0),
            format: query.take("format")?.unwrap_or_else(|| Format::accepted(&parts.headers)),
            freshness: Freshness::take(query)?,
        })
    }

    /// The first and the last day that are asked for, on a day.
    pub(super) fn days(&self, today: Date) -> Result<(Date, Date), Fault> {
        Day::range(self.from, self.to, today)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Asked {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let mut query = QueryParams::of(parts, state).await?;
        let asked = Self::take(&mut query, parts)?;
        query.finish()?;
        Ok(asked)
    }
}

struct InEnvironment(Environment);

impl FromStr for InEnvironment {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "live" => Ok(Self(Environment::Live)),
            "sandbox" => Ok(Self(Environment::Sandbox)),
            _ => Err("it is not live or sandbox"),
        }
    }
}

/// Which stretches of days are told apart.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct MrrQuery {
    /// `day` or `month`: how long the stretches are.
    #[param(value_type = Option<String>, required = false, default = "month", example = "month")]
    pub(super) interval: Stretch,
    #[param(ignore)]
    pub(super) asked: Asked,
}

/// How long a stretch is.
pub(super) struct Stretch(pub(super) Bucket);

impl FromStr for Stretch {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "day" => Ok(Self(Bucket::Day)),
            "month" => Ok(Self(Bucket::Month)),
            _ => Err("it is not day or month"),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for MrrQuery {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let mut query = QueryParams::of(parts, state).await?;
        let interval = query.take("interval")?.unwrap_or(Stretch(Bucket::Month));
        let read = Self { interval, asked: Asked::take(&mut query, parts)? };
        query.finish()?;
        Ok(read)
    }
}

/// By what revenue is told apart.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct RevenueQuery {
    /// Some of `day`, `month`, `plan` and `organization`, with commas between them.
    #[param(value_type = Option<String>, required = false, default = "month", example = "month,plan")]
    pub(super) group_by: Groups,
    #[param(ignore)]
    pub(super) asked: Asked,
}

/// By what.
pub(super) struct Groups(pub(super) Vec<Group>);

impl FromStr for Groups {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut groups: Vec<Group> = Vec::new();
        for name in text.split(',') {
            let group = name.parse()?;
            if groups.contains(&group) {
                return Err(format!("{name} is given twice"));
            }
            groups.push(group);
        }
        Ok(Self(groups))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for RevenueQuery {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let mut query = QueryParams::of(parts, state).await?;
        let group_by = query.take("group_by")?.unwrap_or_else(|| Groups(vec![Group::Month]));
        let read = Self { group_by, asked: Asked::take(&mut query, parts)? };
        query.finish()?;
        Ok(read)
    }
}
