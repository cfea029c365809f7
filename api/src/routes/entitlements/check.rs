//! Many checks of one organization at once, all found on the same position of the log.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::{ActorId, FeatureCode, Quantity};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::Look;
use super::shape::{Entitlement, Found};
use crate::gate::Gate;
use crate::openapi::ProblemBody;
use crate::problem::Problem;
use crate::representation::AmountShape;
use crate::request::{Customer, Freshness, FreshnessParams, Items, OrganizationPath, Payload, RawItem, amount};

/// What is asked about, item by item.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Questions {
    /// The items, 1 to 1,000. Each by itself: they do not add up.
    #[schema(value_type = Vec<Question>, min_items = 1, max_items = 1_000)]
    items: Items,
}

/// One feature that is asked about.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Question {
    /// The feature.
    #[schema(value_type = String, example = "whatsapp_messages")]
    feature: FeatureCode,
    /// How much: above zero, at most six decimals. One, unless given.
    #[serde(deserialize_with = "amount::quantity", default = "one")]
    #[schema(value_type = Option<AmountShape>, example = "1")]
    quantity: Quantity,
    /// Who would use it; administrators are not limited.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "user_17")]
    actor: Option<ActorId>,
}

fn one() -> Quantity {
    Quantity::ONE
}

/// What was found.
#[derive(Serialize, ToSchema)]
pub(crate) struct Findings {
    #[serde(flatten)]
    found: Found,
    /// Are all of them allowed?
    #[schema(example = false)]
    allowed: bool,
    /// A verdict for every item, in the order of the items.
    items: Vec<Finding>,
}

/// What was found of an item.
#[derive(Serialize, ToSchema)]
pub(crate) struct Finding {
    /// The status the item would have been answered with alone.
    #[schema(example = 200)]
    status: u16,
    /// One of the two.
    #[serde(flatten)]
    outcome: FindingOutcome,
}

/// What was found, or why nothing could be.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum FindingOutcome {
    /// Allowed or not, and why.
    Result(Box<Entitlement>),
    /// The item could not be read, or there is no such feature.
    #[schema(value_type = ProblemBody)]
    Problem(Value),
}

impl Finding {
    fn of(item: &RawItem, look: &Look) -> Self {
        let found = item.read::<Question>().map_err(Problem::from).and_then(|asked| {
            look.check(asked.actor.as_ref(), &asked.feature, asked.quantity)
                .map_err(|problem| problem.inside(&item.place))
        });
        match found {
            Ok(found) => Self { status: StatusCode::OK.as_u16(), outcome: FindingOutcome::Result(Box::new(found)) },
            Err(problem) => {
                Self { status: problem.status().as_u16(), outcome: FindingOutcome::Problem(problem.body()) }
            }
        }
    }

    fn allows(&self) -> bool {
        matches!(&self.outcome, FindingOutcome::Result(found) if found.allowed())
    }
}

/// May so much of these features be used? Every item by itself, each with its own verdict, all found on the same
/// position of the log.
///
/// It changes nothing, so it has no `Idempotency-Key`. Where an item cannot be read, its problem names the field from
/// the outside, such as `items[3].quantity`.
#[utoipa::path(
    post, path = "/v1/organizations/{organization}/entitlements/check", tag = "entitlements",
    params(OrganizationPath, FreshnessParams), request_body = Questions,
    responses((status = 200, description = "Every item has its verdict", body = Findings))
)]
pub(crate) async fn check_entitlements(
    State(gate): State<Gate>,
    customer: Customer,
    freshness: Freshness,
    Payload(asked): Payload<Questions>,
) -> Result<Json<Findings>, Problem> {
    let items = asked.items.within_limit()?;
    let look = Look::at(&gate, &customer, freshness).await?;
    let items: Vec<Finding> = items.iter().map(|item| Finding::of(item, &look)).collect();
    Ok(Json(Findings { found: Found::of(&look), allowed: items.iter().all(Finding::allows), items }))
}
