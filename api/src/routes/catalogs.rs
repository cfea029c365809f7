//! Publishing what is sold, and reading it.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use domain::Currency;
use domain::catalog::{self, CatalogVersion, Command, Feature, FeatureKind, Grant, Overage, Plan, Wording, source};
use domain::stream::Owner;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::answer::{Answer, Answered, told};
use crate::gate::Gate;
use crate::problem::{CatalogFault, Fault, Problem};
use crate::registration;
use crate::request::{CatalogText, CommandName, Product};

/// What the faults of a file call it that came without a name.
const FILE: &str = "the catalog";

/// A published catalog.
#[derive(Serialize, ToSchema)]
pub(crate) struct Published {
    /// The product it is for.
    #[schema(example = "agencia")]
    product: String,
    /// The version in force now.
    #[schema(example = 1)]
    version: u32,
}

/// The plans of a product, from the smallest to the largest.
#[derive(Serialize, ToSchema)]
pub(crate) struct Plans {
    /// The product.
    #[schema(example = "agencia")]
    product: String,
    /// The version of the catalog.
    #[schema(example = 1)]
    catalog_version: u32,
    /// The currency of every price.
    #[schema(example = "USD")]
    currency: String,
    /// The plans.
    plans: Vec<PlanOffer>,
}

/// A text for customers.
#[derive(Serialize, ToSchema)]
pub(crate) struct Text {
    /// In Spanish.
    #[schema(example = "Inicial")]
    es: String,
    /// In English.
    #[schema(example = "Starter")]
    en: String,
}

impl From<&Wording> for Text {
    fn from(wording: &Wording) -> Self {
        Self { es: wording.es.clone(), en: wording.en.clone() }
    }
}

/// A plan on sale.
#[derive(Serialize, ToSchema)]
pub(crate) struct PlanOffer {
    /// Its code.
    #[schema(example = "starter")]
    plan: String,
    /// What customers call it.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<Text>,
    /// What it costs, by the interval it is paid at.
    #[schema(example = json!({ "month": "15.00" }))]
    prices: BTreeMap<String, String>,
    /// What it costs in other currencies, by the currency, then by the interval.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(example = json!({ "COP": { "month": "60000.00" } }))]
    other_prices: BTreeMap<String, BTreeMap<String, String>>,
    /// Days it may be tried before the first payment.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 14)]
    trial_days: Option<u16>,
    /// What it allows; a feature that is absent is not in the plan.
    features: BTreeMap<String, FeatureOffer>,
}

/// What a plan allows of a feature. Members that do not belong to its kind are absent.
#[derive(Serialize, Default, ToSchema)]
pub(crate) struct FeatureOffer {
    /// `flag`, `config`, `quota` or `capacity`.
    #[schema(example = "quota")]
    kind: String,
    /// What customers call it.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<Text>,
    /// What it is counted in.
    #[serde(skip_serializing_if = "Option::is_none")]
    unit: Option<Text>,
    /// All of what the plan allows, in a few words.
    #[schema(example = "2000, then 0.05 credits each")]
    words: String,
    /// The value of a config.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    value: Option<Value>,
    /// The time over which a quota counts: `day`, `month`, `billing_period` or `forever`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "billing_period")]
    window: Option<String>,
    /// What is included of a quota or a capacity: a quantity, or `unlimited`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "2000")]
    limit: Option<String>,
    /// Credits for each unit past the limit of a quota; absent where it is refused or put on the invoice.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "0.05")]
    overage_credits: Option<String>,
}

/// Publish a catalog file as the product's newest version. All its faults are told at once.
#[utoipa::path(
    post, path = "/v1/catalogs", tag = "catalogs",
    request_body(content((String = "application/toml"), (String = "text/plain")), description = "The catalog, TOML"),
    responses((status = 201, description = "Published", body = Answered<Published>))
)]
pub(crate) async fn publish_catalog(
    State(gate): State<Gate>,
    name: CommandName,
    CatalogText(text): CatalogText,
) -> Result<Answer<Published>, Problem> {
    let definition = source::read(FILE, &text).map_err(invalid)?;
    let product = definition.product.clone();
    let command = Command::Publish { definition: Box::new(definition) };
    let applied = gate.execute(name.submit(Owner::Product(product.clone()), command)).await?;
    let catalog::Answer { version } = told(&applied)?;
    Ok(Answer::created(&applied, Published { product: product.to_string(), version }))
}

fn invalid(faults: source::Faults) -> Fault {
    let fault = |fault: source::Fault| CatalogFault { line: fault.line, field: fault.field, text: fault.text };
    Fault::CatalogInvalid { faults: faults.faults.into_iter().map(fault).collect() }
}

/// The plans of a product: prices, and what each allows.
#[utoipa::path(
    get, path = "/v1/products/{product}/plans", tag = "catalogs",
    params(("product" = String, Path, description = "The product", example = "agencia")),
    responses((status = 200, description = "The newest version", body = Plans))
)]
pub(crate) async fn list_plans(State(gate): State<Gate>, Product(product): Product) -> Result<Json<Plans>, Problem> {
    match registration::catalog(&gate, &product).await? {
        Some(catalog) => Ok(Json(plans(&catalog))),
        None => Err(registration::unknown_product(product).into()),
    }
}

fn plans(catalog: &CatalogVersion) -> Plans {
    Plans {
        product: catalog.definition.product.to_string(),
        catalog_version: catalog.version,
        currency: catalog.definition.currency.to_string(),
        plans: catalog.definition.plans.iter().filter(|plan| !plan.retired).map(|plan| offer(plan, catalog)).collect(),
    }
}

fn offer(plan: &Plan, catalog: &CatalogVersion) -> PlanOffer {
    let definition = &catalog.definition;
    let others = plan.currencies().into_iter().filter(|currency| *currency != definition.currency);
    let feature = |(code, grant)| (format!("{code}"), allowed(grant, definition.features.get(code)));
    PlanOffer {
        plan: plan.code.to_string(),
        name: plan.name.as_ref().map(Text::from),
        prices: prices(plan, definition.currency),
        other_prices: others.map(|currency| (currency.to_string(), prices(plan, currency))).collect(),
        trial_days: plan.trial.map(|trial| trial.days),
        features: plan.grants.iter().map(feature).collect(),
    }
}

fn prices(plan: &Plan, currency: Currency) -> BTreeMap<String, String> {
    let price = |interval| plan.price_in(interval, currency).map(|price| price.amount.to_string());
    let priced = plan.prices.keys().filter_map(|interval| Some((interval.as_str().to_owned(), price(*interval)?)));
    priced.collect()
}

fn allowed(grant: &Grant, feature: Option<&Feature>) -> FeatureOffer {
    let named = FeatureOffer {
        name: feature.and_then(|feature| feature.name.as_ref()).map(Text::from),
        unit: feature.and_then(|feature| feature.unit.as_ref()).map(Text::from),
        limit: grant.limit().map(|limit| limit.to_string()),
        words: grant.to_string(),
        ..FeatureOffer::default()
    };
    match grant {
        Grant::Flag => FeatureOffer { kind: "flag".to_owned(), ..named },
        Grant::Config { value } => FeatureOffer { kind: "config".to_owned(), value: Some(value.clone()), ..named },
        Grant::Quota { overage, .. } => FeatureOffer {
            kind: "quota".to_owned(),
            window: feature.and_then(window),
            overage_credits: match overage {
                Overage::Refuse | Overage::Invoice { .. } => None,
                Overage::Credits { rate } => Some(rate.to_string()),
            },
            ..named
        },
        Grant::Capacity { .. } => FeatureOffer { kind: "capacity".to_owned(), ..named },
    }
}

/// The window's name as the catalog's own format has it.
fn window(feature: &Feature) -> Option<String> {
    let FeatureKind::Quota { window } = feature.kind else { return None };
    serde_json::to_value(window).ok()?.as_str().map(str::to_owned)
}
