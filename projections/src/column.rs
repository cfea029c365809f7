//! Values of a row, as Rust has them and as Postgres has them. The one place where chrono meets jiff.

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use domain::subscription::{InvoiceTax, Line};
use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use sqlx::postgres::{PgRow, Postgres};
use sqlx::types::Json;
use sqlx::{Decode, Row as _, Type};

use crate::payments::Refund;

/// A value in a column.
pub trait Column: Sized {
    /// What sqlx reads and writes.
    type Sql: for<'r> Decode<'r, Postgres> + Type<Postgres>;

    /// Takes what was read.
    fn from_sql(sql: Self::Sql) -> Result<Self, sqlx::Error>;

    /// Gives what is to be written.
    fn to_sql(&self) -> Self::Sql;

    /// The value as a person reads it.
    fn show(&self) -> String;

    /// The value as it is when it has been written and read.
    #[must_use]
    fn kept(&self) -> Self
    where
        Self: Clone,
    {
        self.clone()
    }
}

/// Reads a column of a row by its name.
pub fn read<C: Column>(row: &PgRow, name: &str) -> Result<C, sqlx::Error> {
    C::from_sql(row.try_get(name)?)
}

macro_rules! plain {
    ($($plain:ty),+) => {
        $(impl Column for $plain {
            type Sql = Self;

            fn from_sql(sql: Self) -> Result<Self, sqlx::Error> {
                Ok(sql)
            }

            fn to_sql(&self) -> Self {
                Clone::clone(self)
            }

            fn show(&self) -> String {
                self.to_string()
            }
        })+
    };
}

plain!(String, Decimal, i16, i32, i64);

impl Column for Timestamp {
    type Sql = DateTime<Utc>;

    fn from_sql(sql: DateTime<Utc>) -> Result<Self, sqlx::Error> {
        // By seconds: the microseconds of the last instant, the end of a window that never ends, are more than jiff takes.
        let nanosecond = i32::try_from(sql.timestamp_subsec_nanos()).unwrap_or_default();
        Self::new(sql.timestamp(), nanosecond).map_err(|fault| sqlx::Error::Decode(fault.into()))
    }

    fn to_sql(&self) -> DateTime<Utc> {
        // Every instant of jiff, years -9999 to 9999, is one of chrono.
        DateTime::from_timestamp_micros(self.as_microsecond()).unwrap_or_default()
    }

    fn show(&self) -> String {
        self.to_string()
    }

    /// Postgres has microseconds. An event may be finer, and the end of a window that never ends is.
    fn kept(&self) -> Self {
        Self::from_sql(self.to_sql()).unwrap_or(*self)
    }
}

impl Column for Date {
    type Sql = NaiveDate;

    fn from_sql(sql: NaiveDate) -> Result<Self, sqlx::Error> {
        let date = || {
            let (year, month, day) = (sql.year().try_into()?, sql.month().try_into()?, sql.day().try_into()?);
            Self::new(year, month, day).map_err(sqlx::error::BoxDynError::from)
        };
        date().map_err(sqlx::Error::Decode)
    }

    fn to_sql(&self) -> NaiveDate {
        // Every date of jiff, years -9999 to 9999, is one of chrono.
        let (month, day) = (self.month().unsigned_abs(), self.day().unsigned_abs());
        NaiveDate::from_ymd_opt(self.year().into(), month.into(), day.into()).unwrap_or_default()
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

/// Texts by name, in a column of type `jsonb`.
impl Column for BTreeMap<String, String> {
    type Sql = Json<Self>;

    fn from_sql(Json(texts): Json<Self>) -> Result<Self, sqlx::Error> {
        Ok(texts)
    }

    fn to_sql(&self) -> Json<Self> {
        Json(self.clone())
    }

    fn show(&self) -> String {
        self.iter().map(|(name, text)| format!("{name}={text}")).collect::<Vec<_>>().join(" ")
    }
}

/// Lists, in a column of type `jsonb`.
macro_rules! listed {
    ($($item:ty),+) => {
        $(impl Column for Vec<$item> {
            type Sql = Json<Self>;

            fn from_sql(Json(items): Json<Self>) -> Result<Self, sqlx::Error> {
                Ok(items)
            }

            fn to_sql(&self) -> Json<Self> {
                Json(self.clone())
            }

            fn show(&self) -> String {
                serde_json::to_string(self).unwrap_or_default()
            }
        })+
    };
}

listed!(Line, InvoiceTax, Refund);

impl<C: Column + Clone> Column for Option<C> {
    type Sql = Option<C::Sql>;

    fn from_sql(sql: Option<C::Sql>) -> Result<Self, sqlx::Error> {
        sql.map(C::from_sql).transpose()
    }

    fn to_sql(&self) -> Option<C::Sql> {
        self.as_ref().map(Column::to_sql)
    }

    fn show(&self) -> String {
        self.as_ref().map_or_else(|| "null".to_owned(), Column::show)
    }

    fn kept(&self) -> Self {
        self.as_ref().map(Column::kept)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_instant_is_kept_to_the_microsecond() {
        for (instant, kept) in [
            ("2031-03-01T03:00:00.123456789Z", "2031-03-01T03:00:00.123456Z"),
            ("1969-12-31T23:59:59.25Z", "1969-12-31T23:59:59.25Z"),
            ("9999-12-30T22:00:00.999999999Z", "9999-12-30T22:00:00.999999Z"),
            ("-009999-01-02T01:59:59Z", "-009999-01-02T01:59:59Z"),
        ] {
            assert_eq!(instant.parse::<Timestamp>().unwrap().kept().to_string(), kept);
        }
    }

    #[test]
    fn every_date_is_kept() {
        for date in [Date::MIN, Date::ZERO, Date::constant(2032, 2, 29), Date::MAX] {
            assert_eq!(Date::from_sql(date.to_sql()).unwrap(), date);
        }
    }
}
