//! What lines come to, with their taxes.

use std::collections::BTreeMap;

use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::Value;

use super::lines;
use crate::laws::{Event, number_at};

/// Decimals of a currency, where it is not two (ISO 4217).
fn decimals(currency: &str) -> u32 {
    match currency {
        "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF" | "UGX" | "UYI" | "VND"
        | "VUV" | "XAF" | "XOF" | "XPF" => 0,
        "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
        "CLF" | "UYW" => 4,
        _ => 2,
    }
}

/// Half goes away from zero.
pub(in crate::laws) fn round(exact: Decimal, currency: &str) -> Decimal {
    let decimals = decimals(currency);
    let mut rounded = exact.round_dp_with_strategy(decimals, RoundingStrategy::MidpointAwayFromZero);
    rounded.rescale(decimals);
    rounded
}

/// The total is what the lines and the taxes on top of them come to; below zero it is kept.
pub(super) fn check_totals(event: &Event) -> Result<(), String> {
    let currency = event.text("/total/currency")?;
    let mut base = Decimal::ZERO;
    for line in lines(event) {
        let amount = number_at(line, "/amount/amount").ok_or("a line has no amount")?;
        if round(amount, currency) != amount {
            return Err(format!("{amount} has more decimals than {currency}"));
        }
        base += amount;
    }
    let (mut inside, mut inside_tax, mut added) = (Decimal::ZERO, Decimal::ZERO, Decimal::ZERO);
    let net_told = event.number("/net/amount")?;
    for tax in taxes(event) {
        let rate = number_at(tax, "/rate").ok_or("a tax has no rate")?;
        let amount = number_at(tax, "/amount/amount").ok_or("a tax has no amount")?;
        if tax["prices"] == "inclusive" {
            inside += rate;
            inside_tax += amount;
            continue;
        }
        let exact = round(net_told * rate, currency);
        if amount != exact {
            return Err(format!("a tax of {rate} on {net_told} is said to be {amount}, it is {exact}"));
        }
        added += amount;
    }
    let net = round(base / (Decimal::ONE + inside), currency);
    if net != net_told {
        return Err(format!("lines of {base} are said to be {net_told} net, they are {net}"));
    }
    if inside_tax != base - net {
        return Err(format!("taxes in {base} are said to be {inside_tax}, they are {}", base - net));
    }
    let gross = base + added;
    let (total, kept) = (event.number("/total/amount")?, event.number("/kept/amount")?);
    let expected = (gross.max(Decimal::ZERO), (-gross).max(Decimal::ZERO));
    if (total, kept) != expected {
        return Err(format!("lines of {base} and taxes of {added} on top come to {gross}, not {total} less {kept}"));
    }
    Ok(())
}

/// The taxes are those of the catalog for the customer's country, on the day of the invoice where the customer is: one
/// of three days, seen from Greenwich.
pub(super) fn check_rates(event: &Event, definition: &Value) -> Result<(), String> {
    let country = event.text("/profile/country").ok().or_else(|| definition["seller"]["country"].as_str());
    let mut told: Vec<Rate> = taxes(event).filter_map(rate_of).collect();
    told.sort();
    let day = event.instant("/issued_at")?.to_zoned(TimeZone::UTC).date();
    let near =
        |days: i64| day.checked_add(days.days()).map_or_else(|_| Vec::new(), |day| due(definition, country, day));
    if [-1, 0, 1].into_iter().any(|days| near(days) == told) {
        return Ok(());
    }
    let list = |rates: &[Rate]| match rates {
        [] => "none".to_owned(),
        some => some.iter().map(|(name, rate, _)| format!("{name} {rate}")).collect::<Vec<_>>().join(" and "),
    };
    Err(format!("taxed with {}; the catalog says {}", list(&told), list(&near(0))))
}

/// Name, rate, and whether it is in the prices.
type Rate = (String, Decimal, String);

fn rate_of(tax: &Value) -> Option<Rate> {
    Some((tax["name"].as_str()?.to_owned(), number_at(tax, "/rate")?, tax["prices"].as_str()?.to_owned()))
}

/// Of each name the newest that has begun.
fn due(definition: &Value, country: Option<&str>, day: Date) -> Vec<Rate> {
    let mut newest: BTreeMap<String, (Date, Rate)> = BTreeMap::new();
    let listed = definition["taxes"].as_array().into_iter().flatten();
    for tax in listed.filter(|tax| country.is_some() && tax["country"].as_str() == country) {
        let from: Option<Date> = tax["from"].as_str().and_then(|from| from.parse().ok());
        let Some((from, rate)) = from.zip(rate_of(tax)).filter(|(from, _)| *from <= day) else { continue };
        let is_newer = newest.get(&rate.0).is_none_or(|(known, _)| *known < from);
        if is_newer {
            newest.insert(rate.0.clone(), (from, rate));
        }
    }
    newest.into_values().map(|(_, rate)| rate).filter(|(_, rate, _)| !rate.is_zero()).collect()
}

fn taxes(event: &Event) -> impl Iterator<Item = &Value> {
    event.body["taxes"].as_array().into_iter().flatten()
}
