//! Values of a row, as Rust has them and as Postgres has them. The one place where chrono meets jiff.

use chrono::{DateTime, Utc};
use jiff::Timestamp;
use rust_decimal::Decimal;
use sqlx::postgres::{PgRow, Postgres};
use sqlx::{Decode, Row as _, Type};

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
        Self::from_microsecond(sql.timestamp_micros()).map_err(|fault| sqlx::Error::Decode(fault.into()))
    }

    fn to_sql(&self) -> DateTime<Utc> {
        // Every instant of jiff, years -9999 to 9999, is one of chrono.
        DateTime::from_timestamp_micros(self.as_microsecond()).unwrap_or_default()
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

impl<C: Column> Column for Option<C> {
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
}
