//! Rows of a projection, and the rows a fold holds in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use sqlx::FromRow;
use sqlx::postgres::{PgArguments, PgRow};

/// A row of a projection's table. Made by `row!`.
pub trait Row: for<'r> FromRow<'r, PgRow> + Debug + Clone + PartialEq + Send + Sync + Unpin + 'static {
    /// What tells it from others.
    type Key: Ord + Clone + Debug + Send + Sync;

    /// Its key.
    fn key(&self) -> Self::Key;

    /// A row nothing is known of but its key.
    fn fresh(key: Self::Key) -> Self;

    /// The key as a person reads it.
    fn show_key(&self) -> String;

    /// The columns in which it, as it was read, differs from `expected`, as it would have been written: name, own value,
    /// expected value.
    fn differences(&self, expected: &Self) -> Vec<(&'static str, String, String)>;

    /// The key's columns as arguments of a query, one array each, in their order.
    fn key_arguments(keys: impl Iterator<Item = Self::Key>) -> Result<PgArguments, sqlx::Error>;

    /// All columns as arguments of a query, one array each: those of the key first, in their order.
    fn arguments(rows: &[Self]) -> Result<PgArguments, sqlx::Error>;
}

/// Declares a row: its struct, how it is read, and how many of it are written at once with `UNNEST`.
macro_rules! row {
    (
        $(#[$doc:meta])*
        $visibility:vis struct $name:ident {
            key { $($(#[$key_doc:meta])* $key:ident: $key_type:ty,)+ }
            $($(#[$field_doc:meta])* $field:ident: $field_type:ty,)+
        }
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, serde::Serialize)]
        $visibility struct $name {
            $($(#[$key_doc])* pub $key: $key_type,)+
            $($(#[$field_doc])* pub $field: $field_type,)+
        }

        impl<'r> sqlx::FromRow<'r, sqlx::postgres::PgRow> for $name {
            fn from_row(row: &'r sqlx::postgres::PgRow) -> Result<Self, sqlx::Error> {
                Ok(Self {
                    $($key: $crate::column::read(row, stringify!($key))?,)+
                    $($field: $crate::column::read(row, stringify!($field))?,)+
                })
            }
        }

        impl $crate::row::Row for $name {
            type Key = ($($key_type,)+);

            fn key(&self) -> Self::Key {
                ($(Clone::clone(&self.$key),)+)
            }

            fn fresh(key: Self::Key) -> Self {
                let ($($key,)+) = key;
                Self { $($key,)+ $($field: Default::default(),)+ }
            }

            fn show_key(&self) -> String {
                [$($crate::column::Column::show(&self.$key),)+].join(" ")
            }

            fn differences(&self, expected: &Self) -> Vec<(&'static str, String, String)> {
                use $crate::column::Column as _;
                let mut differences = Vec::new();
                $(if self.$field != expected.$field.kept() {
                    differences.push((stringify!($field), self.$field.show(), expected.$field.show()));
                })+
                differences
            }

            fn key_arguments(
                keys: impl Iterator<Item = Self::Key>,
            ) -> Result<sqlx::postgres::PgArguments, sqlx::Error> {
                let keys: Vec<Self> = keys.map(Self::fresh).collect();
                let mut arguments = sqlx::postgres::PgArguments::default();
                $($crate::row::add(&mut arguments, keys.iter().map(|row| &row.$key))?;)+
                Ok(arguments)
            }

            fn arguments(rows: &[Self]) -> Result<sqlx::postgres::PgArguments, sqlx::Error> {
                let mut arguments = sqlx::postgres::PgArguments::default();
                $($crate::row::add(&mut arguments, rows.iter().map(|row| &row.$key))?;)+
                $($crate::row::add(&mut arguments, rows.iter().map(|row| &row.$field))?;)+
                Ok(arguments)
            }
        }
    };
}
pub(crate) use row;

/// Adds a column of many rows to the arguments of a query, as an array.
pub(crate) fn add<'a, C>(arguments: &mut PgArguments, values: impl Iterator<Item = &'a C>) -> Result<(), sqlx::Error>
where
    C: crate::column::Column + 'a,
    C::Sql: for<'q> sqlx::Encode<'q, sqlx::Postgres> + sqlx::postgres::PgHasArrayType + 'static,
{
    let values: Vec<C::Sql> = values.map(C::to_sql).collect();
    sqlx::Arguments::add(arguments, values).map_err(sqlx::Error::Encode)
}

/// The rows a fold works on. Which of them it changed is kept, because only those are written.
#[derive(Debug)]
pub struct Rows<R: Row> {
    rows: BTreeMap<R::Key, R>,
    changed: BTreeSet<R::Key>,
}

impl<R: Row> Default for Rows<R> {
    fn default() -> Self {
        Self { rows: BTreeMap::new(), changed: BTreeSet::new() }
    }
}

impl<R: Row> FromIterator<R> for Rows<R> {
    fn from_iter<I: IntoIterator<Item = R>>(rows: I) -> Self {
        Self { rows: rows.into_iter().map(|row| (row.key(), row)).collect(), changed: BTreeSet::new() }
    }
}

impl<R: Row> Rows<R> {
    /// The row of this key, to be changed; a fresh one if there is none.
    pub fn change(&mut self, key: R::Key) -> &mut R {
        self.changed.insert(key.clone());
        self.rows.entry(key.clone()).or_insert_with(|| R::fresh(key))
    }

    /// The row with the greatest key before this one.
    pub fn before(&self, key: &R::Key) -> Option<&R> {
        self.rows.range(..key).next_back().map(|(_, row)| row)
    }

    /// Looks at the row of this key.
    pub fn get(&self, key: &R::Key) -> Option<&R> {
        self.rows.get(key)
    }

    /// The keys of the rows that were changed.
    pub(crate) fn into_changed_keys(self) -> BTreeSet<R::Key> {
        self.changed
    }

    /// The rows that were changed, in the order of their keys.
    pub(crate) fn into_changed(mut self) -> Vec<R> {
        self.changed.iter().filter_map(|key| self.rows.remove(key)).collect()
    }

    /// Takes a row out.
    pub(crate) fn remove(&mut self, key: &R::Key) -> Option<R> {
        self.rows.remove(key)
    }

    /// All rows, in the order of their keys.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &R> {
        self.rows.values()
    }

    /// Nothing of this is to be written.
    pub(crate) fn forget_changes(&mut self) {
        self.changed.clear();
    }
}
