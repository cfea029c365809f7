//! Sees every redemption of a discount code through: the subscription takes the discount, or the redemption is returned.
//!
//! ```text
//! CodeRedeemed -> ApplyDiscount      at the subscription, by the terms as redeemed; if it does not take it:
//!              -> ReturnRedemption   at the product's book
//! ```
//!
//! **Shared keys.** Whoever redeems a code for an organization asks the subscription at once, and tells what it said. Both
//! send the same commands under caller `discounts` and ids made of the redemption's position, `apply-<partition>-<position>`
//! and `return-<partition>-<position>`, and then they are one command. So it makes no difference which of them is lost, and
//! a redemption is never counted that nobody has. A refusal is final ([`Executor::execute_for_good`]).

use async_trait::async_trait;
use domain::discount::DiscountTerms;
use domain::stream::Owner;
use domain::{DiscountCode, Event, OrganizationId, ProductCode};
use domain::{catalog, credit_ledger, discount_book, invoice_book, organization, referral_tree, subscription};
use event_store::executor::CommandKey;
use event_store::{Executor, Recorded, Submission, Verdict};
use serde::{Deserialize, Serialize};

use crate::processor::{ActError, Done, Processor, Todo, Wanted, submit};

/// The processor.
#[derive(Debug, Clone, Copy)]
pub struct SettleRedemptions;

#[derive(Debug, Serialize, Deserialize)]
struct Task {
    product: ProductCode,
    organization: OrganizationId,
    code: DiscountCode,
    terms: DiscountTerms,
}

#[async_trait]
impl Processor for SettleRedemptions {
    fn name(&self) -> &'static str {
        "settle_redemptions"
    }

    fn todo(&self, recorded: &Recorded) -> Option<Wanted> {
        match &recorded.event {
            Event::DiscountBook(discount_book::Event::CodeRedeemed { code, organization, plan: _, terms }) => {
                let Owner::Product(product) = recorded.stream.owner.clone() else { return None };
                let (organization, code, terms) = (organization.clone(), code.clone(), terms.clone());
                Some(Wanted::new(organization.clone(), &Task { product, organization, code, terms }))
            }
            Event::Organization(
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
                | discount_book::Event::RedemptionReturned { .. },
            ) => None,
        }
    }

    async fn act(&self, todo: &Todo, executor: &Executor) -> Result<Done, ActError> {
        let Task { product, organization, code, terms } = todo.task()?;
        let key = |verb: &str| CommandKey {
            caller: "discounts".to_owned(),
            command_id: format!("{verb}-{}-{}", todo.partition, todo.position),
        };
        let request_id = todo.event_id.to_string();
        let apply = Submission {
            owner: Owner::Organization(organization.clone()),
            command: subscription::Command::ApplyDiscount { code: code.clone(), terms }.into(),
            key: key("apply"),
            request_id: request_id.clone(),
        };
        match executor.execute_for_good(apply, subscription::Command::Settle.into()).await? {
            Verdict::Applied(applied) => Ok(if applied.repeated { Done::Before } else { Done::Now }),
            Verdict::Refused(_) => {
                let (owner, key) = (Owner::Product(product), key("return"));
                let command = discount_book::Command::ReturnRedemption { code, organization }.into();
                Ok(submit(executor, Submission { owner, command, key, request_id }).await?)
            }
        }
    }
}
