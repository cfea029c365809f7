//! Days that are asked for.

use std::str::FromStr;

use jiff::civil::Date;

use super::query::invalid;
use crate::problem::Fault;

/// Most days of one question: a leap year. What is read grows with them.
const DAYS_MAX: i32 = 366;

/// A local day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Day(Date);

impl Day {
    /// The first and the last day that are asked for: without them, the month of the last one, which is the one it is.
    pub(crate) fn range(from: Option<Self>, to: Option<Self>, today: Date) -> Result<(Date, Date), Fault> {
        let last = to.map_or_else(|| today.last_of_month(), |day| day.0);
        let first = from.map_or_else(|| last.first_of_month(), |day| day.0);
        if first > last {
            return Err(invalid("from", format!("{first} is after {last}")));
        }
        let days = (last - first).get_days() + 1;
        if days > DAYS_MAX {
            let text = format!("{first} to {last} is {days} days, {DAYS_MAX} at most are summed up at once");
            return Err(invalid("to", text));
        }
        Ok((first, last))
    }
}

impl FromStr for Day {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // jiff reads days in other ways too, and days with a time behind them.
        let day = text.parse().ok().filter(|day: &Date| day.to_string() == text && day.year() > 0);
        day.map(Self).ok_or("it is no day such as 2031-03-01")
    }
}
