//! The query of a read: known names only, each at most once.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;

use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;

use crate::problem::{Fault, Problem};

/// Rows of a page, unless asked otherwise.
const PAGE_DEFAULT: i64 = 100;

/// Rows of a page at most.
const PAGE_MAX: i64 = 1_000;

/// What stands behind the question mark, taken out name by name.
pub(crate) struct QueryParams(BTreeMap<String, String>);

impl QueryParams {
    pub(crate) async fn of<S: Send + Sync>(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let pairs = Query::<Vec<(String, String)>>::from_request_parts(parts, state).await;
        let Query(pairs) = pairs.map_err(|_| invalid("query", "it cannot be read".to_owned()))?;
        let mut named = BTreeMap::new();
        for (name, value) in pairs {
            if named.contains_key(&name) {
                return Err(invalid(&name, "it is given twice".to_owned()).into());
            }
            named.insert(name, value);
        }
        Ok(Self(named))
    }

    /// A value that may be left out.
    pub(crate) fn take<T: FromStr<Err: Display>>(&mut self, name: &str) -> Result<Option<T>, Fault> {
        let read = |value: String| value.parse().map_err(|fault| invalid(name, format!("{value:?}: {fault}")));
        self.0.remove(name).map(read).transpose()
    }

    /// The name of a thing, that may be left out.
    pub(crate) fn token<T: TryFrom<String, Error: Display>>(&mut self, name: &str) -> Result<Option<T>, Fault> {
        let read = |value: String| T::try_from(value).map_err(|fault| invalid(name, fault.to_string()));
        self.0.remove(name).map(read).transpose()
    }

    /// How many rows are wanted.
    pub(crate) fn limit(&mut self) -> Result<i64, Fault> {
        let limit = self.take("limit")?.unwrap_or(PAGE_DEFAULT);
        if (1..=PAGE_MAX).contains(&limit) {
            return Ok(limit);
        }
        Err(invalid("limit", format!("{limit} is not between 1 and {PAGE_MAX}")))
    }

    /// Nothing else may be asked for.
    pub(crate) fn finish(self) -> Result<(), Fault> {
        match self.0.into_keys().next() {
            Some(name) => Err(invalid(&name, "there is no such parameter".to_owned())),
            None => Ok(()),
        }
    }
}

pub(super) fn invalid(field: &str, text: String) -> Fault {
    // A name comes from the caller too; an answer needs no more of it.
    Fault::InvalidField { field: field.chars().take(64).collect(), text }
}
