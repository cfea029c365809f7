//! What cannot be printed as it is, is refused by name: nothing is rounded or cut on the quiet.

use documents::Document;

use crate::samples::{decimal, in_dollars, in_pesos};

fn refusal(document: &Document) -> String {
    documents::render(document).unwrap_err().to_string()
}

#[test]
fn an_amount_finer_than_its_currency_is_refused() {
    let mut lines = in_pesos();
    lines.lines[0].amount = decimal("19990.5");
    let mut taxes = in_dollars();
    taxes.taxes[0].amount = decimal("0.001");
    let sums = Document { due: decimal("0.125"), ..in_dollars() };
    let cases = [
        (lines, "19990.5 has more than the 0 decimals of CLP"),
        (taxes, "0.001 has more than the 2 decimals of USD"),
        (sums, "0.125 has more than the 2 decimals of USD"),
    ];
    for (document, expected) in cases {
        assert_eq!(refusal(&document), expected);
    }
    // Zeros are no decimals.
    assert!(documents::render(&Document { net: decimal("16798.00"), ..in_pesos() }).is_ok());
}

#[test]
fn a_number_that_fits_no_column_is_refused() {
    let mut document = in_dollars();
    document.lines[0].quantity = Some(decimal("1.00000000000000000000001"));
    assert_eq!(refusal(&document), "1.00000000000000000000001 has more than 20 figures");
    let document = Document { total: decimal("1234567890123456789012"), ..in_pesos() };
    assert_eq!(refusal(&document), "1234567890123456789012 has more than 20 figures");
}
