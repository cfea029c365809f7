//! Turns credits into payments of invoices, and money that was paid beyond what was due into credits.
//!
//! ```text
//! InvoicePaidFromCredits -> RecordPayment   at the subscription; if it does not take it:
//!                        -> ReturnInvoicePayment   the credits come back
//! OverpaymentKept        -> TopUp           of what it is worth, under the payment's id
//! ```
//!
//! The ledger knows what is open of an invoice when it draws credits, so a payment is refused only if another one came
//! in between. The refusal is final ([`Executor::execute_for_good`]): whoever tries the row again, after a worker was
//! lost, cannot have the payment recorded once the credits are back.
//!
//! All are rows of the organization's lane, in the order of the log.

use async_trait::async_trait;
use domain::credit_ledger::{Draw, ReturnedPayment};
use domain::stream::Owner;
use domain::subscription::Received;
use domain::{Credits, Event, InvoiceId, Money, OrganizationId, PaymentId, Reference};
use domain::{credit_ledger, subscription};
use event_store::executor::CommandKey;
use event_store::{Executor, Recorded, Submission, Verdict};
use serde::{Deserialize, Serialize};

use crate::processor::{ActError, Done, Processor, Todo, Wanted, submit};

/// The processor.
#[derive(Debug, Clone, Copy)]
pub struct MoveCredits;

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "do")]
enum Task {
    Pay { organization: OrganizationId, invoice: InvoiceId, amount: Money, draws: Vec<Draw> },
    Keep { organization: OrganizationId, payment: PaymentId, credits: Credits },
}

#[async_trait]
impl Processor for MoveCredits {
    fn name(&self) -> &'static str {
        "move_credits"
    }

    fn todo(&self, recorded: &Recorded) -> Option<Wanted> {
        match &recorded.event {
            Event::CreditLedger(credit_ledger::Event::InvoicePaidFromCredits { invoice, amount, draws, .. }) => {
                let organization = recorded.organization.clone()?;
                let (invoice, amount, draws) = (invoice.clone(), *amount, draws.clone());
                Some(Wanted::new(organization.clone(), &Task::Pay { organization, invoice, amount, draws }))
            }
            Event::Subscription(subscription::Event::OverpaymentKept { payment, credits, .. }) => {
                // So little is worth no credit at all.
                if *credits == Credits::ZERO {
                    return None;
                }
                let organization = recorded.organization.clone()?;
                let (payment, credits) = (payment.clone(), *credits);
                Some(Wanted::new(organization.clone(), &Task::Keep { organization, payment, credits }))
            }
            Event::Organization(_)
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
            | Event::ReferralTree(_)
            | Event::Catalog(_)
            | Event::InvoiceBook(_)
            | Event::DiscountBook(_) => None,
        }
    }

    async fn act(&self, todo: &Todo, executor: &Executor) -> Result<Done, ActError> {
        let request_id = todo.event_id.to_string();
        match todo.task()? {
            Task::Pay { organization, invoice, amount, draws } => {
                let payment = ReturnedPayment { invoice, amount, draws };
                self.pay(Owner::Organization(organization), payment, todo, executor).await
            }
            Task::Keep { organization, payment, credits } => {
                let reference = Reference::new(payment.as_str()).ok();
                let command = credit_ledger::Command::TopUp { amount: credits, reference };
                let command_id = format!("overpayment-{payment}");
                let key = CommandKey { caller: format!("processor:{}", self.name()), command_id };
                let owner = Owner::Organization(organization);
                Ok(submit(executor, Submission { owner, command: command.into(), key, request_id }).await?)
            }
        }
    }
}

impl MoveCredits {
    /// Records a payment, or gives the credits back.
    async fn pay(
        &self,
        owner: Owner,
        payment: ReturnedPayment,
        todo: &Todo,
        executor: &Executor,
    ) -> Result<Done, ActError> {
        let (key, request_id) = (todo.key(self.name()), todo.event_id.to_string());
        let record = subscription::Command::RecordPayment {
            amount: payment.amount,
            invoice: Some(payment.invoice.clone()),
            method: Received::Credits,
            reference: None,
        };
        let record = Submission { owner, command: record.into(), key, request_id };
        match executor.execute_for_good(record.clone(), subscription::Command::Settle.into()).await? {
            Verdict::Applied(applied) => Ok(if applied.repeated { Done::Before } else { Done::Now }),
            Verdict::Refused(_) => {
                let CommandKey { caller, command_id } = record.key;
                let key = CommandKey { caller, command_id: format!("return-{command_id}") };
                let command = credit_ledger::Command::ReturnInvoicePayment(payment).into();
                Ok(submit(executor, Submission { command, key, ..record }).await?)
            }
        }
    }
}
