//! Redeeming a discount code: two steps over two streams, each safe to repeat.
//!
//! ```text
//! product's book: redeemed ──► organization's subscription: applied
//! (under the caller's key)     (under a key of the redemption's own)
//!                          └─► refused ──► product's book: returned
//! ```
//!
//! Between the steps the engine may stop. Then the caller's retry takes the next one, and so does the processor
//! `settle_redemptions`. Both send it under the caller name `discounts` and the same id, and a refusal is final for both:
//! a redemption is counted if, and only if, somebody has the discount.

use domain::discount::DiscountTerms;
use domain::stream::Owner;
use domain::{DiscountCode, OrganizationId, PlanCode, ProductCode, discount_book, subscription};
use event_store::executor::CommandKey;
use event_store::{Applied, Submission, Verdict};

use crate::answer::told;
use crate::gate::Gate;
use crate::problem::{Fault, Problem};

/// The caller name under which redemptions are seen through, here and by the processor `settle_redemptions`.
const REDEEMER: &str = "discounts";

/// A code that an organization redeems.
pub(crate) struct Redemption {
    pub(crate) product: ProductCode,
    pub(crate) organization: OrganizationId,
    pub(crate) code: DiscountCode,
    pub(crate) plan: PlanCode,
}

impl Redemption {
    /// Redeems the code and applies the discount, or says why not.
    pub(crate) async fn carry_out(
        self,
        gate: &Gate,
        key: CommandKey,
        request_id: String,
    ) -> Result<(Applied, DiscountTerms), Problem> {
        let Self { product, organization, code, plan } = self;
        let book = |key, command: discount_book::Command| Submission {
            owner: Owner::Product(product.clone()),
            command: command.into(),
            key,
            request_id: request_id.clone(),
        };
        let redeem = discount_book::Command::Redeem { code: code.clone(), organization: organization.clone(), plan };
        let redeemed = gate.execute(book(key, redeem)).await?;
        let discount_book::Answer { terms } = told(&redeemed)?;
        let terms = terms.ok_or(Fault::Internal)?;

        let step = |verb: &str| CommandKey {
            caller: REDEEMER.to_owned(),
            command_id: format!("{verb}-{}-{}", redeemed.partition, redeemed.position),
        };
        let apply = Submission {
            owner: Owner::Organization(organization.clone()),
            command: subscription::Command::ApplyDiscount { code: code.clone(), terms: terms.clone() }.into(),
            key: step("apply"),
            request_id: request_id.clone(),
        };
        let settle = subscription::Command::Settle.into();
        match gate.execute_for_good(apply, settle).await? {
            Verdict::Applied(applied) => Ok((Applied { repeated: redeemed.repeated, ..applied }, terms)),
            Verdict::Refused(why) => {
                let back = discount_book::Command::ReturnRedemption { code: code.clone(), organization };
                gate.execute(book(step("return"), back)).await?;
                Err(why.map_or_else(|| Fault::RedemptionReturned { code }.into(), Problem::from))
            }
        }
    }
}
