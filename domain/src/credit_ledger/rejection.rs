//! Why a ledger may say no, in the order of the checks.

mod refusal;

use jiff::Timestamp;

use crate::calendar::Window;
use crate::catalog::QuotaRefusal;
use crate::id::{AlertId, FeatureCode, HoldId, InvoiceId, LotId, PlanCode, ProductCode};
use crate::money::{Credits, Currency, Money, Quantity};
use crate::text::ReasonText;

/// The way out of a refusal: a plan that would allow it. Boxed, so that a `Result` with a refusal stays small.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upgrade {
    /// The plan.
    pub plan: PlanCode,
    /// Where to move to it, if the catalog says.
    pub url: Option<String>,
}

/// A refusal of an organization's ledger.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// There is no such organization.
    #[error("the organization is not registered")]
    NotRegistered,
    /// It may use nothing.
    #[error("the organization is suspended since {since}: {reason}")]
    Suspended {
        /// Since when.
        since: Timestamp,
        /// Why.
        reason: ReasonText,
    },
    /// The hold was resolved, or there was none.
    #[error("hold {hold} is not open: it was captured in full, let go of, has expired, or was never placed")]
    HoldNotOpen {
        /// The hold that was named.
        hold: HoldId,
    },
    /// The hold has let go by itself.
    #[error("hold {hold} has expired at {expired_at}")]
    HoldExpired {
        /// The hold.
        hold: HoldId,
        /// When.
        expired_at: Timestamp,
    },
    /// What is told has not happened yet.
    #[error("{occurred_at} is in the future, it is {now}")]
    OccurredInFuture {
        /// When it is said to have happened.
        occurred_at: Timestamp,
        /// The instant of the decision.
        now: Timestamp,
    },
    /// What is told happened before there was anybody it could happen to.
    #[error("{occurred_at} is before {registered_at}, when the organization was registered")]
    OccurredBeforeRegistration {
        /// When it is said to have happened.
        occurred_at: Timestamp,
        /// When the organization was registered.
        registered_at: Timestamp,
    },
    /// No plan entitles it.
    #[error("the organization has no plan in force")]
    NoPlanInForce,
    /// The catalog has no such feature.
    #[error("product {product} has no feature {feature}")]
    UnknownFeature {
        /// The feature that was named.
        feature: FeatureCode,
        /// The organization's product.
        product: ProductCode,
    },
    /// Only quotas are consumed.
    #[error("feature {feature} is a {kind}, only a quota can be consumed")]
    NotAQuota {
        /// The feature.
        feature: FeatureCode,
        /// Its kind.
        kind: &'static str,
    },
    /// Only capacities are acquired and released.
    #[error("feature {feature} is a {kind}, only a capacity can be acquired and released")]
    NotACapacity {
        /// The feature.
        feature: FeatureCode,
        /// Its kind.
        kind: &'static str,
    },
    /// Somebody has decided that it may not be used.
    #[error("feature {feature} was switched off for the organization: {reason}")]
    SwitchedOff {
        /// The feature.
        feature: FeatureCode,
        /// Why.
        reason: ReasonText,
        /// Until when; `None` is for good.
        until: Option<Timestamp>,
    },
    /// The plan does not have it.
    #[error("feature {feature} is not in plan {current_plan}")]
    FeatureNotInPlan {
        /// The feature.
        feature: FeatureCode,
        /// The plan in force.
        current_plan: PlanCode,
        /// To the smallest plan that has it.
        upgrade: Option<Box<Upgrade>>,
    },
    /// A hold would end before it begins, or too late.
    #[error("a hold cannot expire at {expires_at}: that is not after {after} and up to {latest}")]
    HoldExpiryOutOfRange {
        /// When it was to expire.
        expires_at: Timestamp,
        /// The instant it is, or when it expires anyway.
        after: Timestamp,
        /// The latest it may expire.
        latest: Timestamp,
    },
    /// One more than may be open.
    #[error("{holds} holds are open")]
    TooManyHolds {
        /// How many are, and may be.
        holds: usize,
    },
    /// More was used than was held, and the plan does not settle that.
    #[error("capture of {requested} exceeds the {left} left on hold {hold}")]
    CaptureExceedsHold {
        /// The hold.
        hold: HoldId,
        /// What it still reserves.
        left: Quantity,
        /// What was to be captured.
        requested: Quantity,
    },
    /// The allowance is used up and the plan sells no overage.
    #[error("{requested} of {feature} exceed the {} left of {limit} until {resets_at}", limit.less(*used))]
    QuotaExceeded {
        /// The feature.
        feature: FeatureCode,
        /// What is included in the window, with what was carried into it.
        limit: Quantity,
        /// What is used or held of it.
        used: Quantity,
        /// What was asked for.
        requested: Quantity,
        /// The time over which it counts.
        window: Window,
        /// When the window turns over.
        resets_at: Timestamp,
        /// How long that is from the instant of the decision; begun seconds count.
        resets_in_seconds: u32,
        /// The code it is told with.
        told_as: QuotaRefusal,
        /// The plan in force.
        current_plan: PlanCode,
        /// To the next larger plan that includes more.
        upgrade: Option<Box<Upgrade>>,
    },
    /// The level would be above its limit.
    #[error("{requested} of {feature} exceed the {} left of {limit}", limit.less(*level))]
    CapacityExceeded {
        /// The feature.
        feature: FeatureCode,
        /// The highest level there may be.
        limit: Quantity,
        /// The level.
        level: Quantity,
        /// What was to be acquired.
        requested: Quantity,
        /// The plan in force.
        current_plan: PlanCode,
        /// To the next larger plan that allows more.
        upgrade: Option<Box<Upgrade>>,
    },
    /// More was to be released than is acquired.
    #[error("a release of {requested} of {feature} exceeds the {level} acquired")]
    ReleaseExceedsLevel {
        /// The feature.
        feature: FeatureCode,
        /// The level.
        level: Quantity,
        /// What was to be released.
        requested: Quantity,
    },
    /// A lot would be over before it begins.
    #[error("a lot cannot expire at {expires_at}: that is not after {begins}, when it begins")]
    LotExpiresTooSoon {
        /// When it was to expire.
        expires_at: Timestamp,
        /// From when on it could be spent.
        begins: Timestamp,
    },
    /// The lot is spent, has expired, or never was.
    #[error("lot {lot} has no credits that could be revoked")]
    UnknownLot {
        /// The lot that was named.
        lot: LotId,
    },
    /// More than the lot has.
    #[error("{requested} credits exceed the {left} left in lot {lot}")]
    RevokeExceedsLot {
        /// The lot.
        lot: LotId,
        /// What is left in it and not held.
        left: Credits,
        /// What was to be revoked.
        requested: Credits,
    },
    /// Nothing of the invoice is due: it is paid, void, or never was.
    #[error("invoice {invoice} is not open")]
    InvoiceNotOpen {
        /// The invoice that was named.
        invoice: InvoiceId,
    },
    /// Another currency than the invoice's.
    #[error("the invoice is in {expected}, not in {found}")]
    InvoiceInOtherCurrency {
        /// The invoice's.
        expected: Currency,
        /// The one that was given.
        found: Currency,
    },
    /// More than is open.
    #[error("a payment of {payment} exceeds the {open} that are open of invoice {invoice}")]
    PaymentExceedsInvoice {
        /// The invoice.
        invoice: InvoiceId,
        /// What is open of it.
        open: Money,
        /// What was to be paid.
        payment: Money,
    },
    /// Nobody has said what credits are worth.
    #[error("the catalog does not say what credits are worth in {currency}")]
    CreditsPayNoInvoice {
        /// The invoice's currency.
        currency: Currency,
    },
    /// More than was consumed.
    #[error("a reversal of {requested} exceeds the {consumed} consumed at position {position}")]
    ReversalExceedsConsumption {
        /// The consumption.
        position: u64,
        /// How much it was.
        consumed: Quantity,
        /// How much of it was to be given back.
        requested: Quantity,
    },
    /// The alert was acknowledged, is too old, or never was.
    #[error("alert {alert} is not open: it was acknowledged, newer ones have taken its place, or it was never raised")]
    UnknownAlert {
        /// The alert that was named.
        alert: AlertId,
    },
    /// The credits do not pay for it.
    #[error("a balance of {balance} credits does not pay for {required}")]
    InsufficientCredits {
        /// Credits left.
        balance: Credits,
        /// Credits it would cost.
        required: Credits,
    },
}
