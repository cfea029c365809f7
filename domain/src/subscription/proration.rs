//! What a part of a period costs.

use jiff::Timestamp;
use rust_decimal::Decimal;

use crate::calendar::{Period, Zone};
use crate::catalog::Proration;
use crate::money::Money;

/// What is left of a time, in units of the policy: seconds, or local days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Part {
    left: i64,
    whole: i64,
}

impl Part {
    /// What is left of a period at an instant; `None` where nothing is reckoned within periods. By the day, the day of
    /// the change counts as new, so all of it is left.
    pub(super) fn left_of(period: Period, at: Timestamp, policy: Proration, zone: &Zone) -> Option<Self> {
        let (left, whole) = match policy {
            Proration::Second => {
                let end = period.end.as_second();
                (end - at.as_second(), end - period.start.as_second())
            }
            Proration::Day => (zone.days_between(at, period.end), zone.days_between(period.start, period.end)),
            Proration::None => return None,
        };
        // A period that ends on the day it began has no day; nothing is left of it.
        Some(Self { left: left.clamp(0, whole.max(0)), whole: whole.max(1) })
    }

    /// What of an amount stands for it, rounded once.
    pub(super) fn of(self, amount: Money) -> Money {
        let (left, whole) = (Decimal::from(self.left), Decimal::from(self.whole));
        // Exact, unless the product leaves the 96 bits of a `Decimal`.
        let product = amount.amount.checked_mul(left);
        Money::rounded(
            product.map_or_else(|| amount.amount * (left / whole), |product| product / whole),
            amount.currency,
        )
    }

    pub(super) fn share(self) -> Decimal {
        Decimal::from(self.left) / Decimal::from(self.whole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{instant, usd};

    fn left(start: &str, end: &str, at: &str, policy: Proration) -> Part {
        let day = |date: &str| instant(&format!("{date}T00:00:00Z"));
        let period = Period { start: day(start), end: day(end) };
        Part::left_of(period, day(at), policy, &Zone::new("UTC").unwrap()).unwrap()
    }

    /// Of the old price the first is credited, of the new one the second charged.
    #[test]
    fn what_is_left_of_a_period_costs_its_share() {
        let (second, day) = (Proration::Second, Proration::Day);
        let cases = [
            ("2026-04-01", "2026-05-01", "2026-04-16", second, "10", "5.00", "20", "10.00"),
            ("2026-04-01", "2026-05-01", "2026-04-02", second, "5", "4.83", "20", "19.33"),
            ("2024-02-18", "2024-03-18", "2024-02-25", second, "100", "75.86", "300", "227.59"),
            ("2026-04-01", "2026-05-01", "2026-04-15", day, "249.95", "133.31", "249.95", "133.31"),
            ("2026-04-01", "2026-05-01", "2026-04-01", day, "15", "15.00", "30", "30.00"),
            ("2026-04-01", "2026-05-01", "2026-05-01", second, "15", "0.00", "30", "0.00"),
        ];
        for (start, end, at, policy, old, credited, new, charged) in cases {
            let left = left(start, end, at, policy);
            assert_eq!((left.of(usd(old)), left.of(usd(new))), (usd(credited), usd(charged)), "{at} {policy:?}");
        }
    }

    #[test]
    fn fourteen_of_thirty_days_at_249_95_cost_116_64() {
        let left = left("2026-04-01", "2026-05-01", "2026-04-15", Proration::Day);
        let price = usd("249.95");
        assert_eq!(price.less(left.of(price)), usd("116.64"));
    }

    #[test]
    fn by_the_day_the_hour_does_not_matter() {
        let zone = Zone::new("America/Santiago").unwrap();
        let period = Period { start: instant("2026-04-01T12:00:00Z"), end: instant("2026-05-01T13:00:00Z") };
        let left = |at: &str| Part::left_of(period, instant(at), Proration::Day, &zone).unwrap().of(usd("30"));
        assert_eq!(left("2026-04-11T04:00:00Z"), usd("20"));
        assert_eq!(left("2026-04-12T03:59:59Z"), usd("20"));
        assert_eq!(left("2026-04-12T04:00:00Z"), usd("19"));
    }
}
