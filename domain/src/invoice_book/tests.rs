//! Numbers without gaps, as the business tells it.

use expect_test::expect;

use super::decide::SERIES_MAX;
use super::{Command, Event, InvoiceBook, Rejection};
use crate::scenario::{Scenario, codes, id};

fn given<const N: usize>(history: [Event; N]) -> Scenario<InvoiceBook> {
    Scenario::given(history)
}

fn number(invoice: &str, series: &str) -> Command {
    Command::Number { invoice: id(invoice), organization: id("pedro"), series: id(series) }
}

fn number_note(credit_note: &str, series: &str) -> Command {
    Command::NumberCreditNote { credit_note: id(credit_note), organization: id("pedro"), series: id(series) }
}

fn numbered(invoice: &str, series: &str, number: u64) -> Event {
    Event::InvoiceNumbered { invoice: id(invoice), organization: id("pedro"), series: id(series), number }
}

fn note_numbered(credit_note: &str, series: &str, number: u64) -> Event {
    Event::CreditNoteNumbered { credit_note: id(credit_note), organization: id("pedro"), series: id(series), number }
}

#[test]
fn the_first_invoice_of_a_series_has_number_1() {
    let answer = given([]).when(number("inv_1", "F")).then([numbered("inv_1", "F", 1)]);
    assert_eq!(answer.number.unwrap().to_string(), "F-1");
}

#[test]
fn the_next_one_has_the_next_number() {
    given([numbered("inv_1", "F", 1)]).when(number("inv_2", "F")).then([numbered("inv_2", "F", 2)]);
    given([numbered("inv_1", "F", 41)]).when(number("inv_2", "F")).then([numbered("inv_2", "F", 42)]);
}

#[test]
fn each_series_counts_by_itself() {
    let book = || given([numbered("inv_1", "F", 1), note_numbered("cn_1", "NC", 1)]);
    book().when(number("inv_2", "F2027")).then([numbered("inv_2", "F2027", 1)]);
    book().when(number_note("cn_2", "NC")).then([note_numbered("cn_2", "NC", 2)]);
    assert_eq!(book().state().newest(&id("NC")), 1);
    assert_eq!(book().state().newest(&id("X")), 0);
}

#[test]
fn invoices_and_credit_notes_never_share_a_series() {
    given([numbered("inv_1", "F", 1)]).when(number_note("cn_1", "F")).then_rejected_in_full(expect![[r#"
        series F numbers invoices
        hint: give invoices and credit notes a series each in the catalog: invoice_series, credit_note_series
        series = "F"
        numbers = "invoices""#]]);
    given([note_numbered("cn_1", "NC", 1)])
        .when(number("inv_1", "NC"))
        .then_rejected(expect!["series NC numbers credit notes"]);
}

#[test]
fn each_refusal_is_reached() {
    let full = || {
        let history = (0..SERIES_MAX).map(|series| numbered("inv_1", &format!("S{series}"), 1));
        Scenario::<InvoiceBook>::given(history)
    };
    let reached = [full().when(number("inv_2", "F")).code(), full().when(number_note("cn_1", "S1")).code()];
    assert_eq!(reached.to_vec(), codes::<Rejection>());
    assert!(full().accepts(number("inv_2", "S1")), "those that are there go on");
}
