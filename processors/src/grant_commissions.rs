//! Grants every commission as credits on the ledger of whoever earned it.
//!
//! The referral tree decides what is earned and the ledger what may be spent; they are streams of different owners,
//! possibly of different partitions, so no one decision covers both. The command's key is the commission's id: one
//! commission is one lot, however often this is tried.

use async_trait::async_trait;
use domain::stream::Owner;
use domain::{CommissionId, Credits, Event, OrganizationId};
use domain::{catalog, credit_ledger, organization, referral_tree, subscription};
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
}

#[async_trait]
impl Processor for GrantCommissions {
    fn name(&self) -> &'static str {
        "grant_commissions"
    }

    fn todo(&self, recorded: &Recorded) -> Option<Wanted> {
        match &recorded.event {
            Event::ReferralTree(referral_tree::Event::CommissionAccrued {
                commission, beneficiary, amount, ..
            }) => {
                let task = Task { beneficiary: beneficiary.clone(), commission: commission.clone(), amount: *amount };
                // Lots burn down oldest first, so a beneficiary's are granted in the order they were earned.
                Some(Wanted::new(beneficiary, &task))
            }
            Event::ReferralTree(
                referral_tree::Event::OrganizationEnrolled { .. } | referral_tree::Event::ReferralAttributed { .. },
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
                | organization::Event::InstantSet { .. },
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
                | credit_ledger::Event::GrantScheduled { .. }
                | credit_ledger::Event::GrantCancelled { .. }
                | credit_ledger::Event::CreditsRevoked { .. }
                | credit_ledger::Event::CreditsDeducted { .. }
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
            | Event::Catalog(catalog::Event::CatalogPublished { .. }) => None,
        }
    }

    async fn act(&self, todo: &Todo, executor: &Executor) -> Result<Done, ActError> {
        let Task { beneficiary, commission, amount } = todo.task()?;
        let key = CommandKey { caller: format!("processor:{}", self.name()), command_id: commission.to_string() };
        let command = credit_ledger::Command::GrantCommission { commission, amount };
        let owner = Owner::Organization(beneficiary);
        let submission = Submission { owner, command: command.into(), key, request_id: todo.event_id.to_string() };
        Ok(submit(executor, submission).await?)
    }
}
