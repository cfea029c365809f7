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
use domain::{discount_book, subscription};
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
            Event::Organization(_)
            | Event::Subscription(_)
            | Event::CreditLedger(_)
            | Event::ReferralTree(_)
            | Event::Catalog(_)
            | Event::InvoiceBook(_)
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
