//! Has every invoice and credit note numbered in the book of its product.
//!
//! ```text
//! invoice_issued      -> Number            under the invoice's id
//! credit_note_issued  -> NumberCreditNote  under the credit note's id
//! ```
//!
//! The subscription issues, the book numbers: one stream gives the numbers of a product, so there are no gaps, and no
//! subscription waits for another. The command's key is made of the document's id: one document has one number, however
//! often this is tried. A document of one organization is numbered before the next one of it; those of others have their
//! own lanes.

use async_trait::async_trait;
use domain::stream::Owner;
use domain::{CreditNoteId, Event, InvoiceId, OrganizationId, Series, invoice_book, subscription};
use event_store::executor::CommandKey;
use event_store::{Executor, Recorded, Submission};
use serde::{Deserialize, Serialize};

use crate::processor::{ActError, Done, Processor, Todo, Wanted, submit};
use crate::share_payments::product_of;

/// The processor.
#[derive(Debug, Clone, Copy)]
pub struct NumberInvoices;

#[derive(Debug, Serialize, Deserialize)]
struct Task {
    document: Document,
    organization: OrganizationId,
    series: Series,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Document {
    Invoice(InvoiceId),
    CreditNote(CreditNoteId),
}

#[async_trait]
impl Processor for NumberInvoices {
    fn name(&self) -> &'static str {
        "number_invoices"
    }

    fn todo(&self, recorded: &Recorded) -> Option<Wanted> {
        let (document, series) = match &recorded.event {
            Event::Subscription(subscription::Event::InvoiceIssued { invoice, series, .. }) => {
                (Document::Invoice(invoice.clone()), series)
            }
            Event::Subscription(subscription::Event::CreditNoteIssued { credit_note, series, .. }) => {
                (Document::CreditNote(credit_note.clone()), series)
            }
            Event::Subscription(
                subscription::Event::SubscriptionStarted { .. }
                | subscription::Event::PaymentRecorded { .. }
                | subscription::Event::SubscriptionActivated { .. }
                | subscription::Event::SubscriptionRenewed { .. }
                | subscription::Event::TrialStarted { .. }
                | subscription::Event::TrialEnded { .. }
                | subscription::Event::PaymentMethodAttached { .. }
                | subscription::Event::PaymentMethodDetached { .. }
                | subscription::Event::InvoiceVoided { .. }
                | subscription::Event::OverpaymentKept { .. }
                | subscription::Event::PaymentRefunded { .. }
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
            | Event::Organization(_)
            | Event::CreditLedger(_)
            | Event::ReferralTree(_)
            | Event::Catalog(_)
            | Event::InvoiceBook(_)
            | Event::DiscountBook(_) => return None,
        };
        let organization = recorded.organization.clone()?;
        let task = Task { document, organization: organization.clone(), series: series.clone() };
        Some(Wanted::new(organization, &task))
    }

    async fn act(&self, todo: &Todo, executor: &Executor) -> Result<Done, ActError> {
        let Task { document, organization, series } = todo.task()?;
        let product = product_of(&organization, executor).await?;
        let (command, command_id) = match document {
            Document::Invoice(invoice) => {
                let id = format!("number-{invoice}");
                (invoice_book::Command::Number { invoice, organization, series }, id)
            }
            Document::CreditNote(credit_note) => {
                let id = format!("number-{credit_note}");
                (invoice_book::Command::NumberCreditNote { credit_note, organization, series }, id)
            }
        };
        let key = CommandKey { caller: format!("processor:{}", self.name()), command_id };
        let request_id = todo.event_id.to_string();
        let submission = Submission { owner: Owner::Product(product), command: command.into(), key, request_id };
        Ok(submit(executor, submission).await?)
    }
}
