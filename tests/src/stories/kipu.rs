//! Kipu: seats, recordings and gigabytes with decimals; organizations that are suspended; and nothing that crosses over.

use jiff::ToSpan;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::stage::{Customer, Stage, start_plan};
use super::table::Table;
use super::{refusal, rows};
use crate::client::Answer;
use crate::narrator::Narrator;

const TABLE: &str = "
    feature    | what it is             | FREE | STARTER | PROFESSIONAL | ENTERPRISE
    price      | USD a month            | 0    | 29      | 99           | 299
    users      | capacity               | 1    | 5       | 20           | 100
    recordings | quota per period       | 10   | 100     | 500          | 2,000
    storage_gb | capacity with decimals | 1    | 10      | 50           | 200
";

/// Tells the story on a system of its own; panics where it does not go as it should.
pub async fn tell(narrator: &mut Narrator) {
    let stage = Stage::set("kipu", "America/Bogota").await;
    let table = Table::read(TABLE, "/checkout?plan={plan}", "QUOTA_EXCEEDED");
    let customers = rows::tell(narrator, 1, &stage, &table).await;
    narrator.chapter("5. Gates of plans.");
    rows::gates(narrator, &table, &customers).await;
    statuses(narrator, &stage, &table).await;
    suspended(narrator, &stage, &table).await;
    nothing_crosses(narrator, &stage, &table).await;
    without_a_plan(narrator, &stage, &table).await;
    rows::upgrades(narrator, 10, &stage, &table).await;
    stage.end(narrator, 11).await;
}

async fn status(customer: &Customer, after: &Answer) -> String {
    let position = after.at("/receipt/position");
    let shown = customer.get(&format!("?min_position={position}")).await.expect(200);
    format!(
        "status {}, subscription {}, environment {}",
        shown.at("/status"),
        shown.at("/subscription"),
        shown.at("/environment")
    )
}

/// Why support decides something.
fn grounds(reason: &str) -> Value {
    json!({ "reason": reason, "actor": "support_3" })
}

async fn statuses(narrator: &mut Narrator, stage: &Stage, table: &Table) {
    narrator.chapter("6. Where an organization stands.");
    let ana = stage.customer("ana").await;
    let started = ana.post("subscription", json!({ "plan": "STARTER" })).await.expect(201);
    narrator.tell(&format!("ana tries STARTER: {}", status(&ana, &started).await));
    ana.consume("recordings", 1.into()).await.expect(200);
    narrator.tell("a recording: allowed");
    let ended = ana.post("subscription/end-trial", json!({})).await.expect(200);
    narrator.tell(&format!("the trial ends: {}", status(&ana, &ended).await));
    ana.consume("recordings", 1.into()).await.expect(403);
    narrator.tell("a recording before it is paid: 403");
    let price = table.plan("STARTER").monthly();
    let payment = json!({ "amount": price.amount.to_string(), "currency": price.currency });
    let paid = ana.post("payments", payment).await.expect(201);
    narrator.tell(&format!("ana pays: {}", status(&ana, &paid).await));
    let suspended = ana.post("suspend", grounds("chargeback under review")).await.expect(200);
    narrator.tell(&format!("ana is suspended: {}", status(&ana, &suspended).await));
    let resumed = ana.post("resume", grounds("the bank withdrew it")).await.expect(200);
    narrator.tell(&format!("ana is resumed: {}", status(&ana, &resumed).await));
    let cancel = json!({ "when": "now", "reason": "moves to another tool" });
    let canceled = ana.post("subscription/cancel", cancel).await.expect(200);
    narrator.tell(&format!("ana cancels: {}", status(&ana, &canceled).await));
    ana.consume("recordings", 1.into()).await.expect(403);
    narrator.tell("a recording: 403");
}

async fn suspended(narrator: &mut Narrator, stage: &Stage, table: &Table) {
    narrator.chapter("7. A suspended organization may read and pay, and use nothing.");
    let mut bruno = stage.customer_on("bruno", table.plan("STARTER")).await;
    bruno.acquire("users", 2.into()).await.expect(200);
    bruno.post("suspend", grounds("chargeback under review")).await.expect(200);
    let values = json!({ "reason": "chargeback under review", "since": bruno.now().to_string() });
    let tomorrow = (bruno.now() + 24.hours()).to_string();
    let hold = json!({ "feature": "recordings", "quantity": 1, "expires_at": tomorrow });
    for (what, refused) in [
        ("a recording", bruno.consume("recordings", 1.into()).await),
        ("a recording that is held", bruno.post("holds", hold).await),
        ("a user", bruno.acquire("users", 1.into()).await),
        ("a millionth of a gigabyte", bruno.acquire("storage_gb", Decimal::new(1, 6)).await),
    ] {
        refusal::expect(&refused, 403, "organization.suspended", &values);
        narrator.tell(&format!("{what}: 403 organization.suspended"));
    }
    for what in ["entitlements", "usage", "credits", "alerts", "holds", "overrides"] {
        bruno.get(what).await.expect(200);
    }
    let reason = bruno.check("recordings").await.at("/reason");
    narrator.tell(&format!("entitlements ({reason}), usage, credits, alerts, holds and overrides can be read"));
    bruno.wait_until(bruno.end_of_period()).await;
    bruno.renew().await;
    narrator.tell("the next month is paid");
    bruno.release("users", 1.into()).await.expect(200);
    narrator.tell("a user can leave");
    bruno.post("resume", grounds("the bank withdrew it")).await.expect(200);
    bruno.consume("recordings", 1.into()).await.expect(200);
    narrator.tell("resumed: a recording is allowed");
}

async fn nothing_crosses(narrator: &mut Narrator, stage: &Stage, table: &Table) {
    narrator.chapter("8. Data never crosses organizations.");
    let carla = stage.customer_on("carla", table.plan("STARTER")).await;
    let diego = stage.customer_on("diego", table.plan("STARTER")).await;
    let expires_at = (carla.now() + 1.hour()).to_string();
    let body = json!({ "feature": "recordings", "quantity": 10, "expires_at": expires_at });
    let held = carla.post("holds", body).await.expect(201).at("/hold/hold");
    let granted = carla.post("credits/grants", json!({ "amount": "5", "reason": "welcome" })).await.expect(201);
    let consumed = carla.consume("recordings", 3.into()).await.expect(200);
    let (lot, position) = (granted.at("/lot"), consumed.at("/receipt/position"));
    narrator.tell("carla holds 10 recordings, has a lot of 5 credits and has made 3 recordings");
    for (what, refused, code, values) in [
        (
            "to capture her hold",
            diego.post(&format!("holds/{held}/capture"), json!({ "quantity": 1 })).await,
            "ledger.hold_not_open",
            json!({ "hold": held }),
        ),
        (
            "to release her hold",
            diego.post(&format!("holds/{held}/release"), Value::Null).await,
            "ledger.hold_not_open",
            json!({ "hold": held }),
        ),
        (
            "to revoke her lot",
            diego.post(&format!("credits/lots/{lot}/revoke"), json!({ "reason": "mine" })).await,
            "ledger.unknown_lot",
            json!({ "lot": lot }),
        ),
    ] {
        refusal::expect(&refused, 404, code, &values);
        narrator.tell(&format!("diego tries {what}: 404 {code}"));
    }
    let reversal = diego.post(&format!("usage/{position}/reverse"), json!({ "reason": "mine" })).await.expect(404);
    narrator.tell(&format!("diego tries to have her recordings back: 404 {}", reversal.at("/code")));
    let (used, lots) = (diego.used("recordings").await, diego.get("credits/lots").await.expect(200));
    let holds = diego.get("holds").await.expect(200);
    narrator.tell(&format!(
        "diego sees {used} recordings, {} holds, {} lots",
        holds.each("holds").count(),
        lots.each("lots").count()
    ));
    let (used, lots) = (carla.used("recordings").await, carla.get("credits/lots").await.expect(200));
    let left = lots.each("lots").count();
    narrator.tell(&format!("carla still has {used} of 100 recordings used or held, and {left} lot"));
}

async fn without_a_plan(narrator: &mut Narrator, stage: &Stage, table: &Table) {
    narrator.chapter("9. Without a plan nothing may be used; a plan lifts that.");
    let elena = stage.customer("elena").await;
    refusal::expect(&elena.acquire("users", 1.into()).await, 403, "subscription.no_plan_in_force", &json!({}));
    narrator.tell("elena has none: a user is 403 subscription.no_plan_in_force");
    start_plan(stage.client(), elena.id(), "PROFESSIONAL", table.plan("PROFESSIONAL").monthly()).await;
    let level = elena.acquire("users", 1.into()).await.expect(200);
    let (level, limit) = (level.at("/level/level"), level.at("/level/limit"));
    narrator.tell(&format!("elena moves to PROFESSIONAL and pays for it: users {level} of {limit}"));
}
