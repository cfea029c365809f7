//! Grants every commission as credits on the ledger of whoever earned it once it matures, and takes it back there if
//! something of its payment was given back afterwards.
//!
//! ```text
//! commission_matured      -> GrantCommission  under the commission's id
//! commission_clawed_back  -> ClawBack         under the commission's id and the refund's, if it had matured
//! ```
//!
//! Both are rows of the beneficiary's lane, in the order of the log: nothing is taken back before it was granted.
//!
//! The referral tree decides what is earned and the ledger what may be spent; they are streams of different owners,
//! possibly of different partitions, so no one decision covers both. The command's key is the commission's id: one
//! commission is one lot, however often this is tried.
//!
//! Logs of before commissions waited have no maturity: what they accrued is granted at once, under the same key.

use async_trait::async_trait;
use domain::stream::Owner;
use domain::{CommissionId, Credits, Event, OrganizationId, RefundId};
use domain::{catalog, credit_ledger, discount_book, invoice_book, organization, referral_tree, subscription};
use event_store::executor::CommandKey;
use event_store::{Executor, Recorded, Submission};
use serde::{Deserialize, Serialize};

use crate::processor::{ActError, Done, Processor, Todo, Wanted, submit};

/// The processor.
#[derive(Debug, Clone, Copy)]
pub struct GrantCommissions;

#[derive(Debug, Serialize, Deserialize)]
struct Task {
    beneficiary: OrganizationId,
    commission: CommissionId,
    amount: Credits,
    /// The refund for which it is taken back; `None` to grant it.
    #[serde(default)]
    refund: Option<RefundId>,
}

#[async_trait]
impl Processor for GrantCommissions {
    fn name(&self) -> &'static str {
        "grant_commissions"
    }

    fn todo(&self, recorded: &Recorded) -> Option<Wanted> {
        match &recorded.event {
            Event::ReferralTree(
                referral_tree::Event::CommissionMatured { commission, beneficiary, amount, .. }
                | referral_tree::Event::CommissionAccrued { commission, beneficiary, amount, matures_at: None, .. },
            ) => {
                let (beneficiary, commission, amount) = (beneficiary.clone(), commission.clone(), *amount);
                let task = Task { beneficiary, commission, amount, refund: None };
                // Lots burn down oldest first, so a beneficiary's are granted in the order they matured.
                Some(Wanted::new(&task.beneficiary, &task))
            }
            Event::ReferralTree(referral_tree::Event::CommissionClawedBack {
                commission,
                refund,
                beneficiary,
                amount,
                matured: true,
                ..
            }) => {
                let (beneficiary, commission, amount) = (beneficiary.clone(), commission.clone(), *amount);
                let task = Task { beneficiary, commission, amount, refund: Some(refund.clone()) };
                Some(Wanted::new(&task.beneficiary, &task))
            }
            Event::ReferralTree(
                referral_tree::Event::OrganizationEnrolled { .. }
                | referral_tree::Event::ReferralAttributed { .. }
                | referral_tree::Event::FirstPaymentMade { .. }
                | referral_tree::Event::PayerSimulated { .. }
                | referral_tree::Event::CommissionAccrued { matures_at: Some(_), .. }
                | referral_tree::Event::CommissionClawedBack { matured: false, .. },
            )
            | Event::Organization(
                organization::Event::OrganizationRegistered { .. }
                | organization::Event::FeatureOverridden { .. }
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
                | subscription::Event::PaymentRecorded { .. }
                | subscription::Event::SubscriptionActivated { .. }
                | subscription::Event::SubscriptionRenewed { .. }
                | subscription::Event::TrialStarted { .. }
                | subscription::Event::TrialEnded { .. }
                | subscription::Event::PaymentMethodAttached { .. }
                | subscription::Event::PaymentMethodDetached { .. }
                | subscription::Event::InvoiceIssued { .. }
                | subscription::Event::InvoiceVoided { .. }
                | subscription::Event::OverpaymentKept { .. }
                | subscription::Event::PaymentRefunded { .. }
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
        let Task { beneficiary, commission, amount, refund } = todo.task()?;
        let command_id = match &refund {
            None => commission.to_string(),
            Some(refund) => format!("{commission}-{refund}"),
        };
        let key = CommandKey { caller: format!("processor:{}", self.name()), command_id };
        let command = match refund {
            None => credit_ledger::Command::GrantCommission { commission, amount },
            Some(refund) => credit_ledger::Command::ClawBack { commission, refund, amount },
        };
        let owner = Owner::Organization(beneficiary);
        let submission = Submission { owner, command: command.into(), key, request_id: todo.event_id.to_string() };
        Ok(submit(executor, submission).await?)
    }
}
