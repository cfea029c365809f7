//! Flowmatik: requests and tokens a day. How many tokens a call takes is known when it is done.

use jiff::ToSpan;
use serde_json::json;

use super::stage::{Customer, Stage, start_plan};
use super::table::Table;
use super::{refusal, rows};
use crate::client::Answer;
use crate::narrator::Narrator;

const TABLE: &str = "
    feature          | what it is    | free   | starter | pro       | business
    price            | USD a month   | 0      | 19      | 39        | 79
    ai_requests      | quota per day | 100    | 1,000   | 10,000    | unlimited
    ai_tokens        | quota per day | 50,000 | 500,000 | 5,000,000 | unlimited
    chat             | flag          | yes    | yes     | yes       | yes
    images           | flag          | no     | yes     | yes       | yes
    priority_support | flag          | no     | yes     | yes       | yes
    api_access       | flag          | no     | yes     | yes       | yes
    multimedia       | flag          | no     | no      | yes       | yes
    analytics        | flag          | no     | no      | yes       | yes
    workflows        | flag          | no     | no      | yes       | yes
    sla              | flag          | no     | no      | no        | yes
    integrations     | flag          | no     | no      | no        | yes
";

/// Tells the story on a system of its own; panics where it does not go as it should.
pub async fn tell(narrator: &mut Narrator) {
    let stage = Stage::set("flowmatik", "Asia/Shanghai").await;
    let table = Table::read(TABLE, "/billing/upgrade?plan={plan}", "QUOTA_EXCEEDED");
    let customers = rows::tell(narrator, 1, &stage, &table).await;
    narrator.chapter("5. Gates of plans.");
    rows::gates(narrator, &table, &customers).await;
    tokens(narrator, &stage, &table).await;
    without_a_plan(narrator, &stage, &table).await;
    rows::upgrades(narrator, 8, &stage, &table).await;
    stage.end(narrator, 9).await;
}

/// Reserves tokens for a call that is about to be made; ten minutes are more than a call takes.
async fn hold(customer: &Customer, tokens: u32) -> Answer {
    let expires_at = (customer.now() + 10.minutes()).to_string();
    customer.post("holds", json!({ "feature": "ai_tokens", "quantity": tokens, "expires_at": expires_at })).await
}

/// Tells the true count of a call.
async fn settle(customer: &Customer, held: &Answer, tokens: u32) -> Answer {
    let path = format!("holds/{}/capture", held.at("/hold/hold"));
    customer.post(&path, json!({ "quantity": tokens, "attributes": { "model": "large" } })).await
}

async fn tokens(narrator: &mut Narrator, stage: &Stage, table: &Table) {
    narrator.chapter("6. Tokens are held as an estimate and settled by the true count.");
    let mut ana = stage.customer_on("ana", table.plan("free")).await;
    for (estimate, count) in [(2_000, 1_500), (2_000, 2_000), (2_000, 2_600)] {
        let held = hold(&ana, estimate).await.expect(201);
        let settled = settle(&ana, &held, count).await.expect(200);
        let (used, left) = (settled.at("/usage/used"), settled.at("/usage/remaining"));
        let while_held = held.at("/usage/remaining");
        narrator.tell(&format!("{estimate} held ({while_held} left), {count} taken: {used} used, {left} left"));
        settle(&ana, &held, 1).await.expect(404);
    }
    narrator.tell("each is settled once: a second count is 404 ledger.hold_not_open");

    let held = hold(&ana, 43_000).await.expect(201);
    let refused = hold(&ana, 1_000).await;
    let values = json!({
        "kind": "quota", "feature": "ai_tokens", "limit": "50000", "used": "49100", "requested": "1000", "window": "day",
        "resets_at": ana.midnight().to_string(), "current_plan": "free", "plan_needed": "starter",
        "upgrade_url": "/billing/upgrade?plan=starter",
    });
    refusal::expect(&refused, 429, "QUOTA_EXCEEDED", &values);
    narrator
        .tell("43000 held: 900 are nobody's, and an estimate of 1000 is 429 QUOTA_EXCEEDED before the call is made");
    let above = settle(&ana, &held, 44_000).await;
    assert_eq!((above.status, above.at("/used").as_str()), (429, "49100"), "{}", above.text);
    narrator.tell("43000 held, 44000 taken: 429 QUOTA_EXCEEDED, the count would be past the limit; the hold stays");
    let settled = settle(&ana, &held, 43_900).await.expect(200);
    narrator.tell(&format!("43900 taken: {} of {}", settled.at("/usage/used"), settled.at("/usage/limit")));

    ana.wait_until(ana.midnight()).await;
    let lost = hold(&ana, 50_000).await.expect(201);
    narrator.tell(&format!("next day: 50000 held, {} left; the call never comes back", lost.at("/usage/remaining")));
    ana.wait_until(ana.now() + 10.minutes()).await;
    settle(&ana, &lost, 1).await.expect(409);
    let check = ana.check("ai_tokens").await;
    narrator.tell(&format!("ten minutes later the hold has let go by itself: {} left", check.at("/remaining")));
}

async fn without_a_plan(narrator: &mut Narrator, stage: &Stage, table: &Table) {
    narrator.chapter("7. Without a plan nothing may be used; a plan lifts that.");
    let bruno = stage.customer("bruno").await;
    refusal::expect(&bruno.require("images").await, 403, "subscription.no_plan_in_force", &json!({}));
    refusal::expect(&bruno.consume("ai_requests", 1.into()).await, 403, "subscription.no_plan_in_force", &json!({}));
    narrator.tell("bruno has none: images and ai_requests are 403 subscription.no_plan_in_force");
    start_plan(stage.client(), bruno.id(), "starter", table.plan("starter").monthly()).await;
    bruno.require("images").await.expect(200);
    let used = bruno.consume("ai_requests", 1.into()).await.expect(200);
    let (used, limit) = (used.at("/usage/used"), used.at("/usage/limit"));
    narrator
        .tell(&format!("bruno moves to starter and pays for it: images are allowed, ai_requests {used} of {limit}"));
}
