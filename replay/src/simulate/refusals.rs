//! What the record refused, as somebody else has written it down: the log keeps no refusals.
//!
//! A file with a line for each: organization, feature, quantity, instant. Each is decided in both worlds at its instant.
//! What the simulated one allows is used there from then on.

use domain::catalog::FeatureKind;
use domain::credit_ledger::{Acquire, Command, Consume};
use domain::{Aggregate, FeatureCode, OrganizationId, Quantity};
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::Serialize;

use super::World;
use super::simulation::Simulation;
use super::tally::RefusalTold;

/// The first line of the file.
pub const HEADER: &str = "organization,feature,quantity,instant";

/// Something that was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The organization.
    pub organization: OrganizationId,
    /// The feature.
    pub feature: FeatureCode,
    /// How much of it.
    pub quantity: Quantity,
    /// When.
    pub at: Timestamp,
}

/// What became of the refusals that were handed in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct RefusalsTold {
    /// How many were asked again.
    pub asked: u64,
    /// How many the file would have allowed.
    pub vanish: u64,
    /// How many it would have refused as well.
    pub stay: u64,
    /// How many the record would not have refused at that instant.
    pub not_refused: u64,
    /// How many are of no organization of this product, or of one that is left out, or of nothing that is counted.
    pub unknown: u64,
}

/// A line that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct BadLine {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub what: String,
}

/// Reads the file; what lies outside of a time is left out. In the order of the instants.
pub fn read(text: &str, from: Timestamp, to: Timestamp) -> Result<Vec<Asked>, BadLine> {
    let mut lines = text.lines().enumerate().map(|(index, line)| (index + 1, line.trim()));
    match lines.next() {
        Some((_, HEADER)) => {}
        found => {
            let found = found.map_or("", |(_, line)| line);
            return Err(BadLine { line: 1, what: format!("{found:?} is not the header {HEADER:?}") });
        }
    }
    let mut all = Vec::new();
    for (line, text) in lines.filter(|(_, text)| !text.is_empty()) {
        all.push(read_line(text).map_err(|what| BadLine { line, what })?);
    }
    all.retain(|asked| from <= asked.at && asked.at < to);
    all.sort_by_key(|asked| asked.at);
    Ok(all)
}

fn read_line(text: &str) -> Result<Asked, String> {
    let fields: Vec<&str> = text.split(',').map(|field| field.trim().trim_matches('"')).collect();
    let [organization, feature, quantity, at] = fields.as_slice() else {
        return Err(format!("{} fields instead of 4", fields.len()));
    };
    let amount: Decimal = quantity.parse().map_err(|_| format!("{quantity:?} is not a number"))?;
    Ok(Asked {
        organization: OrganizationId::new(organization).map_err(|fault| fault.to_string())?,
        feature: FeatureCode::new(feature).map_err(|fault| fault.to_string())?,
        quantity: Quantity::positive(amount).map_err(|fault| fault.to_string())?,
        at: at.parse().map_err(|_| format!("{at:?} is not an instant such as 2026-11-21T12:00:00Z"))?,
    })
}

impl Simulation {
    /// Decides in both worlds what was refused.
    pub(super) fn ask_again(&mut self, asked: &Asked) {
        self.refusals.asked += 1;
        let known = self.customers.get(&asked.organization);
        let is_known = known.is_some_and(|known| known.is_simulated(&self.product));
        let refused = if is_known { self.decide_asked(World::Recorded, asked) } else { None };
        let Some(refused) = refused else {
            self.refusals.unknown += 1;
            return;
        };
        let Err(refusal) = refused else {
            self.refusals.not_refused += 1;
            return;
        };
        match self.decide_asked(World::Simulated, asked) {
            Some(Ok(events)) => {
                self.refusals.vanish += 1;
                let key = self.key(&asked.organization, World::Recorded);
                self.tally.vanishes(key, refusal, asked.quantity);
                self.spend(&asked.organization, &events);
            }
            Some(Err(_)) | None => self.refusals.stay += 1,
        }
    }

    /// `None` if it is nothing that is counted.
    fn decide_asked(
        &mut self,
        world: World,
        asked: &Asked,
    ) -> Option<Result<Vec<domain::credit_ledger::Event>, RefusalTold>> {
        let seed = self.fresh_seed();
        let customer = self.customers.get(&asked.organization)?;
        let context = customer.ledger_context(world, &self.versions, asked.at, seed)?;
        let features = &context.catalog.as_ref()?.definition.features;
        let (feature, quantity) = (asked.feature.clone(), asked.quantity);
        let command = match features.get(&feature)?.kind {
            FeatureKind::Quota { .. } => Command::Consume(Consume::of(feature, quantity)),
            FeatureKind::Capacity => Command::Acquire(Acquire { feature, quantity, actor: None }),
            FeatureKind::Flag | FeatureKind::Config => return None,
        };
        let decided = customer.account(world).ledger.decide(&command, &context);
        Some(decided.map_err(|refused| RefusalTold::of(&asked.feature, &refused)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_read_in_the_order_of_their_instants_and_within_the_time() {
        let text = "organization,feature,quantity,instant\n\
                    eva,runs,2,2026-02-03T00:00:00Z\n\
                    ana,\"runs\",1.5,2026-02-01T00:00:00Z\n\n\
                    ana,runs,1,2026-03-01T00:00:00Z\n";
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let read = read(text, at("2026-02-01T00:00:00Z"), at("2026-03-01T00:00:00Z")).unwrap();
        let told: Vec<_> = read.iter().map(|asked| (asked.organization.as_str(), asked.quantity.to_string())).collect();
        assert_eq!(told, [("ana", "1.5".to_owned()), ("eva", "2".to_owned())]);
    }

    #[test]
    fn a_line_that_cannot_be_read_is_named() {
        let bad = |text: &str| {
            let text = format!("{HEADER}\n{text}\n");
            read(&text, Timestamp::MIN, Timestamp::MAX).unwrap_err().to_string()
        };
        assert_eq!(bad("ana,runs,1"), "line 2: 3 fields instead of 4");
        assert_eq!(bad("ana,runs,x,2026-02-01T00:00:00Z"), "line 2: \"x\" is not a number");
        assert_eq!(bad("ana,runs,1,monday"), "line 2: \"monday\" is not an instant such as 2026-11-21T12:00:00Z");
        let headless = read("ana,runs,1,x", Timestamp::MIN, Timestamp::MAX).unwrap_err();
        assert!(headless.to_string().starts_with("line 1: \"ana,runs,1,x\" is not the header"), "{headless}");
    }
}
