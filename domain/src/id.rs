//! Names of things. Every id is a token of 1 to 64 letters, digits, `-` and `_`, so that it can stand in a URL, in a
//! NATS subject and in a log line unchanged. Ids are opaque: put no personal data in them, the log is for ever.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;
use serde::de::{self, Deserialize, Deserializer, Visitor};

/// Longest id, in characters: fits a UUID with a prefix, and keeps NATS subjects short.
pub const TOKEN_LENGTH_MAX: usize = 64;

/// Why a text is not an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind} {value:?} is not 1 to {TOKEN_LENGTH_MAX} letters, digits, - and _")]
pub struct InvalidToken {
    /// What the text was meant to name, for example `organization`.
    pub kind: &'static str,
    /// The text that was given, cut to twice the longest id.
    pub value: String,
}

fn check_token(kind: &'static str, value: &str) -> Result<(), InvalidToken> {
    let is_token = (1..=TOKEN_LENGTH_MAX).contains(&value.len())
        && value.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    if is_token {
        return Ok(());
    }
    Err(InvalidToken { kind, value: value.chars().take(2 * TOKEN_LENGTH_MAX).collect() })
}

macro_rules! token {
    ($(#[$doc:meta])* $name:ident, $kind:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[cfg_attr(test, derive(schemars::JsonSchema), schemars(with = "String"))]
        pub struct $name(Arc<str>);

        impl $name {
            /// Checks that the text is a token.
            pub fn new(value: impl AsRef<str>) -> Result<Self, InvalidToken> {
                check_token($kind, value.as_ref())?;
                Ok(Self(value.as_ref().into()))
            }

            /// The id as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidToken;

            fn try_from(value: String) -> Result<Self, InvalidToken> {
                Self::new(value)
            }
        }

        /// From the text where it stands: whoever reads the log reads millions, and a `String` in between would cost more
        /// than the check.
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Text;

                impl Visitor<'_> for Text {
                    type Value = $name;

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str("a string")
                    }

                    fn visit_str<E: de::Error>(self, text: &str) -> Result<$name, E> {
                        $name::new(text).map_err(E::custom)
                    }
                }

                deserializer.deserialize_str(Text)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

token!(
    /// A customer of a product: the unit that subscribes, spends and refers.
    OrganizationId, "organization"
);
token!(
    /// A product sold through Tollgate; its plans are a catalog.
    ProductCode, "product"
);
token!(
    /// A plan of a product's catalog.
    PlanCode, "plan"
);
token!(
    /// Something a plan may allow: a flag, a config value, a quota or a capacity.
    FeatureCode, "feature"
);
token!(
    /// What a new customer gives to name who referred it.
    ReferralCode, "referral code"
);
token!(
    /// One payment received.
    PaymentId, "payment"
);
token!(
    /// One start of a plan by an organization: its invoices are named after it.
    SubscriptionId, "subscription"
);
token!(
    /// One invoice of a subscription.
    InvoiceId, "invoice"
);
token!(
    /// One credit note: what of an invoice is not owed after all.
    CreditNoteId, "credit note"
);
token!(
    /// One refund of a payment, made or taken by the payer's bank.
    RefundId, "refund"
);
token!(
    /// What a customer gives for a discount.
    DiscountCode, "discount code"
);
token!(
    /// A version of what an invoice says of its customer, kept outside the log.
    BillingProfileId, "billing profile"
);
token!(
    /// A provider through which payments come.
    ProviderCode, "provider"
);
token!(
    /// A run of numbers without gaps, as it stands in front of them: the `F` of `F-17`.
    Series, "series"
);
token!(
    /// One credit lot of a ledger.
    LotId, "lot"
);
token!(
    /// One hold of a ledger.
    HoldId, "hold"
);
token!(
    /// One alert of a ledger.
    AlertId, "alert"
);
token!(
    /// Who did something, as the caller names them: a user's or a service's opaque id.
    ActorId, "actor"
);
token!(
    /// What an attribute of a consumption is called.
    AttributeKey, "attribute"
);
token!(
    /// One commission: a payment seen from one beneficiary.
    CommissionId, "commission"
);
token!(
    /// What something is called elsewhere: a bank transfer, a provider's charge, a ticket.
    Reference, "reference"
);

impl CommissionId {
    /// The commission of a payment at a level; the same payment never gives another one at that level.
    pub(crate) fn of(payment: &PaymentId, level: u8) -> Self {
        Self(format!("{payment}-{level}").into())
    }
}

impl PaymentId {
    pub(crate) fn fresh(unique: &str) -> Self {
        Self(format!("pay_{unique}").into())
    }
}

impl PaymentId {
    /// The part of a payment that pays another invoice, counted from 2.
    pub(crate) fn part(&self, number: u32) -> Self {
        Self(format!("{self}-{number}").into())
    }

    /// A payment that belongs to one invoice, whenever it is decided: what the account balance paid of it.
    pub(crate) fn from_balance(invoice: &InvoiceId, number: usize) -> Self {
        Self(format!("pay_{}-b{number}", invoice.unprefixed()).into())
    }
}

impl SubscriptionId {
    pub(crate) fn fresh(unique: &str) -> Self {
        Self(format!("sub_{unique}").into())
    }

    fn unprefixed(&self) -> &str {
        self.0.strip_prefix("sub_").unwrap_or(&self.0)
    }
}

impl InvoiceId {
    /// The invoice of this number of a subscription. It is the same whenever the invoice is decided.
    pub(crate) fn of(subscription: &SubscriptionId, number: u32) -> Self {
        Self(format!("inv_{}-{number}", subscription.unprefixed()).into())
    }

    /// The subscription and the number it was made of.
    pub(crate) fn parts(&self) -> Option<(SubscriptionId, u32)> {
        let (subscription, number) = self.unprefixed().rsplit_once('-')?;
        Some((SubscriptionId::fresh(subscription), number.parse().ok()?))
    }

    fn unprefixed(&self) -> &str {
        self.0.strip_prefix("inv_").unwrap_or(&self.0)
    }
}

impl CreditNoteId {
    /// The credit note of this number that one decision writes.
    pub(crate) fn fresh(unique: &str, number: usize) -> Self {
        Self(format!("cn_{unique}-{number}").into())
    }
}

impl RefundId {
    pub(crate) fn fresh(unique: &str) -> Self {
        Self(format!("ref_{unique}").into())
    }
}

impl LotId {
    pub(crate) fn fresh(unique: &str) -> Self {
        Self(format!("lot_{unique}").into())
    }
}

impl HoldId {
    pub(crate) fn fresh(unique: &str) -> Self {
        Self(format!("hold_{unique}").into())
    }
}

impl AlertId {
    /// One decision raises at most one alert of each kind.
    pub(crate) fn fresh(unique: &str, kind: &str) -> Self {
        Self(format!("alert_{unique}-{kind}").into())
    }
}

impl ReferralCode {
    /// Ten characters without look-alikes (no 0, O, 1, I, L), out of 31^10 = 8 * 10^14: read aloud without mistakes,
    /// and not found by trying.
    pub(crate) fn fresh(random: u128) -> Self {
        const ALPHABET: &[u8; 31] = b"23456789ABCDEFGHJKMNPQRSTUVWXYZ";
        let mut rest = random;
        let letters = (0..10).map(|_| {
            let index = usize::try_from(rest % 31).unwrap_or_default();
            rest /= 31;
            char::from(ALPHABET[index])
        });
        Self(letters.collect::<String>().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_a_token_or_is_named_in_the_refusal() {
        for good in ["a", "juan", "org_41c-X9", &"x".repeat(64)] {
            assert_eq!(OrganizationId::new(good).unwrap().as_str(), good);
        }
        for bad in ["", "a b", "a.b", "ñ", "*", &"x".repeat(65)] {
            let refusal = OrganizationId::new(bad).unwrap_err();
            assert!(refusal.to_string().starts_with(&format!("organization {bad:?} is not")), "{refusal}");
        }
    }

    #[test]
    fn referral_codes_have_ten_letters_without_look_alikes() {
        let code = ReferralCode::fresh(u128::MAX / 7);
        assert_eq!(code.as_str().len(), 10);
        assert!(!code.as_str().contains(['0', 'O', '1', 'I', 'L']));
        assert_ne!(code, ReferralCode::fresh(u128::MAX / 7 - 1));
    }
}
