//! Who calls, and what they may do.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use domain::catalog::RateLimit;
use domain::id::TOKEN_LENGTH_MAX;
use domain::{ActorId, OrganizationId};

use crate::problem::{Fault, Problem};

/// One thing a caller may do. Each route states the one it needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Look at anything.
    Read,
    /// Register organizations, name their sponsors, start their plans.
    OrganizationsWrite,
    /// Consume features.
    UsageWrite,
    /// Record payments and add credits.
    PaymentsWrite,
    /// Publish catalogs.
    CatalogsWrite,
}

impl Scope {
    /// Every scope there is.
    pub const ALL: &'static [Self] =
        &[Self::Read, Self::OrganizationsWrite, Self::UsageWrite, Self::PaymentsWrite, Self::CatalogsWrite];

    /// Its name, as documented.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::OrganizationsWrite => "organizations:write",
            Self::UsageWrite => "usage:write",
            Self::PaymentsWrite => "payments:write",
            Self::CatalogsWrite => "catalogs:write",
        }
    }
}

/// What kind of caller it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActorKind {
    /// Whoever runs Tollgate: may do everything, for every organization.
    Admin,
}

/// Whoever calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// What kind of caller it is.
    pub kind: ActorKind,
    /// Its name, for ever: command ids belong to it.
    pub id: String,
    /// The only organization it may touch; `None` for all.
    pub organization: Option<OrganizationId>,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// How often it may ask; `None` for as often as it likes.
    pub rate: Option<RateLimit>,
}

impl Actor {
    /// The holder of an admin key.
    pub(super) fn admin(key_id: &str, rate: Option<RateLimit>) -> Self {
        // The prefix keeps a key id from passing for a processor, whose commands are named by the same rule.
        let id = format!("admin:{key_id}");
        Self { kind: ActorKind::Admin, id, organization: None, scopes: Scope::ALL.to_vec(), rate }
    }

    /// Who decides, as an event says it: the person or service that the caller names, else the caller itself.
    ///
    /// # Panics
    /// Never: a key's id is letters and digits, and is cut.
    pub(crate) fn decider(&self, named: Option<ActorId>) -> ActorId {
        let own = || self.id.chars().take(TOKEN_LENGTH_MAX).map(|c| if c == ':' { '-' } else { c }).collect::<String>();
        named.unwrap_or_else(|| ActorId::new(own()).expect("a token"))
    }

    /// Checks a scope, and the organization a route is about, if it is about one.
    pub(super) fn check(&self, scope: Scope, organization: Option<&str>) -> Result<(), Fault> {
        if !self.scopes.contains(&scope) {
            return Err(Fault::ScopeMissing { scope });
        }
        match (&self.organization, organization) {
            (Some(own), Some(asked)) if own.as_str() == asked => Ok(()),
            // An actor of one organization is not let into routes that are about none.
            (Some(_), _) => Err(Fault::OtherOrganization),
            (None, _) => Ok(()),
        }
    }
}

/// A handler that asks for the actor on a route that states no scope gets none: the default is no.
impl<S: Send + Sync> FromRequestParts<S> for Actor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        parts.extensions.get::<Self>().cloned().ok_or_else(|| Fault::Unauthenticated.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn actor(organization: Option<&str>, scopes: &[Scope]) -> Actor {
        let organization = organization.map(|id| OrganizationId::new(id).unwrap());
        Actor { kind: ActorKind::Admin, id: "admin:test".to_owned(), organization, scopes: scopes.to_vec(), rate: None }
    }

    #[test]
    fn an_actor_does_what_its_scopes_say_and_nothing_else() {
        let reader = actor(None, &[Scope::Read]);
        assert_eq!(reader.check(Scope::Read, Some("juan")), Ok(()));
        for scope in Scope::ALL.iter().copied().filter(|scope| *scope != Scope::Read) {
            assert_eq!(reader.check(scope, None), Err(Fault::ScopeMissing { scope }));
        }
    }

    #[test]
    fn who_decides_is_whoever_was_named_or_the_key() {
        let long = Actor::admin(&"x".repeat(128), None);
        assert_eq!(long.decider(None).as_str(), format!("admin-{}", "x".repeat(58)));
        assert_eq!(actor(None, &[]).decider(None).as_str(), "admin-test");
        assert_eq!(actor(None, &[]).decider(Some(ActorId::new("maria").unwrap())).as_str(), "maria");
    }

    #[test]
    fn an_actor_of_one_organization_stays_inside_it() {
        let juan = actor(Some("juan"), Scope::ALL);
        assert_eq!(juan.check(Scope::Read, Some("juan")), Ok(()));
        assert_eq!(juan.check(Scope::Read, Some("maria")), Err(Fault::OtherOrganization));
        assert_eq!(juan.check(Scope::Read, None), Err(Fault::OtherOrganization));
    }
}
