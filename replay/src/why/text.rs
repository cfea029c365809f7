//! A verdict and its facts, as people read them.

use std::fmt::{self, Display, Formatter};

use domain::organization::OverrideValue;
use domain::{Credits, Quantity};
use jiff::Timestamp;

use super::catalogs::Bound;
use super::facts::{CatalogFact, Facts, OverrideFact, PlanFact};
use super::history::Place;
use super::tally::{Changes, Tally};
use super::{Because, Refusal, Verdict};

impl Display for Because {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Verdict { feature, kind, quantity, allowed, reason, .. } = &self.verdict;
        let (word, may) = if *allowed { ("allowed", "may") } else { ("refused", "may not") };
        let whom = match &self.verdict.actor {
            Some(actor) => format!("{} of {}", actor, self.organization),
            None => self.organization.to_string(),
        };
        let what = if matches!(*kind, "quota" | "capacity") {
            format!("{quantity} of {feature}")
        } else {
            feature.to_string()
        };
        writeln!(f, "{word}: {whom} {may} use {what}: {reason}")?;
        self.verdict.fmt(f)?;
        let (partition, position) = (self.as_of.partition, self.as_of.position);
        let bound =
            self.catalog_version.map_or("no catalog".to_owned(), |version| format!("catalog version {version}"));
        said(f, "decided on", format_args!("{partition}:{position}, by {bound}, at {}", self.decided_at))?;
        writeln!(f, "rests on")?;
        self.facts.fmt(f)
    }
}

/// A line without a place.
fn said(f: &mut Formatter<'_>, name: &str, what: impl Display) -> fmt::Result {
    writeln!(f, "  {name:<14} {what}")
}

/// A line of a fact: its name, where it stands and when that was recorded, what it says.
fn fact(f: &mut Formatter<'_>, name: &str, place: Option<Place>, what: impl Display) -> fmt::Result {
    match place {
        Some(Place { partition, position, recorded_at }) => {
            said(f, name, format_args!("{:<8} {recorded_at}  {what}", format!("{partition}:{position}")))
        }
        None => said(f, name, what),
    }
}

/// An instant that may be none.
fn until(instant: Option<Timestamp>) -> String {
    instant.map_or("for good".to_owned(), |instant| format!("until {instant}"))
}

impl Display for Verdict {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if let Some(used) = self.used {
            let of = match (self.limit, self.remaining) {
                (Some(limit), Some(remaining)) => format!(" of {limit}, {remaining} left"),
                _ => " without limit".to_owned(),
            };
            let held = self.held.filter(|held| !held.is_zero()).map(|held| format!(", {held} of it held"));
            let carried = self.carried.map(|carried| format!(", {carried} of the limit carried over"));
            said(f, "used", format_args!("{used}{of}{}{}", held.unwrap_or_default(), carried.unwrap_or_default()))?;
        }
        if let Some(resets_at) = self.resets_at {
            said(f, "resets at", resets_at)?;
        }
        if let Some(charge) = self.charge {
            said(f, "charge", format_args!("{charge} credits"))?;
        }
        if let Some(price) = self.price {
            said(f, "price", price)?;
        }
        if let Some(value) = &self.value {
            said(f, "value", value)?;
        }
        if let Some(plan) = &self.plan_needed {
            let url = self.upgrade_url.as_ref().map(|url| format!(", at {url}")).unwrap_or_default();
            said(f, "plan needed", format_args!("{plan}{url}"))?;
        }
        if let Some(Refusal { code, detail, hint }) = &self.refusal {
            said(f, "refusal", format_args!("{code}: {detail}"))?;
            said(f, "hint", hint)?;
        }
        Ok(())
    }
}

impl Display for Facts {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let known = &self.registration;
        let (product, zone, environment) = (&known.product, &known.time_zone, known.environment);
        fact(f, "registration", known.at, format_args!("product {product}, {zone}, {environment}"))?;
        if let Some(set) = &self.instant {
            fact(f, "instant", set.at, format_args!("set to {}", set.instant))?;
        }
        match &self.catalog {
            Some(catalog) => catalog.fmt(f)?,
            None => said(f, "catalog", "none was published")?,
        }
        match &self.plan {
            Some(plan) => plan.fmt(f)?,
            None => said(f, "plan", "none was chosen")?,
        }
        match &self.grant {
            Some(grant) => said(f, "grant", grant)?,
            None => said(f, "grant", "none by the plan")?,
        }
        match &self.by_hand {
            Some(by_hand) => by_hand.fmt(f)?,
            None => said(f, "override", "none")?,
        }
        match &self.suspension {
            Some(told) => {
                let (since, reason, actor) = (told.since, &told.reason, &told.actor);
                fact(f, "suspension", told.at, format_args!("since {since}, by {actor}: {reason}"))?;
            }
            None => said(f, "suspension", "none")?,
        }
        match &self.administrator {
            Some(told) => fact(f, "administrator", told.at, &told.administrator)?,
            None => said(f, "administrator", "no administrator asks")?,
        }
        self.fmt_use(f)
    }
}

impl Facts {
    fn fmt_use(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if let Some(window) = &self.window {
            let (start, end) = (window.period.start, window.period.end);
            said(f, "window", format_args!("{} from {start} to {end}", named(&window.kind)))?;
        }
        if let Some(tally) = &self.consumptions {
            tally.fmt(f)?;
        }
        if let Some(Changes { count, last }) = &self.level {
            fact(f, "level", *last, format_args!("changed {} so far{}", times(*count), last_one(*last)))?;
        }
        for hold in &self.holds {
            let (name, left, expires_at) = (&hold.hold, hold.left, hold.expires_at);
            fact(f, "hold", hold.at, format_args!("{left} reserved until {expires_at}: {name}"))?;
        }
        for lot in &self.lots {
            let (kind, left, name) = (lot.kind.as_str(), lot.left, &lot.lot);
            let expires = lot.expires_at.map_or("never expires".to_owned(), |at| format!("expires at {at}"));
            let held = if lot.held == Credits::ZERO { String::new() } else { format!(" and {} held", lot.held) };
            fact(f, "lot", lot.at, format_args!("{left} left{held}, {kind}, {expires}: {name}"))?;
        }
        if self.fallen_due > 0 {
            said(f, "fallen due", format_args!("{} in no event yet: grants, lots, holds", self.fallen_due))?;
        }
        Ok(())
    }
}

impl Display for CatalogFact {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let why = match self.because {
            Bound::SoldUnder => "which the plan was sold under",
            Bound::Newest => "the newest, because no plan is in force",
            Bound::Asked => "because it was asked for",
        };
        fact(f, "catalog", Some(self.at), format_args!("version {}, {why}", self.version))
    }
}

impl Display for PlanFact {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (plan, version) = (&self.plan, self.catalog_version);
        fact(f, "plan", self.chosen, format_args!("{plan} of catalog version {version}"))?;
        if self.moved.is_some() {
            fact(f, "moved", self.moved, format_args!("to catalog version {version}"))?;
        }
        match self.anchor {
            Some(anchor) => fact(f, "in force", self.in_force, format_args!("since {anchor}")),
            None => said(f, "in force", "not yet: it awaits its payment"),
        }
    }
}

impl Display for OverrideFact {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let value = match &self.value {
            OverrideValue::On => "on".to_owned(),
            OverrideValue::Off => "off".to_owned(),
            OverrideValue::Value(value) => value.to_string(),
            OverrideValue::Limit(limit) => format!("limit {limit}"),
        };
        let (actor, reason, until) = (&self.actor, &self.reason, until(self.until));
        let ended = if self.is_in_force { "" } else { ", which is over" };
        fact(f, "override", self.at, format_args!("{value} {until}{ended}, by {actor}: {reason}"))
    }
}

impl Display for Tally {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { count, quantity, waived, given_back, last } = self;
        let part = |amount: Quantity, what: &str| {
            if amount.is_zero() { String::new() } else { format!(", {amount} {what}") }
        };
        let (waived, back) = (part(*waived, "of it waived"), part(*given_back, "of it given back"));
        let last_one = last_one(*last);
        fact(f, "consumptions", *last, format_args!("{count} in the window, {quantity} in all{waived}{back}{last_one}"))
    }
}

/// The name of a window.
fn named(window: &domain::calendar::Window) -> &'static str {
    use domain::calendar::Window;
    match window {
        Window::Day => "day",
        Window::Month => "month",
        Window::BillingPeriod => "billing period",
        Window::Forever => "for ever",
    }
}

fn times(count: u64) -> String {
    if count == 1 { "once".to_owned() } else { format!("{count} times") }
}

/// Whose place stands before it.
fn last_one(place: Option<Place>) -> &'static str {
    if place.is_some() { ", the last one here" } else { "" }
}
