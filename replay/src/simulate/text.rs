//! A report, as people read it.

use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter};

use rust_decimal::Decimal;

use super::Row;
use super::csv::{money, plain};
use super::report::{Report, Room};
use super::tally::{Count, RefusalTold};

/// Organizations whose room is told; all of them are in the JSON.
const ROOMS_MAX: usize = 20;

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { product, catalog, from, to, reproduced, .. } = self;
        writeln!(f, "{product} from {from} to {to}, as recorded and under {catalog}")?;
        let (decided, same) = (reproduced.decided, reproduced.as_recorded);
        writeln!(f, "self check: {same} of {decided} recorded decisions come out as recorded")?;
        for other in &reproduced.otherwise {
            writeln!(f, "  {}:{} does not: {}", other.partition, other.position, other.what)?;
        }
        for out in &self.left_out {
            writeln!(f, "left out: {}, because {}", out.organization, out.reason)?;
        }
        heading(f, "plan")?;
        for plan in &self.plans {
            row(f, plan.plan.as_ref().map_or("no plan", |plan| plan.as_str()), &plan.row)?;
        }
        row(f, "all", &self.total)?;
        heading(f, "organization")?;
        let (differing, same): (Vec<_>, Vec<_>) = self.organizations.iter().partition(|told| told.row.differs());
        for told in differing {
            row(f, told.organization.as_str(), &told.row)?;
        }
        if !same.is_empty() {
            writeln!(f, "and {} that come out the same", same.len())?;
        }
        self.fmt_refusals(f)?;
        self.fmt_room(f)?;
        if !self.unlike.is_empty() {
            writeln!(f, "\nother commands that come to nothing under the file")?;
            for (code, times) in &self.unlike {
                writeln!(f, "  {times:>6} {code}")?;
            }
        }
        Ok(())
    }
}

fn heading(f: &mut Formatter<'_>, name: &str) -> fmt::Result {
    writeln!(f, "\n{name:<22} {:<18} {:>14} {:>14} {:>14}", "figure", "recorded", "simulated", "difference")
}

fn row(f: &mut Formatter<'_>, name: &str, row: &Row) -> fmt::Result {
    let mut name = name;
    let mut told = |f: &mut Formatter<'_>, figure: &str, pair: [Decimal; 2], shown: &dyn Fn(Decimal) -> String| {
        let difference = pair[1] - pair[0];
        let sign = if difference > Decimal::ZERO { "+" } else { "" };
        let difference = format!("{sign}{}", shown(difference));
        let [recorded, simulated] = pair.map(shown);
        writeln!(f, "{name:<22} {figure:<18} {recorded:>14} {simulated:>14} {difference:>14}")?;
        name = "";
        Ok::<_, fmt::Error>(())
    };
    let (recorded, simulated) = (&row.recorded, &row.simulated);
    for currency in row.currencies() {
        let of = |amounts: &BTreeMap<String, Decimal>| amounts.get(currency).copied().unwrap_or_default();
        let pair = [of(&recorded.invoiced), of(&simulated.invoiced)];
        told(f, &format!("invoiced {currency}"), pair, &|amount| money(amount, currency))?;
    }
    told(f, "credits spent", [recorded.credits_spent, simulated.credits_spent], &plain)?;
    told(f, "alerts", [recorded.alerts.into(), simulated.alerts.into()], &plain)?;
    told(f, "commissions", [recorded.commissions, simulated.commissions], &plain)?;
    let times = |counts: &BTreeMap<RefusalTold, Count>| counts.values().map(|count| count.times).sum::<u64>();
    told(f, "refusals", [times(&row.vanishing).into(), times(&row.appearing).into()], &plain)
}

impl Report {
    fn fmt_refusals(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "\nrefusals that appear")?;
        refusals(f, &self.total.appearing)?;
        writeln!(f, "\nrefusals that vanish")?;
        match &self.refusals {
            Some(told) => {
                refusals(f, &self.total.vanishing)?;
                writeln!(
                    f,
                    "  of {} that were handed in: {} vanish, {} stay, {} the record would not have refused, {} are of \
                     nothing that is simulated",
                    told.asked, told.vanish, told.stay, told.not_refused, told.unknown
                )
            }
            None => writeln!(
                f,
                "  not told: the log keeps no refusals. Hand them in with --refusals; what vanishes is bounded by the \
                 room below"
            ),
        }
    }

    fn fmt_room(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.room.is_empty() {
            return Ok(());
        }
        writeln!(f, "\nleft of allowances after their last use in each window")?;
        for Room { organization, feature, recorded, simulated } in self.room.iter().take(ROOMS_MAX) {
            let told = |left: &Option<domain::Quantity>| {
                left.map_or_else(|| "unlimited".to_owned(), |left| plain(left.amount()))
            };
            let (recorded, simulated) = (told(recorded), told(simulated));
            writeln!(f, "  {organization:<20} {feature:<18} {recorded:>14} {simulated:>14}")?;
        }
        if self.room.len() > ROOMS_MAX {
            writeln!(f, "  and {} more", self.room.len() - ROOMS_MAX)?;
        }
        Ok(())
    }
}

fn refusals(f: &mut Formatter<'_>, counts: &BTreeMap<RefusalTold, Count>) -> fmt::Result {
    if counts.is_empty() {
        return writeln!(f, "  none");
    }
    for (RefusalTold { feature, status, code }, Count { times, quantity }) in counts {
        writeln!(f, "  {times:>6} times {status} {code} for {feature}, {quantity} in all")?;
    }
    Ok(())
}
