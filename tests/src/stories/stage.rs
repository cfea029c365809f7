//! Where a story plays: a system that sells one product, and customers whose instant the story sets.

use std::fs;

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan, Zoned};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::table::{Plan, Price, grouped};
use crate::client::{Answer, Client, text_at};
use crate::narrator::Narrator;
use crate::system::{System, top};

/// A system that sells a product in a time zone.
pub struct Stage {
    system: System,
    client: Client,
    product: &'static str,
    zone: &'static str,
}

impl Stage {
    /// Starts a system and puts the product on sale.
    pub async fn set(product: &'static str, zone: &'static str) -> Self {
        let system = System::start().await;
        publish(&system.client(), product).await;
        Self::of(system, product, zone)
    }

    /// A system on which the product is on sale already.
    #[must_use]
    pub fn of(system: System, product: &'static str, zone: &'static str) -> Self {
        let client = system.client();
        Self { system, client, product, zone }
    }

    /// A caller with the admin key.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// A new customer without a plan: a sandbox, for which it is 10 in the morning of 3 March.
    ///
    /// # Panics
    /// If it cannot be registered.
    pub async fn customer(&self, id: &str) -> Customer {
        let body = json!({ "id": id, "product": self.product, "time_zone": self.zone, "sandbox": true });
        let registered = self.client.post("/v1/organizations", body).await.expect(201);
        assert_eq!(registered.at("/environment"), "sandbox");
        let zone = TimeZone::get(self.zone).expect("a time zone");
        // Of next year: an instant that was never yet, and a date that has no change of clocks in the zones of stories.
        let year = Timestamp::now().to_zoned(zone.clone()).year() + 1;
        let morning = jiff::civil::date(year, 3, 3).at(10, 0, 0, 0).to_zoned(zone).expect("a morning");
        let client = self.client.clone();
        let anchor = morning.timestamp();
        let mut customer = Customer { client, id: id.to_owned(), now: morning, anchor, price: None };
        customer.wait_until(anchor).await;
        customer
    }

    /// A new customer that has paid for a plan.
    pub async fn customer_on(&self, id: &str, plan: &Plan) -> Customer {
        let mut customer = self.customer(id).await;
        customer.start(plan.monthly(), &plan.code).await;
        customer
    }

    /// Checks what is left: the log is whole, everything can be folded from it, and no key stands in a log file.
    ///
    /// # Panics
    /// If it is not so.
    pub async fn end(self, narrator: &mut Narrator, chapter: usize) {
        narrator.chapter(&format!("{chapter}. All of it can be folded from the log again."));
        verify(narrator, &self.system);
        assert!(!self.system.logged().contains(self.client.key()), "no key in a log");
        self.system.end().await;
    }
}

/// Publishes the catalog of a product.
///
/// # Panics
/// If it is refused.
pub async fn publish(client: &Client, product: &str) -> Answer {
    let path = format!("catalogs/{product}.toml");
    let file = fs::read_to_string(top().join(&path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    client.post_text("/v1/catalogs", "application/toml", file).await.expect(201)
}

/// Has the auditor's binary fold everything again.
///
/// # Panics
/// If something is not as it was.
pub fn verify(narrator: &mut Narrator, system: &System) {
    let output = system.replay(&["verify"]);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    let equal = text.lines().filter(|line| line.ends_with("equal to a fresh fold")).count();
    narrator.tell(&format!("tollgate-replay verify: the log is whole, {equal} projections equal a fresh fold"));
}

/// Starts a plan of an organization that has none so far, without the time to try it, and pays for it.
///
/// # Panics
/// If it is refused, or costs something else than the plan's price.
pub async fn start_plan(client: &Client, organization: &str, plan: &str, price: &Price) {
    let path = format!("/v1/organizations/{organization}");
    let body = json!({ "plan": plan, "interval": price.interval });
    let started = client.post(&format!("{path}/subscription"), body).await.expect(201);
    let asked = (started.at("/price/amount").parse::<Decimal>(), started.at("/price/currency"));
    assert_eq!(asked, (Ok(price.amount), price.currency.clone()), "{plan} by the {}", price.interval);
    if started.at("/standing") == "trialing" {
        let ended = client.post(&format!("{path}/subscription/end-trial"), json!({})).await.expect(200);
        assert_eq!(ended.at("/standing"), "awaiting_payment", "{}", ended.text);
    }
    if !price.amount.is_zero() {
        pay(client, organization, price).await;
    }
}

/// Pays a price.
async fn pay(client: &Client, organization: &str, price: &Price) {
    let payment = json!({ "amount": price.amount.to_string(), "currency": price.currency });
    let paid = client.post(&format!("/v1/organizations/{organization}/payments"), payment).await.expect(201);
    assert_eq!(paid.at("/standing"), "active", "{}", paid.text);
}

/// An organization of a story.
pub struct Customer {
    client: Client,
    id: String,
    now: Zoned,
    /// Since when its billing periods are counted.
    anchor: Timestamp,
    price: Option<Price>,
}

impl Customer {
    /// What it is called.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The instant it is for it.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.now.timestamp()
    }

    /// The same, by its clock.
    #[must_use]
    pub fn local(&self) -> &Zoned {
        &self.now
    }

    /// Starts a plan and pays for it.
    pub async fn start(&mut self, price: &Price, plan: &str) {
        start_plan(&self.client, &self.id, plan, price).await;
        self.anchor = self.now();
        self.price = Some(price.clone());
    }

    /// Moves to another plan at once, by the month, and pays what is due for it. Tells what that was.
    ///
    /// # Panics
    /// If it is refused.
    pub async fn change(&mut self, plan: &Plan) -> String {
        let changed = self.post("subscription/change", json!({ "plan": plan.code, "when": "now" })).await.expect(200);
        assert_eq!(changed.at("/plan"), plan.code);
        let due = Price {
            interval: plan.monthly().interval.clone(),
            amount: changed.at("/still_due/amount").parse().expect("an amount"),
            currency: changed.at("/still_due/currency"),
        };
        if !due.amount.is_zero() {
            pay(&self.client, &self.id, &due).await;
        }
        self.price = Some(plan.monthly().clone());
        format!("{} {} paid", grouped(due.amount), due.currency)
    }

    /// Pays the month that begins, unless its plan is free.
    pub async fn renew(&self) {
        if let Some(price) = self.price.as_ref().filter(|price| !price.amount.is_zero()) {
            pay(&self.client, &self.id, price).await;
        }
    }

    /// Lets it become a later instant.
    pub async fn wait_until(&mut self, instant: Timestamp) {
        let body = json!({ "instant": instant.to_string(), "actor": "storyteller" });
        self.client.put(&self.path("instant"), body).await.expect(200);
        self.now = instant.to_zoned(self.now.time_zone().clone());
    }

    /// The next local midnight.
    ///
    /// # Panics
    /// If the calendar ends.
    #[must_use]
    pub fn midnight(&self) -> Timestamp {
        let tomorrow = self.now.date().tomorrow().expect("a day after today");
        tomorrow.to_zoned(self.now.time_zone().clone()).expect("a midnight").timestamp()
    }

    /// When the billing period ends that is open now.
    ///
    /// # Panics
    /// If the calendar ends.
    #[must_use]
    pub fn end_of_period(&self) -> Timestamp {
        let anchor = self.anchor.to_zoned(self.now.time_zone().clone());
        let ends = (1..).map(|months: i32| anchor.checked_add(months.months()).expect("a month later").timestamp());
        ends.into_iter().find(|end| *end > self.now()).expect("a later month")
    }

    /// Sends a command.
    pub async fn post(&self, what: &str, body: Value) -> Answer {
        self.client.post(&self.path(what), body).await
    }

    /// Sets something.
    pub async fn put(&self, what: &str, body: Value) -> Answer {
        self.client.put(&self.path(what), body).await
    }

    /// Takes something away.
    pub async fn delete(&self, what: &str) -> Answer {
        self.client.delete(&self.path(what)).await
    }

    /// Reads.
    pub async fn get(&self, what: &str) -> Answer {
        self.client.get(&self.path(what)).await
    }

    /// Uses some of a quota.
    pub async fn consume(&self, feature: &str, quantity: Decimal) -> Answer {
        self.post("usage", json!({ "feature": feature, "quantity": quantity.to_string() })).await
    }

    /// Uses some of a quota as somebody.
    pub async fn consume_as(&self, actor: &str, feature: &str, quantity: u32) -> Answer {
        self.post("usage", json!({ "feature": feature, "quantity": quantity, "actor": actor })).await
    }

    /// Raises a level.
    pub async fn acquire(&self, feature: &str, quantity: Decimal) -> Answer {
        let body = json!({ "quantity": quantity.to_string() });
        self.post(&format!("capacities/{feature}/acquire"), body).await
    }

    /// Lowers a level.
    pub async fn release(&self, feature: &str, quantity: Decimal) -> Answer {
        let body = json!({ "quantity": quantity.to_string() });
        self.post(&format!("capacities/{feature}/release"), body).await
    }

    /// Asks whether one of a feature may be used.
    pub async fn check(&self, feature: &str) -> Answer {
        self.get(&format!("entitlements/{feature}")).await.expect(200)
    }

    /// Insists on a feature.
    pub async fn require(&self, feature: &str) -> Answer {
        self.get(&format!("entitlements/{feature}?require=true")).await
    }

    /// Insists on a plan or a larger one.
    pub async fn require_plan(&self, plan: &str) -> Answer {
        self.get(&format!("gate?plan={plan}&require=true")).await
    }

    /// Decides by hand what it may use of a feature, until an instant.
    pub async fn by_hand(&self, feature: &str, mut decided: Value, until: Timestamp) {
        decided["reason"] = "pilot".into();
        decided["actor"] = "support_3".into();
        decided["until"] = until.to_string().into();
        let told = self.put(&format!("overrides/{feature}"), decided).await.expect(200);
        assert_eq!((told.at("/actor").as_str(), told.at("/reason").as_str()), ("support_3", "pilot"));
    }

    /// How much of a feature is used, as a check tells it.
    pub async fn used(&self, feature: &str) -> String {
        text_at(&self.check(feature).await.body, "/used")
    }

    /// A query alone asks for the organization itself.
    fn path(&self, what: &str) -> String {
        let separator = if what.starts_with('?') { "" } else { "/" };
        format!("/v1/organizations/{}{separator}{what}", self.id)
    }
}
