//! Words: the customer's language, what a document is, and what it is to archives and screen readers.

use documents::{Document, Kind, Language, Status};

use crate::samples::{in_dollars, in_pesos, number, render};

#[test]
fn a_document_speaks_the_customers_language() {
    let spanish = render(&in_pesos());
    let expected = [
        "Factura",
        "F-1203",
        "PENDIENTE",
        "Cliente",
        "RUT 76.086.428-5",
        "RUT 12.345.678-5",
        "Constructora Ñuble Ltda.",
        "Chillán",
        "Chile",
        "Fecha de emisión",
        "25 de febrero de 2024",
        "Vencimiento",
        "3 de marzo de 2024",
        "Moneda",
        "Descripción",
        "Cantidad",
        "Precio unitario",
        "Plan Profesional, mensual",
        "1 – 29 feb 2024",
        "Neto",
        "IVA 19 %, incluido en los precios",
        "Por pagar",
        "Página 1 de 1",
    ];
    for text in expected {
        assert!(spanish.says(text), "{text} in {:?}", spanish.texts());
    }
    let english = render(&in_dollars());
    let expected = [
        "Invoice",
        "OPEN",
        "Bill to",
        "Date of issue",
        "25 February 2024",
        "Due date",
        "Currency",
        "Description",
        "Quantity",
        "Unit price",
        "Amount (USD)",
        "Net",
        "Sales tax 8.25%",
        "Total (USD)",
        "Paid",
        "Credited",
        "Amount due",
        "Page 1 of 1",
    ];
    for text in expected {
        assert!(english.says(text), "{text} in {:?}", english.texts());
    }
}

#[test]
fn a_credit_note_names_the_invoice_it_corrects_and_asks_for_nothing() {
    let kind = Kind::CreditNote { corrects: number("F", 1_203) };
    let pdf = render(&Document { kind, number: Some(number("NC", 14)), status: None, ..in_pesos() });
    for text in ["Nota de crédito", "NC-14", "Corrige la factura", "F-1203"] {
        assert!(pdf.says(text), "{text} in {:?}", pdf.texts());
    }
    assert!(!pdf.says("Por pagar") && !pdf.says("PENDIENTE"));
}

#[test]
fn a_stamp_says_what_has_become_of_it() {
    let cases =
        [(Status::Open, "PENDIENTE", "OPEN"), (Status::Paid, "PAGADA", "PAID"), (Status::Void, "ANULADA", "VOID")];
    for (status, spanish, english) in cases {
        assert!(render(&Document { status: Some(status), ..in_pesos() }).says(spanish));
        assert!(render(&Document { status: Some(status), ..in_dollars() }).says(english));
    }
    let draft = render(&Document { number: None, ..in_pesos() });
    assert!(draft.says("BORRADOR") && !draft.says("PENDIENTE") && !draft.says("F-1203"));
    assert!(draft.plain.contains("/Title(Factura (borrador))"), "{}", draft.plain);
}

#[test]
fn a_document_says_what_it_is_to_archives_and_screen_readers() {
    let pdf = render(&in_pesos());
    let expected = [
        "/Title(Factura F-1203)",
        "/Lang(es)",
        "/Marked true",
        "/S/H1",
        "/S/TH",
        "<pdfaid:part>2</pdfaid:part>",
        "<pdfuaid:part>1</pdfuaid:part>",
        "<rdf:li>Compra Ágil SpA</rdf:li>",
    ];
    for text in expected {
        assert!(pdf.plain.contains(text), "{text} in {}", pdf.plain);
    }
    assert!(render(&Document { language: Language::English, ..in_pesos() }).plain.contains("/Lang(en)"));
}

#[test]
fn every_line_has_a_cell_under_every_head() {
    let mut document = in_dollars();
    document.lines[0].description.clear();
    let plain = render(&document).plain;
    let rows: Vec<&str> = plain.lines().filter(|line| line.contains("/S/TR/")).collect();
    let cells = |row: &&str| row.split("/K[").nth(1).unwrap().matches(" R").count();
    // The head and three lines of four columns; five sums and their labels, and the tax.
    assert_eq!(rows.iter().map(cells).collect::<Vec<_>>(), [4, 4, 4, 4, 2, 2, 2, 2, 2, 2], "{rows:?}");
}

#[test]
fn a_character_without_a_glyph_is_seen_to_be_missing() {
    let mut document = in_pesos();
    document.customer.name = "東京 👍 Sushi".to_owned();
    let pdf = render(&document);
    assert!(pdf.says("\u{fffd}\u{fffd} \u{fffd} Sushi"), "{:?}", pdf.texts());
}

#[test]
fn the_same_document_gives_the_same_bytes() {
    for document in [in_pesos(), in_dollars()] {
        let first = documents::render(&document).unwrap();
        // Maps of the standard library change their order from map to map, and from thread to thread.
        for _ in 0..8 {
            let document = document.clone();
            let again = std::thread::spawn(move || documents::render(&document)).join().unwrap();
            assert!(again.unwrap() == first);
        }
    }
}
