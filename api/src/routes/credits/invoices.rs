//! Paying an invoice from credits.

use axum::extract::State;
use domain::credit_ledger::{self, Command};
use domain::{Currency, Money};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::answer::{Answer, Answered, told};
use crate::gate::Gate;
use crate::problem::{Fault, Problem};
use crate::representation::AmountShape;
use crate::request::amount::Amount;
use crate::request::{CommandName, InvoicePath, Payload};

/// How much of an invoice; all that is open of it, unless an amount is given.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PaymentFromCredits {
    /// How much, with at most the currency's decimals.
    #[serde(default)]
    #[schema(value_type = Option<AmountShape>, example = "15.00")]
    amount: Option<Amount>,
    /// ISO 4217; the invoice's own currency. It goes with the amount.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "USD")]
    currency: Option<Currency>,
}

impl PaymentFromCredits {
    fn read(self) -> Result<Option<Money>, Fault> {
        let invalid = |field: &str, text: String| Fault::InvalidField { field: field.to_owned(), text };
        match (self.amount, self.currency) {
            (None, None) => Ok(None),
            (Some(Amount(amount)), Some(currency)) => {
                Money::positive(amount, currency).map(Some).map_err(|fault| invalid("amount", fault.to_string()))
            }
            (Some(_), None) => Err(invalid("currency", "an amount has a currency".to_owned())),
            (None, Some(_)) => Err(invalid("amount", "give it with the currency, or neither".to_owned())),
        }
    }
}

/// What a payment from credits did.
#[derive(Serialize, ToSchema)]
pub(crate) struct PaidFromCredits {
    /// Credits it took.
    #[schema(example = "15.00")]
    charged: String,
    /// Credits left.
    #[schema(example = "4.50")]
    balance: String,
}

/// Pay an invoice from credits, at what the catalog says they are worth. The credits are gone with the answer; the
/// subscription records the payment right after it. If another payment came first, they come back.
#[utoipa::path(
    post, path = "/v1/organizations/{organization}/invoices/{invoice}/pay-from-credits", tag = "credits",
    params(InvoicePath), request_body = PaymentFromCredits,
    responses((status = 201, description = "Paid", body = Answered<PaidFromCredits>))
)]
pub(crate) async fn pay_from_credits(
    State(gate): State<Gate>,
    path: InvoicePath,
    name: CommandName,
    Payload(payment): Payload<PaymentFromCredits>,
) -> Result<Answer<PaidFromCredits>, Problem> {
    let (customer, invoice) = path.parts();
    let command = Command::PayInvoice { invoice, amount: payment.read()? };
    let applied =
        gate.decide(&customer, name, command).await.map_err(|problem| problem.renamed("quantity", "amount"))?;
    let credit_ledger::Answer { charged, balance, .. } = told(&applied)?;
    let paid = PaidFromCredits { charged: charged.to_string(), balance: balance.to_string() };
    Ok(Answer::created(&applied, paid))
}
