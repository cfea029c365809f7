//! Shares every payment among those who referred the payer.
//!
//! ```text
//! organization_registered -> Enroll             in the product's referral tree, below whoever referred it
//! payment_recorded        -> AccrueCommissions  of the payment, for the referrers above
//! payment given back      -> ClawBack           of what it earned, in proportion
//! ```
//!
//! One processor does both, because a payment can only be shared once the payer is in the tree: both events are in the
//! organization's partition, in this order, and share the organization's lane, so the enrolment is done first. As two
//! processors they would have two checkpoints, and the second could overtake the first. A lane per product would keep
//! the order too, but let one organization's trouble hold up all others; nothing else needs an order: a sponsor that is
//! not in the tree yet, its registration being in another partition, is waited for.
//!
//! **Shared key.** Whoever registers an organization may enrol it at once, so that its code works for the next one.
//! Both must send the same command under caller `referrals` and id `enroll-<organization>`, and then it is one command.

use async_trait::async_trait;
use domain::stream::Owner;
use domain::subscription::Method;
use domain::{
    Event, Kind, Money, OrganizationId, PaymentId, ProductCode, ReferralCode, RefundId, Rejection, State, organization,
    subscription,
};
use domain::{catalog, credit_ledger, discount_book, invoice_book, referral_tree};
use event_store::executor::CommandKey;
use event_store::{Executor, Failure, Recorded, Submission};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::processor::{ActError, Done, Processor, Todo, Wanted, submit};

/// The processor.
#[derive(Debug, Clone, Copy)]
pub struct SharePayments;

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "do")]
enum Task {
    Enroll {
        product: ProductCode,
        organization: OrganizationId,
        code: ReferralCode,
        referred_with: Option<ReferralCode>,
    },
    Accrue {
        payer: OrganizationId,
        payment: PaymentId,
        amount: Money,
        /// Rows of before this was noted do not say; then it is now.
        #[serde(default)]
        paid_at: Option<Timestamp>,
        #[serde(default)]
        catalog_version: Option<u32>,
    },
    ClawBack(Refunded),
}

/// Something of a payment that was given back, or taken back by a bank.
#[derive(Debug, Serialize, Deserialize)]
struct Refunded {
    /// Who had paid.
    payer: OrganizationId,
    /// The payment.
    payment: PaymentId,
    /// The refund.
    refund: RefundId,
    /// All that was given back of it so far, this refund included, without its taxes.
    refunded_net_total: Money,
    /// What was paid, without its taxes.
    paid_net: Money,
}

impl Refunded {
    /// What is wanted because of it: a row of the payer's lane, so that the payment was shared before.
    fn wanted(self) -> Wanted {
        Wanted::new(self.payer.clone(), &Task::ClawBack(self))
    }
}

impl From<Refunded> for referral_tree::Command {
    fn from(refunded: Refunded) -> Self {
        let Refunded { payer, payment, refund, refunded_net_total, paid_net } = refunded;
        Self::ClawBack { payment, payer, refund, refunded_net_total, paid_net }
    }
}

#[async_trait]
impl Processor for SharePayments {
    fn name(&self) -> &'static str {
        "share_payments"
    }

    fn todo(&self, recorded: &Recorded) -> Option<Wanted> {
        match &recorded.event {
            Event::Organization(organization::Event::OrganizationRegistered {
                organization,
                product,
                referral_code,
                sponsor,
                ..
            }) => {
                let task = Task::Enroll {
                    product: product.clone(),
                    organization: organization.clone(),
                    code: referral_code.clone(),
                    referred_with: sponsor.as_ref().map(|sponsorship| sponsorship.code.clone()),
                };
                Some(Wanted::new(organization, &task))
            }
            // What the account balance pays was shared when it came in; credits bring nothing in.
            Event::Subscription(subscription::Event::PaymentRecorded {
                method: Method::Balance | Method::Credits,
                ..
            }) => None,
            Event::Subscription(subscription::Event::PaymentRecorded { payment, net, .. }) => {
                let payer = recorded.organization.clone()?;
                let task = Task::Accrue {
                    payer: payer.clone(),
                    payment: payment.clone(),
                    amount: *net,
                    paid_at: Some(recorded.recorded_at),
                    // A payment is decided under the newest catalog there is.
                    catalog_version: recorded.metadata.get("catalog_version").and_then(|text| text.parse().ok()),
                };
                Some(Wanted::new(payer, &task))
            }
            Event::Subscription(subscription::Event::PaymentRefunded {
                refund,
                payment,
                refunded_net_total,
                paid_net,
                ..
            }) => {
                let refunded = Refunded {
                    payer: recorded.organization.clone()?,
                    payment: payment.clone(),
                    refund: refund.clone(),
                    refunded_net_total: *refunded_net_total,
                    paid_net: *paid_net,
                };
                Some(refunded.wanted())
            }
            Event::Organization(
                organization::Event::FeatureOverridden { .. }
                | organization::Event::OverrideRemoved { .. }
                | organization::Event::OrganizationSuspended { .. }
                | organization::Event::OrganizationResumed { .. }
                | organization::Event::AdministratorAppointed { .. }
                | organization::Event::AdministratorDismissed { .. }
                | organization::Event::BillingProfileSet { .. }
                | organization::Event::InstantSet { .. }
                | organization::Event::TestClockStarted { .. }
                | organization::Event::TestClockJoined { .. }
                | organization::Event::TestClockAdvanceRequested { .. }
                | organization::Event::TestClockStepped { .. }
                | organization::Event::TestClockAdvanced { .. }
                | organization::Event::TestClockFollowed { .. },
            )
            | Event::Subscription(
                subscription::Event::SubscriptionStarted { .. }
                | subscription::Event::SubscriptionActivated { .. }
                | subscription::Event::SubscriptionRenewed { .. }
                | subscription::Event::TrialStarted { .. }
                | subscription::Event::TrialEnded { .. }
                | subscription::Event::PaymentMethodAttached { .. }
                | subscription::Event::PaymentMethodDetached { .. }
                | subscription::Event::InvoiceIssued { .. }
                | subscription::Event::InvoiceVoided { .. }
                | subscription::Event::OverpaymentKept { .. }
                | subscription::Event::CreditNoteIssued { .. }
                | subscription::Event::PeriodBegan { .. }
                | subscription::Event::SubscriptionPastDue { .. }
                | subscription::Event::PaymentRetryDue { .. }
                | subscription::Event::SubscriptionSuspended { .. }
                | subscription::Event::SubscriptionRecovered { .. }
                | subscription::Event::ChangeScheduled { .. }
                | subscription::Event::ScheduledChangeRevoked { .. }
                | subscription::Event::PlanChanged { .. }
                | subscription::Event::SubscriptionPaused { .. }
                | subscription::Event::SubscriptionResumed { .. }
                | subscription::Event::SubscriptionCanceled { .. }
                | subscription::Event::DiscountApplied { .. }
                | subscription::Event::DiscountEnded { .. }
                | subscription::Event::CatalogMigrated { .. },
            )
            | Event::CreditLedger(
                credit_ledger::Event::CreditsGranted { .. }
                | credit_ledger::Event::CreditsClawedBack { .. }
                | credit_ledger::Event::CommissionNetted { .. }
                | credit_ledger::Event::GrantScheduled { .. }
                | credit_ledger::Event::GrantCancelled { .. }
                | credit_ledger::Event::CreditsRevoked { .. }
                | credit_ledger::Event::CreditsDeducted { .. }
                | credit_ledger::Event::InvoicePaidFromCredits { .. }
                | credit_ledger::Event::InvoicePaymentReturned { .. }
                | credit_ledger::Event::LotExpired { .. }
                | credit_ledger::Event::FeatureConsumed { .. }
                | credit_ledger::Event::ConsumptionReversed { .. }
                | credit_ledger::Event::HoldPlaced { .. }
                | credit_ledger::Event::HoldCaptured { .. }
                | credit_ledger::Event::HoldExtended { .. }
                | credit_ledger::Event::HoldReleased { .. }
                | credit_ledger::Event::HoldExpired { .. }
                | credit_ledger::Event::CapacityAcquired { .. }
                | credit_ledger::Event::CapacityReleased { .. }
                | credit_ledger::Event::ThresholdsCrossed { .. }
                | credit_ledger::Event::CapacityThresholdsCrossed { .. }
                | credit_ledger::Event::CreditsRanLow { .. }
                | credit_ledger::Event::AlertAcknowledged { .. }
                | credit_ledger::Event::TopUpRuleSet { .. }
                | credit_ledger::Event::TopUpRuleRemoved { .. }
                | credit_ledger::Event::TopUpRequested { .. },
            )
            | Event::ReferralTree(
                referral_tree::Event::OrganizationEnrolled { .. }
                | referral_tree::Event::ReferralAttributed { .. }
                | referral_tree::Event::FirstPaymentMade { .. }
                | referral_tree::Event::PayerSimulated { .. }
                | referral_tree::Event::CommissionAccrued { .. }
                | referral_tree::Event::CommissionMatured { .. }
                | referral_tree::Event::CommissionClawedBack { .. },
            )
            | Event::Catalog(catalog::Event::CatalogPublished { .. })
            | Event::InvoiceBook(
                invoice_book::Event::InvoiceNumbered { .. } | invoice_book::Event::CreditNoteNumbered { .. },
            )
            | Event::DiscountBook(
                discount_book::Event::CodeCreated { .. }
                | discount_book::Event::CodeRetired { .. }
                | discount_book::Event::CodeRedeemed { .. }
                | discount_book::Event::RedemptionReturned { .. },
            ) => None,
        }
    }

    async fn act(&self, todo: &Todo, executor: &Executor) -> Result<Done, ActError> {
        let (product, command, key) = match todo.task()? {
            Task::Enroll { product, organization, code, referred_with } => {
                let command_id = format!("enroll-{organization}");
                let key = CommandKey { caller: "referrals".to_owned(), command_id };
                (product, referral_tree::Command::Enroll { organization, code, referred_with }, key)
            }
            Task::Accrue { payer, payment, amount, paid_at, catalog_version } => {
                let product = product_of(&payer, executor).await?;
                if let Some(clock) = clock_of(&payer, executor).await? {
                    let paid_at = clock.instant;
                    let shared =
                        referral_tree::Command::ShareSimulated { payment, payer, amount, paid_at, catalog_version };
                    return self.share_by(clock, product, shared, todo, executor).await;
                }
                let command =
                    referral_tree::Command::AccrueCommissions { payment, payer, amount, paid_at, catalog_version };
                (product, command, todo.key(self.name()))
            }
            Task::ClawBack(refunded) => {
                let product = product_of(&refunded.payer, executor).await?;
                (product, refunded.into(), todo.key(self.name()))
            }
        };
        let request_id = todo.event_id.to_string();
        let submission = Submission { owner: Owner::Product(product), command: command.into(), key, request_id };
        submit(executor, submission).await.map_err(unless_the_sponsor_follows)
    }
}

/// The test clock that a payer is on.
struct PayersClock {
    /// The payer's instant: the clock waits until its payment was shared.
    instant: Timestamp,
    members: Vec<OrganizationId>,
}

impl SharePayments {
    /// Shares a payment on a test clock, and lets mature at once what need not wait.
    async fn share_by(
        &self,
        PayersClock { instant, members }: PayersClock,
        product: ProductCode,
        shared: referral_tree::Command,
        todo: &Todo,
        executor: &Executor,
    ) -> Result<Done, ActError> {
        let settle = referral_tree::Command::SettleSimulated { members, now: instant };
        let (owner, key, request_id) = (Owner::Product(product), todo.key(self.name()), todo.event_id.to_string());
        let matures = CommandKey { command_id: format!("{}-matures", key.command_id), ..key.clone() };
        let share = Submission { owner: owner.clone(), command: shared.into(), key, request_id: request_id.clone() };
        submit(executor, share).await.map_err(unless_the_sponsor_follows)?;
        Ok(submit(executor, Submission { owner, command: settle.into(), key: matures, request_id }).await?)
    }
}

/// The test clock an organization is on, as its own stream and the holder's say.
async fn clock_of(payer: &OrganizationId, executor: &Executor) -> Result<Option<PayersClock>, ActError> {
    let follows = |state: &State| {
        let State::Organization(organization) = state else { return None };
        Some((organization.follows()?.clone(), organization.instant()?))
    };
    let found = executor.inspect(Kind::Organization, Owner::Organization(payer.clone()), follows).await?;
    let Some((holder, instant)) = found else { return Ok(None) };
    let members = |state: &State| {
        let State::Organization(organization) = state else { return Vec::new() };
        organization.test_clock().map(|clock| clock.members().cloned().collect()).unwrap_or_default()
    };
    let members = executor.inspect(Kind::Organization, Owner::Organization(holder), members).await?;
    Ok(Some(PayersClock { instant, members }))
}

/// A registration names a sponsor that is registered already, but its enrolment may still be to do, in another partition.
fn unless_the_sponsor_follows(failure: Failure) -> ActError {
    match failure {
        Failure::Rejected {
            rejection: Rejection::ReferralTree(unknown @ referral_tree::Rejection::UnknownCode { .. }),
            ..
        } => ActError::Later { reason: unknown.to_string() },
        other => other.into(),
    }
}

/// The product of an organization, as its own stream says; what it pays and is billed does not repeat it.
pub(crate) async fn product_of(organization: &OrganizationId, executor: &Executor) -> Result<ProductCode, ActError> {
    let look = |state: &State| {
        let State::Organization(organization) = state else { return None };
        organization.registered().map(|registered| registered.product.clone())
    };
    let found = executor.inspect(Kind::Organization, Owner::Organization(organization.clone()), look).await?;
    let unknown =
        || ActError::Impossible { reason: format!("organization {organization} is billed but not registered") };
    found.ok_or_else(unknown)
}
