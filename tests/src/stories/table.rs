//! A product's table as it is sold: features down, plans across, typed into its story.
//!
//! ```text
//! feature       | what it is       | MOTOR | CEREBRO
//! price         | USD a month      | 49    | 149
//! access_mining | flag             | no    | yes
//! max_chats     | quota per period | 1,000 | unlimited
//! ```

use rust_decimal::Decimal;

/// What a product sells.
#[derive(Debug)]
pub struct Table {
    /// The plans, from the smallest to the largest.
    pub plans: Vec<Plan>,
    /// The features, with what each plan has of them.
    pub rows: Vec<Row>,
    /// Where to upgrade; `{plan}` stands for the plan.
    pub upgrade_url: &'static str,
    /// The code of a used up quota.
    pub quota_code: &'static str,
}

/// A plan and what it costs.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Its code.
    pub code: String,
    /// What it costs, each as it is told: `month`, 49, `USD`.
    pub prices: Vec<Price>,
}

/// What a plan costs.
#[derive(Debug, Clone)]
pub struct Price {
    /// `month` or `year`.
    pub interval: String,
    /// The amount.
    pub amount: Decimal,
    /// The currency.
    pub currency: String,
}

/// A feature.
#[derive(Debug)]
pub struct Row {
    /// Its code.
    pub feature: String,
    /// What it is.
    pub kind: Kind,
    /// What each plan has of it, in the order of the plans.
    pub cells: Vec<Cell>,
}

/// What a feature is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// On or off.
    Flag,
    /// Used up within a local day.
    PerDay,
    /// Used up within a billing period.
    PerPeriod,
    /// The same, and past the limit each costs credits.
    PerPeriodThenCredits,
    /// A level in whole numbers.
    Capacity,
    /// A level with decimals.
    Measured,
}

/// What a plan has of a feature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cell {
    /// Nothing: it is not in the plan.
    No,
    /// A flag that is on.
    Yes,
    /// So much.
    UpTo(Decimal),
    /// As much as one wants.
    Unlimited,
}

impl Kind {
    fn of(text: &str) -> Self {
        match text {
            "flag" => Self::Flag,
            "quota per day" => Self::PerDay,
            "quota per period" => Self::PerPeriod,
            "quota per period, then credits" => Self::PerPeriodThenCredits,
            "capacity" => Self::Capacity,
            "capacity with decimals" => Self::Measured,
            other => panic!("{other:?} is no kind of feature"),
        }
    }

    /// The least there is of it.
    #[must_use]
    pub fn step(self) -> Decimal {
        if self == Self::Measured { Decimal::new(1, 6) } else { Decimal::ONE }
    }
}

impl Cell {
    fn of(text: &str) -> Self {
        match text {
            "no" => Self::No,
            "yes" => Self::Yes,
            "unlimited" => Self::Unlimited,
            amount => Self::UpTo(number(amount)),
        }
    }

    /// Is it more than so much?
    #[must_use]
    pub fn exceeds(self, limit: Decimal) -> bool {
        match self {
            Self::No => false,
            Self::Yes | Self::Unlimited => true,
            Self::UpTo(amount) => amount > limit,
        }
    }
}

fn number(text: &str) -> Decimal {
    text.replace(',', "").parse().unwrap_or_else(|_| panic!("{text:?} is no number"))
}

fn cells(line: &str) -> impl Iterator<Item = &str> {
    line.split('|').map(str::trim)
}

impl Table {
    /// Reads a table.
    ///
    /// # Panics
    /// If it is none.
    #[must_use]
    pub fn read(text: &str, upgrade_url: &'static str, quota_code: &'static str) -> Self {
        let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let codes = cells(lines.next().expect("a table has a heading")).skip(2);
        let mut plans: Vec<Plan> = codes.map(|code| Plan { code: code.to_owned(), prices: Vec::new() }).collect();
        let mut rows = Vec::new();
        for line in lines {
            let mut line = cells(line);
            let (name, what) = (line.next().unwrap_or_default(), line.next().unwrap_or_default());
            let row: Vec<&str> = line.collect();
            assert_eq!(row.len(), plans.len(), "{name} has a cell for each plan");
            if name != "price" {
                let cells = row.into_iter().map(Cell::of).collect();
                rows.push(Row { feature: name.to_owned(), kind: Kind::of(what), cells });
                continue;
            }
            let (currency, interval) = what.split_once(" a ").expect("a price such as USD a month");
            for (plan, amount) in plans.iter_mut().zip(row) {
                let (currency, interval) = (currency.to_owned(), interval.to_owned());
                plan.prices.push(Price { interval, amount: number(amount), currency });
            }
        }
        Self { plans, rows, upgrade_url, quota_code }
    }

    /// A plan by its code.
    ///
    /// # Panics
    /// If there is none.
    #[must_use]
    pub fn plan(&self, code: &str) -> &Plan {
        self.plans.iter().find(|plan| plan.code == code).unwrap_or_else(|| panic!("there is no plan {code}"))
    }

    /// Where to upgrade to a plan.
    #[must_use]
    pub fn url_of(&self, plan: &str) -> String {
        self.upgrade_url.replace("{plan}", plan)
    }
}

impl Plan {
    /// What it costs a month.
    ///
    /// # Panics
    /// If it is not sold by the month.
    #[must_use]
    pub fn monthly(&self) -> &Price {
        self.prices.iter().find(|price| price.interval == "month").expect("plans are sold by the month")
    }

    /// All it costs, in words: `4,990 CLP a month, 49,900 CLP a year`.
    #[must_use]
    pub fn told(&self) -> String {
        let told = |price: &Price| format!("{} {} a {}", grouped(price.amount), price.currency, price.interval);
        self.prices.iter().map(told).collect::<Vec<_>>().join(", ")
    }
}

/// A number with its thousands apart: `49,900`.
#[must_use]
pub fn grouped(number: Decimal) -> String {
    let text = number.normalize().to_string();
    let (whole, fraction) = text.split_at(text.find('.').unwrap_or(text.len()));
    let mut grouped = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped + fraction
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_apart() {
        for (number, expected) in
            [("0", "0"), ("999", "999"), ("1000", "1,000"), ("49900.0", "49,900"), ("1234.000001", "1,234.000001")]
        {
            assert_eq!(grouped(number.parse().unwrap()), expected);
        }
    }

    #[test]
    fn a_table_is_read_as_it_is_typed() {
        let text = "
            feature | what it is       | small | large
            price   | USD a month      | 0     | 1,049
            price   | USD a year       | 0     | 10,490
            chats   | quota per period | 1,000 | unlimited
            brand   | flag             | no    | yes
        ";
        let table = Table::read(text, "/to/{plan}", "QUOTA_EXCEEDED");
        assert_eq!(table.plan("large").told(), "1,049 USD a month, 10,490 USD a year");
        assert_eq!(table.rows[0].cells, [Cell::UpTo(1_000.into()), Cell::Unlimited]);
        assert_eq!((table.rows[1].kind, table.rows[1].cells[1]), (Kind::Flag, Cell::Yes));
        assert_eq!(table.url_of("large"), "/to/large");
    }
}
