//! How a decision unfolds: events one after another, each taken in before the next one is decided on what it left.
//!
//! Refusals come first, on the state in which nothing is due any more. A course that is refused is dropped, and nothing
//! of it is written.

use super::stage::{Stage, Started};
use super::{Event, Rejection, Subscription};
use crate::catalog::Definition;
use crate::context::{Context, Terms};
use crate::money::Money;

pub(super) struct Course<'a> {
    /// The subscription after all of `events`.
    pub(super) state: Subscription,
    pub(super) events: Vec<Event>,
    pub(super) terms: &'a Terms,
    pub(super) context: &'a Context,
}

impl<'a> Course<'a> {
    pub(super) fn of(state: &Subscription, terms: &'a Terms, context: &'a Context) -> Self {
        Self { state: state.clone(), events: Vec::new(), terms, context }
    }

    pub(super) fn happen(&mut self, event: Event) {
        self.state.take_in(&event);
        self.events.push(event);
    }

    /// What the catalog says that the plan was sold under.
    pub(super) fn sold_under(&self) -> Option<&'a Definition> {
        let (version, _) = self.state.versions();
        self.context.version(version?).map(|catalog| &catalog.definition)
    }

    /// The plan that was started and has not ended.
    pub(super) fn started(&self) -> Result<&Started, Rejection> {
        let started = self.state.started.as_deref();
        started.ok_or_else(|| Rejection::NotStarted { organization: self.terms.organization.clone() })
    }

    /// What is open in all; nothing before a plan was started.
    pub(super) fn open(&self) -> Option<Money> {
        let currency = self.state.started.as_deref()?.price.currency;
        Some(self.state.open_invoices().map(super::Invoice::open).fold(Money::zero(currency), Money::plus))
    }

    pub(super) fn is_awaiting(&self) -> bool {
        let stage = self.state.started.as_deref().map(|started| &started.stage);
        matches!(stage, Some(Stage::Awaiting(_)))
    }
}
