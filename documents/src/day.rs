//! Days and spans of days in words.

use domain::calendar::{Period, Zone};
use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::language::Language;

const MONTHS: [(&str, &str); 12] = [
    ("enero", "January"),
    ("febrero", "February"),
    ("marzo", "March"),
    ("abril", "April"),
    ("mayo", "May"),
    ("junio", "June"),
    ("julio", "July"),
    ("agosto", "August"),
    ("septiembre", "September"),
    ("octubre", "October"),
    ("noviembre", "November"),
    ("diciembre", "December"),
];

fn month(date: Date, language: Language) -> &'static str {
    let index = usize::try_from(date.month() - 1).unwrap_or_default();
    let (spanish, english) = MONTHS[index];
    language.pick(spanish, english)
}

/// The first three letters: no two months of a language share them.
fn short_month(date: Date, language: Language) -> &'static str {
    &month(date, language)[..3]
}

/// A day in full: `25 de febrero de 2024`, `25 February 2024`.
#[must_use]
pub fn day(date: Date, language: Language) -> String {
    let (day, month, year) = (date.day(), month(date, language), date.year());
    language.pick(format!("{day} de {month} de {year}"), format!("{day} {month} {year}"))
}

/// From one local day to another; both are inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Days {
    /// The first day.
    pub first: Date,
    /// The last day.
    pub last: Date,
}

impl Days {
    /// The local days a period touches. One that begins at midnight on the 1st ends on the last of the month; one that
    /// begins at noon on the 15th ends on the 15th, where the next one begins.
    #[must_use]
    pub fn of(period: Period, zone: &Zone) -> Self {
        // Every zone was found by this name.
        let zone = TimeZone::get(zone.name()).unwrap_or(TimeZone::UTC);
        let inside = period.end.checked_sub(1.nanosecond()).unwrap_or(period.end);
        let date = |instant: jiff::Timestamp| instant.to_zoned(zone.clone()).date();
        Self { first: date(period.start), last: date(inside.max(period.start)) }
    }

    /// As short as it can be said: `1 – 29 feb 2024`, `18 feb – 17 mar 2024`, `18 dic 2023 – 17 ene 2024`.
    #[must_use]
    pub fn text(self, language: Language) -> String {
        let Self { first, last } = self;
        let month = |date| short_month(date, language);
        let end = format!("{} {} {}", last.day(), month(last), last.year());
        if first == last {
            end
        } else if first.year() != last.year() {
            format!("{} {} {} – {end}", first.day(), month(first), first.year())
        } else if first.month() != last.month() {
            format!("{} {} – {end}", first.day(), month(first))
        } else {
            format!("{} – {end}", first.day())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn a_day_is_told_in_the_customers_language() {
        assert_eq!(day(date("2024-02-29"), Language::Spanish), "29 de febrero de 2024");
        assert_eq!(day(date("2024-02-29"), Language::English), "29 February 2024");
    }

    #[test]
    fn a_span_says_month_and_year_once_if_once_is_enough() {
        let cases = [
            ("2024-02-29", "2024-02-29", "29 feb 2024", "29 Feb 2024"),
            ("2024-02-01", "2024-02-29", "1 – 29 feb 2024", "1 – 29 Feb 2024"),
            ("2024-04-18", "2024-05-17", "18 abr – 17 may 2024", "18 Apr – 17 May 2024"),
            ("2023-12-18", "2024-01-17", "18 dic 2023 – 17 ene 2024", "18 Dec 2023 – 17 Jan 2024"),
        ];
        for (first, last, spanish, english) in cases {
            let days = Days { first: date(first), last: date(last) };
            assert_eq!(days.text(Language::Spanish), spanish);
            assert_eq!(days.text(Language::English), english);
        }
    }

    #[test]
    fn a_period_is_told_in_the_days_of_its_zone() {
        let zone = Zone::new("America/Santiago").unwrap();
        let cases = [
            // From midnight to midnight in Santiago.
            ("2024-06-01T04:00:00Z", "2024-07-01T04:00:00Z", "1 – 30 jun 2024"),
            // From noon to noon.
            ("2024-06-15T16:00:00Z", "2024-07-15T16:00:00Z", "15 jun – 15 jul 2024"),
            // The evening of the 31st of May, though it is June in UTC.
            ("2024-06-01T01:00:00Z", "2024-07-01T01:00:00Z", "31 may – 30 jun 2024"),
            // Nothing at all is still some day.
            ("2024-06-15T16:00:00Z", "2024-06-15T16:00:00Z", "15 jun 2024"),
        ];
        for (start, end, expected) in cases {
            let period = Period { start: start.parse().unwrap(), end: end.parse().unwrap() };
            assert_eq!(Days::of(period, &zone).text(Language::Spanish), expected);
        }
    }
}
