//! A product that is metered in every way, and sandboxes that use it for months.

use domain::calendar::{Interval, Zone};
use domain::credit_ledger::{self, Capture, Command, Consume, Hold, Rest, Reverse};
use domain::organization::Environment;
use domain::{
    ActorId, Attributes, Credits, Event, FeatureCode, PlanCode, ProductCode, Quantity, ReasonText, organization,
    subscription,
};
use event_store::Applied;
use jiff::{Timestamp, ToSpan};
use testkit::{of, product};

use crate::world::{World, decimal};

const METER: &str = r#"
product = "meter"
currency = "USD"

[features.messages]
kind = "quota"
window = "billing_period"
[features.calls]
kind = "quota"
window = "day"
[features.reports]
kind = "quota"
window = "month"
[features.seeds]
kind = "quota"
window = "forever"

[[plans]]
code = "small"
price = { month = "0" }
[plans.features]
messages = { limit = 50, overage = { credits = "0.05" }, settle_above = true }
calls = { limit = 3, overage = { credits = "0.5" }, settle_above = true }
seeds = { limit = "unlimited" }
[plans.features.reports]
limit = 5
settle_above = true
[plans.features.reports.overage.invoice]
unit = "PRICE"
"#;

/// Publishes a version of `meter` in a currency.
pub async fn sells(world: &World, currency: &str, price: &str) {
    let text = METER.replace("USD", currency).replace("PRICE", price);
    let definition = domain::catalog::source::read("meter.toml", &text).unwrap();
    let publish = domain::catalog::Command::Publish { definition: Box::new(definition) };
    world.send(product("meter"), publish).await;
}

/// A sandbox on the small plan, with credits, and an administrator called `root`.
pub async fn joins(world: &World, id: &str, zone: &str) {
    let register = organization::Command::Register {
        organization: testkit::organization(id),
        product: ProductCode::new("meter").unwrap(),
        time_zone: Zone::new(zone).unwrap(),
        sponsor: None,
        environment: Environment::Sandbox,
    };
    world.send(of(id), register).await;
    let plan = PlanCode::new("small").unwrap();
    world.send(of(id), subscription::Command::Start { plan, interval: Interval::Month }).await;
    let amount = Credits::positive(decimal("1000")).unwrap();
    world.send(of(id), Command::TopUp { amount, reference: None }).await;
    let appoint =
        organization::Command::AppointAdministrator { administrator: actor("root"), actor: actor("operator-7") };
    world.send(of(id), appoint).await;
}

pub fn actor(id: &str) -> ActorId {
    ActorId::new(id).unwrap()
}

pub fn quantity(quantity: u32) -> Quantity {
    Quantity::positive(quantity.into()).unwrap()
}

/// Attributes, as `campaign=autumn model=x`.
pub fn attributes(text: &str) -> Attributes {
    let pairs = text.split_whitespace().map(|pair| pair.split_once('=').unwrap());
    Attributes::new(pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect()).unwrap()
}

/// Says what instant it is for a sandbox.
pub async fn travel(world: &World, id: &str, instant: Timestamp) {
    world.send(of(id), organization::Command::SetInstant { instant, actor: actor("operator-7") }).await;
    pay_what_is_due(world, id).await;
}

/// Pays for what was used in the period that is over, so that the plan stays in force.
async fn pay_what_is_due(world: &World, id: &str) {
    let settled = world.send(of(id), subscription::Command::Settle).await;
    let told: Option<subscription::Answer> = serde_json::from_str(&settled.answer).unwrap();
    if let Some(due) = told.map(|told| told.still_due).filter(|due| !due.is_zero()) {
        world.send(of(id), subscription::Command::pay_by_hand(due, None)).await;
    }
}

pub async fn consume(world: &World, id: &str, feature: &str, used: u32, by: &str, attributed: &str) -> Applied {
    let mut consume = Consume::of(FeatureCode::new(feature).unwrap(), quantity(used));
    consume.actor = Some(by).filter(|by| !by.is_empty()).map(actor);
    consume.attributes = attributes(attributed);
    world.send(of(id), Command::Consume(consume)).await
}

/// Holds so much for ten days, and captures so much of it or above it.
pub async fn capture(
    world: &World,
    (id, now): (&str, Timestamp),
    feature: &str,
    (held, used): (u32, u32),
    by: &str,
    attributed: &str,
) {
    let (feature, expires_at) = (FeatureCode::new(feature).unwrap(), now + 240.hours());
    let hold = Hold { feature, quantity: quantity(held), expires_at, actor: Some(actor(by)) };
    let placed = world.send(of(id), Command::Hold(hold)).await;
    let answer: credit_ledger::Answer = serde_json::from_str(&placed.answer).unwrap();
    let (hold, attributes) = (answer.hold.unwrap().hold, attributes(attributed));
    let capture = Capture { hold, quantity: quantity(used), rest: Rest::Release, occurred_at: None, attributes };
    world.send(of(id), Command::Capture(capture)).await;
}

/// Gives back some of the newest consumption at or before a position; all of it if `None`.
pub async fn reverse(world: &World, id: &str, applied: &Applied, back: Option<u32>) {
    let first = (applied.position - 4).max(1);
    let events = world.test.log().between(applied.partition, first, applied.position).await.unwrap();
    let consumption = events.iter().rev().find_map(|recorded| match &recorded.event {
        Event::CreditLedger(event) => credit_ledger::Consumption::of(u64::try_from(recorded.position).unwrap(), event),
        Event::Organization(_)
        | Event::Subscription(_)
        | Event::ReferralTree(_)
        | Event::Catalog(_)
        | Event::InvoiceBook(_)
        | Event::DiscountBook(_) => None,
    });
    let reverse = Reverse {
        consumption: consumption.unwrap(),
        quantity: back.map(quantity),
        reason: ReasonText::new("not delivered").unwrap(),
        actor: actor("operator-7"),
    };
    world.send(of(id), Command::Reverse(reverse)).await;
}

/// Three months of ana in Santiago: everything that can be used, by whomever, for whatever; some of it given back.
pub async fn three_months(world: &World, id: &str) {
    let features = ["messages", "calls", "reports", "seeds"];
    let actors = ["", "user_1", "user_2", "root"];
    let kinds = ["", "model=small", "model=large campaign=autumn", "campaign=winter"];
    let begin = Timestamp::now() + 1.hour();
    // A plain sequence that visits combinations in a mixed order: 7 has no factor in common with 4.
    for step in 0..48_u32 {
        let now = begin + (i64::from(step) * 45).hours();
        travel(world, id, now).await;
        let turn = usize::try_from(step * 7).unwrap();
        let (feature, by, of) = (features[turn % 4], actors[turn / 4 % 4], kinds[turn / 16 % 4]);
        if step % 6 == 5 && !by.is_empty() {
            capture(world, (id, now), feature, (4, 3 + step % 4), by, of).await;
            continue;
        }
        let applied = consume(world, id, feature, 1 + step % 9, by, of).await;
        if step % 4 == 1 {
            reverse(world, id, &applied, (step % 8 == 1).then_some(1)).await;
        }
    }
}
