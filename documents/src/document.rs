//! What is printed: a document in which everything is decided.

use std::fmt;

use domain::Currency;
use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::day::Days;
use crate::language::Language;
use crate::tax_id::TaxId;

/// An invoice or a credit note. All amounts are in one currency and have at most its decimals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// What it is.
    pub kind: Kind,
    /// Its number; without one it is a draft, and says so.
    pub number: Option<Number>,
    /// What has become of it, as a stamp; without one there is no stamp.
    pub status: Option<Status>,
    /// The language of its words, dates and numbers. Names and descriptions come in it already.
    pub language: Language,
    /// Who sells.
    pub seller: Party,
    /// Who buys.
    pub customer: Party,
    /// The seller's local day on which it was issued.
    pub issued_on: Date,
    /// The local day by which it is to be paid.
    pub due_on: Option<Date>,
    /// The currency of every amount.
    pub currency: Currency,
    /// What is charged or credited, in this order.
    pub lines: Vec<Line>,
    /// All lines without their taxes.
    pub net: Decimal,
    /// The taxes, in this order.
    pub taxes: Vec<Tax>,
    /// What the lines come to below zero: it goes to the customer's balance, so that the total is never negative. Not
    /// shown if zero.
    pub kept: Decimal,
    /// Net, taxes and what is kept.
    pub total: Decimal,
    /// Paid of it so far, less what went back; shown with a minus, and not at all if zero.
    pub paid: Decimal,
    /// Credited of it so far, by credit notes; shown with a minus, and not at all if zero.
    pub credited: Decimal,
    /// What is still to pay. Not shown on credit notes.
    pub due: Decimal,
    /// Paragraphs under the totals: how to pay, what the law wants said.
    pub notes: Vec<String>,
}

/// What a document is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// Charges.
    Invoice,
    /// Takes back what an invoice charged, in whole or in part.
    CreditNote {
        /// The number of that invoice.
        corrects: Number,
    },
}

/// A number without gaps in its series: `F-1203`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Number {
    /// The series: `F`.
    pub series: String,
    /// The number in it, from 1.
    pub number: u64,
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.series, self.number)
    }
}

/// What has become of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Something is still to pay.
    Open,
    /// Nothing is left to pay.
    Paid,
    /// It does not count.
    Void,
}

/// A side of the sale.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Party {
    /// The name of the company or person.
    pub name: String,
    /// How the tax office knows it.
    pub tax_id: Option<TaxId>,
    /// The address, line by line, without the country.
    pub address: Vec<String>,
    /// The country (ISO 3166, `CL`); printed by its name.
    pub country: Option<String>,
}

/// One thing that is charged or credited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// What it is, for example by [`wording`](crate::wording).
    pub description: String,
    /// The days it is for.
    pub period: Option<Days>,
    /// How many.
    pub quantity: Option<Decimal>,
    /// The price of one; may be finer than the currency.
    pub unit_price: Option<Decimal>,
    /// What it comes to.
    pub amount: Decimal,
}

/// A tax on the document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tax {
    /// What it is called: `IVA`.
    pub name: String,
    /// The share of the net amount: `0.19` is 19 %.
    pub rate: Decimal,
    /// What it comes to.
    pub amount: Decimal,
    /// Is it in the amounts of the lines?
    pub prices: TaxedPrices,
}

/// How the amounts of lines stand to a tax.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaxedPrices {
    /// They contain it.
    Inclusive,
    /// It is added to them.
    Exclusive,
}
