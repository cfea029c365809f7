//! What a catalog says once for all plans: thresholds, seats, referrals, taxes.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use super::document::{Node, Report};
use super::feature::Features;
use super::value::{Least, RATE, Range};
use crate::catalog::{
    CommissionBase, FeatureKind, Plan, Proration, QuotaRefusal, ReferralTerms, Rounding, Tax, TaxedPrices,
};
use crate::id::FeatureCode;
use crate::money::{CREDIT_SCALE, Currency};

/// Most levels of referrers that earn from one payment: bounds what a single payment can set in motion.
const LEVELS_MAX: usize = 10;

/// Longest time a commission is held: what is not paid back within a year stays paid.
const HOLD_DAYS_MAX: i64 = 365;

/// Longest time in which a sponsor may be named: ten years, as good as for ever.
const ATTRIBUTION_DAYS_MAX: i64 = 3_650;

const TAX_RATE: Range = Range { noun: "a rate", example: "\"0.19\"", scale: CREDIT_SCALE, from: Least::Zero };

pub(super) const PRORATION: [(&str, Proration); 3] =
    [("second", Proration::Second), ("day", Proration::Day), ("none", Proration::None)];

pub(super) const ROUNDING: [(&str, Rounding); 1] = [("half_away_from_zero", Rounding::HalfAwayFromZero)];

pub(super) const QUOTA_REFUSAL: [(&str, QuotaRefusal); 2] = [
    (QuotaRefusal::QuotaExceeded.code(), QuotaRefusal::QuotaExceeded),
    (QuotaRefusal::RateLimitExceeded.code(), QuotaRefusal::RateLimitExceeded),
];

const BASES: [(&str, CommissionBase); 1] = [("net_paid", CommissionBase::NetPaid)];

const TAXED_PRICES: [(&str, TaxedPrices); 2] =
    [("inclusive", TaxedPrices::Inclusive), ("exclusive", TaxedPrices::Exclusive)];

pub(super) fn thresholds(node: &Node<'_>, report: &mut Report) -> Vec<u8> {
    let mut ascending: Vec<u8> = Vec::new();
    for item in node.items("an array of percentages such as [70, 85, 95]", report).unwrap_or_default() {
        let percent = item.whole().and_then(|whole| u8::try_from(whole).ok()).filter(|p| (1..=100).contains(p));
        match (percent, ascending.last()) {
            (None, _) => {
                item.fault::<()>(report, format!("{} is not a whole percentage from 1 to 100", item.shown()));
            }
            (Some(percent), Some(before)) if percent <= *before => {
                item.fault::<()>(report, format!("{percent} does not come after {before}; write them ascending"));
            }
            (Some(percent), _) => ascending.push(percent),
        }
    }
    ascending
}

/// The capacity members count against: defined, and granted by every plan.
pub(super) fn seats(node: &Node<'_>, features: &Features, plans: &[Plan], report: &mut Report) -> Option<FeatureCode> {
    let code: FeatureCode = node.token(report)?;
    match features.get(&code) {
        Some(Some(feature)) if feature.kind == FeatureKind::Capacity => {}
        // The feature itself is a fault already.
        Some(None) => return None,
        Some(Some(_)) | None => {
            return node.fault(report, format!("[features] defines no capacity {:?}", code.as_str()));
        }
    }
    let without: Vec<&str> =
        plans.iter().filter(|plan| !plan.grants.contains_key(&code)).map(|plan| plan.code.as_str()).collect();
    if !without.is_empty() {
        let text = format!("no seats in {}; grant {:?} there", without.join(", "), code.as_str());
        return node.fault(report, text);
    }
    Some(code)
}

/// `sold_in` has every currency a payment may come in, `own` first of all the catalog's.
pub(super) fn referrals(
    node: &Node<'_>,
    own: Option<Currency>,
    sold_in: &BTreeSet<Currency>,
    report: &mut Report,
) -> Option<ReferralTerms> {
    let mut table = node.table("a table with rates", report)?;
    let rates = table.required("rates", report).and_then(|rates| read_rates(&rates, report));
    let base = table.optional("base").map_or(Some(CommissionBase::default()), |base| base.choice(&BASES, report));
    let hold_days = table.optional("hold_days").map_or(Some(0), |days| days.whole_in(0..=HOLD_DAYS_MAX, report));
    let attribution_days =
        table.optional("attribution_days").and_then(|days| days.whole_in(1..=ATTRIBUTION_DAYS_MAX, report));
    let factor = table.optional("credits_per_unit");
    let credits_per_unit = match &factor {
        Some(factor) => read_factors(factor, own, report),
        None => own.map(|own| BTreeMap::from([(own, Decimal::ONE)])),
    };
    table.finish(report);
    let credits_per_unit = credits_per_unit?;
    for currency in sold_in.iter().filter(|currency| !credits_per_unit.contains_key(currency)) {
        let text = format!("says nothing of {currency}, in which a plan is sold");
        match &factor {
            Some(factor) => factor.fault::<()>(report, text),
            None => node.fault(report, format!("credits_per_unit {text}")),
        };
    }
    Some(ReferralTerms { rates: rates?, base: base?, hold_days: hold_days?, attribution_days, credits_per_unit })
}

pub(super) fn read_factors(
    node: &Node<'_>,
    own: Option<Currency>,
    report: &mut Report,
) -> Option<BTreeMap<Currency, Decimal>> {
    if node.value.is_table() {
        return node.by_currency(report, |factor, _, report| factor.number(&RATE, report));
    }
    let factor = node.number(&RATE, report)?;
    own.map(|own| BTreeMap::from([(own, factor)]))
}

fn read_rates(node: &Node<'_>, report: &mut Report) -> Option<Vec<Decimal>> {
    let items = node.items("an array of rates such as [\"0.20\", \"0.05\"]", report)?;
    let count = items.len();
    if !(1..=LEVELS_MAX).contains(&count) {
        return node.fault(report, format!("{count} rates are not 1 to {LEVELS_MAX}"));
    }
    let rates: Vec<Decimal> = items.iter().filter_map(|item| item.number(&RATE, report)).collect();
    let sum: Decimal = rates.iter().sum();
    if sum > Decimal::ONE {
        return node.fault(report, format!("the rates add up to {sum}, more than the whole payment"));
    }
    Some(rates)
}

pub(super) fn taxes(node: &Node<'_>, report: &mut Report) -> Vec<Tax> {
    let mut taxes: Vec<Tax> = Vec::new();
    for item in node.items("a list of [[taxes]]", report).unwrap_or_default() {
        let Some(tax) = read_tax(&item, report) else { continue };
        let same = |other: &Tax| (other.country, &other.name, other.from) == (tax.country, &tax.name, tax.from);
        match taxes.iter().position(same) {
            Some(index) => {
                let (country, name, from) = (tax.country, &tax.name, tax.from);
                item.fault::<()>(report, format!("{name} of {country} from {from} is taxes[{index}] already"));
            }
            None => taxes.push(tax),
        }
    }
    taxes
}

fn read_tax(node: &Node<'_>, report: &mut Report) -> Option<Tax> {
    let mut table = node.table("a tax", report)?;
    let country = table.required("country", report).and_then(|country| country.token(report));
    let name = table.required("name", report).and_then(|name| name.words(report));
    let rate = table.required("rate", report).and_then(|rate| read_tax_rate(&rate, report));
    let prices = table.required("prices", report).and_then(|prices| prices.choice(&TAXED_PRICES, report));
    let from = table.required("from", report).and_then(|from| from.date(report));
    table.finish(report);
    Some(Tax { country: country?, name: name?, rate: rate?, prices: prices?, from: from? })
}

fn read_tax_rate(node: &Node<'_>, report: &mut Report) -> Option<Decimal> {
    let rate = node.number(&TAX_RATE, report)?;
    if rate > Decimal::ONE {
        return node.fault(report, format!("{rate} is more than the whole price; 19 % is written \"0.19\""));
    }
    Some(rate)
}
