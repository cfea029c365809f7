//! Who decides, and why, where a request has no body to say it in.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use domain::{ActorId, ReasonText};
use utoipa::IntoParams;

use super::query::{QueryParams, invalid};
use crate::problem::Problem;

/// The query that names who decides, for the OpenAPI document.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes what `DeciderQuery` reads by hand")]
pub(crate) struct DeciderParams {
    /// Who decides it, by an opaque id; the key, unless given.
    #[param(example = "support_3")]
    actor: Option<String>,
}

/// Who decides, if the caller names somebody.
pub(crate) struct DeciderQuery(pub(crate) Option<ActorId>);

impl<S: Send + Sync> FromRequestParts<S> for DeciderQuery {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let mut query = QueryParams::of(parts, state).await?;
        let actor = query.token("actor")?;
        query.finish()?;
        Ok(Self(actor))
    }
}

/// Why something is taken back, and who decides it.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct RemovalQuery {
    /// Why: 1 to 200 characters on one line.
    #[param(value_type = String, example = "the trial is over")]
    pub(crate) reason: ReasonText,
    /// Who decides it, by an opaque id; the key, unless given.
    #[param(value_type = Option<String>, example = "support_3")]
    pub(crate) actor: Option<ActorId>,
}

impl<S: Send + Sync> FromRequestParts<S> for RemovalQuery {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let mut query = QueryParams::of(parts, state).await?;
        let missing = || invalid("reason", "say why".to_owned());
        let read = Self { reason: query.token("reason")?.ok_or_else(missing)?, actor: query.token("actor")? };
        query.finish()?;
        Ok(read)
    }
}
