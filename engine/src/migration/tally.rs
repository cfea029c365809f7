//! How organizations fare, one and all: what a migration tells at its end, and a dry run beforehand.

use std::fmt;

use domain::{OrganizationId, Refusal, Rejection};

/// How an organization fares.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Fate {
    /// Its subscription moves.
    Moved,
    /// It is on the version already.
    There,
    /// It is on a newer version.
    Newer,
    /// It has no plan.
    WithoutPlan,
    /// Its subscription is not among those that were asked for.
    NotMeant,
    /// It stays where it is, and why.
    Refused(Box<Rejection>),
}

/// How many organizations fared how, and who was refused.
#[derive(Debug, Default)]
pub struct Tally {
    moved: u64,
    there: u64,
    newer: u64,
    without_plan: u64,
    refused: Vec<(OrganizationId, Rejection)>,
}

/// Is it told before or after?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    Before,
    After,
}

impl Tally {
    pub(super) fn count(&mut self, organization: OrganizationId, fate: Fate) {
        match fate {
            Fate::Moved => self.moved += 1,
            Fate::There => self.there += 1,
            Fate::Newer => self.newer += 1,
            Fate::WithoutPlan => self.without_plan += 1,
            Fate::NotMeant => {}
            Fate::Refused(rejection) => self.refused.push((organization, *rejection)),
        }
    }

    /// How many stay where they are because the domain said no.
    #[must_use]
    pub fn refused(&self) -> usize {
        self.refused.len()
    }

    /// What came of a move to a version, in words.
    #[must_use]
    pub fn told(&self, version: u32) -> String {
        Summary { tally: self, version, told: Told::After }.to_string()
    }
}

/// A tally in words.
pub(super) struct Summary<'a> {
    pub(super) tally: &'a Tally,
    pub(super) version: u32,
    pub(super) told: Told,
}

impl fmt::Display for Summary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { tally, version, told } = self;
        let Tally { moved, there, newer, without_plan, refused } = tally;
        writeln!(f, "{} {} moved to version {version}", organizations(*moved), told.verb(*moved))?;
        for (count, what) in [(there, "on it already"), (newer, "on a newer one"), (without_plan, "without a plan")] {
            if *count > 0 {
                writeln!(f, "{} {what}", organizations(*count))?;
            }
        }
        if !refused.is_empty() {
            let count = refused.len() as u64;
            writeln!(f, "{} {} refused", organizations(count), told.verb(count))?;
        }
        refused.iter().try_for_each(|(organization, why)| writeln!(f, "  {organization}: {why}; {}", why.hint()))
    }
}

impl Told {
    fn verb(self, count: u64) -> &'static str {
        match self {
            Self::Before => "would be",
            Self::After if count > 1 => "were",
            Self::After => "was",
        }
    }
}

pub(super) fn organizations(count: u64) -> String {
    match count {
        0 => "no organization".to_owned(),
        1 => "1 organization".to_owned(),
        _ => format!("{count} organizations"),
    }
}
