//! Receipts: what a command was answered, kept for ever under the caller and the command's id.

use std::borrow::Cow;
use std::collections::HashMap;

use domain::Command;
use domain::stream::Owner;
use serde::Deserialize;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};
use sqlx::Row;
use sqlx::postgres::PgConnection;

use crate::executor::{Applied, Grounds};
use crate::faults;

/// A command's name: who sent it, and the id that caller gave it. Each partition keeps its own receipts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CommandKey {
    /// Who sent it: an actor's id.
    pub caller: String,
    /// What that caller calls it: the `Idempotency-Key`, or an event id for a processor.
    pub command_id: String,
}

/// SHA-256 of whom a command is for and all it says.
pub type Fingerprint = [u8; 32];

/// The answer to a command that was applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// A hash of the command, to tell a retry from another command under the same key.
    pub fingerprint: Fingerprint,
    /// The position of its last event, or of the log when it changed nothing.
    pub position: i64,
    /// On what it was decided; `None` of a receipt that an earlier release wrote.
    pub grounds: Option<Grounds>,
    /// What the caller was told, as JSON.
    pub answer: String,
}

/// The column `answer`: what a verdict was decided on, beside what the caller was told, as that was told. A command that
/// changed nothing has no event whose metadata could say it. Earlier releases wrote the second alone.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored<'a> {
    decided_on: i64,
    catalog_version: Option<u32>,
    #[serde(borrow)]
    answer: &'a RawValue,
}

impl Receipt {
    /// What the caller is told, now or again.
    pub(crate) fn told(self, partition: i32, repeated: bool) -> Applied {
        let Self { position, grounds, answer, .. } = self;
        Applied { partition, position, grounds, answer, repeated }
    }

    /// The text of the column `answer`.
    pub(crate) fn stored(&self) -> Cow<'_, str> {
        let Some(Grounds { position, catalog_version, .. }) = self.grounds else { return Cow::Borrowed(&self.answer) };
        let version = catalog_version.map_or_else(|| "null".to_owned(), |version| version.to_string());
        // By hand: the answer is JSON already, and every command comes by here.
        let answer = &self.answer;
        Cow::Owned(format!(r#"{{"decided_on":{position},"catalog_version":{version},"answer":{answer}}}"#))
    }
}

/// What a receipt was decided on and what the caller was told, from the text of the column `answer`.
fn read(partition: i32, stored: String) -> (Option<Grounds>, String) {
    match serde_json::from_str(&stored) {
        Ok(Stored { decided_on: position, catalog_version, answer }) => {
            (Some(Grounds { partition, position, catalog_version }), answer.get().to_owned())
        }
        Err(_) => (None, stored),
    }
}

/// A hash of whom a command is for and all it says, and the length of what it says in bytes.
#[must_use]
pub fn fingerprint(owner: &Owner, command: &Command) -> (Fingerprint, usize) {
    let command = serde_json::to_vec(command).unwrap_or_default();
    let hash = Sha256::new().chain_update(owner.as_str()).chain_update([0]).chain_update(&command).finalize();
    (hash.into(), command.len())
}

/// Finds the receipts of commands.
pub(crate) async fn find(
    connection: &mut PgConnection,
    partition: i32,
    keys: &[CommandKey],
) -> Result<HashMap<CommandKey, Receipt>, sqlx::Error> {
    if keys.is_empty() {
        return Ok(HashMap::new());
    }
    let (callers, ids): (Vec<&str>, Vec<&str>) =
        keys.iter().map(|key| (key.caller.as_str(), key.command_id.as_str())).unzip();
    faults::point("receipts.asked");
    let rows = sqlx::query(concat!(
        "SELECT caller, command_id, fingerprint, position, answer::text FROM es.receipts",
        " JOIN unnest($2::text[], $3::text[]) AS asked (caller, command_id) USING (caller, command_id)",
        " WHERE partition = $1"
    ))
    .bind(partition)
    .bind(callers)
    .bind(ids)
    .fetch_all(connection)
    .await?;
    faults::point("receipts.found");
    let mut found = HashMap::with_capacity(rows.len());
    for row in rows {
        let key = CommandKey { caller: row.try_get("caller")?, command_id: row.try_get("command_id")? };
        // One of another length is that of no command.
        let fingerprint = Fingerprint::try_from(row.try_get::<&[u8], _>("fingerprint")?).unwrap_or_default();
        let (grounds, answer) = read(partition, row.try_get("answer")?);
        let receipt = Receipt { fingerprint, position: row.try_get("position")?, grounds, answer };
        found.insert(key, receipt);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOLD: &str = r#"{"balance": "9.95",  "note":"a \"b\""}"#;

    fn receipt(grounds: Option<Grounds>, answer: &str) -> Receipt {
        Receipt { fingerprint: [0; 32], position: 13, grounds, answer: answer.to_owned() }
    }

    #[test]
    fn what_was_told_is_read_again_byte_for_byte_with_what_it_was_decided_on() {
        let grounds = Grounds { partition: 3, position: 12, catalog_version: Some(2) };
        let unbound = Grounds { catalog_version: None, ..grounds };
        for (grounds, told) in [(grounds, TOLD), (grounds, "null"), (unbound, TOLD)] {
            let stored = receipt(Some(grounds), told).stored().into_owned();
            assert_eq!(read(3, stored), (Some(grounds), told.to_owned()));
        }
    }

    #[test]
    fn a_receipt_of_an_earlier_release_says_what_was_told_alone() {
        for told in [TOLD, "null", r#"{"decided_on":1,"answer":{},"other":1}"#] {
            assert_eq!(read(0, told.to_owned()), (None, told.to_owned()));
            assert_eq!(receipt(None, told).stored(), told);
        }
    }
}
