//! Calendars: half-open periods, the windows in which quotas count, and billing periods that keep their anchor.
//!
//! Windows turn over lazily, by the instant of the decision; nothing is scheduled to reset a counter.

use std::fmt;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, ToSpan, Zoned};
use serde::{Deserialize, Serialize};

/// An IANA time zone, from the database bundled with Tollgate.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(with = "String"))]
pub struct Zone(TimeZone);

/// The text names no time zone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("time zone {name:?} is not an IANA name such as America/Santiago")]
pub struct UnknownZone {
    /// The text that was given.
    pub name: String,
}

impl Zone {
    /// Finds a zone by its IANA name.
    pub fn new(name: &str) -> Result<Self, UnknownZone> {
        let unknown = || UnknownZone { name: name.chars().take(80).collect() };
        let zone = TimeZone::get(name).map_err(|_| unknown())?;
        zone.iana_name().ok_or_else(unknown)?;
        Ok(Self(zone))
    }

    /// The IANA name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }

    /// The local day of an instant.
    #[must_use]
    pub fn day_of(&self, instant: Timestamp) -> Date {
        self.at(instant).date()
    }

    /// The same local time so many days later.
    #[must_use]
    pub fn days_later(&self, instant: Timestamp, days: u16) -> Timestamp {
        let later = self.at(instant).checked_add(i32::from(days).days());
        later.map_or(Timestamp::MAX, |zoned| zoned.timestamp())
    }

    /// From the local day of one instant to that of another.
    #[must_use]
    pub fn days_between(&self, earlier: Timestamp, later: Timestamp) -> i64 {
        self.day_of(later).duration_since(self.day_of(earlier)).as_hours() / 24
    }

    fn at(&self, instant: Timestamp) -> Zoned {
        instant.to_zoned(self.0.clone())
    }
}

impl TryFrom<String> for Zone {
    type Error = UnknownZone;

    fn try_from(name: String) -> Result<Self, UnknownZone> {
        Self::new(&name)
    }
}

impl From<Zone> for String {
    fn from(zone: Zone) -> Self {
        zone.name().to_owned()
    }
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// From `start` (inside) to `end` (outside).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Period {
    /// First instant inside.
    #[cfg_attr(test, schemars(with = "String"))]
    pub start: Timestamp,
    /// First instant after it.
    #[cfg_attr(test, schemars(with = "String"))]
    pub end: Timestamp,
}

impl Period {
    /// Is the instant inside?
    #[must_use]
    pub fn contains(&self, instant: Timestamp) -> bool {
        self.start <= instant && instant < self.end
    }
}

/// How often a plan is paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Interval {
    /// Every month.
    Month,
    /// Every year.
    Year,
}

impl Interval {
    /// The interval's name in a catalog.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Month => "month",
            Self::Year => "year",
        }
    }

    fn times(self, count: i32) -> Span {
        match self {
            Self::Month => count.months(),
            Self::Year => count.years(),
        }
    }

    fn average_seconds(self) -> i64 {
        match self {
            Self::Month => 2_629_746,
            Self::Year => 31_556_952,
        }
    }
}

/// The time over which a quota counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Window {
    /// From local midnight to local midnight: 23 to 25 hours.
    Day,
    /// A local calendar month.
    Month,
    /// The subscription's billing period, counted in months from its anchor.
    BillingPeriod,
    /// Never turns over.
    Forever,
}

impl Window {
    /// The window open at an instant.
    #[must_use]
    pub fn open_at(self, now: Timestamp, anchor: Timestamp, zone: &Zone) -> Period {
        match self {
            Self::Day => local(zone, now, |date| (date, date.checked_add(1.day()))),
            Self::Month => {
                local(zone, now, |date| (date.first_of_month(), date.first_of_month().checked_add(1.month())))
            }
            Self::BillingPeriod => billing_period(anchor, Interval::Month, now, zone),
            Self::Forever => Period { start: Timestamp::UNIX_EPOCH, end: Timestamp::MAX },
        }
    }
}

impl Window {
    /// How many times it turned over between two instants; not at all if the second one is not later.
    #[must_use]
    pub fn turns(self, earlier: Timestamp, now: Timestamp, anchor: Timestamp, zone: &Zone) -> u32 {
        let number = |instant: Timestamp| {
            let date = zone.at(instant).date();
            match self {
                Self::Day => date.duration_since(Date::ZERO).as_hours() / 24,
                Self::Month => i64::from(date.year()) * 12 + i64::from(date.month()),
                Self::BillingPeriod => i64::from(billing_index(anchor, Interval::Month, instant, zone)),
                Self::Forever => 0,
            }
        };
        u32::try_from(number(now) - number(earlier)).unwrap_or_default()
    }
}

/// The local days that hold `now`, from the first midnight to the second.
fn local(zone: &Zone, now: Timestamp, days: impl Fn(Date) -> (Date, Result<Date, jiff::Error>)) -> Period {
    let midnight = |date: Date| date.to_zoned(zone.0.clone()).map(|zoned| zoned.timestamp());
    let (first, next) = days(zone.at(now).date());
    // The calendar ends in the year 9999; the last window then has no end.
    Period { start: midnight(first).unwrap_or(Timestamp::MIN), end: next.and_then(midnight).unwrap_or(Timestamp::MAX) }
}

/// The billing period that holds `now`. Each period is counted from the anchor itself, so a 31 January gives
/// 29 February and then 31 March again. Before the anchor, the first period.
#[must_use]
pub fn billing_period(anchor: Timestamp, interval: Interval, now: Timestamp, zone: &Zone) -> Period {
    let index = billing_index(anchor, interval, now, zone);
    Period {
        start: billing_start(anchor, interval, index, zone),
        end: billing_start(anchor, interval, index + 1, zone),
    }
}

/// How many billing periods ended before the one that holds `now`.
fn billing_index(anchor: Timestamp, interval: Interval, now: Timestamp, zone: &Zone) -> i32 {
    let elapsed = now.duration_since(anchor).as_secs().max(0);
    let mut index = i32::try_from(elapsed / interval.average_seconds()).unwrap_or(i32::MAX);
    // The average length is off by a few days at most, so this ends after one or two steps.
    while index > 0 && billing_start(anchor, interval, index, zone) > now {
        index -= 1;
    }
    while billing_start(anchor, interval, index + 1, zone) <= now {
        index += 1;
    }
    index
}

fn billing_start(anchor: Timestamp, interval: Interval, index: i32, zone: &Zone) -> Timestamp {
    let start = zone.at(anchor).checked_add(interval.times(index));
    start.map_or(Timestamp::MAX, |zoned| zoned.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instant(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn starts(anchor: &str, interval: Interval, zone: &str, instants: &[&str]) -> Vec<String> {
        let zone = Zone::new(zone).unwrap();
        let period = |now: &&str| billing_period(instant(anchor), interval, instant(now), &zone);
        instants.iter().map(|now| zone.at(period(now).start).date().to_string()).collect()
    }

    #[test]
    fn a_monthly_anchor_clamps_to_a_short_month_and_comes_back() {
        let nows = ["2024-01-31T10:00:00Z", "2024-02-29T10:00:00Z", "2024-03-31T10:00:00Z", "2024-05-15T10:00:00Z"];
        let dates = starts("2024-01-31T10:00:00Z", Interval::Month, "UTC", &nows);
        assert_eq!(dates, ["2024-01-31", "2024-02-29", "2024-03-31", "2024-04-30"]);
    }

    #[test]
    fn days_are_local_and_keep_the_hour_of_the_clock() {
        let zone = Zone::new("America/Santiago").unwrap();
        // The clocks go back on 5 April 2026.
        let (before, after) = (instant("2026-04-03T12:00:00Z"), instant("2026-04-06T13:00:00Z"));
        assert_eq!(zone.days_later(before, 3), after);
        assert_eq!(zone.days_between(before, after), 3);
        assert_eq!(zone.days_between(instant("2026-01-01T02:59:59Z"), instant("2026-01-01T03:00:00Z")), 1);
    }

    #[test]
    fn a_yearly_anchor_on_a_leap_day_comes_back_in_the_next_leap_year() {
        let nows = ["2025-02-28T00:00:00Z", "2028-03-01T00:00:00Z"];
        let dates = starts("2024-02-29T00:00:00Z", Interval::Year, "UTC", &nows);
        assert_eq!(dates, ["2025-02-28", "2028-02-29"]);
    }

    #[test]
    fn billing_periods_leave_no_gap_over_ten_years() {
        let zone = Zone::new("America/Santiago").unwrap();
        let anchor = instant("2024-01-31T23:30:00Z");
        let mut now = anchor;
        for _ in 0..120 {
            let period = billing_period(anchor, Interval::Month, now, &zone);
            assert!(period.contains(now), "{period:?} {now}");
            let next = billing_period(anchor, Interval::Month, period.end, &zone);
            assert_eq!(next.start, period.end);
            now = period.end;
        }
    }

    #[test]
    fn a_local_day_is_23_or_25_hours_when_the_clocks_change() {
        let zone = Zone::new("America/Santiago").unwrap();
        for (now, hours) in [("2024-09-08T15:00:00Z", 23), ("2024-04-06T15:00:00Z", 25), ("2024-06-01T15:00:00Z", 24)] {
            let day = Window::Day.open_at(instant(now), instant(now), &zone);
            assert!(day.contains(instant(now)));
            assert_eq!(day.end.duration_since(day.start).as_hours(), hours, "{now}");
        }
    }

    #[test]
    fn an_instant_is_of_the_local_day_whose_window_holds_it() {
        let zone = Zone::new("America/Santiago").unwrap();
        for (now, day) in [
            // Midnight comes an hour late: at 24:00 of the 6th it is 23:00 again.
            ("2024-04-07T03:59:59Z", "2024-04-06"),
            ("2024-04-07T04:00:00Z", "2024-04-07"),
            // The 8th begins at 01:00.
            ("2024-09-08T03:59:59Z", "2024-09-07"),
            ("2024-09-08T04:00:00Z", "2024-09-08"),
        ] {
            assert_eq!(zone.day_of(instant(now)).to_string(), day, "{now}");
            let window = Window::Day.open_at(instant(now), instant(now), &zone);
            assert_eq!(zone.day_of(window.start), zone.day_of(instant(now)));
        }
    }

    #[test]
    fn a_calendar_month_follows_the_zone() {
        let zone = Zone::new("America/Bogota").unwrap();
        let month = Window::Month.open_at(instant("2026-12-01T04:00:00Z"), instant("2026-12-01T04:00:00Z"), &zone);
        assert_eq!(month.start, instant("2026-11-01T05:00:00Z"));
        assert_eq!(month.end, instant("2026-12-01T05:00:00Z"));
    }

    #[test]
    fn windows_are_counted_from_one_instant_to_another() {
        let zone = Zone::new("America/Santiago").unwrap();
        let anchor = instant("2026-01-31T12:00:00Z");
        let cases = [
            (Window::Day, "2026-02-01T02:59:59Z", "2026-02-01T03:00:00Z", 1),
            (Window::Day, "2026-01-01T12:00:00Z", "2027-01-01T12:00:00Z", 365),
            (Window::Month, "2026-01-31T12:00:00Z", "2027-02-01T12:00:00Z", 13),
            (Window::BillingPeriod, "2026-01-31T12:00:00Z", "2026-02-28T11:59:59Z", 0),
            (Window::BillingPeriod, "2026-01-31T12:00:00Z", "2026-03-31T12:00:00Z", 2),
            (Window::BillingPeriod, "2026-03-31T12:00:00Z", "2026-01-31T12:00:00Z", 0),
            (Window::Forever, "2026-01-31T12:00:00Z", "2036-01-31T12:00:00Z", 0),
        ];
        for (window, earlier, now, turns) in cases {
            assert_eq!(window.turns(instant(earlier), instant(now), anchor, &zone), turns, "{window:?} to {now}");
        }
    }

    #[test]
    fn an_unknown_zone_is_named() {
        let refusal = Zone::new("America/Atlantis").unwrap_err();
        assert_eq!(refusal.to_string(), "time zone \"America/Atlantis\" is not an IANA name such as America/Santiago");
    }
}
