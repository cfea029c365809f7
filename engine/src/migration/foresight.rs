//! What a move would change, told so that ten thousand organizations on three plans are read at a glance: by version and
//! plan, how many organizations, what differs for them, and who uses more than is left.

use std::collections::BTreeMap;
use std::fmt;

use domain::catalog::{Catalog, CatalogVersion, Comparison, Difference, compare};
use domain::entitlement::{self, Entitlement};
use domain::{Context, FeatureCode, OrganizationId, PlanCode, Quantity};
use event_store::Account;

/// Organizations that are named of those that use more than is left.
const NAMED_MAX: usize = 5;

/// What an organization has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Seen {
    /// No plan.
    NoPlan,
    /// One of the version already.
    There,
    /// One of a newer version.
    Newer,
    /// One that would be moved.
    Older {
        /// The plan.
        plan: PlanCode,
        /// The version it was sold under.
        version: u32,
        /// What is used beyond what is left.
        beyond: Vec<Beyond>,
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
    let Some(plan) = account.context.terms.as_ref().and_then(|terms| terms.plan.clone()) else { return Vec::new() };
    let mut context = Context { catalog: Some(to.clone().into()), ..account.context.clone() };
    if let Some(terms) = &mut context.terms {
        terms.plan = Some(domain::PlanInForce { catalog_version: to.version, ..plan });
    }
    let weigh = |context: &Context| entitlement::check_all(&account.ledger, context).unwrap_or_default();
    let then: BTreeMap<FeatureCode, Entitlement> =
        weigh(&context).into_iter().map(|found| (found.feature.clone(), found)).collect();
    weigh(&account.context).iter().filter_map(|now| compare_use(now, then.get(&now.feature))).collect()
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
    /// By version, by the plan's place in it.
    versions: BTreeMap<u32, BTreeMap<(Option<usize>, PlanCode), Group>>,
    there: u64,
    newer: u64,
    without_plan: u64,
}

/// Organizations on one plan of one version.
#[derive(Default)]
struct Group {
    organizations: u64,
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
        Self { catalog, to, versions: BTreeMap::new(), there: 0, newer: 0, without_plan: 0 }
    }

    pub(super) fn take_in(&mut self, organization: &OrganizationId, seen: Seen) {
        match seen {
            Seen::NoPlan => self.without_plan += 1,
            Seen::There => self.there += 1,
            Seen::Newer => self.newer += 1,
            Seen::Older { plan, version, beyond } => {
                let place = self.to.definition.place_of(&plan);
                let group = self.versions.entry(version).or_default().entry((place, plan)).or_default();
                group.organizations += 1;
                beyond.into_iter().for_each(|beyond| group.note(organization, beyond));
            }
        }
    }

    /// How many organizations would be moved.
    #[must_use]
    pub fn moved(&self) -> u64 {
        self.versions.values().flat_map(BTreeMap::values).map(|group| group.organizations).sum()
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
        for (version, groups) in &self.versions {
            writeln!(f, "from version {version} to {}", self.to.version)?;
            let Some(before) = self.catalog.version(*version) else { continue };
            let compared = compare(&before.definition, &self.to.definition);
            if !compared.product.is_empty() {
                writeln!(f, "  whole product")?;
                compared.product.iter().try_for_each(|difference| line(f, difference))?;
            }
            for ((_, plan), group) in groups {
                group.tell(f, plan, &compared)?;
            }
        }
        if !self.versions.is_empty() {
            writeln!(f)?;
        }
        let Self { there, newer, without_plan, to, .. } = self;
        let version = to.version;
        writeln!(f, "{} would be moved to version {version}", organizations(self.moved()))?;
        for (count, told) in [(there, "on it already"), (newer, "on a newer one"), (without_plan, "without a plan")] {
            if *count > 0 {
                writeln!(f, "{} {told}", organizations(*count))?;
            }
        }
        Ok(())
    }
}

impl Group {
    fn tell(&self, f: &mut fmt::Formatter<'_>, plan: &PlanCode, compared: &Comparison) -> fmt::Result {
        writeln!(f, "  plan {plan}: {}", organizations(self.organizations))?;
        let differences = compared.of_plan(plan);
        if compared.has_removed(plan) {
            writeln!(f, "    ! that version has no such plan")?;
        } else if differences.is_empty() {
            writeln!(f, "    nothing changes")?;
        }
        differences.into_iter().try_for_each(|difference| line(f, difference))?;
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

fn organizations(count: u64) -> String {
    match count {
        0 => "no organization".to_owned(),
        1 => "1 organization".to_owned(),
        _ => format!("{count} organizations"),
    }
}
