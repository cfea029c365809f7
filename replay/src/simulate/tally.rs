//! What is counted in both worlds, by organization and plan.

use std::collections::BTreeMap;

use domain::credit_ledger;
use domain::refusal::RefusalClass;
use domain::subscription::{self, Subscription};
use domain::{Currency, FeatureCode, OrganizationId, PlanCode, Quantity, Refusal, referral_tree};
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::Serialize;

use super::World;
use super::intention::credits_of;

/// A refusal that is told.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct RefusalTold {
    /// The feature that was asked for.
    pub feature: FeatureCode,
    /// The status callers get.
    pub status: u16,
    /// The code.
    pub code: &'static str,
}

/// How often, and for how much in all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Count {
    /// How often.
    pub times: u64,
    /// How much was asked for.
    pub quantity: Quantity,
}

/// What is counted in one world.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Figures {
    /// What was invoiced, without taxes, less credit notes and invoices taken back; by currency.
    pub invoiced: BTreeMap<String, Decimal>,
    /// Credits that consumptions cost, less what was given back.
    pub credits_spent: Decimal,
    /// Alerts that were raised.
    pub alerts: u64,
    /// Commissions that were accrued less those clawed back, in credits, for whoever earns them.
    pub commissions: Decimal,
}

/// One world beside the other.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Row {
    /// What was recorded.
    pub recorded: Figures,
    /// What would have been under the file.
    pub simulated: Figures,
    /// What was allowed and would have been refused.
    #[serde(serialize_with = "listed")]
    pub appearing: BTreeMap<RefusalTold, Count>,
    /// What was refused and would have been allowed; told of `--refusals` only.
    #[serde(serialize_with = "listed")]
    pub vanishing: BTreeMap<RefusalTold, Count>,
}

/// An organization on a plan.
pub(super) type Key = (OrganizationId, Option<PlanCode>);

/// What was left at the ends of windows; `None` is unlimited.
type Windows = BTreeMap<Timestamp, Option<Quantity>>;

/// All that is counted.
#[derive(Default)]
pub(super) struct Tally {
    pub(super) rows: BTreeMap<Key, Row>,
    /// By payer, because nothing is told of one that is left out: who earns, and the payer.
    pub(super) commissions: BTreeMap<(Key, OrganizationId), [Decimal; 2]>,
    /// What was left of each allowance after its last use in each window, in both worlds.
    pub(super) room: BTreeMap<(OrganizationId, FeatureCode), [Windows; 2]>,
}

impl Figures {
    pub(super) fn add(&mut self, other: &Self) {
        for (currency, amount) in &other.invoiced {
            *self.invoiced.entry(currency.clone()).or_default() += amount;
        }
        self.credits_spent += other.credits_spent;
        self.alerts += other.alerts;
        self.commissions += other.commissions;
    }

    fn invoice(&mut self, currency: Currency, amount: Decimal) {
        *self.invoiced.entry(currency.to_string()).or_default() += amount;
    }
}

impl Row {
    pub(super) fn add(&mut self, other: &Self) {
        self.recorded.add(&other.recorded);
        self.simulated.add(&other.simulated);
        for (all, more) in [(&mut self.appearing, &other.appearing), (&mut self.vanishing, &other.vanishing)] {
            for (refusal, count) in more {
                all.entry(refusal.clone()).or_default().add(*count);
            }
        }
    }

    fn figures(&mut self, world: World) -> &mut Figures {
        match world {
            World::Recorded => &mut self.recorded,
            World::Simulated => &mut self.simulated,
        }
    }

    /// Does anything come out otherwise?
    #[must_use]
    pub fn differs(&self) -> bool {
        self.recorded != self.simulated || !self.appearing.is_empty() || !self.vanishing.is_empty()
    }
}

impl Count {
    fn add(&mut self, other: Self) {
        self.times += other.times;
        self.quantity = self.quantity + other.quantity;
    }
}

impl RefusalTold {
    pub(super) fn of(feature: &FeatureCode, refused: &credit_ledger::Rejection) -> Self {
        Self { feature: feature.clone(), status: status(refused.class()), code: refused.code() }
    }
}

/// The status by which the API tells a class of refusals.
fn status(class: RefusalClass) -> u16 {
    match class {
        RefusalClass::Invalid => 422,
        RefusalClass::Unknown => 404,
        RefusalClass::Conflict => 409,
        RefusalClass::NotEntitled => 403,
        RefusalClass::PaymentRequired => 402,
        RefusalClass::QuotaExceeded => 429,
    }
}

impl Tally {
    pub(super) fn figures(&mut self, key: Key, world: World) -> &mut Figures {
        self.rows.entry(key).or_default().figures(world)
    }

    pub(super) fn appears(&mut self, key: Key, refusal: RefusalTold, quantity: Quantity) {
        self.rows.entry(key).or_default().appearing.entry(refusal).or_default().add(Count { times: 1, quantity });
    }

    pub(super) fn vanishes(&mut self, key: Key, refusal: RefusalTold, quantity: Quantity) {
        self.rows.entry(key).or_default().vanishing.entry(refusal).or_default().add(Count { times: 1, quantity });
    }

    pub(super) fn left(
        &mut self,
        organization: &OrganizationId,
        feature: &FeatureCode,
        world: World,
        window_end: Timestamp,
        left: Option<Quantity>,
    ) {
        let windows = self.room.entry((organization.clone(), feature.clone())).or_default();
        windows[world.index()].insert(window_end, left);
    }

    pub(super) fn commission(&mut self, key: Key, payer: &OrganizationId, world: World, amount: Decimal) {
        self.commissions.entry((key, payer.clone())).or_default()[world.index()] += amount;
    }

    pub(super) fn ledger(&mut self, key: Key, world: World, event: &credit_ledger::Event) {
        use credit_ledger::Event;
        let figures = self.figures(key, world);
        match event {
            Event::FeatureConsumed { overage, .. } => {
                figures.credits_spent += credits_of(overage.as_ref()).amount();
            }
            Event::HoldCaptured { credits, .. } => {
                figures.credits_spent += credits.as_ref().map_or(Decimal::ZERO, |credits| credits.charge.amount());
            }
            Event::ConsumptionReversed { overage, .. } => {
                figures.credits_spent -= credits_of(overage.as_ref()).amount();
            }
            Event::ThresholdsCrossed { .. } | Event::CapacityThresholdsCrossed { .. } | Event::CreditsRanLow { .. } => {
                figures.alerts += 1;
            }
            Event::InvoicePaidFromCredits { credits, .. } => figures.credits_spent += credits.amount(),
            Event::InvoicePaymentReturned { credits, .. } => figures.credits_spent -= credits.amount(),
            Event::CreditsGranted { .. }
            | Event::CreditsClawedBack { .. }
            | Event::CommissionNetted { .. }
            | Event::GrantScheduled { .. }
            | Event::GrantCancelled { .. }
            | Event::CreditsRevoked { .. }
            | Event::CreditsDeducted { .. }
            | Event::LotExpired { .. }
            | Event::HoldPlaced { .. }
            | Event::HoldExtended { .. }
            | Event::HoldReleased { .. }
            | Event::HoldExpired { .. }
            | Event::CapacityAcquired { .. }
            | Event::CapacityReleased { .. }
            | Event::AlertAcknowledged { .. }
            | Event::TopUpRuleSet { .. }
            | Event::TopUpRuleRemoved { .. }
            | Event::TopUpRequested { .. } => {}
        }
    }

    /// Counts an invoice, or what is taken off one: `before` is the subscription before the event.
    pub(super) fn invoiced(
        &mut self,
        key: Key,
        world: World,
        event: &subscription::Event,
        before: &Subscription,
        from: Timestamp,
    ) {
        use subscription::Event;
        let net = if let Event::InvoiceIssued { net, issued_at, .. } = event {
            Some((*net, Decimal::ONE)).filter(|_| *issued_at >= from)
        } else if let Event::CreditNoteIssued { net, issued_at, .. } = event {
            Some((*net, Decimal::NEGATIVE_ONE)).filter(|_| *issued_at >= from)
        } else if let Event::InvoiceVoided { invoice, .. } = event {
            let known = before.invoices().iter().find(|known| known.id == *invoice);
            known.map(|known| (known.net, Decimal::NEGATIVE_ONE))
        } else {
            None
        };
        if let Some((net, sign)) = net {
            self.figures(key, world).invoice(net.currency, sign * net.amount);
        }
    }
}

/// What an event adds to the commissions of somebody: who earns, who paid, how much.
pub(super) fn commission_of(event: &referral_tree::Event) -> Option<(&OrganizationId, &OrganizationId, Decimal)> {
    use referral_tree::Event;
    match event {
        Event::CommissionAccrued { beneficiary, payer, amount, .. } => Some((beneficiary, payer, amount.amount())),
        Event::CommissionClawedBack { beneficiary, payer, amount, .. } => Some((beneficiary, payer, -amount.amount())),
        Event::OrganizationEnrolled { .. }
        | Event::ReferralAttributed { .. }
        | Event::FirstPaymentMade { .. }
        | Event::PayerSimulated { .. }
        | Event::CommissionMatured { .. } => None,
    }
}

fn listed<S: serde::Serializer>(refusals: &BTreeMap<RefusalTold, Count>, serializer: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Listed<'a> {
        #[serde(flatten)]
        refusal: &'a RefusalTold,
        #[serde(flatten)]
        count: &'a Count,
    }
    serializer.collect_seq(refusals.iter().map(|(refusal, count)| Listed { refusal, count }))
}
