//! The catalog of a product: what its plans cost and allow, as published, version after version.
//!
//! A version never changes; a subscription stays on the version it was sold under. The log alone is enough to replay,
//! because every published definition is an event. Catalogs are written as TOML ([`source`]).

pub mod command;
pub mod comparison;
pub mod decide;
pub mod definition;
pub mod event;
pub mod feature;
pub mod policy;
pub mod pricing;
pub mod rejection;
pub mod source;
pub mod state;
#[cfg(test)]
mod tests;
pub mod upcast;
pub mod wording;
pub mod words;

pub use command::Command;
pub use comparison::{Comparison, Difference, Effect, PlanComparison, Presence, compare};
pub use definition::{CatalogVersion, Definition, Grant, Limit, PaymentMethod, Plan, Rollover, Trial};
pub use event::Event;
pub use feature::{Feature, FeatureKind, RateLimit, RateUnit};
pub use policy::{
    CommissionBase, Country, Dunning, Proration, QuotaRefusal, ReferralTerms, Rounding, Seller, Tax, TaxedPrices,
};
pub use pricing::{Overage, Pricing, Tier, Tiers};
pub use rejection::Rejection;
pub use state::{Answer, Catalog};
pub use wording::{Language, Wording};
