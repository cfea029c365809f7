//! Who referred whom, what that earns, and that it is granted once.

use std::collections::{BTreeMap, HashMap, HashSet};

use rust_decimal::Decimal;

use super::facts::{Facts, numbers};
use super::{Event, Law, Log, Work, credits, number_at};

/// A commission as it was accrued or granted.
#[derive(Debug, Clone, PartialEq)]
struct Commission {
    beneficiary: String,
    amount: Decimal,
}

pub(super) struct Commissions<'a> {
    facts: &'a Facts<'a>,
    /// Whoever referred an organization, and when that was attributed.
    sponsors: HashMap<String, (String, i64)>,
    enrolled: HashSet<String>,
    accrued: BTreeMap<String, Commission>,
    granted: BTreeMap<String, Commission>,
    shared: HashMap<String, Shares>,
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
            accrued: BTreeMap::new(),
            granted: BTreeMap::new(),
            shared: HashMap::new(),
        }
    }

    /// The referrers above an organization, the nearest first.
    fn ancestors(&self, organization: &str) -> Vec<&str> {
        let above = |name: &&str| self.sponsors.get(*name).map(|(sponsor, _)| sponsor.as_str());
        let first = self.sponsors.get(organization).map(|(sponsor, _)| sponsor.as_str());
        // A cycle is a violation of its own and must not keep us here.
        std::iter::successors(first, above).take(self.sponsors.len()).collect()
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
        let attribution = (sponsor.to_owned(), event.at_micros);
        match self.sponsors.insert(organization.to_owned(), attribution) {
            Some((other, _)) => Err(format!("{organization} was referred by {other} already")),
            None => Ok(()),
        }
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
        if self.ancestors(payer).get(place) != Some(&beneficiary) {
            return Err(format!("{beneficiary} is not at level {level} above {payer}"));
        }
        let shares = Shares { earning: rates.len(), levels: HashSet::new() };
        if !self.shared.entry(payment.to_owned()).or_insert(shares).levels.insert(level) {
            return Err(format!("payment {payment} was shared at level {level} before"));
        }
        let commission = Commission { beneficiary: beneficiary.to_owned(), amount };
        self.accrued.insert(event.text("/commission")?.to_owned(), commission);
        Ok(())
    }

    fn grant(&mut self, event: &Event) -> Result<(), String> {
        let Ok(commission) = event.text("/commission") else { return Ok(()) };
        let granted = Commission { beneficiary: event.owner.clone(), amount: event.number("/amount")? };
        match self.granted.insert(commission.to_owned(), granted) {
            Some(_) => Err(format!("commission {commission} was granted before")),
            None => Ok(()),
        }
    }

    /// Payments that did not reach everybody who was above the payer when it paid.
    fn unshared(&self) -> Vec<String> {
        let mut unshared = Vec::new();
        for (payment, paid) in &self.facts.payments {
            let (earning, shared) = match self.shared.get(*payment) {
                Some(shares) => (shares.earning, shares.levels.len()),
                None => (1, 0),
            };
            let owed = self.ancestors_at(&paid.event.owner, paid.event.at_micros).min(earning);
            if shared < owed {
                unshared.push(format!("payment {payment} of {} reached {shared} of {owed} levels", paid.event.owner));
            }
        }
        unshared
    }

    /// How many referrers an organization had above it at an instant, as far as their own attributions go back.
    fn ancestors_at(&self, organization: &str, at_micros: i64) -> usize {
        let above = |name: &&str| match self.sponsors.get(*name) {
            Some((sponsor, since)) if *since < at_micros => Some(sponsor.as_str()),
            Some(_) | None => None,
        };
        std::iter::successors(above(&organization), above).take(self.sponsors.len()).count()
    }
}

impl Law for Commissions<'_> {
    fn name(&self) -> &'static str {
        "commissions"
    }

    fn take_in(&mut self, event: &Event) -> Result<(), String> {
        match (event.kind.as_str(), event.name.as_str()) {
            ("referral_tree", "OrganizationEnrolled") => self.enroll(event),
            ("referral_tree", "ReferralAttributed") => self.attribute(event),
            ("referral_tree", "CommissionAccrued") => self.accrue(event),
            ("referral_tree", _) => event.unknown(),
            ("credit_ledger", "CreditsGranted") => self.grant(event),
            _ => Ok(()),
        }
    }

    fn close(&mut self, _log: &Log, work: Work) -> Vec<String> {
        let mut violations = Vec::new();
        for (commission, granted) in &self.granted {
            match self.accrued.get(commission) {
                None => violations.push(format!("commission {commission} was granted and never accrued")),
                Some(accrued) if accrued != granted => violations.push(format!(
                    "commission {commission} of {} for {} was granted as {} to {}",
                    accrued.amount, accrued.beneficiary, granted.amount, granted.beneficiary
                )),
                Some(_) => {}
            }
        }
        if work == Work::Settled {
            let missing = self.accrued.keys().filter(|commission| !self.granted.contains_key(*commission));
            violations.extend(missing.map(|commission| format!("commission {commission} was never granted")));
            violations.extend(self.unshared());
        }
        violations.sort();
        violations
    }
}
