//! What a catalog says of all plans together.

use domain::catalog::words::policy::{days, percentages};
use domain::catalog::{Definition, Feature, ReferralTerms};

use super::columns::Row;

/// A line each; nothing of what the catalog leaves out.
pub(super) fn of(definition: &Definition) -> Vec<Row> {
    let mut facts = Facts(Vec::new());
    for (code, Feature { rate_limit, .. }) in &definition.features {
        facts.tell(&format!("rate limit of {code}"), rate_limit.map(|limit| limit.to_string()));
    }
    let list = |thresholds: &[u8]| (!thresholds.is_empty()).then(|| percentages(thresholds));
    facts.tell("alerts at", list(&definition.thresholds));
    facts.tell("alerts of capacities at", list(&definition.capacity_thresholds));
    facts.tell("alert of credits", definition.credits_low.map(|amount| format!("below {amount}")));
    facts.tell("seats", definition.seats.as_ref().map(ToString::to_string));
    if let Some(referrals) = &definition.referrals {
        facts.tell_referrals(referrals);
    }
    for tax in &definition.taxes {
        let label = format!("{} in {}", tax.name, tax.country);
        facts.tell(&label, Some(format!("{tax}, from {}", tax.from)));
    }
    facts.tell("proration", Some(definition.proration.to_string()));
    facts.tell("upgrades at", definition.upgrade_url.clone());
    facts.0
}

struct Facts(Vec<Row>);

impl Facts {
    fn tell(&mut self, label: &str, value: Option<String>) {
        self.0.extend(value.map(|value| Row::of_any_width([label.to_owned(), value])));
    }

    fn tell_referrals(&mut self, terms: &ReferralTerms) {
        self.tell("referrals", Some(format!("{terms} of {}", terms.base)));
        self.tell("commissions wait", (terms.hold_days > 0).then(|| days(terms.hold_days)));
        self.tell("sponsors may be named for", terms.attribution_days.map(days));
        let worth = terms.credits_per_unit.iter().map(|(currency, credits)| format!("{credits} for 1 {currency}"));
        self.tell("credits of commissions", Some(worth.collect::<Vec<_>>().join(", ")));
    }
}
