//! `min_position`: a reader that just sent a command asks for what is at least as new as its receipt.

use std::str::FromStr;
use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use domain::OrganizationId;
use domain::stream::Owner;
use event_store::Sight;
use utoipa::IntoParams;

use super::query::{QueryParams, invalid};
use crate::gate::Gate;
use crate::problem::{Fault, Problem};

/// How long a read waits for its projection. Projections are milliseconds behind; one that is further is stuck.
const PATIENCE: Duration = Duration::from_secs(5);

/// What is behind where somebody asks for a position that nobody has been given yet.
const LOG: &str = "log";

/// The parameter of every read, for the OpenAPI document.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes what `Freshness` reads by hand")]
pub(crate) struct FreshnessParams {
    /// Answer only from a read model that has reached this position of a receipt: `17`, or `0:17` with the partition.
    #[param(example = "0:17")]
    min_position: Option<String>,
}

/// How new an answer must be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Freshness(Option<MinPosition>);

/// A position, in a partition or in the one of whoever is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct MinPosition {
    partition: Option<i32>,
    position: i64,
}

impl FromStr for MinPosition {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = |text: &str| text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok()).flatten();
        let (partition, position) = match text.split_once(':') {
            Some((partition, position)) => (Some(number(partition).and_then(|n: i64| i32::try_from(n).ok())), position),
            None => (None, text),
        };
        match (partition, number(position)) {
            (None, Some(position)) => Ok(Self { partition: None, position }),
            (Some(Some(partition)), Some(position)) => Ok(Self { partition: Some(partition), position }),
            (_, None) | (Some(None), _) => Err("write a position such as 17, or 0:17 with its partition"),
        }
    }
}

impl Freshness {
    pub(crate) fn take(query: &mut QueryParams) -> Result<Self, Fault> {
        query.take("min_position").map(Self)
    }

    /// The partition and the position that must have been reached; `None` if none was asked for.
    fn asked(self, gate: &Gate, owner: &Owner) -> Result<Option<(i32, i64)>, Fault> {
        let Some(MinPosition { partition, position }) = self.0 else { return Ok(None) };
        let partition = partition.unwrap_or_else(|| gate.executor.partition_of(owner));
        let partitions = gate.executor.partitions();
        if partition >= partitions {
            let text = format!("partition {partition} is not one of the log's {partitions}");
            return Err(invalid("min_position", text));
        }
        Ok(Some((partition, position)))
    }

    /// An account that is new enough: from memory if that is, else from the log.
    pub(crate) async fn account(self, gate: &Gate, organization: &OrganizationId) -> Result<Sight, Problem> {
        let asked = match self.0 {
            None => None,
            Some(_) => self.asked(gate, &Owner::Organization(organization.clone()))?,
        };
        let held = gate.executor.held_account(organization, asked.map_or(0, |(_, position)| position));
        // How new it is in another partition nothing in memory says.
        if let Some(sight) = held.filter(|sight| asked.is_none_or(|(partition, _)| partition == sight.partition)) {
            return Ok(sight);
        }
        let sight = gate.account(organization).await?;
        match asked {
            Some((partition, position)) if partition == sight.partition && position > sight.position => {
                Err(Fault::ProjectionBehind { projection: LOG, partition, position }.into())
            }
            _ => Ok(sight),
        }
    }

    /// Waits until a projection is new enough.
    pub(crate) async fn wait(self, gate: &Gate, projection: &'static str, owner: &Owner) -> Result<(), Problem> {
        let Some((partition, position)) = self.asked(gate, owner)? else { return Ok(()) };
        let reached = projections::checkpoint::wait_for(&gate.pool, projection, partition, position, PATIENCE).await?;
        if reached { Ok(()) } else { Err(Fault::ProjectionBehind { projection, partition, position }.into()) }
    }
}

/// The query of a read that takes nothing else.
impl<S: Send + Sync> FromRequestParts<S> for Freshness {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let mut query = QueryParams::of(parts, state).await?;
        let freshness = Self::take(&mut query)?;
        query.finish()?;
        Ok(freshness)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_a_number_with_or_without_its_partition() {
        let read = |text: &str| text.parse::<MinPosition>().ok().map(|min| (min.partition, min.position));
        assert_eq!(read("17"), Some((None, 17)));
        assert_eq!(read("3:0"), Some((Some(3), 0)));
        for bad in ["", "-1", "+1", ":", "1:", ":1", "a", "1:2:3", "99999999999999999999", "4294967296:1"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
