//! Tax ids: how a tax office knows a company. Those of Chile carry a check digit, and are checked.

use std::fmt;
use std::str::FromStr;

use crate::language::Language;

/// The text is not a RUT.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRut {
    /// Not up to eight digits and a check digit.
    #[error("{found:?} is not a RUT such as 12.345.678-5")]
    Malformed {
        /// The text that was given, its first 40 characters.
        found: String,
    },
    /// A digit is wrong, or two are exchanged.
    #[error("RUT {number} has the check digit {expected}, not {found}")]
    WrongCheckDigit {
        /// The number without its check digit.
        number: String,
        /// The check digit that was given.
        found: char,
        /// The one that belongs to the number.
        expected: char,
    },
}

impl InvalidRut {
    /// What the caller can do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Malformed { .. } => "give up to eight digits, a hyphen and the check digit (0 to 9 or K)",
            Self::WrongCheckDigit { .. } => "look for a digit that is wrong, or two that are exchanged",
        }
    }
}

/// The tax id of Chile, for companies and persons alike: a number and the check digit that belongs to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rut(u32);

impl Rut {
    /// The largest number: eight digits.
    const NUMBER_MAX: u32 = 99_999_999;

    /// Reads a RUT with or without its dots and hyphen: `12.345.678-5`, `12345678-5`, `123456785`; `k` is `K`.
    pub fn new(text: &str) -> Result<Self, InvalidRut> {
        let malformed = || InvalidRut::Malformed { found: text.chars().take(40).collect() };
        let bare = text.trim().replace('.', "");
        let (last, found) = bare.char_indices().next_back().ok_or_else(malformed)?;
        let number = bare[..last].strip_suffix('-').unwrap_or(&bare[..last]);
        let found = found.to_ascii_uppercase();
        // `parse` alone would take a plus sign too.
        if !number.bytes().all(|byte| byte.is_ascii_digit()) || !(found.is_ascii_digit() || found == 'K') {
            return Err(malformed());
        }
        let rut = Self(number.parse().map_err(|_| malformed())?);
        if rut.0 == 0 || rut.0 > Self::NUMBER_MAX {
            return Err(malformed());
        }
        let expected = rut.check_digit();
        if found != expected {
            return Err(InvalidRut::WrongCheckDigit { number: rut.grouped(), found, expected });
        }
        Ok(rut)
    }

    /// Modulo 11: digits from the right weigh 2 to 7 and again from 2; what the sum lacks to a multiple of 11 is the
    /// check digit, with 11 written `0` and 10 written `K`.
    fn check_digit(self) -> char {
        let (mut rest, mut weight, mut sum) = (self.0, 2, 0);
        while rest > 0 {
            sum += rest % 10 * weight;
            rest /= 10;
            weight = if weight == 7 { 2 } else { weight + 1 };
        }
        match 11 - sum % 11 {
            11 => '0',
            10 => 'K',
            digit => char::from_digit(digit, 10).unwrap_or('0'),
        }
    }

    fn grouped(self) -> String {
        crate::amount::number(self.0.into(), 0, Language::Spanish)
    }
}

impl fmt::Display for Rut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.grouped(), self.check_digit())
    }
}

impl FromStr for Rut {
    type Err = InvalidRut;

    fn from_str(text: &str) -> Result<Self, InvalidRut> {
        Self::new(text)
    }
}

/// A tax id with the name it goes by in its country.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaxId {
    /// What it is called: `RUT` in Chile, `NIT` in Colombia. Without one, it is called a tax id.
    name: Option<&'static str>,
    pub(crate) text: String,
}

impl TaxId {
    /// The tax id of a country (ISO 3166, `CL`): of Chile checked and formatted, of others as it was given.
    pub fn new(country: &str, text: &str) -> Result<Self, InvalidRut> {
        if country == "CL" {
            return Rut::new(text).map(Self::from);
        }
        Ok(Self { name: name(country), text: text.trim().to_owned() })
    }

    /// The id with its name: `RUT 12.345.678-5`.
    #[must_use]
    pub fn labelled(&self, language: Language) -> String {
        let name = self.name.unwrap_or(language.pick("Id. tributaria", "Tax ID"));
        format!("{name} {}", self.text)
    }
}

impl From<Rut> for TaxId {
    fn from(rut: Rut) -> Self {
        Self { name: name("CL"), text: rut.to_string() }
    }
}

fn name(country: &str) -> Option<&'static str> {
    match country {
        "CL" | "UY" => Some("RUT"),
        "CO" | "BO" | "GT" | "SV" => Some("NIT"),
        "PE" | "EC" | "PA" | "PY" => Some("RUC"),
        "AR" => Some("CUIT"),
        "BR" => Some("CNPJ"),
        "DO" => Some("RNC"),
        "ES" => Some("NIF"),
        "MX" => Some("RFC"),
        "VE" => Some("RIF"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rut_is_read_in_any_form_and_written_in_one() {
        let cases = [
            ("12.345.678-5", "12.345.678-5"),
            ("12345678-5", "12.345.678-5"),
            ("123456785", "12.345.678-5"),
            (" 012.345.678-5 ", "12.345.678-5"),
            ("76.086.428-5", "76.086.428-5"),
            ("6-k", "6-K"),
            ("10000013-K", "10.000.013-K"),
            ("44.444.444-4", "44.444.444-4"),
            ("1.000-6", "1.000-6"),
            ("1.003-0", "1.003-0"),
        ];
        for (given, written) in cases {
            assert_eq!(Rut::new(given).map(|rut| rut.to_string()).as_deref(), Ok(written), "{given}");
        }
    }

    #[test]
    fn a_wrong_check_digit_is_refused_with_the_right_one() {
        let cases = [
            ("12.345.678-4", "RUT 12.345.678 has the check digit 5, not 4"),
            ("12.345.678-K", "RUT 12.345.678 has the check digit 5, not K"),
            ("12.345.687-5", "RUT 12.345.687 has the check digit 4, not 5"),
        ];
        for (given, expected) in cases {
            let refused = Rut::new(given).unwrap_err();
            assert_eq!(refused.to_string(), expected);
            assert_eq!(refused.hint(), "look for a digit that is wrong, or two that are exchanged");
        }
    }

    #[test]
    fn what_is_no_rut_is_named() {
        let long = "9".repeat(500);
        for given in ["", "5", "-5", "abc", "12.345.678-X", "+1234567-4", "0-0", "123.456.789-2", "12--5", "1ñ", &long]
        {
            let refused = Rut::new(given).unwrap_err();
            assert!(matches!(refused, InvalidRut::Malformed { .. }), "{given}: {refused}");
            assert!(
                refused.to_string().ends_with(" is not a RUT such as 12.345.678-5") && refused.to_string().len() < 100
            );
        }
    }

    #[test]
    fn a_tax_id_goes_by_the_name_of_its_country() {
        let cases = [
            ("CL", "123456785", "RUT 12.345.678-5"),
            ("CO", " 900123456-7", "NIT 900123456-7"),
            ("US", "12-34", "Tax ID 12-34"),
        ];
        for (country, given, expected) in cases {
            assert_eq!(TaxId::new(country, given).unwrap().labelled(Language::English), expected);
        }
        assert!(TaxId::new("CL", "12.345.678-4").is_err());
    }
}
