//! Lines of invoices in words. Events keep codes, so that one line reads in whatever language its customer speaks.

use domain::calendar::Interval;
use rust_decimal::Decimal;

use crate::amount::percent;
use crate::document::Number;
use crate::language::Language;

/// What a line is for, with the names its catalog gives in the document's language. The days it is for are told beside
/// it ([`Line::period`](crate::Line::period)).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineCode<'a> {
    /// A plan for a whole period.
    Plan {
        /// The plan's name.
        plan: &'a str,
        /// How often it is paid.
        interval: Interval,
    },
    /// What is given back of a plan that was left before its period was over.
    ProrationCredit {
        /// The plan that was left.
        plan: &'a str,
    },
    /// A plan for the rest of a period that had begun.
    ProrationCharge {
        /// The plan that was taken.
        plan: &'a str,
    },
    /// Use past what the plan includes.
    Metered {
        /// The feature's name.
        feature: &'a str,
    },
    /// What is taken off.
    Discount {
        /// The code it was granted for.
        code: &'a str,
        /// The share, if it is one: `0.2` is 20 %.
        share: Option<Decimal>,
    },
    /// What a credit note takes back.
    Credited {
        /// The invoice it takes it back from.
        invoice: &'a Number,
    },
}

/// A line's description.
#[must_use]
pub fn wording(line: &LineCode<'_>, language: Language) -> String {
    match language {
        Language::Spanish => spanish(line),
        Language::English => english(line),
    }
}

fn spanish(line: &LineCode<'_>) -> String {
    match line {
        LineCode::Plan { plan, interval: Interval::Month } => format!("Plan {plan}, mensual"),
        LineCode::Plan { plan, interval: Interval::Year } => format!("Plan {plan}, anual"),
        LineCode::ProrationCredit { plan } => format!("Plan {plan}: parte no utilizada"),
        LineCode::ProrationCharge { plan } => format!("Plan {plan}: resto del período"),
        LineCode::Metered { feature } => format!("{feature}: consumo por sobre el plan"),
        LineCode::Discount { code, share: None } => format!("Descuento {code}"),
        LineCode::Discount { code, share: Some(share) } => {
            format!("Descuento {code}, {}", percent(*share, Language::Spanish))
        }
        LineCode::Credited { invoice } => format!("Crédito sobre la factura {invoice}"),
    }
}

fn english(line: &LineCode<'_>) -> String {
    match line {
        LineCode::Plan { plan, interval: Interval::Month } => format!("{plan} plan, monthly"),
        LineCode::Plan { plan, interval: Interval::Year } => format!("{plan} plan, yearly"),
        LineCode::ProrationCredit { plan } => format!("{plan} plan: unused part"),
        LineCode::ProrationCharge { plan } => format!("{plan} plan: rest of the period"),
        LineCode::Metered { feature } => format!("{feature}: use beyond the plan"),
        LineCode::Discount { code, share: None } => format!("Discount {code}"),
        LineCode::Discount { code, share: Some(share) } => {
            format!("Discount {code}, {}", percent(*share, Language::English))
        }
        LineCode::Credited { invoice } => format!("Credit on invoice {invoice}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_reads_in_both_languages() {
        let (plan, feature) = ("Starter", "WhatsApp");
        let invoice = Number { series: "F".to_owned(), number: 7 };
        let cases = [
            (LineCode::Plan { plan, interval: Interval::Month }, "Plan Starter, mensual", "Starter plan, monthly"),
            (LineCode::Plan { plan, interval: Interval::Year }, "Plan Starter, anual", "Starter plan, yearly"),
            (LineCode::ProrationCredit { plan }, "Plan Starter: parte no utilizada", "Starter plan: unused part"),
            (LineCode::ProrationCharge { plan }, "Plan Starter: resto del período", "Starter plan: rest of the period"),
            (LineCode::Metered { feature }, "WhatsApp: consumo por sobre el plan", "WhatsApp: use beyond the plan"),
            (LineCode::Discount { code: "VERANO", share: None }, "Descuento VERANO", "Discount VERANO"),
            (
                LineCode::Discount { code: "VERANO", share: Some(Decimal::new(2, 1)) },
                "Descuento VERANO, 20 %",
                "Discount VERANO, 20%",
            ),
            (LineCode::Credited { invoice: &invoice }, "Crédito sobre la factura F-7", "Credit on invoice F-7"),
        ];
        for (line, spanish, english) in cases {
            assert_eq!(wording(&line, Language::Spanish), spanish);
            assert_eq!(wording(&line, Language::English), english);
        }
    }
}
