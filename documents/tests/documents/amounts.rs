//! Numbers on paper: all of them, in the customer's marks, and each column in one line.

use documents::{Document, Language};
use domain::Currency;

use crate::samples::{decimal, in_dollars, in_pesos, of_lines, render};

#[test]
fn every_amount_is_printed() {
    let english = render(&in_dollars());
    let expected = [
        "-4.83",
        "1,234.56",
        "12,500",
        "0.0005",
        "6.25",
        "1,235.98",
        "101.97",
        "1,337.95",
        "-1,000.00",
        "-37.95",
        "300.00",
    ];
    for amount in expected {
        assert!(english.says(amount), "{amount} in {:?}", english.texts());
    }
    let spanish = render(&Document { language: Language::Spanish, ..in_dollars() });
    let expected = [
        "-4,83",
        "1.234,56",
        "12.500",
        "0,0005",
        "6,25",
        "1.235,98",
        "101,97",
        "1.337,95",
        "-1.000,00",
        "-37,95",
        "300,00",
    ];
    for amount in expected {
        assert!(spanish.says(amount), "{amount} in {:?}", spanish.texts());
    }
}

#[test]
fn pesos_of_chile_have_no_decimals_anywhere() {
    for document in [in_pesos(), of_lines(40)] {
        let pdf = render(&document);
        for amount in pdf.texts().into_iter().filter(|text| text.contains('$')) {
            assert!(!amount.contains(','), "{amount}");
        }
        for amount in ["$ 16.798", "$ 3.192", "$ 19.990"] {
            assert!(pdf.says(amount), "{amount} in {:?}", pdf.texts());
        }
    }
}

#[test]
fn pesos_of_colombia_have_two_decimals() {
    let document = Document { currency: Currency::new("COP").unwrap(), ..in_pesos() };
    let pdf = render(&document);
    assert!(pdf.says("$ 19.990,00") && pdf.says("Total (COP)"), "{:?}", pdf.texts());
}

#[test]
fn the_currency_is_named_wherever_a_sum_is() {
    let pdf = render(&in_pesos());
    for text in ["Importe (CLP)", "Total (CLP)", "CLP"] {
        assert!(pdf.says(text), "{text} in {:?}", pdf.texts());
    }
}

#[test]
fn what_is_kept_on_the_balance_is_shown_so_that_the_sums_add_up() {
    let mut document = in_dollars();
    document.lines.truncate(1);
    document.taxes.clear();
    (document.net, document.kept, document.total) = (decimal("-4.83"), decimal("4.83"), decimal("0"));
    let pdf = render(&document);
    assert!(pdf.says("Goes to your balance") && pdf.says("4.83"), "{:?}", pdf.texts());
    let spanish = render(&Document { language: Language::Spanish, ..document });
    assert!(spanish.says("A favor, pasa a su saldo") && !render(&in_pesos()).says("A favor, pasa a su saldo"));
}

#[test]
fn nothing_paid_or_credited_is_not_shown() {
    let pdf = render(&in_pesos());
    assert!(!pdf.says("Pagado") && !pdf.says("Acreditado") && pdf.says("Por pagar"), "{:?}", pdf.texts());
}

#[test]
fn numbers_of_a_column_end_at_one_line() {
    let mut document = of_lines(30);
    for (index, line) in document.lines.iter_mut().enumerate() {
        line.amount = 7_i64.pow(u32::try_from(index % 14).unwrap()).into();
        line.quantity = Some(line.amount);
        line.unit_price = Some(-line.amount);
    }
    for page in &render(&document).pages {
        let numbers = page.iter().filter(|run| run.text.starts_with("$ "));
        for run in numbers {
            assert!((run.right - 545.28).abs() < 0.05, "{run:?}");
        }
        let prices = page.iter().filter(|run| run.text.starts_with("-$ ")).map(|run| run.right);
        let prices: Vec<f32> = prices.collect();
        assert!(prices.iter().all(|right| (right - prices[0]).abs() < 0.05), "{prices:?}");
    }
}
