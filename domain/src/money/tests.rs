//! Amounts, rounded and refused.

use super::*;

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

#[test]
fn the_largest_amount_is_a_thousand_billion() {
    assert_eq!(AMOUNT_MAX, decimal("1000000000000"));
}

#[test]
fn each_currency_has_its_own_decimals() {
    let cases = [("USD", "1.005", "1.01 USD"), ("CLP", "16798.5", "16799 CLP"), ("COP", "-0.125", "-0.13 COP")];
    for (code, amount, expected) in cases {
        assert_eq!(Money::rounded(decimal(amount), Currency::new(code).unwrap()).to_string(), expected);
    }
}

#[test]
fn an_amount_that_is_not_one_is_named() {
    let usd = Currency::new("USD").unwrap();
    let cases = [
        ("0", "0 is not above zero"),
        ("-1", "-1 is not above zero"),
        ("0.001", "0.001 has more than the 2 decimals of USD"),
        ("1000000000000.01", "1000000000000.01 is above the largest amount, 1000000000000"),
    ];
    for (amount, expected) in cases {
        assert_eq!(Money::positive(decimal(amount), usd).unwrap_err().to_string(), expected);
    }
    assert!(Currency::new("usd").is_err());
}

#[test]
fn credits_show_two_to_six_decimals() {
    for (amount, expected) in [("39.8", "39.80"), ("0.05", "0.05"), ("0.0000005", "0.000001"), ("10", "10.00")] {
        assert_eq!(Credits::rounded(decimal(amount)).to_string(), expected);
    }
}

#[test]
fn an_amount_splits_by_largest_remainder_and_of_equals_the_first_gets_more() {
    let cases: [(&str, &[u64], u32, &str); 9] = [
        ("0.05", &[1, 1, 1], 2, "0.02 0.02 0.01"),
        ("100", &[1, 2, 3], 2, "16.67 33.33 50.00"),
        ("5", &[1, 1, 1], 0, "2 2 1"),
        ("-0.05", &[1, 1, 1], 2, "-0.02 -0.02 -0.01"),
        ("0.01", &[0, 3, 1], 2, "0.00 0.01 0.00"),
        ("10", &[0, 0], 0, "5 5"),
        ("0", &[1, 2], 2, "0.00 0.00"),
        ("7", &[], 2, ""),
        // Half away from zero first, if the amount is finer than the split.
        ("0.125", &[1, 1], 2, "0.07 0.06"),
    ];
    for (amount, weights, scale, expected) in cases {
        let parts: Vec<String> = split(decimal(amount), weights, scale).iter().map(Decimal::to_string).collect();
        assert_eq!(parts.join(" "), expected, "{amount} over {weights:?}");
    }
    let yen = Money::rounded(decimal("5"), Currency::new("JPY").unwrap()).split(&[1, 1, 1]);
    assert_eq!(yen.iter().map(Money::to_string).collect::<Vec<_>>(), ["2 JPY", "2 JPY", "1 JPY"]);
}

proptest::proptest! {
    #[test]
    fn parts_add_up_and_are_off_by_less_than_a_unit(
        units in 0_i64..=1_000_000_000_000_000_000,
        weights in proptest::collection::vec(0_u64..=1_000_000_000_000_000_000, 1..12),
    ) {
        let amount = Decimal::new(units, 6);
        let parts = split(amount, &weights, 6);
        proptest::prop_assert_eq!(parts.iter().sum::<Decimal>(), amount);
        let sum: u128 = weights.iter().copied().map(u128::from).sum();
        for (part, weight) in parts.iter().zip(&weights).filter(|_| sum > 0) {
            let part = part.mantissa().unsigned_abs();
            let due = u128::from(units.unsigned_abs()) * u128::from(*weight);
            proptest::prop_assert!(part * sum < due + sum && due < part * sum + sum);
        }
    }
}
