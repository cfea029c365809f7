//! What the streams say of those who are on a clock, or may be.

use domain::organization::{Environment, TestClock};
use domain::stream::Owner;
use domain::{Kind, OrganizationId, ProductCode, State};
use jiff::Timestamp;

use super::Act;
use crate::processor::ActError;

/// An organization, as its own stream says.
#[derive(Debug, Clone)]
pub(super) struct Known {
    pub(super) product: ProductCode,
    pub(super) environment: Environment,
    pub(super) registered_at: Option<Timestamp>,
    pub(super) follows: Option<OrganizationId>,
}

/// When something of an organization is due next.
#[derive(Debug, Clone, Copy)]
pub(super) struct NextDue {
    pub(super) subscription: Option<Timestamp>,
    pub(super) ledger: Option<Timestamp>,
}

impl Act<'_> {
    pub(super) async fn organization(&self, organization: &OrganizationId) -> Result<Known, ActError> {
        let look = |state: &State| {
            let State::Organization(organization) = state else { return None };
            let registered = organization.registered()?;
            Some(Known {
                product: registered.product.clone(),
                environment: registered.environment,
                registered_at: registered.registered_at,
                follows: organization.follows().cloned(),
            })
        };
        let found = self.look(Kind::Organization, Owner::Organization(organization.clone()), look).await?;
        found.ok_or_else(|| ActError::Impossible { reason: format!("organization {organization} is not registered") })
    }

    /// The clock that an organization holds.
    pub(super) async fn clock(&self, holder: &OrganizationId) -> Result<Option<TestClock>, ActError> {
        let look = |state: &State| {
            let State::Organization(organization) = state else { return None };
            organization.test_clock().cloned()
        };
        self.look(Kind::Organization, Owner::Organization(holder.clone()), look).await
    }

    /// Who is below an organization in its product's tree, each with its sponsor and after it.
    pub(super) async fn below(
        &self,
        product: &ProductCode,
        organization: &OrganizationId,
    ) -> Result<Vec<(OrganizationId, OrganizationId)>, ActError> {
        let organization = organization.clone();
        let look = move |state: &State| {
            let State::ReferralTree(tree) = state else { return Vec::new() };
            tree.below(&organization)
        };
        self.look(Kind::ReferralTree, Owner::Product(product.clone()), look).await
    }

    pub(super) async fn due(&self, organization: &OrganizationId) -> Result<NextDue, ActError> {
        let owner = || Owner::Organization(organization.clone());
        let of_subscription = |state: &State| {
            let State::Subscription(subscription) = state else { return None };
            subscription.next_due()
        };
        let of_ledger = |state: &State| {
            let State::CreditLedger(ledger) = state else { return None };
            ledger.next_due()
        };
        Ok(NextDue {
            subscription: self.look(Kind::Subscription, owner(), of_subscription).await?,
            ledger: self.look(Kind::CreditLedger, owner(), of_ledger).await?,
        })
    }

    /// When a commission matures next that one member's payment earned another.
    pub(super) async fn maturity(
        &self,
        product: &ProductCode,
        members: &[OrganizationId],
    ) -> Result<Option<Timestamp>, ActError> {
        let members = members.to_vec();
        let look = move |state: &State| {
            let State::ReferralTree(tree) = state else { return None };
            tree.next_simulated(&members)
        };
        self.look(Kind::ReferralTree, Owner::Product(product.clone()), look).await
    }

    async fn look<T: Send + 'static>(
        &self,
        kind: Kind,
        owner: Owner,
        view: impl Fn(&State) -> T + Send + Sync + 'static,
    ) -> Result<T, ActError> {
        Ok(self.executor.inspect(kind, owner, view).await?)
    }
}
