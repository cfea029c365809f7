//! Periods, and what is left of them.

use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, Unit};
use rust_decimal::Decimal;

use super::round;
use crate::laws::Event;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Period {
    pub(super) start: Timestamp,
    pub(super) end: Timestamp,
}

impl Period {
    pub(super) fn of(event: &Event) -> Result<Self, String> {
        Ok(Self { start: event.instant("/period/start")?, end: event.instant("/period/end")? })
    }

    /// Is it one of those that are counted from an anchor, in whole months or years of a zone?
    pub(super) fn is_counted_from(self, anchor: Timestamp, interval: &str, zone: &TimeZone) -> bool {
        let count = count(self.start, anchor, interval, zone);
        count.is_some_and(|count| nth(count + 1, anchor, interval, zone) == Some(self.end))
    }
}

/// How many whole months or years of a zone a period begins after its anchor; `None` if none does then.
pub(super) fn count(start: Timestamp, anchor: Timestamp, interval: &str, zone: &TimeZone) -> Option<i32> {
    let (from, to) = (anchor.to_zoned(zone.clone()), start.to_zoned(zone.clone()));
    let months = i32::from(to.year() - from.year()) * 12 + i32::from(to.month()) - i32::from(from.month());
    let about = months / months_of(interval);
    // Near midnight, or clamped, it is one more or less.
    (about - 1..=about + 1).find(|count| *count >= 0 && nth(*count, anchor, interval, zone) == Some(start))
}

/// Counted from the anchor itself: clamped to the end of a short month, and back in the next.
fn nth(count: i32, anchor: Timestamp, interval: &str, zone: &TimeZone) -> Option<Timestamp> {
    let months = Span::new().try_months(count * months_of(interval)).ok()?;
    anchor.to_zoned(zone.clone()).checked_add(months).ok().map(|zoned| zoned.timestamp())
}

fn months_of(interval: &str) -> i32 {
    if interval == "year" { 12 } else { 1 }
}

/// So many of so many seconds, or days.
#[derive(Debug, Clone, Copy)]
pub(super) struct Left {
    left: i64,
    whole: i64,
}

impl Left {
    /// What is left of a period as a catalog prorates; nothing where it does not.
    pub(super) fn at(at: Timestamp, period: Period, policy: &str, zone: &TimeZone) -> Result<Option<Self>, String> {
        let until_end = |from: Timestamp| match policy {
            "second" => Ok(Some(period.end.as_second() - from.as_second())),
            "day" => {
                let day = |instant: Timestamp| instant.to_zoned(zone.clone()).date();
                let span = day(from).until((Unit::Day, day(period.end))).map_err(|error| error.to_string())?;
                Ok(Some(i64::from(span.get_days())))
            }
            "none" => Ok(None),
            other => Err(format!("nobody has told the checker how {other} prorates")),
        };
        let (left, whole) = (until_end(at)?, until_end(period.start)?);
        let both = left.zip(whole);
        Ok(both.map(|(left, whole)| Self { left: left.clamp(0, whole.max(0)), whole: whole.max(1) }))
    }

    pub(super) fn of(self, amount: Decimal, currency: &str) -> Decimal {
        round(self.exactly(amount), currency)
    }

    pub(super) fn exactly(self, amount: Decimal) -> Decimal {
        amount * Decimal::from(self.left) / Decimal::from(self.whole)
    }
}

/// A zone by its name; Greenwich where none is known.
pub(super) fn zone(name: Option<&str>) -> TimeZone {
    name.and_then(|name| TimeZone::get(name).ok()).unwrap_or(TimeZone::UTC)
}
