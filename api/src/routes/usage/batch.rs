//! Consuming many features at once, so that a product can meter at volume.
//!
//! Every item is a command of its own: its `id` is its `Idempotency-Key`, and it gets its own verdict. The answer is
//! 200 whenever the batch could be read, also if every item was refused. To the rate of the key the batch is one request;
//! to the rate of a feature each of its items is one.

use std::collections::HashSet;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderValue;
use axum::response::{IntoResponse, Response};
use domain::OrganizationId;
use futures::StreamExt;
use futures::stream;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::item::{BatchItem, Bindings, Item, Sender, Verdict, read_all};
use crate::answer::IDEMPOTENT_REPLAYED;
use crate::auth::Actor;
use crate::gate::Gate;
use crate::problem::Problem;
use crate::request::{Items, Payload, RequestId};

/// Items of one batch that wait for the log at once: a small part of its queue, so that a batch does not fill it.
const IN_FLIGHT_MAX: usize = 256;

/// What is to be used, item by item.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UsageBatch {
    /// The items, 1 to 1,000. Those of one organization are decided in this order.
    #[schema(value_type = Vec<BatchItem>, min_items = 1, max_items = 1_000)]
    items: Items,
}

/// What became of a batch.
#[derive(Serialize, ToSchema)]
pub(crate) struct BatchVerdicts {
    /// Items that were applied, now or when they were first sent.
    #[schema(example = 998)]
    accepted: usize,
    /// Items with a problem.
    #[schema(example = 2)]
    refused: usize,
    /// A verdict for every item, in the order of the items.
    items: Vec<Verdict>,
}

impl BatchVerdicts {
    fn of(items: Vec<Verdict>) -> Self {
        let accepted = items.iter().filter(|verdict| verdict.is_accepted()).count();
        Self { accepted, refused: items.len() - accepted, items }
    }

    /// Were all that were accepted accepted before?
    fn is_repeated(&self) -> bool {
        self.accepted > 0 && self.items.iter().filter(|verdict| verdict.is_accepted()).all(Verdict::is_repeated)
    }
}

impl IntoResponse for BatchVerdicts {
    fn into_response(self) -> Response {
        let repeated = self.is_repeated();
        let mut response = Json(self).into_response();
        if repeated {
            response.headers_mut().insert(IDEMPOTENT_REPLAYED, HeaderValue::from_static("true"));
        }
        response
    }
}

/// What binds each organization of a batch.
async fn bindings(gate: &Gate, items: &[Item]) -> Bindings {
    let organizations: HashSet<OrganizationId> = items.iter().filter_map(Item::organization).cloned().collect();
    let asked = organizations.into_iter().map(|organization| async move {
        let binding = gate.binding(&organization).await;
        (organization, binding)
    });
    stream::iter(asked).buffer_unordered(IN_FLIGHT_MAX).collect().await
}

/// Use many features, of many organizations: every item by itself, each with its own verdict.
///
/// No `Idempotency-Key` is needed: the `id` of an item is its key, the same one as if the item were sent alone. A
/// retry of the batch, or of any part of it, gets the first answers again; another item under a used id is refused.
/// Where an item cannot be read, its problem names the field from the outside, such as `items[3].quantity`. An item whose
/// feature is asked for too often is refused by itself; the headers tell the rate of the key, for which the batch is one
/// request.
#[utoipa::path(
    post, path = "/v1/usage/batch", tag = "usage", request_body = UsageBatch,
    responses((status = 200, description = "The batch was read; every item has its verdict", body = BatchVerdicts))
)]
pub(crate) async fn consume_batch(
    State(gate): State<Gate>,
    actor: Actor,
    request_id: RequestId,
    Payload(batch): Payload<UsageBatch>,
) -> Result<BatchVerdicts, Problem> {
    let deadline = Gate::deadline();
    let items = read_all(batch.items.within_limit()?);
    // Before any of them is sent: waiting in between would let a later item of an organization overtake an earlier one.
    let bindings = bindings(&gate, &items).await;
    let sender = Sender { deadline, gate, actor, request_id };
    let items = stream::iter(items).map(|item| item.admit(&sender.gate.rates, &bindings));
    let verdicts = items.map(|item| item.send(sender.clone())).buffered(IN_FLIGHT_MAX);
    Ok(BatchVerdicts::of(verdicts.collect().await))
}
