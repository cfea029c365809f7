//! Dunning, the seller, and what credits are worth: read, and each fault named.

use expect_test::{Expect, expect};

use crate::catalog::source::read;
use crate::catalog::{Definition, Dunning};
use crate::scenario::{decimal, id};

fn with(tables: &str) -> Result<Definition, String> {
    let plans = "[[plans]]\ncode = \"pro\"\nprice = { month = \"15\" }\n";
    let text = format!("product = \"agencia\"\ncurrency = \"USD\"\n{tables}\n{plans}");
    read("test.toml", &text).map_err(|faults| faults.to_string())
}

#[test]
fn what_is_not_said_has_a_default() {
    let nothing = with("").unwrap();
    assert_eq!(nothing.dunning, Dunning { retry_days: vec![3, 5, 7], suspend_after_days: 7, cancel_after_days: 30 });
    assert_eq!((nothing.invoice_series(), nothing.credit_note_series()), (id("INV"), id("CN")));
    assert!(nothing.credits_per_unit.is_empty());
    // The usual tries are left out where they would come after the end.
    let short = with("[dunning]\nsuspend_after_days = 2\ncancel_after_days = 4").unwrap().dunning;
    assert_eq!(short.retry_days, [3]);
}

#[test]
fn what_is_said_is_read() {
    let said = with(
        "[dunning]\nretry_days = []\nsuspend_after_days = 0\ncancel_after_days = 0\n\
         [seller]\nname = \"Acme\"\ncountry = \"CL\"\ninvoice_series = \"F\"\n[credits]\nper_unit = \"2\"",
    )
    .unwrap();
    assert_eq!(said.dunning, Dunning { retry_days: vec![], suspend_after_days: 0, cancel_after_days: 0 });
    assert_eq!((said.invoice_series(), said.credit_note_series()), (id("F"), id("CN")));
    assert_eq!(said.credits_per_unit[&id("USD")], decimal("2"));
}

fn check(tables: &[&str], expected: Expect) {
    let faults: Vec<String> = tables.iter().map(|table| with(table).unwrap_err()).collect();
    expected.assert_eq(&faults.join("\n"));
}

#[test]
fn each_fault_is_named() {
    check(
        &[
            "[dunning]\nretry_days = [3, 3]",
            "[dunning]\nretry_days = [0]",
            "[dunning]\nretry_days = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]",
            "[dunning]\nretry_days = [31]",
            "[dunning]\nsuspend_after_days = 31",
            "[dunning]\ncancel_after_days = 400",
            "[dunning]\nweeks = 1",
            "[seller]\nname = \"Acme\"",
            "[seller]\nname = \"Acme\"\ncountry = \"Chile\"",
            "[seller]\nname = \"Acme\"\ncountry = \"CL\"\ninvoice_series = \"CN\"",
            "[seller]\nname = \"Acme\"\ncountry = \"CL\"\ninvoice_series = \"F 1\"",
            "[credits]",
            "[credits]\nper_unit = 0.5",
        ],
        expect![[r#"
            test.toml:4: dunning.retry_days[1]: 3 does not come after 3; write them ascending
            test.toml:4: dunning.retry_days[0]: 0 is not a whole number from 1 to 365
            test.toml:4: dunning.retry_days: 11 days are more than 10
            test.toml:4: dunning.retry_days: day 31 is after the cancellation on day 30
            test.toml:3: dunning: is canceled after 30 days, before it is suspended after 31
            test.toml:4: dunning.cancel_after_days: 400 is not a whole number from 0 to 365
            test.toml:4: dunning.weeks: is not a known key; the keys here are suspend_after_days, cancel_after_days, retry_days
            test.toml:3: seller.country: is missing
            test.toml:5: seller.country: country "Chile" is not an ISO 3166 code such as CL
            test.toml:3: seller: invoices and credit notes have the same series CN
            test.toml:6: seller.invoice_series: series "F 1" is not 1 to 64 letters, digits, - and _
            test.toml:3: credits.per_unit: is missing
            test.toml:4: credits.per_unit: 0.5 is a float, which is not exact; write the text "0.5""#]],
    );
}
