//! The figures of a report, a line each.

use std::collections::{BTreeMap, BTreeSet};

use domain::Currency;
use rust_decimal::Decimal;

use super::report::Report;
use super::tally::{Count, RefusalTold, Row};

const HEADER: [&str; 9] =
    ["scope", "organization", "plan", "figure", "feature", "unit", "recorded", "simulated", "difference"];

/// Whose figures they are.
struct Scope<'a> {
    scope: &'a str,
    organization: &'a str,
    plan: &'a str,
}

impl Report {
    /// The figures of the product, of its plans and of its organizations, in this order.
    #[must_use]
    pub fn csv(&self) -> String {
        let mut lines = vec![HEADER.map(str::to_owned)];
        lines.extend(figures(&Scope { scope: "product", organization: "", plan: "" }, &self.total));
        for row in &self.plans {
            let plan = row.plan.as_ref().map_or("", |plan| plan.as_str());
            lines.extend(figures(&Scope { scope: "plan", organization: "", plan }, &row.row));
        }
        for row in &self.organizations {
            let organization = row.organization.as_str();
            lines.extend(figures(&Scope { scope: "organization", organization, plan: "" }, &row.row));
        }
        lines.iter().map(|fields| fields.each_ref().map(|field| quoted(field)).join(",") + "\n").collect()
    }
}

fn figures(scope: &Scope<'_>, row: &Row) -> Vec<[String; 9]> {
    let told = |figure: &str, feature: &str, unit: &str, numbers: [String; 3]| {
        let texts = [scope.scope, scope.organization, scope.plan, figure, feature, unit].map(str::to_owned);
        let ([a, b, c, d, e, f], [recorded, simulated, difference]) = (texts, numbers);
        [a, b, c, d, e, f, recorded, simulated, difference]
    };
    let line = |figure: &str, feature: &str, unit: &str, recorded: Decimal, simulated: Decimal| {
        told(figure, feature, unit, [recorded, simulated, simulated - recorded].map(plain))
    };
    let (recorded, simulated) = (&row.recorded, &row.simulated);
    let mut lines = Vec::new();
    for currency in row.currencies() {
        let of = |amounts: &BTreeMap<String, Decimal>| amounts.get(currency).copied().unwrap_or_default();
        let (before, after) = (of(&recorded.invoiced), of(&simulated.invoiced));
        let amounts = [before, after, after - before].map(|amount| money(amount, currency));
        lines.push(told("invoiced_net", "", currency, amounts));
    }
    lines.push(line("credits_spent", "", "credits", recorded.credits_spent, simulated.credits_spent));
    lines.push(line("alerts", "", "alerts", recorded.alerts.into(), simulated.alerts.into()));
    lines.push(line("commissions", "", "credits", recorded.commissions, simulated.commissions));
    let named = |refusal: &RefusalTold| format!("{} {}", refusal.status, refusal.code);
    for (refusal, Count { times, .. }) in &row.appearing {
        let feature = refusal.feature.as_str();
        lines.push(line("refusals_appearing", feature, &named(refusal), Decimal::ZERO, (*times).into()));
    }
    for (refusal, Count { times, .. }) in &row.vanishing {
        let feature = refusal.feature.as_str();
        lines.push(line("refusals_vanishing", feature, &named(refusal), (*times).into(), Decimal::ZERO));
    }
    lines
}

impl Row {
    /// The currencies in which something was invoiced, in one world or the other.
    pub(super) fn currencies(&self) -> BTreeSet<&str> {
        self.recorded.invoiced.keys().chain(self.simulated.invoiced.keys()).map(String::as_str).collect()
    }
}

/// A number without zeros that say nothing.
pub(super) fn plain(number: Decimal) -> String {
    let number = number.normalize();
    if number.is_zero() { "0".to_owned() } else { number.to_string() }
}

/// An amount with all decimals of its currency.
pub(super) fn money(amount: Decimal, currency: &str) -> String {
    let mut amount = amount;
    if let Ok(currency) = Currency::new(currency) {
        amount.rescale(currency.exponent());
    }
    amount.to_string()
}

fn quoted(field: &str) -> String {
    if field.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", field.replace('"', "\"\""))
    } else {
        field.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_quoted_where_it_must_be() {
        assert_eq!(["a b", "a,b", "a\"b"].map(quoted), ["a b", "\"a,b\"", "\"a\"\"b\""]);
    }

    #[test]
    fn a_number_has_no_zeros_that_say_nothing() {
        let told = ["0.00", "15.00", "-4.830", "100"].map(|text| plain(text.parse().unwrap()));
        assert_eq!(told, ["0", "15", "-4.83", "100"]);
    }

    #[test]
    fn an_amount_has_all_decimals_of_its_currency() {
        let amount: Decimal = "15".parse().unwrap();
        assert_eq!((money(amount, "USD"), money(amount, "CLP")), ("15.00".to_owned(), "15".to_owned()));
    }
}
