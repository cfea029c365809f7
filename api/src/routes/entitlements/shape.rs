//! What checks are answered.

use domain::entitlement::{self, PlanGate};
use domain::{Credits, FeatureCode, OrganizationId, PlanCode, Quantity};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::Look;
use crate::answer::Receipt;
use crate::representation::Money;

/// On what an answer was found.
#[derive(Serialize, ToSchema)]
pub(crate) struct Found {
    /// The organization.
    #[schema(value_type = String, example = "pedro")]
    organization: OrganizationId,
    /// Its plan in force; null if it has none.
    #[schema(value_type = Option<String>, example = "starter")]
    plan: Option<PlanCode>,
    /// The catalog version that was asked.
    #[schema(example = 1)]
    catalog_version: Option<u32>,
    /// The position of the log that was seen.
    as_of: Receipt,
}

impl Found {
    pub(super) fn of(look: &Look) -> Self {
        let terms = look.terms();
        Self {
            organization: terms.organization.clone(),
            plan: terms.plan.as_ref().map(|plan| plan.code.clone()),
            catalog_version: look.catalog_version(),
            as_of: look.as_of(),
        }
    }
}

/// What an organization may do with a feature now.
#[derive(Serialize, ToSchema)]
pub(crate) struct Entitlement {
    /// The feature.
    #[schema(value_type = String, example = "whatsapp_messages")]
    feature: FeatureCode,
    /// `flag`, `config`, `quota` or `capacity`.
    #[schema(example = "quota")]
    kind: &'static str,
    /// May it be used?
    #[schema(example = true)]
    allowed: bool,
    /// Why: `included`, `unlimited`, `covered_by_credits`, `covered_by_invoice`, `overridden`, `waived`; or why not:
    /// `suspended`, `no_plan_in_force`, `switched_off`, `not_in_plan`, `quota_exceeded`, `capacity_exceeded`,
    /// `insufficient_credits`.
    #[schema(example = "covered_by_credits")]
    reason: &'static str,
    /// Of a quota all that was used in its window or is held, of a capacity its level; null where nothing is granted.
    #[schema(value_type = Option<String>, example = "2001")]
    used: Option<Quantity>,
    /// What of it open holds reserve; only of a quota.
    #[schema(value_type = Option<String>, example = "0")]
    held: Option<Quantity>,
    /// What is included, with what was carried into the window; null if unlimited, or where nothing is granted.
    #[schema(value_type = Option<String>, example = "2000")]
    limit: Option<Quantity>,
    /// What of the limit was carried into the window; null if nothing.
    #[schema(value_type = Option<String>, example = "50")]
    carried: Option<Quantity>,
    /// What is left of it; null like the limit.
    #[schema(value_type = Option<String>, example = "0")]
    remaining: Option<Quantity>,
    /// When the window of a quota turns over.
    #[schema(value_type = Option<String>, format = DateTime, example = "2031-04-01T03:00:00Z")]
    resets_at: Option<Timestamp>,
    /// What the quantity would cost in credits; null if nothing.
    #[schema(value_type = Option<String>, example = "0.05")]
    charge: Option<Credits>,
    /// What the quantity would put on the next invoice; null if nothing.
    price: Option<Money>,
    /// The value of a config.
    #[schema(value_type = Option<Object>)]
    value: Option<Value>,
    /// The plan that would allow more; null where none does, or none is needed.
    #[schema(value_type = Option<String>, example = "partner")]
    plan_needed: Option<PlanCode>,
    /// Where to move to that plan.
    #[schema(example = "/checkout?plan=partner")]
    upgrade_url: Option<String>,
}

impl From<entitlement::Entitlement> for Entitlement {
    fn from(found: entitlement::Entitlement) -> Self {
        let (plan_needed, upgrade_url) = found.upgrade.map_or((None, None), |way| (Some(way.plan), way.url));
        Self {
            feature: found.feature,
            kind: found.kind,
            allowed: found.reason.allows(),
            reason: found.reason.code(),
            used: found.used,
            held: found.held,
            limit: found.limit,
            carried: found.carried,
            remaining: found.remaining,
            resets_at: found.resets_at,
            charge: found.charge,
            price: found.price.map(Money::from),
            value: found.value,
            plan_needed,
            upgrade_url,
        }
    }
}

impl Entitlement {
    pub(super) fn allowed(&self) -> bool {
        self.allowed
    }
}

/// A check of one feature.
#[derive(Serialize, ToSchema)]
pub(crate) struct CheckedFeature {
    #[serde(flatten)]
    pub(super) found: Found,
    #[serde(flatten)]
    pub(super) entitlement: Entitlement,
}

/// A check of every feature.
#[derive(Serialize, ToSchema)]
pub(crate) struct Entitlements {
    #[serde(flatten)]
    pub(super) found: Found,
    /// The features, by code.
    pub(super) entitlements: Vec<Entitlement>,
}

/// Whether a plan is reached.
#[derive(Serialize, ToSchema)]
pub(crate) struct GateAnswer {
    #[serde(flatten)]
    found: Found,
    /// The plan that was asked for.
    #[schema(value_type = String, example = "partner")]
    at_least: PlanCode,
    /// Is it reached?
    #[schema(example = false)]
    allowed: bool,
    /// `plan_reached`, `below_plan` or `no_plan_in_force`.
    #[schema(example = "below_plan")]
    reason: &'static str,
    /// The plan that was asked for, where it is not reached.
    #[schema(value_type = Option<String>, example = "partner")]
    plan_needed: Option<PlanCode>,
    /// Where to move to that plan.
    #[schema(example = "/checkout?plan=partner")]
    upgrade_url: Option<String>,
}

impl GateAnswer {
    pub(super) fn of(look: &Look, at_least: PlanCode, gate: PlanGate, catalog_version: u32) -> Self {
        let (plan_needed, upgrade_url) = gate.upgrade.map_or((None, None), |way| (Some(way.plan), way.url));
        Self {
            found: Found { catalog_version: Some(catalog_version), ..Found::of(look) },
            at_least,
            allowed: gate.reason.allows(),
            reason: gate.reason.code(),
            plan_needed,
            upgrade_url,
        }
    }
}
