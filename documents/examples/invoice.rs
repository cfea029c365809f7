//! Writes a sample: `cargo run -p documents --example invoice -- es out.pdf [credit-note | draft | LINES]`.

use std::process::ExitCode;

use documents::{
    Days, Document, Kind, Language, Line, LineCode, Number, Party, Rut, Status, Tax, TaxId, TaxedPrices, render,
    wording,
};
use domain::Currency;
use domain::calendar::Interval;
use jiff::civil::date;
use rust_decimal::Decimal;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let written = match &arguments[..] {
        [language, path] => write(language, path, "1"),
        [language, path, what] => write(language, path, what),
        _ => Err("usage: invoice es|en FILE [credit-note | draft | LINES]".into()),
    };
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("{fault}");
            ExitCode::FAILURE
        }
    }
}

fn write(language: &str, path: &str, what: &str) -> Result<(), Box<dyn std::error::Error>> {
    let language = Language::of_tag(language).ok_or("documents are written in es and en")?;
    let mut document = if language == Language::Spanish { in_pesos()? } else { in_dollars()? };
    match what {
        "credit-note" => {
            document.kind = Kind::CreditNote { corrects: Number { series: "F".to_owned(), number: 1203 } };
            document.number = Some(Number { series: "NC".to_owned(), number: 14 });
            document.status = None;
            document.due_on = None;
            document.notes.clear();
        }
        "draft" => document.number = None,
        lines => {
            let (count, line) = (lines.parse()?, document.lines[0].clone());
            document.lines.resize(document.lines.len().max(count), line);
        }
    }
    std::fs::write(path, render(&document)?)?;
    Ok(())
}

fn in_pesos() -> Result<Document, Box<dyn std::error::Error>> {
    let language = Language::Spanish;
    let plan = LineCode::Plan { plan: "Profesional", interval: Interval::Month };
    let line = Line {
        description: wording(&plan, language),
        period: Some(Days { first: date(2026, 11, 18), last: date(2026, 12, 17) }),
        quantity: Some(Decimal::ONE),
        unit_price: Some(19_990.into()),
        amount: 19_990.into(),
    };
    Ok(Document {
        kind: Kind::Invoice,
        number: Some(Number { series: "F".to_owned(), number: 1203 }),
        status: Some(Status::Open),
        language,
        seller: Party {
            name: "Compra Ágil SpA".to_owned(),
            tax_id: Some(Rut::new("76.086.428-5")?.into()),
            address: vec!["Av. Providencia 1234, of. 501".to_owned(), "Providencia, Santiago".to_owned()],
            country: Some("CL".to_owned()),
        },
        customer: Party {
            name: "Constructora Ñuble y Compañía Limitada".to_owned(),
            tax_id: Some(TaxId::new("CL", "12345678-5")?),
            address: vec!["Calle Isabel Riquelme 455".to_owned(), "Chillán".to_owned()],
            country: Some("CL".to_owned()),
        },
        issued_on: date(2026, 11, 18),
        due_on: Some(date(2026, 11, 25)),
        currency: Currency::new("CLP")?,
        lines: vec![line],
        net: 16_798.into(),
        taxes: vec![Tax {
            name: "IVA".to_owned(),
            rate: Decimal::new(19, 2),
            amount: 3_192.into(),
            prices: TaxedPrices::Inclusive,
        }],
        kept: Decimal::ZERO,
        total: 19_990.into(),
        paid: Decimal::ZERO,
        credited: Decimal::ZERO,
        due: 19_990.into(),
        notes: vec![
            "Transferencia a la cuenta corriente 000-12345-6 de Banco Sur, a nombre de Compra Ágil SpA. \
                     Indique el número de la factura en el mensaje."
                .to_owned(),
        ],
    })
}

fn in_dollars() -> Result<Document, Box<dyn std::error::Error>> {
    let language = Language::English;
    let period = |month, day| Some(Days { first: date(2026, month, day), last: date(2026, 12, 14) });
    let line = |code: LineCode<'_>, amount| Line {
        description: wording(&code, language),
        period: None,
        quantity: None,
        unit_price: None,
        amount: Decimal::new(amount, 2),
    };
    let messages = Line {
        quantity: Some(1_250.into()),
        unit_price: Some(Decimal::new(125, 4)),
        period: Some(Days { first: date(2026, 10, 15), last: date(2026, 11, 14) }),
        ..line(LineCode::Metered { feature: "WhatsApp messages" }, 1_563)
    };
    let partner = LineCode::Plan { plan: "Partner", interval: Interval::Month };
    Ok(Document {
        kind: Kind::Invoice,
        number: Some(Number { series: "INV".to_owned(), number: 88 }),
        status: Some(Status::Paid),
        language,
        seller: Party {
            name: "Agencia Norte S.A.S.".to_owned(),
            tax_id: Some(TaxId::new("CO", "900.123.456-7")?),
            address: vec!["Carrera 7 # 71-21".to_owned(), "Bogotá".to_owned()],
            country: Some("CO".to_owned()),
        },
        customer: Party {
            name: "Pedro's Pizza & Pasta LLC".to_owned(),
            tax_id: Some(TaxId::new("US", "12-3456789")?),
            address: vec!["410 Townsend Street, Suite 200".to_owned(), "San Francisco, CA 94107".to_owned()],
            country: Some("US".to_owned()),
        },
        issued_on: date(2026, 11, 15),
        due_on: None,
        currency: Currency::new("USD")?,
        lines: vec![
            Line { period: period(11, 15), quantity: Some(Decimal::ONE), ..line(partner, 19_900) },
            messages,
            Line { period: period(11, 20), ..line(LineCode::ProrationCredit { plan: "Starter" }, -1_208) },
            line(LineCode::Discount { code: "SPRING", share: Some(Decimal::new(1, 1)) }, -1_990),
        ],
        net: Decimal::new(18_265, 2),
        taxes: vec![Tax {
            name: "Sales tax".to_owned(),
            rate: Decimal::new(8625, 5),
            amount: Decimal::new(1_575, 2),
            prices: TaxedPrices::Exclusive,
        }],
        kept: Decimal::ZERO,
        total: Decimal::new(19_840, 2),
        paid: Decimal::new(14_840, 2),
        credited: Decimal::new(5_000, 2),
        due: Decimal::new(0, 2),
        notes: vec![],
    })
}
