//! What is true of a log as a whole: catalogs, products of organizations, payments.

use std::collections::HashMap;

use rust_decimal::Decimal;
use serde_json::Value;

use super::{Event, Log, number_at};

/// The events that facts are made of, and those that set clocks.
pub(super) const EVENTS: [&str; 6] = [
    "CatalogPublished",
    "OrganizationRegistered",
    "PaymentRecorded",
    "PaymentRefunded",
    "InstantSet",
    "TestClockFollowed",
];

/// A payment as it was recorded.
pub(super) struct Payment<'a> {
    pub(super) event: &'a Event,
    pub(super) amount: Decimal,
    pub(super) currency: &'a str,
}

/// What was given back of a payment, up to and with a refund, and what had been paid, both without taxes.
pub(super) struct Refund {
    pub(super) total: Decimal,
    pub(super) paid: Decimal,
}

#[derive(Default)]
pub(super) struct Facts<'a> {
    /// Definitions of catalogs, by product and version.
    catalogs: HashMap<(&'a str, i64), &'a Value>,
    products: HashMap<&'a str, &'a str>,
    pub(super) payments: HashMap<&'a str, Payment<'a>>,
    pub(super) refunds: HashMap<&'a str, Refund>,
    /// When organizations were registered, in microseconds.
    registered: HashMap<&'a str, i64>,
    zones: HashMap<&'a str, &'a str>,
}

impl<'a> Facts<'a> {
    pub(super) fn of(log: &'a Log) -> Self {
        let mut facts = Self::default();
        for event in &log.events {
            // What a fact lacks is missed by the law that needs it.
            let _ = facts.take_in(event);
        }
        facts
    }

    fn take_in(&mut self, event: &'a Event) -> Option<()> {
        let text = |pointer| event.body.pointer(pointer)?.as_str();
        match event.name.as_str() {
            "CatalogPublished" => {
                let version = event.body["version"].as_i64()?;
                self.catalogs.insert((event.owner.as_str(), version), &event.body["definition"]);
            }
            "OrganizationRegistered" => {
                self.products.insert(event.owner.as_str(), text("/product")?);
                if let Some(zone) = text("/time_zone") {
                    self.zones.insert(event.owner.as_str(), zone);
                }
                self.registered.insert(event.owner.as_str(), event.micros("/registered_at")?);
            }
            "PaymentRecorded" => {
                // What the account balance pays was shared when it came in; credits bring nothing in.
                if event.body["method"] == "balance" || event.body["method"] == "credits" {
                    return None;
                }
                // What was paid before there were taxes does not say its share without them: that is all of it.
                let net = number_at(&event.body, "/net/amount").or_else(|| number_at(&event.body, "/amount/amount"));
                let (amount, currency) = (net?, text("/amount/currency")?);
                self.payments.insert(text("/payment")?, Payment { event, amount, currency });
            }
            "PaymentRefunded" => {
                let number = |pointer| number_at(&event.body, pointer);
                let (total, paid) = (number("/refunded_net_total/amount")?, number("/paid_net/amount")?);
                self.refunds.insert(text("/refund")?, Refund { total, paid });
            }
            _ => {}
        }
        Some(())
    }

    /// The catalog of a product that a decision was made under, if the log says which.
    pub(super) fn catalog_of(&self, product: &str, event: &Event) -> Option<&'a Value> {
        self.catalogs.get(&(product, event.version?)).copied()
    }

    /// A version of a product's catalog.
    pub(super) fn definition(&self, product: &str, version: i64) -> Option<&'a Value> {
        self.catalogs.get(&(product, version)).copied()
    }

    pub(super) fn registered_at(&self, organization: &str) -> Option<i64> {
        self.registered.get(organization).copied()
    }

    pub(super) fn zone_of(&self, organization: &str) -> Option<&'a str> {
        self.zones.get(organization).copied()
    }

    /// The catalog an event of an organization's, or of a product's own stream, was decided under.
    pub(super) fn catalog(&self, event: &Event) -> Result<&'a Value, String> {
        let product = self.product_of(&event.owner).unwrap_or(&event.owner);
        let version = event.body["catalog_version"].as_i64().unwrap_or_default();
        let found = self.catalogs.get(&(product, version)).copied();
        found.ok_or_else(|| format!("version {version} of catalog {product} was never published"))
    }

    pub(super) fn product_of(&self, organization: &str) -> Option<&'a str> {
        self.products.get(organization).copied()
    }
}

/// The numbers of a list.
pub(super) fn numbers(list: &Value) -> Vec<Decimal> {
    list.as_array().into_iter().flatten().filter_map(|number| number_at(number, "")).collect()
}
