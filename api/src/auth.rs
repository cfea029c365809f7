//! Who may do what, in one place. Whoever calls becomes an [`Actor`]; each route states the [`Scope`] it needs
//! (`guard`); the default is no. An admin key is the first kind of actor.
//!
//! A missing, a malformed, a wrong and a revoked key all get the same answer. A revoked key opens nothing any more: in
//! the process that revoked it at once, in the others after at most five seconds (`seen`).
//!
//! Whoever is let in is counted by the key's rate ([`rate`](crate::rate)); whoever is not, is nobody, and has none.

mod actor;
mod key;
mod keys;
mod seen;

use axum::Extension;
use axum::extract::rejection::RawPathParamsRejection;
use axum::extract::{RawPathParams, Request, State};
use axum::http::header::AUTHORIZATION;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use sqlx::postgres::PgPool;
use utoipa::openapi::SecurityRequirement;
use utoipa_axum::router::{UtoipaMethodRouter, UtoipaMethodRouterExt};

pub use actor::{Actor, ActorKind, Scope};
pub use keys::{KeyError, accept_admin_key, create_admin_key, revoke_key};

use crate::gate::Gate;
use crate::openapi;
use crate::problem::{Fault, Problem};
use crate::rate::{Admission, RateLimits};
use key::Key;
use seen::{Moment, SeenKeys};

/// The name of the way in, in the OpenAPI document.
pub(crate) const BEARER: &str = "bearer";

/// Where the keys are; every request carries it from the router to the guard of its route.
#[derive(Clone)]
pub(crate) struct Keys {
    pool: PgPool,
    seen: SeenKeys,
}

impl Keys {
    pub(crate) fn new(pool: PgPool) -> Self {
        Self { pool, seen: SeenKeys::default() }
    }

    /// Does the key open, now or a moment ago?
    async fn hold(&self, key: &Key) -> Result<bool, sqlx::Error> {
        let now = Moment::now();
        if self.seen.holds(key, now) {
            return Ok(true);
        }
        let opens = keys::holds(&self.pool, key).await?;
        if opens {
            self.seen.remember(key, now);
        }
        Ok(opens)
    }
}

/// Lets only callers with a scope through to a route, and says so in the OpenAPI document.
pub(crate) fn guard(scope: Scope, mut route: UtoipaMethodRouter<Gate>) -> UtoipaMethodRouter<Gate> {
    for operation in openapi::operations_mut(&mut route.1) {
        operation.security = Some(vec![SecurityRequirement::new(BEARER, [scope.as_str()])]);
    }
    // On the route only: a wrong method is told as such before anybody is asked for a key.
    route.map(|methods| methods.route_layer(from_fn_with_state(scope, authorize)))
}

async fn authorize(
    State(scope): State<Scope>,
    Extension(keys): Extension<Keys>,
    Extension(rates): Extension<RateLimits>,
    path: Result<RawPathParams, RawPathParamsRejection>,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let key = bearer(&request).and_then(Key::read).ok_or(Fault::Unauthenticated)?;
    if !keys.hold(&key).await? {
        return Err(Fault::Unauthenticated.into());
    }
    let actor = Actor::admin(&key.id, rates.of_admin_keys());
    let admission = Admission::default();
    // What the key may not do counts, too: it was asked.
    let admitted = admission.ask_for_key(&rates, &actor).and_then(|()| permit(&actor, scope, path));
    let answer = match admitted {
        Ok(()) => {
            request.extensions_mut().insert(actor);
            request.extensions_mut().insert(admission.clone());
            next.run(request).await
        }
        Err(problem) => problem.into_response(),
    };
    Ok(admission.tell(answer))
}

fn permit(actor: &Actor, scope: Scope, path: Result<RawPathParams, RawPathParamsRejection>) -> Result<(), Problem> {
    let not_text = |_| Fault::InvalidField { field: "path".to_owned(), text: "it is not UTF-8 text".to_owned() };
    let path = path.map_err(not_text)?;
    let organization = path.iter().find(|(name, _)| *name == "organization").map(|(_, value)| value);
    Ok(actor.check(scope, organization)?)
}

fn bearer(request: &Request) -> Option<&str> {
    let (scheme, key) = request.headers().get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
}
