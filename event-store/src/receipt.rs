//! Receipts: what a command was answered, kept for ever under the caller and the command's id.

use std::collections::HashMap;

use domain::Command;
use domain::stream::Owner;
use sha2::{Digest, Sha256};
use sqlx::Row;
use sqlx::postgres::PgConnection;

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
    /// What the caller was told, as JSON.
    pub answer: String,
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
        let receipt = Receipt { fingerprint, position: row.try_get("position")?, answer: row.try_get("answer")? };
        found.insert(key, receipt);
    }
    Ok(found)
}
