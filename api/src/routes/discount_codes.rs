//! Discount codes of a product: creating, reading and retiring them.

use std::collections::BTreeSet;
use std::num::{NonZeroU16, NonZeroU32};

use axum::Json;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use domain::discount::{DiscountTerms, Lasts, Off};
use domain::discount_book::{Command, Rejection as BookRejection};
use domain::stream::Owner;
use domain::{ActorId, Currency, DiscountCode, Money, PlanCode, Rejection};
use jiff::Timestamp;
use projections::discount_codes::{self, Code as CodeRow};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::answer::{Answer, Answered};
use crate::auth::Actor;
use crate::gate::Gate;
use crate::problem::{Fault, Problem};
use crate::registration;
use crate::representation::{self, AmountShape};
use crate::request::amount::Amount;
use crate::request::{
    CommandName, DeciderParams, DeciderQuery, DiscountCodePath, Freshness, FreshnessParams, Payload, Product,
    QueryParams, instant,
};

/// The projection behind the reads.
const PROJECTION: &str = "discount_codes";

/// A code to create: of `share` and `amount` exactly one.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewCode {
    /// The code: 1 to 64 letters, digits, `-` and `_`. It means one thing for ever.
    #[schema(value_type = String, example = "SPRING20")]
    code: DiscountCode,
    /// The share of a period's price that it takes off: `"0.20"` is 20 %. At most four decimals.
    #[serde(default)]
    #[schema(value_type = Option<AmountShape>, example = "0.20")]
    share: Option<Amount>,
    /// The amount that it takes off, with at most the currency's decimals.
    #[serde(default)]
    #[schema(value_type = Option<AmountShape>)]
    amount: Option<Amount>,
    /// The currency of the amount, ISO 4217: it goes with that.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    currency: Option<Currency>,
    /// For how many periods: 1 is once; for ever, unless given.
    #[serde(default)]
    #[schema(value_type = Option<u16>, minimum = 1, example = 3)]
    periods: Option<NonZeroU16>,
    /// The plans it is good for; all of them, unless given.
    #[serde(default)]
    #[schema(value_type = Vec<String>, example = json!(["starter"]))]
    plans: BTreeSet<PlanCode>,
    /// How often it can be redeemed; as often as one likes, unless given.
    #[serde(default)]
    #[schema(value_type = Option<u32>, minimum = 1, example = 100)]
    redemptions_max: Option<NonZeroU32>,
    /// The first instant at which it cannot be redeemed any more; never, unless given.
    #[serde(default, deserialize_with = "instant::instant_if_given")]
    #[schema(value_type = Option<String>, format = DateTime, example = "2031-04-01T03:00:00Z")]
    ends_at: Option<Timestamp>,
    /// Who decides it, by an opaque id; the key, unless given.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "marketing_2")]
    actor: Option<ActorId>,
}

impl NewCode {
    fn off(&self) -> Result<Off, Fault> {
        let invalid = |field: &str, text: String| Fault::InvalidField { field: field.to_owned(), text };
        match (self.share, self.amount, self.currency) {
            (Some(Amount(share)), None, None) => Ok(Off::Percent(share)),
            (None, Some(Amount(amount)), Some(currency)) => {
                Money::positive(amount, currency).map(Off::Amount).map_err(|fault| invalid("amount", fault.to_string()))
            }
            (None, Some(_), None) => Err(invalid("currency", "an amount has a currency".to_owned())),
            (Some(_), None, Some(_)) => Err(invalid("currency", "a share has no currency".to_owned())),
            _ => Err(invalid("share", "give either share, or amount and currency".to_owned())),
        }
    }

    fn terms(&self) -> Result<DiscountTerms, Fault> {
        let lasts = self.periods.map_or(Lasts::ForEver, |periods| Lasts::Periods(periods.get()));
        Ok(DiscountTerms { off: self.off()?, lasts, plans: self.plans.clone() })
    }
}

/// What a discount is worth. Of `share` and `amount` one is there.
#[derive(Serialize, ToSchema)]
pub(crate) struct Terms {
    /// The share of a period's price that it takes off: `0.2` is 20 %.
    #[schema(example = "0.2")]
    share: Option<String>,
    /// The amount that it takes off.
    amount: Option<representation::Money>,
    /// For how many periods; null is for ever.
    #[schema(example = 3)]
    periods: Option<i32>,
    /// The plans it is good for; none is all of them.
    #[schema(example = json!(["starter"]))]
    plans: Vec<String>,
}

impl Terms {
    pub(super) fn of(terms: &DiscountTerms) -> Self {
        let (share, amount) = match terms.off {
            Off::Percent(share) => (Some(representation::plain(share)), None),
            Off::Amount(amount) => (None, Some(amount.into())),
        };
        let periods = match terms.lasts {
            Lasts::Periods(periods) => Some(i32::from(periods)),
            Lasts::ForEver => None,
        };
        Self { share, amount, periods, plans: terms.plans.iter().map(ToString::to_string).collect() }
    }
}

/// A code that was created.
#[derive(Serialize, ToSchema)]
pub(crate) struct CreatedCode {
    /// The code.
    #[schema(value_type = String, example = "SPRING20")]
    code: DiscountCode,
    /// What it gives.
    #[serde(flatten)]
    terms: Terms,
}

/// A code that nobody can redeem any more.
#[derive(Serialize, ToSchema)]
pub(crate) struct RetiredCode {
    /// The code.
    #[schema(value_type = String, example = "SPRING20")]
    code: DiscountCode,
}

/// A discount code.
#[derive(Serialize, ToSchema)]
pub(crate) struct Code {
    /// The code.
    #[schema(example = "SPRING20")]
    code: String,
    /// What it gives.
    #[serde(flatten)]
    terms: Terms,
    /// How often it can be redeemed; null is as often as one likes.
    #[schema(example = 100)]
    redemptions_max: Option<i64>,
    /// How often it was, less what was returned.
    #[schema(example = 17)]
    redemptions: i64,
    /// The first instant at which it cannot be redeemed any more; null is never.
    #[schema(format = DateTime)]
    ends_at: Option<String>,
    /// When it was created.
    #[schema(format = DateTime)]
    created_at: String,
    /// Who created it.
    #[schema(example = "marketing_2")]
    created_by: String,
    /// When it was retired; null if it was not.
    #[schema(format = DateTime)]
    retired_at: Option<String>,
    /// Who retired it.
    retired_by: Option<String>,
}

impl From<CodeRow> for Code {
    fn from(row: CodeRow) -> Self {
        let terms = Terms {
            share: row.share.map(representation::plain),
            amount: representation::money(row.amount, row.currency.as_deref()),
            periods: row.periods,
            plans: row.plans.split_whitespace().map(str::to_owned).collect(),
        };
        Self {
            code: row.code,
            terms,
            redemptions_max: row.redemptions_max,
            redemptions: row.redemptions,
            ends_at: row.ends_at.map(|at| at.to_string()),
            created_at: row.created_at.to_string(),
            created_by: row.created_by,
            retired_at: row.retired_at.map(|at| at.to_string()),
            retired_by: row.retired_by,
        }
    }
}

/// A page of codes.
#[derive(Serialize, ToSchema)]
pub(crate) struct Codes {
    /// The codes, by their name.
    codes: Vec<Code>,
    /// The `after` of the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "SPRING20")]
    next_after: Option<String>,
}

/// Which codes.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct CodesQuery {
    /// Only those behind this one.
    #[param(required = false, value_type = Option<String>)]
    after: Option<DiscountCode>,
    /// How many at most.
    #[param(required = false, minimum = 1, maximum = 1000, default = 100)]
    limit: i64,
    #[param(ignore)]
    freshness: Freshness,
}

impl<S: Send + Sync> FromRequestParts<S> for CodesQuery {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let mut query = QueryParams::of(parts, state).await?;
        let (after, limit) = (query.token("after")?, query.limit()?);
        let read = Self { after, limit, freshness: Freshness::take(&mut query)? };
        query.finish()?;
        Ok(read)
    }
}

/// Create a discount code.
#[utoipa::path(
    post, path = "/v1/products/{product}/discount-codes", tag = "discounts",
    params(("product" = String, Path, description = "The product", example = "agencia")), request_body = NewCode,
    responses((status = 201, description = "Created", body = Answered<CreatedCode>))
)]
pub(crate) async fn create_code(
    State(gate): State<Gate>,
    Product(product): Product,
    caller: Actor,
    name: CommandName,
    Payload(new): Payload<NewCode>,
) -> Result<Answer<CreatedCode>, Problem> {
    if registration::catalog(&gate, &product).await?.is_none() {
        return Err(registration::unknown_product(product).into());
    }
    let terms = new.terms()?;
    let created = CreatedCode { code: new.code.clone(), terms: Terms::of(&terms) };
    let (code, redemptions_max, ends_at) = (new.code, new.redemptions_max, new.ends_at);
    let actor = caller.decider(new.actor);
    let command = Command::CreateCode { code, terms, redemptions_max, ends_at, actor };
    let applied = gate.execute(name.submit(Owner::Product(product), command)).await;
    let applied = applied.map_err(|failure| Problem::from(failure).renamed("discount_code", "code"))?;
    Ok(Answer::created(&applied, created))
}

/// Let nobody redeem a code any more. Whoever has, keeps the discount.
#[utoipa::path(
    post, path = "/v1/products/{product}/discount-codes/{code}/retire", tag = "discounts",
    params(DiscountCodePath, DeciderParams),
    responses((status = 200, description = "Retired", body = Answered<RetiredCode>))
)]
pub(crate) async fn retire_code(
    State(gate): State<Gate>,
    DiscountCodePath { product, code }: DiscountCodePath,
    caller: Actor,
    DeciderQuery(actor): DeciderQuery,
    name: CommandName,
) -> Result<Answer<RetiredCode>, Problem> {
    let command = Command::RetireCode { code: code.clone(), actor: caller.decider(actor) };
    let applied = gate.execute(name.submit(Owner::Product(product), command)).await;
    let applied = applied.map_err(|failure| Problem::from(failure).renamed("discount_code", "code"))?;
    Ok(Answer::done(&applied, RetiredCode { code }))
}

/// The discount codes of a product, retired ones included.
#[utoipa::path(
    get, path = "/v1/products/{product}/discount-codes", tag = "discounts",
    params(("product" = String, Path, description = "The product", example = "agencia"), CodesQuery, FreshnessParams),
    responses((status = 200, description = "A page of them", body = Codes))
)]
pub(crate) async fn list_codes(
    State(gate): State<Gate>,
    Product(product): Product,
    query: CodesQuery,
) -> Result<Json<Codes>, Problem> {
    query.freshness.wait(&gate, PROJECTION, &Owner::Product(product.clone())).await?;
    let after = query.after.as_ref().map_or("", DiscountCode::as_str);
    let rows = discount_codes::list(&gate.pool, &product, after, query.limit).await?;
    if rows.is_empty() && registration::catalog(&gate, &product).await?.is_none() {
        return Err(registration::unknown_product(product).into());
    }
    let is_full = i64::try_from(rows.len()).is_ok_and(|count| count == query.limit);
    let next_after = rows.last().filter(|_| is_full).map(|row| row.code.clone());
    Ok(Json(Codes { codes: rows.into_iter().map(Code::from).collect(), next_after }))
}

/// A discount code.
#[utoipa::path(
    get, path = "/v1/products/{product}/discount-codes/{code}", tag = "discounts",
    params(DiscountCodePath, FreshnessParams),
    responses((status = 200, description = "The code", body = Code))
)]
pub(crate) async fn get_code(
    State(gate): State<Gate>,
    DiscountCodePath { product, code }: DiscountCodePath,
    freshness: Freshness,
) -> Result<Json<Code>, Problem> {
    freshness.wait(&gate, PROJECTION, &Owner::Product(product.clone())).await?;
    let row = discount_codes::find(&gate.pool, &product, &code).await?;
    let unknown = || Problem::from(Rejection::DiscountBook(BookRejection::UnknownCode { code }));
    let row = row.ok_or_else(|| unknown().renamed("discount_code", "code"))?;
    Ok(Json(Code::from(row)))
}
