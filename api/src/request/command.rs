//! What a command is called: the caller, and the `Idempotency-Key` that caller gave it.

use std::fmt;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use domain::Command;
use domain::stream::Owner;
use event_store::Submission;
use event_store::executor::CommandKey;
use serde::Deserialize;

use super::RequestId;
use crate::auth::Actor;
use crate::problem::{Fault, Problem};

/// The header that names a command.
pub(crate) const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// Longest key: three UUIDs and a prefix. Every key is kept for ever.
const KEY_LENGTH_MAX: usize = 200;

/// What a caller calls a command: 1 to 200 visible ASCII characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct CommandId(String);

impl fmt::Display for CommandId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A text that names no command.
#[derive(Debug)]
pub(crate) struct NoCommandId;

impl fmt::Display for NoCommandId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "it is not 1 to {KEY_LENGTH_MAX} visible ASCII characters")
    }
}

impl TryFrom<String> for CommandId {
    type Error = NoCommandId;

    fn try_from(text: String) -> Result<Self, NoCommandId> {
        let is_id = (1..=KEY_LENGTH_MAX).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
        if is_id { Ok(Self(text)) } else { Err(NoCommandId) }
    }
}

/// Who sends a command, what they call it, and the request it came with.
#[derive(Debug, Clone)]
pub(crate) struct CommandName {
    pub(crate) key: CommandKey,
    pub(crate) request_id: String,
}

impl CommandName {
    /// A command of a caller, under the id it has for that caller.
    pub(crate) fn of(actor: &Actor, CommandId(command_id): CommandId, RequestId(request_id): RequestId) -> Self {
        Self { key: CommandKey { caller: actor.id.clone(), command_id }, request_id }
    }

    /// The command, named and addressed.
    pub(crate) fn submit(self, owner: Owner, command: impl Into<Command>) -> Submission {
        Submission { owner, command: command.into(), key: self.key, request_id: self.request_id }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for CommandName {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let actor = Actor::from_request_parts(parts, state).await?;
        let request_id = RequestId::from_request_parts(parts, state).await?;
        let mut given = parts.headers.get_all(IDEMPOTENCY_KEY).iter();
        let key = given.next().ok_or(Fault::IdempotencyKeyMissing)?;
        if key.is_empty() {
            return Err(Fault::IdempotencyKeyMissing.into());
        }
        if given.next().is_some() {
            return Err(Fault::IdempotencyKeyInvalid.into());
        }
        let text = key.to_str().map_err(|_| Fault::IdempotencyKeyInvalid)?.to_owned();
        let command_id = CommandId::try_from(text).map_err(|_| Fault::IdempotencyKeyInvalid)?;
        Ok(Self::of(&actor, command_id, request_id))
    }
}
