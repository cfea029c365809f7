//! The facts a verdict rests on, each with the place of the event that says so.

use domain::calendar::{Period, Window};
use domain::catalog::{FeatureKind, Grant};
use domain::credit_ledger::{CreditLedger, LotKind};
use domain::organization::{Environment, OverrideValue, Status};
use domain::{ActorId, Credits, HoldId, LotId, PlanCode, ProductCode, Quantity, ReasonText};
use jiff::Timestamp;
use serde::Serialize;

use super::catalogs::Bound;
use super::history::{History, Place, Places};
use super::tally::{Changes, Tally};
use super::{Account, Question};

/// All of them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Facts {
    /// The registration.
    pub registration: Registration,
    /// The instant that was set, of a sandbox.
    pub instant: Option<InstantFact>,
    /// The catalog version that bound.
    pub catalog: Option<CatalogFact>,
    /// The plan that was chosen, in force or not.
    pub plan: Option<PlanFact>,
    /// What the plan in force grants of the feature.
    pub grant: Option<Grant>,
    /// What was decided by hand of the feature.
    #[serde(rename = "override")]
    pub by_hand: Option<OverrideFact>,
    /// The suspension, if the organization was suspended.
    pub suspension: Option<SuspensionFact>,
    /// That whoever asks is an administrator.
    pub administrator: Option<AdministratorFact>,
    /// The window that was open, of a quota.
    pub window: Option<WindowFact>,
    /// What was consumed in it.
    pub consumptions: Option<Tally>,
    /// The changes of the level, of a capacity.
    pub level: Option<Changes>,
    /// The open holds of the feature.
    pub holds: Vec<HoldFact>,
    /// The lots of the ledger, in burn-down order, if it is a quota.
    pub lots: Vec<LotFact>,
    /// What had fallen due by then and was in no event yet: grants, lots and holds that are over.
    pub fallen_due: usize,
}

/// The registration.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Registration {
    /// Where it stands.
    pub at: Option<Place>,
    /// The product.
    pub product: ProductCode,
    /// Where days begin and end.
    pub time_zone: String,
    /// Is it a customer, or a test?
    pub environment: &'static str,
}

/// The instant of a sandbox.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct InstantFact {
    /// Where it stands.
    pub at: Option<Place>,
    /// It.
    pub instant: Timestamp,
}

/// The catalog version that bound.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CatalogFact {
    /// Where it was published: in the partition of the product.
    pub at: Place,
    /// It.
    pub version: u32,
    /// Why this one.
    pub because: Bound,
}

/// The plan that was chosen.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PlanFact {
    /// It.
    pub plan: PlanCode,
    /// The catalog version it was sold under, or has moved to.
    pub catalog_version: u32,
    /// Where it was chosen.
    pub chosen: Option<Place>,
    /// Where it came into force, if it did.
    pub in_force: Option<Place>,
    /// The instant from which billing periods are counted, once it is in force.
    pub anchor: Option<Timestamp>,
    /// Where it moved to its catalog version, if it did.
    pub moved: Option<Place>,
}

/// What was decided by hand.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OverrideFact {
    /// Where it stands.
    pub at: Option<Place>,
    /// What was decided.
    pub value: OverrideValue,
    /// Why.
    pub reason: ReasonText,
    /// Who decided it.
    pub actor: ActorId,
    /// When it ends; `None` is never.
    pub until: Option<Timestamp>,
    /// Had it not ended yet?
    pub is_in_force: bool,
}

/// A suspension.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SuspensionFact {
    /// Where it stands.
    pub at: Option<Place>,
    /// Since when.
    pub since: Timestamp,
    /// Why.
    pub reason: ReasonText,
    /// Who decided it.
    pub actor: ActorId,
}

/// An administrator.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AdministratorFact {
    /// Where they were appointed.
    pub at: Option<Place>,
    /// Who it is.
    pub administrator: ActorId,
}

/// A window of a quota.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WindowFact {
    /// How long windows are.
    pub kind: Window,
    /// The one that was open.
    #[serde(flatten)]
    pub period: Period,
}

/// An open hold.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HoldFact {
    /// Where it was placed.
    pub at: Option<Place>,
    /// It.
    pub hold: HoldId,
    /// What it still reserves.
    pub left: Quantity,
    /// The window whose allowance it takes from.
    pub window: Period,
    /// When it lets go by itself.
    pub expires_at: Timestamp,
}

/// A lot that is not spent.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LotFact {
    /// Where it was granted.
    pub at: Option<Place>,
    /// It.
    pub lot: LotId,
    /// Where its credits come from.
    pub kind: LotKind,
    /// What is left of it and can be spent.
    pub left: Credits,
    /// What holds reserve of it.
    pub held: Credits,
    /// When what is left of it is lost; `None` is never.
    pub expires_at: Option<Timestamp>,
}

impl Facts {
    pub(super) fn of(question: &Question, history: &History, account: &Account<'_>) -> Self {
        let (due, ledger) = account.ledger.settled(account.context.now);
        let kind = account.kind(question);
        let is_quota = matches!(kind, Some(FeatureKind::Quota { .. }));
        let window = account.window(kind);
        Self {
            registration: history.registration(account),
            instant: account.terms.instant.map(|instant| InstantFact { at: history.places.instant, instant }),
            catalog: account.binding.map(|binding| CatalogFact {
                at: binding.published,
                version: binding.catalog.version,
                because: binding.because,
            }),
            plan: history.plan(),
            grant: account.grant(question).cloned(),
            by_hand: history.by_hand(question, account),
            suspension: history.suspension(account),
            administrator: history.administrator(question, account),
            consumptions: window.as_ref().map(|window| history.tallies.of(window.period)),
            window,
            level: matches!(kind, Some(FeatureKind::Capacity)).then(|| history.tallies.level.clone()),
            holds: history.holds(question, &ledger),
            lots: if is_quota { history.lots(&ledger) } else { Vec::new() },
            fallen_due: due.len(),
        }
    }
}

impl Account<'_> {
    fn kind(&self, question: &Question) -> Option<FeatureKind> {
        Some(self.binding?.catalog.definition.features.get(&question.feature)?.kind)
    }

    fn grant(&self, question: &Question) -> Option<&Grant> {
        let plan = self.terms.plan.as_ref()?;
        self.binding?.catalog.definition.plan(&plan.code)?.grants.get(&question.feature)
    }

    fn window(&self, kind: Option<FeatureKind>) -> Option<WindowFact> {
        let Some(FeatureKind::Quota { window: kind }) = kind else { return None };
        let plan = self.terms.plan.as_ref()?;
        Some(WindowFact { kind, period: kind.open_at(self.context.now, plan.anchor, &self.terms.zone) })
    }
}

impl History {
    fn registration(&self, account: &Account<'_>) -> Registration {
        let environment = self.organization.registered().map_or(Environment::Live, |known| known.environment);
        Registration {
            at: self.places.registered,
            product: account.terms.product.clone(),
            time_zone: account.terms.zone.name().to_owned(),
            environment: environment.as_str(),
        }
    }

    fn plan(&self) -> Option<PlanFact> {
        let (plan, catalog_version) = self.subscription.sold()?;
        let anchor = self.subscription.plan_in_force().map(|plan| plan.anchor);
        let Places { sold: chosen, in_force, moved, .. } = self.places;
        Some(PlanFact { plan, catalog_version, chosen, in_force, anchor, moved })
    }

    fn by_hand(&self, question: &Question, account: &Account<'_>) -> Option<OverrideFact> {
        let by_hand = account.terms.overrides.get(&question.feature)?.clone();
        let is_in_force = account.terms.override_of(&question.feature, account.context.now).is_some();
        let at = self.places.by_hand;
        let (value, reason, actor, until) = (by_hand.value, by_hand.reason, by_hand.actor, by_hand.until);
        Some(OverrideFact { at, value, reason, actor, until, is_in_force })
    }

    fn suspension(&self, account: &Account<'_>) -> Option<SuspensionFact> {
        match account.terms.status.clone() {
            Status::Active => None,
            Status::Suspended { since, reason, actor } => {
                Some(SuspensionFact { at: self.places.status, since, reason, actor })
            }
        }
    }

    fn administrator(&self, question: &Question, account: &Account<'_>) -> Option<AdministratorFact> {
        let administrator = question.actor.clone().filter(|actor| account.terms.is_unlimited(Some(actor)))?;
        Some(AdministratorFact { at: self.places.administrators.get(&administrator).copied(), administrator })
    }

    fn holds(&self, question: &Question, ledger: &CreditLedger) -> Vec<HoldFact> {
        let open = ledger.holds().filter(|(_, open)| open.feature == question.feature);
        let facts = open.map(|(hold, open)| HoldFact {
            at: self.places.holds.get(hold).copied(),
            hold: hold.clone(),
            left: open.left(),
            window: open.window,
            expires_at: open.expires_at,
        });
        facts.collect()
    }

    fn lots(&self, ledger: &CreditLedger) -> Vec<LotFact> {
        let facts = ledger.lots().iter().map(|lot| LotFact {
            at: self.places.lots.get(&lot.id).copied(),
            lot: lot.id.clone(),
            kind: lot.kind,
            left: lot.left,
            held: lot.held,
            expires_at: lot.expires_at,
        });
        facts.collect()
    }
}
