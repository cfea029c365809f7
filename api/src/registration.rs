//! Registering an organization: three steps over three streams, each safe to repeat.
//!
//! ```text
//! code given ──► who hands it out? ──► Organization registered ──► enrolled in the product's referral tree
//!                (nothing written)      (under the caller's key)    (under a key of the organization's own)
//! ```
//!
//! Between the second step and the third the engine may stop. Then the caller's retry does the third, and so does the
//! processor `share_payments`. Both send it under the caller name `referrals` and the same id: whoever comes second
//! gets the first one's answer.

use std::sync::Arc;

use domain::calendar::Zone;
use domain::catalog::CatalogVersion;
use domain::organization::{self, Environment, Registered, Sponsorship};
use domain::stream::Owner;
use domain::{Kind, OrganizationId, ProductCode, ReferralCode, Rejection, State, referral_tree};
use event_store::executor::CommandKey;
use event_store::{Applied, Failure, Submission};
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use crate::gate::Gate;

/// The caller name under which organizations are enrolled, here and by the processor `share_payments`.
const ENROLLER: &str = "referrals";

/// The caller name under which sandboxes are put on test clocks here.
const CLOCKMAKER: &str = "test_clocks";

/// An organization that wants in.
pub(crate) struct Registration {
    pub(crate) organization: OrganizationId,
    pub(crate) product: ProductCode,
    pub(crate) time_zone: Zone,
    pub(crate) referral_code: Option<ReferralCode>,
    pub(crate) environment: Environment,
}

/// The id of an organization whose caller left it to us: the same for every retry of the same command.
///
/// # Panics
/// Never: `org_` and 32 hexadecimal digits are a token.
pub(crate) fn organization_of(key: &CommandKey) -> OrganizationId {
    let hash = Sha256::new().chain_update(&key.caller).chain_update([0]).chain_update(&key.command_id).finalize();
    let half: String = hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    OrganizationId::new(format!("org_{half}")).expect("a token")
}

impl Registration {
    /// Registers and enrolls, or says why not. The answer is the organization's own.
    pub(crate) async fn carry_out(
        self,
        gate: &Gate,
        key: CommandKey,
        request_id: String,
    ) -> Result<(Applied, Registered), Failure> {
        let sponsor = match &self.referral_code {
            Some(code) => Some(sponsorship(gate, &self.product, code).await?),
            None => None,
        };
        let owner = Owner::Organization(self.organization.clone());
        let command = organization::Command::Register {
            organization: self.organization,
            product: self.product,
            time_zone: self.time_zone,
            sponsor,
            environment: self.environment,
        };
        let submission = Submission { owner, command: command.into(), key, request_id: request_id.clone() };
        let applied = gate.execute(submission).await?;

        let answer: Result<organization::Answer, _> = serde_json::from_str(&applied.answer);
        let registered = answer.ok().flatten().ok_or_else(|| unreadable(&applied))?;
        enroll(gate, &registered, request_id.clone()).await?;
        follow_sponsor(gate, &registered, request_id).await?;
        Ok((applied, registered))
    }
}

/// Puts a registered organization into its product's referral tree, once.
pub(crate) async fn enroll(gate: &Gate, registered: &Registered, request_id: String) -> Result<(), Failure> {
    let command = referral_tree::Command::Enroll {
        organization: registered.organization.clone(),
        code: registered.referral_code.clone(),
        referred_with: registered.sponsor.as_ref().map(|sponsorship| sponsorship.code.clone()),
    };
    let command_id = format!("enroll-{}", registered.organization);
    let key = CommandKey { caller: ENROLLER.to_owned(), command_id };
    let owner = Owner::Product(registered.product.clone());
    gate.execute(Submission { owner, command: command.into(), key, request_id }).await.map(|_| ())
}

/// Whoever has paid can name no sponsor any more. The tree refuses that too, once the payment has come there; until then
/// the subscription knows. Whoever has a sponsor is let through: the tree answers, a repetition with its receipt.
pub(crate) async fn refuse_payers(gate: &Gate, registered: &Registered) -> Result<(), Failure> {
    let owner = Owner::Organization(registered.organization.clone());
    let has_paid = |state: &State| matches!(state, State::Subscription(subscription) if subscription.has_paid());
    if !gate.inspect(Kind::Subscription, owner, has_paid).await? {
        return Ok(());
    }
    let organization = registered.organization.clone();
    let is_sponsored =
        move |state: &State| matches!(state, State::ReferralTree(tree) if tree.sponsor_of(&organization).is_some());
    if gate.inspect(Kind::ReferralTree, Owner::Product(registered.product.clone()), is_sponsored).await? {
        return Ok(());
    }
    let organization = registered.organization.clone();
    Err(Rejection::ReferralTree(referral_tree::Rejection::PaidAlready { organization }).into())
}

/// Puts a sandbox on the test clock of its sponsor, if that is on one, so that its first command is decided at the clock's
/// instant. The processor `advance_clocks` does the same where this was interrupted.
async fn follow_sponsor(gate: &Gate, registered: &Registered, request_id: String) -> Result<(), Failure> {
    let Some(Sponsorship { sponsor, .. }) = &registered.sponsor else { return Ok(()) };
    if registered.environment.is_live() {
        return Ok(());
    }
    let follows = |state: &State| {
        let State::Organization(organization) = state else { return None };
        organization.follows().cloned()
    };
    let followed = gate.inspect(Kind::Organization, Owner::Organization(sponsor.clone()), follows).await?;
    let Some(holder) = followed else { return Ok(()) };
    let (member, registered_at) = (registered.organization.clone(), registered.registered_at);
    let key = |command_id: String| CommandKey { caller: CLOCKMAKER.to_owned(), command_id };
    let admitted = Submission {
        owner: Owner::Organization(holder.clone()),
        key: key(format!("admit-{member}")),
        command: organization::Command::AdmitToTestClock { member: member.clone(), registered_at }.into(),
        request_id: request_id.clone(),
    };
    gate.execute(admitted).await?;
    let shown = |state: &State| {
        let State::Organization(organization) = state else { return None };
        Some(organization.test_clock()?.instant())
    };
    let shown = gate.inspect(Kind::Organization, Owner::Organization(holder.clone()), shown).await?;
    let Some(instant) = shown else { return Ok(()) };
    follow_clock(gate, &member, &holder, instant, request_id).await
}

/// Lets it be the instant of a test clock for a member.
pub(crate) async fn follow_clock(
    gate: &Gate,
    member: &OrganizationId,
    holder: &OrganizationId,
    instant: Timestamp,
    request_id: String,
) -> Result<(), Failure> {
    let command_id = format!("follow-{member}-{holder}@{instant}");
    let followed = Submission {
        owner: Owner::Organization(member.clone()),
        key: CommandKey { caller: CLOCKMAKER.to_owned(), command_id },
        command: organization::Command::FollowTestClock { holder: holder.clone(), instant }.into(),
        request_id,
    };
    gate.execute(followed).await.map(|_| ())
}

/// What registration fixed, read off the organization's own stream; `None` if it is not registered.
pub(crate) async fn find(gate: &Gate, organization: &OrganizationId) -> Result<Option<Registered>, Failure> {
    let look = |state: &State| {
        let State::Organization(organization) = state else { return None };
        organization.registered().cloned()
    };
    gate.inspect(Kind::Organization, Owner::Organization(organization.clone()), look).await
}

async fn sponsorship(gate: &Gate, product: &ProductCode, code: &ReferralCode) -> Result<Sponsorship, Failure> {
    let asked = code.clone();
    let look = move |state: &State| {
        let State::ReferralTree(tree) = state else { return None };
        tree.owner_of(&asked).cloned()
    };
    let sponsor = gate.inspect(Kind::ReferralTree, Owner::Product(product.clone()), look).await?;
    if let Some(sponsor) = sponsor {
        return Ok(Sponsorship { sponsor, code: code.clone() });
    }
    // A product nobody sells has no codes either; whoever mistyped it should hear of the product.
    if catalog(gate, product).await?.is_none() {
        return Err(unknown_product(product.clone()));
    }
    Err(Rejection::ReferralTree(referral_tree::Rejection::UnknownCode { code: code.clone() }).into())
}

/// The newest catalog of a product; `None` if nobody published one.
pub(crate) async fn catalog(gate: &Gate, product: &ProductCode) -> Result<Option<Arc<CatalogVersion>>, Failure> {
    let look = |state: &State| {
        let State::Catalog(catalog) = state else { return None };
        catalog.latest().cloned()
    };
    gate.inspect(Kind::Catalog, Owner::Product(product.clone()), look).await
}

/// What the domain says of a product without a catalog.
pub(crate) fn unknown_product(product: ProductCode) -> Failure {
    Rejection::Organization(organization::Rejection::UnknownProduct { product }).into()
}

fn unreadable(applied: &Applied) -> Failure {
    let (partition, position) = (applied.partition, applied.position);
    Failure::Corrupt { reason: format!("the receipt at position {position} of partition {partition} has no answer") }
}
