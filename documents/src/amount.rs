//! Numbers as people write them: marks between thousands, the currency's own decimals.

use domain::{Currency, Money};
use rust_decimal::Decimal;

use crate::language::Language;

/// Currencies whose amounts carry the peso sign: where they are used, an amount without it looks bare.
const PESOS: [&str; 6] = ["ARS", "CLP", "COP", "DOP", "MXN", "UYU"];

/// An amount with exactly its currency's decimals: `1.234,50` or `1,234.50`, and `$ 19.990` in Chilean pesos. The
/// minus comes first: `-$ 19.990`. A document says which currency it is, so that no `$` is taken for another.
#[must_use]
pub fn money(amount: Decimal, currency: Currency, language: Language) -> String {
    with_sign(number(Money::rounded(amount, currency).amount, currency.exponent(), language), currency)
}

/// A price of one unit: with at least its currency's decimals, and with as many more as it has. A message at 0.0005 USD
/// must not be printed as 0.00.
pub(crate) fn unit_price(price: Decimal, currency: Currency, language: Language) -> String {
    with_sign(number(price, currency.exponent(), language), currency)
}

fn with_sign(number: String, currency: Currency) -> String {
    if !PESOS.contains(&currency.to_string().as_str()) {
        return number;
    }
    match number.strip_prefix('-') {
        Some(positive) => format!("-$ {positive}"),
        None => format!("$ {number}"),
    }
}

/// A number with at least so many decimals, and with all it has: `1.000`, `2,5`.
#[must_use]
pub fn number(value: Decimal, decimals: u32, language: Language) -> String {
    let mut exact = value.normalize();
    exact.rescale(exact.scale().max(decimals));
    let text = exact.abs().to_string();
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let (thousands, point) = language.pick(('.', ','), (',', '.'));
    let mut written = String::from(if exact.is_zero() || exact.is_sign_positive() { "" } else { "-" });
    for (index, digit) in whole.char_indices() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            written.push(thousands);
        }
        written.push(digit);
    }
    if !fraction.is_empty() {
        written.push(point);
        written.push_str(fraction);
    }
    written
}

/// A share as a percentage: `0.19` is `19 %` in Spanish and `19%` in English.
pub(crate) fn percent(share: Decimal, language: Language) -> String {
    let percentage = number(share.saturating_mul(Decimal::ONE_HUNDRED), 0, language);
    language.pick(format!("{percentage} %"), format!("{percentage}%"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn each_currency_and_language_has_its_own_marks() {
        let cases = [
            ("USD", "1234.5", "1.234,50", "1,234.50"),
            ("USD", "-4.83", "-4,83", "-4.83"),
            ("USD", "0", "0,00", "0.00"),
            ("USD", "-0.00", "0,00", "0.00"),
            ("USD", "999", "999,00", "999.00"),
            ("USD", "1000000000000", "1.000.000.000.000,00", "1,000,000,000,000.00"),
            ("CLP", "19990", "$ 19.990", "$ 19,990"),
            ("CLP", "-3192", "-$ 3.192", "-$ 3,192"),
            ("CLP", "0", "$ 0", "$ 0"),
            ("COP", "1234.5", "$ 1.234,50", "$ 1,234.50"),
            ("EUR", "1234.5", "1.234,50", "1,234.50"),
            ("KWD", "1.5", "1,500", "1.500"),
        ];
        for (code, amount, spanish, english) in cases {
            let currency = Currency::new(code).unwrap();
            assert_eq!(money(decimal(amount), currency, Language::Spanish), spanish);
            assert_eq!(money(decimal(amount), currency, Language::English), english);
        }
    }

    #[test]
    fn a_price_finer_than_its_currency_keeps_its_decimals() {
        let cases =
            [("USD", "0.0005", "0,0005"), ("USD", "15", "15,00"), ("CLP", "0.5", "$ 0,5"), ("CLP", "15", "$ 15")];
        for (code, price, expected) in cases {
            let currency = Currency::new(code).unwrap();
            assert_eq!(unit_price(decimal(price), currency, Language::Spanish), expected);
        }
    }

    #[test]
    fn quantities_and_shares_show_no_zeros_they_do_not_need() {
        assert_eq!(number(decimal("1000.50"), 0, Language::English), "1,000.5");
        assert_eq!(number(decimal("3.000000"), 0, Language::Spanish), "3");
        assert_eq!(percent(decimal("0.19"), Language::Spanish), "19 %");
        assert_eq!(percent(decimal("0.0825"), Language::English), "8.25%");
    }
}
