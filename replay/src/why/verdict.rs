//! The verdict: what an entitlement check answers, and how a command is refused.

use domain::catalog::FeatureKind;
use domain::credit_ledger::{Acquire, Command, Consume};
use domain::entitlement::{self, Entitlement};
use domain::{ActorId, Aggregate, Attributes, Credits, FeatureCode, Money, PlanCode, Quantity, Refusal as _};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::{Account, Question, Unanswered};

/// What was found, under the names the API uses.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Verdict {
    /// The feature.
    pub feature: FeatureCode,
    /// `flag`, `config`, `quota` or `capacity`.
    pub kind: &'static str,
    /// How much was asked for.
    pub quantity: Quantity,
    /// Who would use it, if that was said.
    pub actor: Option<ActorId>,
    /// May it be used?
    pub allowed: bool,
    /// Why, or why not.
    pub reason: &'static str,
    /// What was used or is held, or the level.
    pub used: Option<Quantity>,
    /// What of it open holds reserve.
    pub held: Option<Quantity>,
    /// What is included, with what was carried over.
    pub limit: Option<Quantity>,
    /// What of it was carried over.
    pub carried: Option<Quantity>,
    /// What is left of it.
    pub remaining: Option<Quantity>,
    /// When the window turns over.
    pub resets_at: Option<Timestamp>,
    /// What it would cost in credits.
    pub charge: Option<Credits>,
    /// What it would put on the next invoice.
    pub price: Option<Money>,
    /// The value of a config.
    pub value: Option<Value>,
    /// The plan that would allow more.
    pub plan_needed: Option<PlanCode>,
    /// Where to move to it.
    pub upgrade_url: Option<String>,
    /// How a consumption of the quota, or an acquisition of the capacity, is refused; nothing of other kinds.
    pub refusal: Option<Refusal>,
}

/// A refusal, as its problem says it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Refusal {
    /// Its code.
    pub code: &'static str,
    /// The fact, with its values.
    pub detail: String,
    /// What to do about it.
    pub hint: String,
}

impl Verdict {
    /// Decides by the functions that the API and the executor decide by.
    pub(super) fn of(question: &Question, account: &Account<'_>) -> Result<Self, Unanswered> {
        let Question { feature, quantity, actor, .. } = question;
        let found = entitlement::check_for(actor.as_ref(), account.ledger, feature, *quantity, &account.context);
        let Entitlement {
            feature,
            kind,
            reason,
            used,
            held,
            limit,
            carried,
            remaining,
            resets_at,
            charge,
            price,
            value,
            by_hand: _,
            upgrade,
        } = found.map_err(Unanswered::Rejected)?;
        let (plan_needed, upgrade_url) = upgrade.map_or((None, None), |way| (Some(way.plan), way.url));
        Ok(Self {
            feature,
            kind,
            quantity: *quantity,
            actor: actor.clone(),
            allowed: reason.allows(),
            reason: reason.code(),
            used,
            held,
            limit,
            carried,
            remaining,
            resets_at,
            charge,
            price,
            value,
            plan_needed,
            upgrade_url,
            refusal: refusal(question, account),
        })
    }
}

fn refusal(question: &Question, account: &Account<'_>) -> Option<Refusal> {
    let (feature, quantity, actor) = (question.feature.clone(), question.quantity, question.actor.clone());
    let kind = account.context.catalog.as_ref()?.definition.features.get(&feature)?.kind;
    let command = match kind {
        FeatureKind::Quota { .. } => {
            let (occurred_at, attributes) = (None, Attributes::default());
            Command::Consume(Consume { feature, quantity, occurred_at, actor, attributes })
        }
        FeatureKind::Capacity => Command::Acquire(Acquire { feature, quantity, actor }),
        FeatureKind::Flag | FeatureKind::Config => return None,
    };
    let refused = account.ledger.decide(&command, &account.context).err()?;
    Some(Refusal { code: refused.code(), detail: refused.to_string(), hint: refused.hint() })
}
