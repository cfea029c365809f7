//! What a path names.

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use domain::stream::Owner;
use domain::{
    ActorId, AlertId, CreditNoteId, DiscountCode, FeatureCode, HoldId, InvoiceId, LotId, OrganizationId, PaymentId,
    ProductCode,
};
use event_store::Failure;
use utoipa::IntoParams;

use crate::problem::{Fault, Problem};

/// The path of an organization, for the OpenAPI document.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "describes what `Customer` reads by hand")]
pub(crate) struct OrganizationPath {
    /// The organization: 1 to 64 letters, digits, `-` and `_`.
    #[param(example = "pedro")]
    organization: String,
}

/// The organization in the path.
#[derive(Debug, Clone)]
pub(crate) struct Customer(pub(crate) OrganizationId);

impl Customer {
    /// As the owner of its streams.
    pub(crate) fn owner(&self) -> Owner {
        Owner::Organization(self.0.clone())
    }

    /// Why a command to it was not applied, naming it.
    pub(crate) fn problem(&self, failure: Failure) -> Problem {
        Problem::from(failure).with("organization", self.0.as_str())
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Customer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        read(parts, state, "organization").await.map(Self)
    }
}

/// The path of something of an organization.
macro_rules! path_of {
    ($(#[$doc:meta])* $name:ident, $(#[$member_doc:meta])* $member:ident: $kind:ty, $shown:ident = $example:literal) => {
        $(#[$doc])*
        #[derive(IntoParams)]
        #[into_params(parameter_in = Path)]
        pub(crate) struct $name {
            /// The organization: 1 to 64 letters, digits, `-` and `_`.
            #[param(value_type = String, example = "pedro")]
            pub(crate) organization: OrganizationId,
            $(#[$member_doc])*
            #[param(value_type = $shown, example = $example)]
            pub(crate) $member: $kind,
        }

        impl<S: Send + Sync> FromRequestParts<S> for $name {
            type Rejection = Problem;

            async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
                let organization = read(parts, state, "organization").await?;
                Ok(Self { organization, $member: read(parts, state, stringify!($member)).await? })
            }
        }

        impl $name {
            /// The organization, and what of it is named.
            pub(crate) fn parts(self) -> (Customer, $kind) {
                (Customer(self.organization), self.$member)
            }
        }
    };
}

path_of!(
    /// The path of a feature of an organization.
    FeaturePath,
    /// A feature of its product.
    feature: FeatureCode, String = "whatsapp_messages"
);
path_of!(
    /// The path of a hold.
    HoldPath,
    /// The hold, as it was called when it was placed.
    hold: HoldId, String = "hold_0198c0de7a7e7c0fb1a5e5d2f1c0ffee"
);
path_of!(
    /// The path of a credit lot.
    LotPath,
    /// The lot.
    lot: LotId, String = "lot_0198c0de7a7e7c0fb1a5e5d2f1c0ffee"
);
path_of!(
    /// The path of an alert.
    AlertPath,
    /// The alert.
    alert: AlertId, String = "alert_0198c0de7a7e7c0fb1a5e5d2f1c0ffee-allowance"
);
path_of!(
    /// The path of an administrator.
    AdministratorPath,
    /// The administrator, by an id of the caller's: 1 to 64 letters, digits, `-` and `_`.
    administrator: ActorId, String = "user_17"
);
path_of!(
    /// The path of something that was used.
    PositionPath,
    /// The position of the receipt it was answered with.
    position: LogPosition, i64 = 17
);

path_of!(
    /// The path of an invoice.
    InvoicePath,
    /// The invoice.
    invoice: InvoiceId, String = "inv_0198c0de7a7e7c0fb1a5e5d2f1c0ffee-1"
);
path_of!(
    /// The path of a discount in force.
    DiscountPath,
    /// The code that was redeemed.
    code: DiscountCode, String = "SPRING20"
);
path_of!(
    /// The path of an invoice to be told or printed.
    InvoicePaperPath,
    /// The invoice; with `.pdf` behind it, on paper.
    invoice: Paper<InvoiceId>, String = "inv_0198c0de7a7e7c0fb1a5e5d2f1c0ffee-1"
);
path_of!(
    /// The path of a credit note to be told or printed.
    CreditNotePaperPath,
    /// The credit note; with `.pdf` behind it, on paper.
    credit_note: Paper<CreditNoteId>, String = "cn_0198c0de7a7e7c0fb1a5e5d2f1c0ffee-1"
);
path_of!(
    /// The path of a payment.
    PaymentPath,
    /// The payment.
    payment: PaymentId, String = "pay_0198c0de7a7e7c0fb1a5e5d2f1c0ffee"
);

/// A document in a path, with `.pdf` behind its id where it is wanted on paper. No id has a dot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Paper<T> {
    pub(crate) id: T,
    pub(crate) is_pdf: bool,
}

impl<T: TryFrom<String>> TryFrom<String> for Paper<T> {
    type Error = T::Error;

    fn try_from(text: String) -> Result<Self, T::Error> {
        let (id, is_pdf) = match text.strip_suffix(".pdf") {
            Some(id) => (id.to_owned(), true),
            None => (text, false),
        };
        Ok(Self { id: T::try_from(id)?, is_pdf })
    }
}

/// A position of the log in a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LogPosition(pub(crate) i64);

impl TryFrom<String> for LogPosition {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let digits = Some(&text).filter(|text| text.bytes().all(|b| b.is_ascii_digit()));
        let position = digits.and_then(|text| text.parse().ok()).filter(|position| *position > 0);
        position.map(Self).ok_or_else(|| format!("{text:?} is not a position such as 17"))
    }
}

/// The product in the path.
#[derive(Debug, Clone)]
pub(crate) struct Product(pub(crate) ProductCode);

impl<S: Send + Sync> FromRequestParts<S> for Product {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        read(parts, state, "product").await.map(Self)
    }
}

/// The path of a discount code of a product.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct DiscountCodePath {
    /// The product.
    #[param(value_type = String, example = "agencia")]
    pub(crate) product: ProductCode,
    /// The code.
    #[param(value_type = String, example = "SPRING20")]
    pub(crate) code: DiscountCode,
}

impl<S: Send + Sync> FromRequestParts<S> for DiscountCodePath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        Ok(Self { product: read(parts, state, "product").await?, code: read(parts, state, "code").await? })
    }
}

async fn read<S, T>(parts: &mut Parts, state: &S, name: &'static str) -> Result<T, Problem>
where
    S: Send + Sync,
    T: TryFrom<String, Error: std::fmt::Display>,
{
    let invalid = |text: String| Problem::from(Fault::InvalidField { field: name.to_owned(), text });
    let named = RawPathParams::from_request_parts(parts, state).await;
    let named = named.map_err(|_| invalid("it is not UTF-8 text".to_owned()))?;
    let value = named.iter().find(|(other, _)| *other == name).map_or("", |(_, value)| value);
    T::try_from(value.to_owned()).map_err(|fault| invalid(fault.to_string()))
}
