//! Documents to render.

use documents::{Days, Document, Kind, Language, Line, Number, Party, Status, Tax, TaxId, TaxedPrices};
use domain::Currency;
use jiff::civil::date;
use rust_decimal::Decimal;

use crate::reader::Pdf;

pub fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

pub fn render(document: &Document) -> Pdf {
    Pdf::read(&documents::render(document).unwrap())
}

pub fn number(series: &str, number: u64) -> Number {
    Number { series: series.to_owned(), number }
}

pub fn line(description: &str, amount: &str) -> Line {
    Line {
        description: description.to_owned(),
        period: None,
        quantity: None,
        unit_price: None,
        amount: decimal(amount),
    }
}

/// A month of `profesional` in Chile, with the tax in the price.
pub fn in_pesos() -> Document {
    Document {
        kind: Kind::Invoice,
        number: Some(number("F", 1_203)),
        status: Some(Status::Open),
        language: Language::Spanish,
        seller: Party {
            name: "Compra Ágil SpA".to_owned(),
            tax_id: Some(TaxId::new("CL", "76086428-5").unwrap()),
            address: vec!["Av. Providencia 1234".to_owned(), "Santiago".to_owned()],
            country: Some("CL".to_owned()),
        },
        customer: Party {
            name: "Constructora Ñuble Ltda.".to_owned(),
            tax_id: Some(TaxId::new("CL", "123456785").unwrap()),
            address: vec!["Calle Riquelme 455".to_owned(), "Chillán".to_owned()],
            country: Some("CL".to_owned()),
        },
        issued_on: date(2024, 2, 25),
        due_on: Some(date(2024, 3, 3)),
        currency: Currency::new("CLP").unwrap(),
        lines: vec![Line {
            period: Some(Days { first: date(2024, 2, 1), last: date(2024, 2, 29) }),
            quantity: Some(Decimal::ONE),
            unit_price: Some(decimal("19990")),
            ..line("Plan Profesional, mensual", "19990")
        }],
        net: decimal("16798"),
        taxes: vec![Tax {
            name: "IVA".to_owned(),
            rate: decimal("0.19"),
            amount: decimal("3192"),
            prices: TaxedPrices::Inclusive,
        }],
        kept: Decimal::ZERO,
        total: decimal("19990"),
        paid: Decimal::ZERO,
        credited: Decimal::ZERO,
        due: decimal("19990"),
        notes: Vec::new(),
    }
}

/// A change of plan, paid in part, with a tax on top.
pub fn in_dollars() -> Document {
    Document {
        language: Language::English,
        currency: Currency::new("USD").unwrap(),
        lines: vec![
            line("Starter plan: unused part", "-4.83"),
            line("Partner plan: rest of the period", "1234.56"),
            Line {
                quantity: Some(decimal("12500")),
                unit_price: Some(decimal("0.0005")),
                ..line("WhatsApp messages: use beyond the plan", "6.25")
            },
        ],
        net: decimal("1235.98"),
        taxes: vec![Tax {
            name: "Sales tax".to_owned(),
            rate: decimal("0.0825"),
            amount: decimal("101.97"),
            prices: TaxedPrices::Exclusive,
        }],
        total: decimal("1337.95"),
        paid: decimal("1000"),
        credited: decimal("37.95"),
        due: decimal("300"),
        ..in_pesos()
    }
}

/// The same with as many lines.
pub fn of_lines(count: usize) -> Document {
    let mut document = in_pesos();
    let line = |index: usize| line(&format!("Línea {}", index + 1), &(1_000 + index).to_string());
    document.lines = (0..count).map(line).collect();
    document
}
