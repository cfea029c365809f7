//! What a command is called: the caller, and the `Idempotency-Key` that caller gave it.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use domain::Command;
use domain::stream::Owner;
use event_store::Submission;
use event_store::executor::CommandKey;

use super::RequestId;
use crate::auth::Actor;
use crate::problem::{Fault, Problem};

/// The header that names a command.
pub(crate) const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// Longest key: three UUIDs and a prefix. Every key is kept for ever.
const KEY_LENGTH_MAX: usize = 200;

/// Who sends a command, what they call it, and the request it came with.
#[derive(Debug, Clone)]
pub(crate) struct CommandName {
    pub(crate) key: CommandKey,
    pub(crate) request_id: String,
}

impl CommandName {
    /// The command, named and addressed.
    pub(crate) fn submit(self, owner: Owner, command: impl Into<Command>) -> Submission {
        Submission { owner, command: command.into(), key: self.key, request_id: self.request_id }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for CommandName {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let actor = Actor::from_request_parts(parts, state).await?;
        let RequestId(request_id) = RequestId::from_request_parts(parts, state).await?;
        let mut given = parts.headers.get_all(IDEMPOTENCY_KEY).iter();
        let key = given.next().ok_or(Fault::IdempotencyKeyMissing)?;
        if key.is_empty() {
            return Err(Fault::IdempotencyKeyMissing.into());
        }
        let is_visible = key.as_bytes().iter().all(u8::is_ascii_graphic);
        if key.len() > KEY_LENGTH_MAX || !is_visible || given.next().is_some() {
            return Err(Fault::IdempotencyKeyInvalid.into());
        }
        let command_id = key.to_str().map_err(|_| Fault::IdempotencyKeyInvalid)?.to_owned();
        Ok(Self { key: CommandKey { caller: actor.id, command_id }, request_id })
    }
}
