//! Compra Ágil: days of Santiago, one code for all that is too much, and administrators who are never limited.

use jiff::{Timestamp, ToSpan, Zoned};
use serde_json::{Value, json};

use super::stage::{Customer, Stage, start_plan};
use super::table::Table;
use super::{refusal, rows};
use crate::client::{Answer, text_at};
use crate::narrator::Narrator;

const TABLE: &str = "
    feature       | what it is    | free | emprendedor | pyme   | profesional
    price         | CLP a month   | 0    | 4,990       | 9,990  | 19,990
    price         | CLP a year    | 0    | 49,900      | 99,900 | 199,900
    ai_analysis   | quota per day | 2    | 5           | 10     | unlimited
    searches      | quota per day | 50   | 200         | 1,000  | unlimited
    api_calls     | quota per day | 0    | 0           | 0      | 100
    seats         | capacity      | 1    | 1           | 5      | 20
    saved_tenders | capacity      | no   | 30          | 30     | 30
";

/// Tells the story on a system of its own; panics where it does not go as it should.
pub async fn tell(narrator: &mut Narrator) {
    let stage = Stage::set("compra-agil", "America/Santiago").await;
    let table = Table::read(TABLE, "/pricing?plan={plan}", "rate_limit_exceeded");
    let customers = rows::tell(narrator, 1, &stage, &table).await;
    narrator.chapter("5. Gates of plans.");
    rows::gates(narrator, &table, &customers).await;
    the_refusal(narrator, &stage, &table).await;
    quota_or_rate(narrator, &stage, &table).await;
    administrators(narrator, &stage, &table).await;
    the_long_day(narrator, &stage, &table).await;
    without_a_plan(narrator, &stage, &table).await;
    rows::upgrades(narrator, 11, &stage, &table).await;
    stage.end(narrator, 12).await;
}

/// A day's analyses of somebody on free are used up, and the third is asked for.
async fn the_refusal(narrator: &mut Narrator, stage: &Stage, table: &Table) {
    narrator.chapter("6. The refusal of a quota, value by value.");
    let ana = stage.customer_on("ana", table.plan("free")).await;
    ana.consume("ai_analysis", 2.into()).await.expect(200);
    let refused = ana.consume("ai_analysis", 1.into()).await;
    assert_eq!(refused.at("/resets_at"), ana.midnight().to_string());
    narrator.tell(&format!("status {}, error {}, kind {}", refused.status, refused.at("/error"), refused.at("/kind")));
    for member in ["feature", "limit", "used", "window", "current_plan", "plan_needed", "upgrade_url", "hint"] {
        narrator.tell(&format!("{member}: {}", refused.at(&format!("/{member}"))));
    }
    let hours = refused.retry_after.expect("Retry-After") / 3_600;
    narrator.tell(&format!("resets_at: midnight in Santiago; Retry-After: {hours} h, for it is 10:00 there"));
    narrator.tell(&format!("nothing is counted: {} used", ana.used("ai_analysis").await));
}

/// Twelve calls at once by somebody who may make a hundred a day and ten at once.
async fn quota_or_rate(narrator: &mut Narrator, stage: &Stage, table: &Table) {
    narrator.chapter("7. A rate is told with the same code, and by its kind from a quota.");
    stage.customer_on("bruno", table.plan("profesional")).await;
    let call = |number: u32, quantity: u32| json!({ "id": format!("call-{number}"), "organization": "bruno", "feature": "api_calls", "quantity": quantity });
    // One batch: sent one by one they might take a second, in which the bucket gains a call.
    let items: Vec<Value> =
        [call(1, 95), call(2, 6)].into_iter().chain((3..=12).map(|number| call(number, 1))).collect();
    let verdicts = stage.client().post("/v1/usage/batch", json!({ "items": items })).await.expect(200);
    let told = |verdict: &Value| match verdict["status"].as_u64() {
        Some(200) => {
            format!("{} of {} used", text_at(verdict, "/result/usage/used"), text_at(verdict, "/result/usage/limit"))
        }
        _ => format!("429 {}, kind {}", text_at(verdict, "/problem/error"), text_at(verdict, "/problem/kind")),
    };
    let told: Vec<String> = verdicts.each("items").map(told).collect();
    narrator.tell(&format!("95 calls: {}", told[0]));
    narrator.tell(&format!("6 more: {}", told[1]));
    narrator.tell(&format!("1 more, five times: {}", told[6]));
    narrator.tell(&format!("1 more, the eighth item: {}", told[7]));
    narrator.tell(&format!("1 more, the eleventh item: {}", told[10]));
}

async fn administrators(narrator: &mut Narrator, stage: &Stage, table: &Table) {
    narrator.chapter("8. Platform administrators are never limited.");
    let carla = stage.customer_on("carla", table.plan("free")).await;
    carla.consume("searches", 50.into()).await.expect(200);
    carla.consume_as("root_1", "searches", 1).await.expect(429);
    narrator.tell("carla's 50 searches are used up; one more as root_1: 429");
    carla.put("administrators/root_1?actor=owner", Value::Null).await.expect(200);
    let used = carla.consume_as("root_1", "searches", 100_000).await.expect(200);
    narrator.tell(&format!("root_1 is appointed: 100,000 more; counted are {}", used.at("/usage/used")));
    carla.consume_as("root_1", "api_calls", 1).await.expect(200);
    narrator.tell("and an API call, of which free includes none");
    carla.consume_as("user_2", "searches", 1).await.expect(429);
    narrator.tell("one more as user_2: 429");
    carla.delete("administrators/root_1?actor=owner").await.expect(200);
    carla.consume_as("root_1", "searches", 1).await.expect(429);
    narrator.tell("root_1 is dismissed; one more: 429");
}

/// The next day that has 25 hours, from its first instant.
fn long_day(now: &Zoned) -> Timestamp {
    let zone = now.time_zone();
    let midnight = |days: i32| (now.date() + days.days()).to_zoned(zone.clone()).expect("a midnight").timestamp();
    let is_long = |days: &i32| midnight(days + 1).duration_since(midnight(*days)).as_hours() == 25;
    midnight((1..400).find(is_long).expect("clocks go back once a year"))
}

async fn the_long_day(narrator: &mut Narrator, stage: &Stage, table: &Table) {
    narrator.chapter("9. The day on which the clocks go back has 25 hours and one day's searches.");
    let mut diego = stage.customer_on("diego", table.plan("free")).await;
    let begins = long_day(diego.local());
    diego.wait_until(begins).await;
    diego.consume("searches", 50.into()).await.expect(200);
    let hours = |customer: &Customer, refused: &Answer| {
        let left = customer.midnight().duration_since(customer.now()).as_secs();
        assert_eq!(refused.retry_after, u64::try_from(left).ok());
        left / 3_600
    };
    let refused = diego.consume("searches", 1.into()).await.expect(429);
    narrator.tell(&format!("50 searches at its midnight; 1 more: 429, Retry-After {} h", hours(&diego, &refused)));
    diego.wait_until(begins + 24.hours()).await;
    let refused = diego.consume("searches", 1.into()).await.expect(429);
    narrator.tell(&format!("24 hours later: still 429, Retry-After {} h", hours(&diego, &refused)));
    diego.wait_until(begins + 25.hours()).await;
    let used = diego.consume("searches", 1.into()).await.expect(200);
    narrator.tell(&format!("25 hours later: {} of {}", used.at("/usage/used"), used.at("/usage/limit")));
}

async fn without_a_plan(narrator: &mut Narrator, stage: &Stage, table: &Table) {
    narrator.chapter("10. Without a plan nothing may be used; a plan lifts that.");
    let elena = stage.customer("elena").await;
    refusal::expect(&elena.consume("searches", 1.into()).await, 403, "subscription.no_plan_in_force", &json!({}));
    narrator.tell("elena has none: searches are 403 subscription.no_plan_in_force");
    start_plan(stage.client(), elena.id(), "pyme", table.plan("pyme").monthly()).await;
    let used = elena.consume("searches", 1.into()).await.expect(200);
    let (used, limit) = (used.at("/usage/used"), used.at("/usage/limit"));
    narrator.tell(&format!("elena moves to pyme and pays for it: searches {used} of {limit}"));
}
