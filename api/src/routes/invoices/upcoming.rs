//! What will be billed: with the next period, now, and after a change. All of it is decided as it would be, on the states
//! of the log, and not written.

use axum::Json;
use axum::extract::State;
use documents::Language;
use domain::ProductCode;
use domain::subscription::preview;
use domain::subscription::{Command, Rejection};
use event_store::{Billing, Failure, Grounds};
use serde::Serialize;
use utoipa::ToSchema;

use super::names::Names;
use super::query::{DocumentParams, DocumentQuery};
use super::shape::Bill;
use crate::answer::Receipt;
use crate::gate::Gate;
use crate::problem::Problem;
use crate::representation::Money;
use crate::request::{Customer, OrganizationPath, Payload};
use crate::routes::subscription::Subscription;
use crate::routes::subscription::changes::PlanChange;

/// An invoice that is not issued, and what there is besides.
#[derive(Serialize, ToSchema)]
pub(crate) struct Expected {
    /// The position of the log that was seen.
    as_of: Receipt,
    /// The invoice; `null` if none comes.
    invoice: Option<Bill>,
    /// What is still to pay in all.
    still_due: Option<Money>,
    /// Money that was paid and pays the next invoices.
    balance: Option<Money>,
}

/// What a change would come to.
#[derive(Serialize, ToSchema)]
pub(crate) struct Preview {
    /// The position of the log that was seen.
    as_of: Receipt,
    /// The invoices it would issue.
    invoices: Vec<Bill>,
    /// What would be due right after it, also what is due already.
    due_now: Option<Money>,
    /// Money that would be kept and pay the next invoices.
    balance: Option<Money>,
    /// The invoice that would come next, if all that is due is paid before.
    next: Option<Bill>,
}

/// A subscription, looked at now.
#[derive(Serialize, ToSchema)]
pub(crate) struct CurrentSubscription {
    /// The position of the log that was seen.
    as_of: Receipt,
    #[serde(flatten)]
    subscription: Subscription,
}

/// Where a subscription stands now, and what is scheduled. What fell due has happened in it, also if nobody has written it
/// yet.
#[utoipa::path(
    get, path = "/v1/organizations/{organization}/subscription", tag = "subscriptions", params(OrganizationPath),
    responses((status = 200, description = "The subscription", body = CurrentSubscription))
)]
pub(crate) async fn get_subscription(
    State(gate): State<Gate>,
    customer: Customer,
) -> Result<Json<CurrentSubscription>, Problem> {
    let billing = gate.billing(&customer.0).await?;
    if product(&billing).is_none() {
        return Err(customer.problem(refused(&billing, Rejection::NotRegistered)));
    }
    let Some(answer) = preview::now(&billing.subscription, &billing.context) else {
        return Err(customer.problem(refused(&billing, Rejection::NotStarted { organization: customer.0.clone() })));
    };
    let as_of = Receipt { partition: billing.partition, position: billing.position };
    Ok(Json(CurrentSubscription { as_of, subscription: serde_json::from_value(serde_json::to_value(answer)?)? }))
}

/// The invoice that comes when the period, or the trial, is over, with what was used up to now, if all that is due is paid
/// before.
#[utoipa::path(
    get, path = "/v1/organizations/{organization}/subscription/upcoming", tag = "invoices",
    params(OrganizationPath, DocumentParams),
    responses((status = 200, description = "What comes", body = Expected))
)]
pub(crate) async fn get_upcoming(
    State(gate): State<Gate>,
    customer: Customer,
    query: DocumentQuery,
) -> Result<Json<Expected>, Problem> {
    let seen = Seen::of(&gate, &customer, &query).await?;
    let bill = preview::upcoming(&seen.billing.subscription, &seen.billing.context);
    Ok(Json(seen.expected(bill)))
}

/// What of the open period would be billed now beside its price: what was used past the allowances up to here.
#[utoipa::path(
    get, path = "/v1/organizations/{organization}/invoices/draft", tag = "invoices",
    params(OrganizationPath, DocumentParams),
    responses((status = 200, description = "What would be billed", body = Expected))
)]
pub(crate) async fn get_draft(
    State(gate): State<Gate>,
    customer: Customer,
    query: DocumentQuery,
) -> Result<Json<Expected>, Problem> {
    let seen = Seen::of(&gate, &customer, &query).await?;
    let bill = preview::draft(&seen.billing.subscription, &seen.billing.context);
    Ok(Json(seen.expected(bill)))
}

/// What a change of plan would come to. It is decided as the change would be, and refused as it would be; nothing is
/// written.
#[utoipa::path(
    post, path = "/v1/organizations/{organization}/subscription/preview", tag = "invoices",
    params(OrganizationPath, DocumentParams), request_body = PlanChange,
    responses((status = 200, description = "What it would come to", body = Preview))
)]
pub(crate) async fn preview_change(
    State(gate): State<Gate>,
    customer: Customer,
    query: DocumentQuery,
    Payload(PlanChange { plan, interval, when }): Payload<PlanChange>,
) -> Result<Json<Preview>, Problem> {
    let seen = Seen::of(&gate, &customer, &query).await?;
    let command = Command::ChangePlan { plan, interval, when };
    let previewed = preview::preview(&seen.billing.subscription, &command, &seen.billing.context);
    let previewed = previewed.map_err(|rejection| customer.problem(refused(&seen.billing, rejection)))?;
    Ok(Json(Preview {
        as_of: seen.as_of(),
        invoices: previewed.invoices.iter().map(|bill| seen.told(bill)).collect(),
        due_now: previewed.due.map(Money::from),
        balance: previewed.balance.map(Money::from),
        next: previewed.next.as_ref().map(|bill| seen.told(bill)),
    }))
}

/// A subscription, looked at now, and how its lines are called.
struct Seen {
    billing: Billing,
    names: Names,
    language: Language,
}

impl Seen {
    async fn of(gate: &Gate, customer: &Customer, query: &DocumentQuery) -> Result<Self, Problem> {
        let billing = gate.billing(&customer.0).await?;
        let Some(product) = product(&billing) else {
            return Err(customer.problem(refused(&billing, Rejection::NotRegistered)));
        };
        let names = Names::of(gate, &product, None).await?;
        let language = query.language.or(query.accept_language).unwrap_or_else(|| names.language());
        Ok(Self { billing, names, language })
    }

    fn as_of(&self) -> Receipt {
        Receipt { partition: self.billing.partition, position: self.billing.position }
    }

    fn told(&self, bill: &preview::Bill) -> Bill {
        Bill::of(bill, &self.names, self.language)
    }

    fn expected(&self, bill: Option<preview::Bill>) -> Expected {
        Expected {
            as_of: self.as_of(),
            invoice: bill.as_ref().map(|bill| self.told(bill)),
            still_due: self.billing.subscription.still_due().map(Money::from),
            balance: self.billing.subscription.balance().map(Money::from),
        }
    }
}

fn product(billing: &Billing) -> Option<ProductCode> {
    Some(billing.context.terms.as_ref()?.product.clone())
}

fn refused(billing: &Billing, rejection: Rejection) -> Failure {
    let catalog_version = billing.context.catalog.as_ref().map(|catalog| catalog.version);
    let grounds = Grounds { partition: billing.partition, position: billing.position, catalog_version };
    Failure::Rejected { rejection: domain::Rejection::Subscription(rejection), grounds: Some(Box::new(grounds)) }
}
