//! Consumptions summed up: chosen by whose they are, day, feature, actor and attribute, grouped by up to three things.

use std::fmt;
use std::str::FromStr;

use domain::{ActorId, AttributeKey, FeatureCode, OrganizationId, ProductCode};
use jiff::civil::Date;
use rust_decimal::Decimal;
use sqlx::FromRow;
use sqlx::postgres::PgPool;

use crate::column::Column;

/// By what consumptions are told apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Group {
    /// Whose they are.
    Organization,
    /// The plan they were used on.
    Plan,
    /// What was used.
    Feature,
    /// Who used it.
    Actor,
    /// The local day it happened on.
    Day,
    /// The local calendar month it happened in.
    Month,
    /// The window they counted in: of a feature that counts by billing period, the billing period. As
    /// `start/end`, ISO 8601.
    Period,
    /// The value of an attribute.
    Attribute(AttributeKey),
}

/// What stands before the name of an attribute.
const ATTRIBUTE: &str = "attribute:";

/// The text names no group.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnknownGroup {
    /// Nothing is called so.
    #[error("{name:?} is not organization, plan, feature, actor, day, month, period or attribute:<name>")]
    Name {
        /// The text.
        name: String,
    },
    /// No attribute can be called so.
    #[error(transparent)]
    Attribute(#[from] domain::id::InvalidToken),
}

impl FromStr for Group {
    type Err = UnknownGroup;

    fn from_str(name: &str) -> Result<Self, UnknownGroup> {
        match name {
            "organization" => Ok(Self::Organization),
            "plan" => Ok(Self::Plan),
            "feature" => Ok(Self::Feature),
            "actor" => Ok(Self::Actor),
            "day" => Ok(Self::Day),
            "month" => Ok(Self::Month),
            "period" => Ok(Self::Period),
            _ => {
                let unknown = || UnknownGroup::Name { name: name.chars().take(80).collect() };
                let attribute = name.strip_prefix(ATTRIBUTE).ok_or_else(unknown)?;
                Ok(Self::Attribute(AttributeKey::new(attribute)?))
            }
        }
    }
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Organization => f.write_str("organization"),
            Self::Plan => f.write_str("plan"),
            Self::Feature => f.write_str("feature"),
            Self::Actor => f.write_str("actor"),
            Self::Day => f.write_str("day"),
            Self::Month => f.write_str("month"),
            Self::Period => f.write_str("period"),
            Self::Attribute(key) => write!(f, "{ATTRIBUTE}{key}"),
        }
    }
}

/// An instant that sorts as text.
macro_rules! instant {
    ($column:literal) => {
        concat!("to_char(", $column, r#" AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"#)
    };
}

impl Group {
    /// The expression of the key; `place` is the group's among the others, from 1.
    fn expression(&self, place: usize) -> String {
        match self {
            Self::Organization => "organization".to_owned(),
            Self::Plan => "plan".to_owned(),
            Self::Feature => "feature".to_owned(),
            Self::Actor => "actor".to_owned(),
            Self::Day => "to_char(day, 'YYYY-MM-DD')".to_owned(),
            Self::Month => "to_char(day, 'YYYY-MM')".to_owned(),
            Self::Period => concat!(instant!("window_start"), " || '/' || ", instant!("window_end")).to_owned(),
            Self::Attribute(_) => format!("attributes ->> ($8::text[])[{place}]"),
        }
    }
}

/// Whose consumptions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose<'a> {
    /// Those of one organization.
    Organization(&'a OrganizationId),
    /// Those of all organizations of a product.
    Product(&'a ProductCode),
}

impl Whose<'_> {
    fn condition(self) -> &'static str {
        match self {
            Self::Organization(_) => "organization = $1",
            Self::Product(_) => {
                "organization IN (SELECT organization FROM read.consumptions WHERE position = 0 AND product = $1)"
            }
        }
    }

    fn as_str(&self) -> &str {
        match self {
            Self::Organization(organization) => organization.as_str(),
            Self::Product(product) => product.as_str(),
        }
    }
}

/// Which consumptions are summed up, and by what.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// Whose.
    pub whose: Whose<'a>,
    /// The first local day.
    pub first: Date,
    /// The last local day.
    pub last: Date,
    /// Only those of a feature.
    pub feature: Option<&'a FeatureCode>,
    /// Only those of an actor.
    pub actor: Option<&'a ActorId>,
    /// Only those with an attribute, of any value or of one.
    pub attribute: Option<(&'a AttributeKey, Option<&'a str>)>,
    /// By what.
    pub groups: &'a [Group],
    /// Only groups whose keys come after these.
    pub after: Option<&'a [Option<String>]>,
    /// How many groups at most.
    pub limit: i64,
}

/// What the consumptions of a group come to.
#[derive(Debug, Clone, PartialEq, FromRow)]
pub struct Sums {
    /// What the group is, one key for each [`Group`] that was asked for: nothing where consumptions do not say. No keys
    /// at all of the total.
    pub keys: Option<Vec<Option<String>>>,
    /// How many times something was used.
    pub consumptions: i64,
    /// All that counts as used, less what was given back.
    pub used: Decimal,
    /// What of it was included.
    pub included: Decimal,
    /// What of it was past that.
    pub overage: Decimal,
    /// What administrators used, less what was given back.
    pub waived: Decimal,
    /// What was given back.
    pub reversed: Decimal,
    /// Credits it cost, less those that were given back.
    pub charged: Decimal,
    currencies: Option<Vec<String>>,
    prices: Option<Vec<Decimal>>,
}

impl Sums {
    /// What goes on invoices: an amount for each currency, by its code.
    pub fn prices(&self) -> impl Iterator<Item = (&str, Decimal)> {
        let currencies = self.currencies.iter().flatten().map(String::as_str);
        currencies.zip(self.prices.iter().flatten().copied())
    }
}

/// Groups in the order of their keys, and what all of them come to, those on other pages too.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// The groups of this page.
    pub rows: Vec<Sums>,
    /// Are there more after it?
    pub has_more: bool,
    /// All that was chosen.
    pub total: Sums,
}

/// Sums consumptions up, in one statement, so that groups and total are of one moment.
pub async fn summarize(pool: &PgPool, wanted: &Wanted<'_>) -> Result<Summary, sqlx::Error> {
    let keys: Vec<String> = (1..).zip(wanted.groups).map(|(place, group)| group.expression(place)).collect();
    let statement = format!(include_str!("summary.sql"), keys = keys.join(", "), whose = wanted.whose.condition());
    let attribute_keys: Vec<Option<&str>> = wanted.groups.iter().map(attribute_key).collect();
    let (name, value) = wanted.attribute.map(|(name, value)| (name.as_str(), value)).unzip();
    let mut rows: Vec<Sums> = sqlx::query_as(&statement)
        .bind(wanted.whose.as_str())
        .bind(wanted.first.to_sql())
        .bind(wanted.last.to_sql())
        .bind(wanted.feature.map(FeatureCode::as_str))
        .bind(wanted.actor.map(ActorId::as_str))
        .bind(name)
        .bind(value.flatten())
        .bind(attribute_keys)
        .bind(wanted.after)
        .bind(wanted.limit.saturating_add(1))
        .fetch_all(pool)
        .await?;
    let total = rows.pop().ok_or(sqlx::Error::RowNotFound)?;
    let has_more = i64::try_from(rows.len()).is_ok_and(|count| count > wanted.limit);
    if has_more {
        rows.pop();
    }
    Ok(Summary { rows, has_more, total })
}

fn attribute_key(group: &Group) -> Option<&str> {
    match group {
        Group::Attribute(key) => Some(key.as_str()),
        Group::Organization
        | Group::Plan
        | Group::Feature
        | Group::Actor
        | Group::Day
        | Group::Month
        | Group::Period => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_is_read_as_it_is_written() {
        for name in ["organization", "plan", "feature", "actor", "day", "month", "period", "attribute:model"] {
            assert_eq!(name.parse::<Group>().unwrap().to_string(), name);
        }
        for (name, fault) in [
            ("week", "\"week\" is not organization, plan, feature, actor, day, month, period or attribute:<name>"),
            (
                "attribute",
                "\"attribute\" is not organization, plan, feature, actor, day, month, period or attribute:<name>",
            ),
            ("attribute:a b", "attribute \"a b\" is not 1 to 64 letters, digits, - and _"),
        ] {
            assert_eq!(name.parse::<Group>().unwrap_err().to_string(), fault);
        }
    }
}
