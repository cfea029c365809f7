//! B.A.I. Systems: three tiers, gates by feature and by plan, and features that are switched by hand.

use jiff::ToSpan;
use serde_json::{Value, json};

use super::stage::{Customer, Stage, start_plan};
use super::table::Table;
use super::{refusal, rows};
use crate::client::text_at;
use crate::narrator::Narrator;

const TABLE: &str = "
    feature               | what it is       | MOTOR | CEREBRO | PARTNER
    price                 | USD a month      | 49    | 149     | 499
    access_mining         | flag             | no    | yes     | yes
    access_marketing      | flag             | no    | yes     | yes
    ai_content_generation | flag             | no    | yes     | yes
    max_chats             | quota per period | 1,000 | 10,000  | 100,000
    dedicated_csm         | flag             | no    | no      | yes
";

/// Tells the story on a system of its own; panics where it does not go as it should.
pub async fn tell(narrator: &mut Narrator) {
    let stage = Stage::set("bai", "America/Mexico_City").await;
    let table = Table::read(TABLE, "/checkout?plan={plan}", "QUOTA_EXCEEDED");
    let mut customers = rows::tell(narrator, 1, &stage, &table).await;
    narrator.chapter("4. Requires at least plan Y.");
    rows::gates(narrator, &table, &customers).await;
    by_hand(narrator, &mut customers[0]).await;
    without_a_plan(narrator, &stage, &table).await;
    rows::upgrades(narrator, 7, &stage, &table).await;
    stage.end(narrator, 8).await;
}

async fn by_hand(narrator: &mut Narrator, motor: &mut Customer) {
    narrator.chapter("5. Features of one customer by hand, whatever the plan: with who, why and until when.");
    let end = motor.now() + (20 * 24).hours();
    let decided = json!({ "enabled": true, "actor": "support_3", "reason": "trial of data mining", "until": end });
    motor.put("overrides/access_mining", decided).await.expect(200);
    let decided = json!({ "limit": "unlimited", "actor": "sales_1", "reason": "fair in Bogota" });
    motor.put("overrides/max_chats", decided).await.expect(200);
    for by_hand in motor.get("overrides").await.expect(200).each("overrides") {
        let value = if by_hand["enabled"].is_null() { text_at(by_hand, "/limit") } else { "on".to_owned() };
        let until = match by_hand["until"].as_str() {
            Some(until) if until == end.to_string() => "for 20 days",
            Some(other) => panic!("{other} is not {end}"),
            None => "for good",
        };
        let told = |member: &str| text_at(by_hand, member);
        let (feature, actor, reason) = (told("/feature"), told("/actor"), told("/reason"));
        narrator.tell(&format!("{feature} is {value} {until}, decided by {actor}: {reason}"));
    }
    motor.require("access_mining").await.expect(200);
    let used = motor.consume("max_chats", 1_000_000.into()).await.expect(200);
    assert_eq!(used.body["usage"]["limit"], Value::Null);
    narrator.tell("motor mines data, and chats a million times at once");

    motor.wait_until(end).await;
    let refused = motor.require("access_mining").await;
    let values = json!({
        "feature": "access_mining", "current_plan": "MOTOR", "plan_needed": "CEREBRO",
        "upgrade_url": "/checkout?plan=CEREBRO",
    });
    refusal::expect(&refused, 403, "FEATURE_NOT_IN_PLAN", &values);
    narrator.tell("20 days later: access_mining is 403 FEATURE_NOT_IN_PLAN again, see /checkout?plan=CEREBRO");
    motor.delete("overrides/max_chats?reason=the%20fair%20is%20over&actor=sales_1").await.expect(200);
    let left = motor.get("overrides").await.expect(200);
    let chats = motor.check("max_chats").await;
    narrator.tell(&format!(
        "the fair is over: {} features are decided by hand, and max_chats has its {} again",
        left.each("overrides").count(),
        chats.at("/limit")
    ));
}

async fn without_a_plan(narrator: &mut Narrator, stage: &Stage, table: &Table) {
    narrator.chapter("6. Without a plan nothing may be used; a plan lifts that.");
    let ana = stage.customer("ana").await;
    refusal::expect(&ana.require("access_mining").await, 403, "subscription.no_plan_in_force", &json!({}));
    refusal::expect(&ana.consume("max_chats", 1.into()).await, 403, "subscription.no_plan_in_force", &json!({}));
    narrator.tell("ana has none: access_mining and max_chats are 403 subscription.no_plan_in_force");
    start_plan(stage.client(), ana.id(), "CEREBRO", table.plan("CEREBRO").monthly()).await;
    ana.require("access_mining").await.expect(200);
    let used = ana.consume("max_chats", 1.into()).await.expect(200);
    narrator.tell(&format!(
        "ana moves to CEREBRO and pays for it: access_mining is allowed, max_chats {} of {}",
        used.at("/usage/used"),
        used.at("/usage/limit")
    ));
}
