//! What a move would change, told so that ten thousand organizations on three plans are read at a glance: by version and
//! plan, how many organizations, what differs for them, for whom something was decided by hand, who uses more than is left;
//! and at the end who would be refused.

use std::collections::BTreeMap;
use std::fmt;

use domain::catalog::{Catalog, CatalogVersion, Comparison, Difference, compare};
use domain::entitlement::{self, Entitlement};
use domain::organization::FeatureOverride;
use domain::{Context, FeatureCode, OrganizationId, PlanCode, Quantity};
use event_store::Account;

use super::by_hand::{self, ByHand, Decided};
use super::organization::surroundings;
use super::tally::{Fate, Summary, Tally, Told, organizations};

/// Organizations that are named of those that have something in common.
pub(super) const NAMED_MAX: usize = 5;

/// How an organization would fare.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Seen {
    /// It stays.
    Fate(Fate),
    /// It would be moved.
    Older {
        /// The plan.
        plan: PlanCode,
        /// The version it was sold under.
        version: u32,
        /// What is used beyond what is left.
        beyond: Vec<Beyond>,
        /// What was decided by hand and is in force.
        by_hand: Vec<(FeatureCode, FeatureOverride)>,
    },
}

/// A feature of which more is used than is left after the move.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Beyond {
    feature: FeatureCode,
    used: Quantity,
    /// `None` if nothing of it is left.
    limit: Option<Quantity>,
}

/// The features of which an organization uses more than the version would allow it, where it was not so before.
pub(super) fn beyond(account: &Account, to: &CatalogVersion) -> Vec<Beyond> {
    let weigh = |context: &Context| entitlement::check_all(&account.ledger, context).unwrap_or_default();
    let then = weigh(&surroundings(account, Some(to)));
    let then: BTreeMap<FeatureCode, Entitlement> =
        then.into_iter().map(|found| (found.feature.clone(), found)).collect();
    weigh(&surroundings(account, None)).iter().filter_map(|now| compare_use(now, then.get(&now.feature))).collect()
}

fn compare_use(now: &Entitlement, then: Option<&Entitlement>) -> Option<Beyond> {
    let used = then.and_then(|then| then.used).or(now.used)?;
    let limit = then.filter(|then| then.used.is_some()).map(|then| then.limit);
    let is_beyond = match limit {
        // It is not in the plan.
        None => !used.is_zero(),
        // Less than before, and less than is used.
        Some(Some(limit)) => limit < used && now.limit.is_none_or(|before| limit < before),
        // Unlimited.
        Some(None) => false,
    };
    is_beyond.then(|| Beyond { feature: now.feature.clone(), used, limit: limit.flatten() })
}

/// What a move would change.
pub struct Foresight<'a> {
    catalog: &'a Catalog,
    to: &'a CatalogVersion,
    /// By the version they were sold under.
    versions: BTreeMap<u32, Version>,
    tally: Tally,
}

/// What would change for those who were sold one version.
struct Version {
    compared: Comparison,
    /// By the plan's place in the version they would move to.
    groups: BTreeMap<(Option<usize>, PlanCode), Group>,
}

/// Organizations on one plan of one version.
#[derive(Default)]
struct Group {
    organizations: u64,
    by_hand: BTreeMap<(ByHand, FeatureCode), Decided>,
    beyond: BTreeMap<FeatureCode, Users>,
}

/// Who uses more of a feature than is left.
struct Users {
    limit: Option<Quantity>,
    organizations: u64,
    /// The first of them, by id.
    named: Vec<(OrganizationId, Quantity)>,
}

impl<'a> Foresight<'a> {
    pub(super) fn new(catalog: &'a Catalog, to: &'a CatalogVersion) -> Self {
        Self { catalog, to, versions: BTreeMap::new(), tally: Tally::default() }
    }

    pub(super) fn take_in(&mut self, organization: OrganizationId, seen: Seen) {
        let (plan, version, beyond, decided) = match seen {
            Seen::Fate(fate) => return self.tally.count(organization, fate),
            Seen::Older { plan, version, beyond, by_hand } => (plan, version, beyond, by_hand),
        };
        // Only versions that were published are ever sold.
        if let Some(before) = self.catalog.version(version) {
            let definitions = (&before.definition, &self.to.definition);
            let known = self.versions.entry(version).or_insert_with(|| Version {
                compared: compare(definitions.0, definitions.1),
                groups: BTreeMap::new(),
            });
            let Version { compared, groups } = known;
            let group = groups.entry((self.to.definition.place_of(&plan), plan.clone())).or_default();
            group.organizations += 1;
            for (feature, by_hand) in decided {
                if let Some(becomes) = by_hand::becomes((&feature, &by_hand), &plan, definitions, compared) {
                    group.by_hand.entry((becomes, feature)).or_default().note(&organization, &by_hand);
                }
            }
            beyond.into_iter().for_each(|beyond| group.note(&organization, beyond));
        }
        self.tally.count(organization, Fate::Moved);
    }
}

impl Group {
    fn note(&mut self, organization: &OrganizationId, Beyond { feature, used, limit }: Beyond) {
        let users = self.beyond.entry(feature).or_insert_with(|| Users { limit, organizations: 0, named: Vec::new() });
        users.organizations += 1;
        if users.named.len() < NAMED_MAX {
            users.named.push((organization.clone(), used));
        }
    }
}

impl fmt::Display for Foresight<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (version, Version { compared, groups }) in &self.versions {
            writeln!(f, "from version {version} to {}", self.to.version)?;
            if !compared.product.is_empty() {
                writeln!(f, "  whole product")?;
                compared.product.iter().try_for_each(|difference| line(f, difference))?;
            }
            for ((_, plan), group) in groups {
                group.tell(f, plan, compared)?;
            }
        }
        if !self.versions.is_empty() {
            writeln!(f)?;
        }
        Summary { tally: &self.tally, version: self.to.version, told: Told::Before }.fmt(f)
    }
}

impl Group {
    fn tell(&self, f: &mut fmt::Formatter<'_>, plan: &PlanCode, compared: &Comparison) -> fmt::Result {
        writeln!(f, "  plan {plan}: {}", organizations(self.organizations))?;
        let differences = compared.of_plan(plan);
        if differences.is_empty() {
            writeln!(f, "    nothing changes")?;
        }
        differences.into_iter().try_for_each(|difference| line(f, difference))?;
        for ((becomes, feature), decided) in &self.by_hand {
            match becomes {
                ByHand::Hides => writeln!(f, "    = {feature}: decided by hand, so hidden from {decided}")?,
                ByHand::Lapses => writeln!(f, "    ! {feature}: what was decided by hand ends for {decided}")?,
            }
        }
        for (feature, users) in &self.beyond {
            writeln!(f, "    ! {feature}: {users}")?;
        }
        Ok(())
    }
}

fn line(f: &mut fmt::Formatter<'_>, difference: &Difference) -> fmt::Result {
    writeln!(f, "    {} {difference}", difference.effect.sign())
}

impl fmt::Display for Users {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { limit, organizations: count, named } = self;
        let verb = if *count == 1 { "uses" } else { "use" };
        match limit {
            Some(limit) => write!(f, "{} {verb} more than {limit} now: ", organizations(*count))?,
            None => write!(f, "{} {verb} it now: ", organizations(*count))?,
        }
        let names: Vec<String> = named.iter().map(|(organization, used)| format!("{organization} {used}")).collect();
        f.write_str(&names.join(", "))?;
        match count - named.len() as u64 {
            0 => Ok(()),
            others => write!(f, " and {others} more"),
        }
    }
}
