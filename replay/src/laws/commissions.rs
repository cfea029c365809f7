//! Who referred whom, what that earns, when it matures, what is taken back of it, and that it is granted once.

mod life;

use std::collections::{BTreeMap, HashMap, HashSet};

use rust_decimal::Decimal;

use super::facts::{Facts, numbers};
use super::{Event, Law, Log, Work, credits, number_at};
use life::{Commission, Credited};

/// Microseconds of a day of waiting.
const DAY_MICROS: i64 = 24 * 60 * 60 * 1_000_000;

pub(super) struct Commissions<'a> {
    facts: &'a Facts<'a>,
    /// Whoever referred an organization.
    sponsors: HashMap<String, Sponsor>,
    enrolled: HashSet<String>,
    /// Who has paid.
    payers: HashSet<String>,
    accrued: BTreeMap<String, Commission>,
    /// What ledgers did with commissions.
    credited: BTreeMap<String, Credited>,
    shared: HashMap<String, Shares>,
    /// Payers of sandboxes: what they bring matures by their clocks, not by when it is recorded.
    simulated: HashSet<String>,
}

struct Sponsor {
    organization: String,
    /// From when on payments are shared, in microseconds; `None` is since registration.
    since: Option<i64>,
    /// From when on they must be: version 1 of the event does not say since when, so not before it was written.
    surely: i64,
}

/// How a payment was shared.
struct Shares {
    /// The levels that earn something of it, as its catalog says.
    earning: usize,
    levels: HashSet<i64>,
}

impl<'a> Commissions<'a> {
    pub(super) fn new(facts: &'a Facts<'a>) -> Self {
        Self {
            facts,
            sponsors: HashMap::new(),
            enrolled: HashSet::new(),
            payers: HashSet::new(),
            accrued: BTreeMap::new(),
            credited: BTreeMap::new(),
            shared: HashMap::new(),
            simulated: HashSet::new(),
        }
    }

    /// The referrers above an organization, the nearest first.
    fn ancestors(&self, organization: &str) -> Vec<&str> {
        self.ancestors_with(organization, |_| true)
    }

    /// Those who were above it at an instant.
    fn ancestors_at(&self, organization: &str, at_micros: i64) -> Vec<&str> {
        self.ancestors_with(organization, |sponsor| sponsor.since.is_none_or(|since| since <= at_micros))
    }

    fn ancestors_with(&self, organization: &str, counts: impl Fn(&Sponsor) -> bool) -> Vec<&str> {
        let above = |name: &str| {
            let sponsor = self.sponsors.get(name).filter(|sponsor| counts(sponsor))?;
            Some(sponsor.organization.as_str())
        };
        // A cycle is a violation of its own and must not keep us here.
        std::iter::successors(above(organization), |name| above(name)).take(self.sponsors.len()).collect()
    }

    fn enroll(&mut self, event: &Event) -> Result<(), String> {
        let organization = event.text("/organization")?;
        if self.enrolled.insert(organization.to_owned()) {
            Ok(())
        } else {
            Err(format!("{organization} was enrolled before"))
        }
    }

    fn attribute(&mut self, event: &Event) -> Result<(), String> {
        let (organization, sponsor) = (event.text("/organization")?, event.text("/sponsor")?);
        if sponsor == organization || self.ancestors(sponsor).contains(&organization) {
            return Err(format!("{organization} is its own ancestor through {sponsor}"));
        }
        let since = event.micros("/since");
        let says_since = event.body.get("since").is_some();
        let surely = if says_since { since.unwrap_or(i64::MIN) } else { event.at_micros + 1 };
        let attribution = Sponsor { organization: sponsor.to_owned(), since, surely };
        if let Some(other) = self.sponsors.insert(organization.to_owned(), attribution) {
            return Err(format!("{organization} was referred by {} already", other.organization));
        }
        if event.micros("/since").is_some() && self.payers.contains(organization) {
            return Err(format!("{organization} had paid before it named {sponsor}"));
        }
        self.check_window(event, organization)
    }

    /// A sponsor that is named later is named within the days of the catalog.
    fn check_window(&self, event: &Event, organization: &str) -> Result<(), String> {
        let Some((since, registered_at)) = event.micros("/since").zip(self.facts.registered_at(organization)) else {
            return Ok(());
        };
        let days =
            self.facts.catalog_of(&event.owner, event).and_then(|it| it["referrals"]["attribution_days"].as_i64());
        match days.filter(|days| since >= registered_at + days * DAY_MICROS) {
            Some(days) => Err(format!("{organization} named a sponsor more than {days} days after its registration")),
            None => Ok(()),
        }
    }

    fn first_payment(&mut self, event: &Event) -> Result<(), String> {
        let (payer, payment) = (event.text("/payer")?, event.text("/payment")?);
        let paid = self.facts.payments.get(payment).ok_or_else(|| format!("payment {payment} was never recorded"))?;
        // Of somebody on a test clock it is told by that clock, and a moment later that it is.
        let instants = [paid.event.at_micros, paid.event.decided_micros];
        if paid.event.owner != payer || event.micros("/paid_at").is_none_or(|at| !instants.contains(&at)) {
            return Err(format!("{payer} did not make payment {payment} then"));
        }
        if self.payers.insert(payer.to_owned()) { Ok(()) } else { Err(format!("{payer} had paid before")) }
    }

    /// When it was paid: by the clock on the wall, and by its own of somebody on a test clock.
    fn paid_at(&self, payment: &Event) -> i64 {
        if self.simulated.contains(&payment.owner) { payment.decided_micros } else { payment.at_micros }
    }

    fn accrue(&mut self, event: &Event) -> Result<(), String> {
        let (payment, payer) = (event.text("/payment")?, event.text("/payer")?);
        let (beneficiary, level) = (event.text("/beneficiary")?, event.body["level"].as_i64().unwrap_or_default());
        let (rate, base, amount) = (event.number("/rate")?, event.number("/base/amount")?, event.number("/amount")?);
        let paid = self.facts.payments.get(payment).ok_or_else(|| format!("payment {payment} was never recorded"))?;
        let base_is_right = (paid.amount, paid.currency) == (base, event.text("/base/currency")?);
        if !base_is_right || paid.event.owner != payer {
            return Err(format!("{payer} did not pay {base} with payment {payment}"));
        }
        let place = usize::try_from(level - 1).map_err(|_| format!("there is no level {level}"))?;
        let version = event.body["catalog_version"].as_i64();
        if paid.event.version.is_some() && paid.event.version != version {
            return Err(format!("payment {payment} was shared under another catalog than it was made under"));
        }
        let referrals = &self.facts.catalog(event)?["referrals"];
        let rates = numbers(&referrals["rates"]);
        if rates.get(place) != Some(&rate) {
            return Err(format!("level {level} does not earn {rate}"));
        }
        // A table of currencies since version 2 of the event; one number before.
        let of_currency = format!("/credits_per_unit/{}", event.text("/base/currency")?);
        let per_unit = number_at(referrals, &of_currency).or_else(|| number_at(referrals, "/credits_per_unit"));
        let per_unit = per_unit.unwrap_or(Decimal::ONE);
        if amount != credits(base * rate * per_unit) {
            return Err(format!("{rate} of {base} is not {amount}"));
        }
        if self.ancestors_at(payer, self.paid_at(paid.event)).get(place) != Some(&beneficiary) {
            return Err(format!("{beneficiary} is not at level {level} above {payer}"));
        }
        let hold_days = referrals["hold_days"].as_i64().unwrap_or_default();
        let matures_at = event.micros("/matures_at");
        if matures_at.is_some_and(|at| at != self.paid_at(paid.event) + hold_days * DAY_MICROS) {
            return Err(format!("a commission of {payment} does not wait {hold_days} days"));
        }
        let shares = Shares { earning: rates.len(), levels: HashSet::new() };
        if !self.shared.entry(payment.to_owned()).or_insert(shares).levels.insert(level) {
            return Err(format!("payment {payment} was shared at level {level} before"));
        }
        let commission = Commission::accrued(event, amount, matures_at, self.simulated.contains(payer))?;
        self.accrued.insert(event.text("/commission")?.to_owned(), commission);
        Ok(())
    }

    /// Payments that did not reach everybody who was above the payer when it paid.
    fn unshared(&self) -> Vec<String> {
        let mut unshared = Vec::new();
        for (payment, paid) in &self.facts.payments {
            let (earning, shared) = match self.shared.get(*payment) {
                Some(shares) => (shares.earning, shares.levels.len()),
                None => (1, 0),
            };
            let above = self.ancestors_with(&paid.event.owner, |sponsor| sponsor.surely <= self.paid_at(paid.event));
            let owed = above.len().min(earning);
            if shared < owed {
                unshared.push(format!("payment {payment} of {} reached {shared} of {owed} levels", paid.event.owner));
            }
        }
        unshared
    }
}

impl Law for Commissions<'_> {
    fn name(&self) -> &'static str {
        "commissions"
    }

    fn seen(&self) -> String {
        format!("{} commissions reckoned again", self.accrued.len())
    }

    fn take_in(&mut self, event: &Event) -> Result<(), String> {
        match (event.kind.as_str(), event.name.as_str()) {
            ("referral_tree", "OrganizationEnrolled") => self.enroll(event),
            ("referral_tree", "ReferralAttributed") => self.attribute(event),
            ("referral_tree", "FirstPaymentMade") => self.first_payment(event),
            ("referral_tree", "PayerSimulated") => {
                self.simulated.insert(event.text("/payer")?.to_owned());
                Ok(())
            }
            ("referral_tree", "CommissionAccrued") => self.accrue(event),
            ("referral_tree", "CommissionMatured") => self.mature(event),
            ("referral_tree", "CommissionClawedBack") => self.claw_back(event),
            ("referral_tree", _) => event.unknown(),
            ("credit_ledger", "CreditsGranted") => self.grant(event),
            ("credit_ledger", "CommissionNetted") => self.net(event),
            ("credit_ledger", "CreditsClawedBack") => self.take_back(event),
            _ => Ok(()),
        }
    }

    fn close(&mut self, _log: &Log, work: Work) -> Vec<String> {
        let mut violations = self.misgranted();
        if work == Work::Settled {
            violations.extend(self.unsettled());
            violations.extend(self.unshared());
        }
        violations.sort();
        violations
    }
}
