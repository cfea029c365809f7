//! Giving back what was used: all of it or a part, once.
//!
//! State keeps no past consumptions. What is given back is read from the log, where it is by its position, and never
//! changes; that it is given back once is kept by the receipt, whose key is made of the position.

use axum::extract::State;
use domain::credit_ledger::{Command, Consumption, Reverse};
use domain::stream::Owner;
use domain::{ActorId, Event, Kind, Quantity, ReasonText};
use event_store::executor::CommandKey;
use event_store::{Failure, Log, Recorded};
use serde::Deserialize;
use utoipa::ToSchema;

use super::Consumed;
use crate::answer::{Answer, Answered, told};
use crate::auth::Actor;
use crate::gate::Gate;
use crate::problem::{Fault, Problem};
use crate::representation::AmountShape;
use crate::request::{CommandName, Customer, Payload, PositionPath, RequestId, amount};

/// The caller name under which consumptions are reversed, whoever asks for it.
const REVERSER: &str = "reversals";

/// Events of one command behind a consumption at most: what else it took, what its hold let go of, alerts of its
/// allowance and of the balance, a request for credits.
const BEHIND_MAX: i64 = 5;

/// What is to be given back.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Reversal {
    /// How much of it; all, unless given.
    #[serde(default, deserialize_with = "amount::quantity_if_given")]
    #[schema(value_type = Option<AmountShape>, example = "1")]
    quantity: Option<Quantity>,
    /// Why: 1 to 200 characters on one line.
    #[schema(value_type = String, example = "the message was not delivered")]
    reason: ReasonText,
    /// Who decides it, by an opaque id; the key, unless given.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "support_3")]
    actor: Option<ActorId>,
}

/// Give back what was used, all of it or a part, once.
///
/// The position is that of the receipt the consumption was answered with. What a capture took from its hold and what it
/// took besides are two consumptions: the receipt means the second, the first has a position of its own. No
/// `Idempotency-Key` is needed: there is one reversal of a position. Asked for again it is answered again; asked for
/// differently it is refused with `already_reversed`.
#[utoipa::path(
    post, path = "/v1/organizations/{organization}/usage/{position}/reverse", tag = "usage",
    params(PositionPath), request_body = Reversal,
    responses((status = 200, description = "Given back", body = Answered<Consumed>))
)]
pub(crate) async fn reverse_usage(
    State(gate): State<Gate>,
    path: PositionPath,
    actor: Actor,
    RequestId(request_id): RequestId,
    Payload(asked): Payload<Reversal>,
) -> Result<Answer<Consumed>, Problem> {
    let (customer, position) = path.parts();
    let consumption = find(&gate, &customer, position.0).await?;
    let position = consumption.position;
    let command_id = format!("reverse-{}-{position}", customer.0);
    let key = CommandKey { caller: REVERSER.to_owned(), command_id };
    let (quantity, reason, actor) = (asked.quantity, asked.reason, actor.decider(asked.actor));
    let command = Command::Reverse(Reverse { consumption, quantity, reason, actor });
    let applied = gate.execute(CommandName { key, request_id }.submit(customer.owner(), command)).await;
    let applied = applied.map_err(|failure| match failure {
        Failure::KeyReused { .. } => Fault::AlreadyReversed { position }.into(),
        failure => customer.problem(failure),
    })?;
    Ok(Answer::done(&applied, told(&applied)?))
}

/// The consumption at a position, or the one that the command whose receipt it is ended with.
async fn find(gate: &Gate, customer: &Customer, position: i64) -> Result<Consumption, Problem> {
    gate.registered(&customer.0).await?;
    let unknown = || Problem::from(Fault::UnknownConsumption { position }).with("organization", customer.0.as_str());
    let partition = gate.executor.partition_of(&customer.owner());
    let log = Log::new(gate.pool.clone());
    let events = log.between(partition, (position - BEHIND_MAX).max(1), position).await.map_err(Failure::from)?;
    let named = events.last().filter(|event| event.position == position).ok_or_else(unknown)?;
    let is_own = |event: &&Recorded| {
        let stream = &event.stream;
        let is_ledger = stream.kind == Kind::CreditLedger && stream.owner == Owner::Organization(customer.0.clone());
        is_ledger && event.metadata == named.metadata
    };
    events.iter().rev().take_while(is_own).find_map(consumption).ok_or_else(unknown)
}

fn consumption(recorded: &Recorded) -> Option<Consumption> {
    match &recorded.event {
        Event::CreditLedger(event) => Consumption::of(u64::try_from(recorded.position).ok()?, event),
        Event::Organization(_)
        | Event::Subscription(_)
        | Event::ReferralTree(_)
        | Event::Catalog(_)
        | Event::InvoiceBook(_)
        | Event::DiscountBook(_) => None,
    }
}
