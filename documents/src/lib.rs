//! What customers get to read on paper: invoices and credit notes as PDF, in Spanish and English.
//!
//! [`render`] takes a [`Document`] in which everything is decided, down to the last cent, and gives a PDF: A4, tagged
//! for screen readers (PDF/UA-1), fit for archives (PDF/A-2a), with its font inside. [`wording`] turns the codes of an
//! invoice's lines into sentences, [`Rut`] checks and formats the tax id of Chile.
//!
//! The same document gives the same bytes on every machine and on every day: nothing comes from a clock, from chance or
//! from the machine. (Another version of the writer, `krilla`, may give others.) Whatever text is in it, it is printed:
//! characters that the font does not have are seen as `\u{fffd}`.
//!
//! This crate must not reckon: it adds nothing up, rounds nothing, looks up no tax. Of `domain` it names only money,
//! currencies and calendars. It reads and writes no file; `cargo run -p documents --example invoice -- es out.pdf`
//! writes a sample.
//!
//! Start reading at [`Document`], then `render.rs`: texts become pieces with a height (`render/piece.rs`), pieces are
//! laid out on pages (`render/pages.rs`), and pages are drawn (`render/draw.rs`).

mod amount;
mod country;
mod day;
mod document;
mod language;
mod render;
mod tax_id;
mod wording;

pub use amount::{money, number};
pub use day::{Days, day};
pub use document::{Document, Kind, Line, Number, Party, Status, Tax, TaxedPrices};
pub use language::Language;
pub use render::{Unprintable, render};
pub use tax_id::{InvalidRut, Rut, TaxId};
pub use wording::{LineCode, wording};
