//! Laws of `usage` and `consumptions`, over the same history: the second comes to what the first says, whatever the
//! batches.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::{fold, of_the_organizations, table};
use crate::projection::Projection;
use crate::row::{Row, Rows};
use crate::{consumptions, usage};

#[test]
fn consumptions_are_told_by_their_day_and_a_reversal_lowers_the_one_it_names() {
    let rows = table::<consumptions::Projection>(&of_the_organizations());
    let line = |row: &consumptions::Consumption| {
        let day = row.day.map_or("-".to_owned(), |day| day.to_string());
        let plan = row.plan.as_deref().unwrap_or("-");
        format!("{} {day} {plan}: {} used, {} reversed, {} credits", row.position, row.used, row.reversed, row.charged)
    };
    let told: Vec<String> = rows.iter().filter(|row| row.organization == "juan").map(line).collect();
    assert_eq!(
        told,
        [
            "0 - starter: 0 used, 0 reversed, 0 credits",
            "9 2031-04-26 starter: 90 used, 0 reversed, 0.00 credits",
            "12 2031-04-26 starter: 0 used, 12 reversed, 0.00 credits",
            "14 2031-04-26 starter: 4 used, 0 reversed, 0.05 credits",
        ]
    );
}

/// A batch is folded on the rows it touches, and on that of the organization itself, which is loaded besides.
#[test]
fn consumptions_folded_batch_by_batch_are_those_folded_at_once() {
    let history = of_the_organizations();
    let whole = table::<consumptions::Projection>(&history);
    for size in 1..=history.len() {
        let mut stored: BTreeMap<_, consumptions::Consumption> = BTreeMap::new();
        for batch in history.chunks(size) {
            let touched = fold::<consumptions::Projection>(batch).into_changed_keys();
            let is_loaded = |row: &&consumptions::Consumption| {
                row.position == 0 && touched.iter().any(|(owner, _)| *owner == row.organization)
                    || touched.contains(&row.key())
            };
            let mut rows: Rows<_> = stored.values().filter(is_loaded).cloned().collect();
            batch.iter().for_each(|recorded| consumptions::Projection::apply(&mut rows, recorded));
            stored.extend(rows.into_changed().into_iter().map(|row| (row.key(), row)));
        }
        assert_eq!(stored.into_values().collect::<Vec<_>>(), whole, "{size} events a batch");
    }
}

#[test]
fn consumptions_come_to_what_usage_says() {
    let history = of_the_organizations();
    let [window] = &table::<usage::Projection>(&history)[..] else { panic!("one window") };
    let rows = table::<consumptions::Projection>(&history);
    let sum = |column: fn(&consumptions::Consumption) -> Decimal| rows.iter().map(column).sum::<Decimal>();
    let found = [sum(|row| row.used), sum(|row| row.included), sum(|row| row.overage), sum(|row| row.charged)];
    assert_eq!(found, [window.used, window.included, window.overage, window.charged]);
    assert_eq!(rows.iter().map(|row| i64::from(row.consumptions)).sum::<i64>(), window.consumptions);
}

#[test]
fn usage_counts_captures_and_takes_back_what_was_given_back() {
    let rows = table::<usage::Projection>(&of_the_organizations());
    let told: Vec<String> = rows
        .iter()
        .map(|row| format!("{} {} {} {} in {}", row.used, row.included, row.overage, row.charged, row.consumptions))
        .collect();
    // 90 and 12 and 4, less the 12.
    assert_eq!(told, ["94 93 1 0.05 in 3"]);
}
