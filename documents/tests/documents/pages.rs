//! How documents are laid out: pages, their heads and feet, and nothing over anything else.

use documents::{Document, Line, Party, Status};
use proptest::prelude::*;

use crate::reader::{Pdf, Run};
use crate::samples::{decimal, in_dollars, in_pesos, line, number, of_lines, render};

#[test]
fn a_document_has_as_many_pages_as_its_lines_need() {
    for (lines, pages) in [(0, 1), (1, 1), (40, 2), (400, 15)] {
        let pdf = render(&of_lines(lines));
        assert_eq!(pdf.pages.len(), pages, "{lines} lines");
        for (index, page) in pdf.pages.iter().enumerate() {
            let number = format!("Página {} de {pages}", index + 1);
            assert!(page.iter().any(|run| run.text == number), "{number} in {page:?}");
        }
        for index in 1..=lines {
            assert!(pdf.says(&format!("Línea {index}")), "line {index} of {lines}");
        }
    }
}

#[test]
fn every_page_with_lines_has_the_head_of_the_table() {
    let pdf = render(&of_lines(400));
    for page in &pdf.pages {
        let heads = page.iter().filter(|run| run.text == "Descripción").count();
        assert_eq!(heads, 1);
    }
    for page in &pdf.pages[1..] {
        assert!(page.iter().any(|run| run.text == "Factura F-1203"), "{page:?}");
    }
}

#[test]
fn the_sums_never_stand_without_a_line() {
    for lines in 1..80 {
        let pdf = render(&of_lines(lines));
        let of_sums: Vec<&Run> = pdf.pages.iter().flatten().filter(|run| run.text.starts_with("Total")).collect();
        assert_eq!(of_sums.len(), 1);
        let page = pdf.pages.iter().find(|page| page.iter().any(|run| run.text == "Neto")).unwrap();
        for text in ["Total (CLP)", "Por pagar", &format!("Línea {lines}")] {
            assert!(page.iter().any(|run| run.text == text), "{text} of {lines} lines in {page:?}");
        }
        check(&pdf);
    }
}

#[test]
fn a_long_description_wraps_and_a_very_long_one_goes_on_over_the_page() {
    let mut document = in_pesos();
    document.lines[0].description = "una descripción con muchas palabras ".repeat(8);
    let pdf = render(&document);
    assert_eq!(pdf.pages.len(), 1);
    check(&pdf);

    let words: Vec<String> = (0..2_000).map(|word| format!("palabra{word}")).collect();
    document.lines[0].description = words.join(" ");
    let pdf = render(&document);
    assert!(pdf.pages.len() > 3, "{} pages", pdf.pages.len());
    let all = pdf.texts().concat();
    assert!(all.contains(&words[1_000..1_010].join(" ")) && all.contains("palabra1999"));
    assert_eq!(pdf.texts().iter().filter(|text| **text == "1").count(), 1, "its numbers stand once");
    check(&pdf);
}

#[test]
fn notes_go_on_over_the_page() {
    let mut document = in_pesos();
    document.notes = (0..120).map(|note| format!("Nota número {note}")).collect();
    let pdf = render(&document);
    assert!(pdf.pages.len() > 1 && pdf.says("Nota número 119"));
    assert!(!pdf.pages[1].iter().any(|run| run.text == "Descripción"), "no head of a table without lines");
    check(&pdf);
}

#[test]
fn the_widest_numbers_leave_room_for_each_other() {
    let widest = decimal("-99999999999999.999999");
    let mut document = in_dollars();
    for line in &mut document.lines {
        (line.quantity, line.unit_price) = (Some(widest), Some(widest));
        line.amount = decimal("-999999999999999999.99");
    }
    document.total = decimal("-999999999999999999.99");
    document.due = document.total;
    check(&render(&document));
}

#[test]
fn a_party_that_goes_on_for_ever_is_cut_and_seen_to_be() {
    let mut document = in_pesos();
    document.seller.address = vec!["Calle sin fin, entre aquí y allá, número por saber".to_owned(); 200];
    document.customer = document.seller.clone();
    document.number = Some(number(&"SERIE".repeat(30), u64::MAX));
    let pdf = render(&document);
    assert_eq!(pdf.texts().iter().filter(|text| **text == "…").count(), 2);
    assert!(pdf.says("Por pagar"));
    check(&pdf);
}

/// Everything stands between the margins, and no text runs into another.
fn check(pdf: &Pdf) {
    for page in &pdf.pages {
        for (index, run) in page.iter().enumerate() {
            assert!(run.left >= 49.9 && run.right.floor() <= 548.0, "{run:?} is beyond the margins");
            assert!(run.baseline >= 50.0 && run.baseline <= 815.0, "{run:?} is beyond the page");
            for other in &page[index + 1..] {
                let apart = run.size.min(other.size) * 0.95;
                let is_level = (run.baseline - other.baseline).abs() < apart;
                let is_over = run.left < other.right - 3.0 && other.left < run.right - 3.0;
                assert!(!(is_level && is_over), "{run:?} runs into {other:?}");
            }
        }
    }
}

prop_compose! {
    fn lines()(
        texts in proptest::collection::vec((".{0,120}", -1_000_000_000_i64..1_000_000_000, any::<bool>()), 0..12),
    ) -> Vec<Line> {
        let line = |(text, cents, has_price): (String, i64, bool)| {
            let amount = rust_decimal::Decimal::new(cents, 2);
            let price = has_price.then_some(amount);
            Line { quantity: price, unit_price: price, ..line(&text, &amount.to_string()) }
        };
        texts.into_iter().map(line).collect()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever the texts, there is a document, it conforms to what archives and screen readers ask for (the writer
    /// checks), and nothing runs into anything else.
    #[test]
    fn whatever_is_in_it_a_document_is_printed(
        lines in lines(),
        name in ".{0,200}",
        address in proptest::collection::vec(".{0,80}", 0..6),
        series in "\\PC{0,60}",
        note in "(.|\n){0,600}",
        status in proptest::sample::select(vec![None, Some(Status::Open), Some(Status::Paid), Some(Status::Void)]),
    ) {
        let party = Party { name, address, ..Party::default() };
        let document = Document {
            lines,
            status,
            seller: party.clone(),
            customer: party,
            number: Some(number(&series, 1)),
            notes: vec![note],
            ..in_dollars()
        };
        check(&render(&document));
    }
}
