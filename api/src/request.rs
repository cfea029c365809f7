//! What a request is parsed into, before anybody is asked to decide: extractors that answer with a problem, naming
//! the field and the value.

pub(crate) mod amount;
mod body;
mod command;
mod days;
mod decider;
mod format;
mod freshness;
pub(crate) mod instant;
mod items;
mod path;
mod query;
mod request_id;

pub(crate) use body::{CatalogText, Payload};
pub(crate) use command::{CommandId, CommandName};
pub(crate) use days::Day;
pub(crate) use decider::{DeciderParams, DeciderQuery, RemovalQuery};
pub(crate) use format::Format;
pub(crate) use freshness::{Freshness, FreshnessParams};
pub(crate) use items::{ITEMS_MAX, Items, RawItem};
pub(crate) use path::{
    AdministratorPath, AlertPath, CreditNotePaperPath, Customer, DiscountCodePath, DiscountPath, FeaturePath, HoldPath,
    InvoicePaperPath, InvoicePath, LotPath, OrganizationPath, PaymentPath, PositionPath, Product,
};
pub(crate) use query::QueryParams;
pub(crate) use request_id::{RequestId, X_REQUEST_ID};
